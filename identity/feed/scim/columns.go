package scim

import (
	"slices"
	"strings"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/jsondoc"
)

// columns are the attributes of one resource, flat.
type columns struct {
	values map[string]identity.Value
	order  []string
}

// each yields the columns in the order of the resource.
func (c *columns) each(yield func(string, identity.Value) bool) {
	for _, name := range c.order {
		if !yield(name, c.values[name]) {
			return
		}
	}
}

// set adds a column; the first of a name counts.
func (c *columns) set(name string, v identity.Value) {
	if _, again := c.values[name]; again || v.IsNull() {
		return
	}
	c.values[name] = v
	c.order = append(c.order, name)
}

// resource adds the columns of a resource: the core first, so that its names go
// before the short ones of extensions.
func (c *columns) resource(n *jsondoc.Node) {
	for _, m := range n.Members() {
		if !strings.Contains(m.Key, ":") {
			c.attribute(m.Key, m.Value)
		}
	}

	for _, m := range n.Members() {
		if !strings.Contains(m.Key, ":") {
			continue
		}
		for _, part := range m.Value.Members() {
			c.attribute(m.Key+":"+part.Key, part.Value)
		}
		for _, part := range m.Value.Members() {
			c.attribute(part.Key, part.Value)
		}
	}
}

// attribute adds the columns of an attribute.
func (c *columns) attribute(name string, n *jsondoc.Node) {
	switch n.Kind() {
	case jsondoc.Null:
	case jsondoc.Object:
		c.complex(name, n)
	case jsondoc.Array:
		c.several(name, n.Items())
	default:
		c.set(name, n.Value())
	}
}

// complex adds a column for each part, and one for the attribute when it has a
// value.
func (c *columns) complex(name string, n *jsondoc.Node) {
	if v := n.Get("value"); !v.IsNull() {
		c.set(name, v.Value())
	}
	for _, m := range n.Members() {
		c.attribute(name+"."+m.Key, m.Value)
	}
}

// several adds the columns of an attribute with several values.
func (c *columns) several(name string, items []*jsondoc.Node) {
	// The primary value comes first, so that a single-valued attribute of the identity gets it.
	items = slices.Clone(items)
	slices.SortStableFunc(items, func(a, b *jsondoc.Node) int { return primary(b) - primary(a) })

	var all []identity.Value
	parts, names := map[string][]identity.Value{}, []string(nil)
	add := func(key string, v identity.Value) {
		if parts[key] == nil {
			names = append(names, key)
		}
		parts[key] = append(parts[key], v)
	}

	for _, item := range items {
		value := item
		if item.Kind() == jsondoc.Object {
			value = item.Get("value")
		}
		if !value.IsNull() {
			all = append(all, value.Value())
		}
		typ := item.Get("type").Text()

		// Every part is a column under its type, such as emails.work, and a list where several items
		// have one type.
		for _, m := range item.Members() {
			switch {
			case m.Value.IsNull() || m.Key == "type" || m.Key == "primary" || m.Key == "$ref":
			case m.Key == "value" && typ != "":
				add(typ, m.Value.Value())
			case m.Key == "value":
			case typ != "":
				add(typ+"."+m.Key, m.Value.Value())
			default:
				add(m.Key, m.Value.Value())
			}
		}
	}

	if all != nil {
		c.set(name, identity.ListValue(all...))
	}

	// Only a value that is marked is the primary one; the first of several is not.
	if len(items) > 0 && primary(items[0]) == 1 {
		c.set(name+".primary", items[0].Get("value").Value())
	}
	for _, key := range names {
		if len(parts[key]) == 1 {
			c.set(name+"."+key, parts[key][0])
		} else {
			c.set(name+"."+key, identity.ListValue(parts[key]...))
		}
	}
}

func primary(n *jsondoc.Node) int {
	if n.Get("primary").IsTrue() {
		return 1
	}
	return 0
}
