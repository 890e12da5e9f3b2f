package dictionary

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/idprofile/engine/identity/report"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/survey"
)

// markdown writes Markdown as GitHub has it.
type markdown struct{ *bufio.Writer }

func (m markdown) f(format string, args ...any) { fmt.Fprintf(m, format, args...) }

// text is a text that means nothing to Markdown.
func text(s string) string { return report.EscapeMarkdown(report.OneLine(s), " ", "") }

// cell is a text within a table.
func cell(s string) string { return report.EscapeMarkdown(report.OneLine(s), " ", "|") }

// code is a text within code marks.
func code(s string) string {
	s = report.OneLine(s)
	mark := "`"
	for strings.Contains(s, mark) {
		mark += "`"
	}
	if strings.HasPrefix(s, "`") || strings.HasSuffix(s, "`") {
		s = " " + s + " "
	}
	return mark + s + mark
}

// codeCell is code within a table, where even that must not have a bar.
func codeCell(s string) string { return strings.ReplaceAll(code(s), "|", `\|`) }

// fence writes lines as they are.
func (m markdown) fence(indent, lines string) {
	mark := "```"
	for strings.Contains(lines, mark) {
		mark += "`"
	}
	m.f("%s%stext\n%s%s\n%s%s\n", indent, mark, indent, strings.ReplaceAll(lines, "\n", "\n"+indent), indent, mark)
}

// WriteMarkdown writes the dictionary as one page of Markdown.
func (d *Dictionary) WriteMarkdown(w io.Writer, title string) error {
	m := markdown{bufio.NewWriter(w)}
	m.f("# %s\n\n%s\n\n", text(title), d.Summary())

	// The overview comes first, a line for each mapping, as nobody reads a page of hundreds of
	// attributes from its beginning.
	m.f("| attribute | profile | rule | filled | read by |\n|---|---|---|---:|---|\n")
	for _, a := range d.Attributes {
		if len(a.Mappings) == 0 {
			m.f("| %s | %s | | | %d |\n", cell(a.Name), a.unmapped(), len(a.ReadBy))
		}
		for _, p := range a.Mappings {
			m.f("| %s | %s | %s | %s | %d |\n", cell(a.Name), cell(p.Profile), codeCell(shortened(p.Rule)),
				Share(p.Data),
				len(a.ReadBy))
		}
	}

	for _, a := range d.Attributes {
		m.attribute(a)
	}

	m.f("\n# Transforms\n")
	for _, t := range d.Transforms {
		m.f("\n## Transform %s\n\n", text(t.Name))
		m.fence("", t.Lines)
		m.list("Used by", t.UsedBy, "nobody")
		m.list("Tests", testNames(t.Tests), "none")
		m.place(t.Pos.String())
	}

	if len(d.Tables) > 0 {
		m.f("\n# Look-up tables\n")
	}
	for _, t := range d.Tables {
		m.f("\n## Table in %s\n\n| of | becomes |\n|---|---|\n", text(t.In))
		for _, e := range t.Entries {
			m.f("| %s | %s |\n", codeCell(e.Key), codeCell(e.Value))
		}
		m.f("\n")
		if len(t.Missed) > 0 {
			m.f("* Values of the data that it does not have: %s\n", counts(t.Missed))
		}
		m.place(t.Pos.String())
	}

	return m.Flush()
}

// Summary says in one line what is described.
func (d *Dictionary) Summary() string {
	mapped, mappings, tested := 0, 0, 0
	for _, a := range d.Attributes {
		if len(a.Mappings) > 0 {
			mapped++
		}
		for i := range a.Mappings {
			mappings++
			tested += min(1, len(a.Mappings[i].Tests))
		}
	}

	return fmt.Sprintf("%s, %d mapped; %s, %d with a test; %s; %s.", plural(len(d.Attributes), "identity attribute"),
		mapped,
		plural(mappings, "mapping"), tested, plural(len(d.Transforms), "transform"),
		plural(len(d.Tables), "look-up table"))
}

func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}

func (a *Attribute) unmapped() string {
	if a.Given {
		return "(the platform)"
	}
	return "(none)"
}

