package javaregex

type flags uint16

const (
	flagInsensitive  flags = 1 << iota // i
	flagMultiline                      // m
	flagDotAll                         // s
	flagUnixLines                      // d
	flagUnicodeCase                    // u
	flagComments                       // x
	flagUnicodeClass                   // U
)

// maxDepth bounds the nesting of groups and classes.
const maxDepth = 1000

// A parser builds the tree of one expression. Its methods follow the order in
// which Java looks at characters, since that decides what is accepted.
type parser struct {
	pattern string
	in      []symbol
	cur     int
	flags   flags
	err     error
	depth   int
	groups  int // number of capturing groups so far
	names   map[string]int
	props   map[propertyKey]class // the properties used so far, since they take time to build
	refs    bool                  // a back reference occurs
	// wide says that the pattern can match beyond the basic plane in Java's
	// eyes: then a search does not begin inside a surrogate pair.
	wide     bool
	lastWide int // the last symbol beyond the basic plane, or -1
}

func (p *parser) has(f flags) bool { return p.flags&f != 0 }

func parse(pattern string) (*parser, *tree, error) {
	p := &parser{pattern: pattern, in: unquote(symbols(pattern)), props: map[propertyKey]class{}, lastWide: -1}

	// Whether characters beyond the basic plane occur decides how searches step.
	for i, s := range p.in {
		if beyondBMP(s.r) {
			p.wide, p.lastWide = true, i
		}
	}

	// What follows a whole expression can only be a parenthesis too many.
	t := p.alternation()
	if p.err == nil && p.more() {
		if p.peek() == ')' {
			p.fail("unmatched closing parenthesis")
		} else {
			p.cur++
			p.fail("unexpected character")
		}
	}

	if p.err == nil && p.cur > len(p.in) {
		p.fail("backslash without a character to escape")
	}

	return p, t, p.err
}

// beyondBMP tells whether r is a supplementary character or half of one.
func beyondBMP(r rune) bool { return r > 0xFFFF || 0xD800 <= r && r <= 0xDFFF }

func (p *parser) enter() bool {
	if p.depth++; p.depth > maxDepth {
		p.fail("nested too deeply")
		return false
	}

	return true
}

func (p *parser) alternation() *tree {
	pos := p.place(p.cur)
	first := p.sequence()
	if p.err != nil || p.peek() != '|' || !p.more() {
		return first
	}

	t := &tree{kind: kindAlternate, pos: pos, subs: []*tree{first}}
	for p.err == nil && p.more() && p.peek() == '|' {
		p.cur++
		t.subs = append(t.subs, p.sequence())
	}

	return t
}

func (p *parser) sequence() *tree {
	pos := p.place(p.cur)
	var subs []*tree
	for p.err == nil {
		ch := p.peek()
		if !p.more() || ch == '|' || ch == ')' {
			break
		}

		// Flags such as (?i) leave no node.
		if ch == '(' {
			if t := p.group(); t != nil {
				subs = append(subs, t)
			}
			continue
		}

		start := p.place(p.cur)
		t := p.item(ch)
		if p.err != nil {
			break
		}

		t.pos = start
		subs = append(subs, p.quantified(t))
	}

	// A single part needs no list around it.
	switch len(subs) {
	case 0:
		return &tree{kind: kindEmpty, pos: pos}
	case 1:
		return subs[0]
	}

	return &tree{kind: kindConcat, pos: pos, subs: subs}
}

// item reads what a quantifier can follow, groups apart.
func (p *parser) item(ch rune) *tree {
	switch ch {
	case '[':
		return p.setNode(p.class(true))
	case '\\':
		// A property is a class of its own and cannot be part of a run of text.
		if c := p.at(p.cur + 1); c == 'p' || c == 'P' {
			p.cur++
			return p.setNode(p.property(c == 'P'))
		}
	case '^':
		p.cur++
		if p.has(flagMultiline) {
			return &tree{kind: kindCaret, unix: p.has(flagUnixLines)}
		}
		return &tree{kind: kindBegin}

	case '$':
		p.cur++
		return &tree{kind: kindDollar, lines: p.has(flagMultiline), unix: p.has(flagUnixLines)}
	case '.':
		p.cur++
		return &tree{kind: kindSet, set: p.dot()}
	case '?', '*', '+':
		p.cur++
		p.fail("quantifier '" + string(ch) + "' without anything to repeat")
		return nil
	}

	// Everything else is text, from here up to what is not.
	return p.literal()
}

func (p *parser) dot() *charSet {
	switch {
	case p.has(flagDotAll):
		return rangeSet(0, maxRune)
	case p.has(flagUnixLines):
		return setOf('\n').negate()
	}

	// Line terminators are more than the newline.
	return newSet(span{'\n', '\n'}, span{'\r', '\r'}, span{0x85, 0x85}, span{0x2028, 0x2029}).negate()
}

// A class is a set and whether Java knows that it lies within the basic plane.
type class struct {
	set *charSet
	bmp bool
}

func (p *parser) setNode(c class) *tree {
	if p.err != nil {
		return nil
	}
	p.wide = p.wide || !c.bmp
	return &tree{kind: kindSet, set: c.set}
}

// literal reads a run of plain and escaped characters. The last one is left
// for the next call when a quantifier follows a longer run.
func (p *parser) literal() *tree {
	var text []rune
	prev := -1
	for p.err == nil {
		ch := p.peek()
		switch ch {
		case '*', '+', '?', '{':
			// The quantifier belongs to the last character only, so that is given back.
			if len(text) > 1 {
				p.cur = prev
				text = text[:len(text)-1]
			}

			return p.text(text)

		case '$', '.', '^', '(', '[', '|', ')':
			return p.text(text)
		case '\\':
			if c := p.at(p.cur + 1); c == 'p' || c == 'P' {
				if len(text) > 0 {
					return p.text(text)
				}
				p.cur++
				return p.setNode(p.property(c == 'P'))
			}

			prev = p.cur
			r, t := p.escape(len(text) == 0)
			if t != nil && len(text) == 0 {
				return t
			}
			if t != nil {
				p.cur = prev
				return p.text(text)
			}

			text = append(text, r)
			continue
		}

		if !p.more() {
			break
		}

		prev = p.cur
		text = append(text, ch)
		p.cur++
	}

	if p.err != nil {
		return nil
	}

	return p.text(text)
}

func (p *parser) text(text []rune) *tree {
	// What may match beyond the basic plane rules out the short ways.
	for _, r := range text {
		p.wide = p.wide || beyondBMP(r)
	}

	uni := p.has(flagUnicodeCase)
	switch {
	case len(text) == 0:
		return &tree{kind: kindEmpty}
	case len(text) == 1:
		s := setOf(text[0])
		if p.has(flagInsensitive) {
			s = insensitiveChar(text[0], uni)
			p.wide = p.wide || uni && upper(text[0]) != fold(text[0])
		}

		return &tree{kind: kindSet, set: s}
	}

	// Without case, a letter of a longer text matches others than one alone does.
	t := &tree{kind: kindText, sets: make([]*charSet, len(text))}
	for i, r := range text {
		if p.has(flagInsensitive) {
			t.sets[i] = insensitiveInText(r, uni)
		} else {
			t.sets[i] = setOf(r)
		}
	}

	return t
}
