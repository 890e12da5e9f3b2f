package profile_test

import (
	"os"
	"testing"

	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/store"
	"github.com/idprofile/engine/profile"
)

// Recomputing all links over a stored state finds the people that a run from
// nothing finds.
func TestRecomputeEqualsFresh(t *testing.T) {
	fsys := os.DirFS("../examples/acme")
	b, _ := profile.Load(fsys)
	e, _ := profile.Compile(b, profile.Options{})
	st := store.NewMemory()
	for _, recompute := range []bool{false, true} {
		sources, found := b.Accounts(fsys, func(diag.Diagnostic) {})
		if found.HasErrors() {
			t.Fatal(found)
		}
		stats, err := e.Aggregate(t.Context(), st, profile.RunOptions{Now: b.Settings.Now, Recompute: recompute}, nil, sources...)
		if err != nil {
			t.Fatal(err)
		}
		if stats.Identities != 284 || stats.Uncorrelated != 18 || stats.Exceptions != 13 {
			t.Errorf("recompute %v: %+v", recompute, stats)
		}
	}
}
