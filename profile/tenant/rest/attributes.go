package rest

import (
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/idprofile/engine/identity/isc"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/tenant"
)

func attributeRoutes() []route {
	return []route{
		at(noThree, "GET", "identity-attributes", "listIdentityAttributes", (*call).listAttributes),
		at(noThree, "POST", "identity-attributes", "createIdentityAttribute", (*call).createAttribute),
		at(noThree, "DELETE", "identity-attributes/bulk-delete", "deleteIdentityAttributesInBulk",
			(*call).bulkDeleteAttributes),
		at(noThree, "GET", "identity-attributes/{name}", "getIdentityAttribute", (*call).getAttribute),
		at(noThree, "PUT", "identity-attributes/{name}", "putIdentityAttribute", (*call).putAttribute),
		at(noThree, "DELETE", "identity-attributes/{name}", "deleteIdentityAttribute", (*call).deleteAttribute),
	}
}

// attributes lists the identity attributes of the tenant: those that every tenant
// has, and those of its files, which may say more of the former.
func attributes(b *config.Bundle) []config.IdentityAttribute {
	out := config.Catalogue()
	for _, a := range b.Attributes {
		i := slices.IndexFunc(out, func(o config.IdentityAttribute) bool { return o.Name == a.Name })
		if i < 0 {
			out = append(out, *a)
			continue
		}

		out[i] = *a
		out[i].Standard = true
	}

	return out
}

func attributeView(a config.IdentityAttribute) *jsondoc.Node {
	n := jsondoc.NewObject()
	if a.Node != nil {
		n = a.Node.Clone()
	}
	n.Set("name", jsondoc.NewString(a.Name))

	// Many files give a name only, and some no object at all: what is shown is what the attribute is,
	// and not what was written.
	if n.Get("displayName").IsNull() {
		n.Set("displayName", jsondoc.NewString(first(a.DisplayName, a.Name)))
	}
	n.Set("standard", jsondoc.NewBool(a.Standard))
	n.Set("type", jsondoc.NewString(first(a.Type, "string")))
	n.Set("multi", jsondoc.NewBool(a.Multi))
	n.Set("searchable", jsondoc.NewBool(a.Searchable))
	n.Set("system", jsondoc.NewBool(a.System))
	if n.Get("sources").Kind() != jsondoc.Array {
		n.Set("sources", jsondoc.NewArray())
	}
	return n
}

func first(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}

	return ""
}

// listAttributes has no pages: the parameters limit and offset do not exist here.
func (c *call) listAttributes() error {
	flags := map[string]bool{}
	for _, name := range []string{"includeSystem", "includeSilent", "searchableOnly", "count"} {
		on, err := isc.Flag(c.query, name, false)
		if err != nil {
			return err
		}
		flags[name] = on
	}

	found := slices.DeleteFunc(attributes(c.tenant.Bundle()), func(a config.IdentityAttribute) bool {
		return a.System && !flags["includeSystem"] || flags["searchableOnly"] && !a.Searchable
	})
	return answerPage(c, isc.Page[config.IdentityAttribute]{Items: found, Total: len(found)}, attributeView)
}

func (c *call) attribute(name string) (config.IdentityAttribute, error) {
	for _, a := range attributes(c.tenant.Bundle()) {
		if a.Name == name {
			return a, nil
		}
	}

	return config.IdentityAttribute{}, notFound("identity attribute", name)
}

func (c *call) answerAttribute(status int, name string) error {
	a, err := c.attribute(name)
	if err == nil {
		c.node(status, attributeView(a))
	}
	return err
}

func (c *call) getAttribute() error { return c.answerAttribute(http.StatusOK, c.path["name"]) }

