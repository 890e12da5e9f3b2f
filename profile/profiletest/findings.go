package profiletest

import (
	_ "embed"

	"github.com/idprofile/engine/identity/diag"
)

//go:embed findings.txt
var findings string

// Findings returns the codes of the findings that this package reports, in
// alphabetical order, with what their pages say.
func Findings() []diag.Page { return diag.ParsePages(findings) }
