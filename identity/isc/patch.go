package isc

import (
	"slices"
	"strconv"

	"github.com/idprofile/engine/identity/jsondoc"
)

// PatchOp is one operation of a JSON Patch.
//
// Source: RFC 6902.
type PatchOp struct {
	Op    string        // add, remove, replace, move, copy or test
	Path  string        // JSON Pointer
	From  string        // of move and copy
	Value *jsondoc.Node // of add, replace and test
}

// Bounds of a patch. A copy may double the document, so that a few dozen of them
// would fill the memory; no object of a tenant comes near these numbers.
const (
	maxPatchOps    = 1_000
	maxPatchCopied = 100_000 // JSON values that copies make
)

// ParsePatch reads a JSON Patch document: a list of operations, which may be
// empty. Unknown members of an operation are ignored, as the standard demands.
//
// Error: [CodeBadRequest] for what is no list of operations, [CodeIllegalValue]
// for an operation that does not exist, [CodeLimit] for more than 1,000 of them.
func ParsePatch(src []byte) ([]PatchOp, error) {
	root, found := jsondoc.Parse("patch", src)
	switch {
	case root == nil:
		return nil, Refuse(CodeBadRequest, "the patch is no JSON: %s", found[0].Message)
	case root.Kind() != jsondoc.Array:
		return nil, Refuse(CodeBadRequest, "the body is no JSON Patch: it is a %s, expected a list of operations",
			root.Kind())
	case len(root.Items()) > maxPatchOps:
		return nil, Refuse(CodeLimit, "the patch has %d operations, at most %d are allowed", len(root.Items()),
			maxPatchOps)
	}

	ops := make([]PatchOp, 0, len(root.Items()))

	// A fault names the operation by its place, which is all that a client knows it by.
	for i, n := range root.Items() {
		op, err := parseOp(n)
		if err != nil {
			err.Messages[0].Text = "operation " + strconv.Itoa(i) + ": " + err.Text()
			return nil, err
		}

		ops = append(ops, op)
	}

	return ops, nil
}

func parseOp(n *jsondoc.Node) (PatchOp, *Error) {
	op := PatchOp{
		Op:    n.Get("op").Text(),
		Path:  n.Get("path").Text(),
		From:  n.Get("from").Text(),
		Value: n.Get("value"),
	}

	if n.Kind() != jsondoc.Object || n.Get("op").Kind() != jsondoc.String {
		return op, Refuse(CodeBadRequest, "expected an object with op and path")
	}
	if n.Get("path").Kind() != jsondoc.String {
		return op, Refuse(CodeBadRequest, "the path is no JSON Pointer")
	}

	// A value of null is a value: only a missing one is refused.
	switch op.Op {
	case "remove":
	case "add", "replace", "test":
		if op.Value == nil {
			return op, Refuse(CodeBadRequest, "%s on %s has no value", op.Op, op.Path)
		}
	case "move", "copy":
		if n.Get("from").Kind() != jsondoc.String {
			return op, Refuse(CodeBadRequest, "%s needs from", op.Op)
		}
	default:
		return op, Refuse(CodeIllegalValue,
			"there is no operation %q, expected add, remove, replace, move, copy or test", op.Op)
	}

	return op, nil
}

// Access says what a patch may do with a member of the document.
type Access int

// The kinds of access. A member that is not listed has none at all.
const (
	Absent   Access = iota // the path is refused: there is no such member
	ReadOnly               // may be tested and copied
	Writable
)

// Apply returns a copy of the document with all operations applied in order; if
// one of them fails, none counts. Fields says what may be done with the members
// of the document; nil allows everything.
//
// Error: [CodeIllegalUpdate] for a read-only member; [CodeIllegalValue] for a
// path at which there is nothing; [CodeBadRequest] for a failed test and a path
// that is no JSON Pointer; [CodeLimit].
func Apply(doc *jsondoc.Node, ops []PatchOp, fields map[string]Access) (*jsondoc.Node, error) {
	if len(ops) > maxPatchOps {
		return nil, Refuse(CodeLimit, "the patch has %d operations, at most %d are allowed", len(ops), maxPatchOps)
	}
	p := patch{fields: fields, doc: doc.Clone()}
	for _, op := range ops {
		if err := p.apply(op); err != nil {
			return nil, err
		}
	}

	return p.doc, nil
}

// patch is a document that is being changed.
type patch struct {
	doc    *jsondoc.Node
	fields map[string]Access
	copied int // JSON values that copies made
}

