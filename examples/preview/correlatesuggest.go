package main

import (
	"fmt"
	"slices"

	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/identity/report"
	"github.com/idprofile/engine/profile/preview"
	"github.com/idprofile/engine/profile/tenant"
)

// suggestionsAnswer prints what criteria would be good, by source.
type suggestionsAnswer struct{ *preview.Suggestions }

func (s suggestionsAnswer) print(p *printer) {
	for _, src := range s.Sources {
		heading(p.app, p.w, fmt.Sprintf("%s: %s", src.Name, plural(src.Accounts, "account")))
		g := newGrid(">#", "Identity = account", ">Acct. %", ">Ident. %", ">Unique %", ">Match %",
			">Ambig. %", ">Confl. %",
			"Used")
		shown := 0
		for _, pair := range src.Pairs {
			if pair.Order == 0 && shown >= 2*p.samples.Examples && !p.samples.All {
				continue
			}
			shown++
			suggestionRow(g, &pair)
		}

		g.print(p.app, p.w)
		if more := len(src.Pairs) - shown; more > 0 {
			report.Fprintf(p.w, "  ... and %d more (--all)\n", more)
		}
	}
}

func suggestionRow(g *grid, p *correlate.SuggestedPair) {
	order, configured := "-", ""
	if p.Order > 0 {
		order = fmt.Sprint(p.Order)
	}
	if p.Configured {
		configured = "yes"
	}
	percent := func(f float64) string { return fmt.Sprintf("%.1f", 100*f) }
	g.row(order, p.Property+" = "+p.Value, percent(p.AccountCoverage), percent(p.IdentityCoverage),
		percent(p.Uniqueness),
		percent(p.MatchRate), percent(p.AmbiguousRate), percent(p.ConflictRate), configured)
}

// managersAnswer prints how managers were found.
type managersAnswer struct{ *correlate.ManagerSummary }

func (s managersAnswer) print(p *printer) {
	report.Fprintf(p.w, "%s, %s\n", countOf(s.Identities, "identity", "identities"), plural(s.Managers, "manager"))
	heading(p.app, p.w, "States")
	for _, state := range byCount(s.States, func(n int) int { return n }) {
		report.Fprintf(p.w, "  %s %d\n", state, s.States[state])
	}

	// Cycles come before depths: people on them have no depth.
	if len(s.Cycles) > 0 {
		below := countOf(s.Astray, "identity", "identities")
		heading(p.app, p.w, fmt.Sprintf("Cycles: %d, with %s on them or below", len(s.Cycles), below))
		for _, cycle := range s.Cycles {
			text := ""

			// The first stands at the end again, so that a reader sees that it closes.
			for _, member := range cycle {
				text += member.String() + " -> "
			}
			report.Fprintf(p.w, "  %s%s\n", text, cycle[0].Name)
		}
	}

	heading(p.app, p.w, fmt.Sprintf("Depth: %d", s.Depth))
	for d, n := range s.Levels {
		report.Fprintf(p.w, "  level %d: %s\n", d, countOf(n, "identity", "identities"))
	}
	report.Fprintln(p.w)

	span := func(m correlate.ManagerSpan) {
		report.Fprintf(p.w, "    %s: %s, %d below\n", m.IdentityName, plural(m.Reports, "report"), m.Below)
	}
	some(p, "Roots, without manager and with reports", s.Roots, span)
	report.Fprintf(p.w, "  Without manager and reports: %d\n\n", s.Alone)
	report.Fprintf(p.w, "  Widest span\n")
	for _, m := range s.Widest {
		span(m)
	}
}

// suggestedChanges are the suggested criteria of each source as changes of a plan, where
// they are not configured already.
func suggestedChanges(s *preview.Suggestions) (list []tenant.Request) {
	for _, src := range s.Sources {
		pairs := slices.Clone(src.Pairs)
		pairs = slices.DeleteFunc(pairs, func(p correlate.SuggestedPair) bool { return p.Order == 0 })
		slices.SortStableFunc(pairs, func(a, b correlate.SuggestedPair) int { return a.Order - b.Order })
		if !slices.ContainsFunc(pairs, func(p correlate.SuggestedPair) bool { return !p.Configured }) {
			continue
		}

		var items []*jsondoc.Node
		for _, p := range pairs {
			items = append(items, assignment(p))
		}
		list = append(list, tenant.Request{Do: "setCorrelation", Source: src.Name, Why: "suggested by the data",
			Config: jsondoc.NewObject(jsondoc.M("attributeAssignments", jsondoc.NewArray(items...)))})
	}
	return list
}

// assignment is a criterion as a tenant writes it.
func assignment(p correlate.SuggestedPair) *jsondoc.Node {
	return jsondoc.NewObject(
		jsondoc.M("property", jsondoc.NewString(p.Property)),
		jsondoc.M("value", jsondoc.NewString(p.Value)),
		jsondoc.M("operation", jsondoc.NewString("EQ")),
		jsondoc.M("complex", jsondoc.NewBool(false)),
		jsondoc.M("ignoreCase", jsondoc.NewBool(false)),
		jsondoc.M("matchMode", jsondoc.NewNull()),
		jsondoc.M("filterString", jsondoc.NewNull()),
	)
}
