package profile

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/profile/config"
)

// resultsAtOnce is how many results a worker puts together at a time.
const resultsAtOnce = 64

// results yields a result for each identity, ordered by the source and native
// identity of the authoritative account; identities without one come last. The
// workers put results together ahead of the one that is yielded.
func (b *builder) results(yield func(*Result, error) bool) {
	order := b.resultOrder(b.resulting())
	if b.opts.Workers == 1 || len(order) <= resultsAtOnce {
		for _, n := range order {
			if !yield(b.result(n), nil) {
				return
			}
		}

		b.uncorrelated()
		return
	}

	if b.resultsAhead(order, yield) {
		b.uncorrelated()
	}
}

// resultsAhead yields the results that workers put together, and reports whether
// all were wanted.
func (b *builder) resultsAhead(order []int32, yield func(*Result, error) bool) bool {
	type part struct {
		identities []int32
		results    chan []*Result
	}

	// Results are made ahead, part by part, and handed on in order.
	workers := min(b.opts.Workers, (len(order)+resultsAtOnce-1)/resultsAtOnce)
	todo := make(chan part)
	ready := make(chan part, 2*workers) // in order
	stop := make(chan struct{})
	var wg sync.WaitGroup
	defer wg.Wait()
	defer close(stop)
	wg.Go(func() {
		defer close(todo)
		defer close(ready)
		for identities := range slices.Chunk(order, resultsAtOnce) {
			next := part{identities, make(chan []*Result, 1)}

			// Each part is in the queue of results before a worker can have it, so the order is that
			// of the queue.
			for _, to := range []chan<- part{ready, todo} {
				select {
				case to <- next:
				case <-stop:
					return
				}
			}
		}
	})

	for range workers {
		wg.Go(func() {
			for next := range todo {
				list, at := make([]*Result, len(next.identities)), int32(0)
				place := func() string { return fmt.Sprintf("result of identity %q", b.id(at)) }
				b.fail(guard(place, func() {
					for i, n := range next.identities {
						at = n
						list[i] = b.result(n)
					}
				}))

				next.results <- list
			}
		})
	}

	for next := range ready {
		for _, r := range <-next.results {
			if r == nil { // a goroutine has failed
				yield(nil, b.failure())
				return false
			}

			if !yield(r, nil) {
				return false
			}
		}
	}

	return true
}

// resultOrder sorts the identities. Nearly all comparisons end with the first
// characters of the account id.
func (b *builder) resultOrder(list []int32) []int32 {
	type key struct {
		source int    // by name; those without account last
		prefix uint64 // the first eight bytes of the native identity
		n      int32
	}
	rank := b.sourceRanks()
	keys := make([]key, len(list))
	for i, n := range list {
		keys[i] = key{source: len(rank), n: n}
		if a := b.people[n].auth; a >= 0 {
			keys[i] = key{source: rank[b.accounts.Sources[a]], prefix: b.accounts.Prefix(a), n: n}
		}
	}

	// The prefix decides nearly always; names are only read where it does not.
	slices.SortFunc(keys, func(x, y key) int {
		if x.source != y.source || x.source == len(rank) {
			return cmp.Or(cmp.Compare(x.source, y.source), b.compare(x.n, y.n))
		}
		if x.prefix != y.prefix {
			return cmp.Compare(x.prefix, y.prefix)
		}
		first, second := b.accounts.Native(b.people[x.n].auth), b.accounts.Native(b.people[y.n].auth)
		return cmp.Or(strings.Compare(first, second), b.compare(x.n, y.n))
	})

	order := make([]int32, len(keys))
	for i, k := range keys {
		order[i] = k.n
	}
	return order
}

// sourceRanks returns the place of each source among all by name.
func (b *builder) sourceRanks() []int {
	names := slices.Sorted(slices.Values(b.accounts.Names))
	rank := make([]int, len(names))
	for i, name := range b.accounts.Names {
		rank[i] = slices.Index(names, name)
	}
	return rank
}

// uncorrelated reports the accounts without identity.
func (b *builder) uncorrelated() {
	if b.opts.OnUncorrelated == nil {
		return
	}
	for account, st := range b.state {
		if st.owner >= 0 || !st.presence.exists() {
			continue
		}
		a := b.accounts.At(int32(account))
		b.opts.OnUncorrelated(a, b.whyUnlinked(&a, b.notes[int32(account)]))
	}
}

// whyUnlinked says why an account has no identity.
func (t *tables) whyUnlinked(a *identity.Account, notes []correlate.Ambiguity) Unlinked {
	u := Unlinked{Reason: NoMatch}
	if a.ManuallyCorrelated && !t.opts.Recompute {
		u.Reason = ManualFlagBlock
	}
	for _, note := range notes {
		u.Reason = AmbiguousMatch
		for _, id := range note.Identities {
			u.Ambiguous = append(u.Ambiguous, t.id(id))
		}
	}

	return u
}

// all returns all identities.
func (b *builder) all() []int32 {
	all := make([]int32, 0, len(b.people))
	for n := range b.people {
		if !b.people[n].unmade {
			all = append(all, int32(n))
		}
	}

	return all
}

// resulting returns the identities whose result may differ from what is stored.
func (b *builder) resulting() []int32 {
	if b.fullRun || b.everybody {
		return b.all()
	}

	// Somebody's manager may have another name now, which is an attribute of theirs.
	for n, m := range b.resolved.manager {
		n := int32(n)
		if m >= 0 && b.changed.Has(m) && !b.resultsDue.Has(n) &&
			b.storedAttributes(n).Get(config.AttrManager).Text() != b.nameOf(m) {
			b.resultsDue.Add(n)
		}
	}

	return slices.DeleteFunc(slices.Clone(b.resultsDue.List), func(n int32) bool { return b.people[n].unmade })
}
