package correlate_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/identity"
)

// managersBy looks for the manager of everybody by one attribute, and marks those
// whose chain of managers comes back to them.
func managersBy(x *correlate.Index, attribute string, n int, value func(n int32) string) []correlate.ManagerOf {
	list, above := make([]correlate.ManagerOf, n), make([]int32, n)
	for i := range list {
		text := value(int32(i))
		list[i] = correlate.ChooseManager(int32(i), text, x.Find(attribute, text))
		above[i] = list[i].Identity
	}
	for _, cycle := range correlate.Cycles(above) {
		for _, n := range cycle {
			list[n].State = correlate.ManagerInCycle
		}
	}
	return list
}

func TestChooseManager(t *testing.T) {
	many := make([]int32, 40)
	for _, c := range []struct {
		name, value string
		found       []int32
		want        correlate.ManagerState
		manager     int32
		candidates  int
	}{
		{name: "one", value: "2", found: []int32{1}, want: correlate.ManagerResolved, manager: 1},
		{name: "no value", want: correlate.ManagerMissing, manager: -1},
		{name: "no value, though somebody has none too", found: []int32{1}, want: correlate.ManagerMissing, manager: -1},
		{name: "nobody", value: "7", want: correlate.ManagerDangling, manager: -1},
		{name: "several", value: "3", found: []int32{2, 3}, want: correlate.ManagerAmbiguous, manager: -1, candidates: 2},
		{name: "several, itself among them", value: "3", found: []int32{0, 3}, want: correlate.ManagerAmbiguous, manager: -1, candidates: 2},
		{name: "many", value: "3", found: many, want: correlate.ManagerAmbiguous, manager: -1, candidates: 10},
		{name: "itself", value: "1", found: []int32{0}, want: correlate.ManagerSelf, manager: -1},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := correlate.ChooseManager(0, c.value, c.found)
			if got.State != c.want || got.Identity != c.manager || got.Value != c.value || len(got.Candidates) != c.candidates {
				t.Errorf("got %+v, want %v %d and %d candidates", got, c.want, c.manager, c.candidates)
			}
		})
	}
}

func TestManagerStates(t *testing.T) {
	x := correlate.NewIndex("n")
	for n := range int32(6) {
		x.Put(n, slices.Index(x.Keys(), "n"), identity.StringValue(itoa(n)))
	}
	managers := map[int32]string{0: "1", 1: "0", 2: "0", 3: "4", 5: "5"}
	var got []string
	for _, m := range managersBy(x, "n", 6, func(n int32) string { return managers[n] }) {
		got = append(got, m.State.String())
	}
	want := []string{"MANAGER_CYCLE", "MANAGER_CYCLE", "RESOLVED", "RESOLVED", "MANAGER_MISSING", "MANAGER_SELF"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
}

// TestTree compares cycles, depth and span with walks from everybody.
func TestTree(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 9))
	for range 3000 {
		n := 1 + r.IntN(12)
		manager := make([]int32, n)
		for i := range manager {
			manager[i] = int32(r.IntN(n+2)) - 2 // -2 and -1 are none; some manage themselves
		}
		want := &correlate.Hierarchy{Depth: make([]int32, n), Span: make([]int32, n), Total: make([]int32, n)}
		onCycle := make([]bool, n)
		above := func(i int32) int32 {
			if m := manager[i]; m != i {
				return max(-1, m)
			}
			return -1
		}
		for i := range manager {
			m := int32(i)
			for step := 0; step < n && m >= 0; step++ {
				if m = above(m); m == int32(i) {
					onCycle[i] = true
				}
			}
		}
		for i := range manager {
			depth, m := int32(0), int32(i)
			for ; above(m) >= 0 && depth <= int32(n); depth++ {
				m = above(m)
			}
			if depth > int32(n) {
				depth = -1
			}
			want.Depth[i] = depth
			want.Deepest = max(want.Deepest, depth)
			if m := above(int32(i)); m >= 0 {
				want.Span[m]++
			}
			for m := int32(i); !onCycle[m] && above(m) >= 0; {
				m = above(m)
				want.Total[m]++
			}
		}
		for i := range manager {
			if onCycle[i] && !slices.ContainsFunc(want.Cycles, func(c []int32) bool { return slices.Contains(c, int32(i)) }) {
				cycle := []int32{int32(i)}
				for m := above(int32(i)); m != int32(i); m = above(m) {
					cycle = append(cycle, m)
				}
				want.Cycles = append(want.Cycles, cycle)
			}
			if above(int32(i)) < 0 {
				if want.Span[i] > 0 {
					want.Roots = append(want.Roots, int32(i))
				} else {
					want.Alone = append(want.Alone, int32(i))
				}
			}
		}
		got := correlate.Tree(manager)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%v: mismatch (-want +got):\n%s", manager, diff)
		}
		for i := range manager {
			if got.IsManager(int32(i)) != (want.Span[i] > 0) {
				t.Fatalf("%v: IsManager(%d)", manager, i)
			}
		}
	}
}
