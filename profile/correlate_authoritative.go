package profile

import (
	"cmp"
	"fmt"
	"iter"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/profile/config"
)

// maxRounds bounds the repetition of correlation.
const maxRounds = 8

// linker is phase 2: it finds whose each account is.
type linker struct {
	*tables
	index     *correlate.Index
	decided   decided
	eval      *evaluator                      // of what identities are found by
	reads     []correlationReads              // by rank
	orders    [][]int32                       // see inOrder, by source number
	ambiguous map[int32][]correlate.Ambiguity // by account, with identity or without, for the findings

	onRefresh func(n int32) // hears of identities that are found otherwise from now on; nil: nobody does

	freshOf map[string]*fresh // by source whose identities were made all at once

	joined map[int32]int // how many authoritative accounts have joined an identity, beside the first

	buf     []identity.Account
	current identity.Account // the one that is correlated
	at      int32            // its number
}

// release drops what only linking needs.
func (l *linker) release() { l.index, l.orders = nil, nil }

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
	for _, name := range l.otherSources() {
		l.otherSource(name, l.inOrder(name))
	}

	// Reports come at the end, however this ends, as they are about what is left.
	defer l.reportLikelyRenames()
	defer l.reportAmbiguous()
	defer l.reportRules()

	// An account that joins changes what its identity is found by, which may let others join. Rounds
	// end when nothing moves, or after so many.
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

// serving yields the sources that make the members of a profile, by priority.
func (e *Engine) serving() iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, c := range e.profiles {
			if c.source != nil && e.bySource[c.source.Name] == c && !yield(c.source.Name) {
				return
			}
		}
	}
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

// maxJoined is how many accounts that join one identity change at once what it is found
// by; those of a crowd do it together, when their source is through (DECISION 26).
const maxJoined = 1000

// refreshCrowds brings up to date what crowds have changed.
func (l *linker) refreshCrowds() {
	for _, n := range slices.Sorted(maps.Keys(l.joined)) {
		if l.joined[n] > maxJoined {
			l.refreshKeys(n)
		}
	}

	clear(l.joined)
}

// newIdentity makes an identity from an authoritative account, unless there is one
// with the id that it would get: that one lost the account before, or other
// accounts name it.
func (l *linker) newIdentity(account int32, a *identity.Account) int32 {
	if !l.named {
		return l.create(account)
	}
	id := l.idFrom(a)
	if n, ok := l.byID[id]; ok {
		l.link(account, n, correlate.Sticky, 0)
		return n
	}

	n := l.create(account)
	l.byID[id] = n
	return n
}

// readAccount returns an account, valid until the next call.
func (l *linker) readAccount(account int32) *identity.Account {
	l.current, l.at = identity.Account{}, account
	l.accounts.Read(account, &l.current)
	return &l.current
}

// blocked reports whether a manual mark keeps the account from correlating.
func (l *linker) blocked(a *identity.Account) bool {
	return a.ManuallyCorrelated && !l.opts.Recompute
}

// known returns the identity that the data link the account to.
func (l *linker) known(a *identity.Account) (int32, bool) {
	if l.opts.Recompute || a.IdentityID == "" {
		return 0, false
	}
	n, ok := l.byID[a.IdentityID]
	return n, ok
}

