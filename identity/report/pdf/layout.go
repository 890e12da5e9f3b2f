package pdf

import (
	"math"
	"strings"

	"github.com/idprofile/engine/identity/report"
)

// Sizes are micrometres; A4 landscape.
const (
	pageWidth   = 297_000
	pageHeight  = 210_000
	margin      = 10_000
	footerRoom  = 6_000
	bodyHeight  = pageHeight - 2*margin - footerRoom
	paddingX    = 1_100
	paddingY    = 600
	hairline    = 100
	headerLines = 6
)

// style is a font with its size.
type style struct {
	points float64
	bold   bool
}

var (
	titleSize  = style{14, true}
	metaSize   = style{9, false}
	noteSize   = style{8, false}
	footerSize = style{7, false}
)

// unit is the thousandth of the font size in micrometres.
func (s style) unit() float64 { return s.points * 25.4 / 72 }

// line is the distance of two base lines.
func (s style) line() int { return int(s.unit() * 1250) }

// ascent is the distance from the top of a line to its base line.
func (s style) ascent() int { return int(s.unit() * 950) }

// measure gives the width of a text, rounded up so that what fits on paper fits here.
func (s style) measure(f *face, text string) int {
	return int(math.Ceil(float64(f.width(text)) * s.unit()))
}

// document is a table cut into pages.
type document struct {
	body, bold *letters
	cell, head style
	align      []report.Align
	widths     []int
	pages      [][]block
	used       int    // height of the last page
	footer     string // left of the page number
}

// block is a part of a page that is not divided.
type block struct {
	height int
	draw   func(c *canvas, y int)
}

func newDocument(t *report.Table, regular, bold []byte) (*document, error) {
	body, err := newFace(regular)
	if err != nil {
		return nil, err
	}
	strong, err := newFace(bold)
	if err != nil {
		return nil, err
	}
	missing := map[rune]bool{}
	d := &document{body: &letters{body, missing}, bold: &letters{strong, missing}, cell: style{9, false}}
	switch n := len(t.Visible()); {
	case n >= 10:
		d.cell.points = 7
	case n >= 7:
		d.cell.points = 8
	}

	d.head = style{d.cell.points, true}
	for _, c := range t.Visible() {
		d.align = append(d.align, t.Columns[c].Alignment())
	}
	return d, nil
}

// layOut fills the pages.
func (d *document) layOut(t *report.Table, rows [][]string) {
	d.pages = [][]block{nil}
	footer := int(float64(pageWidth-2*margin-30_000) / footerSize.unit())
	d.footer = d.body.shorten(d.body.showable(t.Heading()), footer)
	d.paragraph(d.bold, titleSize, 0, t.Heading())
	if t.Subtitle != "" {
		d.paragraph(d.body, metaSize, 60, t.Subtitle)
	}
	for _, m := range t.Meta {
		d.paragraph(d.body, metaSize, 60, m.Display()+": "+m.Value)
	}
	d.add(block{height: 3_000, draw: func(*canvas, int) {}}, nil)

	headers := d.prepare(t, rows)
	header := d.headerBlock(headers)
	if d.used+header.height+d.cell.line()+2*paddingY > bodyHeight {
		d.breakPage() // no header without a row
	}
	d.add(header, nil)
	for i, r := range rows {
		d.row(header, r, i%2 == 1)
	}
	if len(rows) == 0 {
		d.paragraph(d.body, metaSize, 60, "(no rows)")
	}
	d.notes(t.Notes)
}

// prepare replaces what the fonts cannot show and divides the page among the columns.
func (d *document) prepare(t *report.Table, rows [][]string) (headers []string) {
	var natural, floor []int
	for _, at := range t.Visible() {
		h := d.bold.showable(t.Columns[at].Header)
		headers = append(headers, h)
		low := int(float64(t.Columns[at].Width*550) * d.cell.unit())
		for word := range strings.FieldsSeq(h) {
			low = max(low, d.head.measure(d.bold.face, word))
		}
		natural = append(natural, d.widest(d.bold, d.head, h)+2*paddingX)
		floor = append(floor, low+2*paddingX)
	}

	for _, r := range rows {
		for i := range r {
			r[i] = d.body.showable(r[i])
			natural[i] = max(natural[i], d.widest(d.body, d.cell, r[i])+2*paddingX)
		}
	}

	d.widths = report.FitWidths(natural, floor, pageWidth-2*margin)
	d.stretch()
	return headers
}

// widest measures the widest line of a text.
func (d *document) widest(l *letters, s style, text string) int {
	n := 0
	for line := range strings.SplitSeq(text, "\n") {
		n = max(n, s.measure(l.face, line))
	}
	return n
}

// stretch makes the columns as wide as the page together.
func (d *document) stretch() {
	total := 0
	for _, w := range d.widths {
		total += w
	}
	for i, w := range d.widths {
		d.widths[i] = int(int64(w) * (pageWidth - 2*margin) / int64(total))
	}
}

