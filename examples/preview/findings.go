package main

import (
	"cmp"
	"fmt"
	"io"
	"path"
	"slices"

	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/report"
	"github.com/idprofile/engine/profile/config"
)

// findings counts findings by code and keeps some of each.
type findings struct {
	folder string // that file names are below
	sampleFlags
	groups map[groupKey]*group
	counts [3]int // by severity
	said   map[string]bool

	suppresses func(diag.Diagnostic) int // nil: no finding is suppressed
	suppressed int
}

type groupKey struct {
	severity diag.Severity
	code     diag.Code
}

type group struct {
	groupKey
	count int
	kept  []diag.Diagnostic
}

func newFindings(folder string, samples sampleFlags) *findings {
	return &findings{folder: folder, sampleFlags: samples, groups: map[groupKey]*group{}, said: map[string]bool{}}
}

// honour counts findings that the configuration suppresses, and no more.
func (f *findings) honour(b *config.Bundle) {
	if len(b.Suppressions) > 0 {
		f.suppresses = b.Suppressor()
	}
}

func (f *findings) add(d diag.Diagnostic) {
	if f.suppresses != nil && f.suppresses(d) >= 0 {
		f.suppressed++
		return
	}
	f.counts[d.Severity] += d.Count()
	key := groupKey{d.Severity, d.Code}
	g := f.groups[key]
	if g == nil {
		g = &group{groupKey: key}
		f.groups[key] = g
	}

	g.count += d.Count()
	if d.More == 0 && len(g.kept) < min(f.most(), diag.DefaultMost) {
		g.kept = append(g.kept, below(f.folder, d))
	}
}

func (f *findings) addAll(list diag.List) {
	for _, d := range list {
		f.add(d)
	}
}

// addError adds a finding if it is an error, and once though the accounts are read again.
func (f *findings) addError(d diag.Diagnostic) {
	if d.Severity != diag.Error || f.said[d.String()] {
		return
	}
	f.said[d.String()] = true
	f.add(d)
}

// warn writes the findings to standard error if there is an error among them. It is for
// commands that answer something else, and whose answer the errors make doubtful.
func (f *findings) warn(a *app) {
	if f.counts[diag.Error] > 0 {
		f.print(a, a.err)
	} else if f.suppressed > 0 {
		report.Fprintf(a.err, "preview: %s suppressed; lint --format sarif tells which, and why\n",
			plural(f.suppressed, "error"))
	}
}

// below puts the folder before the file of a finding.
func below(folder string, d diag.Diagnostic) diag.Diagnostic {
	if d.Pos.File != "" {
		d.Pos.File = path.Join(folder, d.Pos.File)
	}
	return d
}

// print writes the findings grouped by code, errors first; what only informs is counted
// unless all are wanted.
func (f *findings) print(a *app, w io.Writer) {
	groups := make([]*group, 0, len(f.groups))
	for _, g := range f.groups {
		if f.All || g.severity > diag.Info {
			groups = append(groups, g)
		}
	}

	slices.SortFunc(groups, func(x, y *group) int {
		return cmp.Or(-cmp.Compare(x.severity, y.severity), cmp.Compare(x.code, y.code))
	})
	heading(a, w, fmt.Sprintf("Findings: %s", f.summary()))
	for _, g := range groups {
		report.Fprintf(w, "  %s %s (%d)\n", report.Raw(a.severity(g.severity)), g.code, g.count)
		for _, d := range g.kept {
			report.Fprintf(w, "    %s\n", line(d))
		}
		if more := g.count - len(g.kept); more > 0 {
			hint := " (--all)"
			if f.All {
				hint = "" // more are not kept
			}
			report.Fprintf(w, "    ... and %d more%s\n", more, hint)
		}
	}
}

func (f *findings) summary() string {
	s := fmt.Sprintf("%s, %s, %d info", plural(f.counts[diag.Error], "error"),
		plural(f.counts[diag.Warning], "warning"),
		f.counts[diag.Info])
	if f.counts[diag.Info] > 0 && !f.All {
		s += " (--all)"
	}
	if f.suppressed > 0 {
		s += fmt.Sprintf(", %d suppressed", f.suppressed)
	}
	return s
}

// line is a finding without severity and code, which the group says.
func line(d diag.Diagnostic) string {
	s := d.Pos.String()
	if s != "" {
		s += ": "
	}
	if len(d.Path) > 0 {
		s += d.Path.String() + ": "
	}
	s += d.Message
	if d.Hint != "" {
		s += " (" + d.Hint + ")"
	}
	return s
}

func (a *app) severity(s diag.Severity) string {
	return a.paint([]text.Color{text.FgCyan, text.FgYellow, text.FgRed}[s], s.String())
}

func heading(a *app, w io.Writer, s string) {
	report.Fprintf(w, "\n%s\n", report.Raw(a.paint(text.Bold, report.OneLine(s))))
}

func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}
