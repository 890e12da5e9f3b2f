package jsondoc

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/idprofile/engine/identity/diag"
)

// MaxDepth is how deep lists and objects may be nested.
const MaxDepth = 1000

// Parse reads one JSON value. The file name only serves messages. A leading byte
// order mark is skipped. Findings: json-syntax (error; no tree), json-duplicate-key
// (error; all members are kept, the last one counts), json-utf8 (warning; bytes
// that are not UTF-8 become U+FFFD).
func Parse(file string, src []byte) (*Node, diag.List) {
	return ParseAt(diag.Pos{File: file, Line: 1, Column: 1}, src)
}

// ParseAt is [Parse] for a text that stands inside a file: places are counted
// from base.
func ParseAt(base diag.Pos, src []byte) (*Node, diag.List) {
	n, _, found := Options{}.Parse(base, string(src))
	return n, found
}

// Options bound what is read.
type Options struct {
	MaxValues int // JSON values in the text, those in lists and objects included; 0: no limit
	// MaxFindings is how many findings of one code are returned, and the count of the others;
	// 0: [diag.DefaultMost].
	MaxFindings int
}

// Parse is [ParseAt] for a text that is kept, not copied, and says how many values it has.
// Finding: json-values (error; no tree) where there are more than may be.
func (o Options) Parse(base diag.Pos, text string) (n *Node, values int, found diag.List) {
	s := &source{file: base.File, text: text, base: base}

	// Places are kept as 32 bits to hold millions of nodes, so a text has to fit them.
	if len(text) > maxText {
		found.Addf(diag.Error, codeJSONValues, diag.Pos{File: base.File},
			"the file has %d bytes, at most %d can be read",
			len(text), maxText)
		return nil, 0, found
	}

	// A value has about sixteen bytes, and a short text should not take more memory than it needs.
	p := &parser{source: s, src: text, most: o.MaxValues, found: diag.Collector{Most: o.MaxFindings}}
	p.nodes.size, p.pairs.size, p.lists.size = len(text)/16, len(text)/16, len(text)/128
	p.members = make([]Member, 0, min(8+len(text)/16, mostInSlab))
	if strings.HasPrefix(text, byteOrderMark) {
		p.at = len(byteOrderMark)
	}
	n, ok := p.value(0)

	// What stands behind the value is an error even when the value is right: somebody put two files into one.
	if p.space(); ok && p.at < len(text) {
		ok = p.fail("text after the end of the JSON value")
	}
	if !ok {
		n = nil
	}
	return n, p.values, p.found.List()
}

// maxText is how long a text can be: places in it are kept in 32 bits.
const maxText = math.MaxInt32

type parser struct {
	*source
	src    string
	at     int
	values int // so far
	most   int // of them; 0: no limit
	found  diag.Collector

	// Lists and objects are gathered here while they are read, the outer ones before the inner
	// ones, and then get slices of just their size.
	members []Member
	items   []*Node

	nodes slab[Node]
	lists slab[[]Member]
	pairs slab[Member]
}

// slab gives out parts of larger pieces of memory.
type slab[T any] struct {
	rest []T
	size int // of a piece
}

// most elements that a piece of a slab has.
const mostInSlab = 512

// take returns n elements.
func (s *slab[T]) take(n int) []T {
	if n > mostInSlab/4 {
		return make([]T, n)
	}
	if len(s.rest) < n {
		s.size = max(min(s.size, mostInSlab), n)
		s.rest = make([]T, s.size)
	}

	part := s.rest[:n:n]
	s.rest = s.rest[n:]
	return part
}

func (p *parser) fail(format string, args ...any) bool {
	p.found.Addf(diag.Error, codeJSONSyntax, p.pos(p.at), format, args...)
	return false
}

func (p *parser) space() {
	for p.at < len(p.src) {
		switch p.src[p.at] {
		case ' ', '\t', '\n', '\r':
			p.at++
		default:
			return
		}
	}
}

// next names what stands at the current place.
func (p *parser) next() string {
	if p.at >= len(p.src) {
		return "the end of the file"
	}
	r, _ := utf8.DecodeRuneInString(p.src[p.at:])
	return fmt.Sprintf("%q", r)
}

