package correlate

import (
	"context"
	"slices"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/report"
)

// AnalysisTables returns the reports over several sources of one population: those
// on accounts and identities, then one on the rules of each source.
func AnalysisTables(ctx context.Context, list []*Analysis) (accounts, rules []*report.Table, err error) {
	g := &gathered{without: map[string][]int32{}}
	for _, x := range list {
		j, err := x.judge(ctx)
		if err != nil {
			return nil, nil, err
		}
		failures, err := x.uncorrelated(ctx)
		if err != nil {
			return nil, nil, err
		}
		g.add(x, j, failures)
		t := CoverageTable("Correlation Coverage "+x.Source, j.coverage)
		t.Title = t.Name
		rules = append(rules, t)
	}

	return g.tables(), rules, nil
}

// Tables are the suggestions as a report.
func (s *SourceSuggestions) Table() *report.Table {
	return SuggestionTable("Suggested Criteria "+s.Name, s.list)
}

// gathered is the rows of all sources.
type gathered struct {
	uncorrelated []report.UncorrelatedRow
	likely       []report.Cell // by row
	ambiguous    []report.AmbiguousRow
	without      map[string][]int32 // identities, by source
	accounts     []identity.Account
	stored       []int32
	unsupported  []int32
	conflicts    []Conflict
	names        Names
}

// add takes the rows of one source.
func (g *gathered) add(x *Analysis, j *judgement, list []failure) {
	g.names = x.id
	var ex Explanation
	for i := range list {
		g.uncorrelated = append(g.uncorrelated, x.row(&list[i], &ex))
		g.likely = append(g.likely, report.Text(x.kinds[list[i].kind].likely.String()))
	}

	g.ambiguous = append(g.ambiguous, AmbiguousRows(x.c, j.Accounts, j.bulk, x.id)...)
	if !x.Authoritative {
		g.without[x.Source] = WithoutAccounts(x.p.Len(), x.Identity)
	}

	// Rows name accounts by their place among those of all sources.
	first := int32(len(g.accounts))
	g.accounts, g.stored = append(g.accounts, j.Accounts...), append(g.stored, j.stored...)
	for _, i := range j.unsupported {
		g.unsupported = append(g.unsupported, first+i)
	}
	for _, c := range slices.Concat(j.conflicts, j.contradicted) {
		c.Account += first
		g.conflicts = append(g.conflicts, c)
	}
}

func (g *gathered) tables() []*report.Table {
	likely := report.Column{Key: "likely", Header: "Likely", Kind: report.KindCode, Width: 10}
	return []*report.Table{
		withColumn(report.UncorrelatedTable("Uncorrelated Accounts", g.uncorrelated), likely, g.likely),
		report.AmbiguousTable("Ambiguous Matches", g.ambiguous),
		WithoutAccountTable("Identities Without Account", g.without, g.names),
		UnsupportedTable("Links Without Rule", g.accounts, g.stored, g.unsupported, g.names),
		ConflictTable("Conflicting Evidence", g.accounts, g.conflicts, g.names),
	}
}

// withColumn puts one more column at the end of a table, cells by row.
func withColumn(t *report.Table, c report.Column, cells []report.Cell) *report.Table {
	rows := t.Rows
	t.Columns = append(t.Columns, c)
	t.Rows = func(yield func(report.Row, error) bool) {
		i := 0
		for row, err := range rows {
			if err == nil {
				row = append(slices.Clone(row), cells[i])
				i++
			}

			if !yield(row, err) {
				return
			}
		}
	}

	return t
}
