package correlate

import (
	"slices"
	"sync/atomic"

	"github.com/idprofile/engine/correlate/internal/join"
	"github.com/idprofile/engine/identity"
)

// Search narrows what [Correlator.Search] looks at. The zero Search looks at everybody.
type Search struct {
	// Without are identities that are not found: the one that the account has, or those
	// that people have said it does not belong to.
	Without []int32
	// Before, unless 0, leaves out the identities from that number on, as if they had not
	// been put yet.
	Before int32
	// Value gives an identity's attribute, see [Correlator.Match]; may be nil.
	Value func(n int32, attribute string) identity.Value
	// Marks gets a mark for each key that is looked up, and the search ends with the first
	// candidate; nil: marks are not asked for.
	Marks *Marks
}

// Marks are what a search looked up. A search that met no candidate meets none later, unless
// an identity gets one of the keys: see [Watch].
type Marks struct {
	Keys []uint32
	// Open says that candidates were met, or that keys do not tell: whether the search ends
	// the same later is not known.
	Open bool
}

// Search is [Correlator.Match] among some of the identities.
func (c *Correlator) Search(x *Index, a *identity.Account, s Search) Match {
	e := c.evaluator()
	defer c.release(e)
	e.before, e.marks, e.person.value = s.Before, s.Marks, s.Value
	if c.excluded(e, a) {
		return Match{Method: Uncorrelated, Identity: -1, Excluded: true}
	}

	p := &e.match
	*p = progress{order: x.Order, without: s.Without}
	for i := range c.rules {
		if c.try(x, e, a, i, p, nil) {
			break
		}
	}

	return p.result()
}

// others leaves out the identities that a search must not find. What an index
// returns is not changed.
func (e *evaluator) others(found []int32) []int32 {
	hidden := func(n int32) bool { return slices.Contains(e.match.without, n) }
	if len(e.match.without) == 0 || !slices.ContainsFunc(found, hidden) {
		return found
	}
	e.ranks.steady = false // the list is for this search alone
	return slices.DeleteFunc(slices.Clone(found), hidden)
}

// look returns what a column has for a search, and marks the key.
func (e *evaluator) look(x *Index, column int, key []byte) []int32 {
	found := x.all(column, key, e.before)
	if e.marks != nil {
		// Of several who claim a uid only one is found, which may be one that does not count.
		e.marks.Open = e.marks.Open || slices.ContainsFunc(found, func(n int32) bool { return !slices.Contains(e.match.without, n) })
		e.marks.Keys = append(e.marks.Keys, markOf(column, join.Hash(join.Short(key))))
	}
	return x.best(column, found)
}

// unmarked notes that a search goes by more than keys.
func (e *evaluator) unmarked() {
	if e.marks != nil {
		e.marks.Open = true
	}
}

// until returns those of ascending identities that come before one; 0: all.
func until(found []int32, before int32) []int32 {
	if before == 0 || len(found) == 0 || found[len(found)-1] < before {
		return found
	}
	at, _ := slices.BinarySearch(found, before)
	return found[:at]
}

// markOf is a short form of a key of a column. Different keys may have the same one.
func markOf(column int, hash uint64) uint32 {
	return uint32(hash>>32) ^ uint32(column)*0x9e3779b1
}

// Watch notes the keys that identities get from the moment on when it was made, each as one
// bit: it may take a key for noted that nobody got, and never the other way.
type Watch struct {
	bits []uint64
	any  atomic.Bool
}

// Watch begins to note keys, of about so many identities, until [Index.Unwatch].
func (x *Index) Watch(identities int) *Watch {
	const perIdentity = 64 // few enough bits are set that nearly all others stand for nobody
	size := 1 << 10
	for size < identities*perIdentity/64 {
		size *= 2
	}
	w := &Watch{bits: make([]uint64, size)}
	x.watches = append(x.watches, w)
	return w
}

// Unwatch ends all watches.
func (x *Index) Unwatch() { x.watches = nil }

// note may be called for keys of several columns at once.
func (w *Watch) note(mark uint32) {
	if !w.any.Load() {
		w.any.Store(true)
	}
	at := mark & uint32(64*len(w.bits)-1)
	atomic.OrUint64(&w.bits[at/64], 1<<(at%64))
}

// Any reports whether some identity got a key.
func (w *Watch) Any() bool { return w.any.Load() }

// Noted reports whether an identity may have got a key with one of the marks.
func (w *Watch) Noted(marks []uint32) bool {
	for _, mark := range marks {
		at := mark & uint32(64*len(w.bits)-1)
		if w.bits[at/64]&(1<<(at%64)) != 0 {
			return true
		}
	}

	return false
}
