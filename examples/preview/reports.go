package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/report"
	"github.com/idprofile/engine/identity/report/pdf"
	"github.com/idprofile/engine/profile"
)

// reports gathers the rows of the reports and writes them at the end.
type reports struct {
	run        *execution
	exceptions []report.ExceptionRow
	incomplete []report.IncompleteRow
	noManager  []report.NoManagerRow
	unlinked   []report.UncorrelatedRow
	ambiguous  []report.AmbiguousRow
	moves      []report.MoveRow
	changes    []report.ChangeRow

	// For near misses: the accounts of the rows in unlinked, and what their sources
	// compare of each identity.
	loose  []identity.Account
	people []identity.Identity
	keys   *identity.Schema
}

// looksNear reports whether the report of uncorrelated accounts tells what is near.
func (r *reports) looksNear() bool { return r.run.Report != "" || r.run.runCommand.Uncorrelated != "" }

// person keeps what rules compare of an identity.
func (r *reports) person(i *identity.Identity) {
	if r.keys == nil {
		var names []string
		for _, s := range r.run.bundle.Sources {
			for _, name := range r.run.engine.CorrelationKeys(s.Name) {
				if !slices.Contains(names, name) {
					names = append(names, name)
				}
			}
		}

		r.keys = identity.NewSchema(names...)
	}

	values := make([]identity.Value, r.keys.Len())
	for n, name := range r.keys.Names() {
		values[n] = i.Attribute(name).Clone()
	}
	r.people = append(r.people, identity.Identity{ID: strings.Clone(i.ID), Alias: strings.Clone(i.Alias),
		Attributes: identity.Pack(r.keys, values)})
}

// near fills in what the accounts without identity nearly matched.
func (r *reports) near() {
	population := correlate.PopulationOf(r.people)
	for _, s := range r.run.bundle.Sources {
		c := r.run.engine.Correlator(s.Name)
		var accounts []identity.Account
		var rows []*report.UncorrelatedRow
		for i := range r.loose {
			if a := &r.loose[i]; a.Source == s.Name && r.unlinked[i].Reason == profile.NoMatch {
				accounts, rows = append(accounts, *a), append(rows, &r.unlinked[i])
			}
		}

		if c == nil || len(accounts) == 0 {
			continue
		}
		for i, misses := range correlate.NewNearby(c, population).FindAll(accounts) {
			correlate.ShowNear(rows[i], misses)
		}
	}
}

// add takes the rows that an identity gives.
func (r *reports) add(res *profile.Result) error {
	if r.looksNear() {
		r.person(res.Identity)
	}
	if r.run.continues {
		r.changes = append(r.changes, profile.ChangeRows(res)...)
	}
	if row, ok := profile.MoveRow(res); ok {
		r.moves = append(r.moves, row)
	}

	// Without a profile nothing is required of somebody: the reports below are those of a profile.
	if res.Identity.Profile == "" {
		return nil
	}
	r.exceptions = append(r.exceptions, profile.ExceptionRows(res, r.run.now)...)
	if row, ok := profile.IncompleteRow(res, r.run.now); ok {
		r.incomplete = append(r.incomplete, row)
	}
	if row, ok := r.run.engine.NoManagerRow(res); ok {
		r.noManager = append(r.noManager, row)
	}
	return nil
}

func (r *reports) uncorrelated(a *identity.Account, u *profile.Unlinked) {
	r.unlinked = append(r.unlinked, profile.UncorrelatedRow(a, u))
	if r.looksNear() {
		r.loose = append(r.loose, a.Clone())
	}
}

// close writes the files that were asked for.
func (r *reports) close() error {
	var errs []error

	// Near misses need everybody, and so they are looked for when the last person is there.
	if len(r.loose) > 0 {
		r.near()
	}
	if file := r.run.Exceptions; file != "" {
		errs = append(errs, r.run.outputs.write(file, func(w io.Writer) error {
			return report.WriteCSV(w, report.ExceptionTable("", r.exceptions), r.run.csv())
		}))
	}

	if file := r.run.runCommand.Uncorrelated; file != "" {
		errs = append(errs, r.run.outputs.write(file, func(w io.Writer) error {
			return report.WriteCSV(w, report.UncorrelatedTable("", r.unlinked), r.run.csv())
		}))
	}

	if dir := r.run.Report; dir != "" {
		errs = append(errs, r.writeAll(dir))
	}
	return errors.Join(errs...)
}

