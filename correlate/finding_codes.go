package correlate

import "github.com/idprofile/engine/identity/diag"

// Codes of findings and assumptions that this package reports or looks for.
const (
	codeCorrelationComplex   diag.Code = "correlation-complex"
	codeCorrelationMatchmode diag.Code = "correlation-matchmode"
	codeCorrelationOperation diag.Code = "correlation-operation"
	codeCorrelationProperty  diag.Code = "correlation-property"
	codeCorrelationRule      diag.Code = "correlation-rule"
	codeManualHeader         diag.Code = "manual-header"
	codeManualRow            diag.Code = "manual-row"
)
