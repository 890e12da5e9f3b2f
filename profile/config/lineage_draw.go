package config

import (
	"bufio"
	"cmp"
	"fmt"
	"html"
	"io"
	"slices"
	"strings"
	"unicode"
)

// Part returns the lineage of some nodes: they, what they are made of, and what uses them.
func (l *Lineage) Part(nodes ...int) *Lineage {
	keep := make([]bool, len(l.Nodes))
	for _, n := range nodes {
		keep[n] = true
		for _, up := range []bool{false, true} {
			l.Walk(n, up, func(_ LineageEdge, to, _ int) { keep[to] = true })
		}
	}

	return l.only(func(n int) bool { return keep[n] })
}

// only returns the lineage of the nodes for which keep is true.
func (l *Lineage) only(keep func(n int) bool) *Lineage {
	part := &Lineage{Nodes: []LineageNode{}, Edges: []LineageEdge{}}
	number := make([]int, len(l.Nodes))
	for i := range l.Nodes {
		number[i] = -1
		if keep(i) {
			number[i] = len(part.Nodes)
			part.Nodes = append(part.Nodes, l.Nodes[i])
		}
	}

	// Edges whose ends are both kept stay; one that lost an end would lead to nowhere.
	part.in, part.out = make([][]int, len(part.Nodes)), make([][]int, len(part.Nodes))
	for _, e := range l.Edges {
		e.From, e.To = number[e.From], number[e.To]
		if e.From < 0 || e.To < 0 {
			continue
		}
		part.in[e.To] = append(part.in[e.To], len(part.Edges))
		part.out[e.From] = append(part.out[e.From], len(part.Edges))
		part.Edges = append(part.Edges, e)
	}

	return part
}

// Drawn returns what a drawing of the lineage shows: all that values flow through. Left out
// are sources, whose names stand before their attributes, profiles, what tells accounts
// apart, and what nothing is linked with.
func (l *Lineage) Drawn() *Lineage {
	shown := l.only(func(n int) bool {
		switch l.Nodes[n].Kind {
		case LineageSource, LineageProfile, LineageAccounts:
			return false
		}

		return true
	})

	return shown.only(func(n int) bool { return len(shown.in[n])+len(shown.out[n]) > 0 })
}

// Title is the name of a node for a drawing, with its kind where the name does not tell.
func (n *LineageNode) Title() string {
	switch n.Kind {
	case LineageCorrelation:
		return "correlation of " + n.Name
	case LineageManager:
		return "manager of " + n.Name
	case LineageLifecycle:
		return "states of " + n.Name
	case LineageCreateProfile:
		return "new accounts of " + n.Name
	case LineageAccountAttribute, LineageTransform, LineageMapping, LineageIdentityAttribute, LineageSource:
		return n.String()
	}

	return strings.ToLower(strings.ReplaceAll(string(n.Kind), "_", " ")) + " " + n.String()
}

// WriteDOT writes the lineage in the language of Graphviz, from left to right.
func (l *Lineage) WriteDOT(w io.Writer) error {
	b := bufio.NewWriter(w)
	b.WriteString("digraph lineage {\n  rankdir=LR\n  node [shape=box, fontname=\"sans-serif\", fontsize=10]\n")
	for i := range l.Nodes {
		fmt.Fprintf(b, "  n%d [label=%s, class=%s]\n", i, dotText(l.Nodes[i].Title()),
			dotText(strings.ToLower(string(l.Nodes[i].Kind))))
	}
	for _, e := range l.Edges {
		fmt.Fprintf(b, "  n%d -> n%d [tooltip=%s]\n", e.From, e.To, dotText(e.How))
	}
	b.WriteString("}\n")
	return b.Flush()
}

func dotText(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(printable(s)) + `"`
}

// printable is a text without control characters.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return '\ufffd'
		}
		return r
	}, s)
}

