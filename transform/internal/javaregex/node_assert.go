package javaregex

import "unicode"

// beginNode is \A, and ^ outside of (?m).
type beginNode struct{ next node }

func (n *beginNode) match(m *matcher, i int) bool { return i == 0 && n.next.match(m, i) }

// endNode is \z.
type endNode struct{ next node }

func (n *endNode) match(m *matcher, i int) bool { return i == m.units && n.next.match(m, i) }

// resumeNode is \G.
type resumeNode struct{ next node }

func (n *resumeNode) match(m *matcher, i int) bool { return i == m.oldLast && n.next.match(m, i) }

func lineEnd(u uint16) bool { return u == '\n' || u == '\r' || u == 0x85 || u|1 == 0x2029 }

// caretNode is ^ under (?m): the start of the text and behind every line
// terminator, but never at the end.
type caretNode struct {
	unix bool
	next node
}

func (n *caretNode) match(m *matcher, i int) bool {
	if i == m.units {
		return false
	}
	if i > 0 {
		u := m.unit(i - 1)
		if n.unix && u != '\n' || !lineEnd(u) || u == '\r' && m.unit(i) == '\n' {
			return false
		}
	}

	return n.next.match(m, i)
}

// dollarNode is $ and \Z: the end of the text, in front of a line terminator
// that ends it, and under (?m) in front of every one.
type dollarNode struct {
	lines, unix bool
	next        node
}

func (n *dollarNode) match(m *matcher, i int) bool { return n.here(m, i) && n.next.match(m, i) }

func (n *dollarNode) here(m *matcher, i int) bool {
	end := m.units
	if i == end {
		return true
	}

	// Between \r and \n there is no end of line.
	u := m.unit(i)
	if n.unix {
		return u == '\n' && (n.lines || i == end-1)
	}
	if !lineEnd(u) || u == '\n' && i > 0 && m.unit(i-1) == '\r' {
		return false
	}
	return n.lines || i == end-1 || i == end-2 && u == '\r' && m.unit(i+1) == '\n'
}

// boundNode is \b and \B. Without (?U) a word consists of Unicode letters,
// digits and underscores, with their combining marks.
type boundNode struct {
	negate bool
	word   *charSet // under (?U)
	next   node
}

func (n *boundNode) match(m *matcher, i int) bool {
	if !m.step() {
		return false
	}

	// A boundary is where one side is a word and the other is not.
	left, right := false, false
	if i > 0 {
		r, _ := m.before(i)
		left = n.inWord(m, r, i-1)
	}

	if i < m.units {
		r, _ := m.at(i)
		right = n.inWord(m, r, i)
	}

	return (left != right) != n.negate && n.next.match(m, i)
}

func (n *boundNode) inWord(m *matcher, r rune, i int) bool {
	if r < 128 {
		return r == '_' || isASCIILetter(r) || isDigit(r)
	}
	if n.word != nil {
		if n.word.has(r) {
			return true
		}
	} else if letterOrDigit(r) {
		return true
	}

	// A mark belongs to the letter below it.
	return nonspacing(r) && based(m, i)
}

// based tells whether the marks that end at i sit on a letter or digit.
func based(m *matcher, i int) bool {
	for ; i >= 0 && m.step(); i-- {
		r, _ := m.at(i)
		if letterOrDigit(r) {
			return true
		}
		if !nonspacing(r) {
			return false
		}
	}

	return false
}

func letterOrDigit(r rune) bool {
	return (unicode.IsLetter(r) || unicode.Is(unicode.Nd, r)) && (r < 128 || !newer().has(r))
}

func nonspacing(r rune) bool {
	return r == 0x1734 || unicode.Is(unicode.Mn, r) && !newer().has(r)
}

// newlineNode is \R.
type newlineNode struct{ next node }

func (n *newlineNode) match(m *matcher, i int) bool {
	if !m.step() || i >= m.units {
		return false
	}

	switch u := m.unit(i); {
	case u == '\r':
		return i+1 < m.units && m.unit(i+1) == '\n' && n.next.match(m, i+2) || n.next.match(m, i+1)
	case lineEnd(u) || u == 0x0B || u == 0x0C:
		return n.next.match(m, i+1)
	}

	return false
}

// clusterNode is \X.
type clusterNode struct{ next node }

func (n *clusterNode) match(m *matcher, i int) bool {
	return m.step() && i < m.units && n.next.match(m, m.clusterEnd(i))
}

// clusterBoundNode is \b{g}.
type clusterBoundNode struct{ next node }

func (n *clusterBoundNode) match(m *matcher, i int) bool {
	if !m.step() {
		return false
	}
	if i > 0 && i < m.units {
		if m.unit(i-1)&0xFC00 == 0xD800 && m.unit(i)&0xFC00 == 0xDC00 || m.last < m.units && m.clusterEnd(m.last) > i {
			return false
		}
	}

	return n.next.match(m, i)
}
