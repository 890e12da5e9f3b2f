package javaregex

// group reads a group and its quantifier. It gives nil for flags like (?i).
func (p *parser) group() *tree {
	// Groups nest, and each level takes stack.
	if !p.enter() {
		return nil
	}

	defer func() { p.depth-- }()
	saved, start := p.flags, p.place(p.cur)
	t := p.groupBody()
	if t == nil || p.err != nil {
		return nil
	}
	if p.read() != ')' {
		p.fail("unclosed group")
		return nil
	}

	// Flags that were set inside end with the group.
	p.flags = saved
	t.pos = start
	return p.quantified(t)
}

// groupBody reads from the opening parenthesis up to the closing one.
func (p *parser) groupBody() *tree {
	if p.next() != '?' {
		return p.capture("")
	}

	switch ch := p.skip(); ch {
	case ':':
		return p.around(kindGroup)
	case '=', '!':
		t := p.around(kindLook)
		t.negate = ch == '!'
		return t
	case '>':
		return p.around(kindAtomic)
	case '<':
		ch = p.read()
		if ch == '=' || ch == '!' {
			return p.lookbehind(ch == '!')
		}
		name := p.groupName(ch)

		// Java allows a name once; with two, a reference would be to either.
		if _, dup := p.names[name]; dup && p.err == nil {
			p.fail("group name " + name + " is used twice")
		}
		return p.capture(name)

	case '$', '@':
		p.fail("unknown kind of group")
		return nil
	}

	// Neither of these, so it must be flags, perhaps with a group behind them.
	p.cur--
	p.inlineFlags()
	switch p.read() {
	case ')':
		return nil
	case ':':
		return p.around(kindGroup)
	}

	p.fail("unknown flag or kind of group")
	return nil
}

func (p *parser) around(k kind) *tree {
	return &tree{kind: k, subs: []*tree{p.alternation()}}
}

func (p *parser) capture(name string) *tree {
	p.groups++
	t := &tree{kind: kindGroup, group: p.groups}
	if name != "" {
		if p.names == nil {
			p.names = map[string]int{}
		}
		p.names[name] = p.groups
	}

	// Groups are numbered by their opening parentheses.
	t.subs = []*tree{p.alternation()}
	return t
}

func (p *parser) groupName(ch rune) string {
	if !isASCIILetter(ch) {
		p.fail("a group name starts with a Latin letter")
		return ""
	}

	var name []rune
	for ; isASCIILetter(ch) || isDigit(ch); ch = p.read() {
		name = append(name, ch)
	}

	if ch != '>' {
		p.fail("group name without closing '>'")
	}
	return string(name)
}

func (p *parser) lookbehind(negate bool) *tree {
	start := p.cur
	t := p.around(kindLook)
	e := extentOf(t.subs[0])
	if !e.bounded {
		p.fail("lookbehind without an obvious maximum length")
	}

	t.behind, t.negate = true, negate
	t.minLen, t.maxLen = e.min, e.max

	// Java looks at the whole rest of the pattern here.
	t.wide = p.lastWide >= start
	return t
}

var flagLetters = map[rune]flags{
	'i': flagInsensitive, 'm': flagMultiline, 's': flagDotAll, 'd': flagUnixLines,
	'u': flagUnicodeCase, 'x': flagComments, 'U': flagUnicodeClass | flagUnicodeCase,
	'c': 0, // canonical equivalence, which Java takes note of only when it is set from outside
}

// inlineFlags reads i, m, s, d, u, x, U and what a minus switches off.
func (p *parser) inlineFlags() {
	off := false
	for {
		ch := p.peek()
		f, ok := flagLetters[ch]
		switch {
		case !ok && ch == '-' && !off:
			off = true
		case !ok:
			return
		case off:
			p.flags &^= f
		default:
			p.flags |= f
		}

		p.cur++
	}
}

// quantified reads at most one quantifier and applies it to t.
func (p *parser) quantified(t *tree) *tree {
	if p.err != nil {
		return t
	}

	ch := p.peek()
	rep := &tree{kind: kindRepeat, pos: t.pos, subs: []*tree{t}, max: unlimited}
	switch ch {
	case '?':
		rep.max = 1
	case '*':
	case '+':
		rep.min = 1
	case '{':
		if !p.counts(rep) {
			return t
		}
	default:
		return t
	}

	// counts has read the closing brace already.
	if ch != '{' {
		p.cur++
	}

	// A second sign says how greedy it is.
	switch p.peek() {
	case '?':
		p.cur++
		rep.manner = lazy
	case '+':
		p.cur++
		rep.manner = possessive
	}

	// Java runs a group whose matches all take one path in another way.
	rep.loops = rep.canVary()
	return rep
}

// counts reads {n}, {n,} or {n,m}.
func (p *parser) counts(rep *tree) bool {
	ch := p.skip()
	if !isDigit(ch) {
		p.fail("repetition without a number")
		return false
	}

	// {3} is {3,3}: the largest number is the least one until another is read.
	ch, rep.min = p.number(ch)
	rep.max = rep.min
	if ch == ',' {
		if ch = p.read(); ch == '}' {
			rep.max = unlimited
		} else {
			ch, rep.max = p.number(ch)
		}
	}

	switch {
	case p.err != nil:
		return false
	case ch != '}':
		p.fail("unclosed repetition")
		return false
	case rep.max < rep.min:
		p.fail("repetition with the larger number first")
		return false
	}

	return true
}

// number reads digits from ch on, and gives the character after them.
func (p *parser) number(ch rune) (rune, int) {
	n := 0
	for ; isDigit(ch); ch = p.read() {
		if n = n*10 + int(ch-'0'); n > unlimited {
			p.fail("repetition with too large a number")
			return ch, 0
		}
	}

	return ch, n
}
