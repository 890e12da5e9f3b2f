package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestPercentFor: little may double, much grows by a part, and what is between by the same.
func TestPercentFor(t *testing.T) {
	got := map[uint64]int{}
	want := map[uint64]int{0: 100, 1: 100, freeMemory: 100, 2 * freeMemory: 50, 4 * freeMemory: 25, 1 << 30: freePercent, 1 << 50: freePercent}
	for live := range want {
		got[live] = percentFor(live)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
