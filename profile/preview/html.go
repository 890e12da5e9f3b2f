package preview

import (
	"fmt"
	"io"
	"iter"
	"strings"

	"github.com/idprofile/engine/identity/report"
)

// WriteHTML writes the report as one self-contained page: the verdict and what a gate says
// to it, totals, a chart of the kinds of changes, a table of groups and, when people were
// kept, a table of their changes; the groups open to their people then.
func (r *Report) WriteHTML(w io.Writer) error {
	p := &report.Page{
		Title: "Preview: " + r.verdict(), Verdict: r.htmlVerdict(), Meta: r.meta(),
		Charts: []*report.Chart{r.kindChart()}, Tables: []*report.Table{r.Table()},
	}
	if r.kept {
		p.Tables = append(p.Tables, r.PeopleTable())
	}
	return report.WritePage(w, p, report.HTMLOptions{Interactive: true})
}

// htmlVerdict is the banner: what the gate says, else whether anything changes.
func (r *Report) htmlVerdict() *report.Verdict {
	if len(r.Breaches) == 0 {
		tone := "warn"
		if r.Empty() {
			tone = "good"
		}
		return &report.Verdict{Tone: tone, Text: r.verdict()}
	}

	v := &report.Verdict{Tone: "bad", Text: "The gate is broken: " + r.verdict()}
	for _, x := range r.Breaches {
		v.Items = append(v.Items, x.String())
	}
	return v
}

func (r *Report) kindChart() *report.Chart {
	c := &report.Chart{Kind: report.Bars, Title: "Changes by kind", Unit: "changes"}
	for _, k := range kinds {
		if n := r.Totals.Changes[k]; n > 0 {
			c.Data = append(c.Data, report.Datum{Name: k.Title(), Value: int64(n)})
		}
	}

	return c
}

// Table returns the groups as a table, with the causes as notes.
func (r *Report) Table() *report.Table {
	t := &report.Table{Name: "preview", Title: "Groups of changes", Meta: r.meta(), Notes: r.notes()}

	// Causes become notes, because a table has one row for each group and a cause may stand behind several.
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
		{Key: "people", Header: "People", Kind: report.KindNumber}, {Key: "change", Header: "Change"},
		{Key: "attribute",
			Header: "Attribute"},
		{Key: "pattern", Header: "Pattern"}, {Key: "examples", Header: "Examples", Width: 60},
		{Key: "causes", Header: "Causes"},
	}
	t.Rows = r.groupRows()
	return t
}

// PeopleTable returns a row for each change of a person; there are none unless people
// were kept.
func (r *Report) PeopleTable() *report.Table {
	return &report.Table{
		Name: "preview-people", Title: "Changes of people", Meta: r.meta(), Before: "before", After: "after",
		Columns: []report.Column{
			{Key: "name", Header: "Name"}, {Key: "id", Header: "Identity", Kind: report.KindCode, Minor: true},
			{Key: "profile",
				Header: "Profile"},
			{Key: "change", Header: "Change"}, {Key: "attribute", Header: "Attribute"},
			{Key: "before", Header: "Before",
				Width: 30},
			{Key: "after", Header: "After", Width: 30}, {Key: "detail", Header: "Detail"},
			{Key: "causes", Header: "Causes"},
		},
		Rows: r.peopleRows(),
	}
}

// groupPeople gives the lines of everybody in each group, when people were kept.
func (r *Report) groupPeople() map[*Group][]string {
	out := map[*Group][]string{}
	for _, p := range r.People {
		for i := range p.Changes {
			c := &p.Changes[i]
			line := p.Name
			if !c.Before.IsNull() || !c.After.IsNull() {
				line += ": " + orNone(c.Before.Text()) + " → " + orNone(c.After.Text())
			}
			out[c.group] = append(out[c.group], line)
		}
	}

	return out
}

func (r *Report) meta() []report.Meta {
	m := []report.Meta{{Key: "before", Label: "Before", Value: r.BeforeName},
		{Key: "after", Label: "After", Value: r.AfterName},
		{Key: "now", Label: "Now", Value: r.clock()}}
	for _, l := range r.balance() {
		m = append(m, report.Meta{Key: l.name, Label: strings.ToUpper(l.name[:1]) + l.name[1:],
			Value: fmt.Sprintf("%d → %d", l.before, l.after)})
	}
	for _, k := range kinds {
		if n := r.Totals.Changes[k]; n > 0 {
			m = append(m, report.Meta{Key: string(k), Label: strings.ToUpper(k.Title()[:1]) + k.Title()[1:],
				Value: fmt.Sprint(n)})
		}
	}

	return m
}

func (r *Report) groupRows() iter.Seq2[report.Row, error] {
	return func(yield func(report.Row, error) bool) {
		people := r.groupPeople()

		// A row opens to its people, who are gathered once for all groups.
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
			row := report.Row{report.Int(int64(g.Count)), report.Text(g.Kind.Title()), report.Text(what),
				report.Text(g.Pattern.String()),
				report.Opening(strings.Join(lines, "\n"), people[g]...),
				report.Text(strings.TrimSpace(references(g.Causes)))}
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
	// A person that changes profile is shown with both.
	profile := orNone(p.After)
	if p.Before != p.After {
		profile = orNone(p.Before) + " → " + profile
	}

	// There is one column for what is particular to a kind of change.
	detail := c.Message
	switch {
	case c.Account != "":
		detail = c.Source + "/" + c.Account
	case c.Code != "":
		detail = c.Code
	case len(c.Intents) > 0:
		detail = strings.Join(c.Intents, "; ")
	}

	return report.Row{report.Text(p.Name), report.Text(p.ID), report.Text(profile), report.Text(c.Kind.Title()),
		report.Text(c.Attribute),
		report.TextOrNull(c.Before.Text()), report.TextOrNull(c.After.Text()), report.Text(detail),
		report.Text(strings.TrimSpace(references(c.Causes)))}
}