// WriteMermaid writes the lineage as a Mermaid flow chart, which many Markdown viewers draw.
func (l *Lineage) WriteMermaid(w io.Writer) error {
	b := bufio.NewWriter(w)
	b.WriteString("flowchart LR\n")
	for i := range l.Nodes {
		open, end := "[", "]"
		switch l.Nodes[i].Kind {
		case LineageAccountAttribute:
			open, end = "([", "])"
		case LineageIdentityAttribute:
			open, end = "{{", "}}"
		}

		fmt.Fprintf(b, "  n%d%s\"%s\"%s\n", i, open, mermaidText(l.Nodes[i].Title()), end)
	}

	// Several reasons for one edge are drawn as one line.
	drawn := map[[2]int]bool{}
	for _, e := range l.Edges {
		if pair := [2]int{e.From, e.To}; !drawn[pair] {
			drawn[pair] = true
			fmt.Fprintf(b, "  n%d --> n%d\n", e.From, e.To)
		}
	}

	return b.Flush()
}

// mermaidText writes everything that could mean something as a character entity.
func mermaidText(s string) string {
	var b strings.Builder
	for _, r := range printable(s) {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune(" ./_-,:", r) {
			b.WriteRune(r)
		} else {
			fmt.Fprintf(&b, "#%d;", r)
		}
	}

	return b.String()
}

// The measures of a drawing, in pixels.
const (
	nodeWidth  = 200
	nodeHeight = 26
	rowHeight  = 34
	columnGap  = 70
	nodeLetter = 27 // letters that fit
)

const lineageStyle = `
.lineage { font: 12px system-ui, sans-serif; }
.lineage rect { fill: var(--card, #fff); stroke: var(--line, #b9c2ce); }
.lineage text { fill: var(--ink, #18202b); }
.lineage path { fill: none; stroke: var(--soft, #566070); stroke-opacity: .45; }
.lineage .tone { stroke: none; fill: var(--c5, #5f7285); }
.lineage .tone.transform { fill: var(--c4, #8a4fbf); }
.lineage .tone.mapping { fill: var(--c3, #b5651d); }
.lineage .tone.identity_attribute { fill: var(--c1, #3467d6); }
.lineage .tone.rule { fill: var(--c6, #c2456f); }
.lineage .tone.reader { fill: var(--c2, #0e8a83); }
`

// WriteSVG writes the lineage as a drawing that stands alone and inside of a page, whose
// colours it takes: account attributes on the left, what uses identity attributes on the
// right. The title is what a reader hears who does not see it.
func (l *Lineage) WriteSVG(w io.Writer, title string) error {
	b := bufio.NewWriter(w)
	columns := l.columns()
	x, y := make([]int, len(l.Nodes)), make([]int, len(l.Nodes))

	// All columns are centred to the longest, so that lines stay short.
	rows := 1
	for _, c := range columns {
		rows = max(rows, len(c))
	}
	width, height := len(columns)*(nodeWidth+columnGap)-columnGap+8, rows*rowHeight+8
	for i, c := range columns {
		top := 4 + (rows-len(c))*rowHeight/2
		for k, n := range c {
			x[n], y[n] = 4+i*(nodeWidth+columnGap), top+k*rowHeight+(rowHeight-nodeHeight)/2
		}
	}

	fmt.Fprintf(b, `<svg xmlns="http://www.w3.org/2000/svg" class="lineage" role="img" aria-label="%s" width="%d" height="%d" viewBox="0 0 %d %d">`+"\n",
		html.EscapeString(printable(title)), max(width, 8), height, max(width, 8), height)
	fmt.Fprintf(b, "<title>%s</title>\n<style>%s</style>\n", html.EscapeString(printable(title)), lineageStyle)

	// Edges first: nodes are drawn over them.
	for _, e := range l.Edges {
		from, to := x[e.From]+nodeWidth, x[e.To]
		y1, y2 := y[e.From]+nodeHeight/2, y[e.To]+nodeHeight/2
		bend := max(columnGap/2, (to-from)/2)
		fmt.Fprintf(b, `<path d="M%d %d C%d %d %d %d %d %d"><title>%s</title></path>`+"\n", from, y1,
			from+bend, y1, to-bend,
			y2, to, y2,
			html.EscapeString(printable(fmt.Sprintf("%s → %s: %s", l.Nodes[e.From].Title(), l.Nodes[e.To].Title(),
				e.How))))
	}

	for i := range l.Nodes {
		n := &l.Nodes[i]
		tone := strings.ToLower(string(n.Kind))
		if rank(n.Kind) == len(lineageOrder) || rank(n.Kind) > rank(LineageIdentityAttribute) {
			tone = "reader"
		}

		// A long name is cut in the box and whole in its title.
		name := []rune(printable(n.Title()))
		if len(name) > nodeLetter {
			name = append(name[:nodeLetter-1], '…')
		}
		fmt.Fprintf(b, `<g><title>%s</title><rect x="%d" y="%d" width="%d" height="%d" rx="4"/><rect class="tone %s" x="%d" y="%d" width="4" height="%d"/><text x="%d" y="%d">%s</text></g>`+"\n",
			html.EscapeString(printable(n.Title())), x[i], y[i], nodeWidth, nodeHeight, tone, x[i], y[i], nodeHeight,
			x[i]+11, y[i]+17, html.EscapeString(string(name)))
	}

	b.WriteString("</svg>\n")
	return b.Flush()
}

