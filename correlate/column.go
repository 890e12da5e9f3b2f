package correlate

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"
	"unsafe"

	"github.com/idprofile/engine/correlate/internal/join"
)

// column finds identities by one key. It holds no pointer for each identity:
// keys stand in their entries or in one piece of memory, identities that have a
// key alone in their entry.
type column struct {
	tags    []uint8 // open hash table: eight bits of the hash of a key; 0: free
	slots   []int32 // and its entry number
	entries []entry // by entry number
	lists   [][]int32
	spare   []int32  // lists that are free
	at      []int32  // by identity: 1 + its entry; 0: none
	text    [][]byte // of long keys, in pieces
	unused  int      // entries without identity
	expects int      // identities that are to be put in order, from none on; 0: it is not known

	gathers bool    // many are put: who belongs into the middle of a long list waits
	waiting []int32 // identities that have an entry and are not in its list yet
}

// entry is a key and who has it. Most keys are short and stand in it: nothing else has to be
// looked at to compare them.
type entry struct {
	hash uint64
	id   int32 // the identity; -1: none; otherwise -2-i for lists[i]
	size uint8 // of the key; longKey: it stands in the text of the column
	key  [shortKey]byte
}

const (
	shortKey  = 19
	longKey   = 255
	textPiece = 1 << 16 // bytes, more than the longest key has
)

const noIdentity = -1

// find returns the identities that have the key, ascending; the caller must not
// change them. It is safe for concurrent use with other finds.
func (c *column) find(key []byte) []int32 {
	if e := c.entryOf(key); e >= 0 {
		return c.of(e)
	}
	return nil
}

// entryOf returns the entry of a key, -1 when no identity ever had it.
func (c *column) entryOf(key []byte) int32 {
	if len(c.slots) == 0 || len(key) == 0 {
		return -1
	}
	key = join.Short(key)
	e, _ := c.search(key, join.Hash(key))
	return e
}

// keyOf returns the key of an identity, nil when it has none. Of a very long key
// it is the short form, see [join.Short].
func (c *column) keyOf(n int32) []byte {
	if int(n) >= len(c.at) || c.at[n] == 0 {
		return nil
	}
	return c.key(c.at[n] - 1)
}

func (c *column) of(e int32) []int32 {
	switch id := c.entries[e].id; {
	case id >= 0:
		return unsafe.Slice(&c.entries[e].id, 1)
	case id == noIdentity:
		return nil
	default:
		return c.lists[-2-id]
	}
}

// search returns the entry of a key, or -1 and the slot where it belongs.
func (c *column) search(key []byte, hash uint64) (e int32, free int) {
	mask := uint64(len(c.tags) - 1)
	tag := tagOf(hash)
	for s := hash & mask; ; s = (s + 1) & mask {
		switch c.tags[s] {
		case 0:
			return -1, int(s)
		case tag:
			if e := c.slots[s]; bytes.Equal(c.key(e), key) {
				return e, int(s)
			}
		}
	}
}

// tagOf returns the tag of a hash. Tags are small, so that most of them are at hand in the
// processor: nearly all look-ups of keys that nobody has end with them.
func tagOf(hash uint64) uint8 { return max(1, uint8(hash>>56)) }

func (c *column) key(e int32) []byte {
	x := &c.entries[e]
	if x.size != longKey {
		return x.key[:x.size]
	}
	at := binary.LittleEndian.Uint32(x.key[:])
	piece := c.text[at/textPiece][at%textPiece:]
	n, size := binary.Uvarint(piece)
	return piece[size : uint64(size)+n]
}

