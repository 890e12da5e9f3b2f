package correlate

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/identity"
)

// evidenceConfigs are rules of every kind that evidence treats in its own way.
var evidenceConfigs = []string{
	`{"attributeAssignments": [{"property": "n", "value": "x"}, {"property": "alias", "value": "y"}]}`,
	`{"rules": [{"id": "r", "when": "account.y != \"b\"", "conditions": [{"identity": "n", "account": "x"}]}],
	  "attributeAssignments": [{"property": "m", "value": "y"}]}`,
	`{"exclude": "account.y == \"a\"", "rules": [{"id": "r", "onAmbiguous": "stop", "conditions": [{"identity": "n", "account": "x"}]},
	  {"id": "s", "maxShared": 2, "placeholders": ["b", "7"], "conditions": [{"identity": "m", "account": "y", "normalize": ["digits"]}]}]}`,
	`{"rules": [{"id": "r", "onAmbiguous": "narrow", "conditions": [{"identity": "n", "account": "x"}]},
	  {"id": "s", "conditions": [{"identity": "m", "account": "y", "normalize": ["exact"]}]}]}`,
	`{"rules": [{"id": "r", "conditions": [{"identity": "n", "account": "x"}, {"identity": "m", "account": "y"}]},
	  {"id": "s", "predicate": "account.y == identity.m", "conditions": [{"identity": "n", "account": "x", "normalize": ["alnum", "fold"]}]}]}`,
	`{"rules": [{"id": "r", "conditions": [{"identityExpression": "identity.n + identity.m", "accountExpression": "account.x + account.y"}]},
	  {"id": "s", "conditions": [{"identity": "m", "accountExpression": "account.x"}]}]}`,
}

// evidenceData makes identities and accounts whose values differ in what
// normalisers take away, or in nothing; one in ten values is a list.
func evidenceData(r *rand.Rand) ([]identity.Identity, []identity.Account) {
	texts := []string{"a", "b", "A", "B ", " a", "a b", "b a", "b  a", "007", "7", "0", "é", "e", "É", "a.b", "a-b", "ａ", "x\u200b", "", "ß", "ss", "00", "n/a", "\tb", "a7"}
	value := func() identity.Value {
		switch k := r.IntN(20); {
		case k < 2:
			return identity.StringsValue(texts[r.IntN(len(texts))], texts[r.IntN(len(texts))])
		case k < 5:
			return identity.Value{}
		}
		return identity.StringValue(texts[r.IntN(len(texts))])
	}
	people := make([]identity.Identity, r.IntN(25))
	for i := range people {
		people[i] = identity.Identity{
			ID: fmt.Sprint(i), Alias: texts[r.IntN(len(texts))],
			Attributes: identity.NewAttributes(map[string]identity.Value{"n": value(), "m": value(), UID: value()}),
		}
	}
	accounts := make([]identity.Account, r.IntN(25))
	for i := range accounts {
		accounts[i] = identity.Account{
			Source: "S", NativeIdentity: fmt.Sprint(texts[r.IntN(len(texts))]), Name: texts[r.IntN(len(texts))],
			Attributes: identity.NewAttributes(map[string]identity.Value{"x": value(), "y": value()}),
		}
	}
	return people, accounts
}

// naiveEffects runs everything again for each normaliser.
func naiveEffects(c *Correlator, p Population, accounts []identity.Account, base *Bulk, o BulkOptions) []Effect {
	var effects []Effect
	for i := range c.rules {
		r := &c.rules[i]
		if r.hostRule != nil || r.id == "default id" {
			continue
		}
		for _, fix := range r.missing() {
			if changed, ok := c.With(r.id, fix); ok {
				after, _ := changed.Run(context.Background(), p, accounts, o)
				if ch := Compare(base, after); len(ch.Gained)+len(ch.Lost)+len(ch.Moved) > 0 {
					effects = append(effects, Effect{r.id, r.label, fix, ch})
				}
			}
		}
	}
	slices.SortStableFunc(effects, func(a, b Effect) int {
		return cmp.Or(cmp.Compare(len(b.Change.Gained), len(a.Change.Gained)), cmp.Compare(len(a.Change.Lost), len(b.Change.Lost)))
	})
	return effects
}

