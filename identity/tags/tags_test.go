package tags_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/identity/tags"
)

// A table finds what a walk over all tags finds.
func TestFind(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		var lists [][]uint32
		var all []uint32
		for range 1 + r.IntN(3) {
			list := make([]uint32, r.IntN(40))
			for i := range list {
				list[i] = uint32(r.IntN(12)) << (10 * r.IntN(3))
			}
			lists, all = append(lists, list), append(all, list...)
		}
		table := tags.New(lists...)
		for _, tag := range append(slices.Clone(all), 0, 1<<31) {
			var want []int
			for n := len(all) - 1; n >= 0 && tag != 0; n-- {
				if all[n] == tag {
					want = append(want, n)
				}
			}
			if diff := cmp.Diff(want, slices.Collect(table.Find(tag))); diff != "" {
				t.Errorf("%v, tag %d: mismatch (-walk +table):\n%s", lists, tag, diff)
			}
		}
	}
}

func ExampleNew() {
	table := tags.New([]uint32{7, 0, 7}, []uint32{9, 7})
	for n := range table.Find(7) {
		fmt.Println(n)
	}
	// Output:
	// 4
	// 2
	// 0
}
