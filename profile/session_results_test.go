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

// What a session says of its state is what a run from that state says.
func TestSessionResultsAreARun(t *testing.T) {
	for seed := range uint64(60) {
		m := newMutant(seed)
		e, _ := m.tenant().Engine(t, profile.Options{SnapshotOrder: m.snapshot})
		sources := []identity.Source{m.source("HR"), m.source("VMS"), m.source("AD")}

		st := store.NewMemory()
		common := profile.RunOptions{Now: m.now, Seed: m.seed, Workers: 1 + int(seed%2), Rules: map[string]transform.Rule{"Custom": custom}}
		s := e.NewSession(st, common)
		if _, err := s.Aggregate(t.Context(), m.now, nil, sources...); err != nil {
			t.Fatal(err)
		}

		var got, want outcomeOf
		for r, err := range s.Results(t.Context(), got.hear(common)) {
			if err != nil {
				t.Fatal(err)
			}
			got.add(t, r)
		}
		o := want.hear(common)
		o.Stored = st
		for r, err := range e.Run(t.Context(), o, sources...) {
			if err != nil {
				t.Fatal(err)
			}
			want.add(t, r)
		}

		slices.Sort(got.Uncorrelated) // the order of accounts is that of the tables
		slices.Sort(want.Uncorrelated)
		if diff := cmp.Diff(want.Results, got.Results); diff != "" {
			t.Fatalf("seed %d: results mismatch (-run +session):\n%s", seed, diff)
		}
		if diff := cmp.Diff(want.Uncorrelated, got.Uncorrelated); diff != "" {
			t.Fatalf("seed %d: accounts without identity mismatch (-run +session):\n%s", seed, diff)
		}
	}
}

// hear returns options whose callbacks fill the outcome.
func (out *outcomeOf) hear(o profile.RunOptions) profile.RunOptions {
	o.OnFinding = func(d diag.Diagnostic) { out.Findings = append(out.Findings, string(d.Code)+": "+d.Message) }
	o.OnUncorrelated = func(a identity.Account, u profile.Unlinked) {
		out.Uncorrelated = append(out.Uncorrelated, fmt.Sprint(a.Key(), u))
	}
	return o
}
