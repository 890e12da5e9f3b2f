package linkage

import (
	"bufio"
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	safe "github.com/idprofile/engine/identity/report"
)

// barWidth is how many characters, or steps of the picture, the widest bar has.
const barWidth = 24

// WriteText writes the explanation as a waterfall for a terminal: what each field
// adds to the evidence, from the prior to the sum.
func (e *Explanation) WriteText(w io.Writer) error {
	out := bufio.NewWriter(w)
	safe.Fprintf(out, "%s and %s: %s, probability %.4f\n", e.A, e.B, e.Band, e.Probability)

	// The figures are right all the same, and who asks wants to know why nothing was linked.
	if !e.Compared() {
		safe.Fprintf(out, "  never compared: no blocking key finds both; this is what would come out\n")
	}
	scale := e.scale()
	sum := e.Prior
	safe.Fprintf(out, "  %-24s %8.2f  %s\n", "prior", e.Prior, bar(0, e.Prior, scale))
	for _, f := range e.Fields {
		safe.Fprintf(out, "  %-24s %+8.2f  %s  %s: %q / %q", f.Field, f.Bits, bar(sum, sum+f.Bits, scale),
			f.Level, f.A, f.B)
		if f.M > 0 {
			safe.Fprintf(out, "  m %.4f u %.2g", f.M, f.U)
		}
		safe.Fprintln(out)
		sum += f.Bits
	}

	safe.Fprintf(out, "  %-24s %8.2f  %s\n", "sum", e.Bits, bar(0, e.Bits, scale))
	e.writeRest(out)
	return out.Flush()
}

// writeRest writes what depends on other records.
func (e *Explanation) writeRest(out io.Writer) {
	if len(e.FoundBy) > 0 {
		safe.Fprintf(out, "  found by %s\n", strings.Join(e.FoundBy, ", "))
	}
	if e.Veto != "" {
		safe.Fprintf(out, "  not linked by itself: %s\n", e.Veto)
	}
	if e.RunnerUp != nil {
		safe.Fprintf(out, "  next candidate %s with %.2f bits, probability %.4f\n", e.RunnerUp.ID, e.RunnerUp.Bits,
			e.RunnerUp.Probability)
	}
	for _, c := range e.Changes {
		safe.Fprintf(out, "  %s %s: probability %.4f, %s\n", c.Field, c.What, c.Probability, c.Band)
	}
}

// span is the least and the most that the sum reaches on its way.
type span struct{ low, high float64 }

func (e *Explanation) scale() span {
	s := span{low: min(0, e.Prior), high: max(0, e.Prior)}
	sum := e.Prior
	for _, f := range e.Fields {
		sum += f.Bits
		s.low, s.high = min(s.low, sum), max(s.high, sum)
	}

	if s.high-s.low < 1 {
		s.high = s.low + 1
	}
	return s
}

// place returns where a number of bits stands, from 0 to a width.
func (s span) place(bits, width float64) float64 { return (bits - s.low) / (s.high - s.low) * width }

// bar draws what one step adds.
func bar(from, to float64, s span) string {
	mark := '+'
	if to < from {
		from, to, mark = to, from, '-'
	}
	x, y := int(s.place(from, barWidth)), int(s.place(to, barWidth))
	zero := int(s.place(0, barWidth))
	line := []rune(strings.Repeat(" ", barWidth+1))
	line[zero] = '|'
	for i := x; i < y; i++ {
		line[i] = mark
	}
	return string(line)
}

// The measures of the picture, in pixels.
const (
	pictureWidth = 900
	rowHeight    = 22
	barsFrom     = 190
	barsWidth    = 380
)

// WriteSVG writes the explanation as a waterfall in SVG, without scripts or fonts
// of its own.
func (e *Explanation) WriteSVG(w io.Writer) error {
	out := bufio.NewWriter(w)
	rows := len(e.Fields) + 2
	fmt.Fprintf(out, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="sans-serif" font-size="12">`+"\n", pictureWidth, (rows+2)*rowHeight)
	fmt.Fprintf(out, `<title>%s and %s: %s, probability %.4f</title>`+"\n", escaped(e.A), escaped(e.B), e.Band,
		e.Probability)
	scale := e.scale()

	// The bars go on from each other, so that the sum can be followed by eye: prior, each field, sum.
	e.row(out, 0, scale, step{name: "prior", to: e.Prior})
	sum := e.Prior
	for i, f := range e.Fields {
		note := fmt.Sprintf("%s: %s / %s", f.Level, f.A, f.B)
		e.row(out, i+1, scale, step{name: f.Field, note: note, from: sum, to: sum + f.Bits})
		sum += f.Bits
	}

	e.row(out, rows-1, scale, step{
		name: "sum",
		note: fmt.Sprintf("probability %.4f, %s", e.Probability, e.Band),
		to:   e.Bits,
	})
	x := barsFrom + scale.place(0, barsWidth)
	fmt.Fprintf(out, `<line x1="%.1f" y1="%d" x2="%.1f" y2="%d" stroke="#888"/>`+"\n</svg>\n", x, rowHeight/2, x,
		(rows+1)*rowHeight)
	return out.Flush()
}

// step is one row of a waterfall.
type step struct {
	name, note string
	from, to   float64
}

func (e *Explanation) row(out io.Writer, i int, scale span, s step) {
	color := "#2a7"
	if s.to < s.from {
		color = "#c43"
	}
	if s.name == "prior" || s.name == "sum" {
		color = "#357"
	}
	x, y := scale.place(min(s.from, s.to), barsWidth), scale.place(max(s.from, s.to), barsWidth)
	top := (i + 1) * rowHeight
	fmt.Fprintf(out, `<text x="8" y="%d">%s</text>`, top+12, escaped(s.name))
	fmt.Fprintf(out, `<rect x="%.1f" y="%d" width="%.1f" height="14" fill="%s"/>`, barsFrom+x, top, max(y-x, 1), color)
	fmt.Fprintf(out, `<text x="%d" y="%d">%+.2f</text>`, barsFrom+barsWidth+8, top+12, s.to-s.from)
	fmt.Fprintf(out, `<text x="%d" y="%d">%s</text>`+"\n", barsFrom+barsWidth+64, top+12, escaped(s.note))
}

func escaped(s string) string {
	var b strings.Builder
	if xml.EscapeText(&b, []byte(s)) != nil {
		return ""
	}
	return b.String()
}
