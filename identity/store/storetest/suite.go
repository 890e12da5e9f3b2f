package storetest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/identity"
)

// Run tests stores. Each test gets an empty one from open, which registers what
// has to be closed with t.Cleanup.
func Run(t *testing.T, open func(t *testing.T) identity.Store) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, identity.Store)
	}{
		{"empty", testEmpty},
		{"round trip", testRoundTrip},
		{"replace and delete", testReplace},
		{"order", testOrder},
		{"find", testFind},
		{"find after changes", testFindChanges},
		{"uncorrelated", testUncorrelated},
		{"move", testMove},
		{"conflicts", testConflicts},
		{"copies", testCopies},
		{"change while iterating", testIterate},
		{"break and cancel", testCancel},
		{"concurrent", testConcurrent},
		{"decisions", testDecisions},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, open(t)) })
	}
}

// Account returns a small account for tests.
func Account(source, id string, attributes ...string) identity.Account {
	return identity.Account{Source: source, NativeIdentity: id, Attributes: attrs(attributes...)}
}

// Person returns a small identity for tests; attributes are names and texts.
func Person(id string, accounts []identity.Account, attributes ...string) *identity.Identity {
	return &identity.Identity{ID: id, Attributes: attrs(attributes...), Accounts: accounts}
}

func attrs(pairs ...string) identity.Attributes {
	m := map[string]identity.Value{}
	for i := 0; i+1 < len(pairs); i += 2 {
		m[pairs[i]] = identity.StringValue(pairs[i+1])
	}
	return identity.NewAttributes(m)
}

func apply(t *testing.T, s identity.Store, b identity.Batch) {
	t.Helper()
	if err := s.Apply(t.Context(), b); err != nil {
		t.Fatalf("apply: %v", err)
	}
}

// Text is everything an identity holds, in a form that compares.
func Text(v any) string {
	out, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		return err.Error()
	}
	return string(out)
}

func equal(t *testing.T, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(Text(want), Text(got)); diff != "" {
		t.Errorf("%s: mismatch (-want +got):\n%s", what, diff)
	}
}

func ids(t *testing.T, seq iter.Seq2[*identity.Identity, error]) []string {
	t.Helper()
	list := []string{}
	for i, err := range seq {
		if err != nil {
			t.Fatalf("iterating: %v", err)
		}
		list = append(list, i.ID)
	}

	return list
}

func loose(t *testing.T, s identity.Store, source string) []string {
	t.Helper()
	list := []string{}
	for a, err := range s.Uncorrelated(t.Context(), source) {
		if err != nil {
			t.Fatalf("uncorrelated: %v", err)
		}
		list = append(list, a.Key().String())
	}

	return list
}

func owner(t *testing.T, s identity.Store, source, id string) string {
	t.Helper()
	i, err := s.ByAccount(t.Context(), identity.AccountKey{Source: source, NativeIdentity: id})
	if errors.Is(err, identity.ErrNotFound) {
		return "nobody"
	}
	if err != nil {
		t.Fatalf("by account: %v", err)
	}
	return i.ID
}

func testEmpty(t *testing.T, s identity.Store) {
	if _, err := s.Get(t.Context(), "x"); !errors.Is(err, identity.ErrNotFound) {
		t.Errorf("get: error %v, want ErrNotFound", err)
	}
	equal(t, "owner", "nobody", owner(t, s, "HR", "1"))
	equal(t, "all", []string{}, ids(t, s.All(t.Context())))
	equal(t, "find", []string{}, ids(t, s.Find(t.Context(), "uid", "x", true)))
	equal(t, "uncorrelated", []string{}, loose(t, s, ""))
	apply(t, s, identity.Batch{Delete: []string{"x"},
		Forget: []identity.AccountKey{{Source: "HR", NativeIdentity: "1"}}})
}

