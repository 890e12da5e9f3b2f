package transform

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestBases: two subtrees together have the bases of either, as long as these are few.
func TestBases(t *testing.T) {
	of := func(list []int) bases {
		list = slices.Sorted(slices.Values(list))
		list = slices.Compact(list)
		if len(list) > maxBases {
			return manyBases
		}
		b := bases{count: len(list)}
		copy(b.of[:], list)
		return b
	}
	r := rand.New(rand.NewPCG(1, 1))
	some := func() (list []int) {
		for range r.IntN(maxBases + 2) {
			list = append(list, 1+r.IntN(6))
		}
		return list
	}
	for range 10_000 {
		a, b := some(), some()
		got, want := of(a).merge(of(b)), of(slices.Concat(a, b))
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(bases{})); diff != "" {
			t.Fatalf("%v and %v: mismatch (-want +got):\n%s", a, b, diff)
		}
	}
}
