package report

import (
	"bufio"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
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
	// Language is the BCP 47 tag of the texts; empty means "en".
	Language string
}

// WriteHTML writes one self-contained page: style and script inline, nothing loaded from
// anywhere, which its content security policy also says. It follows the reader's light or dark
// scheme, keeps the header in sight and prints with the header on each page. All texts are
// escaped; each cell finds its own writing direction.
func WriteHTML(w io.Writer, t *Table, o HTMLOptions) error {
	if err := t.check(); err != nil {
		return err
	}
	b := bufio.NewWriter(w)
	writeHTMLHead(b, t, o)
	at := t.Visible()
	classes := make([]string, len(at))
	for i, c := range at {
		classes[i] = htmlClass(t.Columns[c])
	}
	err := t.Each(func(r Row) error {
		b.WriteString("<tr>")
		for i, c := range at {
			fmt.Fprintf(b, `<td%s dir="auto">%s</td>`, classes[i], htmlText(r[c].Display()))
		}
		_, err := b.WriteString("</tr>\n")
		return err
	})
	if err != nil {
		return err
	}
	b.WriteString("</tbody>\n</table>\n</div>\n")
	for _, n := range t.Notes {
		fmt.Fprintf(b, "<p class=\"note\" dir=\"auto\">%s</p>\n", htmlText(n))
	}
	if o.Interactive {
		fmt.Fprintf(b, "<script>%s</script>\n", pageScript)
	}
	b.WriteString("</body>\n</html>\n")
	return b.Flush()
}

// writeHTMLHead writes everything before the first row.
func writeHTMLHead(b *bufio.Writer, t *Table, o HTMLOptions) {
	language := o.Language
	if language == "" {
		language = "en"
	}
	policy := "default-src 'none'; style-src " + sourceHash(pageStyle)
	if o.Interactive {
		policy += "; script-src " + sourceHash(pageScript)
	}
	fmt.Fprintf(b, "<!DOCTYPE html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n", htmlText(language))
	fmt.Fprintf(b, "<meta http-equiv=\"Content-Security-Policy\" content=\"%s\">\n", policy)
	b.WriteString("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
	fmt.Fprintf(b, "<title>%s</title>\n<style>%s</style>\n</head>\n<body>\n", htmlText(t.Heading()), pageStyle)
	fmt.Fprintf(b, "<h1 dir=\"auto\">%s</h1>\n", htmlText(t.Heading()))
	if t.Subtitle != "" {
		fmt.Fprintf(b, "<p class=\"subtitle\" dir=\"auto\">%s</p>\n", htmlText(t.Subtitle))
	}
	if len(t.Meta) > 0 {
		b.WriteString("<dl>\n")
		for _, m := range t.Meta {
			fmt.Fprintf(b, "<div><dt>%s</dt><dd dir=\"auto\">%s</dd></div>\n", htmlText(m.Display()), htmlText(m.Value))
		}
		b.WriteString("</dl>\n")
	}
	if o.Interactive {
		b.WriteString("<p class=\"tools\" hidden><label>Filter <input type=\"search\" autocomplete=\"off\"></label> <output></output></p>\n")
	}
	b.WriteString("<div class=\"frame\" tabindex=\"0\">\n<table>\n<thead>\n<tr>")
	for _, c := range t.Visible() {
		fmt.Fprintf(b, "<th scope=\"col\"%s>%s</th>", htmlClass(t.Columns[c]), htmlText(t.Columns[c].Header))
	}
	b.WriteString("</tr>\n</thead>\n<tbody>\n")
}

// htmlClass gives the class attribute of a column's cells, "" when it needs none.
func htmlClass(c Column) string {
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