// Full returns an identity in which every field is set.
func Full() *identity.Identity {
	at := time.Date(2024, 5, 31, 8, 0, 0, 123e6, time.UTC)
	account := identity.Account{
		Source: "HR", NativeIdentity: "1/é", Name: "ann", ID: "acc", UUID: "{u}", Created: at,
		Modified: at.Add(time.Hour),
		Disabled: true, Locked: true, IdentityID: "p", ManuallyCorrelated: true, Entitlements: []string{"b", "a"},
		Attributes: identity.NewAttributes(map[string]identity.Value{
			"n": identity.IntValue(-7), "b": identity.BoolValue(false), "t": identity.StringValue(""),
			"l": identity.StringsValue("x", ""),
		}),
	}

	second := Account("AD", "")
	second.NativeIdentity = "cn=ann"
	return &identity.Identity{
		ID: "p", Alias: "ann", Profile: "Employees", Attributes: attrs("uid", "ann", "z", "Ä\U0001F600"),
		Accounts: []identity.Account{account, second}, ManagerID: "m",
		Lifecycle: identity.Lifecycle{State: "active", ManuallyUpdated: true, Overridden: "inactive"},
		Protected: true, Created: at, Modified: at.Add(time.Minute), ExceptionCodes: []string{"X", "A"},
		Evaluated: at, RunState: attrs("note", "of a run", "uid", "anna"),
	}
}

func testRoundTrip(t *testing.T, s identity.Store) {
	want := Full()
	apply(t, s, identity.Batch{Put: []*identity.Identity{want}, Uncorrelated: []identity.Account{{
		Source: "HR", NativeIdentity: "2", Locked: true, Entitlements: []string{"e"}, Attributes: attrs("a", "b")}}})
	got, err := s.Get(t.Context(), "p")
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "get", want, got)
	got, err = s.ByAccount(t.Context(), identity.AccountKey{Source: "AD", NativeIdentity: "cn=ann"})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "by account", want, got)
	for got, err := range s.All(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "all", want, got)
	}

	for got, err := range s.Uncorrelated(t.Context(), "HR") {
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "uncorrelated", identity.Account{
			Source: "HR", NativeIdentity: "2", Locked: true, Entitlements: []string{"e"}, Attributes: attrs("a", "b")},
			got)
	}
}

func testReplace(t *testing.T, s identity.Store) {
	apply(t, s, identity.Batch{Put: []*identity.Identity{
		Person("p", []identity.Account{Account("HR", "1"), Account("HR", "2")}, "uid", "old"), Person("q", nil)}})
	apply(t, s, identity.Batch{Put: []*identity.Identity{
		Person("p", nil, "uid", "between"), Person("p", []identity.Account{Account("HR", "2")}, "uid", "new")}})
	equal(t, "owner of a dropped account", "nobody", owner(t, s, "HR", "1"))
	equal(t, "owner of a kept account", "p", owner(t, s, "HR", "2"))
	apply(t, s, identity.Batch{Delete: []string{"p", "q", "never"},
		Put: []*identity.Identity{Person("q", nil, "uid", "again")}})
	equal(t, "all", []string{"q"}, ids(t, s.All(t.Context())))
	equal(t, "owner after deletion", "nobody", owner(t, s, "HR", "2"))
	equal(t, "deleted and put", []string{"q"}, ids(t, s.Find(t.Context(), "uid", "again", false)))
}

func testOrder(t *testing.T, s identity.Store) {
	for _, id := range []string{"b", "B", "a", "é", "10", "9", "\uffff", "\U0001F600"} {
		apply(t, s, identity.Batch{Put: []*identity.Identity{Person(id, nil, "k", "v")}})
	}
	want := []string{"10", "9", "B", "a", "b", "é", "\uffff", "\U0001F600"} // by bytes
	equal(t, "all", want, ids(t, s.All(t.Context())))
	equal(t, "find", want, ids(t, s.Find(t.Context(), "k", "v", false)))
}

