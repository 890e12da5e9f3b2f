package main

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/examples/preview/tenant"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/feed"
	"github.com/idprofile/engine/identity/store"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
)

// company is a generated tenant whose accounts change.
type company struct {
	dir     string
	engine  *profile.Engine
	files   []identity.Source
	options profile.RunOptions
	rng     *rand.Rand
	data    map[string][]identity.Account // by source
}

func newCompany(tb testing.TB, people int) *company {
	tb.Helper()
	dir := tb.TempDir()
	if _, err := tenant.Write(tb.Context(), dir, tenant.Options{People: people, Seed: 1}); err != nil {
		tb.Fatal(err)
	}
	b, _ := config.Load(os.DirFS(dir))
	files, _ := b.Accounts(os.DirFS(dir), nil)
	e, _ := profile.Compile(b, profile.Options{})
	c := &company{dir: dir, engine: e, files: files, rng: rand.New(rand.NewPCG(1, 1)), data: map[string][]identity.Account{}}
	c.options = profile.RunOptions{Now: b.Settings.Now, Seed: b.Settings.Seed, Workers: runtime.GOMAXPROCS(0), Hooks: profile.Hooks{OnFinding: func(diag.Diagnostic) {}}}
	for _, src := range files {
		for a, err := range src.Accounts(tb.Context()) {
			if err != nil {
				tb.Fatal(err)
			}
			c.data[src.Name()] = append(c.data[src.Name()], a)
		}
	}
	return c
}

// edited returns the engine of the tenant with another text in the transform of the
// location.
func (c *company) edited(tb testing.TB, old, text string) *profile.Engine {
	tb.Helper()
	dir := tb.TempDir()
	if err := os.CopyFS(dir, os.DirFS(c.dir)); err != nil {
		tb.Fatal(err)
	}
	file := filepath.Join(dir, "transforms", "office-from-dn.json")
	src, err := os.ReadFile(file)
	if err != nil || !strings.Contains(string(src), old) {
		tb.Fatalf("%q is not in %s: %v", old, file, err)
	}
	if err := os.WriteFile(file, []byte(strings.Replace(string(src), old, text, 1)), 0o600); err != nil {
		tb.Fatal(err)
	}
	b, _ := config.Load(os.DirFS(dir))
	e, _ := profile.Compile(b, profile.Options{})
	return e
}

// change gives one in a hundred accounts of each source the value that another one
// has of some attribute.
func (c *company) change() []identity.Source {
	var list []identity.Source
	for _, src := range c.files {
		accounts := c.data[src.Name()]
		var changed []identity.Account
		for range len(accounts) / 100 {
			n := c.rng.IntN(len(accounts))
			a, from := &accounts[n], &accounts[c.rng.IntN(len(accounts))]
			slot := c.rng.IntN(a.Attributes.Schema().Len())
			if a.Attributes.Schema() == from.Attributes.Schema() && slot > 0 { // not the id
				row := identity.AppendReplaced(nil, a.Attributes, slot, from.Attributes.At(slot))
				a.Attributes = identity.FromRow(a.Attributes.Schema(), string(row))
			}
			changed = append(changed, *a)
		}
		list = append(list, feed.Changes(src.Name(), changed))
	}
	return list
}

// all returns the accounts as they are now as sources.
func (c *company) all() []identity.Source {
	var list []identity.Source
	for _, src := range c.files {
		list = append(list, feed.Slice(src.Name(), slices.Clone(c.data[src.Name()])...))
	}
	return list
}

// dump returns what a store holds, apart from what it knows about evaluations.
func dump(tb testing.TB, st identity.Store) map[string]*identity.Identity {
	tb.Helper()
	all := map[string]*identity.Identity{}
	for i, err := range st.All(tb.Context()) {
		if err != nil {
			tb.Fatal(err)
		}
		i.Evaluated, i.RunState = time.Time{}, identity.Attributes{}
		all[i.ID] = i
	}
	return all
}

