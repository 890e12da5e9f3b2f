package main

import (
	"slices"

	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/report"
)

// report writes the tables of all sources.
func (x *correlation) report() error {
	tables, err := x.tables()
	if err != nil {
		return err
	}
	return writeTables(x.command.Report, x.now, tables)
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
	conflicts    []correlate.Conflict
}

func (x *correlation) tables() ([]*report.Table, error) {
	g := &gathered{without: map[string][]int32{}}
	var coverage []*report.Table
	for _, l := range x.sources {
		j, err := x.judge(l)
		if err != nil {
			return nil, err
		}
		list, err := x.failures(l)
		if err != nil {
			return nil, err
		}
		g.add(x, l, j, list)
		t := correlate.CoverageTable("Correlation Coverage "+l.name, j.coverage)
		t.Title = t.Name
		coverage = append(coverage, t)
	}
	suggested, err := x.suggest()
	if err != nil {
		return nil, err
	}
	managers, _ := x.managerList()
	noManager := correlate.NoManagerRows(managers, nil, x.id, func(n int32) report.NoManagerRow {
		i := &x.people[n]
		return report.NoManagerRow{IdentityProfile: i.Profile, IdentityID: i.ID, Name: i.Attribute("uid").Text(), DisplayName: i.Attribute("displayName").Text(),
			LifecycleState: i.Lifecycle.State, Source: x.results[n].Account.Source}
	})
	uncorrelated := report.UncorrelatedTable("Uncorrelated Accounts", g.uncorrelated)
	list := []*report.Table{
		withColumn(uncorrelated, report.Column{Key: "likely", Header: "Likely", Kind: report.KindCode, Width: 10}, g.likely),
		report.AmbiguousTable("Ambiguous Matches", g.ambiguous),
		correlate.WithoutAccountTable("Identities Without Account", g.without, x.id),
		correlate.UnsupportedTable("Links Without Rule", g.accounts, g.stored, g.unsupported, x.id),
		correlate.ConflictTable("Conflicting Evidence", g.accounts, g.conflicts, x.id),
		report.NoManagerTable("Identities Without Manager", noManager),
	}
	return slices.Concat(list, coverage, suggested.(*suggestions).tables()), nil
}

// add takes the rows of one source.
func (g *gathered) add(x *correlation, l *linked, j *judged, list []failure) {
	for _, f := range list {
		g.uncorrelated, g.likely = append(g.uncorrelated, f.row), append(g.likely, report.Text(f.likely.String()))
	}
	g.ambiguous = append(g.ambiguous, correlate.AmbiguousRows(l.correlator, j.accounts, j.bulk, x.id)...)
	if !l.authoritative {
		g.without[l.name] = correlate.WithoutAccounts(len(x.people), l.owner)
	}
	first := int32(len(g.accounts))
	g.accounts, g.stored = append(g.accounts, j.accounts...), append(g.stored, j.stored...)
	for _, i := range j.unsupported {
		g.unsupported = append(g.unsupported, first+i)
	}
	for _, c := range slices.Concat(j.conflicts, j.contradicted) {
		c.Account += first
		g.conflicts = append(g.conflicts, c)
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
