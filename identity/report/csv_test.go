package report_test

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/identity/report"
)

func table(headers []string, rows ...report.Row) *report.Table {
	t := &report.Table{Name: "T", Rows: report.RowsOf(rows...)}
	for i, h := range headers {
		t.Columns = append(t.Columns, report.Column{Key: fmt.Sprint("c", i), Header: h})
	}
	return t
}

func TestCSVCells(t *testing.T) {
	tests := []struct {
		name string
		cell report.Cell
		safe bool
		want string
	}{
		{"text", report.Text("a b"), false, `a b`},
		{"null", report.Cell{}, false, ``},
		{"empty", report.Text(""), false, ``},
		{"comma", report.Text("a,b"), false, `"a,b"`},
		{"quote", report.Text(`a"b`), false, `"a""b"`},
		{"line feed", report.Text("a\nb"), false, "\"a\nb\""},
		{"carriage return", report.Text("a\rb"), false, "\"a\rb\""},
		{"leading space", report.Text(" a"), false, `" a"`},
		{"list", report.List("uid", "email"), false, `uid;email`},
		{"empty list", report.List(), false, ``},
		{"number", report.Int(-5), true, `-5`},
		{"truth", report.Bool(true), false, `true`},
		{"zero time", report.Time(time.Time{}), false, ``},
		{"invalid", report.Text("a\xff\xfeb"), false, "a\uFFFDb"},
		{"formula as it is", report.Text("=1+1"), false, `=1+1`},
		{"equals", report.Text("=1+1"), true, `'=1+1`},
		{"plus", report.Text("+49"), true, `'+49`},
		{"minus", report.Text("-1"), true, `'-1`},
		{"at", report.Text("@x"), true, `'@x`},
		{"tab", report.Text("\tx"), true, "'\tx"},
		{"return", report.Text("\r=x"), true, "\"'\r=x\""},
		{"list that is a formula", report.List("=a", "b"), true, `'=a;b`},
		{"formula sign inside", report.Text("a=b"), true, `a=b`},
		{"space first", report.Text(" =b"), true, `" =b"`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var out bytes.Buffer
			err := report.WriteCSV(&out, table([]string{"A", "B"}, report.Row{test.cell, report.Text("x")}), report.CSVOptions{NeutralizeFormulas: test.safe})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff("A,B\r\n"+test.want+",x\r\n", out.String()); diff != "" {
				t.Errorf("mismatch (-want +got):\n%s", diff)
			}
		})
	}
}