func testFind(t *testing.T, s identity.Store) {
	many := Person("m", nil)

	// Values of every kind are found by their text; of a list each item is, and null by nothing.
	many.Attributes = identity.NewAttributes(map[string]identity.Value{
		"uid": identity.ListValue(identity.StringValue("Ann"), identity.Value{}, identity.IntValue(7)),
		"n":   identity.IntValue(7), "b": identity.BoolValue(true), "e": identity.StringValue("")})
	apply(t, s, identity.Batch{Put: []*identity.Identity{Person("p", nil, "uid", "ann"),
		Person("q", nil, "uid", "STRASSE ÄÖÜ"), many}})
	for _, tc := range []struct {
		attribute, value string
		fold             bool
		want             []string
	}{
		{attribute: "uid", value: "ann", fold: false, want: []string{"p"}},
		{attribute: "uid", value: "Ann", fold: false, want: []string{"m"}},
		{attribute: "uid", value: "ANN", fold: true, want: []string{"m", "p"}},
		{attribute: "uid", value: "strasse äöü", fold: true, want: []string{"q"}},
		{attribute: "uid", value: "straße äöü", fold: true, want: []string{}},
		{attribute: "uid", value: "7", fold: false, want: []string{"m"}},
		{attribute: "uid", value: "", fold: false, want: []string{}},
		{attribute: "uid", value: "[Ann, null, 7]", fold: false, want: []string{}},
		{attribute: "n", value: "7", fold: true, want: []string{"m"}},
		{attribute: "b", value: "TRUE", fold: true, want: []string{"m"}},
		{attribute: "e", value: "", fold: false, want: []string{"m"}},
		{attribute: "UID", value: "ann", fold: true, want: []string{}},
		{attribute: "id", value: "p", fold: false, want: []string{}},
	} {
		equal(t, fmt.Sprintf("%s %q fold %v", tc.attribute, tc.value, tc.fold), tc.want,
			ids(t, s.Find(t.Context(), tc.attribute, tc.value, tc.fold)))
	}
}

func testFindChanges(t *testing.T, s identity.Store) {
	find := func(value string) []string { return ids(t, s.Find(t.Context(), "uid", value, true)) }
	apply(t, s, identity.Batch{Put: []*identity.Identity{Person("p", nil, "uid", "a")}})
	equal(t, "first", []string{"p"}, find("A"))
	for round := range 40 {
		apply(t, s, identity.Batch{Put: []*identity.Identity{
			Person("p", nil, "uid", fmt.Sprint("b", round%3)), Person("q", nil, "uid", fmt.Sprint("b", (round+1)%3))}})
		equal(t, "old value", []string{}, find("a"))
		equal(t, "p", []string{"p"}, find(fmt.Sprint("B", round%3)))
		equal(t, "q", []string{"q"}, find(fmt.Sprint("B", (round+1)%3)))
	}

	apply(t, s, identity.Batch{Delete: []string{"p", "q"}})
	for round := range 3 {
		equal(t, "deleted", []string{}, find(fmt.Sprint("b", round)))
	}
}

func testUncorrelated(t *testing.T, s identity.Store) {
	apply(t, s, identity.Batch{Uncorrelated: []identity.Account{
		Account("HR", "2"), Account("AD", "9"), Account("HR", "10"), Account("HR", "2", "x", "last")}})
	equal(t, "one source", []string{"HR/10", "HR/2"}, loose(t, s, "HR"))
	equal(t, "every source", []string{"AD/9", "HR/10", "HR/2"}, loose(t, s, ""))
	equal(t, "other case", []string{}, loose(t, s, "hr"))
	for a, err := range s.Uncorrelated(t.Context(), "HR") {
		if err == nil && a.NativeIdentity == "2" && a.Attributes.Get("x").Text() != "last" {
			t.Error("of two accounts with one id in a batch the last one counts")
		}
	}

	equal(t, "owner", "nobody", owner(t, s, "HR", "2"))
	apply(t, s, identity.Batch{Put: []*identity.Identity{Person("p", []identity.Account{Account("HR", "2")})}})
	equal(t, "linked", []string{"AD/9", "HR/10"}, loose(t, s, ""))
	apply(t, s, identity.Batch{Forget: []identity.AccountKey{{Source: "HR", NativeIdentity: "10"},
		{Source: "HR", NativeIdentity: "2"}}})
	equal(t, "forgotten", []string{"AD/9"}, loose(t, s, ""))
	apply(t, s, identity.Batch{Delete: []string{"p"}, Uncorrelated: []identity.Account{Account("HR", "2")},
		Forget: []identity.AccountKey{{Source: "HR", NativeIdentity: "2"}}})
	equal(t, "uncorrelated again, which outweighs forgetting", []string{"AD/9", "HR/2"}, loose(t, s, ""))
}

