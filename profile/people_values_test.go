package profile_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/store"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/transform"
)

// linkOf is an account with the number of its owner and how that was found.
type linkOf struct {
	Account identity.Account
	Owner   int32
	By      correlate.Method
}

func linksOf(l *correlate.Links) (list []linkOf) {
	for i := range l.Accounts {
		list = append(list, linkOf{l.Accounts[i], l.Identity[i], l.Method[i]})
	}
	return sortedLinks(list)
}

func sortedLinks(list []linkOf) []linkOf {
	slices.SortFunc(list, func(a, b linkOf) int {
		return strings.Compare(a.Account.NativeIdentity, b.Account.NativeIdentity)
	})
	return list
}

// readAsResults compares what is read of people without their results with the results; it returns how many
// values were settled after the mappings: managers, and uids that were lost.
func readAsResults(t *testing.T, p *profile.People, left []identity.Account, sources []identity.Source) (
	managers, lost int) {
	t.Helper()
	names, values := map[string]bool{"nix": true, "manager": true, "uid": true}, map[string]bool{}
	links := map[string][]linkOf{}
	for i, r := range p.All() {
		x := r.Identity
		for _, name := range x.Attributes.Schema().Names() {
			names[name] = true
		}
		for name := range x.Attributes.All() {
			values[name] = true
		}
		for k, a := range x.Accounts {
			links[a.Source] = append(links[a.Source], linkOf{a, int32(i), r.Links[k].Method})
		}
		if id := p.ID(i); id != x.ID {
			t.Errorf("id %s, want %s", id, x.ID)
		}
		if want := !r.Orphaned && x.Profile != "" || x.Protected; p.Found(i) != want {
			t.Errorf("%s is found: %v, want %v", x.ID, p.Found(i), want)
		}
		if r.Manager.Name != "" {
			managers++
		}
		for _, e := range r.Exceptions {
			if e.Code == profile.DuplicateUID {
				lost++
			}
		}
	}

	for name := range names {
		read := p.Column(name)
		for i, r := range p.All() {
			got, want := read(int32(i)), r.Identity.Attributes.Get(name)
			if got.Kind() != want.Kind() || got.Text() != want.Text() {
				t.Errorf("%s of %s is %q, want %q", name, r.Identity.ID, got.Text(), want.Text())
			}
		}
	}
	alias := p.Column(correlate.Alias)
	for i, r := range p.All() {
		if got := alias(int32(i)).Text(); got != r.Identity.Alias {
			t.Errorf("alias of %s is %q, want %q", r.Identity.ID, got, r.Identity.Alias)
		}
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(values)), p.Attributes()); diff != "" {
		t.Errorf("attributes (-results +people):\n%s", diff)
	}

	for _, a := range left {
		links[a.Source] = append(links[a.Source], linkOf{a, -1, correlate.Uncorrelated})
	}
	same := cmp.Comparer(func(a, b identity.Account) bool { return jsonOf(t, a) == jsonOf(t, b) })
	for _, s := range sources {
		if diff := cmp.Diff(sortedLinks(links[s.Name()]), linksOf(p.Links(s.Name())), same); diff != "" {
			t.Errorf("accounts of %s (-results +people):\n%s", s.Name(), diff)
		}
	}
	return managers, lost
}

// What is read of people without their results is what the results say, also where something was stored.
func TestPeopleReadAsResults(t *testing.T) {
	managers, lost, left := 0, 0, 0
	for seed := range uint64(100) {
		m := newMutant(seed)
		m.variant[0]++ // maps managers
		e, _ := m.tenant().Engine(t, profile.Options{SnapshotOrder: m.snapshot})
		names := []string{"HR", "VMS", "AD"}
		st := store.NewMemory()
		for range 2 {
			var sources []identity.Source
			for _, name := range names {
				sources = append(sources, m.source(name))
			}
			var unlinked []identity.Account
			o := profile.RunOptions{
				Now: m.now, Seed: m.seed, Workers: 2, Stored: st, Rules: map[string]transform.Rule{"Custom": custom},
				Linking: profile.Linking{Recompute: m.IntN(4) == 0, Recorrelate: m.IntN(4) == 0},
			}
			o.OnUncorrelated = func(a identity.Account, _ profile.Unlinked) { unlinked = append(unlinked, a) }
			p, err := e.People(t.Context(), o, sources...)
			if err != nil {
				t.Fatal(err)
			}
			a, b := readAsResults(t, p, unlinked, sources)
			managers, lost, left = managers+a, lost+b, left+len(unlinked)
			if t.Failed() {
				t.Fatalf("seed %d", seed)
			}

			m.run(t, e, st, names, false, false)
			m.variant[m.IntN(len(m.variant))]++
			e, _ = m.tenant().Engine(t, profile.Options{SnapshotOrder: m.snapshot})
		}
	}
	if managers == 0 || lost == 0 || left == 0 {
		t.Errorf("%d managers, %d lost uids, %d accounts without identity", managers, lost, left)
	}
}
