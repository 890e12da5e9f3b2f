package feed

import (
	"encoding/binary"
	"hash/maphash"
)

// SeenIDs remembers the ids of accounts with the line of each: a hash table whose
// texts stand in large pieces of memory, without a pointer for each. The zero
// SeenIDs is empty.
type SeenIDs struct {
	slots  []seenSlot
	used   int
	chunks [][]byte // for each id its line, its length and the id
}

type seenSlot struct {
	tag   uint32 // hash of the id; says where the search begins
	chunk uint32 // 1 + number; 0: the slot is free
	at    uint32
}

const seenChunk = 1 << 18

// idSeed is only for tables that live as long as a pass; no result depends on it.
var idSeed = maphash.MakeSeed()

// Put notes an id. It returns the line that it had before.
func (s *SeenIDs) Put(id string, line int) (before int, again bool) {
	// Three quarters full: above that, the search for a free slot gets long.
	if 4*(s.used+1) > 3*len(s.slots) {
		s.grow()
	}

	tag := uint32(maphash.String(idSeed, id) >> 32)
	entry, i := s.find(id, tag)
	if entry != nil {
		before = int(binary.LittleEndian.Uint64(entry))
		binary.LittleEndian.PutUint64(entry, uint64(line))
		return before, true
	}

	chunk, at := s.keep(id, line)
	s.slots[i] = seenSlot{tag: tag, chunk: chunk, at: at}
	s.used++
	return 0, false
}

// Line returns the line that an id has.
func (s *SeenIDs) Line(id string) (line int, ok bool) {
	if s.used == 0 {
		return 0, false
	}
	entry, _ := s.find(id, uint32(maphash.String(idSeed, id)>>32))
	if entry == nil {
		return 0, false
	}
	return int(binary.LittleEndian.Uint64(entry)), true
}

// find returns the entry of an id, or nil and the slot where it belongs.
func (s *SeenIDs) find(id string, tag uint32) (entry []byte, slot int) {
	i := s.start(tag)
	for ; s.slots[i].chunk != 0; i = s.next(i) {
		if slot := s.slots[i]; slot.tag == tag {
			// Tags may be equal by chance, texts decide.
			entry := s.chunks[slot.chunk-1][slot.at:]
			if n, size := binary.Uvarint(entry[8:]); string(entry[8+size:8+size+int(n)]) == id {
				return entry, i
			}
		}
	}

	return nil, i
}

// keep writes an id and its line.
func (s *SeenIDs) keep(id string, line int) (chunk, at uint32) {
	need := 8 + binary.MaxVarintLen64 + len(id)
	last := len(s.chunks) - 1
	if last < 0 || cap(s.chunks[last])-len(s.chunks[last]) < need {
		s.chunks = append(s.chunks, make([]byte, 0, max(seenChunk, need)))
		last++
	}

	c := s.chunks[last]

	at = uint32(len(c))
	c = binary.LittleEndian.AppendUint64(c, uint64(line))
	s.chunks[last] = append(binary.AppendUvarint(c, uint64(len(id))), id...)
	return uint32(last) + 1, at
}

func (s *SeenIDs) start(tag uint32) int {
	return int(uint64(tag) * uint64(len(s.slots)) >> 32)
}

func (s *SeenIDs) next(i int) int {
	if i++; i == len(s.slots) {
		return 0
	}
	return i
}

func (s *SeenIDs) grow() {
	old := s.slots
	s.slots = make([]seenSlot, max(64, 2*len(old)))
	for _, slot := range old {
		if slot.chunk == 0 {
			continue
		}

		i := s.start(slot.tag)
		for s.slots[i].chunk != 0 {
			i = s.next(i)
		}
		s.slots[i] = slot
	}
}
