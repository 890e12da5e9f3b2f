package profile

import (
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/transform"
)

// prepare chooses the profile of an identity and begins its evaluation; nil when
// it has no authoritative account.
func (t *tables) prepare(v *evaluator, n int32, accounts []identity.Account) *evaluation {
	c := t.membership(n)
	if c == nil {
		return nil
	}
	return v.begin(c, subjectInput{who: t, number: n, accounts: accounts, stored: t.storedAttributes(n)})
}

// membership chooses the profile of an identity and the account that ties it to
// that: the oldest on its source.
//
// Source: DECISION 54.
func (t *tables) membership(n int32) *compiled {
	q := &t.people[n]
	q.profile, q.auth = -1, -1
	several := false
	for a := q.first; a >= 0; a = t.state[a].next {
		rank := t.rank(t.accounts.Sources[a])
		switch {
		case rank < 0 || q.profile >= 0 && rank > q.profile:
		case rank == q.profile:
			several = true
		default:
			q.profile, q.auth, several = rank, a, false
		}
	}

	if q.profile < 0 {
		return nil
	}
	c := t.engine.profiles[q.profile]
	if several {
		q.auth = t.oldest(c, n)
	}
	return c
}

// rank returns the rank of the profile that a source serves, -1: none.
func (t *tables) rank(source uint16) int16 {
	for len(t.ranks) <= int(source) {
		rank := int16(-1)
		if c := t.engine.bySource[t.accounts.Names[len(t.ranks)]]; c != nil {
			rank = int16(c.rank)
		}
		t.ranks = append(t.ranks, rank)
	}

	return t.ranks[source]
}

// oldest returns the number of the oldest account on the profile's source.
func (t *tables) oldest(c *compiled, n int32) int32 {
	best := int32(-1)
	number := t.accounts.SourceNumber(c.source.Name)
	var first identity.Account
	for a := t.people[n].first; a >= 0; a = t.state[a].next {
		if t.accounts.Sources[a] != number {
			continue
		}
		acct := t.accounts.At(a)
		if best < 0 || transform.ByCreated(&acct, &first) < 0 {
			best, first = a, acct
		}
	}

	return best
}
