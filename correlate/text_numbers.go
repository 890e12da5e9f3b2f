package correlate

import (
	"bytes"
	"slices"

	"github.com/idprofile/engine/correlate/internal/join"
)

// textNumbers numbers texts: equal ones have one number, and each new one the next. It holds no
// pointer for a text. The zero textNumbers is empty.
type textNumbers struct {
	slots []int32      // open hash table: 1 + number; 0: free
	known []textNumber // by number
	bytes []byte

	coming, asked, had int // see expect
}

// textNumber is a text with a number.
type textNumber struct {
	start int // in bytes
	size  uint32
	hash  uint32
}

// reset forgets all texts and keeps the memory.
func (t *textNumbers) reset() {
	clear(t.slots)
	t.known, t.bytes = t.known[:0], t.bytes[:0]
}

// expect says how often the caller will ask for numbers from now on, at most. How many of the
// first texts are new tells how much room to make for the others, so that it is made once.
func (t *textNumbers) expect(coming int) { t.coming, t.asked, t.had = coming, 0, len(t.known) }

// at returns a text, valid until the next is numbered.
func (t *textNumbers) at(n int32) []byte {
	x := &t.known[n]
	return t.bytes[x.start : x.start+int(x.size)]
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
	t.asked++
	if 2*(len(t.known)+1) > len(t.slots) {
		t.grow(len(t.known) + 1 + t.more())
	}
	hash := hash32(text)
	n, free := t.search(text, hash)
	if n >= 0 {
		return n, false
	}

	// Bytes double as the table does, and not bit by bit: what is copied is never more than what is kept.
	n = int32(len(t.known))
	if cap(t.bytes)-len(t.bytes) < len(text) {
		room := len(t.bytes)
		if more := t.more(); more > 0 {
			room = len(t.bytes) / len(t.known) * (more + more/8)
		}
		t.bytes = slices.Grow(t.bytes, max(room, len(text), 256))
	}
	t.known = append(t.known, textNumber{start: len(t.bytes), size: uint32(len(text)), hash: hash})
	t.bytes = append(t.bytes, text...)
	t.slots[free] = n + 1
	return n, true
}

// search returns the number of a text, or -1 and the slot where it belongs.
func (t *textNumbers) search(text []byte, hash uint32) (n int32, free int) {
	mask := uint32(len(t.slots) - 1)
	s := hash & mask
	for ; t.slots[s] != 0; s = (s + 1) & mask {
		if n := t.slots[s] - 1; t.known[n].hash == hash && bytes.Equal(t.at(n), text) {
			return n, int(s)
		}
	}
	return -1, int(s)
}

// more is how many more texts will be new if they go on as the first; 0 when that is not known.
func (t *textNumbers) more() int {
	if t.asked < fewIdentities || t.asked > t.coming {
		return 0
	}
	return (len(t.known) - t.had) * (t.coming - t.asked) / t.asked
}

// grow makes room for n texts.
func (t *textNumbers) grow(n int) {
	size := max(64, 2*len(t.slots))
	for size < 2*n {
		size *= 2
	}
	t.slots = make([]int32, size)
	room := size / 2
	if t.more() > 0 {
		room = max(n, cap(t.known))
	}
	t.known = slices.Grow(t.known, room-len(t.known))
	mask := uint32(size - 1)
	for n := range t.known {
		s := t.known[n].hash & mask
		for t.slots[s] != 0 {
			s = (s + 1) & mask
		}
		t.slots[s] = int32(n) + 1
	}
}

func hash32(text []byte) uint32 { return uint32(join.Hash(text) >> 32) }

// push is append to a list that doubles when it is full. By itself a long list grows by a
// quarter, and what is copied comes to more than what is kept.
func push[T any](list []T, v T) []T {
	if len(list) == cap(list) {
		list = slices.Grow(list, max(len(list), 16))
	}
	return append(list, v)
}
