package jsondoc

import "github.com/idprofile/engine/identity/diag"

// Codes of findings and assumptions that this package reports or looks for.
const (
	codeJSONDuplicateKey diag.Code = "json-duplicate-key"
	codeJSONSyntax       diag.Code = "json-syntax"
	codeJSONUTF8         diag.Code = "json-utf8"
	codeJSONValues       diag.Code = "json-values"
)
