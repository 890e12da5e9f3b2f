package table

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/idprofile/engine/identity"
)

// The index gives what a map of folded texts gives.
func TestTextIndex(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	var texts []string
	want := map[string][]int32{}
	for n := range int32(5000) {
		text := fmt.Sprint(string(rune('A'+r.IntN(26))), "é", r.IntN(3000))
		switch r.IntN(50) {
		case 0:
			text = " \t"
		case 1:
			text = strings.ToUpper(text)
		}
		texts = append(texts, text)
		if key := identity.Fold(text); strings.TrimSpace(key) != "" {
			want[key] = append(want[key], n)
		}
	}
	order := make([]int32, len(texts))
	for i, n := range r.Perm(len(texts)) {
		order[i] = int32(n)
	}
	x := NewText(order, func(n int32) string { return texts[n] }, inTurn)
	for key, list := range want {
		if diff := cmp.Diff(list, slices.Clone(x.Find(key, 0))); diff != "" {
			t.Fatalf("%q: mismatch (-want +got):\n%s", key, diff)
		}
	}
	for _, key := range []string{"", " \t", "nobody"} {
		if got := x.Find(key, 0); len(got) > 0 {
			t.Errorf("%q: got %v", key, got)
		}
	}
	var none *Text
	if got := none.Find("x", 0); got != nil {
		t.Errorf("no index: got %v", got)
	}
}

// An index that is brought up to date gives what a new one gives, and every text that many
// share is asked about by the few that are wanted.
func TestTextIndexUpdates(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	texts := make([]string, 300)
	order := make([]int32, len(texts))
	for n := range order {
		order[n] = int32(n)
	}
	x := NewText(order, func(n int32) string { return texts[n] }, inTurn)
	for round := range 40 {
		for range r.IntN(400) {
			n := r.IntN(len(texts) + 1)
			if n == len(texts) {
				texts = append(texts, "")
			}
			if texts[n] = ""; r.IntN(5) > 0 {
				texts[n] = fmt.Sprint("T", r.IntN(1+r.IntN(1+10*round)))
			}
			x.Update(int32(n))
		}

		want := map[string][]int32{}
		for n, text := range texts {
			want[identity.Fold(text)] = append(want[identity.Fold(text)], int32(n))
		}
		delete(want, "")
		for k := range 10 * round {
			key := fmt.Sprint("t", k)
			if diff := cmp.Diff(want[key], append([]int32(nil), x.Find(key, 0)...)); diff != "" {
				t.Fatalf("round %d, %q: mismatch (-want +got):\n%s", round, key, diff)
			}
			few := x.Find(key, 2)
			if len(few) != min(2, len(want[key])) || slices.ContainsFunc(few, func(n int32) bool { return !slices.Contains(want[key], n) }) {
				t.Fatalf("round %d, %q: two of %v are %v", round, key, want[key], few)
			}
		}
	}
}

func inTurn(order []int32, do func(i int, n int32)) {
	for i, n := range order {
		do(i, n)
	}
}
