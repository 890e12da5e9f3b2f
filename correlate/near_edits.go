package correlate

import "iter"

// editTable finds the queries that have a text in common with another one when a
// character is taken out. Pairs stand in groups by their hash in one piece of
// memory, so that looking one up touches little of it.
type editTable struct {
	list   []edited // by group
	starts []int32  // of the groups, and the end
	maybe  bitset   // hashes that are there, so that most look-ups end early
	shift  int
}

// edited is a part of the hash of what is left of a query without one of its characters.
type edited struct {
	tag   uint32
	query int32 // -1: the group ends here
}

// build puts pairs, of which there are at most so many, into groups; each group keeps
// their order. It goes over the pairs twice.
func (t *editTable) build(most int, pairs iter.Seq2[uint64, int32]) {
	// A counting sort in place of a map: pairs of one hash stand side by side, and a bitset says first
	// when there is none. Pairs are made again for each pass, since a list of them beside the groups
	// would be most of the memory of a search.
	bits := 4
	for 2<<bits < most {
		bits++
	}
	t.shift = 64 - bits
	t.starts = zeroed(t.starts, 1<<bits+1)
	t.maybe.empty(16 * most)
	for hash := range pairs {
		t.maybe.add(hash)
		t.starts[t.group(hash)+1]++
	}
	for n := range t.starts[1:] {
		t.starts[n+1] += t.starts[n]
	}

	// Each group is filled from its start, which moves to its end, where the next one starts. Then all
	// starts stand one group too early.
	t.list = zeroed(t.list, int(t.starts[1<<bits]))
	for hash, query := range pairs {
		at := &t.starts[t.group(hash)]
		t.list[*at] = edited{uint32(hash), query}
		*at++
	}
	copy(t.starts[1:], t.starts)
	t.starts[0] = 0
}

// zeroed returns n zeros, in the memory of old if it is large enough.
func zeroed[T any](old []T, n int) []T {
	if cap(old) < n {
		return make([]T, n)
	}
	old = old[:n]
	clear(old)
	return old
}

// group is where pairs of a hash stand. The hash is a sum, whose upper bits depend on
// all characters.
func (t *editTable) group(hash uint64) uint64 { return hash * 0x9E3779B97F4A7C15 >> t.shift }

// of returns the pairs that may have the hash, as far as the first that was dropped.
func (t *editTable) of(hash uint64) []edited {
	if !t.maybe.has(hash) {
		return nil
	}
	g := t.group(hash)
	return t.list[t.starts[g]:t.starts[g+1]]
}

// bitset tells which hashes were added, and of few others that they were.
type bitset struct {
	bits []uint64
	mask uint64
}

// empty makes it an empty set with at least n bits.
func (b *bitset) empty(n int) {
	size := 1024
	for size < n {
		size *= 2
	}
	b.bits, b.mask = zeroed(b.bits, size/64), uint64(size-1)
}

func (b bitset) add(h uint64) {
	h = (h ^ h>>32) & b.mask
	b.bits[h/64] |= 1 << (h % 64)
}

func (b bitset) has(h uint64) bool {
	h = (h ^ h>>32) & b.mask
	return b.bits[h/64]>>(h%64)&1 == 1
}
