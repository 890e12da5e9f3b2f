package tenant

import (
	"slices"
	"strconv"
	"strings"

	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/profile/config"
)

// PatchOp is one operation of a JSON Patch.
//
// Source: RFC 6902.
type PatchOp struct {
	Op    string        // add, remove, replace, move, copy or test
	Path  string        // JSON Pointer (RFC 6901)
	From  string        // of move and copy
	Value *jsondoc.Node // of add, replace and test; nil: absent
}

// ParsePatch reads a JSON Patch document.
//
// Error: [config.CodeBadRequest] for what is no list of operations.
func ParsePatch(src []byte) ([]PatchOp, error) {
	root, found := jsondoc.Parse("patch", src)
	if root == nil {
		return nil, config.Refuse(config.CodeBadRequest, "the patch is no JSON: %s", found[0].Message)
	}
	if root.Kind() != jsondoc.Array {
		return nil, config.Refuse(config.CodeBadRequest, "the patch is a %s, expected a list of operations", root.Kind())
	}
	ops := make([]PatchOp, 0, len(root.Items()))
	for i, n := range root.Items() {
		op, err := parseOp(n)
		if err != nil {
			return nil, config.Refuse(config.CodeBadRequest, "operation %d: %s", i, err.Messages[0].Text)
		}
		ops = append(ops, op)
	}
	return ops, nil
}

func parseOp(n *jsondoc.Node) (PatchOp, *config.OperationError) {
	op := PatchOp{Op: n.Get("op").Text(), Path: n.Get("path").Text(), From: n.Get("from").Text(), Value: n.Get("value")}
	if n.Kind() != jsondoc.Object || n.Get("path").Kind() != jsondoc.String {
		return op, config.Refuse(config.CodeBadRequest, "expected an object with op and path")
	}
	switch op.Op {
	case "remove":
	case "add", "replace", "test":
		if op.Value == nil {
			return op, config.Refuse(config.CodeBadRequest, "%s needs a value", op.Op)
		}
	case "move", "copy":
		if n.Get("from").Kind() != jsondoc.String {
			return op, config.Refuse(config.CodeBadRequest, "%s needs from", op.Op)
		}
	default:
		return op, config.Refuse(config.CodeBadRequest, "there is no operation %q", op.Op)
	}
	return op, nil
}

// patched applies the operations to a copy of a document, all or none.
func patched(doc *jsondoc.Node, ops []PatchOp) (*jsondoc.Node, error) {
	doc = doc.Clone()
	for _, op := range ops {
		var err error
		if doc, err = op.apply(doc); err != nil {
			return nil, err
		}
	}
	return doc, nil
}

func (op PatchOp) apply(doc *jsondoc.Node) (*jsondoc.Node, error) {
	path, err := pointer(op.Path)
	if err != nil {
		return nil, err
	}
	switch op.Op {
	case "add":
		return addAt(doc, path, op.Value.Clone())
	case "remove":
		doc, _, err = removeAt(doc, path)
		return doc, err
	case "replace":
		return replaceAt(doc, path, op.Value.Clone())
	case "test":
		if v, err := valueAt(doc, path); err != nil || !sameJSON(v, op.Value) {
			return nil, config.Refuse(config.CodeBadRequest, "the test of %q failed", op.Path)
		}
		return doc, nil
	}
	from, err := pointer(op.From)
	if err != nil {
		return nil, err
	}
	v, err := valueAt(doc, from)
	if err != nil {
		return nil, err
	}
	if op.Op == "move" {
		if len(from) < len(path) && slices.Equal(from, path[:len(from)]) {
			return nil, config.Refuse(config.CodeBadRequest, "%q cannot be moved into itself", op.From)
		}
		if doc, _, err = removeAt(doc, from); err != nil {
			return nil, err
		}
	}
	return addAt(doc, path, v.Clone())
}

// pointer splits a JSON Pointer.
//
// Source: RFC 6901.
func pointer(path string) ([]string, error) {
	if path == "" {
		return nil, nil
	}
	if path[0] != '/' {
		return nil, config.Refuse(config.CodeBadRequest, "the path %q does not begin with /", path)
	}
	tokens := strings.Split(path[1:], "/")
	for i, t := range tokens {
		for k := 0; k < len(t); k++ {
			if t[k] == '~' && (k+1 == len(t) || t[k+1] != '0' && t[k+1] != '1') {
				return nil, config.Refuse(config.CodeBadRequest, "the path %q has a ~ that escapes nothing", path)
			}
		}
		tokens[i] = strings.ReplaceAll(strings.ReplaceAll(t, "~1", "/"), "~0", "~")
	}
	return tokens, nil
}