// add puts a block on the last page, or on a new one below the given header.
func (d *document) add(b block, header *block) {
	if d.used+b.height > bodyHeight && d.used > 0 {
		d.breakPage()
		if header != nil {
			d.add(*header, nil)
		}
	}

	last := len(d.pages) - 1
	d.pages[last] = append(d.pages[last], b)
	d.used += b.height
}

// breakPage starts an empty page.
func (d *document) breakPage() {
	d.pages = append(d.pages, nil)
	d.used = 0
}

// paragraph adds a text over the width of the page, line by line.
func (d *document) paragraph(l *letters, s style, gray int, text string) {
	for _, line := range l.wrap(l.showable(text), s, pageWidth-2*margin) {
		d.add(block{height: s.line(), draw: func(c *canvas, y int) {
			c.gray(gray)
			c.text(margin, y+s.ascent(), s, line)
		}}, nil)
	}
}

// notes adds what stands under the table.
func (d *document) notes(notes []string) {
	if gap := (block{height: 3_000, draw: func(*canvas, int) {}}); d.used+gap.height < bodyHeight {
		d.add(gap, nil)
	}
	for _, n := range notes {
		d.paragraph(d.body, noteSize, 60, n)
	}
	for _, n := range d.body.footnotes() {
		d.paragraph(d.body, noteSize, 60, n)
	}
}

// headerBlock makes the line of column headers.
func (d *document) headerBlock(headers []string) block {
	cells := make([][]string, len(headers))
	height := 1
	for i, h := range headers {
		cells[i] = d.bold.wrap(h, d.head, d.widths[i]-2*paddingX)

		// A header is on every page; one without end would leave no room for rows.
		if len(cells[i]) > headerLines {
			cells[i] = append(cells[i][:headerLines-1:headerLines-1], "...")
		}
		height = max(height, len(cells[i]))
	}

	total := height*d.head.line() + 2*paddingY
	return block{height: total, draw: func(c *canvas, y int) {
		c.fill(margin, y, pageWidth-2*margin, total, 225)
		c.gray(0)
		c.cells(y+paddingY, d.head, d.bold, cells)
		c.fill(margin, y+total-hairline, pageWidth-2*margin, hairline, 120)
	}}
}

// row adds the cells of one row, on as many pages as it needs.
func (d *document) row(header block, texts []string, shaded bool) {
	cells := make([][]string, len(texts))
	height := 1
	for i, text := range texts {
		cells[i] = d.body.wrap(text, d.cell, d.widths[i]-2*paddingX)
		height = max(height, len(cells[i]))
	}

	fits := func(room int) int { return max(1, (room-2*paddingY)/d.cell.line()) }
	most := fits(bodyHeight - header.height)
	for from, next := 0, most; from < height; from, next = from+next, most {
		// What no page can hold starts here; everything else stays in one piece.
		if room := bodyHeight - d.used; height-from > most && room >= 4*d.cell.line() {
			next = fits(room)
		}
		next = min(next, height-from)
		part := make([][]string, len(cells))
		for i, lines := range cells {
			part[i] = lines[min(from, len(lines)):min(from+next, len(lines))]
		}
		d.add(d.rowBlock(part, next, shaded), &header)
	}
}

// rowBlock makes the part of a row that stands on one page.
func (d *document) rowBlock(cells [][]string, height int, shaded bool) block {
	total := height*d.cell.line() + 2*paddingY
	return block{height: total, draw: func(c *canvas, y int) {
		if shaded {
			c.fill(margin, y, pageWidth-2*margin, total, 247)
		}
		c.gray(0)
		c.cells(y+paddingY, d.cell, d.body, cells)
		c.fill(margin, y+total-hairline, pageWidth-2*margin, hairline, 205)
	}}
}

// cells draws lines of text in the columns, y being the top of the first line.
func (c *canvas) cells(y int, s style, l *letters, cells [][]string) {
	x := margin
	for i, lines := range cells {
		room := c.d.widths[i] - 2*paddingX
		for n, line := range lines {
			left := 0
			switch c.d.align[i] {
			case report.AlignRight:
				left = max(0, room-s.measure(l.face, line))
			case report.AlignCenter:
				left = max(0, (room-s.measure(l.face, line))/2)
			}

			c.text(x+paddingX+left, y+n*s.line()+s.ascent(), s, line)
		}

		x += c.d.widths[i]
	}
}

// wrap breaks a showable text into lines of at most the given micrometres.
func (l *letters) wrap(text string, s style, width int) []string {
	limit := int(float64(width) / s.unit())
	return report.Wrap(text, limit, l.width)
}

// shorten cuts a showable text to one line of the given thousandths of the font size.
func (l *letters) shorten(text string, limit int) string {
	text = strings.ReplaceAll(text, "\n", " ")
	if l.width(text) <= limit {
		return text
	}
	return report.Wrap(text, limit-l.width("..."), l.width)[0] + "..."
}