func (p *parser) value(depth int) (*Node, bool) {
	p.space()
	n := &p.nodes.take(1)[0]
	n.src, n.at = p.source, uint32(p.at)
	if p.at >= len(p.src) {
		return nil, p.fail("found the end of the file, expected a JSON value")
	}

	// The parser calls itself, and a stack that overflows cannot be caught.
	if depth > MaxDepth {
		return nil, p.fail("lists and objects are nested more than %d deep", MaxDepth)
	}

	// Values are counted as they are read, since a short text can hold very many.
	if p.values++; p.most > 0 && p.values > p.most {
		p.found.Add(diag.Diagnostic{Severity: diag.Error, Code: codeJSONValues, Pos: p.pos(p.at),
			Message: fmt.Sprintf("the file has more than %d JSON values, which is as many as may be read", p.most),
			Hint:    "leave out what is not needed, or allow more (the option MaxValues)"})
		return nil, false
	}
	ok := false
	switch c := p.src[p.at]; {
	case c == '{':
		ok = p.object(n, depth)
	case c == '[':
		ok = p.array(n, depth)
	case c == '"':
		n.kind = String
		ok = p.text(n)
	case c == '-' || c >= '0' && c <= '9':
		ok = p.number(n)
	default:
		ok = p.word(n)
	}

	return n, ok
}

func (p *parser) word(n *Node) bool {
	for _, word := range [...]string{"null", "true", "false"} {
		if strings.HasPrefix(p.src[p.at:], word) {
			p.at += len(word)
			if word != "null" {
				n.kind, n.size = Bool, uint32(len(word))
			}
			return true
		}
	}

	return p.fail("found %s, expected a JSON value", p.next())
}

func (p *parser) object(n *Node, depth int) bool {
	n.kind = Object
	p.at++
	var keys keySet
	if p.space(); p.at < len(p.src) && p.src[p.at] == '}' {
		p.at++
		return true
	}

	from := len(p.members)
	for {
		p.space()
		m := Member{at: uint32(p.at) + 1}
		if p.at >= len(p.src) || p.src[p.at] != '"' {
			return p.fail("found %s, expected a key in double quotes", p.next())
		}
		var ok bool
		if m.Key, ok = p.str(); !ok {
			return false
		}

		// Reading goes on: whatever else is wrong in the file is found at once.
		if keys.add(p.members[from:], m.Key) {
			p.found.Addf(diag.Error, codeJSONDuplicateKey, p.pos(int(m.at)-1),
				"key %q occurs twice in this object; the last one counts", m.Key)
		}
		if p.space(); p.at >= len(p.src) || p.src[p.at] != ':' {
			return p.fail("found %s, expected ':' after the key %q", p.next(), m.Key)
		}
		p.at++
		if m.Value, ok = p.value(depth + 1); !ok {
			return false
		}
		p.members = append(p.members, m)
		if more, ok := p.more('}'); !ok {
			return false
		} else if !more {
			break
		}
	}

	// Members are gathered in one list for all levels and copied when their number is known.
	list := &p.lists.take(1)[0]
	*list = p.pairs.take(len(p.members) - from)
	copy(*list, p.members[from:])
	p.members = p.members[:from]
	n.data = list
	return true
}

func (p *parser) array(n *Node, depth int) bool {
	n.kind = Array
	p.at++
	if p.space(); p.at < len(p.src) && p.src[p.at] == ']' {
		p.at++
		return true
	}

	from := len(p.items)
	for {
		item, ok := p.value(depth + 1)
		if !ok {
			return false
		}
		p.items = append(p.items, item)
		if more, ok := p.more(']'); !ok {
			return false
		} else if !more {
			break
		}
	}

	// The same for items, whose gathering place nested lists share.
	items := slices.Clone(p.items[from:])
	p.items = p.items[:from]
	n.data = &items
	return true
}

// more consumes a comma (more is true) or the closing bracket.
func (p *parser) more(closing byte) (more, ok bool) {
	p.space()
	if p.at < len(p.src) {
		switch p.src[p.at] {
		case ',':
			p.at++
			p.space()

			// A comma at the end has words of its own: people write it often and see nothing wrong.
			if p.at < len(p.src) && p.src[p.at] == closing {
				return false, p.fail("found %s after a comma; JSON has no trailing commas", p.next())
			}
			return true, true

		case closing:
			p.at++
			return false, true
		}
	}

	return false, p.fail("found %s, expected ',' or '%c'", p.next(), closing)
}

func (p *parser) number(n *Node) bool {
	// The grammar is that of JSON exactly: what is lenient here would be refused by the tenant.
	start := p.at
	digits := func() bool {
		from := p.at
		for p.at < len(p.src) && p.src[p.at] >= '0' && p.src[p.at] <= '9' {
			p.at++
		}
		return p.at > from || p.fail("found %s, expected a digit", p.next())
	}

	is := func(set string) bool {
		return p.at < len(p.src) && strings.IndexByte(set, p.src[p.at]) >= 0
	}
	if is("-") {
		p.at++
	}
	if is("0") {
		if p.at++; is("0123456789") {
			return p.fail("a number must not start with 0")
		}
	} else if !digits() {
		return false
	}

	if is(".") {
		if p.at++; !digits() {
			return false
		}
	}

	if is("eE") {
		if p.at++; is("+-") {
			p.at++
		}
		if !digits() {
			return false
		}
	}

	n.kind, n.size = Number, uint32(p.at-start)
	return true
}

