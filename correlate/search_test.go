package correlate_test

import (
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/correlate"
)

// TestSearchBefore compares a search among the first identities of an index with one in an
// index that has only those, filled by a keyer where it can be.
func TestSearchBefore(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 5))
	searched, keyed := 0, 0
	for searched < *cases/4 {
		w := randomWorld(r, 2+r.IntN(20), 20)
		c, _ := correlate.Compile(w.config, w.options)
		whole, before := w.index(c, r), 1+r.IntN(len(w.people)-1)
		few := correlate.NewIndex()
		few.Cover(c)
		few.UIDOrder, few.RankLast = whole.UIDOrder, whole.RankLast
		keyer := few.NewKeyer()
		for n := range before {
			for key := range few.Keys() {
				v := w.identityValue(n, few.Keys()[key])
				if few.Plain() {
					keyer.Put(int32(n), key, v)
				} else {
					few.Put(int32(n), key, v)
				}
			}
		}
		if few.Plain() {
			keyed++
		}
		few.Commit(keyer)

		for i := range w.accounts {
			a := &w.accounts[i]
			want := c.Match(few, a, few.Value)
			got := c.Search(whole, a, correlate.Search{Before: int32(before), Value: whole.Value})
			if d := cmp.Diff(want, got); d != "" {
				t.Fatalf("before %d of %d: (-few +search)\n%s", before, len(w.people), d)
			}
			searched++
		}
	}
	if keyed < 100 {
		t.Errorf("a keyer filled %d indexes", keyed)
	}
}

// TestMarks changes what identities are found by and looks whether a search that met nobody
// meets somebody without a mark of it being noted.
func TestMarks(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 9))
	told, noted, met := 0, 0, 0
	for told < *cases/8 {
		w := randomWorld(r, 1+r.IntN(6), 20)
		c, _ := correlate.Compile(w.config, w.options)
		if c.ReadsValues() {
			continue
		}
		x := w.index(c, r)
		marks := make([]correlate.Marks, len(w.accounts))
		without := make([][]int32, len(w.accounts))
		alone := make([]bool, len(w.accounts))
		for i := range w.accounts {
			without[i] = []int32{int32(r.IntN(len(w.people)))}
			m := c.Search(x, &w.accounts[i], correlate.Search{Without: without[i], Marks: &marks[i]})
			alone[i] = m.Identity < 0 && len(m.Ambiguous) == 0 && !marks[i].Open
		}

		watch := x.Watch(len(w.people))
		for range 1 + r.IntN(3) {
			x.Put(int32(r.IntN(len(w.people))), r.IntN(len(x.Keys())), randomValue(r, true))
		}
		for i := range w.accounts {
			if !alone[i] {
				continue
			}
			told++
			m := c.Search(x, &w.accounts[i], correlate.Search{Without: without[i]})
			now := m.Identity >= 0 || len(m.Ambiguous) > 0
			if watch.Noted(marks[i].Keys) {
				noted++
			} else if now {
				t.Fatalf("account %d meets %d, and none of its keys was noted", i, m.Identity)
			}
			if now {
				met++
			}
		}
	}
	if met < 50 || noted == told {
		t.Errorf("of %d searches %d met somebody later and %d were noted", told, met, noted)
	}
}
