package transform

import (
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/jsondoc"
)

// MaxSize is the size in bytes of the largest transform that a tenant stores.
const MaxSize = 400 << 10

// Definition is a transform as its file says it. Compile it with a [Library].
type Definition struct {
	Name string // of a stored transform; empty for nested and inline ones
	ID   string // the tenant's id, if known
	Node *jsondoc.Node
}

// Parse reads a transform from JSON. The definition is nil when there is no JSON
// object. All findings are returned, those of the JSON text included.
func Parse(file string, src []byte) (*Definition, diag.List) {
	n, found := jsondoc.Parse(file, src)
	if n == nil {
		return nil, found
	}

	if len(src) > MaxSize {
		found.Addf(diag.Error, codeSizeLimit, diag.Pos{File: file}, "the transform has %d bytes, a tenant accepts at most %d",
			len(src), MaxSize)
	}

	// A list or a text may be JSON, but it is no transform.
	if n.Kind() != jsondoc.Object {
		found.Addf(diag.Error, codeShapeTypeMissing, n.Pos(), "found a %s, expected a transform: an object with \"type\"",
			n.Kind())
		return nil, found
	}

	return FromNode(n), found
}

// FromNode returns the definition that a JSON value holds.
func FromNode(n *jsondoc.Node) *Definition {
	name, _ := n.Get("name").Str()
	id, _ := n.Get("id").Str()
	return &Definition{Name: name, ID: id, Node: n}
}

// PeriodicRefresh reports whether the root asks for the nightly refresh; exports
// have the flag also as text and inside attributes.
func (d *Definition) PeriodicRefresh() bool {
	return d.Node.Get("requiresPeriodicRefresh").IsTrue() || d.Node.At("attributes", "requiresPeriodicRefresh").IsTrue()
}
