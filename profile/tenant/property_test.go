package tenant_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/profile/internal/fixture"
	"github.com/idprofile/engine/profile/tenant"
)

// world is a random tenant: sources S0 to S3, each with a profile at first, and
// people P0 to P5 who have accounts here and there.
type world struct {
	*site
	t   *testing.T
	rnd *rand.Rand
	has map[string][]bool // by person: on which sources
	ids map[string]string // identity id by person, as long as it lives

	moved, deleted int // how much has happened
}

const worldSources = 4

func newWorld(t *testing.T, seed uint64) *world {
	w := &world{t: t, rnd: rand.New(rand.NewPCG(seed, 1)), has: map[string][]bool{}, ids: map[string]string{}}
	c := &fixture.Tenant{}
	for i := range worldSources {
		name := fmt.Sprintf("S%d", i)
		c.Profiles = append(c.Profiles, fixture.Profile("Profile "+name, (i+1)*10, name, "uid="+name+".key", "email="+name+".key", "lastname="+name+".key", "key="+name+".key"))
		c.Sources = append(c.Sources, fixture.Source(name, "key=key"))
	}
	w.site = newSite(t, c, nil)
	for i := range 6 {
		w.has[fmt.Sprintf("P%d", i)] = make([]bool, worldSources)
	}
	return w
}

// step does something random and processes everybody.
func (w *world) step() string {
	b := w.Bundle()
	switch k := w.rnd.IntN(10); {
	case k < 6 || len(b.Profiles) == 0:
		return w.feed()
	case k < 9:
		p := b.Profiles[w.rnd.IntN(len(b.Profiles))]
		priority := w.rnd.IntN(6) * 10
		plan, err := w.PlanPatch(w.t.Context(), p.Name, ops(w.t, fmt.Sprintf(`[{"op":"replace","path":"/priority","value":%d}]`, priority)))
		w.apply(w.t, plan, err)
		w.moved += len(plan.Reassigned)
		if len(plan.Dirty) == 0 {
			return fmt.Sprintf("priority of %s to %d, which passes nobody", p.Name, priority)
		}
		if _, err := w.Process(w.t.Context(), tenant.Selection{Profiles: plan.Dirty}, nil); err != nil {
			w.t.Fatal(err)
		}
		return fmt.Sprintf("priority of %s to %d", p.Name, priority)
	default:
		return w.delete(b.Profiles[w.rnd.IntN(len(b.Profiles))].Name)
	}
}

// feed moves an account of somebody to or from a source and aggregates it.
func (w *world) feed() string {
	person := fmt.Sprintf("P%d", w.rnd.IntN(6))
	n := w.rnd.IntN(worldSources)
	w.has[person][n] = !w.has[person][n]
	w.load(w.t, map[string][]identity.Account{fmt.Sprintf("S%d", n): w.accounts(n)})
	return fmt.Sprintf("%s on S%d: %v", person, n, w.has[person][n])
}

func (w *world) accounts(n int) []identity.Account {
	list := []identity.Account{}
	for i := range 6 {
		if person := fmt.Sprintf("P%d", i); w.has[person][n] {
			list = append(list, fixture.Account(fmt.Sprintf("%s-S%d", person, n), "key="+person))
		}
	}
	return list
}

// delete deletes a profile; what happens must be what the plan said.
func (w *world) delete(name string) string {
	ctx := w.t.Context()
	before := everybody(ctx, w)
	plan, err := w.PlanDelete(ctx, name)
	w.apply(w.t, plan, err)
	after := everybody(ctx, w)
	w.moved, w.deleted = w.moved+len(plan.Reassigned), w.deleted+len(plan.Deleted)
	want := map[string]string{}
	for id, p := range before {
		want[id] = p
	}
	for _, r := range plan.Reassigned {
		if want[r.Identity.ID] != r.From {
			w.t.Errorf("plan: %s is in %q, not in %q", r.Identity.Name, want[r.Identity.ID], r.From)
		}
		want[r.Identity.ID] = r.To
	}
	for _, d := range plan.Deleted {
		delete(want, d.ID)
	}
	if diff := cmp.Diff(want, after); diff != "" {
		w.t.Errorf("plan and outcome: mismatch (-plan +outcome)\n%s", diff)
	}
	loose := w.loose(w.t)
	for _, key := range plan.Uncorrelated {
		if !slices.Contains(loose, key.String()) {
			w.t.Errorf("%s should be uncorrelated, as planned", key)
		}
	}
	return "delete " + name
}

// everybody returns the profile of each identity by id.
func everybody(ctx context.Context, w *world) map[string]string {
	m := map[string]string{}
	for i, err := range w.Store().All(ctx) {
		if err != nil {
			w.t.Fatal(err)
		}
		m[i.ID] = i.Profile
	}
	return m
}

// check compares each identity with what the accounts and priorities say.
func (w *world) check(after string) {
	b := w.Bundle()
	for i, err := range w.Store().All(w.t.Context()) {
		if err != nil {
			w.t.Fatal(err)
		}
		want := i.Profile // without an authoritative account it keeps the last one
		for _, p := range slices.Backward(b.Profiles) {
			if slices.ContainsFunc(i.Accounts, func(a identity.Account) bool { return a.Source == p.Source.Name }) {
				want = p.Name
			}
		}
		if i.Profile != want {
			w.t.Errorf("after %s: %s is in %q, expected %q", after, i.Alias, i.Profile, want)
		}
		if len(i.Accounts) == 0 {
			continue
		}
		person := i.Accounts[0].Attributes.Get("key").Text()
		if id, known := w.ids[person]; known && id != i.ID {
			if _, err := w.Store().Get(w.t.Context(), id); err == nil {
				w.t.Errorf("after %s: %s has another id than before", after, person)
			}
		}
		w.ids[person] = i.ID
	}
}

// Whatever is done in whatever order, each identity is in the profile with the
// highest priority that it qualifies for, and keeps its id; a deletion does what
// its plan says.
func TestMembershipProperty(t *testing.T) {
	moved, deleted := 0, 0
	for seed := range uint64(15) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			w := newWorld(t, seed)
			for range 25 {
				w.check(w.step())
			}
			moved, deleted = moved+w.moved, deleted+w.deleted
		})
	}
	if moved < 20 || deleted < 5 {
		t.Errorf("the test hardly tests: %d moves and %d deletions", moved, deleted)
	}
}
