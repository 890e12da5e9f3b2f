package profile

import (
	"cmp"
	"iter"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/correlate/linkage"
	"github.com/idprofile/engine/identity"
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

	told map[int32]bool // identities that an ambiguous account may belong to

	joined map[int32]int // how many authoritative accounts have joined an identity, beside the first

	buf     []identity.Account
	current identity.Account // the one that is correlated
	at      int32            // its number
}

// release drops what only linking needs.
func (l *linker) release() { l.index, l.orders = nil, nil }

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

// maxJoined is how many accounts that join one identity change at once what it is found
// by; those of a crowd do it together, when their source is through (DECISION 26).
const maxJoined = 1000

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
	n, ok := l.byIdentity(a.IdentityID)
	return n, ok
}

func (l *linker) dataLink(a *identity.Account) correlate.Method {
	if a.ManuallyCorrelated {
		return correlate.Manual
	}
	return correlate.Sticky
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

// decided is what people decided, by the numbers of the accounts.
type decided struct {
	cases  *linkage.Cases
	must   map[int32]int32   // the account whose person it belongs to
	cannot map[int32][]int32 // the accounts whose persons it does not belong to
	undone map[int32]linkage.Event

	mustCase map[int32]linkage.Case
	about    []int32 // the accounts that are marked as decided about
	unknown  []linkage.Case
}

// fresh is what is known of the accounts of a source from when their identities were made.
type fresh struct {
	identities []int32 // by index of the accounts in order
	alone      []bool  // by the same: it met nobody
	marks      [][maxMarks]uint32
	since      *correlate.Watch // of keys that identities got later
}

// correlationReads says which values that correlation compares with may change when an
// account of a source comes or goes: by source number, then by key of the index;
// nil: none of them.
type correlationReads [][]bool

// mustCorrelate reports whether correlation has to look at an account.
func (t *tables) mustCorrelate(st *accountState) bool {
	if !st.presence.exists() {
		return false
	}
	return t.fullRun || st.owner < 0 || st.pending || st.named || st.decided || st.presence == isNew
}

// maxMarks is how many marks are kept of an account; one with more is looked at again
// whenever a key is new.
const maxMarks = 6
