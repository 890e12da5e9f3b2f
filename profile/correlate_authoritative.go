package profile

import (
	"fmt"
	"maps"
	"slices"

	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/profile/config"
)

// correlate runs phases 1 to 3 of DECISION 46, as far as links go:
// authoritative sources by priority, other sources by name, then rounds until no
// new link appears.
func (l *linker) correlate() error {
	// Keys of everybody who lost or got an account since the last run are not those that were stored.
	l.prepareKeys()
	for n := range l.people {
		if l.people[n].linksChanged {
			l.refreshKeys(int32(n))
		}
	}

	// Authoritative sources first: their accounts make the identities that all others belong to.
	l.authoritativeSources()
	if err := l.ctx.Err(); err != nil {
		return err
	}
	l.reportGone()
	moved := false
	for _, name := range l.otherSources() {
		moved = l.otherSource(name, l.inOrder(name)) || moved
	}

	// Reports come at the end, however this ends, as they are about what is left.
	defer l.reportLikelyRenames()
	defer l.reportAmbiguous()
	defer l.reportRules()

	// An account that joins changes what its identity is found by, which may let others join. Rounds
	// end when nothing moves, or after so many.
	if !moved {
		return l.failure()
	}
	for range maxRounds {
		linked := false
		for _, name := range l.otherSources() {
			if left := l.unlinked(name); len(left) > 0 && l.otherSource(name, left) {
				linked = true
			}
		}

		if !linked {
			return l.failure()
		}
	}

	l.report(diag.Diagnostic{Severity: diag.Warning, Code: codeCorrelationUnsettled,
		Message: fmt.Sprintf("accounts still find new identities after %d rounds", maxRounds)})
	return l.failure()
}

// authoritativeSources makes the identities: phase 1 of DECISION 46.
func (l *linker) authoritativeSources() {
	l.freshOf = map[string]*fresh{}
	for source := range l.engine.serving() {
		if l.beginsFresh(source) {
			l.freshSource(source)
		} else {
			l.authoritativeSource(source)
		}
	}

	l.correlateAgain()
	l.index.Unwatch()
	l.freshOf = nil
}

// authoritativeSource gives each account of the source an identity: the one it
// is linked to, one that it correlates with, or a new one.
func (l *linker) authoritativeSource(name string) {
	list := l.inOrder(name)
	defer l.refreshCrowds()
	for i, account := range list {
		l.authoritativeAccount(account)
		if i%4096 == 0 {
			l.progress("correlate "+name, i, len(list))
			if l.ctx.Err() != nil {
				return
			}
		}
	}
}

func (l *linker) authoritativeAccount(account int32) {
	st := &l.state[account]
	if st.owner >= 0 {
		if st.pending {
			l.refreshKeys(st.owner)
		}
		return
	}

	// In this order: what the data or people say, what must be left alone, what the rules find; only
	// then a new identity.
	a := l.readAccount(account)
	n, method, ok := l.knownOf(account, a)
	switch {
	case ok:
		l.link(account, n, method, 0)
	case l.blocked(a):
		return
	default:
		m := l.match(account, a)
		l.note(account, &m)
		if m.Identity >= 0 {
			n = m.Identity
			l.link(account, n, m.Method, m.Criterion)
			break
		}

		n = l.newIdentity(account, a)
		l.refreshKeys(n)
		return
	}

	// Many accounts of one identity would each index it anew; those of a crowd do it together, when
	// their source is through.
	if l.joined[n]++; l.joined[n] <= maxJoined {
		l.refreshKeys(n)
	}
}

// newIdentity makes an identity from an authoritative account, unless there is one
// with the id that it would get: that one lost the account before, or other
// accounts name it.
func (l *linker) newIdentity(account int32, a *identity.Account) int32 {
	if !l.named {
		return l.create(account)
	}
	id := l.idFrom(a)
	if n, ok := l.byIdentity(id); ok {
		l.link(account, n, correlate.Sticky, 0)
		return n
	}

	n := l.create(account)
	l.byID[id] = n
	return n
}

// otherSources returns the configured sources that no profile has as authoritative, sorted
// by name.
func (l *linker) otherSources() []string {
	var names []string
	for _, name := range l.accounts.Names {
		if l.engine.bySource[name] == nil && l.engine.sources[name] != nil {
			names = append(names, name)
		}
	}

	slices.Sort(names)
	return names
}

// reportGone reports the sources that are no longer configured and have stored accounts.
// Nothing says how those correlate, so they stay as they are: with their identity, or
// without one.
func (l *linker) reportGone() {
	gone := map[string]int{}
	for n, source := range l.accounts.Sources {
		name := l.accounts.Names[source]
		if st := &l.state[n]; l.engine.sources[name] == nil && st.presence.exists() {
			gone[name]++
		}
	}

	for _, name := range slices.Sorted(maps.Keys(gone)) {
		l.report(diag.Diagnostic{Severity: diag.Warning, Code: codeSourceUnknown,
			Message: fmt.Sprintf("%d stored accounts of the source %q, which is not configured, stay as they are", gone[name],
				name)})
	}
}

// indexStored indexes the stored identities and finds their profiles, or finds
// the profiles of those whose accounts have changed.
func (l *linker) indexStored() {
	if !l.fullRun {
		for n := range l.state {
			if st := &l.state[n]; st.difference != noDifference && st.owner >= 0 {
				l.membership(st.owner)
			}
		}

		for n := range l.people {
			if l.people[n].linksChanged {
				l.membership(int32(n))
			}
		}

		return
	}

	l.indexAll()
}

// indexAll indexes all stored identities and finds their profiles.
func (l *linker) indexAll() {
	l.index.Grow(len(l.stored))

	// Stored values are what identities were found by until now.
	for n := range l.stored {
		if l.opts.Recompute { // the stored values may come from accounts that are not linked yet
			l.refreshKeys(int32(n))
		} else {
			l.refreshStored(int32(n))
		}
	}
}

// refreshStored indexes a stored identity by its stored attributes.
func (l *linker) refreshStored(n int32) {
	l.people[n].holdsUID = !l.stored[n].Attributes.Get(config.AttrUID).IsNull()
	l.putStored(n)
	l.membership(n)
}

// putStored indexes a stored identity.
func (l *linker) putStored(n int32) {
	attrs := l.storedAttributes(n)
	for key, name := range l.index.Keys() {
		v := attrs.Get(name)
		if name == correlate.Alias {
			v = identity.StringValue(l.aliasOf(n))
		}
		l.index.Put(n, key, v)
	}
}
