//go:build linux

package linkage

import (
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"
)

// TestMatcher: one record at a time finds what a run over all finds.
func TestMatcher(t *testing.T) {
	hr := readTable(t, filepath.Join(company(), "hr_employees.csv"), "")
	ad := readTable(t, filepath.Join(company(), "ad_accounts.csv"), "")
	r, err := Between(t.Context(), ad, hr, Options{})
	if err != nil {
		t.Fatal(err)
	}
	m := r.Matcher()
	same, all := 0, 0
	for i := range r.A.ID {
		pairs := r.pairsOf(int32(i))
		got := m.Find(func(column string) string { return r.A.column(column).Values[i] })
		if len(pairs) == 0 && len(got) == 0 {
			continue
		}
		all++
		if len(pairs) > 0 && len(got) > 0 && got[0].ID == r.B.ID[pairs[0].B] && got[0].Band == pairs[0].Band {
			same++
			e, err := m.Explain(got[0].ID)
			if err != nil {
				t.Fatal(err)
			}
			if d := e.Bits - got[0].Bits; d > 1e-6 || d < -1e-6 {
				t.Fatalf("%s: %v bits, explained as %v", got[0].ID, got[0].Bits, e.Bits)
			}
		} else if testing.Verbose() {
			t.Log(r.A.ID[i], got, pairs)
		}
	}
	if same*1000 < all*995 {
		t.Errorf("%d of %d alike", same, all)
	}
}

// TestMatcherSpeed compares one look-up, with its explanation, among a million
// with that of a map.
func TestMatcherSpeed(t *testing.T) {
	n := 20_000
	if *million {
		n = 1_000_000
	}
	a, b := madePeople(n)
	r, err := Between(t.Context(), a, b, Options{})
	if err != nil {
		t.Fatal(err)
	}
	m := r.Matcher()
	keys := map[string]int{}
	for i, id := range b.Columns[3].Values {
		keys[id+fmt.Sprint(i)] = i
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	q := sequence(9)
	var took, bare []time.Duration
	found := 0
	for range 20_000 {
		i := q.below(n)
		start := threadTime()
		list := m.Find(func(column string) string { return a.column(column).Values[i] })
		if len(list) > 0 {
			if _, err := m.Explain(list[0].ID); err != nil {
				t.Fatal(err)
			}
			found++
		}
		took = append(took, threadTime()-start)
	}
	probes := make([]string, 0, 20_000)
	for range 20_000 {
		i := q.below(n)
		probes = append(probes, b.Columns[3].Values[i]+fmt.Sprint(i))
	}
	for block := range slices.Chunk(probes, 20) {
		start := threadTime()
		for _, k := range block {
			found += keys[k] & 1
		}
		bare = append(bare, (threadTime()-start)/20)
	}
	slices.Sort(took)
	slices.Sort(bare)
	p99, look := took[len(took)*99/100], bare[len(bare)/2]
	t.Logf("%d records: median %v, p99 %v with explanation; a look-up in a map %v: %d times; %d found", n, took[len(took)/2], p99, look, p99/max(1, look), found)
}
