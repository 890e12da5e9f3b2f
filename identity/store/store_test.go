package store_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/store"
	"github.com/idprofile/engine/identity/store/storetest"
)

func TestMemory(t *testing.T) {
	storetest.Run(t, func(*testing.T) identity.Store { return store.NewMemory() })
}

func TestOverlay(t *testing.T) {
	storetest.Run(t, func(*testing.T) identity.Store { return store.NewOverlay(store.NewMemory()) })
}

func TestOverlayTwice(t *testing.T) {
	storetest.Run(t, func(*testing.T) identity.Store { return store.NewOverlay(store.NewOverlay(foreign{store.NewMemory()})) })
}

// foreign hides what this package knows about a store.
type foreign struct{ identity.Store }

// A store whose content lies below an empty overlay, or partly above it, is the
// same as one that has everything itself.
func TestOverlayLikeMemory(t *testing.T) {
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 1))
		plain, base := store.NewMemory(), store.NewMemory()
		for range 15 {
			b := randomBatch(r)
			if errA, errB := plain.Apply(t.Context(), b), base.Apply(t.Context(), b); (errA == nil) != (errB == nil) {
				t.Fatalf("seed %d: %v and %v", seed, errA, errB)
			}
		}
		before := dump(t, base)
		over := store.NewOverlay(foreign{base})
		for step := range 40 {
			b := randomBatch(r)
			errA, errB := plain.Apply(t.Context(), b), over.Apply(t.Context(), b)
			if (errA == nil) != (errB == nil) {
				t.Fatalf("seed %d, step %d: memory %v, overlay %v", seed, step, errA, errB)
			}
			if diff := cmp.Diff(dump(t, plain), dump(t, over)); diff != "" {
				t.Fatalf("seed %d, step %d: mismatch (-memory +overlay):\n%s", seed, step, diff)
			}
		}
		if diff := cmp.Diff(before, dump(t, base)); diff != "" {
			t.Fatalf("seed %d: the store below changed:\n%s", seed, diff)
		}
	}
}

func randomBatch(r *rand.Rand) identity.Batch {
	var b identity.Batch
	id := func() string { return fmt.Sprint("p", r.IntN(8)) }
	account := func() identity.Account { return storetest.Account("S", fmt.Sprint(r.IntN(12))) }
	for range r.IntN(3) {
		var accounts []identity.Account
		for range r.IntN(3) {
			accounts = append(accounts, account())
		}
		b.Put = append(b.Put, storetest.Person(id(), accounts, "uid", fmt.Sprint(r.IntN(5))))
	}
	for range r.IntN(2) {
		b.Delete = append(b.Delete, id())
		b.Uncorrelated = append(b.Uncorrelated, account())
		forget := account()
		b.Forget = append(b.Forget, forget.Key())
	}
	return b
}

// dump asks a store everything.
func dump(t *testing.T, s identity.Store) []string {
	t.Helper()
	var out []string
	note := func(i *identity.Identity, err error) {
		if err != nil {
			out = append(out, err.Error())
			return
		}
		out = append(out, fmt.Sprint(i.ID, i.Attributes.Map(), len(i.Accounts)))
	}
	for i, err := range s.All(t.Context()) {
		note(i, err)
	}
	for n := range 12 {
		note(s.ByAccount(t.Context(), identity.AccountKey{Source: "S", NativeIdentity: fmt.Sprint(n)}))
		note(s.Get(t.Context(), fmt.Sprint("p", n)))
		for i, err := range s.Find(t.Context(), "uid", fmt.Sprint(n), n%2 == 0) {
			note(i, err)
		}
	}
	for a, err := range s.Uncorrelated(t.Context(), "") {
		out = append(out, fmt.Sprint(a.Source, a.NativeIdentity, err))
	}
	return out
}

func TestChanged(t *testing.T) {
	base := store.NewMemory()
	if err := base.Apply(t.Context(), identity.Batch{Put: []*identity.Identity{storetest.Person("a", nil), storetest.Person("b", nil)}}); err != nil {
		t.Fatal(err)
	}
	o := store.NewOverlay(base)
	if err := o.Apply(t.Context(), identity.Batch{Put: []*identity.Identity{storetest.Person("c", nil)}, Delete: []string{"a"}}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"a", "c"}, o.Changed()); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
}

func ExampleMemory() {
	ctx := context.Background()
	s := store.NewMemory()
	err := s.Apply(ctx, identity.Batch{Put: []*identity.Identity{{
		ID: "1", Alias: "ann",
		Attributes: identity.NewAttributes(map[string]identity.Value{"email": identity.StringValue("Ann@Acme.example")}),
		Accounts:   []identity.Account{{Source: "HR", NativeIdentity: "1042"}},
	}}})
	fmt.Println(err)
	for i, err := range s.Find(ctx, "email", "ann@acme.example", true) {
		fmt.Println(i.Alias, err)
	}
	// Output:
	// <nil>
	// ann <nil>
}

func ExampleNewOverlay() {
	ctx := context.Background()
	s := store.NewMemory()
	fmt.Println(s.Apply(ctx, identity.Batch{Put: []*identity.Identity{{ID: "1"}}}))
	preview := store.NewOverlay(s)
	fmt.Println(preview.Apply(ctx, identity.Batch{Delete: []string{"1"}}))
	_, err := preview.Get(ctx, "1")
	fmt.Println("preview:", err)
	i, _ := s.Get(ctx, "1")
	fmt.Println("store:", i.ID)
	// Output:
	// <nil>
	// <nil>
	// preview: not found
	// store: 1
}
