package javaregex

import "github.com/idprofile/engine/transform/internal/limit"

// straight is an expression as a list of moves: the way that the matcher tries first, with
// what each of its nodes costs. Most matches in ASCII need no other, and a list needs neither
// calls from node to node nor a matcher that is made ready for a text. Where the way ends
// before the expression does, and another was left aside, the matcher has to say what there is.
type straight struct {
	moves  []move
	first  *asciiSet            // with what a match can start; nil when not known
	begin  bool                 // a match starts at the start of the text
	groups [straightGroups]bool // those that are captured on the way
}

// straightGroups is more than the groups that an expression has mostly; others are left to the
// matcher.
const straightGroups = 8

// asciiSet is a set of characters in the form that is asked fastest.
type asciiSet [128]bool

func (s *charSet) table() *asciiSet {
	var t asciiSet
	for c := range t {
		t[c] = s.hasByte(byte(c))
	}
	return &t
}

type move struct {
	does     deed
	negate   bool
	set      *asciiSet
	cost     int64
	min, max int
	group    int
	dollar   *dollarNode
}

// deed is what a move does.
type deed uint8

const (
	takeOne deed = iota // a character of the set
	takeAll             // as many as there are, which may be given back
	takeFix             // the same, never given back
	openGroup
	closeGroup
	fork       // another way begins here
	lookAhead  // at a character of the set, or at none
	lookBehind // the same before
	atBegin
	atEnd
	atDollar
	atBound
	arrive // at the end of the expression
)

// newStraight gives nil for an expression that has parts of other kinds.
func newStraight(t *tree, p *program) *straight {
	w := &straightWriter{}
	if p.groups >= straightGroups || !w.write(t) {
		return nil
	}
	w.add(move{does: arrive})
	if w.begin = p.begin; p.first != nil && !p.begin {
		w.first = p.first.table()
	}
	return &w.straight
}

type straightWriter struct {
	straight
	owed int64 // by what has no move of its own
}

// maxMoves bounds what is made of a long expression beside its nodes.
const maxMoves = 64

func (w *straightWriter) add(m move) {
	m.cost += w.owed
	w.owed = 0
	w.moves = append(w.moves, m)
}

// write adds the moves of t, with the costs of the nodes that [builder.build] makes.
func (w *straightWriter) write(t *tree) bool {
	if len(w.moves)+len(t.sets) > maxMoves {
		return false
	}

	switch t.kind {
	case kindEmpty:
	case kindSet:
		w.add(move{does: takeOne, set: t.set.table(), cost: 1})
	case kindText:
		// A text is one node of the matcher and is paid once, however many letters it has.
		w.owed++
		for _, s := range t.sets {
			w.add(move{does: takeOne, set: s.table()})
		}
	case kindConcat:
		for _, s := range t.subs {
			if !w.write(s) {
				return false
			}
		}

	case kindAlternate:
		w.add(move{does: fork, cost: 1})
		return w.write(t.subs[0])
	case kindGroup:
		return w.group(t)
	case kindRepeat:
		return w.repeat(t)
	case kindLook:
		return w.look(t)
	case kindBegin:
		w.add(move{does: atBegin})
	case kindEnd:
		w.add(move{does: atEnd})
	case kindDollar:
		w.add(move{does: atDollar, dollar: &dollarNode{lines: t.lines, unix: t.unix}})
	case kindBound:
		w.add(move{does: atBound, negate: t.negate, cost: 1})
	default:
		return false
	}

	return true
}

func (w *straightWriter) group(t *tree) bool {
	w.owed++
	if t.group > 0 {
		w.add(move{does: openGroup, group: t.group})
	}
	if !w.write(t.subs[0]) {
		return false
	}
	if t.group > 0 {
		w.add(move{does: closeGroup, group: t.group})
		w.groups[t.group] = true
	}
	return true
}

func (w *straightWriter) repeat(t *tree) bool {
	body := t.subs[0]
	if !body.single() {
		if !t.optional() || body.kind != kindGroup || t.manner == possessive {
			return false
		}

		// What comes first is to take it, or to leave it.
		w.add(move{does: fork, cost: 1})
		return t.manner == lazy || w.group(body)
	}

	m := move{does: takeAll, set: body.set.table(), cost: 1, min: t.min, max: t.max}
	switch t.manner {
	case possessive:
		m.does = takeFix
	case lazy:
		m.does, m.max = takeFix, t.min
	}
	w.add(m)
	if t.manner == lazy && t.max > t.min {
		w.add(move{does: fork})
	}
	return true
}

// look takes looks at one character only.
func (w *straightWriter) look(t *tree) bool {
	if body := t.subs[0]; !body.single() || t.behind && (t.wide || t.minLen != 1 || t.maxLen != 1) {
		return false
	}
	m := move{does: lookAhead, set: t.subs[0].set.table(), negate: t.negate, cost: 2}
	if t.behind {
		m.does, m.cost = lookBehind, 1
	}
	w.add(m)
	return true
}

// outcome is how a way ended.
type outcome uint8