// columns are the nodes from left to right, in each column from top to bottom.
func (l *Lineage) columns() [][]int {
	// Transforms stand right of those that they refer to.
	// A transform in a circle has no depth; it is left where the walk came to it.
	depth := make([]int, len(l.Nodes))
	busy := make([]bool, len(l.Nodes))
	var deep func(n int) int
	deep = func(n int) int {
		if l.Nodes[n].Kind != LineageTransform || busy[n] {
			return 0
		}
		if depth[n] > 0 {
			return depth[n]
		}
		busy[n] = true
		d := 1
		for _, e := range l.in[n] {
			d = max(d, 1+deep(l.Edges[e].From))
		}
		busy[n], depth[n] = false, d
		return d
	}

	// Transforms take as many columns as their longest chain.
	transforms := 0
	for i := range l.Nodes {
		transforms = max(transforms, deep(i))
	}

	// A column each for what comes from outside, mappings, identity attributes, and all that these lead to.
	columns := make([][]int, transforms+4)
	for i := range l.Nodes {
		at := transforms + 3
		switch k := l.Nodes[i].Kind; k {
		case LineageSource, LineageAccountAttribute, LineageRule:
			at = 0
		case LineageTransform:
			at = depth[i]
		case LineageMapping:
			at = transforms + 1
		case LineageIdentityAttribute:
			at = transforms + 2
		}

		columns[at] = append(columns[at], i)
	}

	columns = slices.DeleteFunc(columns, func(c []int) bool { return len(c) == 0 })
	l.untangle(columns)
	return columns
}

// untangle puts the nodes of each column at the height of what they are linked with, a few
// times over, so that few lines cross.
func (l *Lineage) untangle(columns [][]int) {
	place := make([]float64, len(l.Nodes))
	settle := func(c []int) {
		for k, n := range c {
			place[n] = float64(k) - float64(len(c)-1)/2
		}
	}
	for _, c := range columns {
		settle(c)
	}

	// The middle of its neighbours is a good height for a node. Sweeps go forth and back, because moving a
	// column moves the middles of the next; after eight hardly anything moves any more.
	middle := make([]float64, len(l.Nodes))
	for sweep := range 8 {
		for i := range columns {
			c := columns[i]
			if sweep%2 == 1 {
				c = columns[len(columns)-1-i]
			}
			for _, n := range c {
				sum, count := 0.0, 0
				for _, e := range l.in[n] {
					sum, count = sum+place[l.Edges[e].From], count+1
				}
				for _, e := range l.out[n] {
					sum, count = sum+place[l.Edges[e].To], count+1
				}
				middle[n] = sum / float64(max(count, 1))
			}

			slices.SortStableFunc(c, func(a, b int) int { return cmp.Compare(middle[a], middle[b]) })
			settle(c)
		}
	}
}
