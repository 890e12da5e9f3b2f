package nonemployee

import (
	"encoding/json"

	"github.com/idprofile/engine/identity/isc"
	"github.com/idprofile/engine/identity/jsondoc"
)

// document is the JSON form of an object, which patches address.
func document(object any) (*jsondoc.Node, error) {
	src, err := json.Marshal(object)
	if err != nil {
		return nil, err
	}
	doc, found := jsondoc.Parse("object", src)
	return doc, found.Err()
}

// applyPatch changes a document as far as its fields may be changed. A patch
// without operations is refused, because it is a mistake of whoever sends it.
func applyPatch(doc *jsondoc.Node, ops []isc.PatchOp, fields map[string]isc.Access) (*jsondoc.Node, error) {
	if len(ops) == 0 {
		return nil, isc.Refuse(isc.CodeBadRequest, "the JSON Patch has no operation")
	}
	return isc.Apply(doc, ops, fields)
}

// textField reads a text of a patched document; a missing or null one is "".
func textField(doc *jsondoc.Node, name string) (string, error) {
	v := doc.Get(name)
	if text, ok := v.Str(); ok || v.IsNull() {
		return text, nil
	}
	return "", isc.Refuse(isc.CodeIllegalValue, "%s must be text", name)
}

// refsField reads a list of references, each an id or an object with one.
func refsField(doc *jsondoc.Node, name string) ([]Ref, error) {
	list := doc.Get(name)
	if list.IsNull() {
		return nil, nil
	}
	if list.Kind() != jsondoc.Array {
		return nil, isc.Refuse(isc.CodeIllegalValue, "%s must be a list", name)
	}

	// Both forms are found in what clients send: an id alone, or a reference.
	refs := make([]Ref, 0, len(list.Items()))
	for _, item := range list.Items() {
		id, ok := item.Str()
		if item.Kind() == jsondoc.Object {
			id, ok = item.Get("id").Str()
			ok = ok && id != ""
		}

		if !ok {
			return nil, isc.Refuse(isc.CodeIllegalValue, "an item of %s must be an id or an object with an id", name)
		}
		typ, _ := item.Get("type").Str()
		refs = append(refs, Ref{Type: typ, ID: id})
	}

	return refs, nil
}
