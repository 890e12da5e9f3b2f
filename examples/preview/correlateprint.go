package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/idprofile/engine/correlate"
)

func (s *correlationSummary) print(a *app, w io.Writer) {
	fmt.Fprintf(w, "%s, %s\n", countOf(s.Identities, "identity", "identities"), plural(len(s.Sources), "source"))
	for _, src := range s.Sources {
		src.print(a, w)
	}
}

func countOf(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

func (s *sourceSummary) print(a *app, w io.Writer) {
	what := ""
	if s.Authoritative {
		what = ", authoritative"
	}
	heading(a, w, fmt.Sprintf("%s%s: %s, %d uncorrelated", s.Name, what, plural(s.Accounts, "account"), s.Uncorrelated))
	fmt.Fprintf(w, "  correlated by: %s\n", inLine(s.correlatedBy()))
	if s.Accounts > s.Methods[string(correlate.NewIdentity)] {
		s.printRules(a, w)
	}
	s.printReasons(a, w)
	s.printAmbiguous(w)
	some(w, "Ambiguous during the run", s.all, s.Doubts, func(text string) { fmt.Fprintf(w, "    %s\n", text) })
	s.printNear(w)
	s.printFixes(w)
	for _, line := range []struct {
		n    int
		text string
	}{
		{s.Conflicts, "get an identity by one rule while another rule finds somebody else"},
		{s.Contradicted, "get an identity by one rule only, and another value speaks against it"},
		{s.Unsupported, "are linked to an identity that no rule finds by the attributes that it has now"},
	} {
		if line.n > 0 {
			fmt.Fprintf(w, "  %s %s\n", plural(line.n, "account"), line.text)
		}
	}
	if s.NoAccount > 0 {
		fmt.Fprintf(w, "  %s no account here\n", countOf(s.NoAccount, "identity has", "identities have"))
	}
}

func (s *sourceSummary) correlatedBy() map[string]int {
	by := map[string]int{}
	for method, n := range s.Methods {
		if method != string(correlate.Uncorrelated) {
			by[method] = n
		}
	}
	return by
}

func (s *sourceSummary) printRules(a *app, w io.Writer) {
	fmt.Fprintf(w, "  the rules, asked again with all identities as they are after the run:\n\n")
	g := newGrid("Rule", "Identity = account", ">Values", ">Finds one", ">Finds several", ">Decides", ">Finds another")
	for _, r := range s.Rules {
		g.row(r.Rule, r.Criterion, r.Values, r.One, r.Several, r.Decides, r.Otherwise)
	}
	g.print(a, w)
	fmt.Fprintln(w)
}

func (s *sourceSummary) printReasons(a *app, w io.Writer) {
	if len(s.Reasons) == 0 {
		return
	}
	g := newGrid("Uncorrelated", "Likely", ">Accounts", "Among them")
	for _, r := range s.Reasons {
		g.row(r.Reason, r.Likely, r.Accounts, joined(r.Examples))
	}
	g.print(a, w)
	fmt.Fprintln(w)
}

func joined[T fmt.Stringer](list []T) string {
	texts := make([]string, len(list))
	for i, item := range list {
		texts[i] = item.String()
	}
	return strings.Join(texts, ", ")
}

// some prints the first items of a list.
func some[T any](w io.Writer, title string, all bool, list []T, print func(T)) {
	if len(list) == 0 {
		return
	}
	fmt.Fprintf(w, "  %s: %d\n", title, len(list))
	shown := list
	if !all {
		shown = list[:min(examples, len(list))]
	}
	for _, item := range shown {
		print(item)
	}
	if more := len(list) - len(shown); more > 0 {
		fmt.Fprintf(w, "    ... and %d more (--all)\n", more)
	}
}

func (s *sourceSummary) printAmbiguous(w io.Writer) {
	some(w, "Ambiguous matches", s.all, s.Ambiguous, func(m ambiguity) {
		end := "in the end without identity"
		if m.Identity != "" {
			end = fmt.Sprintf("in the end %s by %s", m.Identity, m.Outcome)
		}
		fmt.Fprintf(w, "    %s: %s %q is of %s; %s\n", m.Account, m.Criterion, m.Value, strings.Join(m.Identities, ", "), end)
	})
}

func (s *sourceSummary) printNear(w io.Writer) {
	some(w, "Near misses", s.all, s.NearMisses, func(m nearMiss) { fmt.Fprintf(w, "    %s: %s\n", m.Account, m) })
}

// String says in what the values differ, and what helps.
func (m nearMiss) String() string {
	help := "only a corrected value helps"
	if len(m.Fix) > 0 {
		help = "normalise with " + strings.Join(m.Fix, ", ")
	}
	return fmt.Sprintf("%s: %q is nearly %q of %s (%s); %s", m.Criterion, m.AccountValue, m.IdentityValue, m.Identity, joined(m.Differences), help)
}

func (s *sourceSummary) printFixes(w io.Writer) {
	some(w, "What one more normaliser would do", s.all, s.Fixes, func(f fix) { fmt.Fprintf(w, "    %s: %s\n", f.Normalise, f.Text) })
}
