package pdf_test

import (
	"bytes"
	"compress/zlib"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/image/font/gofont/gomono"
	"golang.org/x/image/font/gofont/goregular"

	"github.com/idprofile/engine/identity/report"
	"github.com/idprofile/engine/identity/report/pdf"
)

var (
	update = flag.Bool("update", false, "write the golden files")
	seen   = time.Date(2026, 2, 3, 7, 30, 0, 0, time.UTC)
)

// names are the scripts the built-in font has and has not.
var names = []struct{ key, name string }{
	{"latin", "Zoë Łukasiewicz-Đorđević"}, {"greek", "Ελένη Παπαδοπούλου"}, {"cyrillic", "Щербакова Ксения Ґ"},
	{"chinese", "王小明"}, {"arabic", "محمد علي"}, {"hebrew", "דוד כהן"}, {"devanagari", "प्रिया"}, {"vietnamese", "Nguyễn Thị Hạnh"},
	{"decomposed", "Jose\u0301 Nu\u0301n\u0303ez"}, {"emoji", "Ann 👩‍🔬 Lee"}, {"control", "a\x1b[31mb\tc\u00A0d\r\ne"}, {"invalid", "a\xffb"}, {"invisible", "a\u00ADb\uFE0F"},
}

// exceptions makes a report of n rows whose names go through the scripts.
func exceptions(n int, scripts ...string) *report.Table {
	rows := make([]report.ExceptionRow, 0, n)
	for i := range n {
		name := names[i%len(names)].name
		if len(scripts) > 0 {
			name = scripts[i%len(scripts)]
		}
		r := report.ExceptionRow{IdentityProfile: "Employees", Source: "HR", AccountID: fmt.Sprint(100000 + i), AccountName: fmt.Sprintf("user%d.lastname", i),
			IdentityID: fmt.Sprintf("2c9180867b50d088017b554662%06x", i), DisplayName: name, Exception: "MISSING_REQUIRED",
			Attributes: []string{"email", "lastname"}, Message: "no value for email and lastname after evaluation", FirstSeen: seen}
		if i%3 == 2 {
			r.Exception, r.Attributes, r.Value = "DUPLICATE_UID", []string{"uid"}, fmt.Sprintf("user%d", i)
			r.ConflictingIdentity = fmt.Sprintf("2c9180867b50d088017b554663%06x", i)
			r.Message = "uid is held by another identity since " + strings.Repeat("long ago, ", i%7)
		}
		rows = append(rows, r)
	}
	t := report.ExceptionTable(report.ExceptionName("Employees", seen), rows)
	t.Meta = []report.Meta{{Label: "Identity Profile", Value: "Employees"}, {Key: "Created", Value: "2026-02-03T07:30:00Z"}}
	t.Notes = []string{"Fix the data at the source and aggregate again."}
	return t
}

func render(t testing.TB, table *report.Table, o pdf.Options) []byte {
	t.Helper()
	if o.Created.IsZero() {
		o.Created = seen
	}
	var out bytes.Buffer
	if err := pdf.Write(&out, table, o); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func tables() map[string]*report.Table {
	rows := []report.Row{{report.Text("1"), report.Text(strings.Repeat("A cell that is longer than a page. ", 700))}, {report.Text("2"), report.Text("after it")}}
	giant := &report.Table{Name: "Giant", Columns: []report.Column{{Key: "n", Header: "Number", Kind: report.KindNumber}, {Key: "text", Header: "Text"}}, Rows: report.RowsOf(rows...)}
	return map[string]*report.Table{
		"one":      exceptions(1),
		"scripts":  exceptions(len(names)),
		"thousand": exceptions(1000, "Anna Baker", "Ελένη Παπαδοπούλου", "Щербакова Ксения"),
		"giant":    giant,
		"empty":    report.MoveTable("", nil),
		"profiles": report.ProfileTable("Identity Profiles", []report.ProfileRow{{Name: "Employees", Source: "HR", Priority: 10, Identities: 12045, Exceptions: 3}, {Name: "Partners", Source: "NERM", Priority: 20, NeedsProcessing: true}}),
	}
}

// TestGolden compares what stands where on the pages: the drawn texts with their places in points.
func TestGolden(t *testing.T) {
	for name, table := range tables() {
		t.Run(name, func(t *testing.T) {
			got := []byte(strings.Join(drawn(t, render(t, table, pdf.Options{})), ""))
			if name == "thousand" {
				got = fmt.Appendf(nil, "%d bytes, sha256 %x\n", len(got), sha256.Sum256(got))
			}
			path := filepath.Join("testdata", name+".txt")
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
				t.Errorf("mismatch (-want +got):\n%s", diff)
			}
		})
	}
}