// TestCSVHeader holds that the header is neutralised too and present without rows.
func TestCSVHeader(t *testing.T) {
	var out bytes.Buffer
	if err := report.WriteCSV(&out, table([]string{"=A", ""}), report.CSVOptions{NeutralizeFormulas: true}); err != nil {
		t.Fatal(err)
	}
	if got, want := out.String(), "'=A,\r\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestCSVZip(t *testing.T) {
	at := time.Date(2026, 2, 3, 9, 30, 7, 0, time.FixedZone("", 2*3600))
	pack := func(at time.Time) []byte {
		var out bytes.Buffer
		if err := report.WriteCSVZip(&out, at, report.CSVOptions{}, exceptions(), profiles()); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
	first := pack(at)
	if !bytes.Equal(first, pack(at.UTC())) {
		t.Error("the same tables at the same instant gave other bytes")
	}
	if bytes.Equal(first, pack(at.Add(time.Hour))) {
		t.Error("the time is not in the file")
	}
	z, err := zip.NewReader(bytes.NewReader(first), int64(len(first)))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range z.File {
		names = append(names, f.Name)
		if !f.Modified.Equal(at) {
			t.Errorf("%s: modified %v, want %v", f.Name, f.Modified, at)
		}
	}
	if diff := cmp.Diff([]string{"Identity Exceptions - Employees - 2026-02-03.csv", "Profiles.csv"}, names); diff != "" {
		t.Errorf("names: mismatch (-want +got):\n%s", diff)
	}
	entry, err := z.File[0].Open()
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(entry)
	if err != nil {
		t.Fatal(err)
	}
	var want bytes.Buffer
	if err := report.WriteCSV(&want, exceptions(), report.CSVOptions{}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want.String(), string(got)); diff != "" {
		t.Errorf("content: mismatch (-want +got):\n%s", diff)
	}
}

func TestCSVZipNames(t *testing.T) {
	err := report.WriteCSVZip(io.Discard, seen, report.CSVOptions{}, profiles(), profiles())
	if !errors.Is(err, report.ErrTable) {
		t.Errorf("two tables of one name: got %v, want %v", err, report.ErrTable)
	}
}

func TestFileName(t *testing.T) {
	tests := []struct{ name, want string }{
		{"Identity Exceptions - Employees - 2026-02-03", "Identity Exceptions - Employees - 2026-02-03.zip"},
		{"A/B", "A%2FB.zip"},
		{`../..\x:y*z?"<>|`, "..%2F..%5Cx%3Ay%2Az%3F%22%3C%3E%7C.zip"},
		{"a\x00b\nc", "a%00b%0Ac.zip"},
		{"契約 \xff", "契約 \uFFFD.zip"},
		{"a\u009bb\u202ec\u2028d\u200ee", "a%C2%9Bb%E2%80%AEc%E2%80%A8d%E2%80%8Ee.zip"},
		{"می\u200cخواهم", "می\u200cخواهم.zip"},
		{"", "report.zip"},
	}
	for _, test := range tests {
		if got := report.ZipName(test.name); got != test.want {
			t.Errorf("ZipName(%q) = %q, want %q", test.name, got, test.want)
		}
	}
}

// TestWriterErrors holds that a full disk is reported by every format.
func TestWriterErrors(t *testing.T) {
	broken := errors.New("disk full")
	w := writerFunc(func([]byte) (int, error) { return 0, broken })
	for name, write := range map[string]func(io.Writer, *report.Table) error{
		"csv":      func(w io.Writer, t *report.Table) error { return report.WriteCSV(w, t, report.CSVOptions{}) },
		"zip":      func(w io.Writer, t *report.Table) error { return report.WriteCSVZip(w, seen, report.CSVOptions{}, t) },
		"json":     report.WriteJSON,
		"lines":    report.WriteJSONLines,
		"text":     func(w io.Writer, t *report.Table) error { return report.WriteText(w, t, report.TextOptions{}) },
		"html":     func(w io.Writer, t *report.Table) error { return report.WriteHTML(w, t, report.HTMLOptions{}) },
		"markdown": report.WriteMarkdown,
	} {
		if err := write(w, exceptions()); !errors.Is(err, broken) {
			t.Errorf("%s: got %v, want %v", name, err, broken)
		}
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// FuzzCSV writes cells and reads them back with the standard library.
func FuzzCSV(f *testing.F) {
	f.Add("a", "b,\"c", 2)
	f.Add("", "", 1)
	f.Add("x\r\ny", "\r", 3)
	f.Add("\uFEFFa", "\xff\xfe", 1)
	f.Add(" ", "=1", 1)
	f.Fuzz(func(t *testing.T, a, b string, columns int) {
		columns = 1 + (columns&3+4)%4
		row, want := report.Row{}, []string{}
		for i := range columns {
			s := []string{a, b, a + b, ""}[i]
			row = append(row, report.Text(s))
			// The reader turns \r\n inside quotes into \n; the writer promises valid UTF-8.
			want = append(want, strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\r\n", "\n"))
		}
		var out bytes.Buffer
		if err := report.WriteCSV(&out, table(make([]string, columns), row, row), report.CSVOptions{}); err != nil {
			t.Fatal(err)
		}
		got, err := csv.NewReader(&out).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([][]string{make([]string, columns), want, want}, got); diff != "" {
			t.Errorf("mismatch (-want +got):\n%s", diff)
		}
	})
}

// TestCSVAllocations holds that a row costs no memory beyond the cells it is made of.
func TestCSVAllocations(t *testing.T) {
	row := report.Row{report.Text("Anna Baker"), report.Int(7)}
	allocations := func(n int) float64 {
		rows := make([]report.Row, n)
		for i := range rows {
			rows[i] = row
		}
		tab := table([]string{"A", "B"}, rows...)
		return testing.AllocsPerRun(10, func() {
			if err := report.WriteCSV(io.Discard, tab, report.CSVOptions{NeutralizeFormulas: true}); err != nil {
				t.Fatal(err)
			}
		})
	}
	if one, many := allocations(1), allocations(1001); many > one {
		t.Errorf("1000 more rows cost %v allocations, expected none", many-one)
	}
}

func BenchmarkFormats(b *testing.B) {
	rows := make([]report.MoveRow, 1000)
	for i := range rows {
		rows[i] = report.MoveRow{IdentityID: fmt.Sprintf("%032x", i), Name: fmt.Sprint("user", i), DisplayName: "Anna Baker", From: "Partners", To: "Employees", Reason: "ACCOUNT_ADDED"}
	}
	moves := report.MoveTable("moves", rows)
	for _, f := range formats() {
		b.Run(f.file, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				var out bytes.Buffer
				if err := f.write(&out, moves); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
