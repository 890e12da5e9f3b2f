package rest

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/idprofile/engine/identity/isc"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/tenant"
)

func transformRoutes() []route {
	return []route{
		at(all, "GET", "transforms", "listTransforms", (*call).listTransforms),
		at(all, "POST", "transforms", "createTransform", (*call).createTransform),
		at(all, "GET", "transforms/{id}", "getTransform", (*call).getTransform),
		at(all, "PUT", "transforms/{id}", "updateTransform", (*call).updateTransform),
		at(all, "DELETE", "transforms/{id}", "deleteTransform", (*call).deleteTransform),
	}
}

// storedTransform is a transform with what its file may lack.
type storedTransform struct {
	id, name string
	node     *jsondoc.Node
}

func (t storedTransform) view() *jsondoc.Node {
	n := t.node.Clone()
	n.Set("id", jsondoc.NewString(t.id))
	if n.Get("attributes") == nil {
		n.Set("attributes", jsondoc.NewNull())
	}
	n.Set("internal", jsondoc.NewBool(t.node.Get("internal").IsTrue()))
	return n
}

// transforms lists the stored transforms by name. Those whose file has no id get
// one that follows from the name, so that it is the same tomorrow.
func transforms(b *config.Bundle) []storedTransform {
	var out []storedTransform
	for _, name := range slices.Sorted(maps.Keys(b.Transforms)) {
		n := b.Transforms[name].Node
		id := n.Get("id").Text()
		if id == "" {
			id = config.IdentityID("TRANSFORM", name)
		}
		out = append(out, storedTransform{id: id, name: name, node: n})
	}

	return out
}

func findTransform(b *config.Bundle, id string) (storedTransform, error) {
	list := transforms(b)
	i := slices.IndexFunc(list, func(t storedTransform) bool { return t.id == id })
	if i < 0 {
		return storedTransform{}, notFound("transform", id)
	}
	return list[i], nil
}

var listedTransforms = isc.Fields[storedTransform]{
	"internal": isc.BoolField("eq", func(t storedTransform) bool { return t.node.Get("internal").IsTrue() }),
	"name":     filterOnly(isc.TextField("eq sw", func(t storedTransform) string { return t.name })),
}

// filterOnly takes the order from a field that lists are not sorted by.
func filterOnly[T any](f isc.Field[T]) isc.Field[T] {
	f.Compare = nil
	return f
}

func (c *call) listTransforms() error {
	found := transforms(c.tenant.Bundle())
	if name := c.query.Get("name"); name != "" {
		found = slices.DeleteFunc(found, func(t storedTransform) bool { return t.name != name })
	}
	return list(c, found, listedTransforms, func(a, b storedTransform) int { return strings.Compare(a.name, b.name) },
		storedTransform.view)
}

func (c *call) createTransform() error {
	body, err := c.object()
	if err != nil {
		return err
	}
	name := body.Get("name").Text()

	// Looking and writing are one change.
	_, _, err = c.change(func() (*tenant.Plan, error) {
		// The plan would replace a transform of the name; the API only makes new ones.
		if c.tenant.Bundle().Transforms[name] != nil {
			return nil, isc.Refuse(isc.CodeConflict, "a transform named %q exists already", name)
		}
		n := body.Clone()
		n.Set("id", jsondoc.NewString(config.IdentityID("TRANSFORM", name)))
		n.Set("internal", jsondoc.NewBool(false))
		if err := checkTransform(n); err != nil {
			return nil, err
		}
		return checked(c.tenant.PlanTransform(n))
	})

	if err != nil {
		return err
	}
	t, err := findTransform(c.tenant.Bundle(), config.IdentityID("TRANSFORM", name))
	if err == nil {
		c.node(http.StatusCreated, t.view())
	}
	return err
}

// checkTransform checks what a stored transform must look like before the engine
// looks at it.
func checkTransform(n *jsondoc.Node) error {
	for _, key := range []string{"name", "type"} {
		if v, ok := n.Get(key).Str(); !ok || strings.TrimSpace(v) == "" {
			return isc.Refuse(isc.CodeRequired, "%s is required, as a text", key)
		}
	}

	if v := n.Get("attributes"); !v.IsNull() && v.Kind() != jsondoc.Object {
		return isc.Refuse(isc.CodeIllegalValue, "attributes is a %s, expected an object", v.Kind())
	}
	return nil
}

// checked refuses a transform that the engine cannot compile at all: a tenant does
// not store one of an unknown type or without a required attribute.
func checked(p *tenant.Plan, err error) (*tenant.Plan, error) {
	if err != nil {
		return nil, err
	}
	for _, d := range p.Findings {
		if d.Code == codeTypeUnknown && strings.Contains(d.Path.String(), p.Object.Name) {
			return nil, isc.Refuse(isc.CodeIllegalValue, "%s", d.Message)
		}
	}

	return p, nil
}

func (c *call) getTransform() error {
	t, err := findTransform(c.tenant.Bundle(), c.path["id"])
	if err == nil {
		c.node(http.StatusOK, t.view())
	}
	return err
}

// updateTransform changes the attributes of a transform. Clients send name and type
// along; they must be those that are stored.
func (c *call) updateTransform() error {
	body, err := c.object()
	if err != nil {
		return err
	}
	_, _, err = c.change(func() (*tenant.Plan, error) {
		t, err := findTransform(c.tenant.Bundle(), c.path["id"])
		if err != nil {
			return nil, err
		}

		// References go by name, and a type decides what the attributes mean: both would change other mappings
		// unseen.
		for _, key := range []string{"name", "type"} {
			if v := body.Get(key); !v.IsNull() && v.Text() != t.node.Get(key).Text() {
				return nil, isc.Refuse(isc.CodeIllegalUpdate, "%s of a transform cannot be changed", key)
			}
		}

		// Only the attributes come from the body, the rest is what is stored.
		n := t.node.Clone()
		n.Set("id", jsondoc.NewString(t.id))
		n.Set("attributes", orNull(body.Get("attributes")).Clone())
		if err := checkTransform(n); err != nil {
			return nil, err
		}
		return c.tenant.PlanTransform(n)
	})

	if err != nil {
		return err
	}
	return c.getTransform()
}

func (c *call) deleteTransform() error {
	_, _, err := c.change(func() (*tenant.Plan, error) {
		t, err := findTransform(c.tenant.Bundle(), c.path["id"])
		if err != nil {
			return nil, err
		}
		return c.tenant.PlanDeleteTransform(t.name)
	})

	if err != nil {
		return err
	}
	return c.noContent()
}

func orNull(n *jsondoc.Node) *jsondoc.Node {
	if n == nil {
		return jsondoc.NewNull()
	}
	return n
}