var technicalName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,127}$`)

// createAttribute takes the technical name as it is given: clients look for the
// attribute in this spelling afterwards.
func (c *call) createAttribute() error {
	body, err := c.object()
	if err != nil {
		return err
	}
	name := body.Get("name").Text()
	if name == "" {
		return isc.Refuse(isc.CodeRequired, "name is required")
	}

	// A name with a blank or a hyphen could not be referred to from a template.
	if !technicalName.MatchString(name) {
		return isc.Refuse(isc.CodeIllegalValue,
			"the name %q is no technical name: a letter, then letters, digits and underscores", name)
	}

	// Looking and adding are one change, so that two requests cannot both add the name.
	_, _, err = c.change(func() (*tenant.Plan, error) {
		for _, a := range attributes(c.tenant.Bundle()) {
			if strings.EqualFold(a.Name, name) {
				return nil, isc.Refuse(isc.CodeConflict, "there is an identity attribute %q already", a.Name)
			}
		}

		// Whoever makes an attribute cannot make it a standard one.
		n := body.Clone()
		for _, key := range []string{"standard", "system"} {
			n.Set(key, jsondoc.NewBool(false))
		}
		if err := checkAttribute(n); err != nil {
			return nil, err
		}
		ref := config.Ref{Type: "IDENTITY_ATTRIBUTE", Name: name}
		return c.tenant.PlanEdit("IDENTITY_ATTRIBUTE_CREATE", http.StatusCreated, ref,
			func(b *config.Bundle) ([]string, error) {
				return nil, b.PutAttribute(n)
			})
	})

	if err != nil {
		return err
	}
	return c.answerAttribute(http.StatusCreated, name)
}

func checkAttribute(n *jsondoc.Node) error {
	for _, key := range []string{"multi", "searchable"} {
		if v := n.Get(key); !v.IsNull() && v.Kind() != jsondoc.Bool {
			return isc.Refuse(isc.CodeIllegalValue, "%s is a %s, expected true or false", key, v.Kind())
		}
	}

	if v := n.Get("displayName"); !v.IsNull() && v.Kind() != jsondoc.String {
		return isc.Refuse(isc.CodeIllegalValue, "displayName is a %s, expected a text", v.Kind())
	}
	if n.Get("multi").IsTrue() && n.Get("searchable").IsTrue() {
		return isc.Refuse(isc.CodeIllegalValue, "an attribute of several values cannot be searchable")
	}
	return nil
}

// putAttribute changes what may change of an attribute: its display name, its type,
// its sources, and whether it is searchable.
func (c *call) putAttribute() error {
	body, err := c.object()
	if err != nil {
		return err
	}
	name := c.path["name"]
	_, _, err = c.change(func() (*tenant.Plan, error) {
		a, err := c.attribute(name)
		if err != nil {
			return nil, err
		}

		// Mappings refer to an attribute by name, so a new name would leave them without it.
		if v := body.Get("name"); !v.IsNull() && v.Text() != name {
			return nil, isc.Refuse(isc.CodeIllegalUpdate, "name of an identity attribute cannot be changed")
		}

		// What the body leaves out stays; what it has and may not be changed is ignored, as by the
		// API.
		n := attributeView(a)
		for _, key := range []string{"displayName", "type", "sources", "searchable", "multi"} {
			if v := body.Get(key); v != nil {
				n.Set(key, v.Clone())
			}
		}

		if err := checkAttribute(n); err != nil {
			return nil, err
		}

		// The platform decides for standard attributes itself whether they are searchable.
		if n.Get("searchable").IsTrue() && !a.Searchable && (a.System || a.Standard) {
			return nil, isc.Refuse(isc.CodeIllegalValue,
				"identity attribute %q is a system or standard attribute and cannot be made searchable", name)
		}
		ref := config.Ref{Type: "IDENTITY_ATTRIBUTE", Name: name}
		return c.tenant.PlanEdit("IDENTITY_ATTRIBUTE_UPDATE", http.StatusOK, ref,
			func(b *config.Bundle) ([]string, error) {
				return nil, b.PutAttribute(n)
			})
	})

	if err != nil {
		return err
	}
	return c.answerAttribute(http.StatusOK, name)
}

func (c *call) deleteAttribute() error {
	_, _, err := c.change(func() (*tenant.Plan, error) { return c.tenant.PlanDeleteAttribute(c.path["name"], false) })
	if err != nil {
		return err
	}
	return c.noContent()
}

// bulkDeleteAttributes deletes all attributes of the list or none.
func (c *call) bulkDeleteAttributes() error {
	body, err := c.object()
	if err != nil {
		return err
	}

	// An empty list would be taken for success by a client that misspelled the member.
	var names []string
	for _, item := range body.Get("ids").Items() {
		names = append(names, item.Text())
	}
	if len(names) == 0 {
		return isc.Refuse(isc.CodeRequired, "ids is required: a list of names")
	}
	_, _, err = c.change(func() (*tenant.Plan, error) {
		// Each deletion is checked on its own; only then they are made as one plan.
		for _, name := range names {
			if _, err := c.tenant.PlanDeleteAttribute(name, false); err != nil {
				return nil, err
			}
		}

		ref := config.Ref{Type: "IDENTITY_ATTRIBUTE", Name: strings.Join(names, ", ")}
		return c.tenant.PlanEdit("IDENTITY_ATTRIBUTE_DELETE", http.StatusNoContent, ref,
			func(b *config.Bundle) ([]string, error) {
				for _, name := range names {
					b.RemoveAttribute(name)
				}
				return nil, nil
			})
	})

	if err != nil {
		return err
	}
	return c.noContent()
}