// newEntry returns an entry that nobody has.
func (c *column) newEntry(key []byte, hash uint64) entry {
	x := entry{hash: hash, id: noIdentity, size: uint8(len(key))}
	if len(key) <= shortKey {
		copy(x.key[:], key)
		return x
	}
	x.size = longKey

	// Each key stands in one piece. The first piece grows with a small column; a text in one piece
	// would be copied again and again as it grows.
	last := len(c.text) - 1
	if last < 0 || len(c.text[last])+binary.MaxVarintLen16+len(key) > textPiece {
		c.text = append(c.text, nil)
		if last++; last > 0 {
			c.text[last] = make([]byte, 0, textPiece)
		}
	}
	piece := &c.text[last]
	binary.LittleEndian.PutUint32(x.key[:], uint32(last*textPiece+len(*piece)))
	*piece = append(binary.AppendUvarint(*piece, uint64(len(key))), key...)
	return x
}

// put makes key the key of an identity, and reports whether it is new to that; an empty one
// removes the key it had.
func (c *column) put(n int32, key []byte) bool {
	key = join.Short(key)
	return c.putHashed(n, key, join.Hash(key))
}

// putHashed is put of a key in its short form, whose hash is known.
func (c *column) putHashed(n int32, key []byte, hash uint64) bool {
	if cap(c.at) < c.expects && int(n) >= cap(c.at) {
		c.at = slices.Grow(c.at, c.expects-len(c.at))
	}
	for int(n) >= len(c.at) {
		c.at = append(c.at, 0)
	}

	// Numbers are one too high, so that the zero of a list that has grown means none.
	if old := c.at[n] - 1; old >= 0 {
		if bytes.Equal(c.key(old), key) {
			return false
		}
		c.remove(old, n)
		c.at[n] = 0
	}

	if len(key) == 0 {
		return false
	}
	e := c.entry(key, hash)
	c.add(e, n)
	c.at[n] = e + 1
	return true
}

// entry returns the entry of a key, which it makes when there is none.
func (c *column) entry(key []byte, hash uint64) int32 {
	if 2*(len(c.entries)+1) > len(c.slots) {
		c.grow()
	}
	e, free := c.search(key, hash)
	if e < 0 {
		e = int32(len(c.entries))
		c.entries = append(c.entries, c.newEntry(key, hash))
		c.tags[free], c.slots[free] = tagOf(hash), e
		c.unused++
	}

	return e
}

func (c *column) add(e, n int32) {
	switch id := c.entries[e].id; {
	case id == noIdentity:
		c.entries[e].id = n
		c.unused--
	case id >= 0:
		// Most keys are of one identity, whose number stands in the entry itself; a list is made for the
		// second.
		list := []int32{min(id, n), max(id, n)}
		if last := len(c.spare) - 1; last >= 0 {
			c.entries[e].id, c.spare = -2-c.spare[last], c.spare[:last]
			c.lists[-2-c.entries[e].id] = list
		} else {
			c.entries[e].id = -2 - int32(len(c.lists))
			c.lists = append(c.lists, list)
		}

	default:
		list := c.lists[-2-id]
		if c.gathers && len(list) >= longList && n < list[len(list)-1] {
			c.waiting = append(c.waiting, n)
			return
		}
		if c.expects > 0 && len(list) >= longList && n > list[len(list)-1] {
			c.lists[-2-id] = push(list, n)
			return
		}
		i, _ := slices.BinarySearch(list, n)
		c.lists[-2-id] = slices.Insert(list, i, n)
	}
}

// longList is from when on identities are not put into the middle of a list one by one.
const longList = 64

// settle puts those that wait into their lists: each list is gone through once for all of them.
func (c *column) settle() {
	slices.SortFunc(c.waiting, func(a, b int32) int { return cmp.Or(cmp.Compare(c.at[a], c.at[b]), cmp.Compare(a, b)) })
	for i := 0; i < len(c.waiting); {
		end := i + 1
		for end < len(c.waiting) && c.at[c.waiting[end]] == c.at[c.waiting[i]] {
			end++
		}

		// A list may have become short meanwhile.
		e, group := c.at[c.waiting[i]]-1, c.waiting[i:end]
		for len(group) > 0 && c.entries[e].id >= noIdentity {
			c.add(e, group[0])
			group = group[1:]
		}
		if len(group) > 0 {
			list := &c.lists[-2-c.entries[e].id]
			*list = mergeInto(*list, group)
		}
		i = end
	}

	c.waiting = c.waiting[:0]
}

