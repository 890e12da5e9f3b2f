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
	x := NewText(order, func(n int32) string { return texts[n] })
	for key, list := range want {
		if diff := cmp.Diff(list, slices.Clone(x.Find(key))); diff != "" {
			t.Fatalf("%q: mismatch (-want +got):\n%s", key, diff)
		}
	}
	for _, key := range []string{"", " \t", "nobody"} {
		if got := x.Find(key); len(got) > 0 {
			t.Errorf("%q: got %v", key, got)
		}
	}
	var none *Text
	if got := none.Find("x"); got != nil {
		t.Errorf("no index: got %v", got)
	}
}
