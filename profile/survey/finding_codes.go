package survey

import "github.com/idprofile/engine/identity/diag"

// Codes of findings and assumptions that this package reports or looks for.
const (
	codeColumnUnknown diag.Code = "column-unknown"
)
