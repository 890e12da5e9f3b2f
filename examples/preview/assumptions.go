package main

import (
	"fmt"
	"io"
	"path"
	"slices"

	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/report"
)

// maxAssumptions is how many assumptions a summary prints unless all are wanted.
const maxAssumptions = 10

// printAssumptions writes what a run has taken for granted, dropped or defaulted.
func (s *summary) printAssumptions(a *app, w io.Writer) {
	if len(s.Assumptions) == 0 {
		return
	}

	heading(a, w, fmt.Sprintf("Assumptions: %d", len(s.Assumptions)))
	shown := s.Assumptions
	if !s.samples.All {
		shown = slices.DeleteFunc(slices.Clone(shown), isUsual)
		shown = shown[:min(len(shown), maxAssumptions)]
	}

	for _, x := range shown {
		report.Fprintf(w, "  %s\n", x)
	}
	if more := len(s.Assumptions) - len(shown); more > 0 {
		report.Fprintf(w, "  ... and %d more (--all)\n", more)
	}
}

// isUsual knows assumptions that nobody is surprised by: the platform takes the
// same. They are printed when all are wanted.
func isUsual(x diag.Assumption) bool {
	return x.Code == codeDefaultTaken || x.Code == codeCreatedMissing
}

// assume adds an assumption, with the folder before its file.
func (s *summary) assume(folder string, x diag.Assumption) {
	if x.File != "" {
		x.File = path.Join(folder, x.File)
	}
	s.Assumptions = append(s.Assumptions, x)
}

// nobody is the error of a run that evaluated nobody although there are
// profiles: that is no success, and its cause comes first. It is nil when a state
// held people, or when filters removed all accounts, which a finding says.
func (x *execution) nobody() error {
	if x.summary.Identities > 0 || x.continues {
		return nil
	}
	cause := "the sources have no accounts"
	if d, ok := x.findings.worst(); ok {
		if d.Code == codeFilterAll {
			return nil
		}
		cause = line(d)
	}

	return fmt.Errorf("nobody was evaluated: %s", cause)
}

// worst returns the first of the most serious findings, if any is more than an
// information. What says that data are missing comes before what follows from it.
func (f *findings) worst() (diag.Diagnostic, bool) {
	for _, code := range []string{"file-unreadable", "source-unknown", "data-missing", "filter-all"} {
		for _, severity := range []diag.Severity{diag.Error, diag.Warning} {
			if g := f.groups[groupKey{severity, diag.Code(code)}]; g != nil && len(g.kept) > 0 {
				return g.kept[0], true
			}
		}
	}

	for _, severity := range []diag.Severity{diag.Error, diag.Warning} {
		var first *group

		// Within a severity the first code by name, since a map has no order.
		for key, g := range f.groups {
			if key.severity == severity && len(g.kept) > 0 && (first == nil || key.code < first.code) {
				first = g
			}
		}

		if first != nil {
			return first.kept[0], true
		}
	}

	return diag.Diagnostic{}, false
}
