package preview

import (
	"fmt"
	"io"
	"iter"
	"strings"

	"github.com/idprofile/engine/identity/report"
)

// WriteHTML writes the report as one self-contained page: totals and causes
// above, a table of groups below or, when people were kept, of their changes.
func (r *Report) WriteHTML(w io.Writer) error {
	return report.WriteHTML(w, r.Table(), report.HTMLOptions{Interactive: true})
}

// Table returns the report as a table: a row for each change of a person when
// people were kept, else for each group.
func (r *Report) Table() *report.Table {
	t := &report.Table{Name: "preview", Title: "Preview: " + r.verdict(), Meta: r.meta(), Notes: r.notes()}
	for i := range r.Causes {
		c := &r.Causes[i]
		note := fmt.Sprintf("[%d] %s %s", i+1, c.title(), c.Change)
		for _, d := range c.Places {
			note += "; " + d.line()
		}
		if c.More > 0 {
			note += fmt.Sprintf("; and %s", plural(c.More, "more place", "more places"))
		}
		t.Notes = append(t.Notes, note)
	}
	t.Columns = []report.Column{
		{Key: "people", Header: "People", Kind: report.KindNumber}, {Key: "change", Header: "Change"}, {Key: "attribute", Header: "Attribute"},
		{Key: "pattern", Header: "Pattern"}, {Key: "examples", Header: "Examples", Width: 60}, {Key: "causes", Header: "Causes"},
	}
	t.Rows = r.groupRows()
	if r.kept {
		t.Columns = []report.Column{
			{Key: "name", Header: "Name"}, {Key: "id", Header: "Identity", Kind: report.KindCode}, {Key: "profile", Header: "Profile"}, {Key: "change", Header: "Change"},
			{Key: "attribute", Header: "Attribute"}, {Key: "before", Header: "Before", Width: 30}, {Key: "after", Header: "After", Width: 30},
			{Key: "detail", Header: "Detail"}, {Key: "causes", Header: "Causes"},
		}
		t.Rows = r.peopleRows()
	}
	return t
}

func (r *Report) meta() []report.Meta {
	m := []report.Meta{{Key: "before", Label: "Before", Value: r.BeforeName}, {Key: "after", Label: "After", Value: r.AfterName},
		{Key: "now", Label: "Now", Value: r.clock()}}
	for _, l := range r.balance() {
		m = append(m, report.Meta{Key: l.name, Label: strings.ToUpper(l.name[:1]) + l.name[1:], Value: fmt.Sprintf("%d → %d", l.before, l.after)})
	}
	for _, k := range kinds {
		if n := r.Totals.Changes[k]; n > 0 {
			m = append(m, report.Meta{Key: string(k), Label: strings.ToUpper(k.Title()[:1]) + k.Title()[1:], Value: fmt.Sprint(n)})
		}
	}
	for i, x := range r.Breaches {
		m = append(m, report.Meta{Key: fmt.Sprintf("gate%d", i+1), Label: "Gate broken", Value: x.String()})
	}
	return m
}

func (r *Report) groupRows() iter.Seq2[report.Row, error] {
	return func(yield func(report.Row, error) bool) {
		for _, g := range r.Groups {
			var lines []string
			for i := range g.Examples {
				lines = append(lines, squeeze(g.example(&g.Examples[i])))
			}
			if len(g.Intents) > 0 {
				lines = append(lines, "due: "+strings.Join(g.Intents, "; "))
			}
			what := g.Attribute
			if g.Source != "" {
				what = g.Source
			}
			row := report.Row{report.Int(int64(g.Count)), report.Text(g.Kind.Title()), report.Text(what), report.Text(g.Pattern.String()),
				report.Text(strings.Join(lines, "\n")), report.Text(strings.TrimSpace(references(g.Causes)))}
			if !yield(row, nil) {
				return
			}
		}
	}
}

func (r *Report) peopleRows() iter.Seq2[report.Row, error] {
	return func(yield func(report.Row, error) bool) {
		for _, p := range r.People {
			for i := range p.Changes {
				if !yield(p.row(&p.Changes[i]), nil) {
					return
				}
			}
		}
	}
}

func (p *Person) row(c *Change) report.Row {
	profile := orNone(p.After)
	if p.Before != p.After {
		profile = orNone(p.Before) + " → " + profile
	}
	detail := c.Message
	switch {
	case c.Account != "":
		detail = c.Source + "/" + c.Account
	case c.Code != "":
		detail = c.Code
	case len(c.Intents) > 0:
		detail = strings.Join(c.Intents, "; ")
	}
	return report.Row{report.Text(p.Name), report.Text(p.ID), report.Text(profile), report.Text(c.Kind.Title()), report.Text(c.Attribute),
		report.TextOrNull(c.Before.Text()), report.TextOrNull(c.After.Text()), report.Text(detail), report.Text(strings.TrimSpace(references(c.Causes)))}
}
