package jsondoc

import "hash/maphash"

// fewKeys is how many keys are searched one after another.
const fewKeys = 16

// seed makes it impossible to write a file whose keys all have one hash.
var seed = maphash.MakeSeed()

// keySet finds keys that occur twice. It is empty as long as an object is small
// enough to be searched; then it holds 1 + the places of the members, by their hash.
// At least half of the slots are free.
type keySet struct{ slots []uint32 }

// add reports whether one of the members has the key already, and remembers the key for
// the member that comes next.
func (k *keySet) add(members []Member, key string) bool {
	if len(members) < fewKeys {
		return findKey(members, key) >= 0
	}
	if 2*(len(members)+1) > len(k.slots) {
		k.slots = make([]uint32, 4*len(members))
		for i, m := range members {
			k.place(members, m.Key, i)
		}
	}

	return k.place(members, key, len(members))
}

// place puts a key into its slot, unless it is there: then it reports true.
func (k *keySet) place(members []Member, key string, at int) bool {
	slot := maphash.String(seed, key) % uint64(len(k.slots))
	for ; k.slots[slot] != 0; slot = (slot + 1) % uint64(len(k.slots)) {
		if members[k.slots[slot]-1].Key == key {
			return true
		}
	}

	k.slots[slot] = uint32(at + 1)
	return false
}
