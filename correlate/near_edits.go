package correlate

import "iter"

// editTable finds the queries that have a text in common with another one when a
// character is taken out. Pairs stand in groups by their hash in one piece of
// memory, so that looking one up touches little of it.
type editTable struct {
	list  []edited // by group
	start []int32  // of each group; one more than there are groups
	end   []int32  // of what is left of each group
	maybe bitset   // hashes that are there, so that most look-ups end early
	shift int
}

// edited is the hash of what is left of a query without one of its characters.
type edited struct {
	hash  uint64
	query int32
}

// build puts pairs, of which there are at most so many, into groups; each group keeps
// their order. It goes over the pairs twice.
func (t *editTable) build(most int, pairs iter.Seq[edited]) {
	// A counting sort in place of a map: pairs of one hash stand side by side, and a bitset says first
	// when there is none. Pairs are made again for each pass, since a list of them beside the groups
	// would be most of the memory of a search.
	bits := 4
	for 1<<bits < most {
		bits++
	}
	t.shift = 64 - bits
	t.start, t.end = make([]int32, 1<<bits+1), make([]int32, 1<<bits)
	t.maybe = newBitset(16 * most)
	for p := range pairs {
		t.maybe.add(p.hash)
		t.end[t.group(p.hash)]++
	}

	at := int32(0)
	for g, n := range t.end {
		t.start[g], t.end[g] = at, at
		at += n
	}
	t.start[len(t.end)] = at

	t.list = make([]edited, at)
	for p := range pairs {
		g := t.group(p.hash)
		t.list[t.end[g]] = p
		t.end[g]++
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
	g := t.group(hash)
	return t.list[t.start[g]:t.end[g]]
}

// drop removes pair k of the group of a hash and returns what is left.
func (t *editTable) drop(hash uint64, k int) []edited {
	g := t.group(hash)
	group := t.list[t.start[g]:t.end[g]]
	last := len(group) - 1
	group[k] = group[last]
	t.end[g]--
	return group[:last]
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
