package linkage

import "github.com/idprofile/engine/identity/diag"

// Codes of findings and assumptions that this package reports or looks for.
const (
	codeCaseCut     diag.Code = "case-cut"
	codeCaseEvent   diag.Code = "case-event"
	codeTableHeader diag.Code = "table-header"
	codeTableKey    diag.Code = "table-key"
	codeTableRow    diag.Code = "table-row"
)
