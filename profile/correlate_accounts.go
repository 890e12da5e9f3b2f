package profile

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/identity"
)

// match correlates an account, with nobody that people have said it does not belong to.
// It changes nothing and is safe for concurrent use.
func (l *linker) match(account int32, a *identity.Account) correlate.Match {
	return l.matchOther(a, l.forbidden(account))
}

// matchOther correlates an account with all identities but some.
func (l *linker) matchOther(a *identity.Account, without []int32) correlate.Match {
	c := l.engine.sources[a.Source].correlator
	var value func(n int32, attribute string) identity.Value
	if c.ReadsValues() {
		value = l.index.Value
	}
	return c.MatchOther(l.index, a, without, value)
}

// note keeps the ambiguities of a match: for the findings always, as a reason
// when it finds nobody.
func (l *linker) note(account int32, m *correlate.Match) {
	if len(m.Ambiguous) == 0 {
		delete(l.ambiguous, account)
		delete(l.notes, account)
		return
	}

	l.ambiguous[account] = m.Ambiguous
	if m.Identity < 0 {
		l.notes[account] = m.Ambiguous
	} else {
		delete(l.notes, account)
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
func (l *linker) otherSource(name string, accounts []int32) bool {
	t := relinked{source: l.accounts.SourceNumber(name), stale: make([]bool, len(l.people))}
	decisions := make([]decision, min(matchBlock, len(accounts)))
	done := 0
	for block := range slices.Chunk(accounts, matchBlock) {
		l.progress("correlate "+name, done, len(accounts))
		if l.ctx.Err() != nil {
			return false
		}
		l.matchAll(block, decisions)
		if l.failure() != nil {
			return false
		}
		for i, account := range block {
			l.apply(account, &decisions[i], &t)
		}
		done += len(block)
	}

	l.refreshTouched(&t)
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

// matchAll makes the decisions for accounts, on all workers.
func (l *linker) matchAll(accounts []int32, decisions []decision) {
	l.index.Hold() // nobody is linked before all of them are decided
	var next atomic.Int64
	work := func(at *int) {
		var a identity.Account
		for {
			to := int(next.Add(matchPart))
			for i := to - matchPart; i < min(to, len(accounts)); i++ {
				*at = i
				a = identity.Account{}
				l.accounts.Read(accounts[i], &a)
				decisions[i] = l.decision(accounts[i], &l.state[accounts[i]], &a)
			}

			if to >= len(accounts) {
				return
			}
		}
	}

	if workers := min(l.opts.Workers, len(accounts)/matchPart); workers > 1 && l.engine.opts.Correlation.Rule == nil &&
		len(l.engine.opts.AccountRules) == 0 { // rules of the host belong to one goroutine
		var wg sync.WaitGroup
		for range workers {
			wg.Go(func() {
				at := 0
				place := func() string {
					a := l.accounts.At(accounts[at])
					return fmt.Sprintf("correlate account %s", a.Key())
				}
				l.fail(guard(place, func() { work(&at) }))
			})
		}

		wg.Wait()
		return
	}

	work(new(int))
}

// decision matches an account. One that is linked already is examined again when
// its data have changed.
func (l *linker) decision(account int32, st *accountState, a *identity.Account) decision {
	if n, method, ok := l.knownOf(account, a); ok {
		return decision{kind: given, match: correlate.Match{Identity: n, Method: method}}
	}
	baseless := st.decided && l.baseless(account)
	if l.blocked(a) || st.owner >= 0 && !st.pending && !baseless {
		return decision{}
	}
	m := l.match(account, a)
	return decision{kind: examined, match: m, action: l.action(a.Source, m, st.owner, baseless)}
}

// action says what becomes of an account of a source that was examined, given the
// identity that it has. When nothing is left that its link rests on, it has none any more
// without a match.
func (l *linker) action(source string, m correlate.Match, owner int32, baseless bool) correlate.Action {
	link := correlate.Link{Identity: owner, Strict: baseless || l.opts.StrictRecorrelate}
	return l.engine.sources[source].correlator.Decide(m, link, nil).Action
}

// apply links an account as was decided. A match with another identity moves
// it, no match leaves it (correlate/DECISIONS.md, DECISION 33).
func (l *linker) apply(account int32, d *decision, t *relinked) {
	st, m := &l.state[account], &d.match
	old := st.owner
	if st.decided {
		defer l.noteEffects(account, old)
	}
	switch {
	case d.kind == leftAlone:
		return
	case d.kind == given:
		if old != m.Identity {
			l.link(account, m.Identity, m.Method, 0)
			l.touch(t, m.Identity)
			if old >= 0 {
				l.touch(t, old)
			}
		}

		st.named = false
		return
	}

	l.note(account, m)
	switch d.action {
	case correlate.LinkAccount, correlate.MoveAccount:
		l.link(account, m.Identity, m.Method, m.Criterion)
		l.touch(t, m.Identity)
	case correlate.UnlinkAccount:
		if old >= 0 {
			l.unlink(account)
		}
	}

	if old >= 0 {
		l.touch(t, old)
		st.pending = false
	}
}
