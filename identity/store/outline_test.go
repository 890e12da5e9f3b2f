package store_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/store"
	"github.com/idprofile/engine/identity/store/storetest"
)

// outlineText is what an outline says, as everything says it of a store.
func outlineText(t *testing.T, o identity.Outline) string {
	t.Helper()
	people, loose := o.Len()
	var identities []*identity.Identity
	var left []identity.Account
	for n := range people {
		i, unread, err := o.Identity(n)
		if err != nil {
			t.Fatal(err)
		}
		if len(unread) != o.Accounts(n) {
			t.Fatalf("identity %d: %d texts of %d accounts", n, len(unread), o.Accounts(n))
		}
		for k, text := range unread {
			if err := o.Read(text, &i.Accounts[k]); err != nil {
				t.Fatal(err)
			}
			i.Accounts[k].Attributes = identity.FromRow(i.Accounts[k].Attributes.Schema(), strings.Clone(i.Accounts[k].Attributes.Row()))
			found := false
			o.Candidates(i.Accounts[k].Key(), func(owner, account int) { found = found || owner == n && account == k })
			if !found {
				t.Errorf("%s is no candidate", i.Accounts[k].Key())
			}
		}
		if at, found, err := o.Number(i.ID); at != n || !found || err != nil {
			t.Errorf("%s has the number %d (%t, %v), want %d", i.ID, at, found, err, n)
		}
		identities = append(identities, i)
	}
	for n := range loose {
		var a identity.Account
		if err := o.Uncorrelated(n, &a); err != nil {
			t.Fatal(err)
		}
		a.Attributes = identity.FromRow(a.Attributes.Schema(), strings.Clone(a.Attributes.Row()))
		left = append(left, a)
	}
	return storetest.Text(identities) + "\n" + storetest.Text(left) + "\n"
}

// An outline says what the store holds, whatever batches led there, with the store open all the
// time or opened for each batch, and whoever has asked for more in between.
func TestOutline(t *testing.T) {
	for seed := range uint64(25) {
		r := rand.New(rand.NewPCG(seed, 1))
		path := filepath.Join(t.TempDir(), "s")
		mirror := store.NewMemory()
		f := openFile(t, path)
		outlined := false
		for step := range 25 {
			b := overlappingBatch(r, mirror)
			note := fmt.Sprint("note ", seed, " ", step)
			if outlined = r.IntN(4) > 0; outlined {
				b.Outline = func() []byte { return []byte(note) }
			}
			ids := map[string]bool{}
			for _, i := range b.Put {
				ids[i.ID] = true
			}
			outlined = outlined && len(ids) == len(b.Put) // of a batch that puts one twice there is none
			before, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			want, got := mirror.Apply(t.Context(), b), f.Apply(t.Context(), b)
			if (want == nil) != (got == nil) {
				t.Fatalf("seed %d, step %d: error %v, want %v", seed, step, got, want)
			}
			if after, err := os.ReadFile(path); got != nil && len(before) > 0 && (err != nil || !bytes.Equal(before, after)) {
				t.Errorf("seed %d, step %d: a batch that failed has changed the file (%v)", seed, step, err)
			}
			if r.IntN(3) == 0 {
				if err := f.Close(); err != nil {
					t.Fatal(err)
				}
				f = openFile(t, path)
				if o, err := f.Outline(t.Context()); err != nil {
					t.Fatal(err)
				} else if got == nil && outlined != (o != nil && o.Note() == note) {
					t.Fatalf("seed %d, step %d: outline %t, want %t", seed, step, o != nil, outlined)
				}
			}
			if o, err := f.Outline(t.Context()); err != nil {
				t.Fatal(err)
			} else if o != nil {
				if diff := cmp.Diff(outlinedBy(t, mirror), outlineText(t, o)); diff != "" {
					t.Fatalf("seed %d, step %d: mismatch (-memory +outline):\n%s", seed, step, diff)
				}
			}
			if r.IntN(6) == 0 {
				if diff := cmp.Diff(everything(t, mirror), everything(t, f)); diff != "" {
					t.Fatalf("seed %d, step %d: mismatch (-memory +file):\n%s", seed, step, diff)
				}
			}
			if r.IntN(20) == 0 {
				if err := f.Compact(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			some := false
			for range mirror.All(t.Context()) {
				some = true
			}
			if f.Empty() == some {
				t.Errorf("seed %d, step %d: empty %t", seed, step, f.Empty())
			}
		}
		if diff := cmp.Diff(everything(t, mirror), everything(t, f)); diff != "" {
			t.Fatalf("seed %d: mismatch (-memory +file):\n%s", seed, diff)
		}
	}
}

// outlinedBy is what an outline says of a store.
func outlinedBy(t *testing.T, s identity.Store) string {
	t.Helper()
	var identities []*identity.Identity
	for i, err := range s.All(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		identities = append(identities, i)
	}
	var left []identity.Account
	for a, err := range s.Uncorrelated(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		left = append(left, a)
	}
	return storetest.Text(identities) + "\n" + storetest.Text(left) + "\n"
}

// overlappingBatch changes some of a few identities and accounts.
func overlappingBatch(r *rand.Rand, s identity.Store) (b identity.Batch) {
	free := func() []string {
		var list []string
		for a := range s.Uncorrelated(context.Background(), "") {
			list = append(list, a.NativeIdentity)
		}
		return list
	}()
	for range r.IntN(5) {
		i := storetest.Person(fmt.Sprint("id", r.IntN(12)), nil, "uid", fmt.Sprint("u", r.IntN(100)))
		if old, err := s.Get(context.Background(), i.ID); err == nil {
			i.Accounts = old.Accounts
		}
		switch {
		case r.IntN(3) == 0:
			i.Accounts = append(i.Accounts, identity.Account{Source: "AD", NativeIdentity: fmt.Sprint(r.IntN(40))})
		case len(free) > 0 && r.IntN(3) == 0:
			i.Accounts = append(i.Accounts, identity.Account{Source: "HR", NativeIdentity: free[r.IntN(len(free))]})
		case len(i.Accounts) > 0 && r.IntN(2) == 0:
			i.Accounts = append([]identity.Account(nil), i.Accounts[1:]...)
		}
		b.Put = append(b.Put, i)
	}
	for range r.IntN(2) {
		b.Delete = append(b.Delete, fmt.Sprint("id", r.IntN(12)))
	}
	for range r.IntN(3) {
		b.Uncorrelated = append(b.Uncorrelated, identity.Account{Source: "HR", NativeIdentity: fmt.Sprint(r.IntN(20)), Name: fmt.Sprint(r.IntN(9))})
	}
	if len(free) > 0 && r.IntN(3) == 0 {
		b.Forget = append(b.Forget, identity.AccountKey{Source: "HR", NativeIdentity: free[0]})
	}
	return b
}
