package preview

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/idprofile/engine/identity/report"
)

// WriteMarkdown writes the report for a pull request: a verdict, totals, what
// differs in the configuration, and a table of groups with examples folded away.
func (r *Report) WriteMarkdown(w io.Writer) error {
	b := bufio.NewWriter(w)
	report.Fprintf(b, "## Preview: %s\n\n", r.verdict())
	if r.BeforeName != "" || r.AfterName != "" {
		report.Fprintf(b, "`%s` → `%s`, now is %s%s\n\n", r.BeforeName, r.AfterName, r.clock(), r.onAccounts())
	}

	// Breaches come before the totals: a reviewer sees first why the check is red.
	for _, x := range r.Breaches {
		report.Fprintf(b, "- ❌ **gate** %s\n", md(x.String()))
	}
	if len(r.Breaches) > 0 {
		b.WriteByte('\n')
	}
	report.Fprintf(b, "| | before | after |\n| --- | ---: | ---: |\n")
	for _, l := range r.balance() {
		report.Fprintf(b, "| %s | %d | %d |\n", l.name, l.before, l.after)
	}
	for _, n := range r.notes() {
		report.Fprintf(b, "\n> %s\n", md(n))
	}
	r.markdownCauses(b)
	r.markdownGroups(b)
	r.markdownPeople(b)
	return b.Flush()
}

func (r *Report) verdict() string {
	if r.Empty() {
		return "nothing changes for anybody"
	}
	return fmt.Sprintf("%d of %s change (%s)", r.Totals.People,
		plural(max(r.Totals.Before, r.Totals.After), "person", "people"), r.share(r.Totals.People))
}

func (r *Report) markdownCauses(b *bufio.Writer) {
	if len(r.Causes) == 0 {
		return
	}
	b.WriteString("\n### What differs in the configuration\n\n")
	for i := range r.Causes {
		c := &r.Causes[i]
		report.Fprintf(b, "%d. %s %s\n", i+1, md(c.title()), c.Change)
		for _, d := range c.Places {
			report.Fprintf(b, "   - %s\n", md(d.line()))
		}
		if c.More > 0 {
			report.Fprintf(b, "   - and %s\n", plural(c.More, "more place", "more places"))
		}
	}
}

func (r *Report) markdownGroups(b *bufio.Writer) {
	if len(r.Groups) == 0 {
		return
	}
	b.WriteString("\n### What changes for people\n\n| people | change | causes |\n| ---: | --- | --- |\n")
	for _, g := range r.Groups {
		report.Fprintf(b, "| %d | %s | %s |\n", g.Count, md(g.Title()), md(strings.TrimSpace(references(g.Causes))))
	}

	// Examples are folded away, since a comment has a limit of length and reviewers read the table.
	b.WriteString("\n<details>\n<summary>Examples</summary>\n\n")
	for _, g := range r.Groups {
		report.Fprintf(b, "**%s**\n\n", md(g.Title()))
		if len(g.Intents) > 0 {
			report.Fprintf(b, "Due: %s\n\n", md(strings.Join(g.Intents, "; ")))
		}
		for _, p := range g.Pairs {
			if g.Kind.hasValues() {
				report.Fprintf(b, "- %d × %s\n", p.Count, md(transition(p.Before, p.After)))
			}
		}

		for i := range g.Examples {
			report.Fprintf(b, "- %s\n", md(squeeze(g.example(&g.Examples[i]))))
		}
		b.WriteByte('\n')
	}

	b.WriteString("</details>\n")
}

func (r *Report) markdownPeople(b *bufio.Writer) {
	if len(r.People) == 0 {
		return
	}
	b.WriteString("\n<details>\n<summary>People</summary>\n\n")
	for _, p := range r.People {
		report.Fprintf(b, "- %s\n", md(p.title()))
		for i := range p.Changes {
			report.Fprintf(b, "  - %s%s\n", md(p.Changes[i].line()), md(references(p.Changes[i].Causes)))
		}
	}

	b.WriteString("\n</details>\n")
}

// squeeze makes one blank of several, which only line up columns.
func squeeze(s string) string {
	for strings.Contains(s, "  ") {
		s = strings.ReplaceAll(s, "  ", " ")
	}
	return s
}

// md escapes what Markdown or HTML would read as markup, and names that a code host
// would notify.
func md(s string) string { return report.EscapeMarkdown(s, " ", "@") }
