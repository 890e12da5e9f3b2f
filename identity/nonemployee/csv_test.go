package nonemployee_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/idprofile/engine/identity/isc"
	"github.com/idprofile/engine/identity/nonemployee"
)

func exported(t *testing.T, n *tenant, s nonemployee.Source, o nonemployee.ExportOptions) string {
	t.Helper()
	var b strings.Builder
	ok(t, n.Sources.Export(t.Context(), admin, s.SourceID, &b, o))
	return b.String()
}

func TestImportForms(t *testing.T) {
	n := newTenant(t, nonemployee.NewMemory())
	s := n.source("Retail")
	_, err := n.Schema.Create(t.Context(), admin, s.SourceID, nonemployee.AttributeBody{Label: "Cost Center"})
	ok(t, err)
	file := "\ufeff Manager , ENDDATE,account.name, firstName,lastName,phone,email,startDate,COSTCENTER\r\n" +
		"\r\n" +
		"jane.doe, 2027-01-01, \"will, jr\", Will, \"Smi\"\"th\", 1, w@example.com, 1610524800, 42\r\n" +
		",,,,,,,,\r\n" +
		"jane.doe,2020-04-05T08:00:00-1000,adam,Adam,Ant,1,a@example.com,2020-04-05T08:00:00-10:00,"
	ok(t, n.upload(s, file))
	n.tick()
	equal(t, "export", header+",costCenter\n"+
		"\"will, jr\",Will,\"Smi\"\"th\",1,w@example.com,jane.doe,2021-01-13T08:00:00.000Z,2027-01-01T00:00:00.000Z,42\n"+
		"adam,Adam,Ant,1,a@example.com,jane.doe,2020-04-05T18:00:00.000Z,2020-04-05T18:00:00.000Z,\n",
		exported(t, n, s, nonemployee.ExportOptions{}))
}

func TestImportUpdates(t *testing.T) {
	n := newTenant(t, nonemployee.NewMemory())
	s := n.source("Retail")
	team, err := n.Schema.Create(t.Context(), admin, s.SourceID, nonemployee.AttributeBody{Label: "Team"})
	ok(t, err)
	b := body(s, "Will")
	b.Data = map[string]string{"team": "blue"}
	_, _, err = n.Records.Create(t.Context(), admin, b)
	ok(t, err)
	n.record(s, "stays")
	row := "WILL,William,Smith,+1 512 555 0100,Will@example.com,jane.doe,2026-01-01,2026-12-31T05:00:00Z"
	ok(t, n.upload(s, header+"\n"+row+"\n")) // the file lacks the column team
	equal(t, "counts", nonemployee.JobCompleted, n.tick().Imports[0].Status)
	all := n.records(s)
	equal(t, "records", 2, len(all))
	equal(t, "updated", []string{"Will", "William", "blue"}, []string{all[0].AccountName, all[0].FirstName, all[0].Data["team"]})
	plan, err := n.Sources.DryRun(t.Context(), admin, s.SourceID, strings.NewReader(header+"\n"+row+"\n"))
	ok(t, err)
	equal(t, "again", nonemployee.ImportPlan{Unchanged: 1}, plan)
	refused(t, n.upload(s, header+"\n"+strings.Replace(row, "Smith", "", 1)), isc.CodeBadRequest, "line 2: column 3 (lastName): lastName is required")
	ok(t, n.upload(s, header+",team\n"+row+",\n")) // an empty cell clears
	n.tick()
	equal(t, "cleared", map[string]string{}, n.records(s)[0].Data)
	_, err = n.Schema.Delete(t.Context(), admin, s.SourceID, team.ID)
	ok(t, err)
}

func TestImportAllProblemsInOrder(t *testing.T) {
	n := newTenant(t, nonemployee.NewMemory())
	err := n.upload(n.source("Retail"), header+"\n"+
		"a,,B,1,e,jane.doe,2026-01-01,2025-01-01\n"+
		"\"b\",short\n"+
		"c,C,C,1,e,nobody,x,y\n"+
		"A,A,B,1,e,jane.doe,2026-01-01,\n")
	var e *nonemployee.Problems
	if !errors.As(err, &e) {
		t.Fatal(err)
	}
	equal(t, "problems", []nonemployee.Problem{
		{Line: 2, Column: 2, Name: "firstName", Text: "firstName is required"},
		{Line: 2, Column: 8, Name: "endDate", Text: "endDate is before startDate"},
		{Line: 3, Text: "the row has 2 fields, expected 8"},
		{Line: 4, Column: 6, Name: "manager", Text: `manager "nobody" is not the account name of an identity`},
		{Line: 4, Column: 7, Name: "startDate", Text: `startDate: cannot parse "x" as a date, expected yyyy-MM-dd or RFC 3339`},
		{Line: 4, Column: 8, Name: "endDate", Text: `endDate: cannot parse "y" as a date, expected yyyy-MM-dd or RFC 3339`},
		{Line: 5, Column: 8, Name: "endDate", Text: "endDate is required"},
		{Line: 5, Column: 1, Name: "accountName", Text: `accountName "A" occurs on line 2 already`},
	}, e.List)
}

