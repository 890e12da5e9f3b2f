package profile_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/feed"
	"github.com/idprofile/engine/identity/store"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/internal/fixture"
)

// A run goes on from what is stored when that is the outcome of a run of the same
// configuration and little has changed; otherwise it looks at everybody.
func TestResume(t *testing.T) {
	mappings := []string{"uid=HR.login", "email=HR.mail", "lastname=HR.sn"}
	tenant := func(source string, mappings ...string) *profile.Engine {
		c := &fixture.Tenant{Profiles: []string{fixture.Profile("Employees", 10, "HR", mappings...)},
			Sources: []string{source}}
		e, _ := c.Engine(t, profile.Options{})
		return e
	}
	row := func(n int, sn string) identity.Account {
		return fixture.Account(fmt.Sprint(n), fmt.Sprint("login=u", n), "mail=m", "sn="+sn)
	}
	var all []identity.Account
	for n := range 20 {
		all = append(all, row(n, "Lee"))
	}
	o := profile.RunOptions{Now: fixture.Now, Incremental: true}
	first := tenant(fixture.Source("HR"), mappings...)

	for _, tc := range []struct {
		name    string
		engine  *profile.Engine
		change  func(*profile.RunOptions)
		data    []identity.Account
		prepare func(st identity.Store) error
		want    bool
	}{
		{name: "nothing changed", want: true},
		{name: "another time", change: func(o *profile.RunOptions) { o.Now = o.Now.AddDate(0, 0, 1) }, want: true},
		{name: "one changed, one new, one gone", data: append([]identity.Account{row(0, "Poe"), row(20, "Roe")}, all[2:]...),
			want: true},
		{name: "another mapping", engine: tenant(fixture.Source("HR"), "uid=HR.login", "email=HR.mail", "lastname=HR.login"),
			want: true},
		{name: "one mapping more", engine: tenant(fixture.Source("HR"), append(mappings, "title=HR.title")...)},
		{name: "another source",
			engine: tenant(strings.Replace(fixture.Source("HR"), `"deleteThreshold":0`, `"deleteThreshold":9`, 1), mappings...)},
		{name: "a rule finds managers", engine: tenant(strings.Replace(fixture.Source("HR"), `"connector"`,
			`"managerCorrelationRule":{"name":"Boss"},"connector"`, 1), mappings...)},
		{name: "many are new",
			data: append([]identity.Account{row(20, ""), row(21, ""), row(22, ""), row(23, ""), row(24, ""), row(25, ""), row(26, "")},
				all...)},
		{name: "links are recomputed", change: func(o *profile.RunOptions) { o.Recompute = true }},
		{name: "everything is evaluated", change: func(o *profile.RunOptions) { o.Incremental = false }},
		{name: "another run has written somebody", prepare: func(st identity.Store) error {
			o := o
			o.Stored = st
			for r, err := range first.Run(t.Context(), o, feed.Slice("HR", all...)) {
				if err != nil {
					return err
				}
				return st.Apply(t.Context(), identity.Batch{Put: []*identity.Identity{r.Identity}})
			}
			return nil
		}},
		{name: "somebody without a note", prepare: func(st identity.Store) error {
			i, err := st.Get(t.Context(), identityID(t, st, "3"))
			if err != nil {
				return err
			}
			i = i.Clone()
			i.RunState = identity.Attributes{}
			return st.Apply(t.Context(), identity.Batch{Put: []*identity.Identity{i}})
		}, want: true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			st := store.NewMemory()
			if _, err := first.Aggregate(t.Context(), st, o, nil, feed.Slice("HR", all...)); err != nil {
				t.Fatal(err)
			}
			if tc.prepare != nil {
				if err := tc.prepare(st); err != nil {
					t.Fatal(err)
				}
			}
			engine, o, data := first, o, all
			if tc.engine != nil {
				engine = tc.engine
			}
			if tc.change != nil {
				tc.change(&o)
			}
			if tc.data != nil {
				data = tc.data
			}
			got, err := engine.Resumes(t.Context(), st, o, feed.Slice("HR", data...))
			if got != tc.want || err != nil {
				t.Errorf("got %t, error %v", got, err)
			}
		})
	}
}

func identityID(t *testing.T, st identity.Store, alias string) string {
	t.Helper()
	for i, err := range st.All(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if i.Alias == alias {
			return i.ID
		}
	}
	t.Fatalf("nobody is called %s", alias)
	return ""
}

// Briefs say of everybody what results say, whether the run goes on from what is stored or not.
func TestAggregateBriefs(t *testing.T) {
	for seed := range uint64(20) {
		m := newMutant(seed)
		var base identity.Store = store.NewMemory()
		if seed%2 == 1 {
			base = fileOf(t, base)
		}
		for step := range 8 {
			e, _ := m.tenant().Engine(t, profile.Options{SnapshotOrder: m.snapshot})
			o := profile.RunOptions{Now: m.now, Seed: m.seed, Incremental: true, Rules: customRules}
			sources := []identity.Source{m.source("HR"), m.source("VMS"), m.source("AD")}
			var want, got []string
			other := store.NewOverlay(base)
			stats, err := e.Aggregate(t.Context(), other, o, func(r *profile.Result) {
				want = append(want, fmt.Sprint(r.Identity.ID, r.Identity.Profile, r.Account, r.Links, r.Manager.State, r.Lifecycle,
					len(r.Exceptions) > 0 || len(r.Errors) > 0 || len(r.Warnings) > 0, jsonOf(t, clean(r.Identity))))
			}, sources...)
			if err != nil {
				t.Fatal(err)
			}
			briefly, err := e.AggregateBriefs(t.Context(), base, o, func(b *profile.Brief) {
				account, profile, state, lifecycle, notable := b.Account(), b.Profile(), b.Manager(), b.Lifecycle(), b.Notable()
				links := b.Result().Links
				got = append(got, fmt.Sprint(b.Result().Identity.ID, profile, account, links, state, lifecycle, notable,
					jsonOf(t, clean(b.Result().Identity))))
			}, sources...)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("seed %d, step %d: mismatch (-results +briefs):\n%s", seed, step, diff)
			}
			if diff := cmp.Diff(stats, briefly); diff != "" {
				t.Fatalf("seed %d, step %d: stats: mismatch (-results +briefs):\n%s", seed, step, diff)
			}
			if diff := cmp.Diff(stateOf(t, other), stateOf(t, base)); diff != "" {
				t.Fatalf("seed %d, step %d: state: mismatch (-results +briefs):\n%s", seed, step, diff)
			}
			for range m.IntN(3) {
				m.account()
			}
		}
	}
}

// An aggregation whose context ends stores nothing.
func TestAggregateBriefsCancelled(t *testing.T) {
	m := newMutant(1)
	e, _ := m.tenant().Engine(t, profile.Options{})
	st := store.NewMemory()
	ctx, cancel := context.WithCancel(t.Context())
	_, err := e.AggregateBriefs(ctx, st, profile.RunOptions{Now: m.now, Rules: customRules}, func(*profile.Brief) { cancel() }, m.source("HR"))
	if err == nil || len(stateOf(t, st)) > 0 {
		t.Errorf("error %v, state %v", err, stateOf(t, st))
	}
}
