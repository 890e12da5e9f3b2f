package tenant_test

import (
	"archive/zip"
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/isc"
	"github.com/idprofile/engine/identity/report"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/internal/fixture"
)

// The download is a CSV in a zip, and is off when there are no exceptions.
func TestExceptionReport(t *testing.T) {
	data := staff()
	data["HR"][1] = fixture.Account("1002", "id=1002")
	s := newSite(t, fixture.People(10, 20), data)
	var buf bytes.Buffer
	name, err := s.ExceptionReport(t.Context(), &buf, "Employees")
	if err != nil || name != "Identity Exceptions - Employees - 2026-01-15.zip" {
		t.Fatal(name, err)
	}
	z, err := zip.NewReader(bytes.NewReader(buf.Bytes()), int64(buf.Len()))
	if err != nil || len(z.File) != 1 {
		t.Fatal(err)
	}
	f, err := z.File[0].Open()
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(text), "\r\n"), "\r\n")
	if len(lines) != 2 || !strings.HasPrefix(lines[0], "Identity Profile,Source,Account ID,") || !strings.HasPrefix(lines[1], "Employees,HR,1002,1002,"+s.byAlias(t)["1002"].ID+",1002,MISSING_REQUIRED,email;lastname,") {
		t.Errorf("got %q", lines)
	}
	_, err = s.ExceptionReport(t.Context(), &buf, "Contractors")
	fixture.Refused(t, "no exceptions", err, isc.CodeNotFound)
	s.load(t, map[string][]identity.Account{"HR": {fixture.AnnHR, fixture.Account("1002", "id=1002", "mail=m", "sn=s"), staff()["HR"][2]}})
	_, err = s.ExceptionReport(t.Context(), &buf, "Employees")
	fixture.Refused(t, "resolved by the source", err, isc.CodeNotFound)
}

// Rows for the lists of incomplete identities and of those without manager.
func TestReportRows(t *testing.T) {
	s := newSite(t, fixture.People(10, 20), nil)
	e, _ := s.Engine()
	var incomplete []report.IncompleteRow
	var alone []string
	_, err := s.Aggregate(t.Context(), func(r *profile.Result) {
		if row, ok := profile.IncompleteRow(r, fixture.Now); ok {
			row.IdentityID = ""
			incomplete = append(incomplete, row)
		}
		if row, ok := e.NoManagerRow(r); ok {
			alone = append(alone, row.Name+" "+row.Reason)
		}
	}, fixture.FeedHR(fixture.AnnHR, fixture.Account("1002", "id=1002", "mail= "))...)
	if err != nil {
		t.Fatal(err)
	}
	want := []report.IncompleteRow{{
		IdentityProfile: "Employees", Source: "HR", AccountID: "1002", Name: "1002", DisplayName: "1002",
		Missing: []string{"email", "lastname"}, ProcessingState: profile.ProcessingOK, LastRefresh: fixture.Now,
	}}
	if diff := cmp.Diff(want, incomplete); diff != "" {
		t.Errorf("mismatch (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff([]string{"1001 NOT_ASKED_FOR", "1002 NOT_ASKED_FOR"}, alone); diff != "" {
		t.Errorf("mismatch (-want +got)\n%s", diff)
	}
}
