package store

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/identity"
)

// randomValue is any value that an attribute may have.
func randomValue(r *rand.Rand, depth int) identity.Value {
	switch r.IntN(10) {
	case 0:
		return identity.Value{}
	case 1:
		return identity.IntValue(int64(r.Uint64()))
	case 2:
		return identity.BoolValue(r.IntN(2) == 0)
	case 3:
		if depth < 3 {
			items := make([]identity.Value, r.IntN(4))
			for n := range items {
				items[n] = randomValue(r, depth+1)
			}
			return identity.ListValue(items...)
		}
		return identity.StringValue("")
	case 4:
		return identity.StringValue(strings.Repeat("é", 115+r.IntN(10))) // about where lengths change their form
	case 5:
		return identity.StringValue(strings.Repeat("x", r.IntN(1000)))
	case 6:
		return identity.StringValue(fmt.Sprint("unique ", r.Uint64()))
	}
	return identity.StringValue(fmt.Sprint("shared ", r.IntN(400)))
}

// randomPeople have all that a file packs, in rows of few schemas.
func randomPeople(r *rand.Rand, count int) []*identity.Identity {
	names := []string{"a", "b", "c", "d", "e", "f"}
	schemas := []*identity.Schema{identity.NewSchema(names...), identity.NewSchema(names[:2]...), identity.NewSchema()}
	attributes := func() identity.Attributes {
		s := schemas[r.IntN(len(schemas))]
		if r.IntN(5) == 0 {
			return identity.FromRow(s, "")
		}
		values := make([]identity.Value, s.Len())
		for n := range values {
			values[n] = randomValue(r, 0)
		}
		return identity.Pack(s, values)
	}

	var list []*identity.Identity
	for n := range count {
		p := person(fmt.Sprintf("%06d", n), "x")
		p.Attributes, p.Accounts = attributes(), nil
		for k := range r.IntN(4) {
			a := identity.Account{Source: fmt.Sprint("S", k), NativeIdentity: p.ID, Attributes: attributes()}
			for range r.IntN(3) {
				a.Entitlements = append(a.Entitlements, fmt.Sprint("group ", r.IntN(5)))
			}
			p.Accounts = append(p.Accounts, a)
		}
		list = append(list, p)
	}
	return list
}

// packedOf is everything of an identity that a file packs.
func packedOf(i *identity.Identity) []string {
	attributes := func(a identity.Attributes) string { return fmt.Sprintf("%q %q", a.Schema().Names(), a.Row()) }
	out := []string{i.ID, attributes(i.Attributes), attributes(i.RunState)}
	for n := range i.Accounts {
		a := &i.Accounts[n]
		out = append(out, fmt.Sprintf("%s %q", a.Key(), a.Entitlements), attributes(a.Attributes))
	}
	return out
}

// Rows come back byte for byte, also from memory that is used again, and what may be kept of
// an identity stays as it was.
func TestPackedLikeRows(t *testing.T) {
	for seed := range uint64(10) {
		want, l := randomPeople(rand.New(rand.NewPCG(seed, 3)), 300), newLists()
		var bodies []string
		for _, p := range want {
			bodies = append(bodies, string(l.appendPerson(nil, p)))
		}
		if len(l.shared.list) < 130 {
			t.Fatalf("%d texts are shared", len(l.shared.list))
		}

		d := decoder{lists: l.fixed(), chunk: 1000, again: true}
		var again identity.Identity
		var kept []identity.Identity
		var accounts []identity.Account
		for n, body := range bodies {
			again.Accounts = accounts
			if err := d.person(body, &again); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(packedOf(want[n]), packedOf(&again)); diff != "" {
				t.Fatalf("seed %d, identity %d: mismatch (-want +got):\n%s", seed, n, diff)
			}
			if cap(again.Accounts) > cap(accounts) {
				accounts = again.Accounts
			}
			light := again
			light.Accounts = nil
			kept = append(kept, light)
		}
		for n := range kept {
			light := *want[n]
			light.Accounts = nil
			if diff := cmp.Diff(packedOf(&light), packedOf(&kept[n])); diff != "" {
				t.Fatalf("seed %d, identity %d was kept: mismatch (-want +got):\n%s", seed, n, diff)
			}
		}
	}
}

// A batch that is handed over one by one, in any order, is the same as one that is applied; and
// one that is not committed leaves the store, and its file, as they were.
func TestTransactionLikeApply(t *testing.T) {
	committed := 0
	for seed := range uint64(6) {
		r := rand.New(rand.NewPCG(seed, 4))
		people, want := randomPeople(r, 500), NewMemory()
		path := filepath.Join(t.TempDir(), "s")
		f, err := OpenFile(path)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })

		for step := range 8 {
			var put []*identity.Identity
			stealing := r.IntN(2) == 0
			for range r.IntN(400) {
				p := people[r.IntN(len(people))].Clone()
				if stealing && r.IntN(40) == 0 && len(p.Accounts) > 0 {
					p.Accounts[0].NativeIdentity = fmt.Sprintf("%06d", r.IntN(len(people))) // mostly somebody else's
				}
				put = append(put, p)
			}
			lost := identity.Account{Source: "S1", NativeIdentity: fmt.Sprintf("%06d", r.IntN(2*len(people)))}
			rest := identity.Batch{Delete: []string{people[r.IntN(len(people))].ID}, Uncorrelated: []identity.Account{lost}}
			b := rest
			b.Put = put
			failed := want.Apply(t.Context(), b)

			size := max(f.log.Size(), 8) // a magic alone is nothing
			tx, err := f.Begin(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range put {
				if err := tx.Put(p, r.IntN(3) == 0); err != nil {
					t.Fatal(err)
				}
				p.Alias, p.Accounts = "changed since", nil
			}
			switch {
			case step%3 == 2 && failed != nil:
				tx.Rollback()
			default:
				if err := tx.Commit(t.Context(), rest); (err == nil) != (failed == nil) {
					t.Fatalf("seed %d, step %d: memory %v, file %v", seed, step, failed, err)
				}
			}
			tx.Rollback() // nothing happens
			if failed != nil && max(f.log.Size(), 8) != size {
				t.Errorf("seed %d, step %d: the file has %d bytes, had %d", seed, step, f.log.Size(), size)
			}
			if tx.Put(people[0], false) == nil || tx.Commit(t.Context(), rest) == nil {
				t.Error("a batch that has ended was changed")
			}

			committed += btoi(failed == nil)
			compareStores(t, want, f)
			if r.IntN(2) == 0 {
				f = reopen(t, f)
				compareStores(t, want, f)
			}
		}
	}
	if committed < 10 || committed == 48 {
		t.Errorf("%d of 48 batches were committed", committed)
	}
}

func compareStores(t *testing.T, want, got identity.Store) {
	t.Helper()
	dump := func(s identity.Store) (out []string) {
		for i, err := range identity.View(t.Context(), s) {
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, i.Alias)
			out = append(out, packedOf(i)...)
		}
		for a, err := range s.Uncorrelated(t.Context(), "") {
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, a.Key().String())
		}
		return out
	}
	if diff := cmp.Diff(dump(want), dump(got)); diff != "" {
		t.Fatalf("mismatch (-memory +file):\n%s", diff)
	}
}
