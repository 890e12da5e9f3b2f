package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

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
}

// add takes the rows that an identity gives.
func (r *reports) add(res *profile.Result) error {
	if r.run.continues {
		r.changes = append(r.changes, profile.ChangeRows(res)...)
	}
	if row, ok := profile.MoveRow(res); ok {
		r.moves = append(r.moves, row)
	}
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
}

// close writes the files that were asked for.
func (r *reports) close() error {
	var errs []error
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
		rows := slices.DeleteFunc(slices.Clone(r.exceptions), func(e report.ExceptionRow) bool { return e.IdentityProfile != p.Name })
		list = append(list, report.ExceptionTable(report.ExceptionName(p.Name, r.run.now), rows))
		c := r.run.summary.byProfile[p.Name]
		profiles = append(profiles, report.ProfileRow{
			Name: p.Name, Source: c.Source, Priority: p.Priority, Identities: int64(c.Identities),
			Exceptions: int64(c.Exceptions), NeedsProcessing: p.RefreshRequired,
		})
	}
	list = append(list, report.ProfileTable("", profiles), report.IncompleteTable("", r.incomplete), report.NoManagerTable("", r.noManager),
		report.UncorrelatedTable("", r.unlinked), report.AmbiguousTable("", r.ambiguous), report.MoveTable("", r.moves))
	if r.run.continues {
		list = append(list, report.ChangeTable("", r.changes))
	}
	return list
}

// writeAll writes every report as HTML and PDF, and one zip file with all of
// them as CSV.
func (r *reports) writeAll(dir string) error {
	return writeTables(&r.run.outputs, dir, r.run.now, r.run.csv(), r.tables())
}

// writeReports is writeTables for a command that writes nothing else.
func writeReports(dir string, now time.Time, csv report.CSVOptions, tables []*report.Table) error {
	var o outputs
	err := writeTables(&o, dir, now, csv, tables)
	if err == nil {
		err = o.commit()
	}
	if err != nil {
		return errors.Join(err, o.rollback())
	}
	return o.keep()
}

// writeTables makes a file of each table as HTML and as PDF, and one zip file with all of them
// as CSV.
func writeTables(o *outputs, dir string, now time.Time, csv report.CSVOptions, tables []*report.Table) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	names := fileNames(tables)
	zipped := make([]*report.Table, len(tables))
	for i, t := range tables {
		renamed := *t
		renamed.Name, zipped[i] = names[i], &renamed
	}
	if err := o.write(filepath.Join(dir, "reports.zip"), func(w io.Writer) error {
		return report.WriteCSVZip(w, now, csv, zipped...)
	}); err != nil {
		return err
	}

	// One error is enough: where a disk is full, no other file has room either.
	for i, t := range tables {
		t.Meta = append(t.Meta, report.Meta{Key: "now", Label: "Run at", Value: now.Format("2006-01-02 15:04:05 MST")})
		if err := o.write(filepath.Join(dir, names[i]+".html"), func(w io.Writer) error {
			return report.WriteHTML(w, t, report.HTMLOptions{Interactive: true})
		}); err != nil {
			return err
		}
		if err := o.write(filepath.Join(dir, names[i]+".pdf"), func(w io.Writer) error {
			return pdf.Write(w, t, pdf.Options{Created: now})
		}); err != nil {
			return err
		}
	}
	return nil
}
