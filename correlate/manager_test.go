package correlate_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/identity"
)

func TestManagers(t *testing.T) {
	people := []struct{ n, mail, dn string }{{"1", "a@x", "CN=Ann,OU=P"}, {"2", "b@x", "CN=Bob,OU=P"}, {"3", "c@x", "CN=Cid\\, Jr,OU=P"}, {"3", "d@x", "CN=Dan,OU=P"}}
	x := correlate.NewIndex("n", "mail", "dn")
	for i, p := range people {
		for key, name := range x.Keys() {
			if v, ok := map[string]string{"n": p.n, "mail": p.mail, "dn": p.dn}[name]; ok {
				x.Put(int32(i), key, identity.StringValue(v))
			}
		}
	}
	find := func(attribute string, names ...string) func(string) []int32 {
		f, err := correlate.FindBy(x, attribute, names...)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	for _, c := range []struct {
		name          string
		first, second string // values of two sources for identity 0
		after         bool
		want          correlate.ManagerState
		manager       int32
		lookup        int8
	}{
		{"by id", "2", "", false, correlate.ManagerResolved, 1, 0},
		{"not there", "", "", false, correlate.ManagerMissing, -1, -1},
		{"blank", " ", "\t", false, correlate.ManagerMissing, -1, -1},
		{"nobody", "7", "", false, correlate.ManagerDangling, -1, 0},
		{"several", "3", "", false, correlate.ManagerAmbiguous, -1, 0},
		{"oneself", "1", "", false, correlate.ManagerSelf, -1, 0},
		{"no trimming", "2 ", "", false, correlate.ManagerDangling, -1, 0},
		{"fallback for a missing value", "", "B@X", false, correlate.ManagerResolved, 1, 1},
		{"no fallback for nobody", "7", "b@x", false, correlate.ManagerDangling, -1, 0},
		{"fallback for nobody, when asked", "7", "b@x", true, correlate.ManagerResolved, 1, 1},
		{"no fallback for several", "3", "b@x", true, correlate.ManagerAmbiguous, -1, 0},
		{"both nobody", "7", "z@x", true, correlate.ManagerDangling, -1, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			value := func(s string) func(int32) identity.Value {
				return func(n int32) identity.Value {
					if n == 0 && s != "" {
						return identity.StringValue(s)
					}
					return identity.Value{}
				}
			}
			got := correlate.Managers(4, correlate.ManagerOptions{}, correlate.ManagerLookup{Name: "id", Value: value(c.first), Find: find("n")},
				correlate.ManagerLookup{Name: "mail", Value: value(c.second), Find: find("mail"), AfterMiss: c.after})[0]
			if got.State != c.want || got.Identity != c.manager || got.Lookup != c.lookup {
				t.Errorf("got %+v, want %v %d %d", got, c.want, c.manager, c.lookup)
			}
		})
	}
	byName := correlate.NewIndex("dn")
	for i, name := range []string{"Ann", "Bob", "Cid, Jr", "Dan"} {
		byName.Put(int32(i), slices.Index(byName.Keys(), "dn"), identity.StringValue(name))
	}
	f, err := correlate.FindBy(byName, "dn", "dn:cn", "trim")
	if err != nil {
		t.Fatal(err)
	}
	if got := f(` cn = Cid\2c Jr , ou=P`); !slices.Equal(got, []int32{2}) {
		t.Errorf("by part of a name: %v", got)
	}
	if _, err := correlate.FindBy(x, "n", "trimm"); err == nil {
		t.Error("no error for an unknown normaliser")
	}
}

func TestManagerStates(t *testing.T) {
	managers := map[int32]string{0: "1", 1: "0", 2: "0", 3: "4", 4: ""}
	x := correlate.NewIndex("n")
	for n := range int32(6) {
		x.Put(n, slices.Index(x.Keys(), "n"), identity.StringValue(itoa(n)))
	}
	find, err := correlate.FindBy(x, "n")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range correlate.Managers(6, correlate.ManagerOptions{
		Wants: func(n int32) bool { return n != 5 }, Active: func(n int32) bool { return n != 4 },
	}, correlate.ManagerLookup{Find: find, Value: func(n int32) identity.Value { return identity.StringValue(managers[n]) }}) {
		got = append(got, m.State.String())
	}
	want := []string{"MANAGER_CYCLE", "MANAGER_CYCLE", "RESOLVED", "MANAGER_INACTIVE", "MANAGER_MISSING", "NONE"}
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
