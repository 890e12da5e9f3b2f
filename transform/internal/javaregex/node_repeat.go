package javaregex

// spanNode repeats one character.
type spanNode struct {
	set      *charSet
	min, max int
	manner   manner
	scan     bool // written as a greedy star or plus
	next     node
}

func (n *spanNode) match(m *matcher, i int) bool {
	if !m.step() {
		return false
	}

	count, start := 0, i
	most := n.max
	if n.manner == lazy {
		most = n.min
	}

	// A lazy one takes no more than it must, the others all they can.
	if m.off == nil {
		i = m.spanASCII(n.set, i, most)
		count = i - start
	} else {
		for count < most && i < m.units {
			r, w := m.at(i)
			if !n.set.has(r) {
				break
			}
			i += w
			count++
		}
	}

	// Characters are paid for after the loop, which would cost more than they do.
	m.steps -= int64(i - start)
	if count > 0 && !n.scan {
		m.last = i // as in Java, where \b{g} looks at it
	}

	if count < n.min {
		return false
	}

	// From here on the three differ in what they give back.
	switch n.manner {
	case lazy:
		return n.forward(m, i, count)
	case possessive:
		return n.next.match(m, i)
	}

	return n.backward(m, i, count, start)
}

// spanASCII is where the characters of a set end, of which there are at most so many from i on.
func (m *matcher) spanASCII(set *charSet, i, most int) int {
	rest := m.src[i:]
	if most < len(rest) {
		rest = rest[:max(most, 0)]
	}
	for k := range len(rest) {
		if !set.hasByte(rest[k]) {
			return i + k
		}
	}
	return i + len(rest)
}

func (n *spanNode) forward(m *matcher, i, count int) bool {
	for {
		if n.next.match(m, i) {
			return true
		}
		if count == n.max || i >= m.units || !m.step() {
			return false
		}

		r, w := m.at(i)
		if !n.set.has(r) {
			return false
		}

		i += w
		m.last = i
		count++
	}
}

func (n *spanNode) backward(m *matcher, i, count, start int) bool {
	for {
		if n.next.match(m, i) {
			return true
		}
		if count == n.min || !m.step() {
			return false
		}

		// A pair is given back as a whole, but never what stands before the start.
		_, w := m.before(i)
		i = max(i-w, start)
		count--
	}
}

// repeatNode repeats what matches in one way only: assertions, atomic and
// possessive groups, back references, \R and \X.
type repeatNode struct {
	atom     node
	min, max int
	manner   manner
	optional bool // at most one, none at least
	weight   int
	next     node
}

func (n *repeatNode) match(m *matcher, i int) bool {
	if n.optional {
		return n.matchOptional(m, i)
	}

	for j := range n.min {
		if !m.step() || !n.atom.match(m, i) {
			return false
		}
		if m.last == i && j > 0 {
			break // further rounds would be the same
		}
		i = m.last
	}

	// The rounds that there must be are done; what follows is free.
	switch n.manner {
	case lazy:
		return n.lazily(m, i)
	case possessive:
		return n.next.match(m, n.all(m, i))
	}

	return n.greedily(m, i, n.min)
}

func (n *repeatNode) matchOptional(m *matcher, i int) bool {
	if !m.step() {
		return false
	}

	switch n.manner {
	case lazy:
		return n.next.match(m, i) || n.atom.match(m, i) && n.next.match(m, m.last)
	case possessive:
		if n.atom.match(m, i) {
			i = m.last
		}
		return n.next.match(m, i)
	}

	// Greedy: with the atom first.
	return n.atom.match(m, i) && n.next.match(m, m.last) || n.next.match(m, i)
}

func (n *repeatNode) lazily(m *matcher, i int) bool {
	for j := n.min; ; j++ {
		if n.next.match(m, i) {
			return true
		}
		if j >= n.max || !m.step() || !n.atom.match(m, i) || m.last == i {
			return false
		}
		i = m.last
	}
}

func (n *repeatNode) all(m *matcher, i int) int {
	for j := n.min; j < n.max && m.step() && n.atom.match(m, i) && m.last != i; j++ {
		i = m.last
	}
	return i
}