// tables returns all reports, an exception report for each profile.
func (r *reports) tables() []*report.Table {
	var list []*report.Table
	var profiles []report.ProfileRow
	for _, p := range r.run.bundle.Profiles {
		rows := slices.DeleteFunc(slices.Clone(r.exceptions),
			func(e report.ExceptionRow) bool { return e.IdentityProfile != p.Name })
		list = append(list, report.ExceptionTable(report.ExceptionName(p.Name, r.run.now), rows))
		c := r.run.summary.byProfile[p.Name]
		profiles = append(profiles, report.ProfileRow{
			Name: p.Name, Source: c.Source, Priority: p.Priority, Identities: int64(c.Identities),
			Exceptions: int64(c.Exceptions), NeedsProcessing: p.RefreshRequired,
		})
	}

	list = append(list, report.ProfileTable("", profiles), report.IncompleteTable("", r.incomplete),
		report.NoManagerTable("", r.noManager),
		report.UncorrelatedTable("", r.unlinked), report.AmbiguousTable("", r.ambiguous), report.MoveTable("", r.moves))
	if r.run.continues {
		list = append(list, report.ChangeTable("", r.changes))
	}
	return list
}

// writeAll writes every report as HTML and PDF with an index, and one zip file with all of
// them as CSV.
func (r *reports) writeAll(dir string) error {
	return writeTables(&r.run.outputs, dir, r.run.csv(), reportSite{
		title: "Reports of " + r.run.findings.folder, now: r.run.now, tables: r.tables(), charts: r.charts(),
		verdict: r.verdict(), fonts: r.run.fontFlag,
	})
}

// charts are what the index of a run draws.
func (r *reports) charts() []*report.Chart {
	profiles := &report.Chart{Kind: report.Bars, Title: "Identities by profile, with exceptions in red",
		Unit: "identities"}
	states := &report.Chart{Kind: report.Share, Title: "Lifecycle states", Unit: "identities"}
	counts := map[string]int{}
	for _, p := range r.run.summary.Profiles {
		profiles.Data = append(profiles.Data, report.Datum{Name: p.Name, Value: int64(p.Identities),
			Part: int64(p.Exceptions)})
		for state, n := range p.Lifecycle.counts() {
			counts[state] += n
		}
	}

	for _, state := range slices.Sorted(maps.Keys(counts)) {
		states.Data = append(states.Data, report.Datum{Name: state, Value: int64(counts[state])})
	}
	sources := &report.Chart{Kind: report.Bars, Title: "Accounts by source, uncorrelated in red", Unit: "accounts"}
	for _, s := range r.run.summary.Sources {
		sources.Data = append(sources.Data, report.Datum{Name: s.Name, Value: int64(s.Accounts),
			Part: int64(s.Uncorrelated)})
	}
	return []*report.Chart{profiles, states, sources}
}

// verdict is the banner of the index of a run.
func (r *reports) verdict() *report.Verdict {
	v := &report.Verdict{Tone: "good", Text: "Nobody has exceptions and every account has an identity."}
	if n := len(r.incomplete) + len(r.unlinked); n > 0 {
		v.Tone = "warn"
		v.Text = fmt.Sprintf("%s: %s, %s without identity.", countOf(r.run.summary.Identities,
			"identity", "identities"),
			plural(len(r.exceptions), "exception"), plural(len(r.unlinked), "account"))
	}

	return v
}

// reportSite is what --report writes.
type reportSite struct {
	title   string
	now     time.Time
	tables  []*report.Table
	charts  []*report.Chart
	verdict *report.Verdict
	fonts   fontFlag
}

// fontFlag is the font of PDF files.
type fontFlag struct {
	Font string `placeholder:"FILE" help:"TrueType font (.ttf) of the PDF reports, for letters that the built-in one lacks."`
}

