package main

import (
	"fmt"
	"strings"

	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/identity/report"
)

// accountAnswer prints why an account has its identity, or none.
type accountAnswer struct{ *correlate.AccountExplanation }

func (e accountAnswer) print(p *printer) {
	report.Fprintf(p.w, "%s\n", e.Account)

	// Many sources name an account by its id, and telling it twice is noise.
	if e.Name != "" && !strings.HasSuffix(e.Account, "/"+e.Name) {
		report.Fprintf(p.w, "  name: %s\n", e.Name)
	}
	if e.Identity != nil {
		report.Fprintf(p.w, "  identity: %s, by %s\n", e.Identity, e.Method)
	} else {
		report.Fprintf(p.w, "  no identity: %s, likely %s\n", e.Reason, e.Likely)
	}

	if e.Message != "" {
		report.Fprintf(p.w, "  %s\n", e.Message)
	}

	heading(p.app, p.w, "Rules")
	g := newGrid("Rule", "Identity = account", "Account has", "Outcome", "Identity has")
	for _, r := range e.Rules {
		g.row(r.Rule, r.Criterion, quoted(r.Values), r.Outcome, strings.Join(identitiesOf(&r), "; "))
	}
	g.print(p.app, p.w)

	if len(e.NearMisses) > 0 {
		heading(p.app, p.w, "Near misses")
		for _, m := range e.NearMisses {
			report.Fprintf(p.w, "  %s\n", m)
		}
	}
}

// identitiesOf lists whom a rule found, or why it found nobody.
func identitiesOf(r *correlate.RuleTrace) []string {
	var people []string
	if r.Error != "" && len(r.Candidates) == 0 {
		people = []string{r.Error}
	}
	for _, c := range r.Candidates {
		people = append(people, quoted(c.Values)+" "+c.String())
	}
	if more := r.Total - len(r.Candidates); more > 0 {
		people = append(people, fmt.Sprintf("and %d more", more))
	}
	return people
}

// quoted shows values, so that blanks are seen; a dash is no value.
func quoted(values []string) string {
	var list []string
	for _, v := range values {
		if v == "" {
			list = append(list, "-")
		} else {
			list = append(list, fmt.Sprintf("%q", v))
		}
	}

	return strings.Join(list, ", ")
}

// pairAnswer prints what the rules say about one account and one identity.
type pairAnswer struct{ *correlate.PairExplanation }

func (e pairAnswer) print(p *printer) {
	link := "not linked"
	if e.Linked {
		link = "linked"
	}
	report.Fprintf(p.w, "%s and %s: %s\n\n", e.Account, e.Identity, link)
	g := newGrid("Rule", "Identity = account", "Account has", "Identity has", "Verdict", "Differs in")
	for _, r := range e.Rules {
		g.row(r.Rule, r.Criterion, quoted(r.Account), quoted(r.Identity), r.Verdict, joined(r.Differences))
	}
	g.print(p.app, p.w)
}
