package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/idprofile/engine/identity/report"
)

// grid is a table for people, without lines.
type grid struct{ w table.Writer }

// newGrid returns a table with the given columns; a name that begins with > is
// aligned to the right.
func newGrid(columns ...string) *grid {
	g := &grid{table.NewWriter()}
	header := make(table.Row, len(columns))
	configs := make([]table.ColumnConfig, len(columns))
	for i, name := range columns {
		configs[i] = table.ColumnConfig{Number: i + 1, Align: text.AlignLeft, AlignHeader: text.AlignLeft}
		if strings.HasPrefix(name, ">") {
			configs[i].Align, configs[i].AlignHeader = text.AlignRight, text.AlignRight
		}
		header[i] = strings.TrimPrefix(name, ">")
	}
	g.w.AppendHeader(header)
	g.w.SetColumnConfigs(configs)
	style := table.StyleDefault
	style.Options = table.OptionsNoBordersAndSeparators
	style.Box.PaddingLeft, style.Box.PaddingRight = "", "  "
	style.Format.Header = text.FormatDefault
	g.w.SetStyle(style)
	g.w.SuppressTrailingSpaces()
	return g
}

func (g *grid) row(cells ...any) {
	for i, c := range cells {
		if s, ok := c.(string); ok {
			cells[i] = report.OneLine(s)
		}
	}
	g.w.AppendRow(cells)
}

func (g *grid) print(a *app, w io.Writer) {
	lines := strings.Split(g.w.Render(), "\n")
	lines[0] = a.paint(text.Bold, lines[0])
	for _, l := range lines {
		fmt.Fprintf(w, "  %s\n", l)
	}
}
