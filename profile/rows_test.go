package profile_test

import (
	"archive/zip"
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/feed"
	"github.com/idprofile/engine/identity/report"
	"github.com/idprofile/engine/identity/store"
	"github.com/idprofile/engine/profile"
)

// The download is a CSV in a zip, and is off when there are no exceptions.
func TestExceptionReport(t *testing.T) {
	data := staff()
	data["HR"][1] = acct("1002", "id=1002")
	s := newSite(t, people(10, 20), data)
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
	refused(t, "no exceptions", err, profile.CodeNotFound)
	s.load(t, map[string][]identity.Account{"HR": {annHR, acct("1002", "id=1002", "mail=m", "sn=s"), staff()["HR"][2]}})
	_, err = s.ExceptionReport(t.Context(), &buf, "Employees")
	refused(t, "resolved by the source", err, profile.CodeNotFound)
}

// Rows for the lists of incomplete identities and of those without manager.
func TestReportRows(t *testing.T) {
	s := newSite(t, people(10, 20), nil)
	e, _ := s.Engine()
	var incomplete []report.IncompleteRow
	var alone []string
	_, err := s.Aggregate(t.Context(), func(r *profile.Result) {
		if row, ok := profile.IncompleteRow(r, now); ok {
			row.IdentityID = ""
			incomplete = append(incomplete, row)
		}
		if row, ok := e.NoManagerRow(r); ok {
			alone = append(alone, row.Name+" "+row.Reason)
		}
	}, feedHR(annHR, acct("1002", "id=1002", "mail= "))...)
	if err != nil {
		t.Fatal(err)
	}
	want := []report.IncompleteRow{{
		IdentityProfile: "Employees", Source: "HR", AccountID: "1002", Name: "1002", DisplayName: "1002",
		Missing: []string{"email", "lastname"}, ProcessingState: profile.ProcessingOK, LastRefresh: now,
	}}
	if diff := cmp.Diff(want, incomplete); diff != "" {
		t.Errorf("mismatch (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff([]string{"1001 NOT_ASKED_FOR", "1002 NOT_ASKED_FOR"}, alone); diff != "" {
		t.Errorf("mismatch (-want +got)\n%s", diff)
	}
}

func feedHR(list ...identity.Account) []identity.Source {
	return []identity.Source{feed.Slice("HR", list...)}
}

// Rows for the reports of moves and of changes since the last run.
func TestChangeRows(t *testing.T) {
	st := store.NewMemory()
	e, _ := people(10, 20).engine(t, profile.Options{})
	rows := func(data map[string][]identity.Account) (list []string) {
		r := aggregate(t, e, st, profile.RunOptions{}, data).get(t, "1001")
		if m, ok := profile.MoveRow(r); ok {
			list = append(list, strings.Join([]string{"moved", m.Name, m.DisplayName, m.From, m.To, m.Reason}, " "))
		}
		for _, c := range profile.ChangeRows(r) {
			list = append(list, strings.TrimSpace(strings.Join([]string{c.IdentityProfile, c.DisplayName, c.Change, c.Attribute, c.Before.Display(), c.After.Display()}, "|")))
		}
		return list
	}
	for _, tc := range []struct {
		name string
		data map[string][]identity.Account
		want []string
	}{
		{"new", map[string][]identity.Account{"HR": {annHR}, "VMS": {annVMS}}, []string{"Employees|1001|IDENTITY_CREATED|||HR/1001"}},
		{"the same", map[string][]identity.Account{"HR": {annHR}, "VMS": {annVMS}}, nil},
		{"moved", map[string][]identity.Account{"HR": {}}, []string{
			"moved c1 1001 Employees Contractors ACCOUNT_REMOVED",
			"Contractors|1001|PROFILE_MOVED||Employees|Contractors",
			"Contractors|1001|ATTRIBUTE_CHANGED|uid|1001|c1",
			"Contractors|1001|ATTRIBUTE_CHANGED|email|ann@x|ann@vms",
			"Contractors|1001|ATTRIBUTE_CHANGED|lastname|Lee|Leigh",
		}},
		{"orphaned", map[string][]identity.Account{"VMS": {}}, []string{"Contractors|1001|IDENTITY_ORPHANED|||"}},
		{"still an orphan", map[string][]identity.Account{"VMS": {}}, nil},
	} {
		if diff := cmp.Diff(tc.want, rows(tc.data)); diff != "" {
			t.Errorf("%s: mismatch (-want +got)\n%s", tc.name, diff)
		}
	}
}
