package profile

import (
	"fmt"
	"slices"

	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/identity"
)

// A run that begins from nothing makes an identity of nearly every authoritative account:
// few meet an identity that came before them. So each account gets one, all that these are
// found by is worked out in the order of the rows and on all workers, and then each is asked
// whether it meets somebody. Whoever meets nobody among all of them would have met nobody
// among those before it. The few others are gone through in the order of the run, and look
// only at those before them.

// mayMeet reports whether the account, by its index, may meet somebody now.
func (f *fresh) mayMeet(i int) bool {
	if !f.alone[i] {
		return true
	}
	marks := &f.marks[i]
	if marks[0] == manyMarks {
		return f.since.Any()
	}
	return f.since.Noted(marks[:])
}

// manyMarks stands in the place of the marks of an account that has too many.
const manyMarks = 0xffffffff

// beginsFresh reports whether the identities of a source can be made all at once: nothing was
// stored or decided, no account names its identity, and nothing that the host or a mapping
// does depends on who came before.
func (l *linker) beginsFresh(name string) bool {
	o := &l.engine.opts
	return l.fullRun && !l.named && !l.accounts.Manual &&
		len(l.decided.about)+len(l.decided.must)+len(l.decided.undone) == 0 &&
		o.Correlation.Rule == nil && len(o.AccountRules) == 0 &&
		l.keysAreTheirOwn() && !l.engine.sources[name].correlator.ReadsValues()
}

// keysAreTheirOwn reports whether what an identity is found by does not depend on what others
// were found by just before, so that it can be worked out for many at once.
func (l *linker) keysAreTheirOwn() bool {
	return l.index.Plain() && l.onRefresh == nil && l.opts.Unique == nil && !l.engine.ReadsOthers()
}

// freshSource is [linker.authoritativeSource] where identities can be made all at once.
func (l *linker) freshSource(name string) {
	list := l.inOrder(name)
	f := &fresh{identities: make([]int32, len(list)), alone: make([]bool, len(list)), marks: make([][maxMarks]uint32, len(list))}
	for i, account := range list {
		f.identities[i] = l.create(account)
	}

	// Keys first, of everybody; the watch begins when all are there.
	order := rowOrder(list)
	byRows := make([]int32, len(order))
	for k, i := range order {
		byRows[k] = f.identities[i]
	}
	l.putKeys(name, byRows, nil)
	f.since = l.index.Watch(len(l.people))
	l.freshOf[name] = f
	l.index.Hold()
	l.eachOf(list, order, func(i int32, a *identity.Account) {
		f.look(l, i, a)
	})
	if l.failure() != nil || l.ctx.Err() != nil {
		return
	}

	// Those that met somebody are found by nothing until it is their turn, the last ones first:
	// of thousands with one key, each is then the last of those that have it.
	for i, n := range slices.Backward(f.identities) {
		if !f.alone[i] {
			l.unfind(n)
		}
	}

	defer l.refreshCrowds()
	for i, account := range list {
		if f.mayMeet(i) {
			l.meetEarlier(account, f.identities[i], f.alone[i])
		}
	}
}

// look asks whether an account, by its index, meets anybody.
func (f *fresh) look(l *linker, i int32, a *identity.Account) {
	var room [maxMarks]uint32
	marks := correlate.Marks{Keys: room[:0]}
	m := l.engine.sources[a.Source].correlator.Search(l.index, a, correlate.Search{Without: f.identities[i : i+1], Marks: &marks})
	f.alone[i] = m.Identity < 0 && len(m.Ambiguous) == 0 && !marks.Open

	// Places that are left over hold the first mark once more.
	to := &f.marks[i]
	if len(marks.Keys) > len(to) || len(marks.Keys) > 0 && marks.Keys[0] == manyMarks {
		to[0] = manyMarks
		return
	}
	for k := range to {
		if k < len(marks.Keys) {
			to[k] = marks.Keys[k]
		} else if k > 0 {
			to[k] = to[0]
		}
	}
}

// meetEarlier joins an account that made an identity to one that came before, if it meets
// one. If not, and what it is found by is not there, it is put now.
func (l *linker) meetEarlier(account, made int32, found bool) {
	a := l.readAccount(account)
	m := correlate.Match{Identity: -1}
	if made > 0 { // nobody comes before the first one
		m = l.engine.sources[a.Source].correlator.Search(l.index, a, correlate.Search{Before: made})
	}
	l.note(account, &m)
	if m.Identity < 0 {
		if !found {
			l.refreshKeys(made)
		}
		return
	}

	l.link(account, m.Identity, m.Method, m.Criterion)
	l.unmake(made)
	if l.joined[m.Identity]++; l.joined[m.Identity] <= maxJoined {
		l.refreshJoined(m.Identity, l.accounts.Sources[account])
	}
}

// refreshJoined brings up to date what an identity is found by after an authoritative account
// has joined it. One of a source that comes later leaves it its profile, and only what reads
// that source may be another.
func (l *linker) refreshJoined(n int32, source uint16) {
	keys, all := l.staleKeys(n, source)
	switch {
	case all || l.rank(source) <= l.people[n].profile:
		l.refreshKeys(n)
	case keys != nil:
		l.refresh(n, keys)
	}
}

// putKeys works out what identities are found by, on all workers and in the given order, and
// puts it. The function keysOf says which keys of the index; nil: all of them.
func (l *linker) putKeys(name string, people []int32, keysOf func(n int32) []bool) {
	workers := make([]keyWorker, l.workersFor(len(people)))
	keyers := make([]*correlate.Keyer, len(workers))
	for i := range workers {
		keyers[i] = l.index.NewKeyer()
		workers[i] = keyWorker{keyer: keyers[i], eval: newEvaluator(l.ctx, l.engine, l.env)}
	}

	l.knowRanks()
	done := 0
	place := func(worker int) string { return fmt.Sprintf("correlate identity %q", l.aliasOf(workers[worker].at)) }
	for block := range slices.Chunk(people, matchBlock) {
		if l.ctx.Err() != nil || l.failure() != nil {
			return
		}
		l.progress("correlate "+name, done, len(people))
		l.inParts(len(block), len(workers), place, func(worker, i int) {
			w, n := &workers[worker], block[i]
			var keys []bool
			if keysOf != nil {
				keys = keysOf(n)
			}
			w.at, w.accounts = n, l.appendAccounts(w.accounts[:0], n)
			l.putFound(w.keyer, w.eval, n, w.accounts, keys)
		})
		l.index.Commit(keyers...)
		done += len(block)
	}
}

// keyWorker works out keys on one goroutine.
type keyWorker struct {
	keyer    *correlate.Keyer
	eval     *evaluator
	accounts []identity.Account
	at       int32 // identity
}
