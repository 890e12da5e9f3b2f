package profile

import (
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/profile/config"
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

// member follows the accounts of an identity, one after the other, to the profile that it
// is a member of: of those that serve the sources of its accounts, the one with the best
// priority. The oldest account there ties it to that. It is the only place that decides
// so, for the tables of a run as for a list of accounts.
//
// Source: DECISION 54.
type member struct {
	rank    int16 // of the profile; -1: none so far
	account int32 // by its place; -1: none so far
}

// nobody is a member of no profile.
var nobody = member{rank: -1, account: -1}

// see looks at an account on a source that serves the profile of a rank, -1 for none.
// Older is only asked about two accounts on one source, as their times may have to be read.
func (m *member) see(rank int16, account int32, older func(a, b int32) bool) {
	switch {
	case rank < 0 || m.rank >= 0 && rank > m.rank:
	case rank == m.rank && !older(account, m.account):
	default:
		m.rank, m.account = rank, account
	}
}

// membership chooses the profile of an identity, and the account that ties it to that.
func (t *tables) membership(n int32) *compiled {
	m := nobody
	for a := t.people[n].first; a >= 0; a = t.state[a].next {
		m.see(t.rank(t.accounts.Sources[a]), a, t.older)
	}

	q := &t.people[n]
	if q.profile, q.auth = m.rank, m.account; m.rank < 0 {
		return nil
	}
	return t.engine.profiles[m.rank]
}

// older reports whether an account was created before another one.
func (t *tables) older(a, b int32) bool {
	x, y := t.accounts.At(a), t.accounts.At(b)
	return transform.ByCreated(&x, &y) < 0
}

// membership is [Engine.Membership] within the engine.
func (e *Engine) membership(accounts []identity.Account) (*compiled, *identity.Account) {
	m := nobody
	for i := range accounts {
		m.see(e.rankOf(accounts[i].Source), int32(i), func(a, b int32) bool { return transform.ByCreated(&accounts[a], &accounts[b]) < 0 })
	}

	if m.rank < 0 {
		return nil, nil
	}
	return e.profiles[m.rank], &accounts[m.account]
}

// fewProfiles is how many profiles are looked through one by one.
const fewProfiles = 4

// rankOf returns the rank of the profile that a source serves, -1: none.
func (e *Engine) rankOf(source string) int16 {
	// Comparing a few names is faster than hashing those of all accounts.
	if len(e.ranked) <= fewProfiles {
		for _, c := range e.ranked {
			if c.source.Name == source {
				return int16(c.rank)
			}
		}

		return -1
	}

	if c := e.bySource[source]; c != nil {
		return int16(c.rank)
	}
	return -1
}

// Membership returns the profile that somebody with these accounts is a member of, and
// the account that ties it to that; nil for nobody's.
//
// Source: DECISION 54.
func (e *Engine) Membership(accounts []identity.Account) (*config.Profile, *identity.Account) {
	c, account := e.membership(accounts)
	if c == nil {
		return nil, nil
	}
	return c.profile, account
}

// ProfileOf returns the profile that somebody with these accounts is a member of, nil for
// nobody's; see [Engine.Membership].
func (e *Engine) ProfileOf(accounts []identity.Account) *config.Profile {
	p, _ := e.Membership(accounts)
	return p
}

// knowRanks works out the ranks of all sources, before workers ask for them.
func (t *tables) knowRanks() {
	if names := len(t.accounts.Names); names > 0 {
		t.rank(uint16(names - 1))
	}
}

// rank returns the rank of the profile that a source serves, -1: none.
func (t *tables) rank(source uint16) int16 {
	for len(t.ranks) <= int(source) {
		t.ranks = append(t.ranks, t.engine.rankOf(t.accounts.Names[len(t.ranks)]))
	}

	return t.ranks[source]
}
