package javaregex

import (
	"math"
	"slices"

	"github.com/idprofile/engine/transform/internal/limit"
)

// A scan walks over the matches of one text. The backtracking matcher does the
// work as long as it gets along with an allowance per match; then package
// regexp takes over if it can. All positions are UTF-16 units.
type scan struct {
	re      *Regexp
	m       matcher
	linear  *linear // set once package regexp has taken over
	granted int64   // steps given to the matcher
}

// Memory is what a search needs beside the text, for one goroutine that searches again and
// again. A nil *Memory takes it from a store that all searches of an expression share.
type Memory struct{ scan scan }

func (re *Regexp) newScan(mem *Memory, src string) *scan {
	var s *scan
	if mem != nil {
		s = &mem.scan
	} else if s, _ = re.scans.Get().(*scan); s == nil {
		s = &scan{}
	}
	s.re, s.linear = re, nil
	s.m.start(re.prog, src)
	return s
}

// maxKept is the largest buffer, in units, that is kept for the next text.
const maxKept = 1 << 16

func (re *Regexp) release(mem *Memory, s *scan) {
	// One huge text must not keep its memory for ever.
	s.m.src = ""
	clear(s.m.memo)
	if cap(s.m.u) > maxKept {
		s.m.view = view{}
	}
	if mem == nil {
		re.scans.Put(s)
	}
}

// allowance is how many steps a search in n units may take before package
// regexp is asked.
func allowance(n int) int64 { return 1000 + 32*int64(n) }

// find goes to the next match.
func (s *scan) find(b *limit.Budget) (bool, error) {
	if s.linear != nil {
		return s.findLinear(b)
	}

	m := &s.m
	from, last, oldLast := m.from, m.last, m.oldLast

	// Where package regexp can help, the matcher is stopped in time for it to take over.
	most := int64(math.MaxInt64)
	if !s.re.rigid {
		most = allowance(m.units - last)
	}

	s.allow(b, most)
	ok := m.find()
	if !m.dead || !s.handOver() {
		return ok, s.settle(b)
	}

	// The search that was broken off begins anew, and what it took is paid for.
	m.from, m.last, m.oldLast = from, last, oldLast
	if err := b.Spend(s.granted - max(m.steps, 0)); err != nil {
		return false, err
	}

	return s.findAgain(b)
}

// findAgain repeats a search that was broken off.
func (s *scan) findAgain(b *limit.Budget) (bool, error) {
	if s.linear != nil {
		return s.findLinear(b)
	}
	s.allow(b, math.MaxInt64)
	ok := s.m.find()
	return ok, s.settle(b)
}

// handOver decides what to do after the matcher was stopped: true means that
// the search has to be done again.
func (s *scan) handOver() bool {
	if s.re.rigid {
		return false
	}

	// It does not backtrack, so it ends in time that the text bounds.
	if l := s.re.linear(); l.fits(s.m.src) {
		s.linear = l
		return true
	}

	return !s.m.deep // more steps may help, more depth is not to be had
}

func (s *scan) matches(b *limit.Budget) (bool, error) {
	s.allow(b, math.MaxInt64)
	ok := s.m.whole()
	return ok, s.settle(b)
}

// allow lets the matcher use what b has left, but not more than most.
func (s *scan) allow(b *limit.Budget, most int64) {
	s.granted = most
	if b != nil {
		s.granted = min(most, max(b.Steps, 0))
	}
	s.m.steps, s.m.dead, s.m.deep = s.granted, false, false
}

// settle takes from b what the matcher used.
func (s *scan) settle(b *limit.Budget) error {
	err := b.Spend(s.granted - max(s.m.steps, 0))
	if s.m.dead {
		return limit.Err
	}
	return err
}

// findLinear goes to the next match with package regexp.
func (s *scan) findLinear(b *limit.Budget) (bool, error) {
	m := &s.m
	i := m.last
	if i == m.from {
		i++
	}

	if i > m.units {
		return false, nil
	}

	m.reset(i)
	m.from, m.last, m.oldLast = i, i, i

	// The cost is that of the whole rest of the text, match or not.
	start := m.byteAt(i)
	if err := b.Spend((int64(len(m.src)-start) + 1) * s.linear.cost); err != nil {
		return false, err
	}

	loc := s.linear.find(m.src, start)
	if loc == nil {
		return false, nil
	}

	// Positions become units again.
	for k, p := range loc {
		m.groups[k] = -1
		if p >= 0 {
			m.groups[k] = m.unitAt(start + p)
		}
	}

	m.from, m.last = m.groups[0], m.groups[1]
	return true, nil
}

// byteAt and unitAt convert positions in texts without surrogate pairs.
func (v *view) byteAt(i int) int {
	if v.off == nil {
		return i
	}
	return int(v.off[i])
}

func (v *view) unitAt(i int) int {
	if v.off == nil {
		return i
	}
	u, _ := slices.BinarySearch(v.off, int32(i))
	return u
}
