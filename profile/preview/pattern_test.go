package preview

import (
	"slices"
	"testing"

	"github.com/idprofile/engine/identity"
)

func TestPatternOf(t *testing.T) {
	s, list := identity.StringValue, identity.StringsValue
	for _, tc := range []struct {
		before, after identity.Value
		want          string
	}{
		{s("ann@a.example"), s("ann@b.example"), "mail domain: a.example → b.example"},
		{s("Ann@a.example"), s("ann@b.example"), "mail domain: a.example → b.example"},
		{s("ann@a.example"), s("bob@a.example"), "mail name, same domain"},
		{s("Ann"), s("ANN"), "letter case"},
		{s("a b"), s(" ab"), "spaces"},
		{s("O'Neil"), s("oneil"), "punctuation"},
		{s("+49 151 123"), s("0049151123"), "another value"},
		{s("tel 0151 123"), s("0151-123 x"), "same digits, another form"},
		{s("42"), s("0042"), `text in front: (none) → "00"`},
		{s("Ann (ext)"), s("Ann"), `text at the end: " (ext)" → (none)`},
		{s("Ann"), s("Ann with a very long explanation"), "text at the end: (none) → longer text"},
		{s(""), s("x"), "empty text: empty → text"},
		{s("Sales"), s("Legal"), "another value"},
		{list("a", "b"), list("a"), "items: more → fewer"},
		{list("a"), s("a"), "same items, another order or number"},
		{list("a", "b"), list("b", "c"), "other items"},
	} {
		p := patternOf(tc.before, tc.after)
		if got := p.String(); got != tc.want {
			t.Errorf("%s, %s: got %q, want %q", tc.before, tc.after, got, tc.want)
		}
		back := patternOf(tc.after, tc.before)
		if back.Name != p.Name || back.Before != p.After || back.After != p.Before {
			t.Errorf("%s, %s: %q is no mirror image of %q", tc.before, tc.after, back, p)
		}
	}
}

func TestKinds(t *testing.T) {
	for _, k := range kinds {
		if k.Title() == "" || k.Mirror().Mirror() != k || !slices.Contains(kinds, k.Mirror()) {
			t.Errorf("%s: title %q, mirror %s", k, k.Title(), k.Mirror())
		}
	}
	if len(kinds) != len(titles) {
		t.Errorf("%d kinds, %d titles", len(kinds), len(titles))
	}
}

func TestMaskConsistent(t *testing.T) {
	m := &masker{numbers: map[string]int{}}
	a, b := m.value(identity.StringValue("ann@x.example")).Text(), m.value(identity.StringsValue("bob@x.example", "", "ann")).Text()
	if a != "‹1›@‹2›" || b != "[‹3›@‹2›, , ‹1›]" {
		t.Errorf("got %s and %s", a, b)
	}
}

func FuzzPattern(f *testing.F) {
	f.Add("ann@a", "ann@b")
	f.Add("", "x y")
	f.Fuzz(func(t *testing.T, before, after string) {
		p, back := patternOf(identity.StringValue(before), identity.StringValue(after)), patternOf(identity.StringValue(after), identity.StringValue(before))
		if back.Name != p.Name || back.Before != p.After || back.After != p.Before {
			t.Errorf("%q, %q: %q is no mirror image of %q", before, after, back, p)
		}
	})
}
