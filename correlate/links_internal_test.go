package correlate

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/identity"
)

// TestLinksSortByID compares with sorting rows that are copied.
func TestLinksSortByID(t *testing.T) {
	type row struct {
		id string
		n  int32
		by Method
	}
	rows := func(l *Links) (list []row) {
		for i := range l.Accounts {
			list = append(list, row{l.Accounts[i].NativeIdentity, l.Identity[i], l.Method[i]})
		}
		return list
	}

	r := rand.New(rand.NewPCG(4, 4))
	for round := range 200 {
		var l Links
		for i := range r.IntN(40) {
			l.Add(identity.Account{NativeIdentity: fmt.Sprint(r.IntN(1 + round))}, int32(i), Method(fmt.Sprint(i)))
		}
		want := rows(&l)
		slices.SortFunc(want, func(a, b row) int { return cmp.Or(cmp.Compare(a.id, b.id), cmp.Compare(a.n, b.n)) })
		l.sortByID()
		got := rows(&l)
		if !slices.IsSortedFunc(got, func(a, b row) int { return cmp.Compare(a.id, b.id) }) {
			t.Fatalf("round %d is not in order: %v", round, got)
		}
		slices.SortFunc(got, func(a, b row) int { return cmp.Or(cmp.Compare(a.id, b.id), cmp.Compare(a.n, b.n)) })
		if diff := gocmp.Diff(want, got, gocmp.AllowUnexported(row{})); diff != "" {
			t.Fatalf("round %d: mismatch (-want +got):\n%s", round, diff)
		}
	}
}
