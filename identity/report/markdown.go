package report

import (
	"bufio"
	"io"
	"strings"
)

// WriteMarkdown writes a heading, the meta lines as a list, the table and the notes, in the
// table syntax of GitHub Flavored Markdown. Whatever Markdown or HTML would read as markup is
// escaped; line ends inside cells become <br>.
func WriteMarkdown(w io.Writer, t *Table) error {
	if err := t.check(); err != nil {
		return err
	}
	b := bufio.NewWriter(w)

	// Everything that comes from data is escaped, headings included: a display name may hold markup.
	b.WriteString("# " + EscapeMarkdown(t.Heading(), " ", "") + "\n\n")
	if t.Subtitle != "" {
		b.WriteString(EscapeMarkdown(t.Subtitle, " ", "") + "\n\n")
	}
	for _, m := range t.Meta {
		b.WriteString("- " + EscapeMarkdown(m.Display(), " ", "") + ": " + EscapeMarkdown(m.Value, " ", "") + "\n")
	}
	if len(t.Meta) > 0 {
		b.WriteByte('\n')
	}
	at := t.Visible()
	header, rule := "|", "|"
	for _, c := range at {
		header += " " + EscapeMarkdown(t.Columns[c].Header, " ", "") + " |"
		rule += markdownRule(t.Columns[c].Alignment())
	}

	b.WriteString(header + "\n" + rule + "\n")
	err := t.Each(func(r Row) error {
		b.WriteByte('|')
		for _, c := range at {
			b.WriteString(" " + EscapeMarkdown(r[c].Display(), "<br>", "") + " |")
		}
		return b.WriteByte('\n')
	})

	if err != nil {
		return err
	}
	for _, n := range t.Notes {
		b.WriteString("\n" + EscapeMarkdown(n, " ", "") + "\n")
	}
	return b.Flush()
}

// markdownRule is the cell of the line under the header.
func markdownRule(a Align) string {
	switch a {
	case AlignRight:
		return " ---: |"
	case AlignCenter:
		return " :---: |"
	}

	return " --- |"
}

// EscapeMarkdown escapes what GitHub Flavored Markdown or HTML would read as markup, for
// use inside a line; line ends become the given text. Characters in also are escaped, too:
// "@" where a name behind it would be notified.
func EscapeMarkdown(s, lineEnd, also string) string {
	var b strings.Builder
	for i, r := range visible(s) {
		switch {
		case r == '\n':
			b.WriteString(lineEnd)
			continue

		// HTML first: an entity in the data must not become its character.
		case r == '&':
			b.WriteString("&amp;")
			continue
		case r == '<':
			b.WriteString("&lt;")
			continue
		case strings.ContainsRune("\\`*_[]|~>$", r), strings.ContainsRune(also, r), i == 0 &&
			strings.ContainsRune("#+-", r):
			b.WriteByte('\\')
		}

		b.WriteRune(r)
	}

	return b.String()
}
