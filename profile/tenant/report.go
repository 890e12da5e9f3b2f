package tenant

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/idprofile/engine/identity/isc"
	"github.com/idprofile/engine/identity/report"
	"github.com/idprofile/engine/profile"
)

// ProfileRows returns the list of profiles with their numbers of identities and
// exceptions, priority and status, for [report.ProfileTable].
func (t *Tenant) ProfileRows(ctx context.Context) ([]report.ProfileRow, error) {
	counts, err := t.store.counts(ctx)
	if err != nil {
		return nil, err
	}
	b := t.Bundle()
	rows := make([]report.ProfileRow, 0, len(b.Profiles))
	for _, p := range b.Profiles {
		row := report.ProfileRow{
			Name: p.Name, Source: b.AuthoritativeName(p), Priority: p.Priority, NeedsProcessing: p.RefreshRequired,
			Identities: counts[p.Name].identities, Exceptions: counts[p.Name].exceptions,
		}
		rows = append(rows, row)
	}

	return rows, nil
}

// ExceptionReport writes the exception report of a profile as a CSV file in a
// zip, as the download does, and returns its name. The profile must have
// exceptions: without, the download is off.
//
// Error: [isc.CodeNotFound] for an unknown profile and for one without exceptions.
// Source: DECISION 38.
func (t *Tenant) ExceptionReport(ctx context.Context, w io.Writer, id string) (name string, err error) {
	p, err := t.Bundle().Find(id)
	if err != nil {
		return "", t.tracked(err)
	}
	if p.Node.Get("identityExceptionReportReference").IsNull() {
		return "", t.tracked(isc.Refuse(isc.CodeNotFound, "identity profile %q has no exceptions", p.Name))
	}

	// Without the exceptions of others: the report is of this profile, evaluated as it is stored.
	e, _ := t.Engine()
	results, err := t.evaluate(ctx, e, t.store, func(r *profile.Result) bool {
		return r.Identity.Profile == p.Name &&
			r.Incomplete()
	})
	if err != nil {
		return "", err
	}
	var rows []report.ExceptionRow
	for _, r := range results {
		var seen time.Time
		if t.opts.FirstSeen != nil {
			seen = t.opts.FirstSeen(r.Identity.ID)
		}
		rows = append(rows, profile.ExceptionRows(r, seen)...)
	}

	name = report.ExceptionName(p.Name, t.now())
	if err := report.WriteCSVZip(w, t.now(), report.CSVOptions{NeutralizeFormulas: true},
		report.ExceptionTable(name, rows)); err != nil {
		return "", fmt.Errorf("report: %w", err)
	}
	return report.ZipName(name), nil
}
