package correlate

import "iter"

// editTable finds the queries that have a text in common with another one when a
// character is taken out. Pairs stand in groups by their hash in one piece of
// memory, so that looking one up touches little of it.
type editTable struct {
	list   []edited // by group
	groups []editGroup
	maybe  bitset // hashes that are there, so that most look-ups end early
	shift  int
}

// editGroup is where the pairs of a group stand, as far as they are left.
type editGroup struct{ start, end int32 }

// edited is a part of the hash of what is left of a query without one of its characters.
type edited struct {
	tag   uint32
	query int32
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
	t.groups = make([]editGroup, 1<<bits)
	t.maybe = newBitset(16 * most)
	for hash := range pairs {
		t.maybe.add(hash)
		t.groups[t.group(hash)].end++
	}

	at := int32(0)
	for n := range t.groups {
		g := &t.groups[n]
		g.start, g.end, at = at, at, at+g.end
	}

	t.list = make([]edited, at)
	for hash, query := range pairs {
		g := &t.groups[t.group(hash)]
		t.list[g.end] = edited{uint32(hash), query}
		g.end++
	}
}

// group is where pairs of a hash stand. The hash is a sum, whose upper bits depend on
// all characters.
func (t *editTable) group(hash uint64) uint64 { return hash * 0x9E3779B97F4A7C15 >> t.shift }

// of returns the pairs that may have the hash.
func (t *editTable) of(hash uint64) []edited {
	if !t.maybe.has(hash) {
		return nil
	}
	g := t.groups[t.group(hash)]
	return t.list[g.start:g.end]
}

// drop removes pair k of the group of a hash and returns what is left.
func (t *editTable) drop(hash uint64, k int) []edited {
	g := &t.groups[t.group(hash)]
	g.end--
	group := t.list[g.start : g.end+1]
	group[k] = group[g.end-g.start]
	return group[:g.end-g.start]
}

// bitset tells which hashes were added, and of few others that they were.
type bitset struct {
	bits []uint64
	mask uint64
}

func newBitset(n int) bitset {
	size := 1024
	for size < n {
		size *= 2
	}
	return bitset{make([]uint64, size/64), uint64(size - 1)}
}

func (b bitset) add(h uint64) {
	h = (h ^ h>>32) & b.mask
	b.bits[h/64] |= 1 << (h % 64)
}

func (b bitset) has(h uint64) bool {
	h = (h ^ h>>32) & b.mask
	return b.bits[h/64]>>(h%64)&1 == 1
}
