package correlate

import (
	"bytes"
	"slices"

	"github.com/idprofile/engine/correlate/internal/join"
)

// textNumbers numbers texts: equal ones have one number, and each new one the next. It holds no
// pointer for a text. The zero textNumbers is empty.
type textNumbers struct {
	slots  []textSlot        // open hash table
	places blocks[textPlace] // by number
	pieces [][]byte          // of all texts
	last   int               // 1 + the piece that is filled

	coming, asked, had int // see expect
}

// textSlot is a text in the hash table: with its hash, so that most of those that are not looked
// for are told without a look at them.
type textSlot struct {
	hash   uint32
	number int32 // 1 + number; 0: free
}

// textPlace is where a text stands in its piece. One that is too long for a piece has one of its
// own, and starts after its end.
type textPlace struct {
	piece      int32
	start, end uint16
}

// reset forgets all texts and keeps the memory.
func (t *textNumbers) reset() {
	clear(t.slots)
	t.places.n, t.last = 0, 0
}

// expect says how often the caller will ask for numbers from now on, at most. How many of the
// first texts are new tells how much room to make for the others, so that it is made once.
func (t *textNumbers) expect(coming int) { t.coming, t.asked, t.had = coming, 0, t.len() }

func (t *textNumbers) len() int { return int(t.places.n) }

// at returns a text, valid until reset.
func (t *textNumbers) at(n int32) []byte {
	x := t.places.at(n)
	piece := t.pieces[x.piece]
	if x.start > x.end {
		return piece
	}
	return piece[x.start:x.end]
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
	if t.len()+1 > roomOf(len(t.slots)) {
		t.grow(t.len() + 1 + t.more())
	}
	hash := hash32(text)
	n, free := t.search(text, hash)
	if n >= 0 {
		return n, false
	}
	n = t.places.add(t.write(text))
	t.slots[free] = textSlot{hash, n + 1}
	return n, true
}

// write puts a text into a piece.
func (t *textNumbers) write(text []byte) textPlace {
	if len(text) >= textPiece {
		t.next(len(text))
		t.pieces[t.last-1] = append(t.pieces[t.last-1], text...)
		return textPlace{piece: int32(t.last - 1), start: 1}
	}

	// The first piece grows with few texts. Pieces are one byte short, so that an end fits its number.
	if t.last == 0 || len(t.pieces[t.last-1])+len(text) >= textPiece {
		t.next(textPiece - 1)
	}
	piece := &t.pieces[t.last-1]
	start := len(*piece)
	*piece = append(*piece, text...)
	return textPlace{piece: int32(t.last - 1), start: uint16(start), end: uint16(len(*piece))}
}

// next begins a piece.
func (t *textNumbers) next(size int) {
	if t.last == len(t.pieces) {
		t.pieces = append(t.pieces, nil)
	}
	piece := &t.pieces[t.last]
	*piece = (*piece)[:0]
	if t.last > 0 && cap(*piece) < size {
		*piece = make([]byte, 0, size)
	}
	t.last++
}

// search returns the number of a text, or -1 and the slot where it belongs.
func (t *textNumbers) search(text []byte, hash uint32) (n int32, free int) {
	mask := uint32(len(t.slots) - 1)
	s := hash & mask
	for ; t.slots[s].number != 0; s = (s + 1) & mask {
		if t.slots[s].hash == hash && bytes.Equal(t.at(t.slots[s].number-1), text) {
			return t.slots[s].number - 1, int(s)
		}
	}
	return -1, int(s)
}

// more is how many more texts will be new if they go on as the first; 0 when that is not known.
func (t *textNumbers) more() int {
	if t.asked < fewIdentities || t.asked > t.coming {
		return 0
	}
	return (t.len() - t.had) * (t.coming - t.asked) / t.asked
}

// grow makes room for n texts.
func (t *textNumbers) grow(n int) {
	size := max(64, 2*len(t.slots))
	for roomOf(size) < n {
		size *= 2
	}
	old := t.slots
	t.slots = make([]textSlot, size)
	mask := uint32(size - 1)
	for _, slot := range old {
		if slot.number == 0 {
			continue
		}
		s := slot.hash & mask
		for t.slots[s].number != 0 {
			s = (s + 1) & mask
		}
		t.slots[s] = slot
	}
}

// roomOf is how many texts a table of some slots takes: a quarter stays free, where searches end.
func roomOf(slots int) int { return slots / 4 * 3 }

func hash32(text []byte) uint32 { return uint32(join.Hash(text) >> 32) }

// blocks are values in pieces: a long list that grows would copy most of what is kept.
type blocks[T any] struct {
	list [][]T
	n    int32
}

const blockLen = 256

func (l *blocks[T]) at(n int32) *T { return &l.list[uint32(n)/blockLen][uint32(n)%blockLen] }

// add appends a value and returns its number.
func (l *blocks[T]) add(v T) int32 {
	if int(l.n) == len(l.list)*blockLen {
		l.list = append(l.list, make([]T, blockLen))
	}
	*l.at(l.n) = v
	l.n++
	return l.n - 1
}

// push is append to a list that doubles when it is full. By itself a long list grows by a
// quarter, and what is copied comes to more than what is kept.
func push[T any](list []T, v T) []T {
	if len(list) == cap(list) {
		list = slices.Grow(list, max(len(list), 16))
	}
	return append(list, v)
}
