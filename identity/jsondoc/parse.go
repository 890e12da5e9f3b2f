package jsondoc

import (
	"bytes"
	"fmt"
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
	s := &source{file: base.File, text: string(src), base: base, lines: []int32{0}}
	for at := 0; ; {
		i := bytes.IndexByte(src[at:], '\n')
		if i < 0 {
			break
		}
		at += i + 1
		s.lines = append(s.lines, int32(at))
	}

	p := &parser{source: s, src: src}
	if bytes.HasPrefix(src, []byte("\ufeff")) {
		p.at, s.lines[0] = 3, 3
	}
	n, ok := p.value(0)
	if p.space(); ok && p.at < len(src) {
		ok = p.fail("text after the end of the JSON value")
	}
	if !ok {
		n = nil
	}
	return n, p.found
}

type parser struct {
	*source
	src   []byte
	at    int
	slab  []Node // nodes to be used
	found diag.List
}

func (p *parser) fail(format string, args ...any) bool {
	p.found.Addf(diag.Error, "json-syntax", p.pos(p.at), format, args...)
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
	r, _ := utf8.DecodeRune(p.src[p.at:])
	return fmt.Sprintf("%q", r)
}

func (p *parser) value(depth int) (*Node, bool) {
	p.space()
	if len(p.slab) == 0 {
		p.slab = make([]Node, 16)
	}
	n := &p.slab[0]
	p.slab = p.slab[1:]
	n.src, n.offset = p.source, p.at
	if p.at >= len(p.src) {
		return nil, p.fail("found the end of the file, expected a JSON value")
	}
	if depth > MaxDepth {
		return nil, p.fail("lists and objects are nested more than %d deep", MaxDepth)
	}
	ok := false
	switch c := p.src[p.at]; {
	case c == '{':
		ok = p.object(n, depth)
	case c == '[':
		ok = p.array(n, depth)
	case c == '"':
		n.kind = String
		n.text, ok = p.str()
	case c == '-' || c >= '0' && c <= '9':
		ok = p.number(n)
	default:
		ok = p.word(n)
	}

	return n, ok
}

func (p *parser) word(n *Node) bool {
	for _, word := range [...]string{"null", "true", "false"} {
		if bytes.HasPrefix(p.src[p.at:], []byte(word)) {
			p.at += len(word)
			if word != "null" {
				n.kind, n.text = Bool, word
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

	for {
		p.space()
		m := Member{at: p.at, src: p.source}
		if p.at >= len(p.src) || p.src[p.at] != '"' {
			return p.fail("found %s, expected a key in double quotes", p.next())
		}
		var ok bool
		if m.Key, ok = p.str(); !ok {
			return false
		}
		if keys.seen(n, m.Key) {
			p.found.Addf(diag.Error, "json-duplicate-key", p.pos(m.at),
				"key %q occurs twice in this object; the last one counts", m.Key)
		}
		if p.space(); p.at >= len(p.src) || p.src[p.at] != ':' {
			return p.fail("found %s, expected ':' after the key %q", p.next(), m.Key)
		}
		p.at++
		if m.Value, ok = p.value(depth + 1); !ok {
			return false
		}
		if n.members == nil {
			n.members = make([]Member, 0, 8)
		}
		n.members = append(n.members, m)
		if more, ok := p.more('}'); !ok || !more {
			return ok
		}
	}
}

// keySet finds keys that occur twice. It is empty as long as an object is small
// enough to be searched.
type keySet map[string]bool

// seen reports whether n has that key already, and remembers it.
func (k *keySet) seen(n *Node, key string) bool {
	if *k == nil {
		if len(n.members) < 16 {
			return n.find(key) >= 0
		}
		*k = keySet{}
		for _, m := range n.members {
			(*k)[m.Key] = true
		}
	}

	found := (*k)[key]
	(*k)[key] = true
	return found
}

func (p *parser) array(n *Node, depth int) bool {
	n.kind = Array
	p.at++
	if p.space(); p.at < len(p.src) && p.src[p.at] == ']' {
		p.at++
		return true
	}

	for {
		item, ok := p.value(depth + 1)
		if !ok {
			return false
		}
		n.items = append(n.items, item)
		if more, ok := p.more(']'); !ok || !more {
			return ok
		}
	}
}

// more consumes a comma (more is true) or the closing bracket.
func (p *parser) more(closing byte) (more, ok bool) {
	p.space()
	if p.at < len(p.src) {
		switch p.src[p.at] {
		case ',':
			p.at++
			p.space()
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
	start := p.at
	digits := func() bool {
		from := p.at
		for p.at < len(p.src) && p.src[p.at] >= '0' && p.src[p.at] <= '9' {
			p.at++
		}
		return p.at > from || p.fail("found %s, expected a digit", p.next())
	}

	is := func(set string) bool {
		return p.at < len(p.src) && bytes.IndexByte([]byte(set), p.src[p.at]) >= 0
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

	n.kind, n.text = Number, p.text[start:p.at]
	return true
}

// str reads a string in quotes.
func (p *parser) str() (string, bool) {
	p.at++
	start := p.at
	for p.at < len(p.src) {
		switch c := p.src[p.at]; {
		case c == '"':
			p.at++
			return p.text[start : p.at-1], true
		case c == '\\' || c >= utf8.RuneSelf:
			return p.hardString(start)
		case c < ' ':
			return "", p.fail("a control character (%q) in a string must be escaped", rune(c))
		}

		p.at++
	}

	return "", p.fail("the string is not closed")
}

// hardString goes on with a string that has escapes or characters beyond ASCII.
func (p *parser) hardString(start int) (string, bool) {
	buf := append([]byte(nil), p.src[start:p.at]...)
	for p.at < len(p.src) {
		switch c := p.src[p.at]; {
		case c == '"':
			p.at++
			return string(buf), true
		case c == '\\':
			var ok bool
			if buf, ok = p.escape(buf); !ok {
				return "", false
			}
		case c < ' ':
			return "", p.fail("a control character (%q) in a string must be escaped", rune(c))
		default:
			r, size := utf8.DecodeRune(p.src[p.at:])
			if r == utf8.RuneError && size == 1 {
				p.found.Addf(diag.Warning, "json-utf8", p.pos(p.at), "byte 0x%02x is not UTF-8; read as U+FFFD", c)
			}
			buf = utf8.AppendRune(buf, r)
			p.at += size
		}
	}

	return "", p.fail("the string is not closed")
}

func (p *parser) escape(buf []byte) ([]byte, bool) {
	if p.at+1 >= len(p.src) {
		p.at = len(p.src)
		return nil, p.fail("the string is not closed")
	}

	c := p.src[p.at+1]
	if i := bytes.IndexByte([]byte(`"\/bfnrt`), c); i >= 0 {
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
	for _, c := range p.src[i+2 : i+6] {
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
