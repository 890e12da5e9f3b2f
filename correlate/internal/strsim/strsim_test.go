package strsim_test

import (
	"math/rand/v2"
	"testing"

	"github.com/idprofile/engine/correlate/internal/strsim"
)

// distance is the textbook table: insertions, deletions, substitutions and swaps
// of neighbours.
func distance(x, y string) int {
	a, b := []rune(x), []rune(y)
	d := make([][]int, len(a)+1)
	for i := range d {
		d[i] = make([]int, len(b)+1)
		for j := range d[i] {
			switch {
			case i == 0:
				d[i][j] = j
			case j == 0:
				d[i][j] = i
			default:
				cost := 1
				if a[i-1] == b[j-1] {
					cost = 0
				}
				d[i][j] = min(d[i-1][j]+1, d[i][j-1]+1, d[i-1][j-1]+cost)
				if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
					d[i][j] = min(d[i][j], d[i-2][j-2]+1)
				}
			}
		}
	}
	return d[len(a)][len(b)]
}

func TestOneEdit(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	text := func() string {
		s := make([]rune, r.IntN(6))
		for i := range s {
			s[i] = []rune("abä😀")[r.IntN(4)]
		}
		return string(s)
	}
	seen := 0
	for range 200_000 {
		a, b := text(), text()
		want := distance(a, b) == 1
		if want {
			seen++
		}
		if got := strsim.OneEdit(a, b); got != want {
			t.Fatalf("OneEdit(%q, %q) = %v", a, b, got)
		}
	}
	if seen < 1000 {
		t.Errorf("only %d pairs are one edit apart", seen)
	}
}

func FuzzOneEdit(f *testing.F) {
	f.Add("a\xff", "\xff")
	f.Fuzz(func(t *testing.T, a, b string) {
		if strsim.OneEdit(a, b) != strsim.OneEdit(b, a) || strsim.OneEdit(a, a) {
			t.Errorf("%q, %q", a, b)
		}
	})
}