// read reads the font; nil is the built-in one.
func (f fontFlag) read() ([]byte, error) {
	if f.Font == "" {
		return nil, nil
	}
	return os.ReadFile(f.Font)
}

// writeReports is writeTables for a command that writes nothing else.
func writeReports(dir string, csv report.CSVOptions, site reportSite) error {
	var o outputs
	err := writeTables(&o, dir, csv, site)
	if err == nil {
		err = o.commit()
	}
	if err != nil {
		return errors.Join(err, o.rollback())
	}
	return o.keep()
}

// writeTables makes a file of each table as HTML and as PDF, an index of them, and one zip file
// with all of them as CSV.
func writeTables(o *outputs, dir string, csv report.CSVOptions, site reportSite) error {
	font, err := site.fonts.read()
	if err != nil {
		return fmt.Errorf("--font: %w", err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	names := fileNames(site.tables)

	// Tables are copied, since the caller's have the names that a reader sees, and these ones have
	// names for files.
	zipped := make([]*report.Table, len(site.tables))
	for i, t := range site.tables {
		renamed := *t
		renamed.Name, zipped[i] = names[i], &renamed
	}

	if err := o.write(filepath.Join(dir, "reports.zip"), func(w io.Writer) error {
		return report.WriteCSVZip(w, site.now, csv, zipped...)
	}); err != nil {
		return err
	}

	// One error is enough: where a disk is full, no other file has room either.
	runAt := report.Meta{Key: "now", Label: "Run at", Value: site.now.Format("2006-01-02 15:04:05 MST")}
	counts := make([]int64, len(names))
	for i, t := range site.tables {
		t.Meta = append(t.Meta, runAt)
		page := report.HTMLOptions{Interactive: true, Links: []report.PageLink{
			{Text: "All reports", Target: "index.html"},
			{Text: "This report as PDF", Target: url.PathEscape(names[i] + ".pdf")},
		}}
		if err := o.write(filepath.Join(dir, names[i]+".html"), func(w io.Writer) error {
			return report.WriteHTML(w, counting(t, &counts[i]), page)
		}); err != nil {
			return err
		}

		if err := o.write(filepath.Join(dir, names[i]+".pdf"), func(w io.Writer) error {
			return pdf.Write(w, t, pdf.Options{Created: site.now, Font: font})
		}); err != nil {
			return err
		}
	}

	// The index is last, because the counts in it come of the pages.
	return o.write(filepath.Join(dir, "index.html"), func(w io.Writer) error {
		return report.WritePage(w, site.index(names, counts, runAt), report.HTMLOptions{Interactive: true})
	})
}

// counting is a table that counts its rows as they are written.
func counting(t *report.Table, n *int64) *report.Table {
	out := *t
	out.Rows = func(yield func(report.Row, error) bool) {
		if t.Rows == nil {
			return
		}
		for row, err := range t.Rows {
			if err == nil {
				*n++
			}
			if !yield(row, err) {
				return
			}
		}
	}

	return &out
}

// index is the page that leads to all others.
func (s *reportSite) index(names []string, counts []int64, runAt report.Meta) *report.Page {
	var rows []report.Row
	for i, t := range s.tables {
		rows = append(rows, report.Row{
			report.Link(t.Heading(), url.PathEscape(names[i]+".html")), report.Int(counts[i]), report.Link("PDF",
				url.PathEscape(names[i]+".pdf")),
		})
	}

	table := &report.Table{
		Name: "reports", Title: "Reports", Rows: report.RowsOf(rows...),
		Columns: []report.Column{{Key: "report", Header: "Report"},
			{Key: "rows", Header: "Rows", Kind: report.KindNumber},
			{Key: "pdf", Header: "Document"}},
	}
	return &report.Page{
		Title: s.title, Verdict: s.verdict, Meta: []report.Meta{runAt}, Charts: s.charts,
		Tables: []*report.Table{table},
		Links:  []report.PageLink{{Text: "All reports as CSV", Target: "reports.zip"}},
	}
}
