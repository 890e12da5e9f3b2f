package report_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/identity/report"
)

var update = flag.Bool("update", false, "write the golden files")

// golden compares got with a file of testdata.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s: mismatch (-want +got):\n%s", name, diff)
	}
}

var seen = time.Date(2026, 2, 3, 9, 30, 0, 0, time.FixedZone("", 2*3600))

// exceptions is a report with every difficulty: scripts, formulas, quotes, markup, line ends.
func exceptions() *report.Table {
	t := report.ExceptionTable(report.ExceptionName("Employees", seen), []report.ExceptionRow{
		{IdentityProfile: "Employees", Source: "HR", AccountID: "1001", AccountName: "anna.baker", IdentityID: "2c9180867b50d088017b554662fb281e", DisplayName: "Anna Baker",
			Exception: "MISSING_REQUIRED", Attributes: []string{"lastName", "email", "uid"}, Message: "no value for uid, email, lastname", FirstSeen: seen,
			Trace: json.RawMessage(`{"attribute":"uid","value":null}`)},
		{IdentityProfile: "Employees", Source: "HR", AccountID: "1002", AccountName: "=1+2", DisplayName: "Ελένη Παπαδοπούλου", Exception: "DUPLICATE_UID",
			Attributes: []string{"uid"}, Value: "+491701234567", ConflictingIdentity: "2c9180867b50d088017b554662fb2999", Message: "uid is held by \"Ελένη\", since 2024", FirstSeen: seen},
		{IdentityProfile: "Employees", Source: "HR | Payroll", AccountID: "1003", DisplayName: "Щербакова Ксения Ґ", Exception: "MISSING_REQUIRED", Attributes: []string{"email"},
			Message: "line one\nline two <b>bold</b> & `code`", FirstSeen: seen},
		{IdentityProfile: "Employees", Source: "HR", AccountID: "1004", DisplayName: "王小明", Exception: "MISSING_REQUIRED", Attributes: []string{"email"}, Message: "@cell", FirstSeen: seen},
		{IdentityProfile: "Employees", Source: "HR", AccountID: "1005", DisplayName: "محمد علي", Exception: "MISSING_REQUIRED", Attributes: []string{"email"}, Message: "\x1b[31mred\tand tab", FirstSeen: seen},
		{IdentityProfile: "Employees", Source: "HR", AccountID: "1006", DisplayName: "Jose\u0301 Nu\u0301n\u0303ez 👩‍🔬", Exception: "MISSING_REQUIRED", Attributes: []string{"email"},
			Message: "https://example.org/a/very/long/address/without/any/space/in/it?for=wrapping&more=text", FirstSeen: seen},
	})
	t.Subtitle = "Accounts whose identity is incomplete or collides"
	t.Meta = []report.Meta{{Key: "profile", Label: "Identity Profile", Value: "Employees"}, {Key: "created", Label: "Created", Value: "2026-02-03T07:30:00Z"}}
	t.Notes = []string{"Fix the data at the source and aggregate again."}
	return t
}

func profiles() *report.Table {
	t := report.ProfileTable("Profiles", []report.ProfileRow{
		{Name: "Employees", Source: "HR", Priority: 10, Identities: 12045, Exceptions: 3},
		{Name: "契約社員", Source: "契約 DB", Priority: 20, Identities: 87, NeedsProcessing: true},
		{Name: "Partners", Source: "NERM", Priority: -5},
	})
	t.Columns[5].Align = report.AlignCenter
	return t
}

type format struct {
	file  string
	write func(*bytes.Buffer, *report.Table) error
}

