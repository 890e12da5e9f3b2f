package table

import (
	"slices"
	"strings"

	"github.com/idprofile/engine/identity"
)

// Text finds identities by the text of an attribute, without case. It is a
// hash table of identity numbers; the texts stay where they are. Those whose texts have one tag
// are a chain, so a text that everybody has costs what other texts cost. A nil Text is empty.
type Text struct {
	Number uint64 // among the indexes of a run
	text   func(n int32) string
	heads  Keys     // by tag: the first of its chain
	Tags   []uint32 // by identity: of its text as it was indexed last; 0: blank
	chain  []links  // by identity
	found  []int32
}

// links are the neighbours of an identity in its chain; -1: none.
type links struct{ before, behind int32 }

// nobody is the number of a slot whose chain has become empty.
const nobody = -1

// NewText indexes identities 0 to len(order)-1 in that order. Blank texts are nobody's. Each calls
// a function for all of them, on as many goroutines as it likes: texts are read there.
func NewText(order []int32, text func(n int32) string, each func(order []int32, do func(i int, n int32))) *Text {
	x := &Text{text: text, Tags: make([]uint32, len(order)), chain: make([]links, len(order))}
	x.heads.slots = make([]keySlot, 2*len(order)+1)
	each(order, func(_ int, n int32) { x.Tags[n] = x.Tag(text(n)) })
	for _, i := range order {
		if tag := x.Tags[i]; tag != 0 {
			x.add(i, tag)
		}
	}

	return x
}

// Tag returns the tag of a text, 0 for a blank one.
func (x *Text) Tag(text string) uint32 {
	if strings.TrimSpace(text) == "" {
		return 0
	}
	return max(Tag(identity.Fold(text)), 1)
}

// Update indexes identity n anew and returns the tags that it had and has.
func (x *Text) Update(n int32) (before, after uint32) {
	// Identities come later than the index, and have no text until they are asked.
	for int(n) >= len(x.Tags) {
		x.Tags, x.chain = append(x.Tags, 0), append(x.chain, links{})
	}
	before, after = x.Tags[n], x.Tag(x.text(n))
	if before == after {
		return before, after
	}

	if before != 0 {
		x.remove(n, before)
	}
	if after != 0 {
		// The table is rebuilt at three quarters, where chains begin to grow.
		if 4*(x.heads.used+1) > 3*len(x.heads.slots) {
			x.rebuild()
		}
		x.add(n, after)
	}
	return before, after
}

// add puts an identity in front of its chain.
func (x *Text) add(n int32, tag uint32) {
	x.Tags[n] = tag
	i := x.slot(tag)
	s := &x.heads.slots[i]
	if s.number == 0 {
		x.heads.used++
	}

	x.chain[n] = links{-1, -1}
	if s.number > 0 {
		first := s.number - 1
		x.chain[n].behind, x.chain[first].before = first, n
	}
	*s = keySlot{tag, n + 1}
}

// remove takes an identity out of its chain. The slot of a chain stays, for the next one.
func (x *Text) remove(n int32, tag uint32) {
	l := x.chain[n]
	x.Tags[n] = 0
	if l.behind >= 0 {
		x.chain[l.behind].before = l.before
	}

	switch s := &x.heads.slots[x.slot(tag)]; {
	case l.before >= 0:
		x.chain[l.before].behind = l.behind
	case l.behind >= 0:
		s.number = l.behind + 1
	default:
		s.number = nobody
	}
}

// slot returns the slot of a tag, or the free one where it belongs.
func (x *Text) slot(tag uint32) int {
	i := x.heads.start(tag)
	for x.heads.slots[i].number != 0 && x.heads.slots[i].tag != tag {
		i = x.heads.next(i)
	}
	return i
}

// rebuild makes the table anew, without slots of empty chains.
func (x *Text) rebuild() {
	old := x.heads.slots
	x.heads = Keys{slots: make([]keySlot, 2*len(x.Tags)+1)}
	for _, s := range old {
		if s.number > 0 {
			x.heads.put(s)
			x.heads.used++
		}
	}
}

// Find returns identities whose folded text is the given one, ascending, valid until
// the next call: all, or where most is more than zero no more than so many, whichever.
func (x *Text) Find(folded string, most int) []int32 {
	if x == nil || x.heads.used == 0 || strings.TrimSpace(folded) == "" {
		return nil
	}

	x.found = x.found[:0]
	s := x.heads.slots[x.slot(max(Tag(folded), 1))]
	for n := s.number - 1; n >= 0; n = x.chain[n].behind {
		if identity.Fold(x.text(n)) != folded { // another text with this tag
			continue
		}
		if x.found = append(x.found, n); len(x.found) == most {
			break
		}
	}

	slices.Sort(x.found)
	return x.found
}
