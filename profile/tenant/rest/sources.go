package rest

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/isc"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/tenant"
)

func sourceRoutes() []route {
	return []route{
		at(all, "GET", "sources", "listSources", (*call).listSources),
		at(all, "POST", "sources", "createSource", (*call).createSource),
		at(all, "GET", "sources/{source}", "getSource", (*call).getSource),
		at(all, "PUT", "sources/{source}", "putSource", (*call).putSource),
		at(all, "PATCH", "sources/{source}", "updateSource", (*call).patchSource),
		at(all, "DELETE", "sources/{source}", "deleteSource", (*call).deleteSource),
		at(noThree, "GET", "sources/{source}/correlation-config", "getCorrelationConfig", (*call).getCorrelation),
		at(noThree, "PUT", "sources/{source}/correlation-config", "putCorrelationConfig", (*call).putCorrelation),
		at(noThree, "POST", "sources/{source}/load-accounts", "importAccounts", (*call).loadAccounts),
		at(noThree, "POST", "sources/{source}/load-uncorrelated-accounts", "importUncorrelatedAccounts",
			(*call).loadUncorrelated),
		at(noThree, "POST", "sources/{source}/remove-accounts", "deleteAccountsAsync", (*call).removeAccounts),
		at(noBeta, "GET", "sources/{source}/connections", "getSourceConnections", (*call).getConnections),
		at(noThree, "GET", "sources/{source}/attribute-sync-config", "getSourceAttrSyncConfig", nil),
		at(noThree, "PUT", "sources/{source}/attribute-sync-config", "putSourceAttrSyncConfig", nil),
		at(noThree, "POST", "sources/{source}/synchronize-attributes", "syncAttributesForSource", nil),
	}
}

// sourceID is the id of a source; one whose file has none gets one of its name.
func sourceID(s *config.Source) string {
	if s.ID != "" {
		return s.ID
	}
	return config.IdentityID("SOURCE", s.Name)
}

func (c *call) source() (*config.Source, error) {
	for _, s := range c.tenant.Bundle().Sources {
		if sourceID(s) == c.path["source"] {
			return s, nil
		}
	}

	return nil, notFound("source", c.path["source"])
}

// sourceView is a source as the API shows it. Files of a folder may lack most of a
// source: what every source of a tenant has is filled in.
func (h *Handler) sourceView(s *config.Source) *jsondoc.Node {
	n := jsondoc.NewObject()
	if s.Node != nil {
		n = s.Node.Clone()
	}

	// Set only what the file does not say.
	set := func(key string, v *jsondoc.Node) {
		if n.Get(key).IsNull() {
			n.Set(key, v)
		}
	}
	n.Set("id", jsondoc.NewString(sourceID(s)))
	n.Set("name", jsondoc.NewString(s.Name))
	owner := h.o.Tenant.Launcher
	set("owner", jsondoc.NewObject(
		jsondoc.M("type", jsondoc.NewString("IDENTITY")), jsondoc.M("id", jsondoc.NewString(owner.ID)),
		jsondoc.M("name", jsondoc.NewString(owner.Name))))
	set("type", jsondoc.NewString("DelimitedFile"))
	set("connector", jsondoc.NewString("delimited-file-angularsc"))
	set("connectorClass", jsondoc.NewString("sailpoint.connector.DelimitedFileConnector"))
	set("connectionType", jsondoc.NewString("file"))
	set("connectorName", jsondoc.NewString("Delimited File"))
	set("connectorAttributes", jsondoc.NewObject())
	set("description", jsondoc.NewString(""))
	set("authoritative", jsondoc.NewBool(false))
	set("healthy", jsondoc.NewBool(true))
	set("status", jsondoc.NewString("SOURCE_STATE_HEALTHY"))
	set("features", jsondoc.NewArray())
	schemas := jsondoc.NewArray()
	var refs []*jsondoc.Node
	for _, schema := range schemasOf(s) {
		refs = append(refs, jsondoc.NewObject(
			jsondoc.M("type", jsondoc.NewString("CONNECTOR_SCHEMA")), jsondoc.M("id",
				jsondoc.NewString(schemaID(s, schema))), jsondoc.M("name", orNull(schema.Get("name")).Clone())))
	}

	// The list of schemas shows references; the schemas have paths of their own.
	schemas.SetItems(refs)
	n.Set("schemas", schemas)

	// What only the files have is none of the API's business.
	for _, key := range internalOfSource {
		n.Remove(key)
	}
	for _, key := range []string{"created", "modified", "deleteThreshold", "managerCorrelationMapping"} {
		if v := n.Get(key); v != nil && v.IsNull() {
			n.Remove(key)
		}
	}

	return n
}

