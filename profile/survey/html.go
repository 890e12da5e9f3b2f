package survey

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"strings"
	"time"

	"github.com/idprofile/engine/identity/report"
)

//go:embed page.html.tmpl
var pageSource string

// WriteHTML writes a report as one page: nothing is loaded from anywhere, all texts are
// escaped, and it has no scripts.
func WriteHTML(w io.Writer, r *Report, title string, now time.Time) error {
	t, err := template.New("").Funcs(template.FuncMap{
		"remarks": func(s Stats) []string { return Remarks(&s) },
		"share": func(s Stats) string {
			if s.Rows == 0 {
				return "-"
			}
			return fmt.Sprintf("%.1f %%", 100*float64(s.Filled)/float64(s.Rows))
		},
		"visible": visible,
		"chart":   chart,
		"files":   func(s []string) string { return strings.Join(s, ", ") },
		// Attributes come by profile already, so a change of the name begins a new part.
		"profiles": func(list []*Attribute) [][]*Attribute {
			var out [][]*Attribute
			for i, a := range list {
				if i == 0 || list[i-1].Profile != a.Profile {
					out = append(out, nil)
				}
				out[len(out)-1] = append(out[len(out)-1], a)
			}

			return out
		},
	}).Parse(pageSource)

	if err != nil {
		return err
	}
	return t.Execute(w, map[string]any{
		"Title": title, "Now": now.Format(time.RFC3339), "Report": r, "Style": template.CSS(report.Stylesheet()),
	})
}

// visible is a text in one line, with quotation marks where blanks would be lost.
func visible(s string) string {
	if strings.TrimSpace(s) != s || s == "" {
		return report.Quote(s)
	}
	return report.OneLine(s)
}

// chart draws how many values are there, and in the colour for what is wrong, how many are
// not.
func chart(title string, list any) template.HTML {
	c := &report.Chart{Kind: report.Bars, Title: title, Unit: "accounts"}
	add := func(name string, s *Stats) {
		c.Data = append(c.Data, report.Datum{Name: name, Value: int64(s.Rows), Part: int64(s.Rows - s.Filled)})
	}
	switch list := list.(type) {
	case []ColumnInfo:
		for i := range list {
			add(list[i].Name, &list[i].Stats)
		}
	case []*Attribute:
		c.Unit = "identities"
		for _, a := range list {
			add(a.Name, &a.Stats)
		}
	}

	return template.HTML(c.String()) // escaped by the chart
}