func testMove(t *testing.T, s identity.Store) {
	a := Account("HR", "1")
	apply(t, s, identity.Batch{Put: []*identity.Identity{Person("p", []identity.Account{a}), Person("q", nil)}})
	apply(t, s, identity.Batch{Put: []*identity.Identity{Person("q", []identity.Account{a}), Person("p", nil)}})
	equal(t, "moved", "q", owner(t, s, "HR", "1"))
	apply(t, s, identity.Batch{Put: []*identity.Identity{Person("p", []identity.Account{a})}, Delete: []string{"q"}})
	equal(t, "inherited", "p", owner(t, s, "HR", "1"))
	apply(t, s, identity.Batch{Put: []*identity.Identity{Person("p", nil)}, Uncorrelated: []identity.Account{a}})
	equal(t, "released", "nobody", owner(t, s, "HR", "1"))
	equal(t, "uncorrelated", []string{"HR/1"}, loose(t, s, "HR"))
}

func testConflicts(t *testing.T, s identity.Store) {
	a := Account("HR", "1")
	apply(t, s, identity.Batch{Put: []*identity.Identity{Person("p", []identity.Account{a})},
		Uncorrelated: []identity.Account{Account("HR", "2")}})
	for _, tc := range []struct {
		name  string
		batch identity.Batch
	}{
		{"account of a stored identity", identity.Batch{Put: []*identity.Identity{Person("q", []identity.Account{a})}}},
		{"account of two identities of the batch", identity.Batch{Put: []*identity.Identity{
			Person("q", []identity.Account{Account("AD", "1")}), Person("r", []identity.Account{Account("AD", "1")})}}},
		{"account twice in an identity", identity.Batch{Put: []*identity.Identity{
			Person("q", []identity.Account{Account("AD", "1"), Account("AD", "1")})}}},
		{"uncorrelated account of a stored identity", identity.Batch{Uncorrelated: []identity.Account{a}}},
		{"uncorrelated account of an identity of the batch", identity.Batch{
			Put: []*identity.Identity{Person("q",
				[]identity.Account{Account("AD", "1")})}, Uncorrelated: []identity.Account{Account("AD", "1")}}},
		{"identity without id", identity.Batch{Put: []*identity.Identity{Person("", nil)}}},
		{"account without id", identity.Batch{Put: []*identity.Identity{Person("q",
			[]identity.Account{Account("HR", "")})}}},
		{"uncorrelated account without id", identity.Batch{Uncorrelated: []identity.Account{Account("HR", "")}}},
	} {
		// Each batch also has changes that are right, before and behind the wrong one: none of them may
		// stay.
		b := tc.batch
		b.Put = append([]*identity.Identity{Person("a", nil), Person("p2", nil)}, b.Put...)
		b.Forget = append(b.Forget, identity.AccountKey{Source: "HR", NativeIdentity: "2"})
		b.Delete = append(b.Delete, "never")
		if err := s.Apply(t.Context(), b); !errors.Is(err, identity.ErrConflict) {
			t.Errorf("%s: error %v, want ErrConflict", tc.name, err)
		}
		equal(t, tc.name+": nothing is changed", []string{"p"}, ids(t, s.All(t.Context())))
		equal(t, tc.name+": nothing is forgotten", []string{"HR/2"}, loose(t, s, ""))
	}
}