// internalOfSource are members of files that the API shows at paths of their own.
var internalOfSource = []string{"correlationConfigDetails", "provisioningPolicies", "cloudDisplayName"}

func sourceText(key string) func(*config.Source) string {
	return func(s *config.Source) string { return s.Node.Get(key).Text() }
}

func sourceTime(key string) func(*config.Source) time.Time {
	return func(s *config.Source) time.Time { return nodeTime(s.Node.Get(key)) }
}

var listedSources = isc.Fields[*config.Source]{
	"id":   isc.TextField("eq in", sourceID),
	"name": isc.TextField("co eq in sw ge gt ne isnull", func(s *config.Source) string { return s.Name }),
	"type": isc.TextField("eq in ge gt ne isnull sw",
		func(s *config.Source) string { return first(s.Node.Get("type").Text(), "DelimitedFile") }),
	"owner.id": isc.TextField("eq in ge gt le ne isnull sw",
		func(s *config.Source) string { return s.Node.At("owner", "id").Text() }),
	"owner.name": isc.TextField("", func(s *config.Source) string { return s.Node.At("owner", "name").Text() }),
	"connectionType": isc.TextField("eq ge gt in le ne isnull sw",
		func(s *config.Source) string { return first(s.Node.Get("connectionType").Text(), "file") }),
	"connectorName": isc.TextField("eq ge gt in ne isnull sw",
		func(s *config.Source) string { return first(s.Node.Get("connectorName").Text(), "Delimited File") }),
	"status": isc.TextField("eq ge gt in le ne isnull sw",
		func(s *config.Source) string { return first(s.Node.Get("status").Text(), "SOURCE_STATE_HEALTHY") }),
	"description": isc.TextField("eq sw", sourceText("description")),
	"created":     isc.TimeField("eq ge gt in le ne isnull", sourceTime("created")),
	"modified":    isc.TimeField("eq ge gt in le ne isnull", sourceTime("modified")),
	"authoritative": {
		Condition: isc.Condition{Ops: "eq ne isnull", Kind: isc.Bool},
		Get: func(s *config.Source) identity.Value {
			return identity.BoolValue(s.Node.Get("authoritative").IsTrue())
		},
		Compare: compareBool(func(s *config.Source) bool { return s.Node.Get("authoritative").IsTrue() }),
	},
	"healthy": {
		Condition: isc.Condition{Ops: "eq", Kind: isc.Bool},
		Get:       func(s *config.Source) identity.Value { return identity.BoolValue(true) },
		Compare:   func(a, b *config.Source) int { return 0 },
	},
	"features": {
		Condition: isc.Condition{Ops: "ca co"},
		Get: func(s *config.Source) identity.Value {
			var out []string
			for _, item := range s.Node.Get("features").Items() {
				out = append(out, item.Text())
			}
			return identity.StringsValue(out...)
		},
	},
}

func compareBool[T any](get func(T) bool) func(a, b T) int {
	number := func(on bool) int {
		if on {
			return 1
		}
		return 0
	}

	return func(a, b T) int { return number(get(a)) - number(get(b)) }
}

func bySourceName(a, b *config.Source) int { return strings.Compare(a.Name, b.Name) }

func (c *call) listSources() error {
	return list(c, slices.Clone(c.tenant.Bundle().Sources), listedSources, bySourceName, c.sourceView)
}

func (c *call) getSource() error {
	s, err := c.source()
	if err == nil {
		c.node(http.StatusOK, c.sourceView(s))
	}
	return err
}

func (c *call) createSource() error {
	body, err := c.object()
	if err != nil {
		return err
	}
	csv, err := isc.Flag(c.query, "provisionAsCsv", false)
	if err != nil {
		return err
	}
	name := body.Get("name").Text()

	// Everything that depends on other sources is checked inside the change.
	_, _, err = c.change(func() (*tenant.Plan, error) {
		if err := checkSource(c.tenant.Bundle(), body, nil); err != nil {
			return nil, err
		}
		n := body.Clone()
		stamp := timeNode(c.now())
		n.Set("id", jsondoc.NewString(config.IdentityID("SOURCE", name)))
		n.Set("created", stamp)
		n.Set("modified", stamp.Clone())
		n.Set("authoritative", jsondoc.NewBool(false))
		if csv {
			n.Set("type", jsondoc.NewString("DelimitedFile"))
			n.Set("connector", jsondoc.NewString("delimited-file-angularsc"))
		}

		return c.editSource("SOURCE_CREATE", http.StatusCreated, n)
	})

	if err != nil {
		return err
	}
	c.path = map[string]string{"source": config.IdentityID("SOURCE", name)}
	s, err := c.source()
	if err == nil {
		c.node(http.StatusCreated, c.sourceView(s))
	}
	return err
}

