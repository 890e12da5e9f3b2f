package table

import "testing"

// Numbers of first bytes are in the order of the texts.
func TestPrefix(t *testing.T) {
	texts := []string{"", "\x00", "a", "a\x00", "a\x00\x00b", "ab", "abcdefgh", "abcdefgh1", "abcdefgi", "b", "é", "\xff\xff\xff\xff\xff\xff\xff\xff"}
	for _, a := range texts {
		for _, b := range texts {
			if x, y := Prefix(a), Prefix(b); x < y && a >= b || x > y && a <= b {
				t.Errorf("%q and %q: %x and %x", a, b, x, y)
			}
		}
	}
}