var (
	streams     = regexp.MustCompile(`(?s)/Contents.*?<</Filter /FlateDecode /Length (\d+)>>\nstream\n`)
	escapes     = regexp.MustCompile(`(?s)\\(.)`)
	profileCell = regexp.MustCompile(`(?m)^\S+ \S+ Employees$`)
	strokes     = regexp.MustCompile(`(?s)BT (\S+ \S+) Td \((.*?[^\\])\) Tj ET`)
)

// drawn gives the texts of each page of a document, one to a line.
func drawn(t *testing.T, doc []byte) []string {
	t.Helper()
	var pages []string
	for _, at := range streams.FindAllSubmatchIndex(doc, -1) {
		size, err := strconv.Atoi(string(doc[at[2]:at[3]]))
		if err != nil {
			t.Fatal(err)
		}
		r, err := zlib.NewReader(bytes.NewReader(doc[at[1] : at[1]+size]))
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		page := fmt.Sprintf("--- page %d\n", len(pages)+1)
		for _, m := range strokes.FindAllSubmatch(content, -1) {
			text := escapes.ReplaceAllFunc(m[2], func(b []byte) []byte {
				if b[1] == 'r' {
					return []byte("\r")
				}
				return b[1:]
			})
			units := make([]uint16, len(text)/2)
			for i := range units {
				units[i] = binary.BigEndian.Uint16(text[2*i:])
			}
			page += fmt.Sprintf("%s %s\n", m[1], string(utf16.Decode(units)))
		}
		pages = append(pages, page)
	}
	return pages
}

// TestPages holds that each page repeats the header and has its number, and that nothing stands
// outside the margins.
func TestPages(t *testing.T) {
	pages := drawn(t, render(t, exceptions(1000), pdf.Options{}))
	if len(pages) < 30 {
		t.Fatalf("got %d pages of 1000 rows", len(pages))
	}
	rows := 0
	for i, page := range pages {
		number := fmt.Sprintf(" page %d of %d\n", i+1, len(pages))
		if !strings.HasSuffix(page, number) || !strings.Contains(page, " Account Name\n") {
			t.Errorf("page %d: no header or no %q", i+1, number)
		}
		rows += len(profileCell.FindAllString(page, -1))
		for line := range strings.Lines(page) {
			var x, y float64
			if n, _ := fmt.Sscanf(line, "%f %f", &x, &y); n == 2 && (x < 28 || x > 814 || y < 28 || y > 567) {
				t.Errorf("page %d: outside the margins: %s", i+1, line)
			}
		}
	}
	if rows != 1000 {
		t.Errorf("got %d rows, want 1000", rows)
	}
}

// TestScripts holds what is drawn for each script.
func TestScripts(t *testing.T) {
	want := map[string]string{
		"latin": "Zoë Łukasiewicz-Đorđević", "greek": "Ελένη Παπαδοπούλου", "cyrillic": "Щербакова Ксения Ґ",
		"chinese": "[U+738B U+5C0F U+660E]", "arabic": "[U+0645 U+062D U+0645 U+062F] [U+0639 U+0644 U+064A]",
		"hebrew": "[U+05D3 U+05D5 U+05D3] [U+05DB U+05D4 U+05DF]", "devanagari": "[U+092A U+094D U+0930 U+093F U+092F U+093E]",
		"vietnamese": "Nguy[U+1EC5]n Th[U+1ECB] H[U+1EA1]nh", "decomposed": "José Núñez", "emoji": "Ann [U+1F469 U+200D U+1F52C] Lee",
		"control": "a[U+001B][31mb c d\n0 0 e", "invalid": "a\uFFFDb", "invisible": "a[U+00AD]b[U+FE0F]",
	}
	place := regexp.MustCompile(`(?m)^\S+ \S+ `)
	for _, n := range names {
		t.Run(n.key, func(t *testing.T) {
			table := &report.Table{Name: "T", Columns: []report.Column{{Key: "a", Header: "A"}}, Rows: report.RowsOf(report.Row{report.Text(n.name)})}
			page := place.ReplaceAllString(drawn(t, render(t, table, pdf.Options{}))[0], "0 0 ")
			if !strings.Contains(page, "0 0 A\n0 0 "+want[n.key]+"\n") {
				t.Errorf("got %q, want in it %q", page, want[n.key])
			}
			if noted := strings.Contains(page, "cannot show"); noted != strings.Contains(want[n.key], "U+") {
				t.Errorf("footnote: %v, page %q", noted, page)
			}
		})
	}
}

