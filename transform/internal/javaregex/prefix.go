package javaregex

import (
	"unicode/utf8"

	"github.com/idprofile/engine/transform/internal/limit"
)

// start gives the characters with which a match of t has to start, as firstSet
// does, and sees past what has no width: assertions, and parts that may be left
// out. It is nil when a match may be empty or nothing is known.
func (t *tree) start() *charSet {
	// A boundary of clusters looks at where the last search ended, so none may be left out.
	if t.has(kindClusterBound) {
		return t.firstSet()
	}
	if t.kind != kindConcat {
		return t.firstSet()
	}

	all := newSet()
	for _, s := range t.subs {
		switch s.kind {
		case kindEmpty, kindLook, kindBegin, kindEnd, kindCaret, kindDollar, kindBound, kindLast:
			continue
		}

		optional := s.kind == kindRepeat && s.min == 0
		if optional {
			s = s.subs[0]
		}

		// One part of which nothing is known makes the whole unknown.
		first := s.firstSet()
		if first == nil {
			return nil
		}
		if all = all.union(first); !optional {
			return all
		}
	}

	return nil
}

// has reports whether something of that kind stands in t.
func (t *tree) has(k kind) bool {
	if t.kind == k {
		return true
	}
	for _, s := range t.subs {
		if s.has(k) {
			return true
		}
	}

	return false
}

// hopeless reports whether no match can start in src, as far as its bytes tell,
// and what finding that out costs in steps: as much as the search would.
func (p *program) hopeless(src string) (cost int64, ok bool) {
	if p.first == nil {
		return 0, false
	}

	bits := &p.first.ascii

	// A match that has to begin at the beginning is decided by the first byte.
	if p.begin {
		if src == "" {
			return 1, true
		}
		c := src[0]
		return 1, c < utf8.RuneSelf && bits[c>>6]&(1<<(c&63)) == 0
	}

	// Beyond ASCII a byte says too little, so such a text may hold a match.
	for i := 0; i < len(src); i++ {
		c := src[i]
		if c >= utf8.RuneSelf || bits[c>>6]&(1<<(c&63)) != 0 {
			return 0, false
		}
	}

	return int64(len(src)) + 1, true
}

// Part is the piece of that number, from 0, among those that [Regexp.Split] gives
// for n = 0, and how many there are. It is "" when there is no such piece.
func (re *Regexp) Part(b *limit.Budget, src string, number int64) (part string, count int, err error) {
	if re.fast != nil {
		part, count, ok, err := re.fast.part(b, src, number)
		if ok || err != nil {
			return part, count, err
		}
	}

	parts, err := re.Split(b, src, 0)
	if number >= 0 && number < int64(len(parts)) {
		part = parts[number]
	}
	return part, len(parts), err
}

// part is [Regexp.Part]; ok is false when the text needs the matcher.
func (d *direct) part(b *limit.Budget, src string, number int64) (part string, count int, ok bool, err error) {
	// Empty pieces at the end do not count, and the text itself is one when nothing divides it.
	tail, pieces := 0, 0
	for {
		from, to, ok := d.next(src, tail)
		if !ok {
			return "", 0, false, nil
		}

		end := from
		if from < 0 {
			end = len(src)
		}
		piece := src[tail:end]
		if int64(pieces) == number {
			part = piece
		}
		if pieces++; piece != "" || from < 0 && pieces == 1 {
			count = pieces
		}
		if from < 0 {
			break
		}
		tail = to
	}

	return part, count, true, b.Spend(int64(len(src)) + 1)
}
