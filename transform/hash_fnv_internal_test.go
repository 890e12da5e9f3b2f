package transform

import (
	"encoding/binary"
	"hash/fnv"
	"testing"
)

// TestFNV128 compares the hash with that of the standard library: random values of
// earlier runs stay what they were.
func TestFNV128(t *testing.T) {
	for _, text := range []string{"", "a", "identity 1", "\x00\xff", "a rather long path > of a mapping.input"} {
		h := newFNV128()
		h.text(text)
		h.byte(7)
		want := fnv.New128a()
		want.Write(append([]byte(text), 7))
		got := binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, h.hi), h.lo)
		if string(got) != string(want.Sum(nil)) {
			t.Errorf("%q: got %x, want %x", text, got, want.Sum(nil))
		}
	}
}