// editSource plans to store a source.
func (c *call) editSource(operation string, status int, n *jsondoc.Node) (*tenant.Plan, error) {
	ref := config.Ref{Type: "SOURCE", ID: n.Get("id").Text(), Name: n.Get("name").Text()}
	return c.tenant.PlanEdit(operation, status, ref,
		func(b *config.Bundle) ([]string, error) { return nil, b.PutSource(n) })
}

// checkSource checks what a source must have; old is nil for a new one.
func checkSource(b *config.Bundle, n *jsondoc.Node, old *config.Source) error {
	name, ok := n.Get("name").Str()
	switch {
	case !ok || strings.TrimSpace(name) == "":
		return isc.Refuse(isc.CodeRequired, "name is required, as a text")
	case n.At("owner", "id").Text() == "":
		return isc.Refuse(isc.CodeRequired, "owner is required, with an id")
	case n.Get("connector").Text() == "":
		return isc.Refuse(isc.CodeRequired, "connector is required")
	}

	if v := n.Get("deleteThreshold"); !v.IsNull() {
		if percent, ok := v.Int(); !ok || percent < 0 || percent > 100 {
			return isc.Refuse(isc.CodeIllegalValue, "deleteThreshold is %s, expected 0 to 100", v.Append(nil))
		}
	}

	// Accounts refer to their source by name, so two names that look alike are refused.
	return checkSourceName(b, name, old)
}

// checkSourceName checks the name of a source; old is nil for a new one.
func checkSourceName(b *config.Bundle, name string, old *config.Source) error {
	for _, other := range b.Sources {
		if other != old && isc.SameName(other.Name, name) {
			return isc.Refuse(isc.CodeConflict, "a source named %q exists already", other.Name)
		}
	}

	// Files may hold any name, and one that stays must not stand in the way of other changes.
	if old != nil && old.Name == name {
		return nil
	}
	return isc.CheckName(name)
}

// Members of a source that nobody changes, by PUT and by PATCH.
var (
	fixedByPut   = []string{"id", "type", "authoritative", "connector", "connectorClass", "passwordPolicies"}
	fixedByPatch = append(slices.Clone(fixedByPut), "created", "modified")
)

func (c *call) putSource() error {
	body, err := c.object()
	if err != nil {
		return err
	}
	return c.updateSource(func(before *jsondoc.Node) (*jsondoc.Node, []string, error) {
		return body.Clone(), fixedByPut,
			nil
	})
}

func (c *call) patchSource() error {
	ops, err := c.patch()
	if err != nil {
		return err
	}
	return c.updateSource(func(before *jsondoc.Node) (*jsondoc.Node, []string, error) {
		after, err := isc.Apply(before, ops, nil)
		return after, fixedByPatch, err
	})
}

// updateSource stores what edit makes of a source as the API shows it. Members that
// the API shows elsewhere stay as they are.
func (c *call) updateSource(edit func(before *jsondoc.Node) (*jsondoc.Node, []string, error)) error {
	_, _, err := c.change(func() (*tenant.Plan, error) {
		s, err := c.source()
		if err != nil {
			return nil, err
		}
		before := c.sourceView(s)
		after, fixed, err := edit(before)
		if err != nil {
			return nil, err
		}

		// A patch may replace the whole document.
		if after.Kind() != jsondoc.Object {
			return nil, isc.Refuse(isc.CodeIllegalUpdate, "a source cannot become a %s", after.Kind())
		}
		for _, key := range fixed {
			if v := after.Get(key); v != nil && !v.Equal(orNull(before.Get(key))) || v == nil && key == "id" {
				if v == nil {
					after.Set(key, before.Get(key).Clone())
					continue
				}

				return nil, isc.Refuse(isc.CodeIllegalUpdate, "%s of a source cannot be changed", key)
			}
		}

		if err := checkSource(c.tenant.Bundle(), after, s); err != nil {
			return nil, err
		}
		return c.planSource(s, after)
	})

	if err != nil {
		return err
	}
	return c.getSource()
}

