package correlate

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/idprofile/engine/identity"
)

// What is joined by key elsewhere gives what one index gives, also where a value is
// shared by more identities than are handed over.
func TestGivenIsTheIndex(t *testing.T) {
	c := New(&Config{
		Rules: []RuleConfig{
			{ID: "number", MaxShared: 20, Conditions: []ConditionConfig{{Account: SideConfig{Attribute: "number"}, Identity: SideConfig{Attribute: "number"}}}},
			{ID: "both", Predicate: `identity.site == account.site`, Conditions: []ConditionConfig{{Account: SideConfig{Attribute: "mail"}, Identity: SideConfig{Attribute: "email"}}}},
		},
		Assignments: []Assignment{{Property: "site", Value: "site"}, {Property: "uid", Value: "login"}},
	}, Options{})
	short, ambiguous, matched := 0, 0, 0
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 3))
		of := func(prefix string, n int) identity.Value { return identity.StringValue(fmt.Sprint(prefix, r.IntN(n))) }

		x := NewIndex(c.Keys()...)
		x.Cover(c)
		x.UIDOrder = func(a, b int32) bool { return a%7 < b%7 || a%7 == b%7 && a < b }
		layout := NewIndex(c.Keys()...)
		layout.Cover(c)
		byKey := map[Key][]int32{}
		for n := range int32(60) {
			values := map[string]identity.Value{"number": of("n", 3), "email": of("m", 1+r.IntN(60)), "site": of("s", 5), Alias: of("a", 50), UID: of("u", 20)}
			for key, name := range x.Keys() {
				x.Put(n, key, values[name])
			}
			for _, k := range x.IdentityKeys(n) {
				byKey[k] = append(byKey[k], n)
			}
		}

		for range 20 {
			a := identity.Account{NativeIdentity: of("a", 50).Text(), Attributes: identity.NewAttributes(map[string]identity.Value{
				"number": of("n", 4), "mail": identity.ListValue(of("m", 1+r.IntN(60)), of("m", 60)), "site": of("s", 5), "login": of("u", 25)})}
			keys := c.AccountKeys(layout, &a)
			var g Given
			g.Value = x.Value
			g.Find = func(k Key) ([]int32, int) {
				if !slices.Contains(keys, k) {
					t.Fatalf("looks up %v, which is not among its keys %v", k, keys)
				}
				return byKey[k][:min(len(byKey[k]), maxNoted)], len(byKey[k])
			}
			given := layout.Given(&g)
			given.UIDOrder = x.UIDOrder
			if layout.OfUID(0) == layout.OfUID(1) {
				t.Fatal("one of the first columns is that of uids")
			}
			for k, list := range byKey { // of a uid only the holder is handed over
				if layout.OfUID(k.Column) {
					byKey[k] = []int32{slices.MinFunc(list, func(a, b int32) int {
						if x.UIDOrder(a, b) {
							return -1
						}
						return 1
					})}
				}
			}
			want, got := c.Match(x, &a, x.Value), c.Match(given, &a, given.Value)
			if g.Short {
				short++
				continue
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("seed %d: mismatch (-index +given):\n%s", seed, diff)
			}
			ambiguous += len(got.Ambiguous)
			if got.Identity >= 0 {
				matched++
			}
		}
	}
	if short == 0 || ambiguous < 1000 || matched < 300 {
		t.Errorf("%d short, %d ambiguous, %d matched: the accounts show too little", short, ambiguous, matched)
	}
}
