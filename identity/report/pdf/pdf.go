package pdf

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"time"

	"codeberg.org/go-pdf/fpdf"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"

	"github.com/idprofile/engine/identity/report"
)

// ErrCreated is returned when [Options.Created] is missing.
var ErrCreated = errors.New("no creation date, expected Options.Created")

// Options are the choices of the PDF form.
type Options struct {
	// Created is the creation date written into the document, in UTC. It is required: the
	// package reads no clock, so the same table and options always give the same bytes.
	Created time.Time
	// Font and Bold are TrueType fonts (whole .ttf files) for the text and for title and header,
	// embedded as subsets. Without Font the built-in pair is used; without Bold, Font serves for
	// both. Collections and fonts with CFF outlines are refused with [ErrFont].
	Font, Bold []byte
}

// Write writes the visible columns of the table. Long cells wrap; a row taller than a page goes
// on on the next one; a header is cut after six lines. All rows are held in memory while it runs.
// Errors: [ErrCreated], [ErrFont], and those of [report.Table.Each]. Nothing is written to w
// before the document is complete. Safe for concurrent use.
func Write(w io.Writer, t *report.Table, o Options) error {
	if o.Created.IsZero() {
		return ErrCreated
	}
	regular, bold := o.fonts()
	d, err := newDocument(t, regular, bold)
	if err != nil {
		return err
	}
	rows, err := t.Collect()
	if err != nil {
		return err
	}
	d.layOut(t, rows)
	return d.write(w, t.Heading(), o.Created.UTC(), regular, bold)
}

// fonts gives private copies, because embedding writes into the bytes.
func (o Options) fonts() (regular, bold []byte) {
	switch {
	case o.Font == nil:
		regular, bold = goregular.TTF, gobold.TTF
	case o.Bold == nil:
		regular, bold = o.Font, o.Font
	default:
		regular, bold = o.Font, o.Bold
	}

	return bytes.Clone(regular), bytes.Clone(bold)
}

// write draws the pages.
func (d *document) write(w io.Writer, title string, created time.Time, regular, bold []byte) (err error) {
	defer func() {
		// The embedding trusts fonts; a broken one must not end the program.
		if cause := recover(); cause != nil {
			err = fmt.Errorf("%w: %v", ErrFont, cause)
		}
	}()

	p := fpdf.New("L", "mm", "A4", "")
	p.SetCatalogSort(true)
	p.SetCreationDate(created)
	p.SetModificationDate(created)
	p.SetProducer("idprofile", true)
	p.SetTitle(report.OneLine(title), true) // the PDF library takes nothing but UTF-8
	p.SetAutoPageBreak(false, 0)
	p.SetMargins(0, 0, 0)
	p.AddUTF8FontFromBytes("text", "", regular)
	p.AddUTF8FontFromBytes("text", "B", bold)
	c := &canvas{pdf: p, d: d}
	for i, blocks := range d.pages {
		p.AddPage()
		c.font = style{}
		y := margin
		for _, b := range blocks {
			b.draw(c, y)
			y += b.height
		}

		c.gray(90)
		c.text(margin, pageHeight-margin, footerSize, d.footer)
		number := fmt.Sprintf("page %d of %d", i+1, len(d.pages))
		c.text(pageWidth-margin-footerSize.measure(d.body.face, number), pageHeight-margin, footerSize, number)
	}

	return p.Output(w)
}

// canvas draws in micrometres from the upper left corner.
type canvas struct {
	pdf  *fpdf.Fpdf
	d    *document
	font style
}

// text draws one line of text that the font can show; y is the base line.
func (c *canvas) text(x, y int, s style, text string) {
	if text == "" {
		return
	}
	if c.font != s {
		name := ""
		if s.bold {
			name = "B"
		}
		c.pdf.SetFont("text", name, s.points)
		c.font = s
	}

	c.pdf.Text(millimetres(x), millimetres(y), text)
}

// gray sets the colour of text, 0 black.
func (c *canvas) gray(level int) { c.pdf.SetTextColor(level, level, level) }

// fill draws a rectangle.
func (c *canvas) fill(x, y, w, h, level int) {
	c.pdf.SetFillColor(level, level, level)
	c.pdf.Rect(millimetres(x), millimetres(y), millimetres(w), millimetres(h), "F")
}

func millimetres(micro int) float64 { return float64(micro) / 1000 }
