package scim

import "github.com/idprofile/engine/identity/diag"

// Codes of findings and assumptions that this package reports or looks for.
const (
	codeAccountIDMissing diag.Code = "account-id-missing"
	codeSCIMPatch        diag.Code = "scim-patch"
	codeSCIMShape        diag.Code = "scim-shape"
)