func formats() []format {
	text := func(o report.TextOptions) func(*bytes.Buffer, *report.Table) error {
		return func(b *bytes.Buffer, t *report.Table) error { return report.WriteText(b, t, o) }
	}
	return []format{
		{".csv", func(b *bytes.Buffer, t *report.Table) error { return report.WriteCSV(b, t, report.CSVOptions{}) }},
		{".safe.csv", func(b *bytes.Buffer, t *report.Table) error {
			return report.WriteCSV(b, t, report.CSVOptions{NeutralizeFormulas: true, ByteOrderMark: true})
		}},
		{".json", func(b *bytes.Buffer, t *report.Table) error { return report.WriteJSON(b, t) }},
		{".jsonl", func(b *bytes.Buffer, t *report.Table) error { return report.WriteJSONLines(b, t) }},
		{".txt", text(report.TextOptions{})},
		{".120.txt", text(report.TextOptions{Width: 120})},
		{".ellipsis.txt", text(report.TextOptions{Width: 160, Ellipsis: true})},
		{".md", func(b *bytes.Buffer, t *report.Table) error { return report.WriteMarkdown(b, t) }},
		{".html", func(b *bytes.Buffer, t *report.Table) error {
			return report.WriteHTML(b, t, report.HTMLOptions{Interactive: true})
		}},
		{".plain.html", func(b *bytes.Buffer, t *report.Table) error { return report.WriteHTML(b, t, report.HTMLOptions{}) }},
	}
}

func TestGolden(t *testing.T) {
	empty := report.MoveTable("", nil)
	tables := map[string]*report.Table{"exceptions": exceptions(), "profiles": profiles(), "empty": empty}
	for name, table := range tables {
		for _, f := range formats() {
			t.Run(name+f.file, func(t *testing.T) {
				var out bytes.Buffer
				if err := f.write(&out, table); err != nil {
					t.Fatal(err)
				}
				golden(t, name+f.file, out.Bytes())
			})
		}
	}
}

// TestLayouts holds the columns of every report, which are part of the stable output.
func TestLayouts(t *testing.T) {
	var out bytes.Buffer
	show := func(title string, columns []report.Column) {
		fmt.Fprintf(&out, "%s\n", title)
		for _, c := range columns {
			fmt.Fprintf(&out, "  %s: %s\n", c.Key, c.Header)
		}
	}
	show("exceptions", report.ExceptionLayout().Columns())
	show("incomplete", report.IncompleteLayout().Columns())
	show("no manager", report.NoManagerLayout().Columns())
	show("uncorrelated", report.UncorrelatedLayout().Columns())
	show("ambiguous", report.AmbiguousLayout().Columns())
	show("moves", report.MoveLayout().Columns())
	show("profiles", report.ProfileLayout().Columns())
	show("changes", report.ChangeLayout().Columns())
	golden(t, "layouts.txt", out.Bytes())
}

