package profiletest

import "github.com/idprofile/engine/identity/diag"

// Codes of findings and assumptions that this package reports or looks for.
const (
	codeColumnMissing               diag.Code = "column-missing"
	codeFileUnreadable              diag.Code = "file-unreadable"
	codeJSONDuplicateKey            diag.Code = "json-duplicate-key"
	codeTestAccountAttributeUnknown diag.Code = "test-account-attribute-unknown"
	codeTestEmpty                   diag.Code = "test-empty"
	codeTestFixture                 diag.Code = "test-fixture"
	codeTestMissing                 diag.Code = "test-missing"
	codeTestNameDuplicate           diag.Code = "test-name-duplicate"
	codeTestPattern                 diag.Code = "test-pattern"
	codeTestPolicyUnknown           diag.Code = "test-policy-unknown"
	codeTestTable                   diag.Code = "test-table"
	codeTestType                    diag.Code = "test-type"
	codeTestUnknownKey              diag.Code = "test-unknown-key"
	codeTestValue                   diag.Code = "test-value"
	codeVectorShape                 diag.Code = "vector-shape"
)