// After each run a session has left what a full run with all accounts leaves.
func TestSessionOfCompany(t *testing.T) {
	c := newCompany(t, 1500)
	st := store.NewMemory()
	s := c.engine.NewSession(st, c.options)
	for step := range 6 {
		sources := c.all()
		if step > 0 {
			sources = c.change()
		}
		full := store.NewOverlay(st)
		if _, err := c.engine.Aggregate(t.Context(), full, c.options, nil, c.all()...); err != nil {
			t.Fatal(err)
		}
		want := dump(t, full)
		stats, err := s.Aggregate(t.Context(), c.options.Now, nil, sources...)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, dump(t, st), cmp.Comparer(sameAttributes)); diff != "" {
			t.Fatalf("step %d: mismatch (-full +session):\n%s", step, diff)
		}
		if step == 4 { // another mapping
			c.engine = c.edited(t, `"index": 1`, `"index": 0`)
			s.Use(c.engine)
		}
		if step > 1 && step != 5 && stats.Evaluated > len(want)/8 { // those with errors are evaluated again
			t.Errorf("step %d: %d of %d identities evaluated", step, stats.Evaluated, len(want))
		}
	}
}

func sameAttributes(a, b identity.Attributes) bool {
	return slices.Equal(a.Schema().Names(), b.Schema().Names()) && a.Row() == b.Row()
}

// BenchmarkChanges compares a run over 100,000 people with those of a session: one
// that is given one in a hundred accounts, and one whose engine has another
// transform for one attribute of three in four people.
func BenchmarkChanges(b *testing.B) {
	c := newCompany(b, 100_000)
	before := store.NewMemory()
	for _, state := range []identity.Store{store.NewMemory(), before} {
		name := "full, first"
		if state == before {
			name = "full, again"
			if _, err := c.engine.Aggregate(b.Context(), before, c.options, nil, c.files...); err != nil {
				b.Fatal(err)
			}
		}
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := c.engine.Aggregate(b.Context(), store.NewOverlay(state), c.options, nil, c.files...); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	for _, bc := range []struct {
		name string
		tick time.Duration
	}{{"session", 0}, {"session, time goes on", time.Hour}} {
		b.Run(bc.name, func(b *testing.B) { c.benchmarkSession(b, bc.tick) })
	}
	b.Run("mapping, few values", func(b *testing.B) { c.benchmarkMapping(b, `"location"`, `"country"`) })
	b.Run("mapping, most values", func(b *testing.B) { c.benchmarkMapping(b, `"index": 1`, `"index": 0`) })
}

func (c *company) benchmarkMapping(b *testing.B, old, text string) {
	s := c.engine.NewSession(store.NewMemory(), c.options)
	engines := []*profile.Engine{c.edited(b, old, text), c.engine}
	for _, sources := range [][]identity.Source{c.all(), nil} {
		if _, err := s.Aggregate(b.Context(), c.options.Now, nil, sources...); err != nil {
			b.Fatal(err)
		}
	}
	var evaluated, written int
	for n := 0; b.Loop(); n++ {
		s.Use(engines[n%2])
		stats, err := s.Aggregate(b.Context(), c.options.Now, nil)
		if err != nil {
			b.Fatal(err)
		}
		evaluated, written = evaluated+stats.Evaluated, written+stats.Saved
	}
	b.ReportMetric(float64(evaluated)/float64(b.N), "evaluated/op")
	b.ReportMetric(float64(written)/float64(b.N), "written/op")
}

func (c *company) benchmarkSession(b *testing.B, tick time.Duration) {
	s, now := c.engine.NewSession(store.NewMemory(), c.options), c.options.Now
	run := func(sources []identity.Source) profile.Stats {
		stats, err := s.Aggregate(context.Background(), now, nil, sources...)
		if err != nil {
			b.Fatal(err)
		}
		return stats
	}
	run(c.all())
	run(nil) // of those that were written, the next run looks at the uid once more
	var evaluated, written int
	for b.Loop() {
		b.StopTimer()
		sources := c.change()
		now = now.Add(tick)
		b.StartTimer()
		stats := run(sources)
		evaluated, written = evaluated+stats.Evaluated, written+stats.Saved
	}
	b.ReportMetric(float64(evaluated)/float64(b.N), "evaluated/op")
	b.ReportMetric(float64(written)/float64(b.N), "written/op")
}
