package profile

import (
	"maps"
	"slices"

	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/profile/config"
)

// What an identity is found by is evaluated again only when an account that it
// may depend on came or went.

// prepareKeys gets ready for the identities that there can be.
func (l *linker) prepareKeys() {
	people := len(l.people)
	for source := range l.engine.serving() {
		people += len(l.inOrder(source))
	}

	if !l.index.IsLate() { // of which few are put
		l.index.Grow(people)
	}
	for _, c := range l.engine.profiles {
		l.reads = append(l.reads, l.readsOf(c))
	}
}

func (l *linker) readsOf(c *compiled) correlationReads {
	r := make(correlationReads, len(l.accounts.Names))
	for key, name := range l.index.Keys() {
		slot, ok := c.slots[name]
		if !ok || !c.profile.Enabled { // the alias and stored values stay
			continue
		}
		sources, all := l.engine.sourcesRead(c, slot)
		for number, source := range l.accounts.Names {
			if all || slices.Contains(sources, source) {
				if r[number] == nil {
					r[number] = make([]bool, len(l.index.Keys()))
				}
				r[number][key] = true
			}
		}
	}

	return r
}

// sourcesRead returns the sources whose accounts an attribute reads, itself or
// through other attributes. All: it may read every account.
func (e *Engine) sourcesRead(c *compiled, slot int) (sources []string, all bool) {
	seen := make([]bool, len(c.attrs))
	var visit func(i int)
	visit = func(i int) {
		if seen[i] || all {
			return
		}
		seen[i] = true
		d := &c.attrs[i].program.Deps

		// These may read anything, so any account may change them.
		all = d.AnyAccount || d.AnyIdentity || d.Others || d.Unique || len(d.Rules) > 0
		for _, read := range d.Accounts {
			all = all || e.sources[read.Source] == nil // it may be another name of any source
			sources = append(sources, read.Source)
		}

		// The lifecycle state is evaluated last and read as it was stored, so it leads no further.
		for _, name := range d.Identity {
			if j, ok := c.slots[name]; ok && name != config.AttrLifecycle {
				visit(j)
			}
		}
	}

	visit(slot)
	return sources, all
}

// staleKeys returns the keys by which identity n may be found otherwise once an
// account of a source that makes no identities came or went; all is true when
// none was evaluated in this run.
func (l *linker) staleKeys(n int32, source uint16) (keys []bool, all bool) {
	q := &l.people[n]
	if !q.indexed {
		return nil, true
	}
	if q.profile < 0 {
		return nil, false // stored values stay
	}
	return l.reads[q.profile][source], false
}

// relinked are the identities whose accounts changed while a source is correlated.
type relinked struct {
	source uint16
	any    bool
	stale  []bool // by identity
}

// touch notes that an account came to an identity or left it.
func (l *linker) touch(t *relinked, n int32) {
	t.any = true
	if keys, all := l.staleKeys(n, t.source); all || keys != nil {
		t.stale[n] = true
	}
}

// refreshTouched brings up to date what touched identities are found by.
func (l *linker) refreshTouched(t *relinked) {
	if !slices.Contains(t.stale, true) {
		return
	}
	var stale []int32
	for _, n := range l.byRows() {
		if int(n) < len(t.stale) && t.stale[n] {
			stale = append(stale, n)
		}
	}

	// Whoever reads others sees what those are found by from now on.
	keysOf := func(n int32) []bool {
		keys, _ := l.staleKeys(n, t.source)
		return keys
	}
	if len(stale) > matchPart && l.keysAreTheirOwn() {
		l.putKeys(l.accounts.Names[t.source], stale, keysOf)
		return
	}

	for _, n := range stale {
		l.refresh(n, keysOf(n))
	}
}

// refreshKeys evaluates what correlation compares with, and indexes it.
func (l *linker) refreshKeys(n int32) { l.refresh(n, nil) }

// refresh evaluates and indexes some keys of the index; nil: all of them.
func (l *linker) refresh(n int32, keys []bool) {
	l.putFound(l.index, l.eval, n, l.accountsOf(n), keys)
	if l.onRefresh != nil {
		l.onRefresh(n)
	}
}

// putter takes what identities are found by: an index, or a keyer of one.
type putter interface {
	Put(n int32, key int, v identity.Value)
}

// putFound evaluates what an identity is found by, given its accounts, and puts it.
func (l *linker) putFound(to putter, v *evaluator, n int32, accounts []identity.Account, keys []bool) {
	l.people[n].indexed = true
	l.keysOf(v, n, accounts, keys, func(key int, value identity.Value, member bool) {
		if l.index.Keys()[key] == config.AttrUID {
			l.holdUID(n, member, value)
		}
		to.Put(n, key, value)
	})
}

// eachKey evaluates what an identity is found by: some keys of the index, nil for all of
// them. Values hold until the next call; member: it has an authoritative account.
func (l *linker) eachKey(n int32, keys []bool, yield func(key int, v identity.Value, member bool)) {
	l.keysOf(l.eval, n, l.accountsOf(n), keys, yield)
}

// keysOf is eachKey with an evaluator, and the accounts of the identity.
func (l *linker) keysOf(v *evaluator, n int32, accounts []identity.Account, keys []bool,
	yield func(key int, v identity.Value, member bool)) {
	x := l.prepare(v, n, accounts)
	for key, name := range l.index.Keys() {
		if keys != nil && !keys[key] {
			continue
		}
		var v identity.Value
		switch {
		case name == correlate.Alias:
			v = identity.StringValue(l.aliasOf(n))
		case x != nil:
			v, _ = x.current(name)
		default: // without authoritative account it keeps what it had, so that people who return find it
			v = l.storedAttributes(n).Get(name)
		}

		yield(key, v, x != nil)
	}
}

// holdUID notes whether the uid is the one that the identity had before the run.
func (l *linker) holdUID(n int32, member bool, uid identity.Value) {
	held := l.storedAttributes(n).Get(config.AttrUID).Text()
	l.people[n].holdsUID = held != "" && member && identity.Fold(held) == identity.Fold(uid.Text())
}

// current returns an attribute as this run has it: evaluated or, when the
// mapping is disabled or missing, as stored.
func (x *evaluation) current(name string) (identity.Value, error) {
	if !x.profile.profile.Enabled {
		return x.input.stored.Get(name), nil
	}
	if i, ok := x.profile.slots[name]; ok {
		if x.state[i] == todo {
			x.evaluate(i)
		}
		return x.values[i], nil
	}

	return x.input.stored.Get(name), nil
}

// accountsOf returns the accounts of an identity, valid until the next call. That of an
// identity which was just made is at hand.
func (l *linker) accountsOf(n int32) []identity.Account {
	if q := &l.people[n]; q.first >= 0 && q.first == q.last && q.first == l.at {
		l.buf = append(l.buf[:0], l.current)
		return l.buf
	}
	l.buf = l.appendAccounts(l.buf[:0], n)
	return l.buf
}

// refreshCrowds brings up to date what crowds have changed.
func (l *linker) refreshCrowds() {
	for _, n := range slices.Sorted(maps.Keys(l.joined)) {
		if l.joined[n] > maxJoined {
			l.refreshKeys(n)
		}
	}

	clear(l.joined)
}
