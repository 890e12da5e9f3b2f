package profile_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/feed"
	"github.com/idprofile/engine/identity/store"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/transform"
)

// resident is a session with what it has been given.
type resident struct {
	*profile.Session
	out   outcomeOf
	store identity.Store
	given map[string]map[int]identity.Account
}

func (m *mutant) session(t *testing.T, e *profile.Engine, st identity.Store, given map[string]map[int]identity.Account) *resident {
	r := &resident{store: st, given: given}
	r.Session = e.NewSession(st, profile.RunOptions{
		Seed: m.seed, Workers: 2, Rules: map[string]transform.Rule{"Custom": custom},
		OnFinding: func(d diag.Diagnostic) { r.out.Findings = append(r.out.Findings, d.Code+": "+d.Message) },
		OnUncorrelated: func(a identity.Account, u profile.Unlinked) {
			r.out.Uncorrelated = append(r.out.Uncorrelated, fmt.Sprint(a.Key(), u))
		},
	})
	return r
}

// changes returns what changed in a source since it was given last, with some
// accounts that have not changed.
func (m *mutant) changes(r *resident, name string) identity.Source {
	var changed []identity.Account
	var removed []string
	for n := range 12 {
		before, was := r.given[name][n]
		now, is := m.accounts[name][n]
		switch {
		case is && (!was || !cmp.Equal(before, now, cmp.AllowUnexported(identity.Attributes{}, identity.Schema{})) || m.IntN(9) == 0):
			changed = append(changed, now)
		case was && !is:
			removed = append(removed, fmt.Sprint(n))
		}
	}
	return feed.Changes(name, changed, removed...)
}

// run gives a session what has changed.
func (r *resident) run(t *testing.T, m *mutant, sources []string) outcomeOf {
	t.Helper()
	var feeds []identity.Source
	for _, name := range sources {
		if m.IntN(5) == 0 {
			feeds = append(feeds, m.source(name)) // all of it
		} else {
			feeds = append(feeds, m.changes(r, name))
		}
		r.given[name] = map[int]identity.Account{}
		for n, a := range m.accounts[name] {
			r.given[name][n] = a
		}
	}
	r.out = outcomeOf{}
	stats, err := r.Aggregate(t.Context(), m.now, func(res *profile.Result) { r.out.add(t, res) }, feeds...)
	if err != nil {
		t.Fatal(err)
	}
	r.out.evaluated = stats.Evaluated
	r.out.Stats, r.out.State = comparable(stats), withoutDetails(stateOf(t, r.store))
	slices.Sort(r.out.Uncorrelated) // the order of accounts is that of the tables
	slices.Sort(r.out.Findings)
	return r.out
}

var modified = regexp.MustCompile(`("UUID":"","Created":"[^"]*","Modified":)"[^"]*"`)

// withoutDetails leaves out of accounts when they were modified: a full run gets it
// again and does not write it for itself.
func withoutDetails(state []string) []string {
	for i := range state {
		state[i] = modified.ReplaceAllString(state[i], "$1...")
	}
	return state
}

// comparable leaves out what a session counts otherwise.
func comparable(s profile.Stats) profile.Stats {
	s.Scanned, s.Unchanged, s.Evaluated, s.Saved = 0, 0, 0, 0
	return s
}

// changedOnly leaves out of a full run what a session does not say.
func (m *mutant) changedOnly(t *testing.T, e *profile.Engine, st identity.Store, sources []string) outcomeOf {
	t.Helper()
	full := m.run(t, e, st, sources, false, false)
	full.Results = slices.DeleteFunc(full.Results, func(r string) bool { return !strings.Contains(r, `"Changed":true`) })
	full.Stats, full.State = comparable(full.Stats), withoutDetails(full.State)
	slices.Sort(full.Uncorrelated)
	slices.Sort(full.Findings)
	return full
}

// A session leaves behind what full runs with all accounts would, each from the
// state before, and tells of the same changes.
func TestSessionIsFull(t *testing.T) {
	saved := 0
	for seed := range uint64(30) {
		m := newMutant(seed)
		base := store.NewMemory()
		given := map[string]map[int]identity.Account{"HR": {}, "VMS": {}, "AD": {}}
		var s *resident
		var config string
		for step := range 25 {
			e, _ := m.tenant().engine(t, profile.Options{SnapshotOrder: m.snapshot})
			if now := fmt.Sprint(m.variant, m.seed); s == nil || now != config {
				s, config = m.session(t, e, base, given), now
			}
			sources := []string{"HR", "VMS", "AD"}
			if m.IntN(3) == 0 {
				sources = sources[m.IntN(3):]
			}
			full := m.changedOnly(t, e, store.NewOverlay(base), sources)
			got := s.run(t, m, sources)
			if diff := cmp.Diff(full, got, cmp.AllowUnexported(outcomeOf{}), cmpopts.EquateEmpty(), cmp.FilterPath(func(p cmp.Path) bool { return p.String() == "evaluated" }, cmp.Ignore())); diff != "" {
				t.Fatalf("seed %d, step %d: mismatch (-full +session):\n%s", seed, step, diff)
			}
			saved += full.evaluated - got.evaluated
			if seed%2 == 0 {
				m.change()
				continue
			}
			for range m.IntN(4) { // the same tables for long
				m.account()
			}
			if m.IntN(4) == 0 {
				m.now = m.now.AddDate(0, 0, m.IntN(5))
			}
		}
	}
	if saved <= 0 {
		t.Errorf("sessions evaluated %d identities less", saved)
	}
}