func TestDeterministic(t *testing.T) {
	table := exceptions(40)
	first := render(t, table, pdf.Options{})
	for range 5 {
		if !bytes.Equal(first, render(t, table, pdf.Options{})) {
			t.Fatal("the same table gave other bytes")
		}
	}
	zone := time.FixedZone("", 3600)
	if !bytes.Equal(first, render(t, table, pdf.Options{Created: seen.In(zone)})) {
		t.Error("the same instant in another zone gave other bytes")
	}
	if !bytes.Contains(first, []byte("(D:20260203073000)")) {
		t.Error("the creation date is not in the document")
	}
}

// TestConcurrent writes one table with one font from many goroutines.
func TestConcurrent(t *testing.T) {
	table, font := exceptions(20), bytes.Clone(gomono.TTF)
	want := render(t, table, pdf.Options{Font: font})
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			var out bytes.Buffer
			if err := pdf.Write(&out, table, pdf.Options{Created: seen, Font: font}); err != nil || !bytes.Equal(want, out.Bytes()) {
				t.Errorf("got %d bytes and error %v, want %d bytes", out.Len(), err, len(want))
			}
		})
	}
	all.Wait()
	if !bytes.Equal(font, gomono.TTF) {
		t.Error("the font was written to")
	}
}

func TestErrors(t *testing.T) {
	broken := errors.New("source is gone")
	failing := report.MoveLayout().Stream("x", func(yield func(report.MoveRow, error) bool) { yield(report.MoveRow{}, broken) })
	restricted := bytes.Clone(goregular.TTF)
	at := bytes.Index(restricted, []byte("OS/2"))
	restricted[binary.BigEndian.Uint32(restricted[at+8:])+9] = 2
	tests := []struct {
		name  string
		table *report.Table
		o     pdf.Options
		want  error
	}{
		{"no date", exceptions(1), pdf.Options{}, pdf.ErrCreated},
		{"no columns", &report.Table{}, pdf.Options{Created: seen}, report.ErrTable},
		{"rows that fail", failing, pdf.Options{Created: seen}, broken},
		{"empty font", exceptions(1), pdf.Options{Created: seen, Font: []byte{}}, pdf.ErrFont},
		{"no font", exceptions(1), pdf.Options{Created: seen, Font: []byte("this is no font at all")}, pdf.ErrFont},
		{"CFF outlines", exceptions(1), pdf.Options{Created: seen, Font: append([]byte("OTTO"), goregular.TTF[4:]...)}, pdf.ErrFont},
		{"cut font", exceptions(1), pdf.Options{Created: seen, Font: goregular.TTF[:9000]}, pdf.ErrFont},
		{"embedding forbidden", exceptions(1), pdf.Options{Created: seen, Font: restricted}, pdf.ErrFont},
		{"bad bold font", exceptions(1), pdf.Options{Created: seen, Font: goregular.TTF, Bold: []byte("x")}, pdf.ErrFont},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var out bytes.Buffer
			if err := pdf.Write(&out, test.table, test.o); !errors.Is(err, test.want) {
				t.Errorf("got error %v, want %v", err, test.want)
			}
			if out.Len() != 0 {
				t.Errorf("%d bytes were written", out.Len())
			}
		})
	}
}

// A heading is data like any other: bytes that are no UTF-8, controls and marks make no error.
func TestHeading(t *testing.T) {
	for _, title := range []string{"\xd9", "a\xffb\x00", "\ud7ff\xed\xa0\x80", "\u202eright", "", "two\nlines"} {
		table := &report.Table{Name: "n", Title: title, Columns: []report.Column{{Key: "k", Header: "h"}}, Rows: report.RowsOf(report.Row{report.Text("x")})}
		if err := pdf.Write(io.Discard, table, pdf.Options{Created: seen}); err != nil {
			t.Errorf("title %q: %v", title, err)
		}
	}
}

// FuzzFont damages a font: every font gives a document or an error.
func FuzzFont(f *testing.F) {
	f.Add(uint32(4), byte(0xFF))
	f.Add(uint32(20), byte(7))
	f.Add(uint32(300), byte(0x80))
	f.Add(uint32(2000), byte(1))
	table := &report.Table{Name: "Title", Columns: []report.Column{{Key: "a", Header: "A"}}, Rows: report.RowsOf(report.Row{report.Text("Zoë")})}
	f.Fuzz(func(t *testing.T, at uint32, value byte) {
		font := bytes.Clone(goregular.TTF)
		font[int(at%uint32(len(font)))] = value
		var out bytes.Buffer
		if err := pdf.Write(&out, table, pdf.Options{Created: seen, Font: font}); err != nil && !errors.Is(err, pdf.ErrFont) {
			t.Errorf("byte %d = %d: %v", at, value, err)
		}
	})
}

func BenchmarkThousandRows(b *testing.B) {
	table := exceptions(1000)
	b.ReportAllocs()
	for b.Loop() {
		b.ReportMetric(float64(len(render(b, table, pdf.Options{}))), "bytes/doc")
	}
}