// TestRows holds that every field of every row struct reaches its column.
func TestRows(t *testing.T) {
	tests := []struct {
		name  string
		table *report.Table
		want  string
	}{
		{"incomplete", report.IncompleteTable("", []report.IncompleteRow{{IdentityProfile: "P", Source: "S", AccountID: "A", IdentityID: "I", Name: "N", DisplayName: "D", Missing: []string{"phone", "email", "uid"}, ProcessingState: "ERROR", LastRefresh: seen}}),
			"P,S,A,I,N,D,uid;email;phone,ERROR,2026-02-03T07:30:00Z"},
		{"no manager", report.NoManagerTable("", []report.NoManagerRow{{IdentityProfile: "P", IdentityID: "I", Name: "N", DisplayName: "D", LifecycleState: "active", Source: "S", ManagerValue: "7", Reason: "MANAGER_AMBIGUOUS", Candidates: []string{"a", "b"}, Message: "M"}}),
			"P,I,N,D,active,S,7,MANAGER_AMBIGUOUS,a;b,M"},
		{"uncorrelated", report.UncorrelatedTable("", []report.UncorrelatedRow{{Source: "S", AccountID: "A", AccountName: "N", Reason: "MANUAL_FLAG_BLOCKS", NearMiss: "case", Message: "M", Created: seen}}),
			"S,A,N,MANUAL_FLAG_BLOCKS,case,M,2026-02-03T07:30:00Z"},
		{"ambiguous", report.AmbiguousTable("", []report.AmbiguousRow{{Source: "S", AccountID: "A", AccountName: "N", Criterion: "email = mail", Value: "V", Candidates: []string{"a", "b", "c"}, Outcome: "CONFIG", Identity: "b"}}),
			"S,A,N,email = mail,V,3,a;b;c,CONFIG,b"},
		{"moves", report.MoveTable("", []report.MoveRow{{IdentityID: "I", Name: "N", DisplayName: "D", From: "F", To: "T", Reason: "PRIORITY_CHANGE"}}),
			"I,N,D,F,T,PRIORITY_CHANGE"},
		{"changes", report.ChangeTable("", []report.ChangeRow{{IdentityProfile: "P", IdentityID: "I", DisplayName: "D", Change: "C", Attribute: "email", After: report.Text("x")}}),
			"P,I,D,C,email,,x"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var out bytes.Buffer
			if err := report.WriteCSV(&out, test.table, report.CSVOptions{}); err != nil {
				t.Fatal(err)
			}
			lines := bytes.Split(out.Bytes(), []byte("\r\n"))
			if diff := cmp.Diff(test.want, string(lines[1])); diff != "" {
				t.Errorf("mismatch (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTableErrors(t *testing.T) {
	broken := errors.New("source is gone")
	a := report.Column{Key: "a", Header: "A"}
	tests := []struct {
		name  string
		table *report.Table
		want  error
	}{
		{"no columns", &report.Table{}, report.ErrTable},
		{"only detail columns", &report.Table{Columns: []report.Column{{Key: "a", Detail: true}}}, report.ErrTable},
		{"two columns of one key", &report.Table{Columns: []report.Column{a, a}}, report.ErrTable},
		{"short row", &report.Table{Columns: []report.Column{a, {Key: "b"}}, Rows: report.RowsOf(report.Row{report.Text("x")})}, report.ErrTable},
		{"long row", &report.Table{Columns: []report.Column{a}, Rows: report.RowsOf(report.Row{{}, {}})}, report.ErrTable},
		{"rows that fail", report.MoveLayout().Stream("x", func(yield func(report.MoveRow, error) bool) {
			_ = yield(report.MoveRow{}, nil) && yield(report.MoveRow{}, broken)
		}), broken},
	}
	for _, test := range tests {
		for _, f := range formats() {
			t.Run(test.name+f.file, func(t *testing.T) {
				var out bytes.Buffer
				if err := f.write(&out, test.table); !errors.Is(err, test.want) {
					t.Errorf("got error %v, want %v", err, test.want)
				}
			})
		}
	}
}

// TestInvalidTrace holds that JSON output is valid JSON or an error.
func TestInvalidTrace(t *testing.T) {
	table := report.ExceptionTable("x", []report.ExceptionRow{{Trace: json.RawMessage(`{"a":`)}})
	var out bytes.Buffer
	if err := report.WriteJSON(&out, table); err == nil {
		t.Errorf("got no error, output %s", out.Bytes())
	}
}

// TestJSONIsJSON reads the JSON forms back.
func TestJSONIsJSON(t *testing.T) {
	var out bytes.Buffer
	if err := report.WriteJSON(&out, exceptions()); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Report string
		Meta   map[string]string
		Rows   []map[string]any
	}
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if got.Report != "Identity Exceptions - Employees - 2026-02-03" || len(got.Rows) != 6 || got.Meta["profile"] != "Employees" {
		t.Errorf("got report %q with %d rows, meta %v", got.Report, len(got.Rows), got.Meta)
	}
	want := []any{"uid", "email", "lastName"}
	if diff := cmp.Diff(want, got.Rows[0]["attributes"]); diff != "" {
		t.Errorf("attributes: mismatch (-want +got):\n%s", diff)
	}
	if _, has := got.Rows[1]["trace"]; has {
		t.Error("a row without trace has the key")
	}
}
