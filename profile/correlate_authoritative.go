package profile

import (
	"fmt"
	"maps"
	"slices"

	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
)

// maxRounds bounds the repetition of correlation.
const maxRounds = 8

// correlate runs phases 1 to 3 of DECISION 46, as far as links go:
// authoritative sources by priority, other sources by name, then rounds until no
// new link appears.
func (p *population) correlate() error {
	p.prepareKeys()
	for n := range p.people {
		if p.people[n].touched {
			p.refreshKeys(int32(n))
		}
	}
	for _, c := range p.engine.profiles {
		if c.source != nil && p.engine.bySource[c.source.Name] == c {
			p.authoritativeSource(c.source.Name)
		}
	}
	p.correlateAgain()
	if err := p.ctx.Err(); err != nil {
		return err
	}
	p.reportGone()
	for _, name := range p.otherSources() {
		p.otherSource(name, p.inOrder(name))
	}
	defer p.reportAmbiguous()
	for range maxRounds {
		linked := false
		for _, name := range p.otherSources() {
			if left := p.unlinked(name); len(left) > 0 && p.otherSource(name, left) {
				linked = true
			}
		}
		if !linked {
			return p.failure()
		}
	}
	p.report(diag.Diagnostic{Severity: diag.Warning, Code: "correlation-unsettled",
		Message: fmt.Sprintf("accounts still find new identities after %d rounds", maxRounds)})
	return p.failure()
}

// authoritativeSource gives each account of the source an identity: the one it
// is linked to, one that it correlates with, or a new one.
func (p *population) authoritativeSource(name string) {
	list := p.inOrder(name)
	for i, account := range list {
		p.authoritativeAccount(account)
		if i%4096 == 0 {
			p.progress("correlate "+name, i, len(list))
			if p.ctx.Err() != nil {
				return
			}
		}
	}
}

func (p *population) authoritativeAccount(account int32) {
	st := &p.state[account]
	if st.owner >= 0 {
		if st.changed {
			p.refreshKeys(st.owner)
		}
		return
	}
	a := p.examine(account)
	n, ok := p.known(a)
	switch {
	case ok:
		p.link(account, n, p.dataLink(a), 0)
	case p.blocked(a):
		return
	default:
		m := p.match(a)
		p.note(account, &m)
		if m.Identity >= 0 {
			n = m.Identity
			p.link(account, n, m.Method, m.Criterion)
			break
		}
		n = p.newIdentity(account, a)
	}
	p.refreshKeys(n)
}

// newIdentity makes an identity from an authoritative account, unless there is one
// with the id that it would get: that one lost the account before, or other
// accounts name it.
func (p *population) newIdentity(account int32, a *identity.Account) int32 {
	if !p.named {
		return p.create(account)
	}
	id := p.idFrom(a)
	if n, ok := p.byID[id]; ok {
		p.link(account, n, correlate.Sticky, 0)
		return n
	}
	n := p.create(account)
	p.byID[id] = n
	return n
}

// examine returns an account, valid until the next call.
func (p *population) examine(account int32) *identity.Account {
	p.current = identity.Account{}
	p.accounts.Read(account, &p.current)
	return &p.current
}

// blocked reports whether a manual mark keeps the account from correlating.
func (p *population) blocked(a *identity.Account) bool {
	return a.ManuallyCorrelated && !p.opts.Recompute
}

// known returns the identity that the data link the account to.
func (p *population) known(a *identity.Account) (int32, bool) {
	if p.opts.Recompute || a.IdentityID == "" {
		return 0, false
	}
	n, ok := p.byID[a.IdentityID]
	return n, ok
}

func (p *population) dataLink(a *identity.Account) correlate.Method {
	if a.ManuallyCorrelated {
		return correlate.Manual
	}
	return correlate.Sticky
}

// otherSources returns the configured sources that no profile has as authoritative, sorted
// by name.
func (p *population) otherSources() []string {
	var names []string
	for _, name := range p.accounts.Names {
		if p.engine.bySource[name] == nil && p.engine.sources[name] != nil {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// reportGone reports the sources that are no longer configured and have stored accounts.
// Nothing says how those correlate, so they stay as they are: with their identity, or
// without one.
func (p *population) reportGone() {
	gone := map[string]int{}
	for n, source := range p.accounts.Sources {
		name := p.accounts.Names[source]
		if st := &p.state[n]; p.engine.sources[name] == nil && !st.removed && !st.absent {
			gone[name]++
		}
	}
	for _, name := range slices.Sorted(maps.Keys(gone)) {
		p.report(diag.Diagnostic{Severity: diag.Warning, Code: "source-unknown",
			Message: fmt.Sprintf("%d stored accounts of the source %q, which is not configured, stay as they are", gone[name], name)})
	}
}

func (p *population) unlinked(name string) []int32 {
	var left []int32
	for _, a := range p.inOrder(name) {
		if p.state[a].owner < 0 {
			left = append(left, a)
		}
	}
	return left
}
