package preview

import "github.com/idprofile/engine/identity/diag"

// Codes of findings and assumptions that this package reports or looks for.
const (
	codeAccountRenameLikely  diag.Code = "account-rename-likely"
	codeAccountReplaced      diag.Code = "account-replaced"
	codeCorrelationAmbiguous diag.Code = "correlation-ambiguous"
	codeDeleteThreshold      diag.Code = "delete-threshold"
	codeFieldType            diag.Code = "field-type"
	codeIdentityMeetsOther   diag.Code = "identity-meets-other"
	codeRemovalSkipped       diag.Code = "removal-skipped"
	codeRuleFailed           diag.Code = "rule-failed"
	codeRuleResult           diag.Code = "rule-result"
)
