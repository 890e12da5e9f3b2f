package rest

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/isc"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/preview"
	"github.com/idprofile/engine/profile/tenant"
)

func profileRoutes() []route {
	return []route{
		at(all, "GET", "identity-profiles", "listIdentityProfiles", (*call).listProfiles),
		at(all, "POST", "identity-profiles", "createIdentityProfile", (*call).createProfile),
		at(all, "POST", "identity-profiles/bulk-delete", "deleteIdentityProfiles", (*call).bulkDeleteProfiles),
		at(all, "GET", "identity-profiles/export", "exportIdentityProfiles", (*call).exportProfiles),
		at(all, "POST", "identity-profiles/import", "importIdentityProfiles", (*call).importProfiles),
		at(all, "POST", "identity-profiles/identity-preview", "generateIdentityPreview", (*call).previewIdentity),
		at(all, "GET", "identity-profiles/{id}", "getIdentityProfile", (*call).getProfile),
		at(all, "PATCH", "identity-profiles/{id}", "updateIdentityProfile", (*call).patchProfile),
		at(all, "DELETE", "identity-profiles/{id}", "deleteIdentityProfile", (*call).deleteProfile),
		at(all, "GET", "identity-profiles/{id}/default-identity-attribute-config", "getDefaultIdentityAttributeConfig",
			(*call).defaultMapping),
		at(all, "POST", "identity-profiles/{id}/process-identities", "syncIdentityProfile", (*call).processProfile),
	}
}

func priorityField(ops string) isc.Field[*config.Profile] {
	return isc.Field[*config.Profile]{
		Condition: isc.Condition{Ops: ops, Kind: isc.Number},
		Get:       func(p *config.Profile) identity.Value { return identity.IntValue(p.Priority) },
		Compare:   func(a, b *config.Profile) int { return int(a.Priority - b.Priority) },
	}
}

func nodeTime(n *jsondoc.Node) time.Time {
	t, err := time.Parse(time.RFC3339, n.Text())
	if err != nil {
		return time.Time{}
	}
	return t
}

var listedProfiles = isc.Fields[*config.Profile]{
	"id":         isc.TextField("eq ne ge gt in le sw", profileID),
	"name":       isc.TextField("eq ne ge gt in le sw", func(p *config.Profile) string { return p.Name }),
	"priority":   priorityField("eq ne"),
	"created":    isc.TimeField("", func(p *config.Profile) time.Time { return p.Created }),
	"modified":   isc.TimeField("", func(p *config.Profile) time.Time { return nodeTime(p.Node.Get("modified")) }),
	"owner.id":   isc.TextField("", func(p *config.Profile) string { return p.Owner.ID }),
	"owner.name": isc.TextField("", func(p *config.Profile) string { return p.Owner.Name }),
}

var exportedProfiles = isc.Fields[*config.Profile]{
	"id":       isc.TextField("eq ne", profileID),
	"name":     isc.TextField("eq ne", func(p *config.Profile) string { return p.Name }),
	"priority": priorityField("eq ne"),
}

// profileID is the id of a profile; one whose file has none gets one of its name.
func profileID(p *config.Profile) string {
	if p.ID != "" {
		return p.ID
	}
	return config.IdentityID("IDENTITY_PROFILE", p.Name)
}

func byPriority(a, b *config.Profile) int { return int(a.Priority - b.Priority) }

func (c *call) listProfiles() error {
	return list(c, slices.Clone(c.tenant.Bundle().Profiles), listedProfiles, byPriority, c.profileView)
}

// profileView is a profile as the API shows it; null stands for what it lacks, and
// only for what may be null.
func (h *Handler) profileView(p *config.Profile) *jsondoc.Node {
	n := h.tenant.Object(p)
	n.Set("id", jsondoc.NewString(profileID(p)))
	n.Remove("lifecycleStates")

	// An exported file has null where nothing was set; a typed client fails at a null that the
	// description does not allow.
	for _, key := range []string{"created", "modified", "identityAttributeConfig", "identityExceptionReportReference",
		"identityCount"} {
		if v := n.Get(key); v != nil && v.IsNull() {
			n.Remove(key)
		}
	}

	if n.Get("identityCount") == nil {
		n.Set("identityCount", jsondoc.NewInt(0))
	}
	if n.Get("identityRefreshRequired") == nil {
		n.Set("identityRefreshRequired", jsondoc.NewBool(p.RefreshRequired))
	}
	return n
}

// profile finds a profile by its id.
func (c *call) profile(id string) (*config.Profile, error) {
	for _, p := range c.tenant.Bundle().Profiles {
		if profileID(p) == id {
			return p, nil
		}
	}

	return nil, notFound("identity profile", id)
}

// profileRef is how the operations of the tenant find a profile.
func profileRef(p *config.Profile) string {
	if p.ID != "" {
		return p.ID
	}
	return p.Name
}

func (c *call) getProfile() error {
	p, err := c.profile(c.path["id"])
	if err == nil {
		c.node(http.StatusOK, c.profileView(p))
	}
	return err
}

func (c *call) createProfile() error {
	body, err := c.object()
	if err != nil {
		return err
	}
	_, plan, err := c.change(func() (*tenant.Plan, error) { return c.tenant.PlanCreate(c.ctx, body) })
	if err != nil {
		return err
	}
	p, err := c.profile(plan.Object.ID)
	if err == nil {
		c.node(http.StatusCreated, c.profileView(p))
	}
	return err
}

