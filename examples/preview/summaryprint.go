package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/report"
)

// printVerdict says in one line how the run went.
func (s *summary) printVerdict(a *app, f *findings, failures []string) {
	accounts, errs := 0, 0
	for _, c := range s.Sources {
		accounts += c.Accounts
	}
	for _, p := range s.Profiles {
		errs += p.Errors
	}

	// The colour says what the exit code says: red only for what lets the command fail or for an error.
	role := report.Good
	if s.exceptions()+errs+s.unlinked()+f.counts[diag.Error]+f.counts[diag.Warning] > 0 {
		role = report.Warn
	}
	end := ""
	if len(failures) > 0 || f.counts[diag.Error] > 0 {
		role = report.Bad
	}
	if len(failures) > 0 {
		end = "; fails on " + strings.Join(failures, ", ")
	}
	a.verdict(a.out, role, "%s: %s with exceptions, %s with errors; %s of %s uncorrelated; %s%s",
		countOf(s.Identities, "identity", "identities"), withShare(s.exceptions(), s.Identities), withShare(errs,
			s.Identities),
		withShare(s.unlinked(), accounts), plural(accounts, "account"), f.summary(), end)
}

// withShare is a number with its share of all.
func withShare(n, all int) string {
	if n == 0 {
		return "0"
	}
	return fmt.Sprintf("%d (%s)", n, percent(share(float64(n), float64(all))))
}

func (s *summary) printJSON(w io.Writer) error {
	return writeJSON(w, s)
}

// print writes the summary for people.
func (s *summary) print(a *app, w io.Writer) {
	report.Fprintf(w, "%s, %s, %s; now is %s\n\n", plural(len(s.Profiles), "profile"), plural(len(s.Sources), "source"),
		plural(s.transforms, "transform"), s.Now.Format(time.RFC3339Nano))
	s.printProfiles(a, w)
	report.Fprintln(w)
	s.printSources(a, w)
	s.printCounts(a, w, "Identity exceptions", s.Exceptions)
	s.printCounts(a, w, "Uncorrelated accounts", s.Uncorrelated)
	s.printCounts(a, w, "Evaluation errors", s.Errors)
	s.printCounts(a, w, "Warnings", s.Warnings)
	s.printCounts(a, w, "Managers", s.Managers)
	s.printAssumptions(a, w)
	heading(a, w, "Lifecycle states")
	for _, p := range s.Profiles {
		report.Fprintf(w, "  %s: %s\n", p.Name, inLine(p.Lifecycle.counts()))
	}
}

func (s *summary) printProfiles(a *app, w io.Writer) {
	g := newGrid("Profile", ">Priority", "Source", ">Identities", ">With exceptions", ">With errors")
	inProfile, errs := 0, 0
	for _, p := range s.Profiles {
		g.row(p.Name, p.Priority, p.Source, p.Identities, p.Exceptions, p.Errors)
		inProfile += p.Identities
		errs += p.Errors
	}

	if other := s.Identities - inProfile; other > 0 {
		g.row("(none)", "", "", other, 0, 0)
	}
	g.row("all", "", "", s.Identities, s.exceptions(), errs)
	g.print(a, w)
}

func (s *summary) printSources(a *app, w io.Writer) {
	g := newGrid("Source", ">Accounts", ">Uncorrelated", "Correlated by")
	for _, c := range s.Sources {
		g.row(c.Name, c.Accounts, c.Uncorrelated, inLine(c.Methods.counts()))
	}
	g.print(a, w)
}

// printCounts prints what was counted with examples, the most frequent first.
func (s *summary) printCounts(a *app, w io.Writer, title string, m map[string]*count) {
	if len(m) == 0 {
		return
	}
	total := 0
	for _, c := range m {
		total += c.n
	}
	heading(a, w, fmt.Sprintf("%s: %d", title, total))
	for _, key := range byCount(m, func(c *count) int { return c.n }) {
		c := m[key]
		report.Fprintf(w, "  %s %d\n", key, c.n)
		for _, e := range c.examples {
			report.Fprintf(w, "    %s\n", e)
		}
		if more := c.n - len(c.examples); more > 0 && len(c.examples) > 0 {
			report.Fprintf(w, "    ... and %d more (--all)\n", more)
		}
	}
}

// byCount returns the keys, those with the greatest number first.
func byCount[V any](m map[string]V, n func(V) int) []string {
	keys := slices.Sorted(maps.Keys(m))
	slices.SortStableFunc(keys, func(x, y string) int { return n(m[y]) - n(m[x]) })
	return keys
}

// inLine is counts in one line.
func inLine(m map[string]int) string {
	var parts []string
	for _, key := range byCount(m, func(n int) int { return n }) {
		parts = append(parts, fmt.Sprintf("%s %d", key, m[key]))
	}
	if len(parts) == 0 {
		return "-"
	}
	return strings.Join(parts, ", ")
}
