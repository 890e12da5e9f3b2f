package table

import "hash/maphash"

// Keys finds things by a text: an open hash table of their numbers. The texts
// stay where they are, so it has no pointers that the garbage collector would
// follow. The zero keyTable is empty.
type Keys struct {
	slots []keySlot
	used  int
}

type keySlot struct {
	tag    uint32 // hash of the text; says where the search begins
	number int32  // 1 + number; 0: free
}

// hashSeed is only for tables that live as long as a run; no result depends on it.
var hashSeed = maphash.MakeSeed()

func Tag(key string) uint32 { return uint32(maphash.String(hashSeed, key) >> 32) }

// Find returns the account with that native identity, in a table of accounts.
func (k *Keys) Find(t *Accounts, native string) (account int32, ok bool) {
	if k.used == 0 {
		return 0, false
	}
	tag := Tag(native)
	for i := k.start(tag); ; i = k.next(i) {
		switch s := k.slots[i]; {
		case s.number == 0:
			return 0, false
		case s.tag == tag && t.Native(s.number-1) == native:
			return s.number - 1, true
		}
	}
}

// Recognize returns the account with that native identity whose text has the fingerprint. The
// fingerprint stands for the whole account, so that its row need not be read.
func (k *Keys) Recognize(t *Accounts, native string, fingerprint uint64) (account int32, ok bool) {
	if k.used == 0 {
		return 0, false
	}
	tag := Tag(native)
	for i := k.start(tag); k.slots[i].number != 0; i = k.next(i) {
		if s := k.slots[i]; s.tag == tag && t.prints[s.number-1] == fingerprint {
			return s.number - 1, true
		}
	}

	return 0, false
}

// Prints finds accounts by the fingerprints of their texts alone.
type Prints struct{ keys Keys }

// NewPrints returns a table of the first accounts of t. Those without fingerprint are not found.
func NewPrints(t *Accounts, count int) *Prints {
	p := &Prints{}
	p.keys.slots = make([]keySlot, 2*count+1)
	for n, print := range t.prints[:count] {
		if print != 0 {
			p.keys.put(keySlot{uint32(print >> 32), int32(n) + 1})
		}
	}
	return p
}

// Find returns the account of a source whose text has the fingerprint.
func (p *Prints) Find(t *Accounts, source uint16, fingerprint uint64) (account int32, ok bool) {
	k, tag := &p.keys, uint32(fingerprint>>32)
	for i := k.start(tag); k.slots[i].number != 0; i = k.next(i) {
		n := k.slots[i].number - 1
		if k.slots[i].tag == tag && t.prints[n] == fingerprint && t.Sources[n] == source {
			return n, true
		}
	}
	return 0, false
}

// Add adds an account whose key is not in the table.
func (k *Keys) Add(native string, account int32) {
	if 4*(k.used+1) > 3*len(k.slots) {
		k.grow()
	}
	k.put(keySlot{Tag(native), account + 1})
	k.used++
}

func (k *Keys) put(s keySlot) {
	i := k.start(s.tag)
	for k.slots[i].number != 0 {
		i = k.next(i)
	}
	k.slots[i] = s
}

// Rename gives the key of an account to another one.
func (k *Keys) Rename(native string, from, to int32) {
	i := k.start(Tag(native))
	for k.slots[i].number != from+1 {
		i = k.next(i)
	}
	k.slots[i].number = to + 1
}

// start returns where the search for a tag begins.
func (k *Keys) start(tag uint32) int {
	return int(uint64(tag) * uint64(len(k.slots)) >> 32)
}

func (k *Keys) next(i int) int {
	if i++; i == len(k.slots) {
		return 0
	}
	return i
}

// grow doubles the table. Slots are in the order of their tags, so both tables are
// gone through from beginning to end.
func (k *Keys) grow() {
	old := k.slots
	k.slots = make([]keySlot, max(64, 2*len(old)))
	for _, s := range old {
		if s.number != 0 {
			k.put(s)
		}
	}
}
