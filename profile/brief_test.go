package profile_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/store"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/transform"
)

// A brief says of everybody what the result says, whatever is stored before.
func TestBriefs(t *testing.T) {
	notable := 0
	for seed := range uint64(30) {
		m, st := newMutant(seed), store.NewMemory()
		for step := range 4 {
			engine, _ := m.tenant().Engine(t, profile.Options{})
			o := profile.RunOptions{Now: m.now, Seed: m.seed, Stored: st, Rules: map[string]transform.Rule{"Custom": custom}}
			sources := []identity.Source{m.source("HR"), m.source("VMS"), m.source("AD")}

			var want, got []string
			for r, err := range engine.Run(t.Context(), o, sources...) {
				if err != nil {
					t.Fatal(err)
				}
				noted := len(r.Exceptions)+len(r.Errors)+len(r.Warnings) > 0
				if noted {
					notable++
				}
				text := fmt.Sprint(r.Identity.Profile, r.Account, noted, r.Manager.State, r.Lifecycle)
				for _, l := range r.Links {
					text += fmt.Sprint(" ", l.Account.Source, l.Method, l.Criterion, l.New)
				}
				want = append(want, text, jsonOf(t, r.Identity.ID))
			}

			for b, err := range engine.Briefs(t.Context(), o, sources...) {
				if err != nil {
					t.Fatal(err)
				}
				text := fmt.Sprint(b.Profile(), b.Account(), b.Notable(), b.Manager(), b.Lifecycle())
				for source, l := range b.Links() {
					text += fmt.Sprint(" ", source, l.Method, l.Criterion, l.New)
				}
				got = append(got, text, jsonOf(t, b.Result().Identity.ID))
			}

			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("seed %d, step %d: %s", seed, step, diff)
			}
			m.run(t, engine, st, []string{"HR", "VMS", "AD"}, step%2 == 0, false)
			m.change()
		}
	}

	if notable == 0 {
		t.Error("nothing was notable: the test shows nothing")
	}
}
