package store

import (
	"hash/crc32"
	"unsafe"
)

// Bounds of shared texts.
const (
	minShared  = 3   // bytes; a number takes about as many
	maxShared  = 255 // bytes; so that a few bytes of a damaged file never become many
	maxTexts   = 1 << 12
	mostTexts  = 1 << 16 // that a file may have; a later version may write more
	seenBits   = 12
	longestRun = 8 // places that are looked at for one text
)

// texts numbers texts that occur again and again in the values of many identities: names of
// groups, departments, countries. Numbers begin at 1. A text gets one when it is seen for
// the second time, shortly after the first, so that those of one person alone get none.
type texts struct {
	list []string

	// For writing; made by the first who writes. What is where depends on the texts alone,
	// so that the same batches are the same bytes.
	index []numbered // by hash
	seen  []uint32   // hashes of texts without number, by a part of themselves
}

// numbered is the number of a text; 0 is none.
type numbered struct{ hash, number uint32 }

// column counts how many texts of a column had numbers.
type column struct{ asked, had uint32 }

// worth reports whether it is worth to ask for a text of the column: nearly never where few
// had numbers.
func (c *column) worth() bool {
	c.asked++
	return c.asked < 256 || c.had > c.asked/8 || c.asked%32 == 0
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// number returns the number of a text; 0 when it has none.
func (t *texts) number(s string) int {
	if len(s) < minShared || len(s) > maxShared {
		return 0
	}
	if t.seen == nil {
		t.begin()
	}

	hash := crc32.Update(0, castagnoli, unsafe.Slice(unsafe.StringData(s), len(s)))
	place := t.place(hash, s)
	if place == nil {
		return 0
	}
	if place.number > 0 {
		return int(place.number)
	}

	if last := &t.seen[hash>>(32-seenBits)]; *last != hash {
		*last = hash
		return 0
	}
	if len(t.list) >= maxTexts {
		return 0
	}
	t.list = append(t.list, string([]byte(s)))
	*place = numbered{hash, uint32(len(t.list))}
	return len(t.list)
}

// place returns where the number of a text is or would be; nil when there is no room.
func (t *texts) place(hash uint32, s string) *numbered {
	for at := range uint32(longestRun) {
		p := &t.index[(hash+at)%uint32(len(t.index))]
		if p.number == 0 || p.hash == hash && t.list[p.number-1] == s {
			return p
		}
	}
	return nil
}

// begin makes the tables for writing.
func (t *texts) begin() {
	t.seen = make([]uint32, 1<<seenBits)
	t.index = make([]numbered, 4*max(maxTexts, len(t.list)))
	for n, s := range t.list {
		hash := crc32.Update(0, castagnoli, []byte(s))
		if place := t.place(hash, s); place != nil && place.number == 0 {
			*place = numbered{hash, uint32(n + 1)}
		}
	}
}

// add takes in texts of a file, and reports whether they can be some.
func (t *texts) add(list []string) bool {
	for _, s := range list {
		if len(s) > maxShared || len(t.list) == mostTexts {
			return false
		}
		t.list = append(t.list, s)
	}
	return true
}

// forget drops the texts after the first n.
func (t *texts) forget(n int) {
	if n == len(t.list) {
		return
	}
	t.list = t.list[:n:n] // readers may still look at the rest
	t.seen = nil          // made anew by the next who writes
}
