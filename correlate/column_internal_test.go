package correlate

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestColumnGathers puts keys that hundreds share, in rounds in which each identity gets one,
// and compares what is found with a naive column: one that gathers and one that does not.
func TestColumnGathers(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 8))
	for range 30 {
		const people = 1500
		var one, many column
		now := make([]string, people)
		for range 4 {
			many.gathers = true
			for _, n := range r.Perm(people)[:1+r.IntN(people)] {
				now[n] = ""
				if r.IntN(8) > 0 {
					now[n] = fmt.Sprint("key", r.IntN(1+r.IntN(300)))
				}
				one.put(int32(n), []byte(now[n]))
				many.put(int32(n), []byte(now[n]))
			}
			many.settle()
			many.gathers = false

			want := map[string][]int32{}
			for n, key := range now {
				if key != "" {
					want[key] = append(want[key], int32(n))
				}
			}
			for k := range 300 {
				key := fmt.Sprint("key", k)
				for name, c := range map[string]*column{"one by one": &one, "gathered": &many} {
					if got := c.find([]byte(key)); !slices.Equal(got, want[key]) {
						t.Fatalf("%s, %s: %s", name, key, cmp.Diff(want[key], got))
					}
				}
			}
		}
	}
}