func (l *linker) dataLink(a *identity.Account) correlate.Method {
	if a.ManuallyCorrelated {
		return correlate.Manual
	}
	return correlate.Sticky
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

func (l *linker) unlinked(name string) []int32 {
	var left []int32
	for _, a := range l.inOrder(name) {
		if l.state[a].owner < 0 {
			left = append(left, a)
		}
	}

	return left
}

// inOrder returns the accounts of a source, oldest first; those without creation
// time come last, and ties keep their order. It is computed once, after all
// accounts are read. The result must not be changed.
func (l *linker) inOrder(source string) []int32 {
	number := int(l.accounts.SourceNumber(source))
	for len(l.orders) <= number {
		l.orders = append(l.orders, nil)
	}
	if l.orders[number] == nil {
		l.orders[number] = l.byCreated(uint16(number))
	}
	return l.orders[number]
}

func (l *linker) byCreated(source uint16) []int32 {
	var list []aged
	for n, s := range l.accounts.Sources {
		if s == source && l.mustCorrelate(&l.state[n]) {
			created, ok := l.accounts.Created(int32(n))
			if !ok {
				created = math.MaxInt64
			}
			a := aged{created: created, account: int32(n)}
			if st := &l.state[n]; !l.fullRun && st.presence.wasStored() && st.owner < 0 {
				a.prefix = l.accounts.Prefix(int32(n))
			}
			list = append(list, a)
		}
	}

	if l.fullRun {
		sortByAge(list)
	} else {
		slices.SortFunc(list, l.compareAged)
	}

	order := make([]int32, len(list))
	for i, a := range list {
		order[i] = a.account
	}
	return order
}

// aged is an account with what its order goes by.
type aged struct {
	created int64
	prefix  uint64 // of the native identity, for accounts whose order it decides
	account int32
}

func (l *linker) compareAged(a, b aged) int {
	if a.created != b.created {
		return cmp.Compare(a.created, b.created)
	}

	// The first eight bytes decide nearly always, without reading the account.
	if a.prefix != b.prefix && a.prefix != 0 && b.prefix != 0 {
		return cmp.Compare(a.prefix, b.prefix)
	}
	return l.compareAccounts(a.account, b.account)
}

// sortByAge sorts accounts by creation; those of one time keep their order. Many are sorted
// digit by digit from the last one, by what all times are multiples of: whole seconds or
// milliseconds in nearly all files.
func sortByAge(list []aged) {
	const digit = 11 // bits
	if len(list) < 1<<digit {
		slices.SortStableFunc(list, func(a, b aged) int { return cmp.Compare(a.created, b.created) })
		return
	}

	first, last, unit := list[0].created, int64(math.MinInt64), int64(time.Second)
	for _, a := range list {
		if first = min(first, a.created); a.created < math.MaxInt64 {
			last = max(last, a.created)
		}
	}
	for _, a := range list {
		for a.created < math.MaxInt64 && (uint64(a.created)-uint64(first))%uint64(unit) != 0 {
			unit /= 1000
		}
	}

	// Accounts without a time come last.
	most := (uint64(last) - uint64(first)) / uint64(unit)
	key := func(a *aged) uint64 {
		if a.created == math.MaxInt64 {
			return most + 1
		}
		return (uint64(a.created) - uint64(first)) / uint64(unit)
	}

	from, to := list, make([]aged, len(list))
	for shift := 0; shift < 64 && (most+1)>>shift > 0; shift += digit {
		var at [1<<digit + 1]int
		for i := range from {
			at[key(&from[i])>>shift&(1<<digit-1)+1]++
		}
		for i := range 1 << digit {
			at[i+1] += at[i]
		}
		for i := range from {
			d := key(&from[i]) >> shift & (1<<digit - 1)
			to[at[d]] = from[i]
			at[d]++
		}

		from, to = to, from
	}

	if len(from) > 0 && &from[0] != &list[0] {
		copy(list, from)
	}
}

// mustCorrelate reports whether correlation has to look at an account.
func (t *tables) mustCorrelate(st *accountState) bool {
	if !st.presence.exists() {
		return false
	}
	return t.fullRun || st.owner < 0 || st.pending || st.named || st.decided || st.presence == isNew
}

// compareAccounts orders accounts of one source as a run does that reads them from
// a store: those of identities, those without, new ones as they came.
func (t *tables) compareAccounts(a, b int32) int {
	if t.fullRun {
		return cmp.Compare(a, b)
	}
	class := func(n int32) int {
		switch st := &t.state[n]; {
		case st.presence == isNew:
			return 2
		case st.owner < 0:
			return 1
		}

		return 0
	}

	if x, y := class(a), class(b); x != y || x == 2 {
		return cmp.Or(cmp.Compare(x, y), cmp.Compare(a, b))
	} else if x == 1 {
		return strings.Compare(t.accounts.Native(a), t.accounts.Native(b))
	}

	// Both belong to identities: by these, and within one by the order of linking.
	x, y := t.state[a].owner, t.state[b].owner
	if x != y {
		return t.compare(x, y)
	}
	for n := t.people[x].first; n >= 0; n = t.state[n].next {
		if n == a || n == b {
			return btoi(n != a) - btoi(n != b)
		}
	}

	return 0
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
	attrs := l.stored[n].Attributes
	l.people[n].holdsUID = !attrs.Get(config.AttrUID).IsNull()
	for key, name := range l.index.Keys() {
		v := attrs.Get(name)
		if name == correlate.Alias {
			v = identity.StringValue(l.aliasOf(n))
		}
		l.index.Put(n, key, v)
	}

	l.membership(n)
}
