package correlate

import (
	"fmt"
	"math/rand/v2"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/identity"
)

// naiveSuggest counts with maps what each pair of attributes finds.
func naiveSuggest(people []identity.Identity, properties []string, accounts []identity.Account, values []string, o SuggestOptions) []Suggestion {
	ph, e := newPlaceholders(DefaultPlaceholders()), &evaluator{}
	texts := func(v identity.Value, split bool) (out []string) {
		items := []identity.Value{v}
		if split && v.Kind() == identity.List {
			items = v.List()
		}
		t := suggestionTerm("")
		for _, item := range items {
			if text, outcome, _ := t.text(e, item, ph); outcome == compared {
				out = append(out, string([]byte(text)))
			}
		}
		return out
	}
	var list []Suggestion
	for _, property := range properties {
		owners, have, unique := map[string][]int32{}, 0, 0
		read := PopulationOf(people).Column(property)
		for n := range people {
			for _, text := range texts(read(int32(n)), false) {
				owners[text] = append(owners[text], int32(n))
				have++
			}
		}
		for _, who := range owners {
			if len(who) == 1 {
				unique++
			}
		}
		for _, value := range values {
			s := Suggestion{Property: property, Value: value, IdentityCoverage: rate(have, len(people)), Uniqueness: rate(unique, have)}
			with, one, several := 0, 0, 0
			for i := range accounts {
				found := map[int32]bool{}
				keys := texts(accounts[i].Property(value), true)
				for _, text := range keys {
					for _, n := range owners[text] {
						found[n] = true
					}
				}
				with += btoi(len(keys) > 0)
				one += btoi(len(found) == 1)
				several += btoi(len(found) > 1)
				s.found = append(s.found, -1)
				for n := range found {
					if len(found) == 1 {
						s.found[i] = n
					}
				}
			}
			s.AccountCoverage, s.MatchRate, s.AmbiguousRate = rate(with, len(accounts)), rate(one, len(accounts)), rate(several, len(accounts))
			if s.MatchRate > 0 {
				list = append(list, s)
			}
		}
	}
	rank(list, len(accounts), o)
	return list
}

// The suggester counts what maps count, for one source after the other.
func TestSuggesterAgreesWithMaps(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 3))
		people, accounts := evidenceData(r)
		_, more := evidenceData(r)
		properties, values := []string{Alias, "n", "m", UID}, []string{"x", "y", "none"}
		s := NewSuggester(PopulationOf(people), properties)
		for _, list := range [][]identity.Account{accounts, more} {
			got, err := s.Suggest(t.Context(), list, values, SuggestOptions{})
			if err != nil {
				t.Fatal(err)
			}
			want := naiveSuggest(people, properties, list, values, SuggestOptions{})
			if diff := gocmp.Diff(want, got, gocmp.AllowUnexported(Suggestion{})); diff != "" {
				t.Fatalf("seed %d: mismatch (-naive +got):\n%s", seed, diff)
			}
		}
	}
}

// Votes are those of all pairs; a pair conflicts when what the others say for
// somebody else weighs as much as what they say for its own find. Of the third
// account a has 0 beside its own vote against 150, b 50 against 100, c 100 against 100.
func TestRankConflicts(t *testing.T) {
	pair := func(name string, unique float64, found ...int32) Suggestion {
		return Suggestion{Property: name, Uniqueness: unique, found: found}
	}
	list := []Suggestion{pair("a", 1, 0, 1, 2), pair("b", 1, 0, 1, 3), pair("c", 0.5, 5, -1, 3)}
	rank(list, 3, SuggestOptions{})
	got := ""
	for _, s := range list {
		got += fmt.Sprintf("%s %.2f; ", s.Property, s.ConflictRate)
	}
	if want := "a 0.33; b 0.33; c 1.00; "; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// Of equal figures the configured pair comes first, the alias last.
func TestSuggestOrderOfEquals(t *testing.T) {
	var people []identity.Identity
	var accounts []identity.Account
	for i := range 5 {
		id := identity.StringValue(fmt.Sprint("id", i))
		people = append(people, identity.Identity{Alias: id.Text(), Attributes: identity.NewAttributes(map[string]identity.Value{"zip": id, "number": id})})
		accounts = append(accounts, identity.Account{Attributes: identity.NewAttributes(map[string]identity.Value{"x": id})})
	}
	s := NewSuggester(PopulationOf(people), []string{Alias, "number", "zip"})
	for _, c := range []struct {
		configured string
		want       []string
	}{
		{"", []string{"number", "zip", "alias"}},
		{"zip", []string{"zip", "number", "alias"}},
		{"alias", []string{"alias", "number", "zip"}},
	} {
		list, _ := s.Suggest(t.Context(), accounts, []string{"x"}, SuggestOptions{
			Configured: func(property, _ string) bool { return property == c.configured },
		})
		var got []string
		for _, one := range list {
			got = append(got, one.Property)
		}
		if diff := gocmp.Diff(c.want, got); diff != "" || !list[0].Proposed || list[1].Proposed {
			t.Errorf("configured %q: mismatch (-want +got):\n%s", c.configured, diff)
		}
	}
}