func unknownPath(path []string) error {
	return config.Refuse(config.CodeBadRequest, "there is nothing at %q", "/"+strings.Join(path, "/"))
}

// valueAt follows a pointer.
func valueAt(doc *jsondoc.Node, path []string) (*jsondoc.Node, error) {
	n := doc
	for i, token := range path {
		switch n.Kind() {
		case jsondoc.Object:
			n = n.Get(token)
		case jsondoc.Array:
			at, ok := index(token, len(n.Items()))
			if !ok {
				return nil, unknownPath(path[:i+1])
			}
			n = n.Items()[at]
		default:
			n = nil
		}
		if n == nil {
			return nil, unknownPath(path[:i+1])
		}
	}
	return n, nil
}

// index reads the index of a list: no sign, no leading zeros, below n.
func index(token string, n int) (int, bool) {
	if token == "" || len(token) > 1 && token[0] == '0' || token[0] < '0' || token[0] > '9' {
		return 0, false
	}
	i, err := strconv.Atoi(token)
	return i, err == nil && i < n
}

func addAt(doc *jsondoc.Node, path []string, v *jsondoc.Node) (*jsondoc.Node, error) {
	if len(path) == 0 {
		return v, nil
	}
	last := path[len(path)-1]
	parent, err := valueAt(doc, path[:len(path)-1])
	if err != nil {
		return nil, err
	}
	switch parent.Kind() {
	case jsondoc.Object:
		parent.Set(last, v)
		return doc, nil
	case jsondoc.Array:
		at, ok := index(last, len(parent.Items())+1)
		if last == "-" {
			at, ok = len(parent.Items()), true
		}
		if ok {
			parent.SetItems(slices.Insert(slices.Clone(parent.Items()), at, v))
			return doc, nil
		}
	}
	return nil, unknownPath(path)
}

func removeAt(doc *jsondoc.Node, path []string) (*jsondoc.Node, *jsondoc.Node, error) {
	old, err := valueAt(doc, path)
	if err != nil {
		return nil, nil, err
	}
	if len(path) == 0 {
		return jsondoc.NewNull(), old, nil
	}
	last := path[len(path)-1]
	parent, err := valueAt(doc, path[:len(path)-1])
	if err != nil {
		return nil, nil, err
	}
	if parent.Kind() == jsondoc.Object {
		parent.Remove(last)
	} else if at, ok := index(last, len(parent.Items())); ok {
		parent.SetItems(slices.Delete(slices.Clone(parent.Items()), at, at+1))
	}
	return doc, old, nil
}

// replaceAt keeps the place of the member or item.
func replaceAt(doc *jsondoc.Node, path []string, v *jsondoc.Node) (*jsondoc.Node, error) {
	if _, err := valueAt(doc, path); err != nil || len(path) == 0 {
		return v, err
	}
	last := path[len(path)-1]
	parent, err := valueAt(doc, path[:len(path)-1])
	if err != nil {
		return nil, err
	}
	if parent.Kind() == jsondoc.Object {
		parent.Set(last, v)
	} else if at, ok := index(last, len(parent.Items())); ok {
		items := slices.Clone(parent.Items())
		items[at] = v
		parent.SetItems(items)
	}
	return doc, nil
}

// sameJSON compares as RFC 6902 section 4.6 says: numbers by value, members in
// any order.
func sameJSON(a, b *jsondoc.Node) bool {
	if a.Kind() != b.Kind() {
		return false
	}
	switch a.Kind() {
	case jsondoc.Number:
		x, xerr := strconv.ParseFloat(a.Text(), 64)
		y, yerr := strconv.ParseFloat(b.Text(), 64)
		return a.Text() == b.Text() || xerr == nil && yerr == nil && x == y
	case jsondoc.Array:
		return slices.EqualFunc(a.Items(), b.Items(), sameJSON)
	case jsondoc.Object:
		if len(a.Members()) != len(b.Members()) {
			return false
		}
		for _, m := range a.Members() {
			if v := b.Get(m.Key); v == nil || !sameJSON(m.Value, v) {
				return false
			}
		}
		return true
	}
	return a.Equal(b)
}
