package profile

import (
	"strings"

	"github.com/idprofile/engine/identity"
)

// textIndex finds identities by the text of an attribute, without case. It is a
// hash table of identity numbers; the texts stay where they are. A nil textIndex
// is empty.
type textIndex struct {
	number uint64 // among the indexes of a run
	text   func(n int32) string
	table  keyTable
	tags   []uint32 // by identity: of its text as it was indexed last; 0: blank
	found  []int32
}

// newTextIndex indexes identities 0 to n-1. Blank texts are nobody's.
func newTextIndex(n int, text func(n int32) string) *textIndex {
	x := &textIndex{text: text, tags: make([]uint32, n)}
	x.table.slots = make([]keySlot, 2*n+1)
	for i := range int32(n) {
		if tag := x.tag(text(i)); tag != 0 {
			x.table.put(keySlot{tag, i + 1})
			x.table.used++
			x.tags[i] = tag
		}
	}
	return x
}

// tag returns the tag of a text, 0 for a blank one.
func (x *textIndex) tag(text string) uint32 {
	if strings.TrimSpace(text) == "" {
		return 0
	}
	return max(keyTag(identity.Fold(text)), 1)
}

// update indexes identity n anew and returns the tags that it had and has.
// Entries that are out of date stay until the table is full.
func (x *textIndex) update(n int32) (before, after uint32) {
	for int(n) >= len(x.tags) {
		x.tags = append(x.tags, 0)
	}
	before, after = x.tags[n], x.tag(x.text(n))
	if before == after {
		return before, after
	}
	x.tags[n] = after
	if 4*(x.table.used+1) > 3*len(x.table.slots) {
		x.rebuild()
	} else if after != 0 && x.table.putOnce(keySlot{after, n + 1}) {
		x.table.used++
	}
	return before, after
}

// rebuild makes the table anew from the tags.
func (x *textIndex) rebuild() {
	x.table = keyTable{slots: make([]keySlot, 2*len(x.tags)+1)}
	for n, tag := range x.tags {
		if tag != 0 {
			x.table.put(keySlot{tag, int32(n) + 1})
			x.table.used++
		}
	}
}

// find returns the identities whose folded text is the given one, valid until
// the next call.
func (x *textIndex) find(folded string) []int32 {
	if x == nil || x.table.used == 0 || strings.TrimSpace(folded) == "" {
		return nil
	}
	x.found = x.found[:0]
	tag := max(keyTag(folded), 1)
	for i := x.table.start(tag); x.table.slots[i].number != 0; i = x.table.next(i) {
		s := x.table.slots[i]
		if s.tag == tag && x.tags[s.number-1] == tag && identity.Fold(x.text(s.number-1)) == folded {
			x.found = append(x.found, s.number-1)
		}
	}
	return x.found
}

// newIndexes indexes the identity attributes that managers are found by and, when
// the tables are kept, the uid.
func (p *population) newIndexes() map[string]*textIndex {
	indexes := map[string]*textIndex{}
	add := func(attribute string) {
		if attribute == "" || indexes[attribute] != nil {
			return
		}
		x := newTextIndex(len(p.people), func(n int32) string { return p.lookup(n, attribute) })
		x.number = uint64(len(indexes)) + 1
		indexes[attribute] = x
	}
	for _, cs := range p.engine.sources {
		if m := cs.source.Manager; m != nil {
			add(m.IdentityAttribute)
		}
	}
	if p.resident {
		add(attrUID)
	}
	return indexes
}
