package config

import (
	"fmt"
	"slices"

	"github.com/idprofile/engine/identity/diag"
)

// consequences are findings about something that is not there. When a file cannot be
// read, it may stand in that.
var consequences = []diag.Code{
	codeConfigEmpty, codeCorrelationProperty, codeCorrelationSourceUnknown, codeDataMissing,
	codeIdentityAttributeUnknown,
	codeLifecycleProfileUnknown, codeLifecycleStatesMissing, codeManagerUnmapped, codeProfileNoSource,
	codeReferenceUnknown, codeRuleUnknown, codeRuleUnused,
	codeSchemaSourceUnknown, codeSourceAuthoritative, codeSourceImplied, codeSourceUnknown, codeSourceWithoutCriteria,
}

// WithoutConsequences returns the findings without those that may follow from a file
// that cannot be read, and says how many they are: the cause comes first, and what
// follows from it may be gone with it.
func (b *Bundle) WithoutConsequences(found diag.List) diag.List {
	if len(b.Unread) == 0 {
		return found
	}
	kept := slices.DeleteFunc(slices.Clone(found),
		func(d diag.Diagnostic) bool { return slices.Contains(consequences, d.Code) })
	if n := len(found) - len(kept); n > 0 {
		kept.Add(diag.Diagnostic{Severity: diag.Info, Code: codeFindingsLeftOut, Pos: diag.Pos{File: b.Unread[0]},
			Message: fmt.Sprintf("the file cannot be read, so %d findings about what is missing are left out: it may stand there", n)})
	}

	return kept
}