// Evidence, what follows from it, and effects are what runs of the rules give.
func TestEvidenceAgreesWithRuns(t *testing.T) {
	for seed := range uint64(600) {
		r := rand.New(rand.NewPCG(seed, 1))
		people, accounts := evidenceData(r)
		cfg := parseTest(t, evidenceConfigs[r.IntN(len(evidenceConfigs))])
		c, found := Compile(cfg, Options{CorrelatedOnly: r.IntN(2) == 0, AmbiguityStop: r.IntN(3) == 0, HonourIgnoreCase: r.IntN(2) == 0})
		if len(found) > 0 {
			t.Fatal(found)
		}
		p, o := PopulationOf(people), BulkOptions{Workers: 1 + r.IntN(2)}
		if r.IntN(2) == 0 {
			o.RankLast = func(n int32) bool { return n%3 == 0 }
		}

		ev, _ := c.Evidence(t.Context(), p, accounts, o)
		checkAlone(t, c, ev, p, o)
		base, _ := c.Run(t.Context(), p, accounts, o)
		if b, ok := ev.Bulk(); ok {
			for i := range accounts {
				if diff := gocmp.Diff(base.Match(i), b.Match(i)); diff != "" {
					t.Fatalf("seed %d, account %d: mismatch (-run +evidence):\n%s", seed, i, diff)
				}
			}
		}
		got, _ := ev.Effects(t.Context(), p, base)
		if diff := gocmp.Diff(naiveEffects(c, p, accounts, base, o), got); diff != "" {
			t.Fatalf("seed %d: effects: mismatch (-naive +got):\n%s", seed, diff)
		}

		// Another source with the same index goes on from what the first has left there.
		_, others := evidenceData(r)
		ev2, err := c.evidence(t.Context(), ev.x, Values(p), others, 0)
		if err != nil {
			t.Fatal(err)
		}
		base2, _ := c.Run(t.Context(), p, others, o)
		got, _ = ev2.Effects(t.Context(), p, base2)
		if diff := gocmp.Diff(naiveEffects(c, p, others, base2, o), got); diff != "" {
			t.Fatalf("seed %d: effects of another source: mismatch (-naive +got):\n%s", seed, diff)
		}
		checkContradicted(t, c, ev, p, base)
		for i := range accounts {
			if want := c.Explain(ev.x, &accounts[i], Values(p)).compared(); ev.compares(int32(i)) != want {
				t.Fatalf("seed %d, account %d: has something to compare is %v, want %v", seed, i, !want, want)
			}
		}
	}
}

// checkAlone compares each verdict with a run of that rule alone.
func checkAlone(t *testing.T, c *Correlator, ev *Evidence, p Population, o BulkOptions) {
	t.Helper()
	for k := range c.rules {
		one := *c
		one.rules = []compiled{c.rules[k]}
		b, _ := one.Run(t.Context(), p, ev.accounts, o)
		for i := range ev.accounts {
			var notes []Ambiguity
			if note := ev.noted(k, int32(i)); note != nil {
				notes = append(notes, *note)
			}
			if ev.rules[k][i].identity != b.Identity[i] || !gocmp.Equal(notes, b.noted.at(int32(i))) {
				t.Fatalf("rule %s, account %d: %v %v, want %v %v", c.rules[k].id, i, ev.rules[k][i], notes, b.Identity[i], b.noted.at(int32(i)))
			}
		}
	}
}

// checkContradicted compares with explanations of every linked pair.
func checkContradicted(t *testing.T, c *Correlator, ev *Evidence, p Population, base *Bulk) {
	t.Helper()
	var want []Conflict
	for i, n := range base.Identity {
		if n < 0 {
			continue
		}
		support := 0
		var against []string
		for _, pair := range c.ExplainPair(NewIndex(), &ev.accounts[i], n, Values(p)) {
			switch {
			case pair.Equal:
				support++
			case pair.complete() && len(pair.Differences) == 0 && c.byID(pair.Rule).method != Default:
				against = append(against, pair.Rule)
			}
		}
		for _, rule := range against {
			if support == 1 {
				want = append(want, Conflict{int32(i), n, base.Match(i).Rule, rule, -1})
			}
		}
	}
	got, _ := ev.Contradicted(t.Context(), p, base)
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Fatalf("contradicted: mismatch (-pairs +got):\n%s", diff)
	}
}
