package profile

import (
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/transform"
)

// prepare chooses the profile of an identity and begins its evaluation; nil when
// it has no authoritative account.
func (p *population) prepare(v *evaluator, n int32, accounts []identity.Account) *evaluation {
	c := p.membership(n)
	if c == nil {
		return nil
	}
	return v.begin(c, subjectInput{who: p, number: n, accounts: accounts, stored: p.storedAttributes(n)})
}

// membership chooses the profile of an identity and the account that ties it to
// that: the oldest on its source.
//
// Source: DECISION 54.
func (p *population) membership(n int32) *compiled {
	q := &p.people[n]
	q.profile, q.auth = -1, -1
	several := false
	for a := q.first; a >= 0; a = p.state[a].next {
		rank := p.rank(p.accounts.Sources[a])
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
	c := p.engine.profiles[q.profile]
	if several {
		q.auth = p.oldest(c, n)
	}
	return c
}

// rank returns the rank of the profile that a source serves, -1: none.
func (p *population) rank(source uint16) int16 {
	for len(p.ranks) <= int(source) {
		rank := int16(-1)
		if c := p.engine.bySource[p.accounts.Names[len(p.ranks)]]; c != nil {
			rank = int16(c.rank)
		}
		p.ranks = append(p.ranks, rank)
	}
	return p.ranks[source]
}

// oldest returns the number of the oldest account on the profile's source.
func (p *population) oldest(c *compiled, n int32) int32 {
	best := int32(-1)
	number := p.accounts.SourceNumber(c.source.Name)
	var first identity.Account
	for a := p.people[n].first; a >= 0; a = p.state[a].next {
		if p.accounts.Sources[a] != number {
			continue
		}
		acct := p.accounts.At(a)
		if best < 0 || transform.ByCreated(&acct, &first) < 0 {
			best, first = a, acct
		}
	}
	return best
}