func testCopies(t *testing.T, s identity.Store) {
	given := Full()
	apply(t, s, identity.Batch{Put: []*identity.Identity{given}})
	want := Text(Full())
	spoil := func(i *identity.Identity) {
		i.Alias, i.Accounts[0].NativeIdentity, i.ExceptionCodes[0] = "spoiled", "spoiled", "spoiled"
		i.Accounts[0].Entitlements[0] = "spoiled"
	}

	// A store that kept what it was given, or hands out what it keeps, would show this to the next
	// reader.
	spoil(given)
	key := identity.AccountKey{Source: "HR", NativeIdentity: "1/é"}
	for range 2 {
		got, err := s.Get(t.Context(), "p")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, Text(got)); diff != "" {
			t.Fatalf("get: mismatch (-want +got):\n%s", diff)
		}
		spoil(got)
		if got, err = s.ByAccount(t.Context(), key); err != nil {
			t.Fatal(err)
		}
		spoil(got)
		for _, seq := range []iter.Seq2[*identity.Identity, error]{s.All(t.Context()),
			s.Find(t.Context(), "uid", "ann", false)} {
			for i, err := range seq {
				if err != nil {
					t.Fatal(err)
				}
				spoil(i)
			}
		}
	}
}

func testIterate(t *testing.T, s identity.Store) {
	for n := range 20 {
		apply(t, s, identity.Batch{Put: []*identity.Identity{Person(fmt.Sprintf("p%02d", n), nil, "k", "v")}})
	}
	seen := 0
	for i, err := range s.All(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		seen++

		// Who walks over everybody may write at the same time: a walk must not lock out the writer.
		i.Alias = "seen"
		apply(t, s, identity.Batch{Put: []*identity.Identity{i}})
		for range s.Find(t.Context(), "k", "v", false) {
			break
		}
	}

	equal(t, "seen", 20, seen)
	for i, err := range s.All(t.Context()) {
		if err != nil || i.Alias != "seen" {
			t.Errorf("identity %s: alias %q, error %v", i.ID, i.Alias, err)
		}
	}
}

func testCancel(t *testing.T, s identity.Store) {
	apply(t, s, identity.Batch{Put: []*identity.Identity{Person("p", nil, "k", "v"), Person("q", nil, "k", "v")},
		Uncorrelated: []identity.Account{Account("HR", "1")}})
	for range s.All(t.Context()) {
		break
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Apply(ctx, identity.Batch{Delete: []string{"p"}}); !errors.Is(err, context.Canceled) {
		t.Errorf("apply: error %v, want context.Canceled", err)
	}
	for name, seq := range map[string]iter.Seq2[*identity.Identity, error]{"all": s.All(ctx),
		"find": s.Find(ctx, "k", "v", false)} {
		for _, err := range seq {
			if !errors.Is(err, context.Canceled) {
				t.Errorf("%s: error %v, want context.Canceled", name, err)
			}
		}
	}

	for _, err := range s.Uncorrelated(ctx, "") {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("uncorrelated: error %v, want context.Canceled", err)
		}
	}

	equal(t, "all", []string{"p", "q"}, ids(t, s.All(t.Context())))
}

func testConcurrent(t *testing.T, s identity.Store) {
	var group sync.WaitGroup
	for worker := range 4 {
		group.Go(func() {
			for n := range 25 {
				id := fmt.Sprintf("w%d-%d", worker, n)
				b := identity.Batch{Put: []*identity.Identity{Person(id, []identity.Account{Account("HR", id)}, "k",
					"v")}}
				if err := s.Apply(context.Background(), b); err != nil {
					t.Errorf("apply: %v", err)
				}
				if _, err := s.Get(context.Background(), id); err != nil {
					t.Errorf("get: %v", err)
				}
				for range s.Find(context.Background(), "k", "v", true) {
					break
				}
				for range s.All(context.Background()) {
					break
				}
			}
		})
	}

	group.Wait()
	equal(t, "identities", 100, len(ids(t, s.All(t.Context()))))
}
