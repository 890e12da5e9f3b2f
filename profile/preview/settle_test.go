package preview_test

import (
	"context"
	"iter"
	"math/rand/v2"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/identity/store"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/preview"
	"github.com/idprofile/engine/transform"
)

// A comparison that makes the state itself says what one says that is given the state,
// whatever changes and whoever is there.
func TestSettle(t *testing.T) {
	before := acme(t, "")
	others := mutations(t)
	for _, c := range changes {
		others = append(others, mutation{c.name, acme(t, c.name)})
	}

	alone := 0 // comparisons that need no store
	for i, c := range others {
		r := rand.New(rand.NewPCG(uint64(i), 3))
		before, after := before, c.bundle
		if i%3 == 0 { // both read what is stored
			before, after = withOldValue(t, before), withOldValue(t, after)
		}
		sources := someOf(r, accounts(t, before))
		links := r.IntN(4) == 0

		given := options(t, before, false)
		given.Run.Recompute = links
		st := store.NewMemory()
		e, _ := profile.Compile(before, profile.Options{})
		o := given.Run
		o.Recompute = false
		if _, err := e.Aggregate(t.Context(), st, o, nil, sources...); err != nil {
			t.Fatal(err)
		}
		made, stores := given, 0
		given.Run.Stored = st
		made.Settle = func() identity.Store { stores++; return store.NewMemory() }

		var forms [2]string
		for k, o := range []preview.Options{given, made} {
			report, err := preview.Compare(t.Context(), before, after, o, sources...)
			if err != nil {
				t.Fatal(err)
			}
			forms[k] = form(t, report)
		}
		if diff := gocmp.Diff(forms[0], forms[1]); diff != "" {
			t.Errorf("seed %d, %s: mismatch (-given +made)\n%s", i, c.name, diff)
		}
		if stores > 1 {
			t.Errorf("seed %d, %s: the state was made %d times", i, c.name, stores)
		}
		if stores == 0 {
			alone++
		}
	}
	if alone == 0 || alone == len(others) {
		t.Errorf("%d of %d comparisons went without a store", alone, len(others))
	}
}

// withOldValue makes the last names of employees depend on what was stored.
func withOldValue(t *testing.T, b *config.Bundle) *config.Bundle {
	t.Helper()
	c := *b
	c.Profiles = append([]*config.Profile(nil), b.Profiles...)
	p := *c.Profiles[0]
	p.Mappings = append([]*config.Mapping(nil), p.Mappings...)
	for i, m := range p.Mappings {
		if m.Attribute == "lastname" {
			changed := *m
			def, _ := jsondoc.Parse("old.json", []byte(`{"type":"static","attributes":{"value":"$!oldValue+"}}`))
			changed.Definition = transform.FromNode(def)
			p.Mappings[i] = &changed
		}
	}
	c.Profiles[0] = &p
	return &c
}

// someOf leaves out a fifth of the accounts.
func someOf(r *rand.Rand, sources []identity.Source) []identity.Source {
	var list []identity.Source
	for _, s := range sources {
		list = append(list, thinned{s, r.Uint64()})
	}
	return list
}

type thinned struct {
	identity.Source
	seed uint64
}

func (s thinned) Accounts(ctx context.Context) iter.Seq2[identity.Account, error] {
	return func(yield func(identity.Account, error) bool) {
		r := rand.New(rand.NewPCG(s.seed, 9))
		for a, err := range s.Source.Accounts(ctx) {
			if err == nil && r.IntN(5) == 0 {
				continue
			}
			if !yield(a, err) {
				return
			}
		}
	}
}
