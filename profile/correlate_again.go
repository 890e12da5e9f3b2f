package profile

import (
	"fmt"
	"slices"
	"strings"

	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
)

// correlateAgain gives the authoritative accounts that made an identity in this
// run a second look, with their own source's criteria against the other
// identities. Sources come by priority, so the account that should have joined
// may have come first, when the identity it belongs to was not there yet; in a
// tenant one of the two always was. Whichever source carries the criterion, the
// two become one person, and the higher profile takes over (DECISION 47).
func (p *population) correlateAgain() {
	for _, c := range p.engine.profiles {
		if c.source == nil || p.engine.bySource[c.source.Name] != c || !p.engine.sources[c.source.Name].correlator.Configured() {
			continue
		}
		for _, account := range p.inOrder(c.source.Name) {
			if p.ctx.Err() != nil {
				return
			}
			if p.born(account) {
				p.lookAgain(account)
			}
		}
	}
	p.reportMeetings()
}

// born reports whether the account has made an identity in this run.
func (p *population) born(account int32) bool {
	st := &p.state[account]
	return st.owner >= 0 && methods[st.method] == correlate.NewIdentity && p.people[st.owner].alias == account && p.storedOf(st.owner) == nil
}

// lookAgain moves the account to the one other identity that its criteria meet.
func (p *population) lookAgain(account int32) {
	made := p.state[account].owner
	a := p.examine(account)
	m := p.matchOther(a, made)
	switch {
	case m.Identity < 0 && len(m.Ambiguous) == 0 || m.Method == correlate.Default:
		return
	case m.Identity < 0:
		p.reportMeeting(a, made, m.Ambiguous[0].Identities, "it meets several")
	case p.people[made].first != account || p.people[made].last != account:
		p.reportMeeting(a, made, []int32{m.Identity}, "other accounts have joined its own")
	default:
		p.link(account, m.Identity, m.Method, m.Criterion)
		p.unmake(made)
		p.refreshKeys(m.Identity)
	}
}

// matchOther correlates an account with all identities but its own.
func (p *population) matchOther(a *identity.Account, own int32) correlate.Match {
	c := p.engine.sources[a.Source].correlator
	var value func(n int32, attribute string) identity.Value
	if c.ReadsValues() {
		value = p.index.Value
	}
	return c.MatchOther(p.index, a, own, value)
}

// unmake takes back an identity that this run has made and that has no accounts
// any more. Its number stays, and nothing finds it.
func (p *population) unmake(n int32) {
	p.people[n].unmade = true
	for key := range p.index.Keys() {
		p.index.Put(n, key, identity.Value{})
	}
	if p.named {
		delete(p.byID, p.id(n))
	}
}

// reportMeetings reports stored accounts that meet the criteria of an identity
// which is new in this run. They stay where they are: a correlated account is
// looked at again when it changes.
func (p *population) reportMeetings() {
	if len(p.stored) == 0 || p.opts.OnFinding == nil || !p.anyBorn() {
		return
	}
	for _, c := range p.engine.profiles {
		if c.source == nil || p.engine.bySource[c.source.Name] != c || !p.engine.sources[c.source.Name].correlator.Configured() {
			continue
		}

		// All accounts of the source, also in a run over a few: it is the others that
		// are new.
		number := p.accounts.SourceNumber(c.source.Name)
		var meeting []int32
		for n := range p.state {
			st := &p.state[n]
			if p.accounts.Sources[n] != number || st.owner < 0 || p.storedOf(st.owner) == nil {
				continue
			}
			a := p.examine(int32(n))
			if m := p.matchOther(a, st.owner); m.Identity >= 0 && m.Method != correlate.Default && p.storedOf(m.Identity) == nil {
				meeting = append(meeting, int32(n))
			}
		}
		slices.SortFunc(meeting, p.compareAccounts)
		for _, n := range meeting {
			a := p.examine(n)
			m := p.matchOther(a, p.state[n].owner)
			p.reportMeeting(a, p.state[n].owner, []int32{m.Identity}, "it is correlated already")
		}
	}
}

// anyBorn reports whether the run has made an identity.
func (p *population) anyBorn() bool {
	for n := len(p.people) - 1; n >= 0 && p.storedOf(int32(n)) == nil; n-- {
		if !p.people[n].unmade {
			return true
		}
	}
	return false
}

func (p *population) reportMeeting(a *identity.Account, own int32, others []int32, why string) {
	names := make([]string, len(others))
	for i, n := range others {
		names[i] = fmt.Sprintf("%q", p.aliasOf(n))
	}
	p.report(diag.Diagnostic{Severity: diag.Warning, Code: "identity-meets-other",
		Message: fmt.Sprintf("account %q of source %q has the identity %q and meets the criteria of %s; %s, so it stays",
			a.NativeIdentity, a.Source, p.aliasOf(own), strings.Join(names, ", "), why),
		Hint: "they may be one person"})
}
