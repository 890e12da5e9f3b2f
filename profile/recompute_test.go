package profile_test

import (
	"os"
	"testing"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/store"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/internal/fixture"
)

// Recomputing all links over a stored state finds the people that a run from
// nothing finds.
func TestRecomputeEqualsFresh(t *testing.T) {
	fsys := os.DirFS("../examples/acme")
	b, _ := config.Load(fsys)
	e, _ := profile.Compile(b, profile.Options{})
	st := store.NewMemory()
	for _, recompute := range []bool{false, true} {
		sources, found := b.Accounts(fsys, func(diag.Diagnostic) {})
		if found.HasErrors() {
			t.Fatal(found)
		}
		stats, err := e.Aggregate(t.Context(), st, profile.RunOptions{Now: b.Settings.Now, Linking: profile.Linking{Recompute: recompute}}, nil, sources...)
		if err != nil {
			t.Fatal(err)
		}
		if stats.Identities != 284 || stats.Uncorrelated != 18 || stats.Exceptions != 13 {
			t.Errorf("recompute %v: %+v", recompute, stats)
		}
	}
}

// An identity that loses an account because links are recomputed is stored
// without it.
func TestRecomputeLosesAccounts(t *testing.T) {
	ad := func(emp string) identity.Account { return fixture.Account("ann", "id=ann", "emp="+emp) }
	bob := fixture.Account("1002", "id=1002", "mail=bob@x", "sn=Ray")
	for _, tc := range []struct {
		name, emp string
		gone      bool
		ann, bob  int // accounts afterwards
		left      int // uncorrelated ones
	}{
		{name: "to nobody", emp: "9", ann: 1, bob: 1, left: 1},
		{name: "to somebody", emp: "1002", ann: 1, bob: 2},
		{name: "for ever", gone: true, ann: 1, bob: 1},
		{name: "not", emp: "1001", ann: 2, bob: 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			st := store.NewMemory()
			e, _ := fixture.People(10, 20).Engine(t, profile.Options{})
			fixture.Aggregate(t, e, st, profile.RunOptions{}, map[string][]identity.Account{"HR": {fixture.AnnHR, bob}, "AD": {ad("1001")}})
			accounts := []identity.Account{ad(tc.emp)}
			if tc.gone {
				accounts = nil
			}
			fixture.Aggregate(t, e, st, profile.RunOptions{Linking: profile.Linking{Recompute: true}}, map[string][]identity.Account{"HR": {fixture.AnnHR, bob}, "AD": accounts})
			got := map[string]int{}
			for i, err := range st.All(t.Context()) {
				if err != nil {
					t.Fatal(err)
				}
				got[i.Alias] = len(i.Accounts)
			}
			for range st.Uncorrelated(t.Context(), "") {
				got[""]++
			}
			if got["1001"] != tc.ann || got["1002"] != tc.bob || got[""] != tc.left {
				t.Errorf("got %v", got)
			}
		})
	}
}
