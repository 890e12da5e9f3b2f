package config

import (
	"slices"

	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/jsondoc"
)

// object is a configuration object inside a document.
type object struct {
	shape string        // object type; empty: not known
	node  *jsondoc.Node // its fields
	entry *jsondoc.Node // node, or the entry {self, object} around it
	list  *jsondoc.Node // the list that holds entry; nil: entry is the document
}

// each calls f for every object of the document, in order.
func (d *Document) each(f func(object)) { eachObject(d.Root, nil, f) }

func eachObject(n, list *jsondoc.Node, f func(object)) {
	// Lists are copied before they are walked: what is done with an object may cut it out of its list.
	switch {
	case n.Kind() == jsondoc.Array:
		for _, item := range slices.Clone(n.Items()) {
			eachObject(item, n, f)
		}
	case n.Kind() != jsondoc.Object:
	case IsExport(n):
		objects := n.Get("objects")
		for _, item := range slices.Clone(objects.Items()) {
			eachObject(item, objects, f)
		}
	case IsEntry(n):
		f(object{shape: entryShape(n), node: n.Get("object"), entry: n, list: list})
	case wrapped(n) != nil:
		items := wrapped(n)
		for _, item := range slices.Clone(items.Items()) {
			eachObject(item, items, f)
		}
	default:
		f(object{shape: shapeOf(n), node: n, entry: n, list: list})
	}
}

// wrapped returns the list that is all there is in an object of no shape of its own,
// such as {"items": [...], "count": 2}, if every item of it is an object that counts;
// else nil.
func wrapped(n *jsondoc.Node) *jsondoc.Node {
	if shapeOf(n) != "" {
		return nil
	}
	var list *jsondoc.Node

	// One list beside plain values is an answer of an API with its paging; an object inside makes it
	// something else.
	for _, m := range n.Members() {
		switch m.Value.Kind() {
		case jsondoc.Object:
			return nil
		case jsondoc.Array:
			if list != nil {
				return nil
			}
			list = m.Value
		}
	}

	// An item that would not count alone does not count in a list either: the object is something else.
	for _, item := range list.Items() {
		if item.Kind() != jsondoc.Object || !IsEntry(item) && !evaluated(shapeOf(item)) {
			return nil
		}
	}

	if len(list.Items()) == 0 {
		return nil
	}
	return list
}

// entryShape is the type that an entry {self, object} names; where it names none
// that counts, the object itself may tell.
func entryShape(n *jsondoc.Node) string {
	shape, _ := n.At("self", "type").Str()
	if alias, ok := shapeAlias[shape]; ok {
		return alias
	}
	if own := shapeOf(n.Get("object")); shape == "" || !evaluated(shape) && evaluated(own) && own != shapeAccount &&
		own != shapeTransform {
		return own
	}
	return shape
}

// IsExport reports whether n is an SP-Config file.
func IsExport(n *jsondoc.Node) bool {
	list := n.Get("objects")
	return list.Kind() == jsondoc.Array && (n.Get("version") != nil || slices.ContainsFunc(list.Items(), IsEntry))
}

func IsEntry(n *jsondoc.Node) bool {
	return n.Get("self").Kind() == jsondoc.Object && n.Get("object").Kind() == jsondoc.Object
}

func isContainer(n *jsondoc.Node) bool { return IsExport(n) || IsEntry(n) || wrapped(n) != nil }

// Bytes returns the document as a file: as it was read, but for the places that were
// changed, see [jsondoc.Rewrite]; a new one indented by two blanks.
func (d *Document) Bytes() []byte {
	if d.src != "" {
		return jsondoc.Rewrite([]byte(d.src), d.Root)
	}
	return d.Root.Indent()
}

func (d *Document) clone() *Document {
	if d == nil {
		return nil
	}
	return &Document{Path: d.Path, Root: d.Root.Clone(), src: d.src}
}

// Files returns every configuration file of the bundle by its path, the settings
// included; account files are not part of it. Unknown fields, their order and
// the order of objects are those of the files that were loaded.
func (b *Bundle) Files() map[string][]byte {
	files := map[string][]byte{}
	for _, d := range b.Documents {
		files[d.Path] = d.Bytes()
	}
	if b.settings != nil {
		files[b.settings.Path] = b.settings.Bytes()
	}
	return files
}

// Save writes every configuration file, in the order of their paths. It stops at
// the first error of write.
func (b *Bundle) Save(write func(path string, data []byte) error) error {
	files := b.Files()
	paths := make([]string, 0, len(files))
	for path := range files {
		paths = append(paths, path)
	}
	slices.Sort(paths)
	for _, path := range paths {
		if err := write(path, files[path]); err != nil {
			return err
		}
	}

	return nil
}

// Clone returns a copy that can be changed without changing b.
func (b *Bundle) Clone() *Bundle {
	c := &Bundle{Data: b.Data, files: b.files, Settings: b.Settings, settings: b.settings.clone(), Partial: b.Partial,
		Unread: b.Unread, Suppressions: b.Suppressions}
	for _, d := range b.Documents {
		c.Documents = append(c.Documents, d.clone())
	}
	c.Refresh()
	return c
}

// Refresh reads the documents again, after they were changed, and returns what
// there is to say about them. Pointers into the typed parts from before are out
// of date afterwards.
func (b *Bundle) Refresh() diag.List {
	l := newLoader()
	l.b.Documents, l.b.settings, l.b.Settings = b.Documents, b.settings, b.Settings
	l.b.Partial, l.b.Unread, l.b.Suppressions = b.Partial, b.Unread, b.Suppressions
	l.b.Limits, l.found.Most = b.Limits, b.Limits.Findings
	l.files = b.files
	for _, d := range b.Documents {
		l.document(d)
	}
	fresh, found := l.finish()
	*b = *fresh
	return found
}