func (p *patch) apply(op PatchOp) error {
	// A test may look at everything, a change only at what may be changed.
	path, err := p.pointer(op.Path, op.Op != "test")
	if err != nil {
		return err
	}

	switch op.Op {
	case "add":
		return p.add(path, op.Value.Clone())
	case "remove":
		_, err = p.remove(path)
		return err
	case "replace":
		return p.replace(path, op.Value.Clone())
	case "test":
		v, err := valueAt(p.doc, path)
		if err == nil && !SameJSON(v, op.Value) {
			err = Refuse(CodeBadRequest, "the test of %s failed", op.Path)
		}
		return err
	}

	return p.transfer(op, path)
}

// transfer moves or copies.
func (p *patch) transfer(op PatchOp, path []string) error {
	from, err := p.pointer(op.From, op.Op == "move")
	if err != nil {
		return err
	}
	v, err := valueAt(p.doc, from)
	if err != nil {
		return err
	}

	if op.Op == "move" {
		// The place to move to would go with what is moved.
		if len(from) < len(path) && slices.Equal(from, path[:len(from)]) {
			return Refuse(CodeIllegalValue, "%q cannot be moved into itself", op.From)
		}
		if _, err = p.remove(from); err != nil {
			return err
		}
	} else if p.copied += count(v); p.copied > maxPatchCopied {
		return Refuse(CodeLimit, "the patch copies more than %d values", maxPatchCopied)
	}

	return p.add(path, v.Clone())
}

// count gives the number of JSON values in a tree.
func count(n *jsondoc.Node) int {
	total := 0
	n.Walk(func(*jsondoc.Node) bool {
		total++
		return true
	})
	return total
}

func (p *patch) add(path []string, v *jsondoc.Node) error {
	if len(path) == 0 {
		p.doc = v
		return nil
	}

	parent, err := valueAt(p.doc, path[:len(path)-1])
	if err != nil {
		return err
	}

	last := path[len(path)-1]
	switch parent.Kind() {
	case jsondoc.Object:
		parent.Set(last, v)
		return nil
	case jsondoc.Array:
		// One place more than there are items: adding may come behind the last.
		at, ok := index(last, len(parent.Items())+1)
		if last == "-" {
			at, ok = len(parent.Items()), true
		}

		// Anything else in an array is no place.
		if ok {
			parent.SetItems(slices.Insert(slices.Clone(parent.Items()), at, v))
			return nil
		}
	}

	return nothingAt(path)
}

func (p *patch) remove(path []string) (*jsondoc.Node, error) {
	old, err := valueAt(p.doc, path)
	if err != nil {
		return nil, err
	}
	if len(path) == 0 {
		p.doc = jsondoc.NewNull()
		return old, nil
	}

	parent, err := valueAt(p.doc, path[:len(path)-1])
	if err != nil {
		return nil, err
	}
	last := path[len(path)-1]
	if parent.Kind() == jsondoc.Object {
		parent.Remove(last)
	} else if at, ok := index(last, len(parent.Items())); ok {
		parent.SetItems(slices.Delete(slices.Clone(parent.Items()), at, at+1))
	}

	return old, nil
}

// replace keeps the place of the member or item.
func (p *patch) replace(path []string, v *jsondoc.Node) error {
	// RFC 6902: there must be something to replace.
	if _, err := valueAt(p.doc, path); err != nil {
		return err
	}
	if len(path) == 0 {
		p.doc = v
		return nil
	}

	parent, err := valueAt(p.doc, path[:len(path)-1])
	if err != nil {
		return err
	}
	last := path[len(path)-1]
	if parent.Kind() == jsondoc.Object {
		parent.Set(last, v)
	} else if at, ok := index(last, len(parent.Items())); ok {
		items := slices.Clone(parent.Items())
		items[at] = v
		parent.SetItems(items)
	}

	return nil
}

// SameJSON compares as RFC 6902 section 4.6 says: numbers by value, members in
// any order.
func SameJSON(a, b *jsondoc.Node) bool {
	if a.Kind() != b.Kind() {
		return false
	}
	switch a.Kind() {
	case jsondoc.Number:
		// 1.0 and 1 are one number. Texts are compared too, as a number beyond the range of a float is
		// equal to itself only.
		x, xerr := strconv.ParseFloat(a.Text(), 64)
		y, yerr := strconv.ParseFloat(b.Text(), 64)
		return a.Text() == b.Text() || xerr == nil && yerr == nil && x == y
	case jsondoc.Array:
		return slices.EqualFunc(a.Items(), b.Items(), SameJSON)
	case jsondoc.Object:
		if len(a.Members()) != len(b.Members()) {
			return false
		}
		for _, m := range a.Members() {
			if v := b.Get(m.Key); v == nil || !SameJSON(m.Value, v) {
				return false
			}
		}

		return true
	}

	return a.Equal(b)
}
