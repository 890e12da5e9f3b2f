package nonemployee

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
)

func TestSmallest(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, size := range []int{0, 1, 5, 100, 1000} {
		for _, n := range []int{0, 1, 3, 10, 24, 25, 99, 100, 1000} {
			if n > size {
				continue
			}
			all := make([]int, size)
			for i := range all {
				all[i] = r.IntN(size)
			}
			want := slices.Sorted(slices.Values(all))[:n]
			got := smallest(slices.Clone(all), n, cmp.Compare[int])
			if d := gocmp.Diff(append([]int{}, want...), append([]int{}, got...)); d != "" {
				t.Errorf("%d of %d mismatch (-want +got):\n%s", n, size, d)
			}
		}
	}
}

// TestPages: the pages of a list make up the list.
func TestPages(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	all := r.Perm(1000)
	var got []int
	for from := 0; from <= 1000; from += 70 {
		p, err := page(slices.Clone(all), Query{Offset: from, Limit: 70}, 250, sortFields[int]{}, cmp.Compare[int])
		if err != nil || p.Total != 1000 {
			t.Fatalf("total %d, %v", p.Total, err)
		}
		got = append(got, p.Items...)
	}
	if d := gocmp.Diff(slices.Sorted(slices.Values(all)), got); d != "" {
		t.Errorf("mismatch (-want +got):\n%s", d)
	}
	p, err := page(slices.Clone(all), Query{Offset: 5000}, 250, sortFields[int]{}, cmp.Compare[int])
	if err != nil || len(p.Items) != 0 {
		t.Errorf("beyond the end: %v, %v", p.Items, err)
	}
}
