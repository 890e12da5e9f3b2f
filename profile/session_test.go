package profile_test

import (
	"context"
	"errors"
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
	"github.com/idprofile/engine/profile/internal/fixture"
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
		Seed:    m.seed,
		Workers: 2,
		Rules:   map[string]transform.Rule{"Custom": custom},
		Hooks: profile.Hooks{
			OnFinding: func(d diag.Diagnostic) { r.out.Findings = append(r.out.Findings, string(d.Code)+": "+d.Message) },
			OnUncorrelated: func(a identity.Account, u profile.Unlinked) {
				r.out.Uncorrelated = append(r.out.Uncorrelated, fmt.Sprint(a.Key(), u))
			},
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
	r.out.Findings = slices.DeleteFunc(r.out.Findings, stableTwice)
	slices.Sort(r.out.Uncorrelated) // the order of accounts is that of the tables
	slices.Sort(r.out.Findings)
	return r.out
}

var modified = regexp.MustCompile(`("UUID":"[^"]*","Created":"[^"]*","Modified":)"[^"]*"`)

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
	full.Findings = slices.DeleteFunc(full.Findings, stableTwice)
	slices.Sort(full.Uncorrelated)
	slices.Sort(full.Findings)
	return full
}

// stableTwice reports whether a finding is about two accounts with one stable id, which are
// both there only where a source gives all accounts.
func stableTwice(finding string) bool {
	return strings.HasPrefix(finding, "account-duplicate: ") && strings.Contains(finding, "stable id")
}

