package transform

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/idprofile/engine/identity/jsondoc"
)

// PrintOptions says how [Library.Print] writes. The zero value writes one line, and
// sources as the transform names them.
type PrintOptions struct {
	// Width is how many characters a line should have at most; what is longer is broken
	// at its parts. 0: everything stands in one line.
	Width int
	// Source returns the display name of a source that is named by that id or immutable
	// name; nil or "": what the transform says.
	Source func(ref string) string
	// Transforms are the stored transforms, which tell whether a reference reads an input.
	Transforms map[string]*Definition
}

// Print writes a transform in a short form for people, without the syntax of JSON: what
// the value comes from first, then what becomes of it, as in
//
//	first without error of (Active Directory.mail, HR.workEmail) → lower case
//
// The words of an operation are its [Phrase]; an operation without, or one that
// the library does not know, is its type with its attributes. Where a transform works on
// the input that it is given, that is the word input. Texts that are constant stand in
// quotation marks. Lines end without line end; nothing but the layout depends on the
// width. What is no transform is written as JSON.
func (l *Library) Print(def *Definition, o PrintOptions) string {
	p := &printer{lib: l, o: o}
	w := &layout{width: o.Width}
	w.put(p.value(def.Node), 0, false)
	return string(w.b)
}

// printer turns transforms into what a layout breaks into lines.
type printer struct {
	lib *Library
	o   PrintOptions
}

// phrase is text with places where it may be broken: a sequence of parts.
type phrase []fragment

// fragment is one of: a text, a place for a line end, an inner phrase, a list.
type fragment struct {
	text string
	soft bool // a blank, or a new line further in
	in   phrase
	list *series
}

// series are phrases one after the other.
type series struct {
	open, sep, end string
	items          []phrase
	lead           bool // broken, each line but the first begins with the separator, at the same column
}

func words(s string) phrase { return phrase{{text: s}} }

// loose reports whether one cannot see in one line where the phrase ends.
func (f phrase) loose() bool {
	for _, p := range f {
		if p.soft || p.list != nil && p.list.open == "" {
			return true
		}
	}

	return false
}

// piped reports whether the phrase is a value with what becomes of it.
func (f phrase) piped() bool { return len(f) == 1 && f[0].list != nil && f[0].list.sep == arrow }

const arrow = " → "

// closed puts parentheses around what one cannot see the end of.
func closed(f phrase) phrase {
	if !f.loose() {
		return f
	}
	return phrase{{text: "("}, {in: f}, {text: ")"}}
}

// value is any value of a transform: a nested one, a text, a number, a list.
func (p *printer) value(n *jsondoc.Node) phrase {
	switch n.Kind() {
	case jsondoc.String:
		return words(strconv.Quote(n.Text()))
	case jsondoc.Array:
		return p.items(n, "(", ", ", ")")
	case jsondoc.Object:
		if typ, ok := n.Get("type").Str(); ok {
			return p.transform(typ, n)
		}
	}

	return words(bare(string(n.Append(nil))))
}

// transform is a nested transform, behind its input where it has one.
func (p *printer) transform(typ string, n *jsondoc.Node) phrase {
	op := p.lib.About(typ)
	self := p.operation(op, n)
	var stages []phrase
	switch in := n.At("attributes", "input"); {
	case !in.IsNull() && !op.open:
		if from := p.value(in); from.piped() {
			stages = append(stages, from[0].list.items...) // one chain, not a chain in a chain
		} else {
			stages = append(stages, from)
		}

	case op.input && p.readsInput(n, map[string]bool{}):
		stages = append(stages, words("input"))
	default:
		return self
	}

	return phrase{{list: &series{sep: arrow, items: append(stages, self), lead: true}}}
}

// readsInput reports whether a value looks at the input around it.
func (p *printer) readsInput(n *jsondoc.Node, seen map[string]bool) bool {
	typ, ok := n.Get("type").Str()
	if n.Kind() == jsondoc.Array || n.Kind() == jsondoc.Object && !ok {
		for _, m := range n.Members() {
			if p.readsInput(m.Value, seen) {
				return true
			}
		}

		return slices.ContainsFunc(n.Items(), func(item *jsondoc.Node) bool { return p.readsInput(item, seen) })
	}

	if n.Kind() != jsondoc.Object {
		return false
	}
	op := p.lib.About(typ)
	if in := n.At("attributes", "input"); !in.IsNull() && !op.open {
		return p.readsInput(in, seen)
	}
	if typ == "reference" {
		name := n.At("attributes", "id").Text()
		stored := p.o.Transforms[name]
		if stored == nil || seen[name] {
			return stored == nil
		}
		seen[name] = true
		return p.readsInput(stored.Node, seen)
	}

	return op.input || p.readsInput(n.Get("attributes"), seen)
}

