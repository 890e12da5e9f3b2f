package tenant

import (
	"errors"

	"github.com/idprofile/engine/identity/isc"
	"github.com/idprofile/engine/identity/jsondoc"
)

// applyPatch returns a patched copy of an object. A patch that does not fit it is bad
// content, whatever it is about: which values are illegal is decided afterwards.
func applyPatch(doc *jsondoc.Node, ops []isc.PatchOp) (*jsondoc.Node, error) {
	n, err := isc.Apply(doc, ops, nil)
	var refused *isc.Error
	if errors.As(err, &refused) && refused.Code == isc.CodeIllegalValue {
		err = &isc.Error{Code: isc.CodeBadRequest, Messages: refused.Messages}
	}
	return n, err
}

// writes returns the paths that an operation changes.
func writes(op isc.PatchOp) []string {
	switch op.Op {
	case "test":
		return nil
	case "move":
		return []string{op.Path, op.From}
	}

	return []string{op.Path}
}
