package javaregex

import "unicode/utf8"

// A symbol is a code point of the pattern and where it stands, in bytes.
type symbol struct {
	r   rune
	pos int
}

// decode reads a code point. A surrogate written as three bytes is one code
// point; any other invalid byte is U+FFFD.
func decode(s string) (rune, int) {
	r, n := utf8.DecodeRuneInString(s)
	if r == utf8.RuneError && n == 1 && len(s) >= 3 && s[0] == 0xED && s[1]&0xE0 == 0xA0 && s[2]&0xC0 == 0x80 {
		return rune(s[0]&0xF)<<12 | rune(s[1]&0x3F)<<6 | rune(s[2]&0x3F), 3
	}
	return r, n
}

func symbols(pattern string) []symbol {
	out := make([]symbol, 0, len(pattern))
	for i := 0; i < len(pattern); {
		r, n := decode(pattern[i:])
		out = append(out, symbol{r, i})
		i += n
	}

	return out
}

// unquote replaces \Q...\E by escapes, everywhere and before anything else is
// read, as Java does: also inside classes.
func unquote(in []symbol) []symbol {
	start := quoteStart(in)
	if start < 0 {
		return in
	}

	// Signs get a backslash; letters and digits mean nothing special by themselves.
	out := append([]symbol(nil), in[:start]...)
	quoted, first := true, true
	for i := start + 2; i < len(in); {
		s := in[i]
		i++
		switch {
		case s.r >= 128 || isASCIILetter(s.r):
			out = append(out, s)
		case isDigit(s.r):
			if first { // must not lengthen an escape just before the quotation
				out = append(out, symbol{'\\', s.pos}, symbol{'x', s.pos}, symbol{'3', s.pos})
			}
			out = append(out, s)
		case s.r != '\\':
			if quoted {
				out = append(out, symbol{'\\', s.pos})
			}
			out = append(out, s)
		case quoted && i < len(in) && in[i].r == 'E':
			i++
			quoted = false
		case quoted:
			out = append(out, s, s)
		case i < len(in) && in[i].r == 'Q':
			i++
			quoted, first = true, true
			continue
		default:
			out = append(out, s)
			if i < len(in) {
				out = append(out, in[i])
				i++
			}
		}

		first = false
	}

	return out
}

func quoteStart(in []symbol) int {
	for i := 0; i+1 < len(in); i++ {
		if in[i].r != '\\' {
			continue
		}
		if in[i+1].r == 'Q' {
			return i
		}
		i++
	}

	return -1
}

func isDigit(r rune) bool { return '0' <= r && r <= '9' }

func hexValue(r rune) (rune, bool) {
	switch {
	case isDigit(r):
		return r - '0', true
	case 'a' <= r|0x20 && r|0x20 <= 'f':
		return r | 0x20 - 'a' + 10, true
	}

	return 0, false
}

// The scanner methods of parser mirror how Java walks over a pattern: under
// (?x) blanks and comments vanish wherever the next character is looked at,
// but not right after a backslash.

// at is the raw symbol i, or 0 past the end.
func (p *parser) at(i int) rune {
	if i < 0 || i >= len(p.in) {
		return 0
	}
	return p.in[i].r
}

func (p *parser) peek() rune {
	if p.has(flagComments) {
		p.cur = p.past(p.cur)
	}
	return p.at(p.cur)
}

// read takes a character.
func (p *parser) read() rune {
	if p.has(flagComments) {
		p.cur = p.past(p.cur)
	}
	r := p.at(p.cur)
	p.cur++
	return r
}

// next steps over the current character and looks at the one behind it.
func (p *parser) next() rune {
	p.cur++
	return p.peek()
}

// skip steps over the current character and takes the raw one behind it.
func (p *parser) skip() rune {
	r := p.at(p.cur + 1)
	p.cur += 2
	return r
}

func (p *parser) more() bool { return p.cur < len(p.in) }

// past steps over blanks and comments from i on.
func (p *parser) past(i int) int {
	for {
		for p.at(i) == ' ' || '\t' <= p.at(i) && p.at(i) <= '\r' {
			i++
		}
		if p.at(i) != '#' {
			return i
		}
		for i < len(p.in) && !p.lineEnd(p.at(i)) {
			i++
		}
	}
}

func (p *parser) lineEnd(r rune) bool {
	if p.has(flagUnixLines) {
		return r == '\n'
	}
	return r == '\n' || r == '\r' || r == 0x85 || r|1 == 0x2029
}

// place is the offset, in bytes of the pattern, of the raw symbol i.
func (p *parser) place(i int) int {
	switch {
	case i < 0:
		return 0
	case i >= len(p.in):
		return len(p.pattern)
	}

	return p.in[i].pos
}

// fail notes the first error, at the character before the current one, and
// moves to the end, so that parsing stops.
func (p *parser) fail(msg string) {
	if p.err == nil {
		p.err = &SyntaxError{Pattern: p.pattern, Offset: p.place(p.cur - 1), Msg: msg}
	}
	p.cur = len(p.in)
}
