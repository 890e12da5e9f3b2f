package correlate_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/identity"
)

// TestIndexValue: an index that covers a correlator keeps what its predicates
// read, as it was put last.
func TestIndexValue(t *testing.T) {
	c := correlate.New(parse(t, `{"rules": [{"id": "r", "conditions": [{"identity": "n", "account": "x"}],
		"predicate": "account.sn == identity.lastname and identity.name != \"root\""}]}`), correlate.Options{})
	if !c.ReadsValues() || correlate.New(nil, correlate.Options{}).ReadsValues() {
		t.Error("only the correlator with a predicate reads values")
	}
	if diff := cmp.Diff([]string{"n", "lastname", "alias"}, c.Keys()); diff != "" {
		t.Errorf("keys: mismatch (-want +got):\n%s", diff)
	}
	x := correlate.NewIndex()
	x.Cover(c)
	put := func(n int32, attribute, text string) {
		x.Put(n, slices.Index(x.Keys(), attribute), identity.StringValue(text))
	}
	a := &identity.Account{Name: "q", Attributes: attributes(map[string]string{"x": "1", "sn": "Lee"})}
	for n, name := range []string{"Lee", "Ray"} {
		put(int32(n), "n", "1")
		put(int32(n), "lastname", name)
		put(int32(n), "alias", name)
	}
	if m := c.Match(x, a, x.Value); m.Identity != 0 {
		t.Errorf("identity %d, want 0", m.Identity)
	}
	put(0, "lastname", "Ray")
	put(1, "lastname", "Lee")
	if m := c.Match(x, a, x.Value); m.Identity != 1 {
		t.Errorf("identity %d after a change, want 1", m.Identity)
	}
	if v := x.Value(1, "name"); v.Text() != "Ray" {
		t.Errorf("name %q, want the alias", v.Text())
	}
	for _, v := range []identity.Value{x.Value(7, "lastname"), x.Value(0, "nix")} {
		if !v.IsNull() {
			t.Errorf("%q, want null", v.Text())
		}
	}
	if changed, ok := c.With("r", "trim"); !ok || !cmp.Equal(c.Keys(), changed.Keys()) {
		t.Errorf("keys %v with another normaliser", changed.Keys())
	}
}

// TestPairFallback: a pair that the default match finds by the uid is shown with
// the uid, unless somebody has the alias.
func TestPairFallback(t *testing.T) {
	people := []identity.Identity{
		{Alias: "1001", Attributes: attributes(map[string]string{"uid": "ann"})},
		{Alias: "bob", Attributes: attributes(map[string]string{"uid": "b"})},
		{Alias: "1003", Attributes: attributes(map[string]string{"uid": "bob"})},
	}
	p := correlate.PopulationOf(people)
	c := correlate.New(nil, correlate.Options{})
	x := correlate.IndexOf(p, c)
	for _, tc := range []struct {
		account   string
		identity  int32
		criterion string
		value     string
		equal     bool
	}{
		{account: "ANN", identity: 0, criterion: "uid = account name", value: "ann", equal: true},
		{account: "bob", identity: 1, criterion: "alias = account name", value: "bob", equal: true},
		{account: "bob", identity: 2, criterion: "alias = account name", value: "1003"},
		{account: "cy", identity: 0, criterion: "alias = account name", value: "1001"},
	} {
		got := c.ExplainPair(x, &identity.Account{Name: tc.account, NativeIdentity: "-"}, tc.identity, correlate.Values(p))[0]
		if got.Criterion != tc.criterion || got.Identity[0] != tc.value || got.Equal != tc.equal {
			t.Errorf("%s and %d: %s, %q, %v; want %s, %q, %v", tc.account, tc.identity, got.Criterion, got.Identity[0], got.Equal, tc.criterion, tc.value, tc.equal)
		}
	}
}