// A session leaves behind what full runs with all accounts would, each from the
// state before, and tells of the same changes.
func TestSessionIsFull(t *testing.T) {
	saved := 0
	for seed := range uint64(40) {
		m := newMutant(seed)
		m.stable = seed%4 == 3
		base := store.NewMemory()
		given := map[string]map[int]identity.Account{"HR": {}, "VMS": {}, "AD": {}}
		var s *resident
		var config string
		var seeded uint64
		for step := range 25 {
			e, _ := m.tenant().Engine(t, profile.Options{SnapshotOrder: m.snapshot})
			switch now := fmt.Sprint(m.variant, m.seed); {
			case s == nil || now != config && m.IntN(4) == 0:
				s, seeded, config = m.session(t, e, base, given), m.seed, now
			case now != config:
				m.seed = seeded // a session has one
				e, _ = m.tenant().Engine(t, profile.Options{SnapshotOrder: m.snapshot})
				s.Use(e)
				config = fmt.Sprint(m.variant, m.seed)
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

// unwritable is a store that takes nothing while it has an error.
type unwritable struct {
	identity.Store
	err error
}

func (r *unwritable) Apply(ctx context.Context, b identity.Batch) error {
	if r.err != nil {
		return r.err
	}
	return r.Store.Apply(ctx, b)
}

// After a run that was cancelled or could not be written the store is as it was,
// and the same changes once more give what they would have given.
func TestSessionAfterError(t *testing.T) {
	m := newMutant(3)
	e, _ := m.tenant().Engine(t, profile.Options{})
	st := &unwritable{Store: store.NewMemory()}
	s := e.NewSession(st, profile.RunOptions{Rules: map[string]transform.Rule{"Custom": custom}})
	aggregate := func(ctx context.Context, sources ...identity.Source) error {
		_, err := s.Aggregate(ctx, m.now, nil, sources...)
		return err
	}
	if err := aggregate(t.Context(), m.source("HR"), m.source("VMS"), m.source("AD")); err != nil {
		t.Fatal(err)
	}
	before := stateOf(t, st)
	a := m.accounts["HR"][2]
	a.Attributes = fixture.Account("2", "number=2", "login=new", "sn=New", "mail=new@x").Attributes
	changed := feed.Changes("HR", []identity.Account{a})
	want := store.NewOverlay(st.Store)
	if _, err := e.Aggregate(t.Context(), want, profile.RunOptions{Now: m.now, Rules: map[string]transform.Rule{"Custom": custom}}, nil, changed); err != nil {
		t.Fatal(err)
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	full := errors.New("the disk is full")
	for _, tc := range []struct {
		ctx       context.Context
		err, want error
	}{{cancelled, nil, context.Canceled}, {t.Context(), full, full}} {
		if st.err = tc.err; !errors.Is(aggregate(tc.ctx, changed), tc.want) {
			t.Errorf("no error %v", tc.want)
		}
		if diff := cmp.Diff(before, stateOf(t, st)); diff != "" {
			t.Errorf("after %v the store is another one:\n%s", tc.want, diff)
		}
	}
	st.err = nil
	if err := aggregate(t.Context(), changed); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(stateOf(t, want), stateOf(t, st)); diff != "" {
		t.Errorf("mismatch (-uninterrupted +again):\n%s", diff)
	}
}

// Accounts that a source of changes does not name stay; those that it takes away
// are counted against the delete threshold.
func TestChangesThreshold(t *testing.T) {
	source := strings.Replace(fixture.Source("HR"), `"deleteThreshold":0,`, `"deleteThreshold":10,`, 1)
	c := &fixture.Tenant{Profiles: []string{fixture.Profile("Employees", 10, "HR", fixture.HR()...)}, Sources: []string{source}}
	e, _ := c.Engine(t, profile.Options{})
	var all []identity.Account
	for n := range 20 {
		all = append(all, fixture.Account(fmt.Sprint(n), fmt.Sprint("id=", n), "mail=m", "sn=s"))
	}
	for _, tc := range []struct {
		gone    []string
		removed int
		finding string
	}{
		{nil, 0, ""},
		{[]string{"3", "4", "4", "no such account"}, 2, ""},
		{[]string{"3", "4", "5"}, 0, "delete-threshold"},
		{[]string{"1", "2", "3"}, 2, ""}, // 1 is there again
	} {
		var codes []string
		o := profile.RunOptions{Now: fixture.Now, Hooks: profile.Hooks{OnFinding: func(d diag.Diagnostic) { codes = append(codes, string(d.Code)) }}}
		changed := feed.Changes("HR", []identity.Account{fixture.Account("1", "id=1", "mail=new", "sn=s")}, tc.gone...)
		for name, run := range map[string]func(identity.Store, identity.Source) (profile.Stats, error){
			"run": func(st identity.Store, src identity.Source) (profile.Stats, error) {
				return e.Aggregate(t.Context(), st, o, nil, src)
			},
			"session": func(st identity.Store, src identity.Source) (profile.Stats, error) {
				return e.NewSession(st, o).Aggregate(t.Context(), fixture.Now, nil, src)
			},
		} {
			st := store.NewMemory()
			if _, err := run(st, feed.Slice("HR", all...)); err != nil {
				t.Fatal(err)
			}
			codes = nil
			stats, err := run(st, changed)
			want := profile.Stats{Scanned: 1, Changed: 1, Removed: tc.removed, Identities: 20, Evaluated: stats.Evaluated, Saved: 1 + tc.removed}
			if diff := cmp.Diff(want, stats); err != nil || diff != "" || strings.Join(codes, " ") != tc.finding {
				t.Errorf("%s, gone %v: error %v, findings %v, mismatch (-want +got):\n%s", name, tc.gone, err, codes, diff)
			}
		}
	}
}

// A run of a session looks at those who depend on what moved, and at nobody else.
func TestSessionFollows(t *testing.T) {
	c := &fixture.Tenant{Profiles: []string{fixture.Profile("Employees", 10, "HR", "uid=HR.login", "email=HR.mail", "lastname=HR.sn", "displayName=HR.sn", "manager=HR.boss", "title=HR.title")},
		Sources: []string{strings.Replace(fixture.Source("HR"), `"connector"`, hrBoss, 1)}}
	e, _ := c.Engine(t, profile.Options{})
	row := func(id, login, sn, boss string) identity.Account {
		return fixture.Account(id, "id="+id, "login="+login, "mail=m", "sn="+sn, "boss="+boss, "title=t")
	}
	st := store.NewMemory()
	s := e.NewSession(st, profile.RunOptions{})
	for _, tc := range []struct {
		name      string
		changed   []identity.Account
		removed   []string
		results   string // aliases of those whose result changed
		evaluated int
	}{
		{"first", []identity.Account{row("1", "ann", "Lee", ""), row("2", "bob", "Poe", "ann"), row("3", "cid", "Roe", "dan"), row("4", "eva", "Fry", "bob")}, nil, "1 2 3 4", 4},
		{"nothing", nil, nil, "", 0},
		{"the manager gets another name", []identity.Account{row("1", "ann", "Kay", "")}, nil, "1 2", 1},
		{"a manager that was missing comes", []identity.Account{row("5", "dan", "Day", "")}, nil, "3 5", 1},
		{"the manager is another one", []identity.Account{row("1", "dan", "Kay", ""), row("5", "ann", "Day", "")}, nil, "1 2 3 5", 2},
		{"the uid is taken", []identity.Account{row("6", "eva", "Gil", "")}, nil, "6", 1},
		{"the uid is free", []identity.Account{row("4", "fay", "Fry", "bob")}, nil, "4 6", 1},
		{"a manager leaves", nil, []string{"2"}, "2", 0},
	} {
		var got []string
		stats, err := s.Aggregate(t.Context(), fixture.Now, func(r *profile.Result) { got = append(got, r.Identity.Alias) }, feed.Changes("HR", tc.changed, tc.removed...))
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(got)
		if strings.Join(got, " ") != tc.results || stats.Evaluated != tc.evaluated || stats.Saved != len(got) {
			t.Errorf("%s: results of %v, want %v; %+v", tc.name, got, tc.results, stats)
		}
	}
	other := *c
	other.Profiles = []string{strings.Replace(c.Profiles[0], `"attributeName":"title"`, `"attributeName":"sn"`, 1)}
	e, _ = other.Engine(t, profile.Options{})
	s.Use(e)
	for evaluated := range 2 {
		stats, err := s.Aggregate(t.Context(), fixture.Now, nil, feed.Changes("HR", nil))
		if err != nil || stats.Evaluated != 5*(1-evaluated) {
			t.Errorf("another mapping: %+v, error %v", stats, err)
		}
	}
	other.Profiles = append(other.Profiles, `{"id":"p","name":"Without source","priority":90,"identityAttributeConfig":{"enabled":true,"attributeTransforms":[]}}`)
	for run := range 2 { // the first one with another frame, which everybody with a profile has noted afterwards
		e, _ = other.Engine(t, profile.Options{})
		s.Use(e)
		if stats, err := s.Aggregate(t.Context(), fixture.Now, nil); err != nil || stats.Identities != 6 || stats.Saved != 5*(1-run) {
			t.Errorf("another profile: %+v, error %v", stats, err)
		}
	}
}
