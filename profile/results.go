package profile

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// resultsAtOnce is how many results a worker puts together at a time.
const resultsAtOnce = 64

// results yields a result for each identity, ordered by the source and native
// identity of the authoritative account; identities without one come last. The
// workers put results together ahead of the one that is yielded.
func (p *population) results(yield func(*Result, error) bool) {
	order := p.resultOrder(p.resulting())
	if p.opts.Workers == 1 || len(order) <= resultsAtOnce {
		for _, n := range order {
			if !yield(p.result(n), nil) {
				return
			}
		}
		p.uncorrelated()
		return
	}
	if p.resultsAhead(order, yield) {
		p.uncorrelated()
	}
}

// resultsAhead yields the results that workers put together, and reports whether
// all were wanted.
func (p *population) resultsAhead(order []int32, yield func(*Result, error) bool) bool {
	type part struct {
		identities []int32
		results    chan []*Result
	}
	workers := min(p.opts.Workers, (len(order)+resultsAtOnce-1)/resultsAtOnce)
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
				place := func() string { return fmt.Sprintf("result of identity %q", p.id(at)) }
				p.fail(guard(place, func() {
					for i, n := range next.identities {
						at = n
						list[i] = p.result(n)
					}
				}))
				next.results <- list
			}
		})
	}
	for next := range ready {
		for _, r := range <-next.results {
			if r == nil { // a goroutine has failed
				yield(nil, p.failure())
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
func (p *population) resultOrder(list []int32) []int32 {
	type key struct {
		source int    // by name; those without account last
		begins uint64 // the first eight bytes of the native identity
		n      int32
	}
	rank := p.sourceRanks()
	keys := make([]key, len(list))
	for i, n := range list {
		keys[i] = key{source: len(rank), n: n}
		if a := p.people[n].auth; a >= 0 {
			keys[i] = key{source: rank[p.accounts.Sources[a]], begins: begins(p.accounts.Native(a)), n: n}
		}
	}
	slices.SortFunc(keys, func(a, b key) int {
		if a.source != b.source || a.source == len(rank) {
			return cmp.Or(cmp.Compare(a.source, b.source), p.compare(a.n, b.n))
		}
		if a.begins != b.begins {
			return cmp.Compare(a.begins, b.begins)
		}
		return cmp.Or(strings.Compare(p.accounts.Native(p.people[a.n].auth), p.accounts.Native(p.people[b.n].auth)), p.compare(a.n, b.n))
	})
	order := make([]int32, len(keys))
	for i, k := range keys {
		order[i] = k.n
	}
	return order
}

// sourceRanks returns the place of each source among all by name.
func (p *population) sourceRanks() []int {
	names := slices.Sorted(slices.Values(p.accounts.Names))
	rank := make([]int, len(names))
	for i, name := range p.accounts.Names {
		rank[i] = slices.Index(names, name)
	}
	return rank
}

// begins returns the first eight bytes of a text as a number that is in the order
// of the texts; a shorter text is filled up with zero bytes.
func begins(s string) (n uint64) {
	for i := range 8 {
		n <<= 8
		if i < len(s) {
			n |= uint64(s[i])
		}
	}
	return n
}

// uncorrelated reports the accounts without identity.
func (p *population) uncorrelated() {
	if p.opts.OnUncorrelated == nil {
		return
	}
	for account, st := range p.state {
		if st.owner >= 0 || st.removed || st.absent {
			continue
		}
		a := p.accounts.At(int32(account))
		u := Unlinked{Reason: NoMatch}
		if a.ManuallyCorrelated && !p.opts.Recompute {
			u.Reason = ManualFlagBlock
		}
		for _, note := range p.notes[int32(account)] {
			u.Reason = AmbiguousMatch
			for _, id := range note.Identities {
				u.Ambiguous = append(u.Ambiguous, p.id(id))
			}
		}
		p.opts.OnUncorrelated(a, u)
	}
}