// Kind says in words what kind of attribute it is.
func (a *Attribute) Kind() string {
	var words []string
	for _, w := range []struct {
		is   bool
		word string
	}{{a.Required, "required"}, {a.Standard, "standard"}, {a.Searchable, "searchable"},
		{a.Multi, "several values"}, {a.Given, "given by the platform"}} {
		if w.is {
			words = append(words, w.word)
		}
	}

	return strings.Join(words, ", ")
}

func (m markdown) attribute(a *Attribute) {
	m.f("\n## %s\n\n", text(a.Name))
	if a.DisplayName != "" || a.Kind() != "" {
		// Either part may be missing, and the separator with it.
		m.f("%s\n\n", text(strings.Trim(a.DisplayName+"; "+a.Kind(), "; ")))
	}
	if len(a.Mappings) == 0 && !a.Given {
		m.f("No profile maps it.\n\n")
	}
	for i := range a.Mappings {
		p := &a.Mappings[i]
		m.f("* **%s**\n\n", text(p.Profile))
		m.fence("  ", p.Lines)
		m.f("\n")
		m.inner("from", p.Accounts)
		m.inner("reads of the identity", p.Identity)
		m.inner("by the transforms", p.Transforms)
		m.inner("tested by", testNames(p.Tests))
		if p.Data != nil {
			m.f("  * filled: %s (%d of %d)%s\n", Share(p.Data), p.Data.Filled, p.Data.Rows, looks(p.Data))
		}
		for _, n := range p.Nulls {
			m.f("  * null for %d: %s\n", n.Count, text(n.Reason))
		}
		if p.Pos.File != "" {
			m.f("  * in %s\n", code(p.Pos.String()))
		}
	}

	var readers []string
	for _, r := range a.ReadBy {
		readers = append(readers, r.String())
	}
	m.list("Read by", readers, "nobody")
}

func looks(s *survey.Stats) string {
	out := ""
	if len(s.Patterns) > 0 {
		out += "; built as " + counts(s.Patterns[:min(3, len(s.Patterns))])
	}
	if len(s.Values) > 0 {
		out += "; most often " + counts(s.Values[:min(5, len(s.Values))])
	}
	return out
}

func counts(list []survey.Count) string {
	var parts []string
	for _, c := range list {
		parts = append(parts, fmt.Sprintf("%s %d", code(c.Text), c.Count))
	}
	return strings.Join(parts, ", ")
}

func (m markdown) inner(title string, list []string) {
	if len(list) == 0 {
		return
	}
	var names []string
	for _, s := range list {
		names = append(names, code(s))
	}
	m.f("  * %s %s\n", title, strings.Join(names, ", "))
}

func (m markdown) list(title string, list []string, none string) {
	m.f("\n* %s: ", title)
	if len(list) == 0 {
		m.f("%s", none)
	}
	for i, s := range list {
		if i > 0 {
			m.f(", ")
		}
		m.f("%s", text(s))
	}

	m.f("\n")
}

func (m markdown) place(pos string) {
	if pos != "" {
		m.f("* In %s\n", code(pos))
	}
}

// testNames are names of tests with their files.
func testNames(list []Test) []string {
	var names []string
	for _, t := range list {
		names = append(names, t.Name+" ("+t.File+")")
	}
	return names
}

// String is the reader in words.
func (r Reader) String() string {
	kind := strings.ToLower(strings.ReplaceAll(string(r.Kind), "_", " "))
	if r.Kind == config.LineageCorrelation || r.Kind == config.LineageManager ||
		r.Kind == config.LineageCreateProfile ||
		r.Kind == config.LineageLifecycle {
		kind += " of"
	}
	return kind + " " + r.Name + " (" + r.How + ")"
}

// Share is how many values are there, as a percentage; "" without data.
func Share(s *survey.Stats) string {
	if s == nil || s.Rows == 0 {
		return ""
	}
	return fmt.Sprintf("%.1f %%", 100*float64(s.Filled)/float64(s.Rows))
}

// shortened is the beginning of a long rule.
func shortened(s string) string {
	const most = 120
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}