// greedily takes rounds of equal length in a loop, and recurs when the length
// changes.
func (n *repeatNode) greedily(m *matcher, i, j int) bool {
	if j >= n.max {
		return n.next.match(m, i)
	}
	if !m.down(n.weight) {
		return false
	}

	defer m.up(n.weight)
	least := j
	if !n.atom.match(m, i) || m.last == i {
		return n.next.match(m, i)
	}

	// As long as rounds have one width, going back is a subtraction and needs no recursion.
	w := m.last - i
	i = m.last
	j++
	for j < n.max && m.step() && n.atom.match(m, i) {
		if m.last != i+w {
			if n.greedily(m, m.last, j+1) {
				return true
			}
			break
		}

		i += w
		j++
	}

	// Back again, round by round.
	for ; j >= least && m.step(); j-- {
		if n.next.match(m, i) {
			return true
		}
		i -= w
	}

	return false
}

// fixedGroupNode repeats a group whose every match takes the same path.
type fixedGroupNode struct {
	atom         node
	min, max     int
	manner       manner
	local, group int
	weight       int
	next         node
}

// capture notes what the group captured, if it captures.
func (n *fixedGroupNode) capture(m *matcher, from, to int) {
	if n.group > 0 {
		m.groups[2*n.group], m.groups[2*n.group+1] = from, to
	}
}

func (n *fixedGroupNode) captured(m *matcher) (int, int) {
	return m.groups[2*n.group], m.groups[2*n.group+1]
}

func (n *fixedGroupNode) match(m *matcher, i int) bool {
	local := m.locals[n.local]
	from, to := n.captured(m)

	// The group's end sees that it is run from outside and does not go on by itself.
	m.locals[n.local] = -1
	if n.rounds(m, i) {
		return true
	}

	// A failed match leaves nothing behind.
	m.locals[n.local] = local
	n.capture(m, from, to)
	return false
}

func (n *fixedGroupNode) rounds(m *matcher, i int) bool {
	for j := range n.min {
		if !m.step() || !n.atom.match(m, i) {
			return false
		}
		n.capture(m, i, m.last)
		if m.last == i && j > 0 {
			break // further rounds would be the same
		}
		i = m.last
	}

	switch n.manner {
	case lazy:
		return n.lazily(m, i)
	}

	return n.greedily(m, i, n.min)
}

func (n *fixedGroupNode) lazily(m *matcher, i int) bool {
	for j := n.min; ; j++ {
		if n.next.match(m, i) {
			return true
		}
		if j >= n.max || !m.step() || !n.atom.match(m, i) || m.last == i {
			return false
		}
		n.capture(m, i, m.last)
		i = m.last
	}
}

func (n *fixedGroupNode) greedily(m *matcher, i, j int) bool {
	if !m.down(n.weight) {
		return false
	}

	defer m.up(n.weight)
	from, to := n.captured(m)
	least := j
	if j < n.max && m.step() && n.atom.match(m, i) {
		w := m.last - i
		n.capture(m, i, m.last)

		// A round without width would repeat for ever.
		if w <= 0 {
			i = m.last
		} else {
			done, ok := n.stretch(m, &i, &j, w)
			if done {
				return ok
			}

			// What the group captured goes back along with the position.
			for ; j > least && m.step(); j-- {
				if n.next.match(m, i) {
					n.capture(m, i-w, i)
					return true
				}

				i -= w
				n.capture(m, i-w, i)
			}
		}
	}

	n.capture(m, from, to)
	return n.next.match(m, i)
}

// stretch takes rounds of equal width from the one just matched on. It is done
// when a round of another width led to a match of everything.
func (n *fixedGroupNode) stretch(m *matcher, i, j *int, w int) (done, ok bool) {
	for {
		n.capture(m, *i, *i+w)
		*i += w
		if *j++; *j >= n.max || !m.step() || !n.atom.match(m, *i) {
			return false, false
		}
		if *i+w != m.last {
			if n.greedily(m, *i, *j) {
				return true, true
			}
			return false, false
		}
	}
}
