package report

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html"
	"io"
	"strings"
)

//go:embed page.css
var pageStyle string

//go:embed page.js
var pageScript string

// HTMLOptions are the choices of the HTML form.
type HTMLOptions struct {
	// Interactive adds a filter box and sorting by a click on a header. Without it, and where
	// scripts are off, the page is a plain table.
	Interactive bool
	// Links and Charts stand above the table.
	Links  []PageLink
	Charts []*Chart
	// Language is the BCP 47 tag of the texts; empty means "en".
	Language string
}

// WriteHTML writes one self-contained page: style and script inline, nothing loaded from
// anywhere, which its content security policy also says. It follows the reader's light or dark
// scheme, keeps the header in sight and prints with the header on each page. All texts are
// escaped; each cell finds its own writing direction. A value is shown as it is, also when a
// spreadsheet could take it for a formula, as [CSVOptions] has it: a ' before it would be there
// for who reads the page. The style tells Excel, which opens pages, that the cells are text.
func WriteHTML(w io.Writer, t *Table, o HTMLOptions) error {
	return WritePage(w, &Page{Title: t.Heading(), Subtitle: t.Subtitle, Links: o.Links, Charts: o.Charts, Meta: t.Meta,
		Tables: []*Table{t}}, o)
}

// htmlClass gives the class attribute of a column's cells, "" when it needs none.
func htmlClass(c Column) string {
	// Classes and not styles: what they look like is decided in one stylesheet.
	var names []string
	switch c.Kind {
	case KindNumber:
		names = append(names, "number")
	case KindTime:
		names = append(names, "time")
	case KindCode:
		names = append(names, "code")
	}

	switch c.Alignment() {
	case AlignRight:
		names = append(names, "right")
	case AlignCenter:
		names = append(names, "center")
	}

	if len(names) == 0 {
		return ""
	}
	return ` class="` + strings.Join(names, " ") + `"`
}

// sourceHash names an inline style or script in a content security policy.
func sourceHash(source string) string {
	h := sha256.Sum256([]byte(source))
	return "'sha256-" + base64.StdEncoding.EncodeToString(h[:]) + "'"
}

// htmlText escapes s for content and quoted attributes.
func htmlText(s string) string { return html.EscapeString(visible(s)) }
