package rest

import (
	"math/rand/v2"
	"path"
	"strings"
	"testing"
)

// TestWildcard: patterns match what the pattern language of package path does, whose
// * stops at slashes only.
func TestWildcard(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	text := func(letters string) string {
		var b strings.Builder
		list := []rune(letters)
		for range r.IntN(7) {
			b.WriteRune(list[r.IntN(len(list))])
		}
		return b.String()
	}
	for range 200_000 {
		pattern, have := text("abé**?"), text("abé")
		want, err := path.Match(pattern, have)
		if err != nil {
			t.Fatal(err)
		}
		if got := wildcard(pattern)(have); got != want {
			t.Fatalf("%q for %q: %v, want %v", have, pattern, got, want)
		}
	}
}
