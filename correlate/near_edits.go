package correlate

import (
	"iter"
	"math/bits"
)

// editTable finds the queries that have a text in common with another one when a
// character is taken out. Pairs stand in groups by their hash in one piece of
// memory, so that looking one up touches little of it.
type editTable struct {
	list   []edited // by group
	starts []int32  // of the groups, and the end
	maybe  bitset   // hashes that are there, so that most look-ups end early
	shift  int
	width  int // bits of a query in a pair
}

// edited is a query, and in the bits that it leaves free a part of the hash of what is left of it
// without one of its characters.
type edited uint32

// build puts pairs, of which there are at most so many, into groups; each group keeps
// their order. It goes over the pairs twice.
func (t *editTable) build(queries, most int, pairs iter.Seq2[uint64, int32]) {
	// A counting sort in place of a map: pairs of one hash stand side by side, and a bitset says first
	// when there is none. Pairs are made again for each pass, since a list of them beside the groups
	// would be most of the memory of a search.
	groups := 4
	for 4<<groups < most {
		groups++
	}
	t.shift, t.width = 64-groups, bits.Len(uint(queries+2)) // two numbers more than queries, see gone and end
	t.starts = zeroed(t.starts, 1<<groups+1)
	t.maybe.empty(8 * most)
	for hash := range pairs {
		t.maybe.add(hash)
		t.starts[t.group(hash)+1]++
	}
	for n := range t.starts[1:] {
		t.starts[n+1] += t.starts[n]
	}

	// Each group is filled from its start, which moves to its end, where the next one starts. Then all
	// starts stand one group too early.
	t.list = zeroed(t.list, int(t.starts[1<<groups]))
	for hash, query := range pairs {
		at := &t.starts[t.group(hash)]
		t.list[*at] = t.pair(hash, query)
		*at++
	}
	copy(t.starts[1:], t.starts)
	t.starts[0] = 0
}

// pair is a query with a part of a hash.
func (t *editTable) pair(hash uint64, query int32) edited {
	return edited(uint32(hash^hash>>32)<<t.width | uint32(query))
}

// query is the query of a pair; that of gone and end is none.
func (t *editTable) query(one edited) int32 { return int32(uint32(one) & (1<<t.width - 1)) }

// end is behind the pairs of a group from which some were dropped, gone in the place of one that was.
func (t *editTable) end() edited  { return 1<<t.width - 1 }
func (t *editTable) gone() edited { return 1<<t.width - 2 }

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

// find appends the places of the pairs that may have a hash of a group, and moves those that are
// left to its beginning when some are gone.
func (t *editTable) find(places []int32, hash uint64, start, end int32) []int32 {
	tag, left := t.pair(hash, 0)>>t.width, start
	for at := start; at < end; at++ {
		one := t.list[at]
		switch t.query(one) {
		case t.query(t.end()):
			end = at
			continue
		case t.query(t.gone()):
			continue
		}
		if left < at {
			t.list[left] = one
		}
		if one>>t.width == tag {
			places = append(places, left)
		}
		left++
	}
	if left < end {
		t.list[left] = t.end()
	}
	return places
}

// bitset tells which hashes were added, and of few others that they were. A hash has two bits of
// one word, so that it is one look at memory.
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
	b.bits, b.mask = zeroed(b.bits, size/64), uint64(size/64-1)
}

// of returns the word of a hash, and its bits there.
func (b *bitset) of(h uint64) (word, bits uint64) {
	return (h ^ h>>32) & b.mask, 1<<(h>>58) | 1<<(h>>52&63)
}

func (b *bitset) add(h uint64) {
	word, bits := b.of(h)
	b.bits[word] |= bits
}

func (b *bitset) has(h uint64) bool {
	word, bits := b.of(h)
	return b.bits[word]&bits == bits
}
