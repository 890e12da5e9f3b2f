package report

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"math"
	"strings"
	"sync"
)

//go:embed look.css
var lookStyle string

// Stylesheet returns the style of everything that is shown in a browser, so that a program's own
// pages look like its reports. Its colours are custom properties; they follow the reader's light
// or dark scheme.
func Stylesheet() string { return lookStyle }

//go:embed chart.svg.tmpl
var chartSource string

var chartTemplates = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("").Parse(chartSource))
})

// ChartKind says how a chart draws its values.
type ChartKind string

// The kinds of charts.
const (
	Bars    ChartKind = "bars"    // lying, one under the other: to compare
	Share   ChartKind = "share"   // one bar in pieces, with a legend: parts of a whole
	Columns ChartKind = "columns" // standing, side by side: in the course of time
)

// Datum is one value of a chart.
type Datum struct {
	Name  string
	Value int64
	Part  int64  // of [Bars]: how much of the value is drawn as bad, such as identities with exceptions
	Tone  string // 1 to 6, good, warn or bad; empty: by its place
	Link  string // what the mark stands for, in the attribute data-link of the drawing; empty: nothing
}

// Chart is a small drawing of a few values. Whoever does not see it hears its title and all values.
type Chart struct {
	Kind  ChartKind
	Title string
	Unit  string // what is counted, such as "identities"
	Data  []Datum
}

// WriteChart writes a chart as an HTML figure with inline SVG: no scripts, nothing loaded, all
// colours from [Stylesheet]. All texts are escaped. A chart without data writes nothing.
func WriteChart(w io.Writer, c *Chart) error {
	if len(c.Data) == 0 {
		return nil
	}
	d := drawing{Title: visible(c.Title)}

	// The label says all figures, for whoever cannot see the chart.
	var said []string
	for _, v := range c.Data {
		said = append(said, fmt.Sprintf("%s %s", visible(v.Name), v.figure()))
	}
	d.Label = fmt.Sprintf("%s, %s: %s", d.Title, c.Unit, strings.Join(said, "; "))
	kind := c.Kind
	switch kind {
	case Share:
		d.share(c)
	case Columns:
		d.columns(c)
	default:
		kind = Bars
		d.bars(c)
	}

	return chartTemplates().ExecuteTemplate(w, string(kind), d)
}

// String returns the chart as HTML, for programs that send it as a part of something.
func (c *Chart) String() string {
	var b bytes.Buffer
	if err := WriteChart(&b, c); err != nil {
		return ""
	}
	return b.String()
}

// figure is the value for people.
func (v *Datum) figure() string {
	s := Grouped(v.Value)
	if v.Part > 0 {
		s = Grouped(v.Part) + " of " + s
	}
	return s
}

// Grouped writes a number with a thin space between thousands.
func Grouped(n int64) string {
	s := fmt.Sprint(n)
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign, s = "-", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "\u202F" + s[i:]
	}
	return sign + s
}

// drawing is a chart with everything in its place; the unit is a pixel of the view box.
type drawing struct {
	Title, Label string
	Height       int
	Rows         []mark
}

// mark is one value with what stands beside it.
type mark struct {
	Name, Figure, Tip, Tone, Link string
	X, Y, Width, Size, Part       string
	TextY, Middle                 string
}

// tone is the colour of a value.
func tone(v *Datum, i int) string {
	if v.Tone != "" {
		return v.Tone
	}
	return fmt.Sprint(i%6 + 1)
}

// px writes a length with at most one digit behind the point, so that the same data give the same
// bytes on every machine.
func px(f float64) string { return strings.TrimSuffix(fmt.Sprintf("%.1f", f), ".0") }

// chartText cuts a text that would run into the drawing.
func chartText(s string, most int) string {
	r := []rune(visible(s))
	if len(r) <= most {
		return string(r)
	}
	return string(r[:most-1]) + "…"
}

func largest(data []Datum) float64 {
	top := 1.0
	for _, v := range data {
		top = max(top, float64(v.Value))
	}
	return top
}

func (d *drawing) bars(c *Chart) {
	const step = 24
	scale := 180 / largest(c.Data)
	for i := range c.Data {
		v := &c.Data[i]
		m := mark{Name: chartText(v.Name, 21), Figure: v.figure(), Tone: "1", Link: v.Link,
			Tip: visible(v.Name) + ": " + v.figure()}
		if v.Tone != "" {
			m.Tone = v.Tone
		}
		m.Y, m.TextY = px(float64(i*step)+3), px(float64(i*step)+14)
		m.Width = px(visibleWidth(v.Value, scale))
		if v.Part > 0 {
			m.Part = px(visibleWidth(v.Part, scale))
		}
		d.Rows = append(d.Rows, m)
	}

	d.Height = len(c.Data)*step + 2
}

// visibleWidth is the length of a bar: what is not nothing can be seen.
func visibleWidth(n int64, scale float64) float64 {
	if n <= 0 {
		return 0
	}
	return math.Max(2, float64(n)*scale)
}

func (d *drawing) share(c *Chart) {
	var sum float64
	for _, v := range c.Data {
		// Without any value the shares would be of nothing.
		sum += float64(max(v.Value, 0))
	}
	sum = math.Max(sum, 1)
	x := 0.0
	for i := range c.Data {
		v := &c.Data[i]
		width := float64(max(v.Value, 0)) * 420 / sum
		percent := fmt.Sprintf("%.1f %%", float64(v.Value)*100/sum)
		m := mark{Name: chartText(v.Name, 34), Figure: v.figure() + "  ·  " + percent, Tone: tone(v, i), Link: v.Link}
		m.Tip = visible(v.Name) + ": " + m.Figure

		// A narrow gap parts neighbours, but never takes a value away altogether.
		m.X, m.Width = px(x), px(math.Max(width-1.5, math.Min(width, 1)))
		m.Y, m.TextY = px(float64(i)*20+32), px(float64(i)*20+42)
		d.Rows = append(d.Rows, m)
		x += width
	}

	d.Height = len(c.Data)*20 + 34
}

func (d *drawing) columns(c *Chart) {
	// The scale is that of the largest column, so that there is room for figures above it.
	const base = 130
	step := 420 / float64(len(c.Data))
	scale := 105 / largest(c.Data)
	for i := range c.Data {
		v := &c.Data[i]
		size := visibleWidth(v.Value, scale)
		x := float64(i) * step
		m := mark{Name: chartText(v.Name, int(math.Max(3, step/6.5))), Figure: v.figure(), Tone: "1", Link: v.Link,
			Tip: visible(v.Name) + ": " + v.figure()}
		if v.Tone != "" {
			m.Tone = v.Tone
		}
		m.X, m.Width, m.Middle = px(x+step*.12), px(step*.76), px(x+step/2)
		m.Y, m.Size, m.TextY = px(base-size), px(size), px(base-size-5)
		d.Rows = append(d.Rows, m)
	}

	d.Height = 152
}
