package correlate

import (
	"bytes"
	"slices"

	"github.com/idprofile/engine/correlate/internal/join"
)

// textNumbers numbers texts: equal ones have one number, and each new one the next. It holds no
// pointer for a text. The zero textNumbers is empty.
type textNumbers struct {
	slots  []int32  // open hash table: 1 + number; 0: free
	hashes []uint32 // by number
	ends   []int    // by number: where the text ends in bytes
	bytes  []byte
}

// reset forgets all texts and keeps the memory.
func (t *textNumbers) reset() {
	clear(t.slots)
	t.hashes, t.ends, t.bytes = t.hashes[:0], t.ends[:0], t.bytes[:0]
}

// at returns a text, valid until the next is numbered.
func (t *textNumbers) at(n int32) []byte {
	start := 0
	if n > 0 {
		start = t.ends[n-1]
	}
	return t.bytes[start:t.ends[n]]
}

// find returns the number of a text, -1 when it has none.
func (t *textNumbers) find(text []byte) int32 {
	if len(t.slots) == 0 {
		return -1
	}
	n, _ := t.search(text, hash32(text))
	return n
}

// number returns the number of a text, and whether it is new.
func (t *textNumbers) number(text []byte) (n int32, fresh bool) {
	if 2*(len(t.ends)+1) > len(t.slots) {
		t.grow()
	}
	hash := hash32(text)
	n, free := t.search(text, hash)
	if n >= 0 {
		return n, false
	}

	// Bytes double as the table does, and not bit by bit: what is copied is never more than what is kept.
	if cap(t.bytes)-len(t.bytes) < len(text) {
		t.bytes = slices.Grow(t.bytes, max(len(t.bytes), len(text)))
	}
	n = int32(len(t.ends))
	t.bytes = append(t.bytes, text...)
	t.hashes, t.ends = append(t.hashes, hash), append(t.ends, len(t.bytes))
	t.slots[free] = n + 1
	return n, true
}

// search returns the number of a text, or -1 and the slot where it belongs.
func (t *textNumbers) search(text []byte, hash uint32) (n int32, free int) {
	mask := uint32(len(t.slots) - 1)
	s := hash & mask
	for ; t.slots[s] != 0; s = (s + 1) & mask {
		if n := t.slots[s] - 1; t.hashes[n] == hash && bytes.Equal(t.at(n), text) {
			return n, int(s)
		}
	}
	return -1, int(s)
}

func (t *textNumbers) grow() {
	size := max(64, 2*len(t.slots))
	t.slots = make([]int32, size)
	t.hashes = slices.Grow(t.hashes, size/2-len(t.hashes))
	t.ends = slices.Grow(t.ends, size/2-len(t.ends))
	mask := uint32(size - 1)
	for n, hash := range t.hashes {
		s := hash & mask
		for t.slots[s] != 0 {
			s = (s + 1) & mask
		}
		t.slots[s] = int32(n) + 1
	}
}

func hash32(text []byte) uint32 { return uint32(join.Hash(text) >> 32) }