// planSource plans to store a source that is there already: what the API shows at
// other paths stays, a new name reaches what points at the source by name.
func (c *call) planSource(s *config.Source, after *jsondoc.Node) (*tenant.Plan, error) {
	n := after.Clone()
	for _, key := range append([]string{"schemas", "authoritative", "created"}, internalOfSource...) {
		if v := s.Node.Get(key); v != nil {
			n.Set(key, v.Clone())
		} else {
			n.Remove(key)
		}
	}

	n.Set("modified", timeNode(c.now()))
	if name := n.Get("name").Text(); name != s.Name {
		return nil, isc.Refuse(isc.CodeIllegalUpdate,
			"the name of a source cannot be changed here: accounts are kept by it")
	}
	return c.editSource("SOURCE_UPDATE", http.StatusOK, n)
}

// deleteSource deletes a source that no profile uses, with its accounts.
func (c *call) deleteSource() error {
	s, err := c.source()
	if err != nil {
		return err
	}

	// Without its authoritative source a profile would delete everybody in the next aggregation.
	for _, p := range c.tenant.Bundle().Profiles {
		if c.tenant.Bundle().AuthoritativeSource(p) == s {
			return isc.Refuse(isc.CodeConflict, "identity profile %q uses the source %q", p.Name, s.Name)
		}
	}

	if nonEmployeeMark(s) != "" && c.nonEmployees != nil {
		return isc.Refuse(isc.CodeConflict, "source %q is one of non-employees and is deleted as such", s.Name)
	}

	// The platform deletes in a task; here it is done when the answer is given, and the task says so.
	c.writes.Lock()
	err = c.dropSource(c.ctx, c.actor, s)
	c.writes.Unlock()
	if err != nil {
		return err
	}
	t := c.tasks.done(c.Handler, "SOURCE_DELETE", "Delete source "+s.Name, c.actor)
	c.json(http.StatusAccepted, t.reference())
	return nil
}

func (c *call) getCorrelation() error {
	s, err := c.source()
	if err != nil {
		return err
	}
	n := jsondoc.NewObject(
		jsondoc.M("id", jsondoc.NewString(config.IdentityID("CORRELATION_CONFIG", sourceID(s)))),
		jsondoc.M("name", jsondoc.NewString(s.ApplicationName+" Account Correlation")),
		jsondoc.M("attributeAssignments", jsondoc.NewArray()))

	// A file has the one or the other, by the version that wrote it; of members only those that the API
	// knows are taken.
	for _, key := range []string{"accountCorrelationConfig", "correlationConfigDetails"} {
		for _, m := range s.Node.Get(key).Members() {
			if n.Get(m.Key) != nil && !m.Value.IsNull() {
				n.Set(m.Key, m.Value.Clone())
			}
		}
	}

	c.node(http.StatusOK, n)
	return nil
}

func (c *call) putCorrelation() error {
	body, err := c.object()
	if err != nil {
		return err
	}
	_, _, err = c.change(func() (*tenant.Plan, error) {
		s, err := c.source()
		if err != nil {
			return nil, err
		}
		return c.tenant.PlanCorrelation(s.Name, body)
	})

	if err != nil {
		return err
	}
	return c.getCorrelation()
}

// getConnections tells what uses a source.
func (c *call) getConnections() error {
	s, err := c.source()
	if err != nil {
		return err
	}
	profiles, names, uses := []map[string]any{}, []string{}, []map[string]any{}
	v, err := c.view()
	if err != nil {
		return err
	}

	// Counted from the view, which knows how many identities each profile has.
	for _, p := range c.tenant.Bundle().Profiles {
		if c.tenant.Bundle().AuthoritativeSource(p) == s {
			count := int64(0)
			for _, n := range v.members(p.Name) {
				count += n
			}
			profiles = append(profiles, map[string]any{"id": profileID(p), "name": p.Name, "identityCount": count})
		}

		for _, m := range p.Mappings {
			if readsSource(m.Definition.Node, s.Name) {
				names = append(names, m.Attribute)
			}
		}
	}

	for _, t := range transforms(c.tenant.Bundle()) {
		if readsSource(t.node, s.Name) {
			uses = append(uses, map[string]any{"id": t.id, "name": t.name, "type": t.node.Get("type").Text(),
				"attributes": t.node.Get("attributes"), "internal": false})
		}
	}

	slices.Sort(names)
	c.json(http.StatusOK, map[string]any{
		"identityProfiles": profiles, "credentialProfiles": []string{}, "sourceAttributes": slices.Compact(names),
		"mappingProfiles": []string{}, "dependentCustomTransforms": uses, "dependentApps": []string{},
		"missingDependents": []string{},
	})
	return nil
}

// readsSource reports whether a transform reads an attribute of a source.
func readsSource(n *jsondoc.Node, name string) bool {
	return n.Any(func(m *jsondoc.Node) bool { return m.Get("sourceName").Text() == name })
}
