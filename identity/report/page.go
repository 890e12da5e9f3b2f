package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// A Page is what a browser shows as one: a verdict, charts and tables, with links to the
// other pages of a site. Reports, comparisons and their index are such pages and look
// alike: the look is that of [Stylesheet].
type Page struct {
	Title, Subtitle string
	Links           []PageLink // above the title
	Verdict         *Verdict   // nil: none
	Meta            []Meta
	Charts          []*Chart // those without data are left out
	Tables          []*Table // a table with a title other than that of the page has it as a heading
	Notes           []string // sentences under the tables
}

// A PageLink leads to another file of a site. Target is relative to the page.
type PageLink struct{ Text, Target string }

// A Verdict is the outcome in one sentence, shown as a banner.
type Verdict struct {
	Tone  string // good, warn or bad
	Text  string
	Items []string // reasons
}

// WritePage writes a page, as [WriteHTML] writes a table.
func WritePage(w io.Writer, p *Page, o HTMLOptions) error {
	// All tables are checked before the first byte, so that no page breaks off in the middle.
	for _, t := range p.Tables {
		if err := t.check(); err != nil {
			return err
		}
	}

	b := bufio.NewWriter(w)
	p.writeHead(b, o)
	for i, t := range p.Tables {
		if err := writeHTMLTable(b, t, o, i, t.Heading() != p.Title); err != nil {
			return err
		}
	}

	for _, n := range p.Notes {
		fmt.Fprintf(b, "<p class=\"note\" dir=\"auto\">%s</p>\n", htmlText(n))
	}
	b.WriteString("</main>\n")
	if o.Interactive {
		fmt.Fprintf(b, "<script>%s</script>\n", pageScript)
	}
	b.WriteString("</body>\n</html>\n")
	return b.Flush()
}

