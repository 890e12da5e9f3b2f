package profile

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// Sorting digit by digit gives what a stable sort by comparison gives.
func TestSortByAge(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	for _, tc := range []struct {
		name     string
		from, to int64
		unit     int64
		without  int // one of so many has no time; 0: none
	}{
		{"nanoseconds", -1e18, 1e18, 1, 0},
		{"milliseconds", 1.5e18, 1.8e18, 1e6, 50},
		{"days", 0, 1.8e18, 86400e9, 3},
		{"one time", 1.7e18, 1.7e18 + 1, 1, 0},
		{"one time or none", 1.7e18, 1.7e18 + 1, 1, 2},
		{"all times", math.MinInt64 / 2, math.MaxInt64 / 2, 1, 7},
		{"none", 0, 1, 1, 1},
	} {
		list := make([]aged, 5000)
		for i := range list {
			created := tc.from + r.Int64N(tc.to-tc.from)
			created -= created % tc.unit
			if tc.without > 0 && r.IntN(tc.without) == 0 {
				created = math.MaxInt64
			}
			list[i] = aged{created: created, account: int32(i)}
		}

		want := slices.Clone(list)
		slices.SortStableFunc(want, func(a, b aged) int { return cmp.Compare(a.created, b.created) })
		if sortByAge(list); !slices.Equal(list, want) {
			t.Errorf("%s: not sorted as by comparison", tc.name)
		}
	}
}

// Accounts are taken in the order of their rows, wherever these are.
func TestRowOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 6))
	for _, most := range []int{1, 60, 200, 100_000} {
		accounts := make([]int32, 0, 50)
		for _, a := range r.Perm(most)[:min(most, 50)] {
			accounts = append(accounts, int32(a)+7)
		}
		var got []int32
		for _, i := range rowOrder(accounts) {
			got = append(got, accounts[i])
		}
		if want := slices.Sorted(slices.Values(accounts)); !slices.Equal(got, want) {
			t.Errorf("of %d: got %v, want %v", most, got, want)
		}
	}
}
