package profiletest

import (
	"bytes"
	_ "embed"
	"fmt"
	"html"
	"html/template"
	"io"
	"io/fs"
	"strings"

	"github.com/idprofile/engine/identity/jsondoc"
)

//go:embed page.html
var pageText string

type pageRow struct {
	Name string
	Ratio
}

type pageUnit struct {
	Name, Place    string
	Covered, Total int
	Gaps           bool
	Missing        []string
	Code           template.HTML
}

type page struct {
	Rows  []pageRow
	Loose []*Item
	Units []pageUnit
}

// WriteHTML writes a page of its own, without scripts, that shows the JSON of
// every mapping and transform with what is covered and what is not. The files are
// those that the bundle was loaded from.
func (c *Coverage) WriteHTML(w io.Writer, fsys fs.FS) error {
	t, err := template.New("page").Parse(pageText)
	if err != nil {
		return err
	}
	s := c.Summary()
	p := page{Rows: []pageRow{{"Mappings", s.Mappings}, {"Transforms", s.Transforms}, {"Branches", s.Branches}}}

	// What no mapping leads to is listed by itself: it has no unit to be shown in.
	for _, i := range c.items {
		if i.loose {
			p.Loose = append(p.Loose, i)
		}
	}

	// A file is read once, however many units it has.
	files := map[string][]byte{}
	for _, u := range c.units {
		file := u.entry.Pos().File
		src, ok := files[file]
		if !ok {
			if src, err = fs.ReadFile(fsys, file); err != nil {
				return err
			}
			files[file] = src
		}

		p.Units = append(p.Units, c.pageUnit(u, src))
	}

	return t.Execute(w, p)
}

func (c *Coverage) pageUnit(u *coverUnit, src []byte) pageUnit {
	pos := u.entry.Pos()
	out := pageUnit{Name: u.name, Place: fmt.Sprintf("%s:%d", pos.File, pos.Line), Total: len(u.items)}
	for _, i := range u.items {
		if i.Hits > 0 {
			out.Covered++
			continue
		}

		out.Gaps = true
		name := strings.TrimSpace(string(i.Kind) + " " + i.Name)
		out.Missing = append(out.Missing, fmt.Sprintf("line %d: %s", i.Pos.Line, name))
	}

	// The JSON is shown as it is written, so the place of its end is looked for in the text.
	from, to := pos.Offset, jsonEnd(src, pos.Offset)
	k := &painter{cover: c, src: src, class: make([]byte, len(src))}
	k.paint(u.root)
	out.Code = k.html(from, to, pos.Line)
	return out
}

// painter gives every byte of a file a class: c, p, u or none.
type painter struct {
	cover *Coverage
	src   []byte
	class []byte
}

func (k *painter) fill(from, to int, class byte) {
	for i := max(from, 0); i < min(to, len(k.class)); i++ {
		k.class[i] = class
	}
}

func hit(i *Item) byte {
	if i.Hits > 0 {
		return 'c'
	}
	return 'u'
}

// paint colours a JSON value and all in it; inner ones come out on top.
func (k *painter) paint(n *jsondoc.Node) {
	n.Walk(func(at *jsondoc.Node) bool {
		x := k.cover.byNode[at]
		if x == nil || at.IsNull() {
			return true
		}

		from := at.Pos().Offset
		if class := x.class(); class != 0 {
			k.fill(from, jsonEnd(k.src, from), class)
		}
		k.template(x, from)
		return true
	})
}

// class returns how a value is shown: reached, evaluated without being chosen, or
// not reached.
func (x *nodeItems) class() byte {
	switch {
	case x.chosen != nil && x.chosen.Hits == 0:
		if x.node != nil && x.node.Hits > 0 {
			return 'p'
		}
		return 'u'
	case x.passes != nil && x.node.Hits > 0 && (x.passes.Hits == 0 || x.fails.Hits == 0):
		return 'p'
	case x.node != nil:
		return hit(x.node)
	case x.begin != nil:
		return hit(x.begin)
	case x.chosen != nil:
		return hit(x.chosen)
	}

	return 0
}

// template colours the branches of the #if directives of a text.
func (k *painter) template(x *nodeItems, start int) {
	if len(x.ifs) == 0 {
		return
	}
	offsets := stringOffsets(k.src, start)
	for _, items := range x.ifs {
		for _, i := range items {
			if i.part.to < len(offsets) && i.part.from < i.part.to {
				k.fill(offsets[i.part.from], offsets[i.part.to], hit(i))
			}
		}
	}
}

// html returns the bytes with their classes and line numbers.
func (k *painter) html(from, to, line int) template.HTML {
	start := bytes.LastIndexByte(k.src[:from], '\n') + 1
	var b strings.Builder
	fmt.Fprintf(&b, `<span class="l">%d</span>%s`, line, blank(k.src[start:from]))
	for i := from; i < to; {
		// One element for each run of a class, and none across a line end, since line numbers stand
		// between.
		class := k.class[i]
		end := i
		for end < to && k.class[end] == class && k.src[end] != '\n' {
			end++
		}
		if end > i {
			b.WriteString(painted(class, string(k.src[i:end])))
		}
		if i = end; i < to && k.src[i] == '\n' {
			line++
			fmt.Fprintf(&b, "\n<span class=\"l\">%d</span>", line)
			i++
		}
	}

	return template.HTML(b.String())
}

// blank keeps the indentation of the first line.
func blank(src []byte) string {
	if len(bytes.TrimSpace(src)) > 0 {
		return ""
	}
	return string(src)
}

// painted wraps text in its class; the blanks in front of it stay outside.
func painted(class byte, s string) string {
	trimmed := strings.TrimLeft(s, " \t\r")
	if class == 0 || trimmed == "" {
		return html.EscapeString(s)
	}
	return fmt.Sprintf(`%s<span class="%c">%s</span>`, s[:len(s)-len(trimmed)], class, html.EscapeString(trimmed))
}