// writeHead writes everything before the first table.
func (p *Page) writeHead(b *bufio.Writer, o HTMLOptions) {
	language := o.Language
	if language == "" {
		language = "en"
	}

	// Only this style and this script may run: whatever a cell holds, it is text to the browser.
	style := lookStyle + pageStyle
	policy := "default-src 'none'; style-src " + sourceHash(style)
	if o.Interactive {
		policy += "; script-src " + sourceHash(pageScript)
	}
	fmt.Fprintf(b, "<!DOCTYPE html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n", htmlText(language))
	fmt.Fprintf(b, "<meta http-equiv=\"Content-Security-Policy\" content=\"%s\">\n", policy)
	b.WriteString("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
	fmt.Fprintf(b, "<title>%s</title>\n<style>%s</style>\n</head>\n<body>\n", htmlText(p.Title), style)
	if len(p.Links) > 0 {
		b.WriteString("<nav aria-label=\"Pages\">")
		for _, l := range p.Links {
			fmt.Fprintf(b, "<a href=\"%s\" dir=\"auto\">%s</a> ", htmlText(l.Target), htmlText(l.Text))
		}
		b.WriteString("</nav>\n")
	}

	fmt.Fprintf(b, "<main>\n<h1 dir=\"auto\">%s</h1>\n", htmlText(p.Title))
	if p.Subtitle != "" {
		fmt.Fprintf(b, "<p class=\"subtitle\" dir=\"auto\">%s</p>\n", htmlText(p.Subtitle))
	}
	p.Verdict.write(b)
	if len(p.Meta) > 0 {
		b.WriteString("<dl>\n")
		for _, m := range p.Meta {
			fmt.Fprintf(b, "<div><dt>%s</dt><dd dir=\"auto\">%s</dd></div>\n", htmlText(m.Display()), htmlText(m.Value))
		}
		b.WriteString("</dl>\n")
	}

	// A chart without data is empty and gets no card.
	var charts []string
	for _, c := range p.Charts {
		if s := c.String(); s != "" {
			charts = append(charts, "<div class=\"card\">"+s+"</div>\n")
		}
	}

	if len(charts) > 0 {
		fmt.Fprintf(b, "<div class=\"cards\">\n%s</div>\n", strings.Join(charts, ""))
	}
}

func (v *Verdict) write(b *bufio.Writer) {
	if v == nil {
		return
	}
	fmt.Fprintf(b, "<div class=\"banner %s\" role=\"status\" dir=\"auto\">%s", htmlText(v.Tone), htmlText(v.Text))
	if len(v.Items) > 0 {
		b.WriteString("<ul>")
		for _, item := range v.Items {
			fmt.Fprintf(b, "<li dir=\"auto\">%s</li>", htmlText(item))
		}
		b.WriteString("</ul>")
	}

	b.WriteString("</div>\n")
}

// writeHTMLTable writes a table with its tools; heading says whether its title is shown.
func writeHTMLTable(b *bufio.Writer, t *Table, o HTMLOptions, number int, heading bool) error {
	if heading {
		fmt.Fprintf(b, "<h2 id=\"t%d\" dir=\"auto\">%s</h2>\n", number, htmlText(t.Heading()))
	}
	if o.Interactive {
		b.WriteString("<p class=\"tools\" hidden><label>Filter <input type=\"search\" autocomplete=\"off\"></label> <output></output></p>\n")
	}
	fmt.Fprintf(b, "<div class=\"frame\" tabindex=\"0\" role=\"region\" aria-label=\"%s\">\n<table>\n<thead>\n<tr>",
		htmlText(t.Heading()))
	at := t.pageOrder()
	for _, c := range at {
		fmt.Fprintf(b, "<th scope=\"col\"%s>%s</th>", htmlClass(t.Columns[c]), htmlText(t.Columns[c].Header))
	}
	b.WriteString("</tr>\n</thead>\n<tbody>\n")

	// The classes of a column are the same in every row.
	classes := make([]string, len(at))
	for i, c := range at {
		classes[i] = htmlClass(t.Columns[c])
	}
	before, after := t.compared()
	err := t.Each(func(r Row) error {
		b.WriteString("<tr>")
		for i, c := range at {
			text := r[c].html()

			// Old and new value stand side by side, and what differs in them is marked in both.
			if before >= 0 && after >= 0 && (c == before || c == after) {
				old, now := MarkDifference(r[before].Display(), r[after].Display())
				if text = old; c == after {
					text = now
				}
			}

			fmt.Fprintf(b, `<td%s dir="auto">%s</td>`, classes[i], text)
		}

		_, err := b.WriteString("</tr>\n")
		return err
	})

	b.WriteString("</tbody>\n</table>\n</div>\n")
	for _, n := range t.Notes {
		fmt.Fprintf(b, "<p class=\"note\" dir=\"auto\">%s</p>\n", htmlText(n))
	}
	return err
}

// pageOrder gives the visible columns as a page shows them: minor ones last.
func (t *Table) pageOrder() []int {
	var first, last []int
	for _, c := range t.Visible() {
		if t.Columns[c].Minor {
			last = append(last, c)
		} else {
			first = append(first, c)
		}
	}

	return append(first, last...)
}

// compared gives the places of the columns whose difference is marked, -1 for none.
func (t *Table) compared() (before, after int) {
	before, after = -1, -1
	for i, c := range t.Columns {
		switch c.Key {
		case t.Before:
			before = i
		case t.After:
			after = i
		}
	}

	return before, after
}

// MarkDifference gives two texts as HTML in which what is not common to both is marked,
// as <del> in the first and as <ins> in the second. All else is escaped. An absent text
// is marked nowhere: the whole other one is new, or gone.
func MarkDifference(before, after string) (beforeHTML, afterHTML string) {
	head, tail := commonEnds(before, after)
	mark := func(s, tag string) string {
		middle := s[head : len(s)-tail]
		if middle == "" {
			return htmlText(s)
		}
		return htmlText(s[:head]) + "<" + tag + ">" + htmlText(middle) + "</" + tag + ">" + htmlText(s[len(s)-tail:])
	}

	return mark(before, "del"), mark(after, "ins")
}

// commonEnds gives how many bytes two texts share at their beginnings and, of the rest,
// at their ends, in whole characters.
func commonEnds(a, b string) (head, tail int) {
	for head < min(len(a), len(b)) {
		r, n := utf8.DecodeRuneInString(a[head:])

		// Two broken bytes decode to the same sign, so that the bytes themselves are compared as well.
		if other, m := utf8.DecodeRuneInString(b[head:]); r != other || n != m || a[head:head+n] != b[head:head+n] {
			break
		}
		head += n
	}

	// What counts for the beginning does not count for the end once more: "aa" and "aaa" differ by one
	// a.
	for tail < min(len(a), len(b))-head {
		r, n := utf8.DecodeLastRuneInString(a[head : len(a)-tail])
		if other, m := utf8.DecodeLastRuneInString(b[head : len(b)-tail]); r != other || n != m || r == utf8.RuneError {
			break
		}
		tail += n
	}

	return head, tail
}
