package profile

import (
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/feed"
)

// resultTexts returns the results of a run, as JSON.
func resultTexts(t *testing.T, e *Engine, sources []identity.Source) []string {
	t.Helper()
	var list []string
	for r, err := range e.Run(t.Context(), RunOptions{Now: e.bundle.Settings.Now}, sources...) {
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, string(r.AppendJSON(nil)))
	}
	return list
}

// It makes no difference whether keys that cannot have changed are evaluated
// again, whatever accounts there are.
func TestStaleKeysAreAll(t *testing.T) {
	fsys := os.DirFS("../examples/acme")
	b, _ := Load(fsys)
	engine, _ := Compile(b, Options{})
	for _, c := range engine.profiles {
		if sources, all := engine.sourcesRead(c, c.slots[attrEmail]); all || !slices.Contains(sources, "Active Directory") || slices.Contains(sources, "Badge System") {
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
	for range 20 {
		var sources []identity.Source
		for i, f := range files {
			some := slices.DeleteFunc(slices.Clone(accounts[i]), func(identity.Account) bool { return r.IntN(4) == 0 })
			r.Shuffle(len(some), func(i, j int) { some[i], some[j] = some[j], some[i] })
			sources = append(sources, feed.Slice(f.Name(), some...))
		}
		if diff := cmp.Diff(resultTexts(t, every, sources), resultTexts(t, engine, sources)); diff != "" {
			t.Fatalf("mismatch (-every key +stale keys):\n%s", diff)
		}
	}
}
