package profile

import (
	"strings"

	"github.com/idprofile/engine/correlate"
)

// textIndex finds identities by the text of an attribute, without case. It is a
// hash table of identity numbers; the texts stay where they are. A nil textIndex
// is empty.
type textIndex struct {
	table keyTable
	text  func(n int32) string
	found []int32
}

// newTextIndex indexes identities 0 to n-1. Blank texts are nobody's.
func newTextIndex(n int, text func(n int32) string) *textIndex {
	x := &textIndex{text: text}
	x.table.slots = make([]keySlot, 2*n+1)
	for i := range int32(n) {
		if v := text(i); strings.TrimSpace(v) != "" {
			x.table.put(keySlot{keyTag(correlate.Fold(v)), i + 1})
			x.table.used++
		}
	}
	return x
}

// find returns the identities whose folded text is the given one, ascending,
// valid until the next call.
func (x *textIndex) find(folded string) []int32 {
	if x == nil || x.table.used == 0 || strings.TrimSpace(folded) == "" {
		return nil
	}
	x.found = x.found[:0]
	tag := keyTag(folded)
	for i := x.table.start(tag); x.table.slots[i].number != 0; i = x.table.next(i) {
		s := x.table.slots[i]
		if s.tag == tag && correlate.Fold(x.text(s.number-1)) == folded {
			x.found = append(x.found, s.number-1)
		}
	}
	return x.found
}

// managerIndexes indexes the identity attributes that managers are found by.
func (p *population) managerIndexes() map[string]*textIndex {
	var indexes map[string]*textIndex
	for _, cs := range p.engine.sources {
		m := cs.source.Manager
		if m == nil || m.IdentityAttribute == "" || indexes[m.IdentityAttribute] != nil {
			continue
		}
		if indexes == nil {
			indexes = map[string]*textIndex{}
		}
		indexes[m.IdentityAttribute] = newTextIndex(len(p.people), func(n int32) string { return p.lookup(n, m.IdentityAttribute) })
	}
	return indexes
}
