package main

import (
	"fmt"
	"strings"

	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/identity/report"
	"github.com/idprofile/engine/profile/preview"
)

// summaryAnswer prints how the accounts of all sources found identities.
type summaryAnswer struct{ *preview.CorrelationSummary }

func (s summaryAnswer) print(p *printer) {
	report.Fprintf(p.w, "%s, %s\n", countOf(s.Identities, "identity", "identities"), plural(len(s.Sources), "source"))
	accounts, unlinked, ambiguous := 0, 0, 0
	for _, src := range s.Sources {
		sourceAnswer{src}.print(p)
		accounts += src.Accounts
		unlinked += src.Uncorrelated
		ambiguous += len(src.Ambiguous)
	}

	role := report.Good
	if unlinked+ambiguous > 0 {
		role = report.Warn
	}
	p.verdict(p.w, role, "%s of %s uncorrelated; %s", withShare(unlinked, accounts), plural(accounts, "account"),
		countOf(ambiguous, "ambiguous match", "ambiguous matches"))
}

func countOf(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// sourceAnswer prints it of one source.
type sourceAnswer struct{ *correlate.SourceSummary }

func (s sourceAnswer) print(p *printer) {
	what := ""
	if s.Authoritative {
		what = ", authoritative"
	}
	heading(p.app, p.w, fmt.Sprintf("%s%s: %s, %d uncorrelated", s.Name, what, plural(s.Accounts, "account"),
		s.Uncorrelated))
	report.Fprintf(p.w, "  correlated by: %s\n", inLine(s.correlatedBy()))
	if s.Accounts > s.Methods[string(correlate.NewIdentity)] {
		s.printRules(p)
	}
	s.printReasons(p)
	s.printAmbiguous(p)
	some(p, "Doubtful during the run", s.Doubts, func(text string) { report.Fprintf(p.w, "    %s\n", text) })
	some(p, "Near misses", s.NearMisses, func(m correlate.NearMissText) {
		report.Fprintf(p.w, "    %s: %s\n", m.Account, m)
	})
	some(p, "What one more normaliser would do", s.Fixes, func(f correlate.FixEffect) {
		report.Fprintf(p.w, "    %s: %s\n", f.Normalise, f.Text)
	})
	s.printDisagreement(p)
}

// printDisagreement counts the links against which something speaks.
func (s sourceAnswer) printDisagreement(p *printer) {
	for _, line := range []struct {
		n    int
		text string
	}{
		{s.Conflicts, "get an identity by one rule while another rule finds somebody else"},
		{s.Contradicted, "get an identity by one rule only, and another value speaks against it"},
		{s.Unsupported, "are linked to an identity that no rule finds by the attributes that it has now"},
	} {
		if line.n > 0 {
			report.Fprintf(p.w, "  %s %s\n", plural(line.n, "account"), line.text)
		}
	}

	if s.NoAccount > 0 {
		report.Fprintf(p.w, "  %s no account here\n", countOf(s.NoAccount, "identity has", "identities have"))
	}
}

func (s sourceAnswer) correlatedBy() map[string]int {
	by := map[string]int{}
	for method, n := range s.Methods {
		if method != string(correlate.Uncorrelated) {
			by[method] = n
		}
	}

	return by
}

func (s sourceAnswer) printRules(p *printer) {
	report.Fprintf(p.w, "  the rules, asked again with all identities as they are after the run:\n\n")
	g := newGrid("Rule", "Identity = account", ">Values", ">Finds one", ">Finds several", ">Decides", ">Finds another")
	for _, r := range s.Rules {
		g.row(r.Rule, r.Criterion, r.Values, r.One, r.Several, r.Decides, r.Otherwise)
	}
	g.print(p.app, p.w)
	if n := s.moved(); n > 0 {
		report.Fprintf(p.w, "  %s linked by a criterion that, asked again, does not find the identity: its attributes are those of another account since\n",
			countOf(n, "account was", "accounts were"))
	}

	report.Fprintln(p.w)
}

// moved counts the accounts of a source of people that a rule has linked and that it
// does not link any more: the identity that they joined has another profile, or
// other values, by them.
func (s sourceAnswer) moved() int {
	if !s.Authoritative {
		return 0
	}
	n := s.Methods[string(correlate.ByConfig)] + s.Methods[string(correlate.Rule)]
	for _, r := range s.Rules {
		if !strings.HasPrefix(r.Rule, "default") {
			n -= r.Decides
		}
	}

	return max(n, 0)
}

func (s sourceAnswer) printReasons(p *printer) {
	if len(s.Reasons) == 0 {
		return
	}
	g := newGrid("Uncorrelated", "Likely", ">Accounts", "Among them")
	for _, r := range s.Reasons {
		g.row(r.Reason, r.Likely, r.Accounts, joined(r.Examples))
	}
	g.print(p.app, p.w)
	report.Fprintln(p.w)
}

func (s sourceAnswer) printAmbiguous(p *printer) {
	some(p, "Ambiguous matches", s.Ambiguous, func(m correlate.AmbiguousUse) {
		end := "in the end without identity"
		if m.Identity != "" {
			end = fmt.Sprintf("in the end %s by %s", m.Identity, m.Outcome)
		}
		people := strings.Join(m.Identities, ", ")
		report.Fprintf(p.w, "    %s: %s %q is of %s; %s\n", m.Account, m.Criterion, m.Value, people, end)
	})
}

func joined[T fmt.Stringer](list []T) string {
	texts := make([]string, len(list))
	for i, item := range list {
		texts[i] = item.String()
	}
	return strings.Join(texts, ", ")
}

// some prints the first items of a list.
func some[T any](p *printer, title string, list []T, print func(T)) {
	if len(list) == 0 {
		return
	}
	report.Fprintf(p.w, "  %s: %d\n", title, len(list))
	shown := list
	shown = list[:min(p.samples.most(), len(list))]
	for _, item := range shown {
		print(item)
	}
	if more := len(list) - len(shown); more > 0 {
		report.Fprintf(p.w, "    ... and %d more (--all)\n", more)
	}
}
