package correlate

import (
	"github.com/idprofile/engine/correlate/internal/join"
	"github.com/idprofile/engine/identity"
)

// late are identities that an index knows by short hashes of their keys, until somebody is
// looked up who may be one of them.
type late struct {
	tags  func(column int) []uint32 // by identity; 0: no key
	put   func(n int32)
	known []bool // by identity: it was put

	// Made when they are first asked: the first identity of those whose tags have the same last bits, and
	// by identity the next one; each one too high, so that 0 is none.
	columns []lateColumn
}

type lateColumn struct {
	tags        []uint32
	heads, next []int32
}

// AppendTags appends a hash of 24 bits of each key that an identity has, given its attributes by
// name, and 0 for each that it has not. They are the same in every process, and mean something to an
// index of the same attributes and correlators alone; see [Index.Late].
func (x *Index) AppendTags(tags []uint32, read func(attribute string) identity.Value) []uint32 {
	for place := range x.specs {
		tags = append(tags, x.TagOf(place, read))
	}
	return tags
}

// TagOf returns one of those of [Index.AppendTags].
func (x *Index) TagOf(place int, read func(attribute string) identity.Value) uint32 {
	s := &x.specs[place]
	var key []byte
	if s.plain() {
		key = s.keyOf(&x.eval, read(s.attributes[0]))
	} else {
		k, ok := s.appendKey(&x.eval, x.eval.key[:0], read)
		x.eval.key = k[:0]
		if ok {
			key = k
		}
	}

	if len(key) == 0 {
		return 0
	}
	return lateTag(key)
}

func lateTag(key []byte) uint32 { return max(1, uint32(join.Hash(join.Short(key))>>40)) }

// Tags names the keys of [Index.AppendTags].
func (x *Index) Tags() (signatures []string) {
	for i := range x.specs {
		signatures = append(signatures, x.specs[i].signature)
	}
	return signatures
}

// Late makes the first identities of an empty index such that are put when somebody looks for
// a key that one of them may have, or when one of their values is put. The function tags returns those
// of all of them for a place among those of [Index.AppendTags], and put calls [Index.Put] for each of
// the keys of an identity. A late index is not safe for concurrent look-ups.
func (x *Index) Late(identities int, tags func(place int) []uint32, put func(n int32)) {
	x.late = &late{tags: tags, put: put, known: make([]bool, identities), columns: make([]lateColumn, len(x.specs))}
}

// IsLate reports whether identities are put when they are looked for.
func (x *Index) IsLate() bool { return x.late != nil }

// know puts an identity, if that is still to be done.
func (l *late) know(n int32) {
	if int(n) < len(l.known) && !l.known[n] {
		l.known[n] = true
		l.put(n)
	}
}

// meet puts those who may have a key.
func (l *late) meet(column int, key []byte) {
	if len(key) == 0 {
		return
	}
	c, tag := l.column(column), lateTag(key)
	for n := c.heads[tag&uint32(len(c.heads)-1)] - 1; n >= 0; n = c.next[n] - 1 {
		if c.tags[n] == tag {
			l.know(n)
		}
	}
}

// column returns the table of a column.
func (l *late) column(column int) *lateColumn {
	c := &l.columns[column]
	if c.heads != nil {
		return c
	}
	c.tags = l.tags(column)
	size := 16
	for size < 2*len(c.tags) {
		size *= 2
	}
	c.heads, c.next = make([]int32, size), make([]int32, len(c.tags))
	for n, tag := range c.tags {
		if tag != 0 {
			at := tag & uint32(size-1)
			c.next[n], c.heads[at] = c.heads[at], int32(n)+1
		}
	}
	return c
}
