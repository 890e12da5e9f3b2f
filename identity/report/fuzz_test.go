package report_test

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/idprofile/engine/identity/report"
)

// FuzzWriters: whatever a table holds, each writer gives valid UTF-8; what people read has no
// control characters and no more lines than rows need, and JSON is JSON.
func FuzzWriters(f *testing.F) {
	f.Add("Title", "Header", "cell", "other", 40)
	f.Add("\xd9", "=A", "\x1b[31m\u202e|<b>&\"'`*_", "a\r\nb\rc\td", 0)
	f.Add("", "", "\xed\xa0\x80\u2028\x00", "-- ![x](y) \\", 12)
	f.Fuzz(func(t *testing.T, title, header, cell, other string, width int) {
		table := &report.Table{
			Name: "n", Title: title, Columns: []report.Column{{Key: "a", Header: header}, {Key: "b", Header: "B"}},
			Rows:  report.RowsOf(report.Row{report.Text(cell), report.List(other, cell)}, report.Row{report.Text(other), report.Text("x")}),
			Meta:  []report.Meta{{Key: "now", Label: "Run at", Value: other}},
			Notes: []string{cell},
		}
		for name, write := range map[string]func(io.Writer) error{
			"text":     func(w io.Writer) error { return report.WriteText(w, table, report.TextOptions{Width: width % 200}) },
			"markdown": func(w io.Writer) error { return report.WriteMarkdown(w, table) },
			"html":     func(w io.Writer) error { return report.WriteHTML(w, table, report.HTMLOptions{Interactive: true}) },
			"json":     func(w io.Writer) error { return report.WriteJSON(w, table) },
			"lines":    func(w io.Writer) error { return report.WriteJSONLines(w, table) },
		} {
			var out bytes.Buffer
			if err := write(&out); err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			text := out.String()
			if !utf8.ValidString(text) {
				t.Errorf("%s is not UTF-8: %q", name, text)
			}
			people := name == "text" || name == "markdown" // programs that read JSON take DEL and C1 for letters
			control := func(r rune) bool { return r < 0x20 && r != '\n' || people && r >= 0x7f && r < 0xa0 }
			if name != "html" && strings.ContainsFunc(text, control) {
				t.Errorf("%s has control characters: %q", name, text)
			}
			switch {
			case name == "json" && !json.Valid(out.Bytes()):
				t.Errorf("no JSON: %q", text)
			case name == "lines" && strings.Count(text, "\n") != 2:
				t.Errorf("%d lines, want 2: %q", strings.Count(text, "\n"), text)
			}
		}
	})
}
