package transform

import (
	"fmt"
	"strings"
	"testing"
	"unsafe"
)

// TestHashText: texts that begin and end alike are told apart, whatever their
// length, or tables would be searched from end to end.
func TestHashText(t *testing.T) {
	for _, form := range []string{"%d", "%04d", "CN=user%06d,OU=People,DC=acme,DC=example", strings.Repeat("x", 40) + "%d" + strings.Repeat("y", 40)} {
		seen := map[uint32]bool{}
		for n := range 1000 {
			seen[hashText(fmt.Sprintf(form, n))%2048] = true
		}
		if len(seen) < 700 { // 790 are expected of a good hash
			t.Errorf("%s: 1000 texts fall on %d of 2048 places", form, len(seen))
		}
	}
}

// TestTextKey: texts that differ anywhere are numbered apart, and equal ones alike, whatever
// their length.
func TestTextKey(t *testing.T) {
	var c valueNumbers
	numbers := map[string]int{}
	for range 3 {
		for n := range maxNumberedText + 1 {
			text := strings.Repeat("x", n)
			for k := -1; k < n; k++ {
				other := []byte(text)
				if k >= 0 {
					other[k] = 'y'
				}
				number := c.text(string(other))
				if known, ok := numbers[string(other)]; ok && number != known {
					t.Fatalf("%q has the number %d, and had %d", other, number, known)
				}
				if number > 0 {
					numbers[string(other)] = number
				}
			}
		}
		c.asked, c.found = numberStart, 0
	}

	seen := map[int]string{}
	for text, number := range numbers {
		if other, ok := seen[number]; ok {
			t.Errorf("%q and %q have the number %d", text, other, number)
		}
		seen[number] = text
	}
	if len(seen) < 900 {
		t.Errorf("only %d texts have numbers", len(seen))
	}
	if size := unsafe.Sizeof(numberedValue{}); size != 64 {
		t.Errorf("an entry has %d bytes, want those of a cache line", size)
	}
}