// items is a list of values.
func (p *printer) items(n *jsondoc.Node, open, sep, end string) phrase {
	s := &series{open: open, sep: sep, end: end, lead: open == ""}
	for _, item := range n.Items() {
		f := p.value(item)
		if !f.piped() || s.lead {
			f = closed(f)
		}
		s.items = append(s.items, f)
	}

	return phrase{{list: s}}
}

// named is a list of values with names.
func (p *printer) named(members []jsondoc.Member, open, between, end string, quoted bool) phrase {
	s := &series{open: open, sep: ", ", end: end}
	for _, m := range members {
		key := bare(m.Key)
		if quoted && m.Key != "default" {
			key = strconv.Quote(m.Key)
		}
		f := p.value(m.Value)
		if !f.piped() {
			f = closed(f)
		}
		s.items = append(s.items, append(words(key+between), fragment{in: f}))
	}

	return phrase{{list: s}}
}

// operation is a transform without its input.
func (p *printer) operation(op *Operation, n *jsondoc.Node) phrase {
	attrs := n.Get("attributes")
	if op.Phrase != "" {
		f := &filler{printer: p, op: op, attrs: attrs}
		return f.fill(op.Phrase)
	}

	var members []jsondoc.Member
	for _, m := range attrs.Members() {
		if m.Key != "input" && m.Key != "requiresPeriodicRefresh" {
			members = append(members, m)
		}
	}

	f := words(bare(op.Type))
	if len(members) > 0 {
		f = append(f, p.named(members, "(", ": ", ")", false)...)
	}
	return f
}

