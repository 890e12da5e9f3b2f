package profile

import "hash/maphash"

// keyTable finds the accounts of a source by their native identity: an open hash
// table of account numbers, whose keys stay in the rows of the accounts. It has no
// pointers, so that the garbage collector has nothing to follow. The zero
// keyTable is empty.
type keyTable struct {
	slots []keySlot // their number is a power of two
	used  int
}

type keySlot struct {
	tag     uint32 // hash of the key; its first bits say where the search begins
	account int32  // 1 + number; 0: free
}

// hashSeed is only for tables that live as long as a run; no result depends on it.
var hashSeed = maphash.MakeSeed()

func keyTag(key string) uint32 { return uint32(maphash.String(hashSeed, key) >> 32) }

// find returns the account with that native identity.
func (k *keyTable) find(t *accountTable, native string) (account int32, ok bool) {
	if k.used == 0 {
		return 0, false
	}
	tag, mask := keyTag(native), len(k.slots)-1
	for i := k.start(tag); ; i = (i + 1) & mask {
		switch s := k.slots[i]; {
		case s.account == 0:
			return 0, false
		case s.tag == tag && t.native(s.account-1) == native:
			return s.account - 1, true
		}
	}
}

// add adds an account whose key is not in the table.
func (k *keyTable) add(native string, account int32) {
	if 4*(k.used+1) > 3*len(k.slots) {
		k.grow()
	}
	k.put(keySlot{keyTag(native), account + 1})
	k.used++
}

func (k *keyTable) put(s keySlot) {
	i, mask := k.start(s.tag), len(k.slots)-1
	for k.slots[i].account != 0 {
		i = (i + 1) & mask
	}
	k.slots[i] = s
}

// start returns where the search for a tag begins.
func (k *keyTable) start(tag uint32) int {
	return int(uint64(tag) * uint64(len(k.slots)) >> 32)
}

// grow doubles the table. Slots are in the order of their tags, so both tables are
// gone through from beginning to end.
func (k *keyTable) grow() {
	old := k.slots
	k.slots = make([]keySlot, max(64, 2*len(old)))
	for _, s := range old {
		if s.account != 0 {
			k.put(s)
		}
	}
}
