package profile

import (
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/feed"
	"github.com/idprofile/engine/identity/store"
	"github.com/idprofile/engine/profile/config"
)

// aggregated takes accounts into a store and returns the results, as JSON.
func aggregated(t *testing.T, e *Engine, into identity.Store, o RunOptions, sources []identity.Source) []string {
	t.Helper()
	var list []string
	take := func(r *Result) { list = append(list, string(r.AppendJSON(nil))) }
	if _, err := e.Aggregate(t.Context(), into, o, take, sources...); err != nil {
		t.Fatal(err)
	}
	return list
}

// It makes no difference whether keys that cannot have changed are evaluated
// again, whatever accounts there are.
func TestStaleKeysAreAll(t *testing.T) {
	fsys := os.DirFS("../examples/acme")
	b, _ := config.Load(fsys)
	engine, _ := Compile(b, Options{})
	for _, c := range engine.profiles {
		if sources, all := engine.sourcesRead(c, c.slots[config.AttrEmail]); all || !slices.Contains(sources, "Active Directory") || slices.Contains(sources, "Badge System") {
			t.Errorf("email of %s reads %v, every account: %v", c.profile.Name, sources, all)
		}
	}
	every, _ := Compile(b, Options{})
	for _, c := range every.profiles {
		for i := range c.attrs {
			c.attrs[i].program.Deps.AnyAccount = true // so that all keys go stale
		}
	}
	files, _ := b.Accounts(fsys, nil)
	var accounts [][]identity.Account
	for _, f := range files {
		var list []identity.Account
		for a, err := range f.Accounts(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, a)
		}
		accounts = append(accounts, list)
	}
	r := rand.New(rand.NewPCG(1, 1))
	one, two := store.NewMemory(), store.NewMemory()
	for round := range 20 {
		if round%4 == 0 { // begin with nothing
			one, two = store.NewMemory(), store.NewMemory()
		}
		var sources []identity.Source
		for i, f := range files {
			some := slices.DeleteFunc(slices.Clone(accounts[i]), func(identity.Account) bool { return r.IntN(4) == 0 })
			r.Shuffle(len(some), func(i, j int) { some[i], some[j] = some[j], some[i] })
			sources = append(sources, feed.Slice(f.Name(), some...))
		}
		o := RunOptions{Now: b.Settings.Now, Workers: 1 + r.IntN(2), Linking: Linking{Recorrelate: r.IntN(2) == 0, Recompute: r.IntN(4) == 0}}
		if diff := cmp.Diff(aggregated(t, every, one, o, sources), aggregated(t, engine, two, o, sources)); diff != "" {
			t.Fatalf("round %d: mismatch (-every key +stale keys):\n%s", round, diff)
		}
	}
}
