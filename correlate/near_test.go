package correlate

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"unicode/utf8"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/correlate/internal/strsim"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/jsondoc"
)

// naiveNear compares a value with those of all identities.
func naiveNear(r *compiled, people []identity.Identity, text string) []NearMiss {
	read := PopulationOf(people).Column(r.key.terms[0].attribute)
	forms := func(s string) []string { return []string{loose(s, false), loose(s, true)} }
	mine := forms(text)
	var out []NearMiss
	for n := range int32(len(people)) {
		have := read(n).Text()
		theirs := forms(have)
		if blank(have) || theirs[0] == "" {
			continue
		}
		same := slices.Contains(theirs, mine[0]) || slices.Contains(theirs, mine[1])
		long := utf8.RuneCountInString(mine[0]) >= shortest && utf8.RuneCountInString(theirs[0]) >= shortest
		if !same && !(long && strsim.OneEdit(mine[0], theirs[0])) {
			continue
		}
		if equal := r.normalised(new(evaluator), text, true); equal != "" && equal == r.normalised(new(evaluator), have, false) {
			continue
		}
		d, near := Differ(text, have)
		d = slices.DeleteFunc(d, func(x Difference) bool { return r.ignores(x) })
		if near && len(d) > 0 {
			out = append(out, NearMiss{r.id, r.label, text, have, n, d})
		}
	}
	slices.SortStableFunc(out, func(a, b NearMiss) int {
		return cmp.Or(cmp.Compare(a.weight(), b.weight()), cmp.Compare(a.Identity, b.Identity))
	})
	return out[:min(maxNear, len(out))]
}

// nearValue returns one of few texts with up to two small changes.
func nearValue(r *rand.Rand) string {
	words := []string{"anna lee", "Lee, Anna", "a.lee@example.com", "000123456", "123456", "Åsa Öberg", "asa oberg", "x", "ß-straße", "11111", "ab", "abba baab"}
	letters := []rune("ab19 é.A0@\u3042")
	b := []rune(words[r.IntN(len(words))])
	for range r.IntN(3) {
		k := r.IntN(len(b))
		switch r.IntN(4) {
		case 0:
			b = slices.Insert(b, k, letters[r.IntN(len(letters))])
		case 1:
			b[k] = letters[r.IntN(len(letters))]
		case 2:
			if len(b) > 1 {
				b = slices.Delete(b, k, k+1)
			}
		case 3:
			if k > 0 {
				b[k-1], b[k] = b[k], b[k-1]
			}
		}
	}
	return string(b)
}

// The search in one pass finds what comparing everything with everything finds.
func TestNearbyAgreesWithPairs(t *testing.T) {
	for seed := range uint64(150) {
		r := rand.New(rand.NewPCG(seed, 7))
		steps := []string{`["fold"]`, `["exact"]`, `["spaces", "fold"]`, `["digits"]`}[r.IntN(4)]
		cfg := parseTest(t, `{"defaultMatch": false, "rules": [{"id": "r", "conditions": [{"identity": "n", "account": "x", "normalize": `+steps+`}]}]}`)
		c := New(cfg, Options{})
		people := make([]identity.Identity, 40)
		for i := range people {
			people[i] = identity.Identity{ID: fmt.Sprint(i), Attributes: identity.NewAttributes(map[string]identity.Value{"n": identity.StringValue(nearValue(r))})}
		}
		accounts := make([]identity.Account, 20)
		want := make([][]NearMiss, len(accounts))
		for i := range accounts {
			text := nearValue(r)
			accounts[i].Attributes = identity.NewAttributes(map[string]identity.Value{"x": identity.StringValue(text)})
			if !blank(text) && !c.rules[0].key.placeholders.has(text) {
				want[i] = naiveNear(&c.rules[0], people, text)
			}
		}
		got := NewNearby(c, PopulationOf(people)).FindAll(accounts)
		for i := range accounts {
			if diff := gocmp.Diff(want[i], got[i]); diff != "" && len(want[i])+len(got[i]) > 0 {
				t.Fatalf("seed %d, account %d: mismatch (-naive +got):\n%s", seed, i, diff)
			}
		}
	}
}

// The quick forms of ASCII texts are those of the general way, and texts that differ
// in letters are not alike.
func FuzzLooseForms(f *testing.F) {
	f.Add("Lee, Anna", "anna lee")
	f.Add("00", "000a b0")
	f.Add("0 b a", " b a")
	f.Fuzz(func(t *testing.T, a, b string) {
		if !ascii(a) || !ascii(b) {
			t.Skip()
		}
		var forms looseForms
		form, sorted := forms.of(a)
		if string(form) != loose(a, false) || string(sorted) != loose(a, true) {
			t.Errorf("%q: %q and %q, want %q and %q", a, form, sorted, loose(a, false), loose(a, true))
		}
		n := apart(a, b)
		for d := range OneEdit {
			if n > 0 && new(comparer).alike(a, b, d) {
				t.Errorf("%q and %q differ in %d letters, but are alike without %s", a, b, n, d)
			}
		}
		if n > 0 && new(comparer).alike(a, b, InWidth, InSpace, InAccent, InCase, Swapped, InPunctuation, InLeadingZero) {
			t.Errorf("%q and %q differ in %d letters, but are alike", a, b, n)
		}
		if n > 2 && strsim.OneEdit(loose(a, false), loose(b, false)) {
			t.Errorf("%q and %q differ in %d letters, but by one edit", a, b, n)
		}
	})
}

func parseTest(t testing.TB, text string) *Config {
	t.Helper()
	doc, err := jsondoc.Parse("c.json", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	cfg, _ := ParseConfig(doc)
	return cfg
}
