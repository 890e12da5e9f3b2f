package profile_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/store"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/transform"
)

// heard is what a run says beside its results.
type heard struct{ outcomeOf }

func (m *mutant) options(h *heard) profile.RunOptions {
	return profile.RunOptions{Now: m.now, Seed: m.seed, Workers: 2, Rules: map[string]transform.Rule{"Custom": custom},
		Hooks: profile.Hooks{
			OnFinding: func(d diag.Diagnostic) { h.Findings = append(h.Findings, string(d.Code)+": "+d.Message) },
			OnUncorrelated: func(a identity.Account, u profile.Unlinked) {
				h.Uncorrelated = append(h.Uncorrelated, fmt.Sprint(a.Key(), u))
			},
		}}
}

// People are what a run over the same accounts yields, found by id, account and manager.
func TestPeopleAreResults(t *testing.T) {
	reports := 0
	for seed := range uint64(60) {
		m := newMutant(seed)
		m.variant[0]++ // maps managers
		e, _ := m.tenant().Engine(t, profile.Options{SnapshotOrder: m.snapshot})
		sources := []identity.Source{m.source("HR"), m.source("VMS"), m.source("AD")}
		var want, got heard
		var ids []string
		for r, err := range e.Run(t.Context(), m.options(&want), sources...) {
			if err != nil {
				t.Fatal(err)
			}
			r.Changes = nil
			want.add(t, r)
			ids = append(ids, r.Identity.ID)
		}
		p, err := e.People(t.Context(), m.options(&got), sources...)
		if err != nil {
			t.Fatal(err)
		}
		managers := map[string]int{}
		for i, r := range p.All() {
			got.add(t, r)
			if r.Manager.ID != "" {
				managers[r.Manager.ID]++
			}
			if n, ok := p.Find(r.Identity.ID); !ok || n != i {
				t.Errorf("seed %d: %s is found as %d, %v; want %d", seed, r.Identity.ID, n, ok, i)
			}
			for _, a := range r.Identity.Accounts {
				if n, ok := p.Owner(a.Key()); !ok || n != i {
					t.Errorf("seed %d: the owner of %s is %d, %v; want %d", seed, a.Key(), n, ok, i)
				}
			}
		}
		if diff := cmp.Diff(want.outcomeOf, got.outcomeOf, cmp.AllowUnexported(outcomeOf{})); diff != "" {
			t.Fatalf("seed %d: mismatch (-run +people):\n%s", seed, diff)
		}
		var byID []string
		for i := range p.ByID() {
			byID = append(byID, p.Result(i).Identity.ID)
			count := 0
			for range p.Reports(i) {
				count++
			}
			if count != managers[p.Result(i).Identity.ID] {
				t.Errorf("seed %d: %d report to %s, want %d", seed, count, byID[len(byID)-1], managers[byID[len(byID)-1]])
			}
			reports += count
		}
		slices.Sort(ids)
		if diff := cmp.Diff(ids, byID); diff != "" {
			t.Errorf("seed %d: by id (-want +got):\n%s", seed, diff)
		}
		if _, ok := p.Find("nobody"); ok {
			t.Error("somebody without identity is found")
		}
		for _, s := range sources {
			var want, got []identity.AccountKey
			for a, err := range s.Accounts(t.Context()) {
				if err != nil {
					t.Fatal(err)
				}
				want = append(want, identity.AccountKey{Source: s.Name(), NativeIdentity: a.NativeIdentity})
			}
			for a := range p.Accounts(s.Name()) {
				got = append(got, a.Key())
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("seed %d: accounts of %s (-source +people):\n%s", seed, s.Name(), diff)
			}
		}
	}
	if reports == 0 {
		t.Error("nobody has a manager")
	}
}

// Another engine gives with the people what it gives with a store that the first has filled.
func TestPeopleAgainIsStored(t *testing.T) {
	differ := 0
	for seed := range uint64(300) {
		m := newMutant(seed)
		m.variant[0]++ // maps managers
		e, _ := m.tenant().Engine(t, profile.Options{SnapshotOrder: m.snapshot})
		names := []string{"HR", "VMS", "AD"}
		var sources []identity.Source
		for _, name := range names {
			sources = append(sources, m.source(name))
		}
		var none, want, got heard
		p, err := e.People(t.Context(), m.options(&none), sources...)
		if err != nil {
			t.Fatal(err)
		}
		st := store.NewMemory()
		m.run(t, e, st, names, false, false)

		for range m.IntN(4) {
			m.variant[m.IntN(len(m.variant))]++
		}
		tenant := m.tenant()
		if m.IntN(6) == 0 { // a source is gone
			tenant.Sources = tenant.Sources[:2]
		}
		other, _ := tenant.Engine(t, profile.Options{SnapshotOrder: m.snapshot})
		linking := profile.Linking{Recompute: m.IntN(4) == 0, Recorrelate: m.IntN(4) == 0}
		o := m.options(&want)
		o.Stored, o.Linking = st, linking
		for r, err := range other.Run(t.Context(), o, sources...) {
			if err != nil {
				t.Fatal(err)
			}
			if len(r.Changes) > 0 {
				differ++
			}
			want.add(t, r)
		}
		o = m.options(&got)
		o.Linking = linking
		for r, err := range p.Again(t.Context(), other, o) {
			if err != nil {
				t.Fatal(err)
			}
			got.add(t, r)
		}
		slices.Sort(want.Findings)
		slices.Sort(got.Findings)
		slices.Sort(want.Uncorrelated)
		slices.Sort(got.Uncorrelated)
		if diff := cmp.Diff(want.outcomeOf, got.outcomeOf, cmp.AllowUnexported(outcomeOf{})); diff != "" {
			t.Fatalf("seed %d: mismatch (-stored +again):\n%s", seed, diff)
		}
	}
	if differ == 0 {
		t.Error("no change of the configuration has changed anybody")
	}
}