func (c *call) patchProfile() error {
	ops, err := c.patch()
	if err != nil {
		return err
	}
	_, _, err = c.change(func() (*tenant.Plan, error) {
		p, err := c.profile(c.path["id"])
		if err != nil {
			return nil, err
		}
		return c.tenant.PlanPatch(c.ctx, profileRef(p), ops)
	})

	if err != nil {
		return err
	}
	return c.getProfile()
}

func (c *call) deleteProfile() error { return c.deleteProfiles(c.path["id"]) }

func (c *call) bulkDeleteProfiles() error {
	body, err := c.body()
	if err != nil {
		return err
	}
	var ids []string
	for _, item := range body.Items() {
		ids = append(ids, item.Text())
	}
	if body.Kind() != jsondoc.Array || len(ids) == 0 {
		return isc.Refuse(isc.CodeBadRequest, "expected a list of ids")
	}
	return c.deleteProfiles(ids...)
}

// deleteProfiles deletes at once and answers as a tenant that does it later.
func (c *call) deleteProfiles(ids ...string) error {
	_, _, err := c.change(func() (*tenant.Plan, error) {
		var refs []string
		for _, id := range ids {
			p, err := c.profile(id)
			if err != nil {
				return nil, err
			}
			refs = append(refs, profileRef(p))
		}

		return c.tenant.PlanDelete(c.ctx, refs...)
	})

	if err != nil {
		return err
	}

	// Clients of a tenant wait for a task; here it is done before they ask.
	t := c.tasks.done(c.Handler, "IDENTITY_PROFILE_DELETE", "Delete identity profiles "+strings.Join(ids, ", "),
		c.actor)
	c.node(http.StatusAccepted, t.simplified())
	return nil
}

func (c *call) exportProfiles() error {
	q, err := isc.ParseQuery(c.query, maxPage)
	if err != nil {
		return err
	}
	page, err := exportedProfiles.Page(slices.Clone(c.tenant.Bundle().Profiles), q, maxPage, byPriority)
	if err != nil {
		return err
	}
	return answerPage(c, page, func(p *config.Profile) *jsondoc.Node {
		return exportEntry("IDENTITY_PROFILE",
			c.profileView(p))
	})
}

// exportEntry wraps an object as exports do.
func exportEntry(typ string, n *jsondoc.Node) *jsondoc.Node {
	return jsondoc.NewObject(
		jsondoc.M("version", jsondoc.NewInt(1)),
		jsondoc.M("self", jsondoc.NewObject(
			jsondoc.M("type", jsondoc.NewString(typ)), jsondoc.M("id", orNull(n.Get("id")).Clone()), jsondoc.M("name",
				orNull(n.Get("name")).Clone()))),
		jsondoc.M("object", n))
}

func (c *call) importProfiles() error {
	body, err := c.body()
	if err != nil {
		return err
	}
	if body.Kind() != jsondoc.Array {
		return isc.Refuse(isc.CodeBadRequest, "the body is a %s, expected a list of exported objects", body.Kind())
	}
	var result *tenant.ImportResult
	_, _, err = c.change(func() (*tenant.Plan, error) {
		var p *tenant.Plan
		p, result, err = c.tenant.PlanImport(c.ctx, body.Append(nil))
		return p, err
	})
	if err != nil {
		return err
	}
	c.json(http.StatusOK, result)
	return nil
}

func (c *call) previewIdentity() error {
	body, err := c.object()
	if err != nil {
		return err
	}
	request, found := preview.ParseRequest(body.Append(nil))
	if request == nil || request.IdentityID == "" || found.HasErrors() {
		return isc.Refuse(isc.CodeRequired, "identityId and identityAttributeConfig are required")
	}
	i, err := c.tenant.Store().Get(c.ctx, request.IdentityID)
	if errors.Is(err, identity.ErrNotFound) {
		return notFound("identity", request.IdentityID)
	}
	if err != nil {
		return err
	}

	// The preview runs on what is stored and writes nothing.
	run := c.o.Tenant.Run
	run.Now, run.Stored = c.now(), c.tenant.Store()
	answer, _, err := preview.Attributes(c.ctx, c.tenant.Bundle(), c.o.Tenant.Compile, run, i, request)
	if err != nil {
		return err
	}
	src, err := answer.AppendJSON(nil)
	if err == nil {
		c.raw(http.StatusOK, src)
	}
	return err
}

func (c *call) defaultMapping() error {
	p, err := c.profile(c.path["id"])
	if err != nil {
		return err
	}
	s := c.tenant.Bundle().AuthoritativeSource(p)
	if s == nil {
		return isc.Refuse(isc.CodeReferenceNotFound, "identity profile %q has no source", p.Name)
	}
	c.node(http.StatusOK, config.DefaultMapping(s))
	return nil
}

func (c *call) processProfile() error {
	p, err := c.profile(c.path["id"])
	if err != nil {
		return err
	}
	w := &work{Kind: workProcess, Profiles: []string{profileRef(p)}}
	if _, err := c.start(taskRefresh, "Process identity profile "+p.Name, nil, w); err != nil {
		return err
	}
	c.raw(http.StatusAccepted, []byte("{}"))
	return nil
}
