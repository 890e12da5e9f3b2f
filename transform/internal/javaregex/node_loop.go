package javaregex

// loopNode repeats a group that can match in several ways. It stands behind
// the group; loopEntry stands in front.
type loopNode struct {
	body         node
	min, max     int
	begin, count int // locals: start of the round, number of rounds
	memo         int // where failed positions are remembered, or -1
	weight       int
	next         node
}

type loopEntry struct{ *loopNode }

func (n *loopEntry) match(m *matcher, i int) bool {
	if !m.step() {
		return false
	}

	// A loop inside a loop begins to count anew.
	saved := m.locals[n.count]
	ok := false
	switch {
	case n.max > 0:
		m.locals[n.count] = 1
		ok = n.body.match(m, i)

		// The loop may be left out only when no round has worked, as it is greedy.
		if !ok && n.min == 0 {
			ok = n.next.match(m, i)
		}

	default:
		ok = n.next.match(m, i)
	}

	m.locals[n.count] = saved
	return ok
}

func (n *loopNode) match(m *matcher, i int) bool {
	if !m.step() || !m.down(n.weight) {
		return false
	}

	defer m.up(n.weight)
	if i <= m.locals[n.begin] { // a round without width ends the loop
		return n.next.match(m, i)
	}

	count := m.locals[n.count]
	if count < n.min {
		return n.round(m, i, count)
	}

	// Another round first; only when nothing comes of that, on with the rest.
	if count < n.max && !n.failedAt(m, i) {
		if n.round(m, i, count) {
			return true
		}
		n.noteFailure(m, i)
	}

	return n.next.match(m, i)
}

func (n *loopNode) round(m *matcher, i, count int) bool {
	m.locals[n.count] = count + 1
	if n.body.match(m, i) {
		return true
	}
	m.locals[n.count] = count
	return false
}

func (n *loopNode) failedAt(m *matcher, i int) bool {
	return n.memo >= 0 && m.memo[n.memo] != nil && m.memo[n.memo][i] == m.stamp
}

func (n *loopNode) noteFailure(m *matcher, i int) {
	if n.memo < 0 {
		return
	}
	if m.memo[n.memo] == nil {
		m.memo[n.memo] = make([]uint32, m.units+1)
	}
	m.memo[n.memo][i] = m.stamp
}

// lazyLoopNode is loopNode with as few rounds as possible.
type lazyLoopNode struct{ loopNode }

type lazyEntry struct{ *lazyLoopNode }

func (n *lazyEntry) match(m *matcher, i int) bool {
	if !m.step() {
		return false
	}

	saved := m.locals[n.count]
	ok := n.min == 0 && n.next.match(m, i)
	if !ok && n.max > 0 {
		m.locals[n.count] = 1
		ok = n.body.match(m, i)
	}

	m.locals[n.count] = saved
	return ok
}

func (n *lazyLoopNode) match(m *matcher, i int) bool {
	if !m.step() || !m.down(n.weight) {
		return false
	}

	defer m.up(n.weight)
	if i <= m.locals[n.begin] {
		return n.next.match(m, i)
	}

	// The rest first; another round only when that fails.
	count := m.locals[n.count]
	if count < n.min {
		return n.round(m, i, count)
	}
	return n.next.match(m, i) || count < n.max && n.round(m, i, count)
}
