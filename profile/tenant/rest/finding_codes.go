package rest

import "github.com/idprofile/engine/identity/diag"

// Codes of findings and assumptions that this package reports or looks for.
const (
	codeTypeUnknown diag.Code = "type-unknown"
)
