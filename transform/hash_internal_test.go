package transform

import (
	"fmt"
	"strings"
	"testing"
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