// mergeInto puts ascending numbers into an ascending list, from its end.
func mergeInto(list, more []int32) []int32 {
	i, k := len(list)-1, len(more)-1
	list = append(list, more...)
	for to := len(list) - 1; k >= 0; to-- {
		if i >= 0 && list[i] > more[k] {
			list[to] = list[i]
			i--
		} else {
			list[to] = more[k]
			k--
		}
	}
	return list
}

func (c *column) remove(e, n int32) {
	id := c.entries[e].id
	if id >= 0 {
		c.entries[e].id = noIdentity
		c.unused++
		return
	}

	list := c.lists[-2-id]
	i, _ := slices.BinarySearch(list, n)
	list = slices.Delete(list, i, i+1)
	c.lists[-2-id] = list
	if len(list) == 1 {
		c.entries[e].id = list[0]
		c.lists[-2-id] = nil
		c.spare = append(c.spare, -2-id)
	}
}

// grow makes room for more keys; keys that nobody has are dropped.
func (c *column) grow() {
	if c.unused > len(c.entries)/4 {
		c.compact()
	}
	n := len(c.entries) + 1

	// Who fills a column knows how many identities will come. Those that came tell how many keys they
	// have, so that there is room for all at once and not bit by bit, with copies of ever more.
	if c.expects > len(c.at) && len(c.at) >= fewIdentities {
		n = max(n, min(c.expects, n*(c.expects/len(c.at)+1)))
	}
	c.resize(n)
}

// fewIdentities tell nothing yet about how many keys a column will have.
const fewIdentities = 256

// reserve makes room for n identities.
func (c *column) reserve(n int) {
	if n <= len(c.at) {
		return
	}
	c.at = slices.Grow(c.at, n-len(c.at))
	c.entries = slices.Grow(c.entries, max(0, n-len(c.entries)))
	if 2*(n+1) > len(c.slots) {
		c.resize(n)
	}
}

// resize gives the hash table the room for n entries.
func (c *column) resize(n int) {
	size := max(16, len(c.slots))
	for size < 2*n {
		size *= 2
	}
	c.tags, c.slots = make([]uint8, size), make([]int32, size)

	// The entries of a small column grow with its table, those of a large one by themselves.
	// One that is told the number has no more than that.
	room := min(size/2, 1<<16)
	if c.expects > 0 {
		room = min(size/2, max(n, c.expects))
	}
	c.entries = slices.Grow(c.entries, max(0, room-len(c.entries)))
	mask := uint64(size - 1)
	for e := range c.entries {
		hash := c.entries[e].hash
		s := hash & mask
		for c.tags[s] != 0 {
			s = (s + 1) & mask
		}
		c.tags[s], c.slots[s] = tagOf(hash), int32(e)
	}
}

func (c *column) compact() {
	c.settle() // who waits is known by an entry
	var kept column

	// Entries without identity go, and their texts with them; the others keep their order and get new
	// numbers.
	moved := make([]int32, len(c.entries))
	for e := range c.entries {
		x := &c.entries[e]
		if x.id == noIdentity {
			continue
		}
		moved[e] = int32(len(kept.entries))
		fresh := kept.newEntry(c.key(int32(e)), x.hash)
		fresh.id = x.id
		kept.entries = append(kept.entries, fresh)
	}

	// Numbers are stored one higher, 0 being no entry.
	for n, e := range c.at {
		if e > 0 {
			c.at[n] = moved[e-1] + 1
		}
	}

	c.entries, c.text, c.unused = kept.entries, kept.text, 0
}

// scan calls f for every key that an identity has.
func (c *column) scan(f func(key []byte, ids []int32)) {
	for e := range c.entries {
		if ids := c.of(int32(e)); len(ids) > 0 {
			f(c.key(int32(e)), ids)
		}
	}
}
