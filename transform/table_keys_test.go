package transform

import (
	"math/rand/v2"
	"testing"
)

// Tables of few short keys give the entries that the same tables give by hash.
func TestShortKeysAgreeWithHash(t *testing.T) {
	r := rand.New(rand.NewPCG(13, 14))
	text := func(most int) string {
		b := make([]byte, r.IntN(most+1))
		for i := range b {
			b[i] = "\x00abcde\xff"[r.IntN(7)]
		}
		return string(b)
	}
	small := 0
	for range 5000 {
		table := Table{slots: make([]uint32, 64)}
		for range r.IntN(maxShortKeys + 2) {
			if key := text(3 + r.IntN(maxShortKey-1)); table.find(key) == nil {
				table.add(Entry{Key: key})
			}
		}
		byNumber := table
		if byNumber.short = shortKeys(table.Entries); byNumber.short != nil {
			small++
		}

		keys := []string{"", text(9)}
		for range 20 {
			keys = append(keys, text(4))
		}
		for _, e := range table.Entries {
			keys = append(keys, e.Key, e.Key+"a", e.Key+"\x00")
		}
		for _, key := range keys {
			if got, want := byNumber.find(key), table.find(key); got != want {
				t.Fatalf("%q in %v: got %v, want %v", key, byNumber.short, got, want)
			}
		}
	}
	if small < 2000 {
		t.Errorf("only %d tables have few short keys", small)
	}
}
