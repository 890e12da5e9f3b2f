package profile

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/identity"
)

// match correlates an account. It changes nothing and is safe for concurrent use.
func (p *population) match(a *identity.Account) correlate.Match {
	c := p.engine.sources[a.Source].correlator
	var value func(n int32, attribute string) identity.Value
	if c.ReadsValues() {
		value = p.index.Value
	}
	return c.Match(p.index, a, value)
}

// note keeps the ambiguities of a match: for the findings always, as a reason
// when it finds nobody.
func (p *population) note(account int32, m *correlate.Match) {
	if len(m.Ambiguous) == 0 {
		delete(p.ambiguous, account)
		delete(p.notes, account)
		return
	}
	p.ambiguous[account] = m.Ambiguous
	if m.Identity < 0 {
		p.notes[account] = m.Ambiguous
	} else {
		delete(p.notes, account)
	}
}

const (
	matchBlock = 1 << 14 // accounts that are matched before any of them is linked
	matchPart  = 1 << 8  // of them, those that a worker takes at a time
)

// otherSource correlates accounts of a source that makes no identities. Identity
// attributes stay as they are until all are through, so the workers match
// accounts independently of each other. It reports whether an account found an
// identity.
func (p *population) otherSource(name string, accounts []int32) bool {
	t := touched{source: p.accounts.SourceNumber(name), stale: make([]bool, len(p.people))}
	decisions := make([]decision, min(matchBlock, len(accounts)))
	done := 0
	for block := range slices.Chunk(accounts, matchBlock) {
		p.progress("correlate "+name, done, len(accounts))
		if p.ctx.Err() != nil {
			return false
		}
		p.decide(block, decisions)
		if p.failure() != nil {
			return false
		}
		for i, account := range block {
			p.carryOut(account, &decisions[i], &t)
		}
		done += len(block)
	}
	p.refreshTouched(&t)
	return t.any
}

// decision is what is to become of an account.
type decision struct {
	kind  uint8
	match correlate.Match // of examined ones; of given ones identity and method

	action correlate.Action // of examined ones
}

const (
	leftAlone uint8 = iota
	given           // the data link it
	examined
)

// decide makes the decisions for accounts, on all workers.
func (p *population) decide(accounts []int32, decisions []decision) {
	p.index.Hold() // nobody is linked before all of them are decided
	var next atomic.Int64
	work := func(at *int) {
		var a identity.Account
		for {
			to := int(next.Add(matchPart))
			for i := to - matchPart; i < min(to, len(accounts)); i++ {
				*at = i
				a = identity.Account{}
				p.accounts.Read(accounts[i], &a)
				decisions[i] = p.decision(&p.state[accounts[i]], &a)
			}
			if to >= len(accounts) {
				return
			}
		}
	}
	if workers := min(p.opts.Workers, len(accounts)/matchPart); workers > 1 && p.engine.opts.Correlation.Rule == nil {
		var wg sync.WaitGroup
		for range workers {
			wg.Go(func() {
				at := 0
				place := func() string {
					a := p.accounts.At(accounts[at])
					return fmt.Sprintf("correlate account %s", a.Key())
				}
				p.fail(guard(place, func() { work(&at) }))
			})
		}
		wg.Wait()
		return
	}
	work(new(int))
}

// decision matches an account. One that is linked already is examined again when
// its data have changed.
func (p *population) decision(st *accountState, a *identity.Account) decision {
	if n, ok := p.known(a); ok {
		return decision{kind: given, match: correlate.Match{Identity: n, Method: p.dataLink(a)}}
	}
	if p.blocked(a) || st.owner >= 0 && !st.changed {
		return decision{}
	}
	m := p.match(a)
	return decision{kind: examined, match: m, action: p.action(a.Source, m, st.owner)}
}

// action says what becomes of an account of a source that was examined, given the
// identity that it has.
func (p *population) action(source string, m correlate.Match, owner int32) correlate.Action {
	link := correlate.Link{Identity: owner, Strict: p.opts.StrictRecorrelate}
	return p.engine.sources[source].correlator.Decide(m, link, nil).Action
}

// carryOut links an account as was decided. A match with another identity moves
// it, no match leaves it (correlate/DECISIONS.md, DECISION 33).
func (p *population) carryOut(account int32, d *decision, t *touched) {
	st, m := &p.state[account], &d.match
	old := st.owner
	switch {
	case d.kind == leftAlone:
		return
	case d.kind == given:
		if old != m.Identity {
			p.link(account, m.Identity, m.Method, 0)
			p.touch(t, m.Identity)
		}
		st.named = false
		return
	}
	p.note(account, m)
	switch d.action {
	case correlate.LinkAccount, correlate.MoveAccount:
		p.link(account, m.Identity, m.Method, m.Criterion)
		p.touch(t, m.Identity)
	case correlate.UnlinkAccount:
		if old >= 0 {
			p.unlink(account)
		}
	}
	if old >= 0 {
		p.touch(t, old)
		st.changed = false
	}
}
