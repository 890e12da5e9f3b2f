package table

import (
	"slices"
	"strings"

	"github.com/idprofile/engine/identity"
)

// Text finds identities by the text of an attribute, without case. It is a
// hash table of identity numbers; the texts stay where they are. A nil textIndex
// is empty.
type Text struct {
	Number uint64 // among the indexes of a run
	text   func(n int32) string
	table  Keys
	Tags   []uint32 // by identity: of its text as it was indexed last; 0: blank
	found  []int32
}

// NewText indexes identities 0 to len(order)-1, read in that order. Blank texts are nobody's.
func NewText(order []int32, text func(n int32) string) *Text {
	x := &Text{text: text, Tags: make([]uint32, len(order))}
	x.table.slots = make([]keySlot, 2*len(order)+1)
	for _, i := range order {
		if tag := x.Tag(text(i)); tag != 0 {
			x.table.put(keySlot{tag, i + 1})
			x.table.used++
			x.Tags[i] = tag
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
// Entries that are out of date stay until the table is full.
func (x *Text) Update(n int32) (before, after uint32) {
	for int(n) >= len(x.Tags) {
		x.Tags = append(x.Tags, 0)
	}
	before, after = x.Tags[n], x.Tag(x.text(n))
	if before == after {
		return before, after
	}
	x.Tags[n] = after
	if 4*(x.table.used+1) > 3*len(x.table.slots) {
		x.rebuild()
	} else if after != 0 && x.table.putOnce(keySlot{after, n + 1}) {
		x.table.used++
	}

	return before, after
}

// rebuild makes the table anew from the tags.
func (x *Text) rebuild() {
	x.table = Keys{slots: make([]keySlot, 2*len(x.Tags)+1)}
	for n, tag := range x.Tags {
		if tag != 0 {
			x.table.put(keySlot{tag, int32(n) + 1})
			x.table.used++
		}
	}
}

// Find returns the identities whose folded text is the given one, ascending, valid until
// the next call.
func (x *Text) Find(folded string) []int32 {
	if x == nil || x.table.used == 0 || strings.TrimSpace(folded) == "" {
		return nil
	}
	x.found = x.found[:0]
	tag := max(Tag(folded), 1)
	for i := x.table.start(tag); x.table.slots[i].number != 0; i = x.table.next(i) {
		s := x.table.slots[i]
		if s.tag == tag && x.Tags[s.number-1] == tag && identity.Fold(x.text(s.number-1)) == folded {
			x.found = append(x.found, s.number-1)
		}
	}

	slices.Sort(x.found)
	return x.found
}
