package main

import "github.com/idprofile/engine/identity/diag"

// Codes of findings and assumptions that this package reports or looks for.
const (
	codeAccountAttributeUnknown diag.Code = "account-attribute-unknown"
	codeAttributeUnknown        diag.Code = "attribute-unknown"
	codeClockWall               diag.Code = "clock-wall"
	codeCreatedMissing          diag.Code = "created-missing"
	codeDefaultTaken            diag.Code = "default-taken"
	codeFieldUnknown            diag.Code = "field-unknown"
	codeFilterAll               diag.Code = "filter-all"
	codeIdentityName            diag.Code = "identity-name"
	codeMemberUnknown           diag.Code = "member-unknown"
	codeReferenceUnknown        diag.Code = "reference-unknown"
	codeRefreshMissing          diag.Code = "refresh-missing"
	codeRefreshType             diag.Code = "refresh-type"
	codeSettingsUnknown         diag.Code = "settings-unknown"
	codeSourceUnknown           diag.Code = "source-unknown"
	codeTemplateElseGlued       diag.Code = "template-else-glued"
	codeTemplateNameRunsOn      diag.Code = "template-name-runs-on"
	codeTemplateSetBraces       diag.Code = "template-set-braces"
	codeTypeCase                diag.Code = "type-case"
)
