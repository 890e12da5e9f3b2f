package report

import (
	"bufio"
	"io"
	"strings"
	"unicode"
)

// TextOptions are the choices of the plain-text form; the zero value gives every column the
// width it needs, with one line for each line of its cells.
type TextOptions struct {
	// Width is the greatest width of a line in terminal columns, 0 for no limit. No column
	// becomes narrower than 1, so very many columns may still exceed it.
	Width int
	// Ellipsis cuts cells that do not fit (ending them with …) instead of wrapping them, so that
	// every row is one line.
	Ellipsis bool
}

const columnGap = 2

// WriteText writes the table for terminals and log files: heading, meta, aligned columns, notes;
// no colours. Characters a terminal would obey instead of show (controls, direction marks) are
// replaced by visible ones. All rows are held in memory while it runs.
func WriteText(w io.Writer, t *Table, o TextOptions) error {
	rows, err := t.Collect()
	if err != nil {
		return err
	}
	p := newTextPage(t, rows, o)
	b := bufio.NewWriter(w)
	p.head(b, t)
	p.row(b, p.header)

	// The widths depend on all rows, so nothing is written before they are known.
	rule := make([]string, len(p.widths))
	for i, n := range p.widths {
		rule[i] = strings.Repeat("-", n)
	}
	p.line(b, rule)
	for _, r := range p.rows {
		p.row(b, r)
	}
	if len(rows) == 0 {
		b.WriteString("(no rows)\n")
	}
	if len(t.Notes) > 0 {
		b.WriteByte('\n')
	}
	for _, n := range t.Notes {
		p.paragraph(b, visible(n))
	}
	return b.Flush()
}

// textPage is a table made ready for printing in columns.
type textPage struct {
	options TextOptions
	align   []Align
	header  []string
	rows    [][]string
	widths  []int
}

func newTextPage(t *Table, rows [][]string, o TextOptions) *textPage {
	p := &textPage{options: o, rows: rows}
	var natural, floor []int
	for _, c := range t.Visible() {
		h := visible(t.Columns[c].Header)
		p.header = append(p.header, h)
		p.align = append(p.align, t.Columns[c].Alignment())
		natural = append(natural, lineWidth(h))

		// A column is at least as wide as the longest word of its heading, or the heading itself would
		// be broken.
		floor = append(floor, max(t.Columns[c].Width, longestWord(h)))
	}

	// Controls are replaced before anything is measured, since what replaces them has a width.
	for _, r := range rows {
		for i := range r {
			r[i] = visible(r[i])
			if o.Ellipsis {
				r[i] = strings.ReplaceAll(r[i], "\n", "␊")
			}
			natural[i] = max(natural[i], lineWidth(r[i]))
		}
	}

	p.widths = natural
	if o.Width > 0 {
		p.widths = FitWidths(natural, floor, max(1, o.Width-columnGap*(len(natural)-1)))
	}
	return p
}

// head writes what stands above the columns.
func (p *textPage) head(b *bufio.Writer, t *Table) {
	p.paragraph(b, visible(t.Heading()))
	if t.Subtitle != "" {
		p.paragraph(b, visible(t.Subtitle))
	}
	for _, m := range t.Meta {
		p.paragraph(b, visible(m.Display()+": "+m.Value))
	}
	b.WriteByte('\n')
}

// paragraph writes a text on as many lines as it needs.
func (p *textPage) paragraph(b *bufio.Writer, s string) {
	width := p.options.Width
	if width <= 0 {
		width = 1 << 30
	}
	for _, line := range Wrap(s, width, nil) {
		b.WriteString(line)
		b.WriteByte('\n')
	}
}

// row writes the cells of one row, each on as many lines as it needs.
func (p *textPage) row(b *bufio.Writer, cells []string) {
	// The row is as high as its highest cell.
	lines := make([][]string, len(cells))
	height := 1
	for i, c := range cells {
		if p.options.Ellipsis {
			lines[i] = []string{shorten(c, p.widths[i])}
		} else {
			lines[i] = Wrap(c, p.widths[i], nil)
		}

		height = max(height, len(lines[i]))
	}

	for n := range height {
		line := make([]string, len(cells))
		for i := range cells {
			if n < len(lines[i]) {
				line[i] = lines[i][n]
			}
		}

		p.line(b, line)
	}
}

// line writes one line of every column, without spaces at its end.
func (p *textPage) line(b *bufio.Writer, cells []string) {
	var out strings.Builder
	for i, c := range cells {
		if i > 0 {
			out.WriteString(strings.Repeat(" ", columnGap))
		}
		room := max(0, p.widths[i]-DisplayWidth(c))
		left := 0
		switch p.align[i] {
		case AlignRight:
			left = room
		case AlignCenter:
			left = room / 2
		}

		out.WriteString(strings.Repeat(" ", left) + c + strings.Repeat(" ", room-left))
	}

	b.WriteString(strings.TrimRight(out.String(), " "))
	b.WriteByte('\n')
}

// shorten cuts s to width terminal columns, marking the cut.
func shorten(s string, width int) string {
	if DisplayWidth(s) <= width {
		return s
	}
	at, used := 0, 0
	for at < len(s) {
		// A character with its marks is cut as a whole, and one column is kept for the sign of the cut.
		size, w := cluster(s[at:])
		if used+w > width-1 {
			break
		}
		at += size
		used += w
	}

	return s[:at] + "…"
}

// visible replaces what a terminal or page would obey instead of show. Line ends stay, as \n.
func visible(s string) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case r == '\t':
			return ' '
		case r < 0x20:
			return 0x2400 + r // the picture of the control character
		case r == 0x7F:
			return 0x2421
		case obeyed(r):
			return '\uFFFD'
		}

		return r
	}, s)
}

// obeyed reports whether a character does something instead of being shown.
func obeyed(r rune) bool {
	return unicode.Is(unicode.Cc, r) || unicode.Is(unicode.Bidi_Control, r) || r == 0x2028 || r == 0x2029
}

// lineWidth is the width of the widest line of s.
func lineWidth(s string) int {
	n := 0
	for line := range strings.SplitSeq(s, "\n") {
		n = max(n, DisplayWidth(line))
	}
	return n
}

// longestWord is the width of the widest word of s.
func longestWord(s string) int {
	n := 0
	for word := range strings.FieldsSeq(s) {
		n = max(n, DisplayWidth(word))
	}
	return n
}
