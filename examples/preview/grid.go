package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/idprofile/engine/identity/report"
)

// grid is a table for people, without lines.
type grid struct {
	w       table.Writer
	header  []string
	right   []bool
	rows    [][]string
	natural []int // columns that the widest cell takes
	word    []int // columns of the longest word
}

// part is how much of a word stands in a line at least.
const part = 24

// gap are the blanks between columns.
const gap = 2

// newGrid returns a table with the given columns; a name that begins with > is
// aligned to the right.
func newGrid(columns ...string) *grid {
	g := &grid{w: table.NewWriter(), right: make([]bool, len(columns)), natural: make([]int, len(columns)),
		word: make([]int, len(columns))}
	header := make(table.Row, len(columns))
	for i, name := range columns {
		name, g.right[i] = strings.CutPrefix(name, ">")
		header[i], g.header = name, append(g.header, name)
		g.measure(i, name)
	}

	g.w.AppendHeader(header)
	style := table.StyleDefault
	style.Options = table.OptionsNoBordersAndSeparators
	style.Box.PaddingLeft, style.Box.PaddingRight = "", strings.Repeat(" ", gap)
	style.Format.Header = text.FormatDefault
	g.w.SetStyle(style)
	g.w.SuppressTrailingSpaces()
	return g
}

// measure takes the width of a cell into account.
func (g *grid) measure(column int, s string) {
	g.natural[column] = max(g.natural[column], report.DisplayWidth(s))
	for word := range strings.FieldsSeq(s) {
		g.word[column] = max(g.word[column], min(report.DisplayWidth(word), part))
	}
}

func (g *grid) row(cells ...any) {
	texts := make([]string, len(cells))
	for i, c := range cells {
		if s, ok := c.(string); ok {
			cells[i] = report.OneLine(s)
		}
		texts[i] = fmt.Sprint(cells[i])
		g.measure(i, texts[i])
	}

	g.rows = append(g.rows, texts)
	g.w.AppendRow(cells)
}

// print writes the table, fitted to the terminal: what is too wide is broken at words, and
// where not even the words fit, each row is a list.
func (g *grid) print(a *app, w io.Writer) {
	// Without a terminal the width is not known, and lines stay whole for programs that cut them.
	widths := g.natural
	if a.width > 0 {
		// Two columns of the terminal are the indent.
		total := a.width - 2 - gap*(len(g.natural)-1)
		words := 0
		for _, n := range g.word {
			words += n
		}

		// Words are never broken: an id that is cut cannot be searched for.
		if words > total {
			if k := g.fitting(a.width); k > 1 {
				g.printNarrow(a, w, k)
			} else {
				g.printLists(a, w)
			}
			return
		}

		widths = report.FitWidths(g.natural, g.word, total)
	}

	configs := make([]table.ColumnConfig, len(widths))
	for i := range configs {
		align := text.AlignLeft
		if g.right[i] {
			align = text.AlignRight
		}
		configs[i] = table.ColumnConfig{
			Number: i + 1, Align: align, AlignHeader: align, VAlignHeader: text.VAlignBottom,
			WidthMax: widths[i], WidthMaxEnforcer: broken,
		}
	}

	g.w.SetColumnConfigs(configs)

	rendered := g.w.Render()

	// Lines of the heading are made bold after the table is laid out, since the escapes would count as
	// width.
	heads := g.headLines(widths)
	for i, l := range strings.Split(rendered, "\n") {
		if i < heads {
			l = a.paint(text.Bold, l)
		}
		fmt.Fprintf(w, "  %s\n", l)
	}
}

// fitting is how many of the first columns stand beside each other without a break.
func (g *grid) fitting(width int) int {
	used := 2 - gap // the indent
	for i, n := range g.natural {
		if used += gap + n; used > width {
			return i
		}
	}
	return len(g.natural)
}

// printNarrow writes the first columns as a table, and below each row what the others hold.
func (g *grid) printNarrow(a *app, w io.Writer, columns int) {
	names := slices.Clone(g.header[:columns])
	for i := range names {
		if g.right[i] {
			names[i] = ">" + names[i]
		}
	}
	narrow := newGrid(names...)
	for _, row := range g.rows {
		cells := make([]any, columns)
		for i := range cells {
			cells[i] = row[i]
		}
		narrow.row(cells...)
	}

	var b strings.Builder
	narrow.print(a, &b)
	lines := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
	fmt.Fprintln(w, lines[0])
	for i, l := range lines[1:] {
		fmt.Fprintln(w, l)
		if rest := g.list(a, g.rows[i], columns); rest != "" {
			fmt.Fprintf(w, "      %s\n", rest)
		}
	}
}

// list is what cells of a row are called and hold, from a column on.
func (g *grid) list(a *app, row []string, from int) string {
	var cells []string
	for i, cell := range row {
		if i >= from && cell != "" {
			cells = append(cells, a.paint(text.Bold, g.header[i])+" "+cell)
		}
	}
	return strings.Join(cells, ", ")
}

// printLists writes each row as a list of what its cells are called and hold.
func (g *grid) printLists(a *app, w io.Writer) {
	for _, row := range g.rows {
		fmt.Fprintf(w, "  %s\n", g.list(a, row, 0))
	}
}

// headLines is how many lines the header takes.
func (g *grid) headLines(widths []int) int {
	lines := 1
	for i, name := range g.header {
		lines = max(lines, len(report.Wrap(name, widths[i], nil)))
	}
	return lines
}

// broken breaks a cell at words.
func broken(s string, width int) string {
	if width <= 0 || report.DisplayWidth(s) <= width {
		return s
	}
	return strings.Join(report.Wrap(s, width, nil), "\n")
}