const (
	arrived outcome = iota
	missed          // nothing matches here
	unclear         // another way may lead to a match
)

// captures are the starts and ends of groups; only those of [straight.groups] count.
type captures [2 * straightGroups]int

// along goes the way from i on in a text that is ASCII, and adds to spent what the nodes
// would have spent. It returns where the match ends.
func (s *straight) along(src string, i int, groups *captures, spent *int64) (end int, how outcome) {
	var cost int64
	failed := missed // what it means when the way ends
	for k := range s.moves {
		v := &s.moves[k]
		cost += v.cost
		switch v.does {
		case takeOne:
			if i >= len(src) || !v.set[src[i]&127] {
				*spent += cost
				return 0, failed
			}
			i++

		case takeAll, takeFix:
			start, end := i, len(src)
			if v.max < end-i {
				end = i + v.max
			}
			for i < end && v.set[src[i]&127] {
				i++
			}

			count := i - start
			cost += int64(count)
			if count < v.min {
				*spent += cost
				return 0, failed
			}
			if count > v.min && v.does == takeAll {
				failed = unclear
			}

		case openGroup:
			groups[2*v.group] = i
		case closeGroup:
			groups[2*v.group+1] = i
		case fork:
			failed = unclear
		case arrive:
			*spent += cost
			return i, arrived
		case lookBehind:
			if i > 0 {
				cost += 2 // for the only place where it can begin
			}
			if (i > 0 && v.set[src[i-1]&127]) == v.negate {
				*spent += cost
				return 0, failed
			}

		case lookAhead:
			if (i < len(src) && v.set[src[i]&127]) == v.negate {
				*spent += cost
				return 0, failed
			}
		case atBegin:
			if i > 0 {
				*spent += cost
				return 0, failed
			}
		case atEnd, atDollar, atBound:
			if !v.stands(src, i) {
				*spent += cost
				return 0, failed
			}
		}
	}

	return 0, unclear
}

// stands reports whether what has no width holds at i.
func (v *move) stands(src string, i int) bool {
	switch v.does {
	case atEnd:
		return i == len(src)
	case atDollar:
		return v.dollar.here(&matcher{view: view{src: src, units: len(src)}}, i)
	}

	left, right := i > 0 && wordByte(src[i-1]), i < len(src) && wordByte(src[i])
	return (left != right) != v.negate
}

func wordByte(c byte) bool { return c == '_' || isASCIILetter(rune(c)) || isDigit(rune(c)) }

// replace is [Regexp.appendReplace] for all matches in a text that is ASCII. When ok is false
// the text needs the matcher: nothing was spent, and dst is as it was.
func (s *straight) replace(re *Regexp, b *limit.Budget, dst []byte, src string,
	r *Replacement) (out []byte, n int, ok bool) {
	var groups captures
	var spent int64
	mark, tail, at := len(dst), 0, 0
	for at <= len(src) {
		before := spent
		from, end, how := s.find(src, at, &groups, &spent)
		if how == unclear || !re.rigid && spent-before > allowance(len(src)-tail) {
			return dst[:mark], 0, false
		}
		if how == missed {
			break
		}

		n++
		dst = append(dst, src[tail:from]...)
		for k := range r.bound {
			switch p := &r.bound[k]; {
			case p.literal != "":
				dst = append(dst, p.literal...)
			case p.group == 0:
				dst = append(dst, src[from:end]...)
			case s.groups[p.group]:
				dst = append(dst, src[groups[2*p.group]:groups[2*p.group+1]]...)
			}
		}

		// Behind an empty match the search has to move on.
		tail, at = end, end
		if end == from {
			at++
		}
		if b != nil && int64(len(dst)-mark) > b.Output {
			return dst[:mark], 0, false
		}
	}

	// What was spent is known only now. Where that is too much the matcher ends at the right place.
	if n > 0 {
		dst = append(dst, src[tail:]...)
	}
	if b != nil {
		if spent > b.Steps || n > 0 && int64(len(dst)-mark) > b.Output {
			return dst[:mark], 0, false
		}
		b.Steps -= spent
		if n > 0 {
			b.Output -= int64(len(dst) - mark)
		}
	}
	return dst, n, true
}

// find goes to the next match from i on, with the costs of [matcher.find].
func (s *straight) find(src string, i int, groups *captures, spent *int64) (from, end int, how outcome) {
	// Where the text begins is behind a search that goes on.
	if s.begin {
		*spent++
		if i > 0 {
			return 0, 0, missed
		}
		end, how = s.along(src, 0, groups, spent)
		return 0, end, how
	}

	// What a match begins with lets a search pass over most of a text.
	for ; i <= len(src); i++ {
		*spent++
		if s.first != nil {
			start := i
			for i < len(src) && !s.first[src[i]&127] {
				i++
			}
			*spent += int64(i - start)
			if i == len(src) {
				return 0, 0, missed
			}
			*spent++
		}
		if end, how = s.along(src, i, groups, spent); how != missed {
			return i, end, how
		}
	}

	return 0, 0, missed
}
