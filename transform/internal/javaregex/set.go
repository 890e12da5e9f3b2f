package javaregex

import (
	"slices"
	"sort"
	"unicode"
)

const maxRune = unicode.MaxRune

// A span is an inclusive range of code points. Surrogates are code points here.
type span struct{ lo, hi rune }

// A charSet is an immutable set of code points: sorted spans that neither
// overlap nor touch, and a bit for each ASCII character.
type charSet struct {
	spans []span
	ascii [2]uint64
}

// hasByte is has for ASCII.
func (s *charSet) hasByte(c byte) bool { return s.ascii[c>>6&1]&(1<<(c&63)) != 0 }

func (s *charSet) has(r rune) bool {
	if r < 128 {
		return s.hasByte(byte(r))
	}

	lo, hi := 0, len(s.spans)
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		switch sp := s.spans[mid]; {
		case r < sp.lo:
			hi = mid
		case r > sp.hi:
			lo = mid + 1
		default:
			return true
		}
	}

	return false
}

// newSet makes a set of spans in any order.
func newSet(spans ...span) *charSet {
	sort.Slice(spans, func(i, j int) bool { return spans[i].lo < spans[j].lo })
	out := spans[:0:0]
	for _, sp := range spans {
		if n := len(out); n > 0 && sp.lo <= out[n-1].hi+1 {
			out[n-1].hi = max(out[n-1].hi, sp.hi)
			continue
		}

		out = append(out, sp)
	}

	s := &charSet{spans: out}
	for _, sp := range out {
		for r := sp.lo; r <= sp.hi && r < 128; r++ {
			s.ascii[r>>6] |= 1 << (uint(r) & 63)
		}
	}

	return s
}

func setOf(rs ...rune) *charSet {
	spans := make([]span, len(rs))
	for i, r := range rs {
		spans[i] = span{r, r}
	}
	return newSet(spans...)
}

func rangeSet(lo, hi rune) *charSet { return newSet(span{lo, hi}) }

func (s *charSet) union(t *charSet) *charSet {
	return newSet(append(slices.Clone(s.spans), t.spans...)...)
}

func (s *charSet) negate() *charSet {
	var out []span
	next := rune(0)
	for _, sp := range s.spans {
		if sp.lo > next {
			out = append(out, span{next, sp.lo - 1})
		}
		next = sp.hi + 1
	}

	if next <= maxRune {
		out = append(out, span{next, maxRune})
	}
	return newSet(out...)
}

func (s *charSet) intersect(t *charSet) *charSet {
	var out []span
	for i, j := 0, 0; i < len(s.spans) && j < len(t.spans); {
		a, b := s.spans[i], t.spans[j]
		if lo, hi := max(a.lo, b.lo), min(a.hi, b.hi); lo <= hi {
			out = append(out, span{lo, hi})
		}
		if a.hi < b.hi {
			i++
		} else {
			j++
		}
	}

	return newSet(out...)
}

func (s *charSet) minus(t *charSet) *charSet { return s.intersect(t.negate()) }

// single gives the only member of a set of one.
func (s *charSet) single() (rune, bool) {
	if len(s.spans) == 1 && s.spans[0].lo == s.spans[0].hi {
		return s.spans[0].lo, true
	}
	return 0, false
}

// tableSet converts tables of package unicode.
func tableSet(tables ...*unicode.RangeTable) *charSet {
	var out []span
	add := func(lo, hi, stride rune) {
		if stride == 1 {
			out = append(out, span{lo, hi})
			return
		}

		for r := lo; r <= hi; r += stride {
			out = append(out, span{r, r})
		}
	}

	for _, t := range tables {
		for _, r := range t.R16 {
			add(rune(r.Lo), rune(r.Hi), rune(r.Stride))
		}
		for _, r := range t.R32 {
			add(rune(r.Lo), rune(r.Hi), rune(r.Stride))
		}
	}

	return newSet(out...)
}
