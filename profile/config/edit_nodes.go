package config

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/idprofile/engine/identity/isc"
	"github.com/idprofile/engine/identity/jsondoc"
)

// put replaces the last object of that shape and name, or adds one.
func (b *Bundle) put(shape string, n *jsondoc.Node) error {
	name := n.Get("name").Text()
	if name == "" {
		return isc.Refuse(isc.CodeRequired, "the object has no name")
	}
	var old *object

	// The last one of a name is the one that a load would take.
	for _, d := range b.Documents {
		d.each(func(o object) {
			if o.shape == shape && o.name() == name {
				old = &o
			}
		})
	}

	if old == nil {
		b.add(shape, n)
	} else {
		b.replaceNode(old.node, n)
	}

	b.Refresh()
	return nil
}

func (o object) name() string { return FirstText(o.node.Get("name"), o.entry.At("self", "name")) }

// remove removes every object of that shape and name.
func (b *Bundle) remove(shape, name string) bool {
	var gone []object
	for _, d := range b.Documents {
		d.each(func(o object) {
			if o.shape == shape && o.name() == name {
				gone = append(gone, o)
			}
		})
	}

	for _, o := range gone {
		b.removeNode(o.node)
	}
	if len(gone) > 0 {
		b.Refresh()
	}
	return len(gone) > 0
}

// add puts an object where objects of its shape are: into the list that has the
// last one, else into an export, else into a file of its own.
func (b *Bundle) add(shape string, n *jsondoc.Node) {
	// The last neighbour tells where people put such objects now.
	var like *object
	var export *jsondoc.Node
	for _, d := range b.Documents {
		if IsExport(d.Root) && export == nil {
			export = d.Root.Get("objects")
		}
		d.each(func(o object) {
			if o.shape == shape && o.list != nil {
				like = &o
			}
		})
	}

	// New objects stand where people look for them, in the form that their neighbours have: with the envelope
	// of an export or without.
	switch {
	case like != nil && like.entry != like.node:
		appendItem(like.list, entryFor(shape, n))
	case like != nil:
		appendItem(like.list, n)
	case export != nil && shape != "IDENTITY_ATTRIBUTE":
		appendItem(export, entryFor(shape, n))
	default:
		b.Documents = append(b.Documents, &Document{Path: b.freePath(objectFolder[shape], n.Get("name").Text()),
			Root: n})
	}
}

// appendItem puts a value behind the others of a list.
func appendItem(list, n *jsondoc.Node) { list.SetItems(append(slices.Clone(list.Items()), n)) }

// ExportEntries wraps objects of a type as an export array has them.
func ExportEntries(typ string, objects ...*jsondoc.Node) *jsondoc.Node {
	entries := make([]*jsondoc.Node, len(objects))
	for i, n := range objects {
		entries[i] = entryFor(typ, n)
	}
	return jsondoc.NewArray(entries...)
}

// entryFor wraps an object as exports do.
func entryFor(shape string, n *jsondoc.Node) *jsondoc.Node {
	self := jsondoc.NewObject(jsondoc.M("type", jsondoc.NewString(shape)))
	for _, key := range []string{"id", "name"} {
		if v := n.Get(key); !v.IsNull() {
			self.Set(key, v.Clone())
		}
	}

	return jsondoc.NewObject(jsondoc.M("version", jsondoc.NewInt(1)), jsondoc.M("self", self), jsondoc.M("object", n))
}

func (b *Bundle) freePath(folder, name string) string {
	base := folder + "/" + strings.TrimLeft(url.PathEscape(name), ".")
	path := base + ".json"
	for i := 2; slices.ContainsFunc(b.Documents, func(d *Document) bool { return d.Path == path }); i++ {
		path = fmt.Sprintf("%s-%d.json", base, i)
	}
	return path
}

// replaceNode puts another value in the place of one, wherever it stands.
func (b *Bundle) replaceNode(old, n *jsondoc.Node) {
	for _, d := range b.Documents {
		if d.Root == old {
			d.Root = n
			return
		}

		if swap(d.Root, old, n) {
			return
		}
	}
}

func swap(in, old, n *jsondoc.Node) bool {
	for i, item := range in.Items() {
		if item == old {
			items := slices.Clone(in.Items())
			items[i] = n
			in.SetItems(items)
			return true
		}

		if swap(item, old, n) {
			return true
		}
	}

	// Members may hold the value too: an entry has it as its object.
	for _, m := range in.Members() {
		if m.Value == old {
			in.Set(m.Key, n)

			// The entry repeats the name of its object, and would name another one.
			if name := n.Get("name"); m.Key == "object" && in.Get("self").Kind() == jsondoc.Object && !name.IsNull() {
				in.Get("self").Set("name", name.Clone())
			}
			return true
		}

		if swap(m.Value, old, n) {
			return true
		}
	}

	return false
}

// removeNode takes a value out of the list that holds it or its entry; a file
// that holds nothing else goes.
func (b *Bundle) removeNode(n *jsondoc.Node) {
	for i, d := range b.Documents {
		if d.Root == n || d.Root.Get("object") == n {
			b.Documents = slices.Delete(slices.Clone(b.Documents), i, i+1)
			return
		}

		if cut(d.Root, n) {
			return
		}
	}
}

func cut(in, n *jsondoc.Node) bool {
	// In an export the object is inside of an entry, which goes with it.
	for i, item := range in.Items() {
		if item == n || IsEntry(item) && item.Get("object") == n {
			in.SetItems(slices.Delete(slices.Clone(in.Items()), i, i+1))
			return true
		}

		if cut(item, n) {
			return true
		}
	}

	for _, m := range in.Members() {
		if cut(m.Value, n) {
			return true
		}
	}

	return false
}

// objectFolder names the folder for objects that get a file of their own.
var objectFolder = map[string]string{
	"IDENTITY_PROFILE": "identity-profiles", "TRANSFORM": "transforms", "SOURCE": "sources",
	"LIFECYCLE_STATE": "lifecycle-states", "IDENTITY_ATTRIBUTE": "identity-attributes",
}
