package correlate

import (
	"bytes"
	"context"
	"slices"

	"github.com/idprofile/engine/correlate/internal/join"
	"github.com/idprofile/engine/identity"
)

// Conflict is evidence against the identity of an account.
type Conflict struct {
	Account  int32
	Identity int32  // the one it has
	Rule     string // by which it has it
	Against  string // the rule that says otherwise
	Other    int32  // whom that rule finds; -1: nobody
}

// Conflicts returns the accounts whose identity another rule alone denies: it
// finds somebody else. They are in order of accounts and rules.
func (ev *Evidence) Conflicts(of *Bulk) []Conflict {
	var out []Conflict
	for i, n := range of.Identity {
		if n < 0 {
			continue
		}
		for k := range ev.rules {
			v := ev.rules[k][i]
			if ev.c.rules[k].hostRule == nil && v.identity >= 0 && v.identity != n {
				out = append(out, Conflict{
					Account: int32(i), Identity: n, Rule: of.Match(i).Rule,
					Against: ev.c.rules[k].id, Other: v.identity,
				})
			}
		}
	}

	return out
}

// Contradicted returns the accounts with an identity that exactly one rule
// supports, while each other rule for which both have values finds them
// different, and not only nearly equal: what is left of a value that was given
// to the wrong person. Such accounts may be right (names change), so this is
// weaker than [Evidence.Conflicts]. The default match says nothing here: that an
// account is not called like its identity is no evidence against it.
func (ev *Evidence) Contradicted(ctx context.Context, p Population, of *Bulk) ([]Conflict, error) {
	var out []Conflict
	values := Values(p)
	e := ev.c.evaluator()
	defer ev.c.release(e)
	var against []int
	for i, n := range of.Identity {
		if n < 0 {
			continue
		}
		if i%1024 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		a := &ev.accounts[i]
		support := 0
		against = against[:0]
		for k := range ev.c.rules {
			equal, complete, known := ev.told(k, int32(i), n)
			if !known {
				equal, complete = ev.compare(e, k, a, n, values)
			}
			switch {
			case equal:
				// Support and contradiction are weighed without the default match, which compares
				// names that may well differ.
				support++
			case complete && ev.c.rules[k].method != Default:
				against = append(against, k)
			}
		}

		if support != 1 {
			continue
		}

		// Values that nearly agree are a typing error, not another person.
		for _, k := range against {
			if !ev.nearly(e, &ev.c.rules[k], a, n, values) {
				out = append(out, Conflict{
					Account: int32(i), Identity: n, Rule: of.Match(i).Rule,
					Against: ev.c.rules[k].id, Other: -1,
				})
			}
		}
	}

	return out, nil
}

// told is compare where the verdict of the rule tells: who is found by a key has it, and where
// nobody is found nobody has it. So neither key has to be made or looked for.
func (ev *Evidence) told(k int, account, n int32) (equal, complete, known bool) {
	r, v := &ev.c.rules[k], ev.rules[k][account]
	column, ok := ev.x.bySignature[r.key.signature]
	if !ok || len(r.terms) > 1 || r.terms[0].unit != nil || r.hostRule != nil || r.matchMode != "" {
		return false, false, false
	}

	switch {
	case v.outcome == Blank:
		return false, false, true
	case v.identity == n && r.fallback == nil:
		return true, true, true
	case v.outcome == NoMatch && r.predicate == nil && !ev.c.options.CorrelatedOnly && !ev.excluded[account]:
		return false, len(ev.x.columns[column].keyOf(n)) > 0, true
	}

	return false, false, false
}

// nearly reports whether an account and an identity that a rule finds different are near in one
// of its conditions.
func (ev *Evidence) nearly(e *evaluator, r *compiled, a *identity.Account, n int32,
	values func(n int32, attribute string) identity.Value) bool {
	if len(r.terms) > 1 {
		pair := ev.c.pairOf(e, r, a, n, values)
		return len(pair.Differences) > 0
	}
	theirs, _ := r.key.terms[0].ofIdentity(e, func(attribute string) identity.Value { return values(n, attribute) })
	mine, _ := r.terms[0].ofAccount(e, a)
	d, near := e.differ(mine.Text(), theirs.Text())
	return near && len(d) > 0
}

// compare tells whether an account and an identity have equal keys for rule k,
// and whether both have a key.
func (ev *Evidence) compare(e *evaluator, k int, a *identity.Account, n int32,
	values func(n int32, attribute string) identity.Value) (equal, complete bool) {
	r := &ev.c.rules[k]
	if r.hostRule != nil {
		return false, false
	}

	// A transform or several conditions have no text of their own in the index: such a pair is
	// formatted.
	column, ok := ev.x.bySignature[r.key.signature]
	if len(r.terms) > 1 || r.terms[0].unit != nil || !ok {
		pair := ev.c.pairOf(e, r, a, n, values)
		return pair.Equal, pair.complete()
	}

	// The keys of identities stand in the index, so nothing is formatted for the
	// many pairs that agree.
	theirs := ev.x.columns[column].keyOf(n)
	if len(theirs) == 0 {
		return false, false
	}
	if out, _ := r.keys(e, a); out != compared {
		return false, false
	}
	for _, key := range e.keys {
		if bytes.Equal(join.Short(key), theirs) {
			return true, true
		}
	}

	return false, true
}

// Unsupported returns the accounts whose stored identity no rule alone finds,
// ascending. Stored has the identity of each account, -1 for none.
func (ev *Evidence) Unsupported(stored []int32) []int32 {
	var out []int32
	for i, n := range stored {
		if n >= 0 && !ev.names(int32(i), n) {
			out = append(out, int32(i))
		}
	}

	return out
}

// names reports whether a rule finds the identity, alone or among others.
func (ev *Evidence) names(account, n int32) bool {
	for k := range ev.rules {
		if ev.c.rules[k].hostRule != nil {
			continue
		}
		if ev.rules[k][account].identity == n {
			return true
		}
		if note := ev.noted(k, account); note != nil && slices.Contains(note.Identities, n) {
			return true
		}
	}

	return false
}

// Coverage is how far one rule alone gets on a source.
type Coverage struct {
	Rule, Criterion string
	Accounts        int // accounts with a value to compare
	Matched         int // accounts for which it finds one identity
	Ambiguous       int // accounts for which it finds several
	Decided         int // accounts that have their identity by it, in order with the others
	Denied          int // accounts for which it finds another than they have
}

// Coverage counts what each rule does, before the rules are changed.
func (ev *Evidence) Coverage(of *Bulk) []Coverage {
	out := make([]Coverage, 0, len(ev.rules))
	for k := range ev.rules {
		r := &ev.c.rules[k]
		if r.hostRule != nil {
			continue
		}
		cov := Coverage{Rule: r.id, Criterion: r.label}
		for i := range ev.accounts {
			v, has := ev.rules[k][i], of.Identity[i]

			// Where both have no value the rule says nothing about the account, so coverage does not
			// count it.
			if v.outcome >= NoMatch {
				cov.Accounts++
			}
			switch {
			case v.identity >= 0:
				cov.Matched++
				if has >= 0 && has != v.identity {
					cov.Denied++
				}
			case ev.noted(k, int32(i)) != nil:
				cov.Ambiguous++
			}

			if has >= 0 && of.c.rules[of.rule[i]].id == r.id {
				cov.Decided++
			}
		}

		out = append(out, cov)
	}

	return out
}