// text reads a string in quotes as the value of a node.
func (p *parser) text(n *Node) bool {
	start := p.at + 1
	text, ok := p.str()
	if plain := p.at - 1 - start; ok && len(text) == plain && text == p.src[start:start+plain] {
		n.size = uint32(plain)
	} else {
		n.data = text
	}
	return ok
}

// str reads a string in quotes; one that means what it says is a part of the source.
func (p *parser) str() (string, bool) {
	p.at++
	start, ascii := p.at, true

	// Most strings are plain ASCII without escapes and become a part of the source, without a copy.
	for p.at += plain(p.src[p.at:]); p.at < len(p.src); p.at += plain(p.src[p.at:]) {
		switch c := p.src[p.at]; {
		case c == '"':
			if part := p.src[start:p.at]; ascii || utf8.ValidString(part) {
				p.at++
				return part, true
			}
			p.at = start
			return p.hardString()

		case c == '\\':
			p.at = start
			return p.hardString()
		case c < ' ':
			return "", p.fail("a control character (%q) in a string must be escaped", rune(c))
		}

		ascii = false
		p.at++
	}

	return "", p.fail("the string is not closed")
}

// hardString reads a string that has escapes, or bytes that are not UTF-8.
func (p *parser) hardString() (string, bool) {
	var (
		buf   []byte
		wrong int // bytes that are not UTF-8
		first int // the offset of the first of them
	)
	for p.at < len(p.src) {
		switch c := p.src[p.at]; {
		case c == '"':
			p.at++
			p.notUTF8(first, wrong)
			return string(buf), true
		case c == '\\':
			var ok bool
			if buf, ok = p.escape(buf); !ok {
				return "", false
			}
		case c < ' ':
			return "", p.fail("a control character (%q) in a string must be escaped", rune(c))
		default:
			r, size := utf8.DecodeRuneInString(p.src[p.at:])
			if r == utf8.RuneError && size == 1 {
				if wrong++; wrong == 1 {
					first = p.at
				}
			}
			buf = utf8.AppendRune(buf, r)
			p.at += size
		}
	}

	return "", p.fail("the string is not closed")
}

// notUTF8 reports the bytes of a string that are not UTF-8 in one finding, as there may be
// millions: the first, and how many there are.
func (p *parser) notUTF8(first, n int) {
	switch {
	case n == 1:
		p.found.Addf(diag.Warning, codeJSONUTF8, p.pos(first), "byte 0x%02x is not UTF-8; read as U+FFFD", p.src[first])
	case n > 1:
		p.found.Addf(diag.Warning, codeJSONUTF8, p.pos(first),
			"byte 0x%02x and %d more of this string are not UTF-8; each is read as U+FFFD", p.src[first], n-1)
	}
}

func (p *parser) escape(buf []byte) ([]byte, bool) {
	if p.at+1 >= len(p.src) {
		p.at = len(p.src)
		return nil, p.fail("the string is not closed")
	}

	c := p.src[p.at+1]

	// The two texts below list escapes and what they mean in one order.
	if i := strings.IndexByte(`"\/bfnrt`, c); i >= 0 {
		p.at += 2
		return append(buf, "\"\\/\b\f\n\r\t"[i]), true
	}

	if c != 'u' {
		return nil, p.fail(`found \%c, expected one of \" \\ \/ \b \f \n \r \t \u`, c)
	}
	r, ok := p.hex(p.at)
	if !ok {
		return nil, p.fail(`\u needs four hexadecimal digits`)
	}
	p.at += 6

	// Two halves make a character; half of one is kept as three bytes, so that nothing is lost.
	if utf16.IsSurrogate(r) {
		if low, ok := p.hex(p.at); ok {
			if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
				p.at += 6
				return utf8.AppendRune(buf, pair), true
			}
		}

		return append(buf, 0xE0|byte(r>>12), 0x80|byte(r>>6&0x3F), 0x80|byte(r&0x3F)), true
	}

	return utf8.AppendRune(buf, r), true
}

// hex reads \uXXXX at offset i.
func (p *parser) hex(i int) (rune, bool) {
	if i+6 > len(p.src) || p.src[i] != '\\' || p.src[i+1] != 'u' {
		return 0, false
	}
	var r rune
	for _, c := range []byte(p.src[i+2 : i+6]) {
		switch {
		case c >= '0' && c <= '9':
			r = r<<4 | rune(c-'0')
		case c >= 'a' && c <= 'f':
			r = r<<4 | rune(c-'a'+10)
		case c >= 'A' && c <= 'F':
			r = r<<4 | rune(c-'A'+10)
		default:
			return 0, false
		}
	}

	return r, true
}
