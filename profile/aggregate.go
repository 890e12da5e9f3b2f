package profile

import (
	"context"
	"fmt"
	"slices"

	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/identity"
)

// Stats counts what an aggregation did.
type Stats struct {
	Scanned, Unchanged, Changed, Added, Removed int // accounts of the aggregated sources
	Uncorrelated                                int // accounts without identity afterwards
	Identities, Created, Moved                  int
	Exceptions                                  int // identities with an exception
	Evaluated                                   int // identities of which some or all attributes were evaluated
	Saved                                       int // identities that were written
}

// Aggregate takes the accounts of the sources into a store: a run from the state
// in the store, whose outcome replaces it in one batch, all of it or nothing.
// Accounts of sources that are not given stay as they are. Each result is also
// handed to onResult, which may be nil.
//
// The store must not be changed by others in the meantime.
func (e *Engine) Aggregate(ctx context.Context, store identity.Store, o RunOptions, onResult func(*Result), sources ...identity.Source) (Stats, error) {
	if o.Lock != nil {
		defer o.Lock.aggregate()()
	}
	o.Stored = store
	p := newPopulation(ctx, e.NewRun(o))
	if err := p.run(sources); err != nil {
		return Stats{}, err
	}
	s := aggregation{population: p, onResult: onResult}
	s.stats.Evaluated = p.evaluations
	p.results(s.take)
	s.accounts()
	if err := ctx.Err(); err != nil {
		return Stats{}, err
	}
	if err := store.Apply(ctx, s.batch); err != nil {
		return Stats{}, fmt.Errorf("store: %w", err)
	}
	return s.stats, nil
}

// aggregation gathers the batch of a run.
type aggregation struct {
	*population
	onResult func(*Result)
	batch    identity.Batch
	stats    Stats
}

func (s *aggregation) take(r *Result, err error) bool {
	if err != nil {
		return false
	}
	s.stats.Identities++
	if r.Created {
		s.stats.Created++
	}
	if r.Move != nil {
		s.stats.Moved++
	}
	if r.Incomplete() {
		s.stats.Exceptions++
	}
	switch {
	case r.Changed:
		s.batch.Put = append(s.batch.Put, r.Identity)
		s.stats.Saved++
	case r.renew != nil:
		i := *r.Identity
		i.Modified = *r.renew
		s.batch.Put = append(s.batch.Put, &i)
		s.stats.Saved++
	}
	if s.onResult != nil {
		s.onResult(r)
	}
	return true
}

// accounts counts accounts and gathers those without identity.
func (s *aggregation) accounts() {
	for n := range s.state {
		st := &s.state[n]
		s.count(st)
		a := s.population.accounts.at(int32(n))
		switch {
		case st.removed:
			if st.stored && !st.wasLinked {
				s.batch.Forget = append(s.batch.Forget, a.Key())
			}
		case st.owner < 0:
			s.stats.Uncorrelated++
			if !st.stored || st.dirty || st.wasLinked {
				s.batch.Uncorrelated = append(s.batch.Uncorrelated, a)
			}
		case st.stored && !st.wasLinked:
			s.batch.Forget = append(s.batch.Forget, a.Key())
		}
	}
}

func (s *aggregation) count(st *accountState) {
	switch {
	case st.removed:
		s.stats.Removed++
	case !st.seen:
	case !st.stored:
		s.stats.Scanned++
		s.stats.Added++
	case st.dirty:
		s.stats.Scanned++
		s.stats.Changed++
	default:
		s.stats.Scanned++
		s.stats.Unchanged++
	}
}

// differs reports whether a result must be written: something that the store
// keeps is not as it was.
func (p *population) differs(n int32, r *Result) bool {
	s := p.storedOf(n)
	if s == nil || len(r.Changes) > 0 || p.people[n].touched {
		return true
	}
	i := r.Identity
	if s.Profile != i.Profile || s.ManagerID != i.ManagerID || s.Lifecycle != i.Lifecycle || !slices.Equal(s.ExceptionCodes, i.ExceptionCodes) {
		return true
	}
	for a := p.people[n].first; a >= 0; a = p.state[a].next {
		st := &p.state[a]
		if st.dirty || !st.stored || methods[st.method] != correlate.Sticky && methods[st.method] != correlate.Manual {
			return true
		}
	}
	return false
}
