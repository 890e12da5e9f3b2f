package rule

import "github.com/idprofile/engine/identity/diag"

// Codes of findings and assumptions that this package reports or looks for.
const (
	codeRuleExpression diag.Code = "rule-expression"
)
