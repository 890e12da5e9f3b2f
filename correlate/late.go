package correlate

import (
	"github.com/idprofile/engine/correlate/internal/join"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/tags"
)

// late are identities that an index knows by short hashes of their keys, until somebody is
// looked up who may be one of them.
type late struct {
	tagsOf func(column int) []uint32 // by identity; 0: no key
	put    func(n int32)
	known  []bool // by identity: it was put

	tables []*tags.Table // by column, made when it is first asked
}

// AppendTags appends a hash of 24 bits of each key that an identity has, given its attributes by
// name, and 0 for each that it has not. They are the same in every process, and mean something to an
// index of the same attributes and correlators alone; see [Index.Late].
func (x *Index) AppendTags(list []uint32, read func(attribute string) identity.Value) []uint32 {
	for place := range x.specs {
		list = append(list, x.TagOf(place, read))
	}
	return list
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
// a key that one of them may have, or when one of their values is put. The function tagsOf returns those
// of all of them for a place among those of [Index.AppendTags], and put calls [Index.Put] for each of
// the keys of an identity. A late index is not safe for concurrent look-ups.
func (x *Index) Late(identities int, tagsOf func(place int) []uint32, put func(n int32)) {
	x.late = &late{tagsOf: tagsOf, put: put, known: make([]bool, identities), tables: make([]*tags.Table, len(x.specs))}
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
	if l.tables[column] == nil {
		l.tables[column] = tags.New(l.tagsOf(column))
	}
	for n := range l.tables[column].Find(lateTag(key)) {
		l.know(int32(n))
	}
}
