package javaregex

import "math"

// kind is what a tree node stands for.
type kind uint8

const (
	kindEmpty        kind = iota
	kindSet               // one code point of set
	kindText              // two or more characters: sets holds one set each
	kindConcat            // subs one after the other
	kindAlternate         // subs, the first that leads to a match; kindEmpty is an empty branch
	kindGroup             // subs[0], captured when group > 0
	kindRepeat            // subs[0], min to max times
	kindLook              // (?= (?! (?<= (?<! around subs[0]
	kindAtomic            // (?> around subs[0]
	kindBackref           // what group matched
	kindBegin             // \A, ^
	kindEnd               // \z
	kindCaret             // ^ under (?m)
	kindDollar            // $, \Z
	kindBound             // \b, \B
	kindLast              // \G, the end of the last match
	kindNewline           // \R
	kindCluster           // \X
	kindClusterBound      // \b{g}
)

// manner is how a repetition behaves.
type manner uint8

const (
	greedy manner = iota
	lazy
	possessive
)

const unlimited = 1<<31 - 1

// A tree is a parsed expression. pos is where it starts, in bytes of the pattern.
type tree struct {
	kind   kind
	pos    int
	set    *charSet   // kindSet
	sets   []*charSet // kindText
	subs   []*tree
	min    int // kindRepeat
	max    int
	manner manner
	loops  bool // kindRepeat: of a group that can match in more than one way
	group  int  // kindGroup: 0 when it does not capture; kindBackref
	fold   bool // kindBackref: (?i)
	wide   bool // with (?u) for kindBackref, (?U) for kindBound; a lookbehind that steps by code points
	negate bool // kindLook, kindBound
	behind bool // kindLook
	lines  bool // kindDollar: (?m)
	unix   bool // kindCaret, kindDollar: (?d)
	// minLen and maxLen are the limits of a lookbehind, in code points.
	minLen, maxLen int32
}

// single tells whether t is one character of a set.
func (t *tree) single() bool { return t.kind == kindSet }

// extent is what the Java compiler finds out about a part: its shortest and
// longest match, whether there is a longest, and whether every match takes the
// same path. Lengths are 32-bit on purpose: Java lets them overflow, and which
// lookbehinds it accepts depends on that.
type extent struct {
	min, max int32
	bounded  bool
	fixed    bool
}

// extentOf studies t alone.
func extentOf(t *tree) extent {
	e := extent{bounded: true, fixed: true}
	t.study(&e, func(*extent) {})
	return e
}

// study adds t to e, as if t followed what e describes, and goes on with rest.
// What follows alternatives is studied from zero and then added without a look
// at overflows, so the order counts.
func (t *tree) study(e *extent, rest func(*extent)) {
	switch t.kind {
	case kindSet:
		e.min++
		e.max++
	case kindText:
		e.min += int32(len(t.sets))
		e.max += int32(len(t.sets))
	case kindConcat:
		studyAll(t.subs, e, rest)
		return
	case kindGroup:
		t.subs[0].study(e, rest)
		return
	case kindAtomic:
		t.subs[0].study(e, func(*extent) {})
	case kindAlternate:
		studyBranches(t.subs, e, rest)
		return
	case kindRepeat:
		t.studyRepeat(e, rest)
		return
	case kindBackref:
		e.bounded = false
	case kindNewline:
		e.min++
		e.max += 2
	case kindCluster:
		e.fixed = false // and Java counts no length
	}

	rest(e)
}

func studyAll(subs []*tree, e *extent, rest func(*extent)) {
	if len(subs) == 0 {
		rest(e)
		return
	}

	subs[0].study(e, func(e *extent) { studyAll(subs[1:], e, rest) })
}

func studyBranches(subs []*tree, e *extent, rest func(*extent)) {
	short, long, bounded := int32(math.MaxInt32), int32(-1), e.bounded
	for _, s := range subs {
		b := extentOf(s)
		short, long = min(short, b.min), max(long, b.max)
		bounded = bounded && b.bounded
	}

	r := extent{bounded: true, fixed: true}
	rest(&r)
	*e = extent{min: e.min + short + r.min, max: e.max + long + r.max, bounded: bounded && r.bounded}
}

func (t *tree) studyRepeat(e *extent, rest func(*extent)) {
	body := t.subs[0]
	switch {
	// A group that may be missing is a choice between it and nothing, so what is behind it is studied
	// for both.
	case t.optional() && body.kind == kindGroup && t.manner != possessive:
		studyBranches([]*tree{body, {kind: kindEmpty}}, e, rest)
		return
	case t.optional():
		n := e.min
		body.study(e, func(*extent) {})
		e.min, e.fixed = n, false

	// Nothing says how often, so the upper bound only has to be beyond all texts.
	case t.scan():
		e.min += int32(t.min)
		if e.bounded {
			e.max += math.MaxInt32
		}
		e.fixed = false

	case t.loops:
		e.bounded, e.fixed = false, false
		return
	default:
		t.studyRounds(e, extentOf(body))
	}

	rest(e)
}

func (t *tree) studyRounds(e *extent, b extent) {
	n := b.min*int32(t.min) + e.min
	if n < e.min {
		n = 0xFFFFFFF
	}

	bounded := e.bounded && b.bounded
	if bounded {
		m := b.max*int32(t.max) + e.max
		bounded = m >= e.max
		e.max = m
	}

	*e = extent{min: n, max: e.max, bounded: bounded, fixed: e.fixed && b.fixed && t.min == t.max}
}

// optional tells whether t is a question mark, which {0,1} is too.
func (t *tree) optional() bool { return t.kind == kindRepeat && t.min == 0 && t.max == 1 }

// scan tells whether t is a greedy repetition without limit of one character.
func (t *tree) scan() bool {
	return t.max == unlimited && t.manner == greedy && t.subs[0].single()
}

// canVary tells whether t repeats a group that can match in more than one way.
func (t *tree) canVary() bool {
	return t.subs[0].kind == kindGroup && t.manner != possessive && !extentOf(t.subs[0]).fixed
}
