package correlate

import (
	"slices"

	"github.com/idprofile/engine/identity"
)

// Pair is what one rule says about one account and one identity.
type Pair struct {
	Rule      string
	Criterion string
	// By condition: the values and what they become by normalising.
	Account, Identity       []string
	AccountKey, IdentityKey []string
	Equal                   bool // all conditions hold
	Accepted                bool // and the predicate too
	Applies                 bool // the condition "when" holds
	Others                  int  // how many other identities meet the rule too
	Differences             []Difference
}

// ExplainPair tells, for each rule, what it compares of an account and an
// identity, and in what they differ. Value reads the identity.
func (c *Correlator) ExplainPair(x *Index, a *identity.Account, n int32,
	value func(n int32, attribute string) identity.Value) []Pair {
	e := c.evaluator()
	defer c.release(e)
	e.person.value = value
	pairs := make([]Pair, 0, len(c.rules))
	for i := range c.rules {
		r := &c.rules[i]
		if r.hostRule != nil {
			continue
		}

		// A pair that meets only by the fallback, an alias as a uid, is shown by what met.
		if c.viaFallback(x, e, r, a, n) {
			r = r.onFallback()
		}
		p := c.pairOf(e, r, a, n, value)

		// A pair that meets explains a link only when nobody else meets; so the others are counted.
		if p.Equal {
			if out, _ := r.keys(e, a); out == compared {
				for _, other := range c.look(x, e, r) {
					if other != n {
						p.Others++
					}
				}
			}
		}

		pairs = append(pairs, p)
	}

	return pairs
}

// pairOf tells what one rule compares of an account and an identity, without a
// look at others.
func (c *Correlator) pairOf(e *evaluator, r *compiled, a *identity.Account, n int32,
	value func(n int32, attribute string) identity.Value) Pair {
	e.person.value, e.person.n = value, n
	read := func(attribute string) identity.Value { return value(n, attribute) }
	p := Pair{Rule: r.id, Criterion: r.label, Equal: true, Applies: r.when == nil || e.holds(r.when, a)}
	for j := range r.terms {
		p.compare(e, r, j, a, read)
	}
	p.Accepted = p.Equal && p.Applies && (r.predicate == nil || len(c.filter(e, a, r, []int32{n})) == 1)
	return p
}

// complete reports whether both sides have a value for each condition.
func (p *Pair) complete() bool {
	return !slices.Contains(p.AccountKey, "") && !slices.Contains(p.IdentityKey, "")
}

// viaFallback reports whether a rule finds the identity only where it looks when
// nobody has the key: an alias as a uid.
func (c *Correlator) viaFallback(x *Index, e *evaluator, r *compiled, a *identity.Account, n int32) bool {
	if r.fallback == nil {
		return false
	}
	if out, _ := r.keys(e, a); out != compared || !slices.Contains(c.look(x, e, r), n) {
		return false
	}
	column, ok := x.bySignature[r.key.signature]
	return ok && !slices.ContainsFunc(e.keys, func(key []byte) bool { return slices.Contains(x.look(column, key), n) })
}

// onFallback returns the rule with its fallback as the key.
func (r *compiled) onFallback() *compiled {
	f := *r
	f.key, f.fallback = *r.fallback, nil
	f.label = f.describe()
	return &f
}

// compare adds one condition.
func (p *Pair) compare(e *evaluator, r *compiled, j int, a *identity.Account, read func(string) identity.Value) {
	theirs, err := r.key.terms[j].ofIdentity(e, read)

	// Texts of the evaluator are written over by the next term, so the key is copied.
	key := ""
	if err == nil {
		if text, out, _ := r.key.terms[j].text(e, theirs, r.key.placeholders); out == compared {
			key = string([]byte(text))
		}
	}

	p.Identity, p.IdentityKey = append(p.Identity, theirs.Text()), append(p.IdentityKey, key)
	v, err := r.terms[j].ofAccount(e, a)

	// Any value of a list may match; the last compared one is shown where none does.
	items := []identity.Value{v}
	if v.Kind() == identity.List {
		items = v.List()
	}
	equal, own := false, ""
	for _, item := range items {
		text, out, _ := r.terms[j].text(e, item, r.key.placeholders)
		if err == nil && out == compared {
			own = string([]byte(text))
			if equal = key != "" && own == key; equal {
				break
			}
		}
	}

	p.Account, p.AccountKey = append(p.Account, v.Text()), append(p.AccountKey, own)
	if !equal {
		p.Equal = false
		if d, near := e.differ(v.Text(), theirs.Text()); near {
			p.Differences = append(p.Differences, d...)
		}
	}
}
