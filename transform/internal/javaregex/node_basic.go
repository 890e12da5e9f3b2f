package javaregex

// lastNode ends the expression.
type lastNode struct{}

func (lastNode) match(m *matcher, i int) bool {
	if m.anchor && i != m.units {
		return false
	}
	m.last = i
	m.groups[0], m.groups[1] = 0, i
	return true
}

// acceptNode ends a part that is matched on its own, such as a lookahead.
type acceptNode struct{}

func (acceptNode) match(m *matcher, i int) bool {
	m.last = i
	return true
}

// edgeNode ends a lookbehind: it has to end where the lookbehind stands.
type edgeNode struct{}

func (edgeNode) match(m *matcher, i int) bool { return i == m.edge }

// setNode matches one character.
type setNode struct {
	set  *charSet
	next node
}

func (n *setNode) match(m *matcher, i int) bool {
	if !m.step() || i >= m.units {
		return false
	}
	if m.off == nil { // as below, without the call
		return n.set.hasByte(m.src[i]) && n.next.match(m, i+1)
	}
	r, w := m.at(i)
	return n.set.has(r) && n.next.match(m, i+w)
}

// textNode matches several characters.
type textNode struct {
	sets []*charSet
	next node
}

func newTextNode(sets []*charSet, next node) node {
	return &textNode{sets, next}
}

func (n *textNode) match(m *matcher, i int) bool {
	if !m.step() {
		return false
	}

	for _, s := range n.sets {
		if i >= m.units {
			return false
		}
		r, w := m.at(i)
		if !s.has(r) {
			return false
		}
		i += w
	}

	return n.next.match(m, i)
}

// branchNode tries alternatives in turn.
type branchNode struct{ alts []node }

func (n *branchNode) match(m *matcher, i int) bool {
	for _, a := range n.alts {
		if !m.step() {
			return false
		}
		if a.match(m, i) {
			return true
		}
	}

	return false
}

// groupHead opens a group.
type groupHead struct {
	local int
	body  node
}

func (n *groupHead) match(m *matcher, i int) bool {
	if !m.step() {
		return false
	}
	saved := m.locals[n.local]
	m.locals[n.local] = i
	ok := n.body.match(m, i)
	m.locals[n.local] = saved
	return ok
}

// groupTail closes a group and notes what it captured, unless the group is
// run by a fixedGroupNode, which does that itself.
type groupTail struct {
	local, group int
	next         node
}

func (n *groupTail) match(m *matcher, i int) bool {
	// A group that is run from outside ends here.
	start := m.locals[n.local]
	if start < 0 {
		m.last = i
		return true
	}

	if n.group == 0 {
		return n.next.match(m, i)
	}

	// What it captured counts only while what follows matches.
	g := m.groups[2*n.group : 2*n.group+2]
	from, to := g[0], g[1]
	g[0], g[1] = start, i
	if n.next.match(m, i) {
		return true
	}

	g[0], g[1] = from, to
	return false
}

// atomicNode is (?>...).
type atomicNode struct{ atom, next node }

func (n *atomicNode) match(m *matcher, i int) bool {
	return m.step() && n.atom.match(m, i) && n.next.match(m, m.last)
}

// aheadNode is a lookahead. Captures made inside stay, as in Java.
type aheadNode struct {
	cond   node
	negate bool
	next   node
}

func (n *aheadNode) match(m *matcher, i int) bool {
	return m.step() && n.cond.match(m, i) != n.negate && n.next.match(m, i)
}

// behindNode is a lookbehind: it tries every start from the nearest on.
type behindNode struct {
	cond     node
	min, max int32
	negate   bool
	wide     bool
	next     node
}

func (n *behindNode) match(m *matcher, i int) bool {
	if !m.step() {
		return false
	}

	// Lookbehinds can stand inside of each other.
	edge := m.edge
	m.edge = i
	found := false
	if n.wide {
		found = n.byCodePoints(m, i)
	} else {
		// 32-bit: the largest length may have overflowed, see extent.
		from := max(int32(i)-n.max, 0)
		for j := int32(i) - n.min; !found && j >= from && m.step(); j-- {
			found = n.cond.match(m, int(j))
		}
	}

	m.edge = edge
	return found != n.negate && n.next.match(m, i)
}

// byCodePoints steps over whole pairs. Lengths that overflowed lead to the
// same odd limits as in Java.
func (n *behindNode) byCodePoints(m *matcher, i int) bool {
	from := max(i-m.unitsOf(i, -n.max), 0)
	for j := i - m.unitsOf(i, -n.min); j >= from && m.step(); {
		if n.cond.match(m, j) {
			return true
		}
		if j == from {
			return false
		}

		// One character further back.
		_, w := m.before(j)
		j -= w
	}

	return false
}

// unitsOf counts the units of n code points behind i, or before i when n is
// negative. It stops at the ends of the text.
func (v *view) unitsOf(i int, n int32) int {
	x := i
	for k := int32(0); k < n && x < v.units; k++ {
		_, w := v.at(x)
		x += w
	}

	if n >= 0 {
		return x - i
	}

	// Backward, for a negative number.
	for k := int32(0); k < -n && x > 0; k++ {
		_, w := v.before(x)
		x -= w
	}

	return i - x
}

// backrefNode matches what a group matched.
type backrefNode struct {
	group     int
	fold, uni bool
	next      node
}

func (n *backrefNode) match(m *matcher, i int) bool {
	if !m.step() || 2*n.group+1 >= len(m.groups) {
		return false
	}

	// A group that has not taken part yet fails the reference, as Java has it; it is not the empty text.
	from, to := m.groups[2*n.group], m.groups[2*n.group+1]
	if from < 0 || i+to-from > m.units {
		return false
	}

	// Comparing costs as much as matching the text would.
	m.steps -= int64(to - from)
	for ; from < to; from++ {
		a, b := rune(m.unit(from)), rune(m.unit(i))
		if a != b && !n.same(a, b) {
			return false
		}
		i++
	}

	return n.next.match(m, i)
}

func (n *backrefNode) same(a, b rune) bool {
	if !n.fold {
		return false
	}
	if n.uni {
		return upper(a) == upper(b) || fold(a) == fold(b)
	}
	return a < 128 && b < 128 && isASCIILetter(a) && a|0x20 == b|0x20
}
