package correlate

import (
	"slices"

	"github.com/idprofile/engine/correlate/internal/join"
	"github.com/idprofile/engine/identity"
)

// A population that is spread over many machines meets by keys: accounts look up
// the keys that AccountKeys gives, identities are found by those that IdentityKeys
// gives, and Match decides among what came together. An engine that joins both
// sides by key gets what one index would give.

// Key is what accounts and identities meet by: a column of an index, and the text
// in it. Indexes with the same attributes, covered by the same correlators in the
// same order, number their columns alike.
type Key struct {
	Column int
	Text   string
}

// AccountKeys returns the keys that the rules may look up for an account, each
// once. Rules that do not apply to the account have none, and so has an account
// that the configuration leaves alone. Criteria with a match mode look at every
// identity and have no keys, see [Correlator.Scans].
func (c *Correlator) AccountKeys(x *Index, a *identity.Account) []Key {
	e := c.evaluator()
	defer c.release(e)
	if c.excluded(e, a) {
		return nil
	}
	var keys []Key

	// All rules are asked, though a match would stop at the first that decides: who decides is known
	// only with the answers.
	for i := range c.rules {
		r := &c.rules[i]
		if r.matchMode != "" || r.when != nil && !e.holds(r.when, a) {
			continue
		}
		if out, _ := r.keys(e, a); out != compared {
			continue
		}
		for _, key := range e.keys {
			keys = x.appendKey(keys, &r.key, key)
			if r.fallback != nil {
				keys = x.appendKey(keys, r.fallback, key)
			}
		}
	}

	return keys
}

// appendKey appends a key of a column unless it is there.
func (x *Index) appendKey(keys []Key, s *spec, text []byte) []Key {
	column, ok := x.bySignature[s.signature]
	if !ok || len(text) == 0 {
		return keys
	}
	return appendNewKey(keys, Key{column, string(join.Short(text))})
}

func appendNewKey(keys []Key, k Key) []Key {
	if slices.Contains(keys, k) {
		return keys
	}
	return append(keys, k)
}

// Scans reports whether a criterion looks at every identity instead of looking up
// a key.
func (c *Correlator) Scans() bool {
	return slices.ContainsFunc(c.rules, func(r compiled) bool { return r.matchMode != "" })
}

// IdentityKeys returns the keys by which identity n is found, as [Index.Put] had
// its values last.
func (x *Index) IdentityKeys(n int32) []Key {
	var keys []Key
	for i := range x.columns {
		if text := x.columns[i].keyOf(n); len(text) > 0 {
			keys = append(keys, Key{i, string(text)})
		}
	}

	return keys
}

// OfUID reports whether a column holds uids as they are: of the identities that have
// one, only the best claimant is found (DECISION 17).
func (x *Index) OfUID(column int) bool { return x.specs[column].isUID() }

// Given are identities that were looked up elsewhere.
type Given struct {
	// Find returns identities that have a key, ascending, and how many have it. It
	// may leave out all but the first ten when no more are needed to decide; see
	// Short.
	Find func(k Key) (found []int32, total int)
	// Value gives an attribute of an identity, for predicates.
	Value func(n int32, attribute string) identity.Value
	// Short is set when a rule needed identities that Find left out: a predicate,
	// several keys of one account, or candidates that later rules narrow.
	Short bool

	beyond int // identities that the last look-ups left out
}

// Given returns an index with the columns of x whose identities are those of g. It
// serves [Correlator.Match] on one goroutine, and nothing is to be put into it.
func (x *Index) Given(g *Given) *Index {
	given := *x
	given.given, given.epoch = g, 0
	return &given
}

// lookGiven looks up a key elsewhere.
func (x *Index) lookGiven(column int, key []byte) []int32 {
	found, total := x.given.Find(Key{column, string(join.Short(key))})
	x.given.beyond += max(0, total-len(found))
	return found
}

// leftOut returns how many identities the look-ups for a rule left out, and notes
// whether the rule can do without them.
func (x *Index) leftOut(e *evaluator, r *compiled, p *progress) int {
	if x.given == nil || x.given.beyond == 0 {
		return 0
	}
	n := x.given.beyond
	x.given.beyond = 0
	if r.predicate != nil || r.onAmbiguous == Narrow || p.remaining != nil || len(e.keys) > 1 || x.RankLast != nil {
		x.given.Short = true
	}
	return n
}

// Columns returns the columns that the rules look up.
func (c *Correlator) Columns(x *Index) []int {
	var list []int
	for i := range c.specs {
		if column, ok := x.bySignature[c.specs[i].signature]; ok {
			list = append(list, column)
		}
	}

	return list
}
