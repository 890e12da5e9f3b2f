package report_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/identity/report"
)

func TestMarkDifference(t *testing.T) {
	for _, tt := range []struct{ name, before, after, wantBefore, wantAfter string }{
		{"the middle", "ann.lee@old.example", "ann.lee@new.example", "ann.lee@<del>old</del>.example", "ann.lee@<ins>new</ins>.example"},
		{"the end", "Bob", "Bobby", "Bob", "Bob<ins>by</ins>"},
		{"nothing in common", "a", "b", "<del>a</del>", "<ins>b</ins>"},
		{"the same", "a", "a", "a", "a"},
		{"set", "", "x", "", "<ins>x</ins>"},
		{"repeated", "aa", "aaa", "aa", "aa<ins>a</ins>"},
		{"whole characters", "Zoë", "Zoé", "Zo<del>ë</del>", "Zo<ins>é</ins>"},
		{"markup", "<b>1", "<b>2", "&lt;b&gt;<del>1</del>", "&lt;b&gt;<ins>2</ins>"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before, after := report.MarkDifference(tt.before, tt.after)
			if d := cmp.Diff([]string{tt.wantBefore, tt.wantAfter}, []string{before, after}); d != "" {
				t.Errorf("mismatch (-want +got):\n%s", d)
			}
		})
	}
}

// A page with everything: links, a verdict, charts, tables with marked differences, links
// and cells that open.
func TestPageGolden(t *testing.T) {
	changes := report.ChangeTable("", []report.ChangeRow{{
		IdentityProfile: "Employees", IdentityID: "2c91", DisplayName: "Ann <Lee>", Change: "CHANGED", Attribute: "email",
		Before: report.Text("ann@old.example"), After: report.Text("ann@new.example"),
	}})
	groups := &report.Table{
		Name: "groups", Title: "Groups",
		Columns: []report.Column{{Key: "people", Header: "People", Kind: report.KindNumber}, {Key: "who", Header: "Who"}, {Key: "file", Header: "File"}},
		Rows:    report.RowsOf(report.Row{report.Int(2), report.Opening("Ann", "Ann <Lee>", "Bob"), report.Link("PDF", "a%20b.pdf")}),
	}
	page := &report.Page{
		Title: "Reports", Subtitle: "of acme", Links: []report.PageLink{{Text: "All", Target: "index.html"}},
		Verdict: &report.Verdict{Tone: "bad", Text: "The gate is broken", Items: []string{"5 people of at most 3"}},
		Charts:  []*report.Chart{{Title: "Empty"}, {Kind: report.Bars, Title: "People", Unit: "people", Data: []report.Datum{{Name: "Employees", Value: 3, Part: 1}}}},
		Tables:  []*report.Table{groups, changes}, Notes: []string{"A note."},
	}
	var b bytes.Buffer
	if err := report.WritePage(&b, page, report.HTMLOptions{Interactive: true}); err != nil {
		t.Fatal(err)
	}
	golden(t, "page.html", b.Bytes())
}

// A page shows a formula as the text that it is, and tells Excel that it is one; numbers stay
// numbers.
func TestPageFormulas(t *testing.T) {
	tab := &report.Table{
		Name: "n", Columns: []report.Column{{Key: "text", Header: "Text"}, {Key: "number", Header: "Number", Kind: report.KindNumber}},
		Rows: report.RowsOf(report.Row{report.Text("=1+1"), report.Int(-7)}),
	}
	var out strings.Builder
	if err := report.WriteHTML(&out, tab, report.HTMLOptions{}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`<td dir="auto">=1+1</td>`, `<td class="number right" dir="auto">-7</td>`,
		`td { mso-number-format: "\@"; }`, `td.number { mso-number-format: General; }`,
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the page lacks %s", want)
		}
	}
}
