package javaregex

import "slices"

// A classBuilder gathers the parts of one bracketed class. Java keeps the
// characters below U+0100 in a bit table of their own until an intersection
// or the end of the class, and what && means depends on it.
type classBuilder struct {
	spans []span // what is fixed so far, see whole
	some  bool   // something is fixed
	wide  bool   // what is fixed may reach beyond the basic plane
	last  *class // the part read last, nil when it went to the bits
	bits  [256]bool
	more  bool // bits has characters that are not fixed yet
}

func (b *classBuilder) add(c class) {
	if c.set == nil { // after an error
		return
	}
	b.spans = append(b.spans, c.set.spans...)
	b.some, b.wide = true, b.wide || !c.bmp
}

func (b *classBuilder) whole() class {
	return class{set: newSet(slices.Clone(b.spans)...), bmp: !b.wide}
}

func (b *classBuilder) bitClass() *class {
	var spans []span
	for r, in := range b.bits {
		if in {
			spans = append(spans, span{rune(r), rune(r)})
		}
	}

	return &class{set: newSet(spans...), bmp: true}
}

// flush adds the bits to the whole. They are not cleared: characters in front
// of && come back when others follow the right side, as in [ab&&[b]&c].
func (b *classBuilder) flush() {
	if b.more {
		b.add(*b.bitClass())
		b.more = false
	}
}

// class reads a bracketed class from its opening bracket on. With consume
// false it reads the right side of && and leaves the closing bracket alone.
func (p *parser) class(consume bool) class {
	if !p.enter() {
		return class{}
	}

	defer func() { p.depth-- }()
	var b classBuilder
	negated := false
	ch := p.next()

	// Only directly behind the bracket does it negate.
	if ch == '^' && consume && p.at(p.cur-1) == '[' {
		negated = true
		ch = p.next()
	}

	for p.err == nil {
		switch {
		case ch == '[':
			c := p.class(true)
			b.last = &c
			b.add(c)
		case ch == '&' && p.next() == '&':
			p.intersection(&b)
		case ch == '&':
			p.cur--
			p.member(&b)
		case !p.more():
			p.fail("unclosed character class")
		case ch == ']' && (b.some || b.more):
			if consume {
				p.next()
			}

			// The characters below U+0100 join the rest only now.
			b.flush()
			c := b.whole()
			if negated {
				return class{set: c.set.negate()}
			}
			return c

		default:
			p.member(&b)
		}

		ch = p.peek()
	}

	return class{}
}

// intersection reads the right side of &&, from the second & on.
func (p *parser) intersection(b *classBuilder) {
	var right *class
	for ch := p.next(); p.err == nil && ch != ']' && ch != '&'; ch = p.peek() {
		if ch != '[' {
			p.cur--
		}

		// Without a bracket the right side ends where the class does.
		c := p.class(ch == '[')
		if p.err != nil {
			return
		}
		if right != nil {
			c = class{set: right.set.union(c.set), bmp: right.bmp && c.bmp}
		}

		right = &c
	}

	if p.err != nil {
		return
	}

	// With nothing else on the left, the bits are what was read last.
	if b.more && !b.some {
		b.last = b.bitClass()
	}

	b.flush()
	if right != nil {
		b.last = right
	}

	// What an empty side means depends on which one it is.
	switch {
	case !b.some && right == nil:
		p.fail("nothing on either side of && in a character class")
	case !b.some:
		b.add(*right)
	case b.last == nil: // Java fails later, when it matches
		p.fail("nothing on the right side of && in a character class")
	default:
		c := b.whole()
		b.spans = c.set.intersect(b.last.set).spans
		b.wide = b.wide || !b.last.bmp
	}
}

// member reads a character, a range or an escape.
func (p *parser) member(b *classBuilder) {
	ch := p.peek()
	if ch == '\\' {
		if c := p.at(p.cur + 1); c == 'p' || c == 'P' {
			p.cur++
			b.part(p.property(c == 'P'))
			return
		}

		r, c := p.classEscape(p.at(p.cur+2) == '-')
		if c != nil {
			b.part(*c)
			return
		}

		ch = r
	} else {
		p.next()
	}

	// The first fault ends the reading; what is in the builder is not used any more.
	if p.err != nil {
		return
	}

	// A hyphen in front of a bracket is a character and makes no range.
	if p.peek() == '-' {
		switch p.at(p.cur + 1) {
		case '[', ']':
		default:
			p.rangeFrom(b, ch)
			return
		}
	}

	p.alone(b, ch)
}

func (b *classBuilder) part(c class) {
	if c.set == nil {
		return
	}
	b.last = &c
	b.add(c)
}

func (p *parser) rangeFrom(b *classBuilder, lo rune) {
	p.next()
	hi := p.peek()
	if hi == '\\' {
		r, c := p.classEscape(true)
		if hi = r; c != nil {
			hi = -1
		}
	} else {
		p.next()
	}

	if p.err != nil {
		return
	}
	if hi < lo {
		p.fail("character range with the larger end first")
		return
	}

	// Java knows of a range that it lies in the basic plane only in these cases.
	bmp := hi < 0xD800 || lo > 0xDFFF && hi < 0x10000
	if p.has(flagInsensitive) {
		uni := p.has(flagUnicodeCase)
		b.part(class{set: insensitiveRange(lo, hi, uni), bmp: bmp && !uni})
		return
	}

	b.part(class{set: rangeSet(lo, hi), bmp: bmp})
}

// alone adds a character that is no end of a range.
func (p *parser) alone(b *classBuilder, r rune) {
	uni := p.has(flagUnicodeCase)
	c := class{set: setOf(r), bmp: !beyondBMP(r)}
	related := false
	if p.has(flagInsensitive) {
		c.set = insensitiveMember(r, uni)
		related = uni && hasRelatives(r)
		if uni && (r >= 256 || related) && upper(r) != fold(r) {
			c.bmp = false
		}
	}

	// What is beyond Latin-1, or has relatives in other cases, cannot be a bit.
	if r >= 256 || related {
		b.part(c)
		return
	}

	// Small ones go to the bits, which an intersection treats in its own way.
	for _, sp := range c.set.spans {
		for m := sp.lo; m <= sp.hi; m++ {
			b.bits[m] = true
		}
	}

	b.last, b.more = nil, true
}

// classEscape reads an escape inside of a class: a character or a class. Next
// to a hyphen \v is the single character U+000B.
func (p *parser) classEscape(inRange bool) (rune, *class) {
	ch := p.skip()
	if ch == 'v' && inRange {
		return 0x0B, nil
	}
	if c, ok := p.shorthand(ch); ok {
		return 0, &c
	}
	return p.charEscape(ch), nil
}
