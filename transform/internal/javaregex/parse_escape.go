package javaregex

import (
	"strings"
)

const badEscape = "unknown escape sequence"

// escape reads an escape outside of classes: a character, or a tree when the
// escape stands for more. first tells that the tree will be used; otherwise
// the caller comes back for it.
func (p *parser) escape(first bool) (rune, *tree) {
	ch := p.skip()

	// Shorthand classes come first, as capital and small letters mean one class and its complement.
	if c, ok := p.shorthand(ch); ok {
		if !first {
			return 0, &tree{}
		}
		return 0, p.setNode(c)
	}

	if '1' <= ch && ch <= '9' {
		return 0, p.backref(int(ch - '0'))
	}

	// What is left is an assertion, or a character.
	uni := p.has(flagUnicodeClass)
	switch ch {
	case 'A':
		return 0, &tree{kind: kindBegin}
	case 'z':
		return 0, &tree{kind: kindEnd}
	case 'Z':
		return 0, &tree{kind: kindDollar, unix: p.has(flagUnixLines)}
	case 'B':
		return 0, &tree{kind: kindBound, negate: true, wide: uni}
	case 'b':
		if p.peek() == '{' {
			return 0, p.clusterBound()
		}
		return 0, &tree{kind: kindBound, wide: uni}
	case 'G':
		return 0, &tree{kind: kindLast}
	case 'R':
		return 0, &tree{kind: kindNewline}
	case 'X':
		return 0, &tree{kind: kindCluster}
	case 'k':
		return 0, p.namedBackref()
	}

	return p.charEscape(ch), nil
}

func (p *parser) clusterBound() *tree {
	start := p.cur
	if p.skip() == 'g' && p.read() == '}' {
		return &tree{kind: kindClusterBound}
	}
	if p.at(start+1) == 'g' {
		p.fail(badEscape)
		return &tree{}
	}

	// It was an ordinary boundary with a brace behind it.
	p.cur = start
	return &tree{kind: kindBound, wide: p.has(flagUnicodeClass)}
}

// backref reads the further digits of a reference as long as such a group is
// already there.
func (p *parser) backref(n int) *tree {
	for isDigit(p.peek()) {
		m := n*10 + int(p.peek()-'0')
		if m > p.groups {
			break
		}
		n = m
		p.read()
	}

	return p.refTo(n)
}

func (p *parser) refTo(n int) *tree {
	p.refs = true
	return &tree{kind: kindBackref, group: n, fold: p.has(flagInsensitive), wide: p.has(flagUnicodeCase)}
}

func (p *parser) namedBackref() *tree {
	if p.read() != '<' {
		p.fail("\\k without '<' and a group name")
		return &tree{}
	}

	name := p.groupName(p.read())
	n, ok := p.names[name]
	if !ok {
		p.fail("group name " + name + " is not defined before its use")
	}
	return p.refTo(n)
}

// shorthand gives the class behind \d and the like.
func (p *parser) shorthand(ch rune) (class, bool) {
	c := class{bmp: true}
	uni := p.has(flagUnicodeClass)
	switch ch | 0x20 {
	case 'd':
		c.set = rangeSet('0', '9')
		if uni {
			c = class{set: digitSet()}
		}
	case 'w':
		c.set = newSet(span{'0', '9'}, span{'A', 'Z'}, span{'_', '_'}, span{'a', 'z'})
		if uni {
			c = class{set: wordSet()}
		}
	case 's':
		c.set = newSet(span{'\t', '\r'}, span{' ', ' '})
		if uni {
			c = class{set: whiteSpaceSet()}
		}
	case 'h':
		c.set = newSet(span{'\t', '\t'}, span{' ', ' '}, span{0xA0, 0xA0}, span{0x1680, 0x1680}, span{0x180E, 0x180E},
			span{0x2000, 0x200A}, span{0x202F, 0x202F}, span{0x205F, 0x205F}, span{0x3000, 0x3000})
	case 'v':
		c.set = newSet(span{'\n', '\r'}, span{0x85, 0x85}, span{0x2028, 0x2029})
	default:
		return class{}, false
	}

	// The capital is the complement.
	if ch < 'a' {
		c = class{set: c.set.negate()}
	}

	return c, true
}

// charEscape reads the escapes that stand for one character, in classes and
// outside.
func (p *parser) charEscape(ch rune) rune {
	switch ch {
	case '0':
		return p.octal()
	case 'a':
		return 7
	case 'c':
		if p.more() {
			return p.read() ^ 64
		}
		p.fail("\\c without a character")
		return 0

	case 'e':
		return 0x1B
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	case 'u':
		return p.utf16()
	case 'x':
		return p.hex()
	case 'N':
		return p.named()
	}

	// Letters are kept for what Java may come to mean by them; signs stand for themselves.
	if isASCIILetter(ch) || isDigit(ch) {
		p.fail(badEscape)
	}

	return ch
}

func (p *parser) octal() rune {
	const msg = "\\0 without an octal number"

	// One digit at least: \0 alone is an error in Java.
	n := p.read() - '0'
	if n < 0 || n > 7 {
		p.fail(msg)
		return 0
	}

	// Three digits only as long as the value fits into a byte.
	for i, most := 0, n <= 3; i < 2; i++ {
		d := p.read() - '0'
		if d < 0 || d > 7 || i == 1 && !most {
			p.cur--
			return n
		}

		n = n*8 + d
	}

	return n
}

func (p *parser) hex() rune {
	ch := p.read()
	if hi, ok := hexValue(ch); ok {
		if lo, ok := hexValue(p.read()); ok {
			return hi<<4 | lo
		}
	} else if _, ok := hexValue(p.peek()); ok && ch == '{' {
		return p.bracedHex()
	}

	p.fail("\\x without a hexadecimal number")
	return 0
}

func (p *parser) bracedHex() rune {
	r := rune(0)
	for {
		ch := p.read()
		d, ok := hexValue(ch)
		if !ok {
			if ch != '}' {
				p.fail("unclosed \\x{")
			}
			return r
		}

		if r = r<<4 | d; r > maxRune {
			p.fail("code point above 10FFFF")
			return 0
		}
	}
}

// utf16 reads \uXXXX, or a surrogate pair written as two of them.
func (p *parser) utf16() rune {
	r := p.fourHex()
	if r < 0xD800 || r > 0xDBFF {
		return r
	}

	// Two escapes may be one character; if not, the second is read again.
	start := p.cur
	if p.read() == '\\' && p.read() == 'u' {
		if low := p.fourHex(); 0xDC00 <= low && low <= 0xDFFF {
			return (r-0xD800)<<10 + low - 0xDC00 + 0x10000
		}
	}

	if p.err == nil {
		p.cur = start
	}
	return r
}

func (p *parser) fourHex() rune {
	r := rune(0)
	for range 4 {
		d, ok := hexValue(p.read())
		if !ok {
			p.fail("\\u without four hexadecimal digits")
			return 0
		}

		r = r<<4 | d
	}

	return r
}

// named reads \N{name of a character}.
func (p *parser) named() rune {
	if p.read() != '{' {
		p.fail("\\N without a character name in braces")
		return 0
	}

	var name strings.Builder
	for ch := p.read(); ch != '}'; ch = p.read() {
		// The end of the text is met here too, since a brace may be missing.
		if !p.more() {
			p.fail("unclosed \\N{")
			return 0
		}

		name.WriteRune(ch)
	}

	r, ok := runeByName(name.String())
	if !ok {
		p.fail("unknown character name " + name.String())
	}
	return r
}