func TestImportChecksAgain(t *testing.T) {
	n := newTenant(t, nonemployee.NewMemory())
	s := n.source("Retail")
	ok(t, n.upload(s, csvRows(1, 2)))
	_, err := n.Schema.Create(t.Context(), admin, s.SourceID, nonemployee.AttributeBody{Label: "Team", Required: true})
	ok(t, err)
	done := n.tick().Imports
	equal(t, "status", nonemployee.JobError, done[0].Status)
	equal(t, "problem", "line 1: the column team is missing", done[0].Problem)
	equal(t, "records", 0, len(n.records(s)))
	events, err := n.log.Search("action:NON_EMPLOYEE_BULK_IMPORT_FAILED")
	ok(t, err)
	equal(t, "events", 1, len(events))
}

// TestRestartEndsImports: DECISION N26.
func TestRestartEndsImports(t *testing.T) {
	store := nonemployee.NewMemory()
	n := newTenant(t, store)
	s := n.source("Retail")
	ok(t, n.upload(s, csvRows(1, 2)))
	shared := newTenant(t, store, nonemployee.SharedStore())
	job, err := shared.Sources.ImportStatus(t.Context(), admin, s.SourceID)
	ok(t, err)
	equal(t, "with a shared store", nonemployee.JobPending, job.Status)
	again := newTenant(t, store)
	job, err = again.Sources.ImportStatus(t.Context(), admin, s.SourceID)
	ok(t, err)
	equal(t, "after a restart", nonemployee.JobError, job.Status)
	equal(t, "nothing to do", 0, len(n.tick().Imports))
	equal(t, "records", 0, len(n.records(s)))
}

func TestExportOptions(t *testing.T) {
	n := newTenant(t, nonemployee.NewMemory())
	s := n.source("Retail")
	b := body(s, "=cmd")
	b.LastName = " padded \"x\" "
	_, _, err := n.Records.Create(t.Context(), admin, b)
	ok(t, err)
	plain := exported(t, n, s, nonemployee.ExportOptions{})
	equal(t, "plain", header+"\n=cmd,Will,\" padded \"\"x\"\" \",+1 512 555 0100,=cmd@example.com,jane.doe,2026-01-01T00:00:00.000Z,2026-12-31T05:00:00.000Z\n", plain)
	plan, err := n.Sources.DryRun(t.Context(), admin, s.SourceID, strings.NewReader(plain))
	ok(t, err)
	equal(t, "comes back as it was", 1, plan.Unchanged)
	equal(t, "guarded", header+"\n'=cmd,Will,\" padded \"\"x\"\" \",'+1 512 555 0100,'=cmd@example.com,jane.doe,2026-01-01T00:00:00.000Z,2026-12-31T05:00:00.000Z\n",
		exported(t, n, s, nonemployee.ExportOptions{GuardFormulas: true}))
	equal(t, "vendor", strings.ReplaceAll(header, ",", ", ")+"\n=cmd, Will, \" padded \"\"x\"\" \", +1 512 555 0100, =cmd@example.com, Jane Doe, 2026-01-01T00:00:00+00:00, 2026-12-31T05:00:00+00:00\n",
		exported(t, n, s, nonemployee.ExportOptions{VendorLayout: true}))
}

type backup struct {
	*strings.Builder
	closed *int
}

func (b backup) Close() error { *b.closed++; return nil }

func TestBackup(t *testing.T) {
	n := newTenant(t, nonemployee.NewMemory())
	for _, name := range []string{"A", "B"} {
		n.record(n.source(name), "of."+strings.ToLower(name))
	}
	files, closed := map[string]*strings.Builder{}, 0
	ok(t, n.Sources.Backup(t.Context(), admin, func(s nonemployee.Source) (io.WriteCloser, error) {
		files[s.Name] = new(strings.Builder)
		return backup{files[s.Name], &closed}, nil
	}))
	equal(t, "closed", 2, closed)
	for name, account := range map[string]string{"A": "of.a", "B": "of.b"} {
		if !strings.Contains(files[name].String(), "\n"+account+",") {
			t.Errorf("%s: %s", name, files[name])
		}
	}
	refused(t, n.Sources.Backup(t.Context(), manager, nil), isc.CodeForbidden)
}

func TestParseDate(t *testing.T) {
	for text, want := range map[string]string{
		"2020-03-24T00:00:00-05:00": "2020-03-24T05:00:00.000Z", "2020-03-24T00:00:00.1239Z": "2020-03-24T00:00:00.123Z",
		"2020-03-24": "2020-03-24T00:00:00.000Z", " 2020-03-24 ": "2020-03-24T00:00:00.000Z", "2020-03-24T00:00:00-0500": "2020-03-24T05:00:00.000Z",
		"1610524800": "2021-01-13T08:00:00.000Z", "1610524800123": "2021-01-13T08:00:00.123Z", "-100000000": "1966-10-31T14:13:20.000Z",
		"2026-03-10T23:30-05:00": "2026-03-11T04:30:00.000Z", "2024-02-29": "2024-02-29T00:00:00.000Z",
	} {
		d, err := nonemployee.ParseDate(text)
		ok(t, err)
		equal(t, text, want, d.String())
	}
	for _, text := range []string{"", "x", "2021-02-29", "20200324", "24.03.2020", "2020-3-4", "2020-03-24 00:00:00", "99999999999999999", "0001-01-01", "2020-03-24T25:00:00Z"} {
		if d, err := nonemployee.ParseDate(text); err == nil {
			t.Errorf("%q was read as %s", text, d)
		}
	}
}
