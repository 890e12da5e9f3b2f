package profile

import (
	"cmp"
	"fmt"
	"slices"
	"sync"

	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/identity"
)

// match correlates an account with everybody but those named, and but those that people
// have said it does not belong to. It changes nothing and is safe for concurrent use.
func (l *linker) match(account int32, a *identity.Account, but ...int32) correlate.Match {
	return l.byRules(a, append(l.forbidden(account), but...))
}

// byRules correlates an account as the rules of its source say, whatever people have said.
func (l *linker) byRules(a *identity.Account, without []int32) correlate.Match {
	c := l.engine.sources[a.Source].correlator
	var value func(n int32, attribute string) identity.Value
	if c.ReadsValues() {
		value = l.index.Value
	}
	return c.Search(l.index, a, correlate.Search{Without: without, Value: value})
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

// otherSource correlates accounts of a source that makes no identities. Identity
// attributes stay as they are until all are through, so they are matched independently
// of each other: by all workers, and in the order of their rows, for the one in which
// they are linked goes from row to row at random. It reports whether an account found an
// identity.
func (l *linker) otherSource(name string, accounts []int32) bool {
	t := relinked{source: l.accounts.SourceNumber(name), stale: make([]bool, len(l.people))}
	d := decisions{accounts: accounts, of: make([]packedDecision, len(accounts)), notes: map[int32][]correlate.Ambiguity{}}
	done := 0
	for block := range slices.Chunk(rowOrder(accounts), matchBlock) {
		l.progress("correlate "+name, done, len(accounts))
		if l.ctx.Err() != nil {
			return false
		}
		l.matchAll(block, &d)
		if l.failure() != nil {
			return false
		}
		done += len(block)
	}

	// Linking goes in the order of the run, whatever the order of matching was: who comes first
	// decides what later accounts meet.
	for i, account := range accounts {
		one := d.at(int32(i))
		if l.state[account].decided { // it may depend on whose the ones before it are now
			one = l.decision(account, &l.state[account], l.readAccount(account))
		}
		l.apply(account, &one, &t)
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

// decisions are those about the accounts of a source, until they are carried out.
type decisions struct {
	accounts []int32
	of       []packedDecision // by index of accounts

	mu    sync.Mutex
	notes map[int32][]correlate.Ambiguity // by index: of few
}

// packedDecision is a decision without what few have.
type packedDecision struct {
	identity  int32
	criterion uint16
	kind      uint8
	method    uint8 // of methods
	action    correlate.Action
	noted     bool
}

// rowOrder returns the indexes of accounts in the order of their rows. Those of a source
// nearly always stand together, so each finds its place without being compared.
func rowOrder(accounts []int32) []int32 {
	order := make([]int32, 0, len(accounts))
	if len(accounts) == 0 {
		return order
	}
	first, last := slices.Min(accounts), slices.Max(accounts)
	if int(last-first) >= 4*len(accounts) {
		for i := range accounts {
			order = append(order, int32(i))
		}
		slices.SortFunc(order, func(a, b int32) int { return cmp.Compare(accounts[a], accounts[b]) })
		return order
	}

	at := make([]int32, last-first+1) // 1 + index, by account
	for i, a := range accounts {
		at[a-first] = int32(i) + 1
	}
	for _, i := range at {
		if i > 0 {
			order = append(order, i-1)
		}
	}
	return order
}

// put keeps a decision. It may be called for several accounts at once.
func (d *decisions) put(i int32, one *decision) {
	m := &one.match
	p := packedDecision{identity: m.Identity, criterion: uint16(m.Criterion), kind: one.kind, noted: len(m.Ambiguous) > 0,
		method: uint8(slices.Index(methods[:], m.Method)), action: one.action}
	d.of[i] = p
	if p.noted {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.notes[i] = m.Ambiguous
	}
}

// at returns a decision as it was put.
func (d *decisions) at(i int32) decision {
	p := d.of[i]
	if p.kind == leftAlone {
		return decision{}
	}
	one := decision{kind: p.kind, action: p.action,
		match: correlate.Match{Identity: p.identity, Method: methods[p.method], Criterion: int(p.criterion)}}
	if p.noted {
		one.match.Ambiguous = d.notes[i]
	}
	return one
}

// matchAll makes the decisions for some accounts, on all workers.
func (l *linker) matchAll(indexes []int32, d *decisions) {
	l.index.Hold() // nobody is linked before all of them are decided
	l.eachOf(d.accounts, indexes, func(i int32, a *identity.Account) {
		one := l.decision(d.accounts[i], &l.state[d.accounts[i]], a)
		d.put(i, &one)
	})
}

// eachOf reads some of a list of accounts, given by their indexes, and hands them to do, on
// all workers.
func (l *linker) eachOf(accounts, indexes []int32, do func(i int32, a *identity.Account)) {
	workers := l.workersFor(len(indexes))
	if l.engine.opts.Correlation.Rule != nil || len(l.engine.opts.AccountRules) > 0 || l.index.IsLate() {
		workers = 1 // rules of the host belong to one goroutine, and so does an index that changes when it is asked
	}

	type reading struct {
		at int32
		a  identity.Account
	}
	at := make([]reading, workers)
	place := func(worker int) string {
		a := l.accounts.At(at[worker].at)
		return fmt.Sprintf("correlate account %s", a.Key())
	}
	l.inParts(len(indexes), workers, place, func(worker, i int) {
		w := &at[worker]
		w.at, w.a = accounts[indexes[i]], identity.Account{}
		l.accounts.Read(w.at, &w.a)
		do(indexes[i], &w.a)
	})
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

	// What a decision of people has changed is noted at the end, whichever way is taken.
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

	// A match that is ambiguous is a finding also when it found somebody by a later rule.
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

	// Whoever had it before has lost an account, and is found by other keys now.
	if old >= 0 {
		l.touch(t, old)
		st.pending = false
	}
}
