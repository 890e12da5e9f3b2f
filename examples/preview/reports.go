package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
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
}

// add takes the rows that an identity gives.
func (r *reports) add(res *profile.Result) error {
	i := res.Identity
	if i.Profile == "" {
		return nil
	}
	uid, name := i.Attributes.Get("uid").Text(), i.Attributes.Get("displayName").Text()
	for _, e := range res.Exceptions {
		r.exceptions = append(r.exceptions, report.ExceptionRow{
			IdentityProfile: i.Profile, Source: res.Account.Source, AccountID: res.Account.NativeIdentity, AccountName: accountName(res),
			IdentityID: i.ID, DisplayName: name, Exception: e.Code, Attributes: e.Attributes, Value: e.Value,
			ConflictingIdentity: e.Conflicting, Message: e.Message, FirstSeen: r.run.now,
		})
		if e.Code == profile.MissingRequired {
			state := "OK"
			if len(res.Errors) > 0 {
				state = "ERROR"
			}
			r.incomplete = append(r.incomplete, report.IncompleteRow{
				IdentityProfile: i.Profile, Source: res.Account.Source, AccountID: res.Account.NativeIdentity, IdentityID: i.ID,
				Name: uid, DisplayName: name, Missing: e.Attributes, ProcessingState: state, LastRefresh: r.run.now,
			})
		}
	}
	if m := res.Manager; m.State != profile.ManagerResolved {
		r.noManager = append(r.noManager, report.NoManagerRow{
			IdentityProfile: i.Profile, IdentityID: i.ID, Name: uid, DisplayName: name, LifecycleState: res.Lifecycle.State,
			Source: res.Account.Source, ManagerValue: m.Value, Reason: cmp.Or(m.State, "NO_VALUE"),
		})
	}
	return nil
}

// accountName is the name of the authoritative account.
func accountName(res *profile.Result) string {
	for i := range res.Identity.Accounts {
		if a := &res.Identity.Accounts[i]; a.Key() == res.Account {
			return a.DisplayName()
		}
	}
	return ""
}

func (r *reports) uncorrelated(a *identity.Account, u *profile.Unlinked) {
	row := report.UncorrelatedRow{
		Source: strings.Clone(a.Source), AccountID: strings.Clone(a.NativeIdentity), AccountName: strings.Clone(a.DisplayName()),
		Reason: u.Reason, Created: a.Created,
	}
	if len(u.Ambiguous) > 0 {
		row.Message = "matches the identities " + strings.Join(u.Ambiguous, ", ")
	}
	r.unlinked = append(r.unlinked, row)
}

// close writes the files that were asked for.
func (r *reports) close() error {
	var errs []error
	if file := r.run.Exceptions; file != "" {
		errs = append(errs, writeFile(file, func(w io.Writer) error {
			return report.WriteCSV(w, report.ExceptionTable("", r.exceptions), report.CSVOptions{})
		}))
	}
	if file := r.run.runCommand.Uncorrelated; file != "" {
		errs = append(errs, writeFile(file, func(w io.Writer) error {
			return report.WriteCSV(w, report.UncorrelatedTable("", r.unlinked), report.CSVOptions{})
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
	return append(list, report.ProfileTable("", profiles), report.IncompleteTable("", r.incomplete),
		report.NoManagerTable("", r.noManager), report.UncorrelatedTable("", r.unlinked))
}

// writeAll writes every report as HTML and PDF, and one zip file with all of
// them as CSV.
func (r *reports) writeAll(dir string) error {
	return writeTables(dir, r.run.now, r.tables())
}

func writeTables(dir string, now time.Time, tables []*report.Table) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	errs := []error{writeFile(filepath.Join(dir, "reports.zip"), func(w io.Writer) error {
		return report.WriteCSVZip(w, now, report.CSVOptions{}, tables...)
	})}
	for _, t := range tables {
		t.Meta = append(t.Meta, report.Meta{Key: "now", Label: "Run at", Value: now.Format("2006-01-02 15:04:05 MST")})
		errs = append(errs, writeFile(filepath.Join(dir, report.FileName(t.Name, ".html")), func(w io.Writer) error {
			return report.WriteHTML(w, t, report.HTMLOptions{Interactive: true})
		}), writeFile(filepath.Join(dir, report.FileName(t.Name, ".pdf")), func(w io.Writer) error {
			return pdf.Write(w, t, pdf.Options{Created: now})
		}))
	}
	return errors.Join(errs...)
}

// writeFile creates a file and removes it again when it cannot be written.
func writeFile(file string, write func(io.Writer) error) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	if err := errors.Join(write(f), f.Close()); err != nil {
		return errors.Join(fmt.Errorf("%s: %w", file, err), os.Remove(file))
	}
	return nil
}
