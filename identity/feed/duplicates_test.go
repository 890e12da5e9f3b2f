package feed

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// The table gives what a map gives.
func TestSeenIDs(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	want, got := map[string]int{}, &SeenIDs{}
	for line := range 50_000 {
		id := fmt.Sprint("CN=", r.IntN(30_000))
		switch r.IntN(1000) {
		case 0:
			id = strings.Repeat(id, r.IntN(100_000)) // longer than a piece of memory
		case 1:
			id = ""
		}
		before, again := got.Put(id, line)
		if known, ok := want[id]; ok != again || known != before {
			t.Fatalf("line %d, %.20s: got %d %v, want %d %v", line, id, before, again, known, ok)
		}
		want[id] = line
	}
	if got.used != len(want) {
		t.Errorf("%d ids, want %d", got.used, len(want))
	}
}
