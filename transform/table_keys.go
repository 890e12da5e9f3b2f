package transform

// Most tables that people write have a handful of short keys, such as codes of countries.
// Those are compared as numbers, one after the other, which takes less than hashing.
const (
	maxShortKeys = 8 // in a table
	maxShortKey  = 7 // bytes
)

// shortKeys are the keys of a table as numbers, in the order of its entries; nil when there are
// too many of them or one is too long.
func shortKeys(entries []Entry) []uint64 {
	if len(entries) > maxShortKeys {
		return nil
	}

	var keys []uint64
	for i := range entries {
		if len(entries[i].Key) > maxShortKey {
			return nil
		}
		keys = append(keys, shortKey(entries[i].Key))
	}
	return keys
}

// shortKey is a text of at most maxShortKey bytes as a number: its bytes, and in the highest one
// how many they are.
func shortKey(s string) uint64 {
	n := uint(len(s))
	number := uint64(n) << 56

	// Parts that overlap have the same bytes in the same places.
	switch {
	case n >= 4:
		number |= half(s) | half(s[n-4:])<<(8*(n-4)&63)
	case n > 0:
		number |= uint64(s[0]) | uint64(s[n>>1])<<(8*(n>>1)&63) | uint64(s[n-1])<<(8*(n-1)&63)
	}
	return number
}

// findShort returns the entry with a key, of a table whose keys are all short.
func (t *Table) findShort(key string) *Entry {
	if len(key) > maxShortKey {
		return nil
	}

	number := shortKey(key)
	for i, known := range t.short {
		if known == number {
			return &t.Entries[i]
		}
	}
	return nil
}
