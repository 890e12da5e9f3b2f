package main

import (
	"fmt"
	"maps"
	"slices"

	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/identity/report"
	"github.com/idprofile/engine/profile/preview"
)

// correlationCharts are what the index of the reports of correlate draws.
func correlationCharts(s *preview.CorrelationSummary) []*report.Chart {
	sources := &report.Chart{Kind: report.Bars, Title: "Accounts by source, uncorrelated in red", Unit: "accounts"}
	methods := &report.Chart{Kind: report.Share, Title: "How accounts found their identity", Unit: "accounts"}
	reasons := &report.Chart{Kind: report.Bars, Title: "Why accounts have no identity", Unit: "accounts"}
	found, missed := map[string]int{}, map[string]int{}
	for _, src := range s.Sources {
		sources.Data = append(sources.Data, report.Datum{Name: src.Name, Value: int64(src.Accounts),
			Part: int64(src.Uncorrelated)})

		// Who has no identity is in the first chart already.
		for method, n := range src.Methods {
			if method != string(correlate.Uncorrelated) {
				found[method] += n
			}
		}
		for _, r := range src.Reasons {
			missed[r.Reason] += r.Accounts
		}
	}

	charts := []*report.Chart{sources}
	for _, c := range []struct {
		chart  *report.Chart
		counts map[string]int
	}{{methods, found}, {reasons, missed}} {
		for _, name := range slices.Sorted(maps.Keys(c.counts)) {
			c.chart.Data = append(c.chart.Data, report.Datum{Name: name, Value: int64(c.counts[name])})
		}
		if len(c.chart.Data) > 0 {
			charts = append(charts, c.chart)
		}
	}

	return charts
}

// correlationVerdict is the banner of that index.
func correlationVerdict(s *preview.CorrelationSummary) *report.Verdict {
	accounts, left, conflicts := 0, 0, 0
	for _, src := range s.Sources {
		accounts, left = accounts+src.Accounts, left+src.Uncorrelated
		conflicts += src.Conflicts + src.Contradicted
	}
	if left+conflicts == 0 {
		return &report.Verdict{Tone: "good", Text: fmt.Sprintf("All %s have an identity.", plural(accounts, "account"))}
	}
	return &report.Verdict{Tone: "warn", Text: fmt.Sprintf("%s of %s without identity; %s whose link other rules contradict.",
		withShare(left, accounts), plural(accounts, "account"), plural(conflicts, "account"))}
}