// bare is a text without quotation marks and without control characters.
func bare(s string) string {
	q := strconv.Quote(s)
	return strings.NewReplacer(`\"`, `"`, `\\`, `\`).Replace(q[1 : len(q)-1])
}

// filler puts attributes into the pattern of a [Phrase].
type filler struct {
	*printer
	op    *Operation
	attrs *jsondoc.Node
	blank bool // an attribute that was asked for is not there
}

func (f *filler) fill(pattern string) (out phrase) {
	for pattern != "" {
		i := strings.IndexAny(pattern, "{[\n")
		if i < 0 {
			return append(out, fragment{text: pattern})
		}
		if i > 0 {
			out = append(out, fragment{text: pattern[:i]})
		}
		switch rest := pattern[i+1:]; pattern[i] {
		case '\n':
			out, pattern = append(out, fragment{soft: true}), rest
		case '[':
			inner, after, _ := strings.Cut(rest, "]")

			// A part in brackets is left out as a whole when one of its attributes is missing.
			part := &filler{printer: f.printer, op: f.op, attrs: f.attrs}
			if got := part.fill(inner); !part.blank {
				out = append(out, got...)
			}
			pattern = after

		default:
			inner, after, _ := strings.Cut(rest, "}")
			out, pattern = append(out, f.attribute(inner)...), after
		}
	}

	return out
}

// attribute is what stands in braces.
func (f *filler) attribute(spec string) phrase {
	if spec == "*" {
		return f.others()
	}
	spec, cases, switched := strings.Cut(spec, ":")
	spec, source := strings.CutPrefix(spec, "@")
	spec, plain := strings.CutSuffix(spec, "!")
	spec, plus := strings.CutSuffix(spec, "+")

	// The first of the names that has a value.
	var v *jsondoc.Node
	for name := range strings.SplitSeq(spec, "|") {
		if v = f.attrs.Get(name); !v.IsNull() {
			break
		}
	}

	if switched {
		return f.choose(v, cases)
	}
	if v.IsNull() {
		f.blank = true
		field, _ := f.op.Field(spec)
		if field.Default != "" {
			return words(field.Default)
		}
		return words("nothing")
	}

	switch text, isText := v.Str(); {
	case isText && source:
		if f.o.Source != nil {
			if name := f.o.Source(text); name != "" {
				return words(bare(name))
			}
		}

		return words(bare(DisplayName(text)))

	case isText && plain:
		return words(bare(text))
	case plus && v.Kind() == jsondoc.Array:
		return f.items(v, "", " + ", "")
	case v.Kind() == jsondoc.Object && v.Get("type").Kind() != jsondoc.String:
		return f.named(v.Members(), "{", ": ", "}", true)
	}

	in := f.value(v)
	if in.loose() {
		in = phrase{{in: closed(in)}}
	}
	return in
}

// choose writes the words that stand for a value.
func (f *filler) choose(v *jsondoc.Node, cases string) phrase {
	text := v.Text()
	for c := range strings.SplitSeq(cases, ";") {
		if value, said, ok := strings.Cut(c, "="); ok && strings.EqualFold(value, text) {
			return words(said)
		}
	}

	if v.IsNull() || v.Kind() == jsondoc.Bool || strings.EqualFold(text, "true") || strings.EqualFold(text, "false") {
		return nil
	}
	return f.value(v)
}

// others are the variables: the attributes that the operation does not have itself.
func (f *filler) others() phrase {
	var members []jsondoc.Member
	for _, m := range f.attrs.Members() {
		if !isField(f.op.Fields, m.Key) && m.Key != "requiresPeriodicRefresh" {
			members = append(members, m)
		}
	}

	f.blank = f.blank || len(members) == 0
	return f.named(members, "", " = ", "", false)
}

// layout writes a phrase in lines of a width.
type layout struct {
	b      []byte
	lines  int // line ends
	width  int
	column int
}

func (w *layout) text(s string) {
	w.b = append(w.b, s...)
	w.column += utf8.RuneCountInString(s)
}

// line begins a line; no line ends with a blank.
func (w *layout) line(indent int) {
	w.b = append(bytes.TrimRight(w.b, " "), '\n')
	w.b = append(w.b, strings.Repeat(" ", indent)...)
	w.lines++
	w.column = indent
}

// put writes a phrase whose lines begin at indent. Within others, what follows on its
// first line stands further in than that.
func (w *layout) put(f phrase, indent int, within bool) {
	if flat := f.String(); w.width == 0 || w.column+utf8.RuneCountInString(flat) <= w.width {
		w.text(flat)
		return
	}

	// In several lines, what belongs together is seen by the indentation.
	if len(f) == 3 && f[1].in != nil && f[0].text == "(" {
		w.put(f[1].in, indent, within)
		return
	}

	further, broken := indent, false // where the parts begin; the one before took more than one line
	for _, p := range f {
		lines := w.lines
		switch {
		case p.soft:
			further = indent + 2
			w.line(further)
		case p.list != nil:
			w.series(p.list, further, within)
		case p.in != nil:
			w.put(p.in, further, true)
		case broken && strings.TrimSpace(p.text) != "":
			w.line(indent + 2)
			w.text(strings.TrimLeft(p.text, " "))
			broken = false
		case !broken:
			w.text(p.text)
		}

		if p.list != nil || p.in != nil {
			broken = w.lines > lines
		} else if p.soft {
			broken = false
		}
	}
}

func (w *layout) series(s *series, indent int, within bool) {
	if flat := (phrase{{list: s}}).String(); w.column+utf8.RuneCountInString(flat) <= w.width {
		w.text(flat)
		return
	}

	if within || !s.lead {
		indent += 2
	}
	for i, item := range s.items {
		switch {
		case !s.lead:
			w.line(indent)
		case i > 0:
			w.line(indent)
			w.text(strings.TrimLeft(s.sep, " "))
		}

		w.put(item, indent, within || !s.lead || s.sep != arrow)
	}
}

// String is the phrase in one line.
func (f phrase) String() string {
	var b strings.Builder
	for _, p := range f {
		switch {
		case p.soft:
			b.WriteByte(' ')
		case p.list != nil:
			b.WriteString(p.list.open)
			for i, item := range p.list.items {
				if i > 0 {
					b.WriteString(p.list.sep)
				}

				// A choice inside a line of steps needs brackets, or the steps behind it would read as those of its
				// last branch.
				if p.list.sep == arrow {
					item = closed(item)
				}
				b.WriteString(item.String())
			}

			b.WriteString(p.list.end)

		case p.in != nil:
			b.WriteString(p.in.String())
		default:
			b.WriteString(p.text)
		}
	}

	return b.String()
}
