package preview_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/identity/store"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/preview"
)

// acmePopulation is examples/acme with everybody in it.
func acmePopulation(t testing.TB) (*preview.Population, []identity.Source) {
	t.Helper()
	b := acme(t, "")
	sources := accounts(t, b)
	e, _ := profile.Compile(b, profile.Options{})
	p, err := preview.NewPopulation(t.Context(), e, profile.RunOptions{Now: b.Settings.Now, Seed: b.Settings.Seed, Workers: 2}, sources...)
	if err != nil {
		t.Fatal(err)
	}
	return p, sources
}

// An effect is what [preview.Compare] says of two runs that begin with what the first
// configuration has stored, whichever way it is found.
func TestEffectIsCompare(t *testing.T) {
	p, sources := acmePopulation(t)
	st := store.NewMemory()
	if _, err := p.Engine.Aggregate(t.Context(), st, p.Options, nil, sources...); err != nil {
		t.Fatal(err)
	}
	for _, change := range []string{"domain-change", "broken-transform", "priority-swap", "correlation-change", "phone", "same"} {
		t.Run(change, func(t *testing.T) {
			after := acme(t, change)
			if change == "phone" {
				def, _ := jsondoc.Parse("", []byte(`{"type":"substring","attributes":{"begin":3,"input":{"type":"accountAttribute",
					"attributes":{"sourceName":"HR","attributeName":"phone"}}}}`))
				if err := after.PutMapping("Employees", "phone", def); err != nil {
					t.Fatal(err)
				}
			}
			o := p.Options
			o.Stored = st
			want, err := preview.Compare(t.Context(), p.Bundle(), after, preview.Options{Run: o, People: true, Full: true}, sources...)
			if err != nil {
				t.Fatal(err)
			}
			var last preview.Progress
			got, err := p.Effect(t.Context(), after, preview.EffectOptions{People: true, Workers: 3, OnProgress: func(x preview.Progress) { last = x }})
			if err != nil {
				t.Fatal(err)
			}
			ignore := []cmp.Option{cmpopts.IgnoreUnexported(preview.Report{}, preview.Group{}, preview.Change{}, preview.Pattern{}),
				cmpopts.IgnoreFields(preview.Report{}, "Evaluated", "Findings"), cmpopts.EquateEmpty()}
			if diff := cmp.Diff(want, got, ignore...); diff != "" {
				t.Errorf("mismatch (-compare +effect):\n%s", diff)
			}
			if alone := got.Evaluated != "all"; alone != slices.Contains([]string{"broken-transform", "phone", "same"}, change) {
				t.Errorf("evaluated %s", got.Evaluated)
			} else if alone && (last.Done != p.Len() || last.People != got.Totals.People) {
				t.Errorf("progress ends with %+v", last)
			}
		})
	}
}

func TestEffectEndsWithItsContext(t *testing.T) {
	p, _ := acmePopulation(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	after := acme(t, "domain-change")
	if _, err := p.Effect(ctx, after, preview.EffectOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
}

// The state of a population is what an aggregation leaves in a store.
func TestPopulationState(t *testing.T) {
	p, sources := acmePopulation(t)
	st := store.NewMemory()
	if _, err := p.Engine.Aggregate(t.Context(), st, p.Options, nil, sources...); err != nil {
		t.Fatal(err)
	}
	list := func(s identity.Store) (ids []string) {
		for i, err := range s.All(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, i.ID+" "+i.Attribute("email").Text())
			again, err := s.Get(t.Context(), i.ID)
			if err != nil || again.Alias != i.Alias {
				t.Fatalf("%s: %v", i.ID, err)
			}
			owner, err := s.ByAccount(t.Context(), i.Accounts[0].Key())
			if err != nil || owner.ID != i.ID {
				t.Fatalf("%s: %v", i.Accounts[0].Key(), err)
			}
		}
		for a := range s.Uncorrelated(t.Context(), "") {
			ids = append(ids, a.Key().String())
		}
		for i := range s.Find(t.Context(), "department", "SALES", true) {
			ids = append(ids, "sales "+i.ID)
		}
		return ids
	}
	want, got := list(st), list(p.State())
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("mismatch (-store +population):\n%s", diff)
	}
	if _, err := p.State().Get(t.Context(), "nobody"); !errors.Is(err, identity.ErrNotFound) {
		t.Errorf("got %v, want %v", err, identity.ErrNotFound)
	}
	if err := p.State().Apply(t.Context(), identity.Batch{Delete: []string{"x"}}); !errors.Is(err, identity.ErrConflict) {
		t.Errorf("got %v, want %v", err, identity.ErrConflict)
	}
	if !slices.ContainsFunc(got, func(s string) bool { return len(s) > 6 && s[:6] == "sales " }) {
		t.Error("nobody is found by department")
	}
}
