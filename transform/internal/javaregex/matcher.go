package javaregex

// maxFrames bounds the recursion of one match, in calls of nodes. Java's own
// stack ends long before.
const maxFrames = 200_000

// A matcher runs a program over one text by backtracking. It belongs to one
// goroutine.
type matcher struct {
	view
	prog    *program
	groups  []int // start and end of each group, -1 when unset
	locals  []int // starts of open groups and counts of loops
	memo    [][]uint32
	stamp   uint32
	from    int // start of the last match, -1 before the first
	last    int // end of the last match, or of the last atom
	oldLast int // end of the match before, for \G
	edge    int // where the lookbehind in progress has to end
	anchor  bool
	steps   int64
	depth   int
	dead    bool // out of steps or too deep: everything fails from now on
	deep    bool // dead because of the depth
}

// start prepares m for a new text.
func (m *matcher) start(prog *program, src string) {
	m.prog = prog
	m.set(src)
	m.groups = resize(m.groups, 2*(prog.groups+1))
	m.locals = resize(m.locals, prog.locals)
	if len(m.memo) < prog.memos {
		m.memo = make([][]uint32, prog.memos)
	}
	m.stamp, m.from, m.last, m.oldLast = 0, -1, 0, -1
}

func resize(s []int, n int) []int {
	if cap(s) < n {
		return make([]int, n)
	}
	return s[:n]
}

// step spends one step.
func (m *matcher) step() bool {
	if m.steps--; m.steps < 0 {
		m.dead = true
	}
	return !m.dead
}

// down enters a recursion of n calls; each down needs an up.
func (m *matcher) down(n int) bool {
	if m.depth += n; m.depth > maxFrames {
		m.dead, m.deep = true, true
	}
	return !m.dead
}

func (m *matcher) up(n int) { m.depth -= n }

// reset prepares a search from i on.
func (m *matcher) reset(i int) {
	for k := range m.groups {
		m.groups[k] = -1
	}

	for k := range m.locals {
		m.locals[k] = -1
	}

	// Old failures go stale by their stamp alone.
	m.stamp++
	m.depth = 0
	if m.oldLast < 0 {
		m.oldLast = i
	}
}

// find searches the next match, one unit further after an empty one.
func (m *matcher) find() bool {
	// Behind an empty match the search has to move on.
	i := m.last
	if i == m.from {
		i++
	}

	if i > m.units {
		return false
	}

	// Where the text begins is behind it.
	if m.prog.begin && i > 0 {
		m.oldLast = m.last
		m.step()
		return false
	}

	m.reset(i)
	ok := m.search(i)
	m.oldLast = m.last
	return ok
}

func (m *matcher) search(i int) bool {
	p := m.prog
	for ; i <= m.units && m.step(); i++ {
		if p.first != nil && !p.begin {
			if i = m.candidate(i); i < 0 {
				return false
			}
		}

		if p.root.match(m, i) {
			m.from = i
			m.groups[0], m.groups[1] = i, m.last
			return !m.dead
		}

		// It can match nowhere else.
		if p.begin {
			return false
		}

		// With characters beyond the basic plane in play, Java does not look inside a pair.
		if p.wide && i+1 < m.units && m.unit(i)&0xFC00 == 0xD800 && m.unit(i+1)&0xFC00 == 0xDC00 {
			i++
		}
	}

	return false
}

// candidate goes on to a character with which a match can start.
func (m *matcher) candidate(i int) int {
	// In ASCII, with steps for all that is left, nothing has to be asked at each character.
	if left := m.units - i; m.off == nil && m.steps > int64(left) {
		for k, rest := 0, m.src[i:]; k < len(rest); k++ {
			if m.prog.first.hasByte(rest[k]) {
				m.steps -= int64(k) + 1
				return i + k
			}
		}

		m.steps -= int64(left)
		return -1
	}

	for i < m.units && m.step() {
		r, n := m.at(i)
		if m.prog.first.has(r) {
			return i
		}

		// The second half of a pair can begin a match where Java searches by units.
		if n == 2 && !m.prog.wide && m.prog.first.has(rune(m.unit(i+1))) {
			return i + 1
		}
		i += n
	}

	return -1
}

// whole matches the text from start to end.
func (m *matcher) whole() bool {
	m.reset(0)
	m.anchor = true
	ok := m.prog.root.match(m, 0)
	m.anchor = false
	return ok && !m.dead
}
