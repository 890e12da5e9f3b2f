package profile

import (
	"context"
	"fmt"

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
// A run that is cancelled, killed or cannot be written leaves the store as it was,
// and the same run once more gives what the uninterrupted one would have given.
// Nothing of it is kept to go on from: whom an account finds depends on those
// before it, and which accounts are gone is known only when all were read. A host
// that wants less to do again aggregates source by source.
//
// The store must not be changed by others in the meantime. A host that aggregates
// markResult and again does it faster with a [Session].
func (e *Engine) Aggregate(ctx context.Context, store identity.Store, o RunOptions, onResult func(*Result),
	sources ...identity.Source) (Stats, error) {
	if o.Lock != nil {
		defer o.Lock.Aggregate()()
	}
	o.Stored = store
	s := aggregation{phases: newPhases(ctx, e.NewRun(o)), onResult: onResult}
	if err := s.run(sources); err != nil {
		return Stats{}, err
	}
	return s.stats, nil
}

// run takes the sources through all phases and writes the outcome.
func (s *aggregation) run(sources []identity.Source) error {
	if err := s.phases.all(sources); err != nil {
		return err
	}
	s.stats.Evaluated = s.calculator.evaluations
	for n := range s.people {
		s.stats.Identities += btoi(!s.people[n].unmade)
	}
	s.builder.results(s.take)
	s.accounts()
	if err := s.failure(); err != nil {
		return err
	}

	// Decisions are written with what they led to, in one batch.
	var err error
	if s.batch.Decisions, err = s.linker.decided.cases.Unsaved(); err != nil {
		return err
	}
	if err := s.opts.Stored.Apply(s.ctx, s.batch); err != nil {
		return fmt.Errorf("store: %w", err)
	}

	// Only now: a batch that failed is tried again with them.
	s.linker.decided.cases.Saved()
	return nil
}

// aggregation gathers the batch of a run.
type aggregation struct {
	*phases
	onResult func(*Result)
	batch    identity.Batch
	put      []int32 // numbers of the identities to put
	stats    Stats
}

func (s *aggregation) take(r *Result, err error) bool {
	if err != nil {
		return false
	}
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
		s.batch.Put, s.put = append(s.batch.Put, r.Identity), append(s.put, r.number)
		s.stats.Saved++
	case r.renew != nil:
		i := *r.Identity
		i.Modified = *r.renew
		s.batch.Put, s.put = append(s.batch.Put, &i), append(s.put, r.number)
		s.stats.Saved++
	}

	if s.onResult != nil {
		s.onResult(r)
	}
	return true
}

// accounts counts accounts and gathers those without identity.
func (s *aggregation) accounts() {
	p := s.tables
	for n := range s.state {
		st := &s.state[n]
		if st.presence == absent {
			continue
		}
		s.count(st)

		// An account that was stored as nobody's has to be forgotten when it has an owner now, or is
		// gone.
		known := st.presence.wasStored() && !st.wasLinked // as an account without identity
		switch {
		case (!st.presence.exists() || st.owner >= 0) && known:
			a := p.accounts.At(int32(n))
			s.batch.Forget = append(s.batch.Forget, a.Key())
		case !st.presence.exists() || st.owner >= 0:
		default:
			s.stats.Uncorrelated++

			// A result is written when something that the store keeps has changed. One that only rests
			// on other mappings is written as well, so that the next run evaluates less.
			if !known || st.difference == dataDiffer || st.difference == detailsDiffer && p.details {
				s.batch.Uncorrelated = append(s.batch.Uncorrelated, p.accounts.At(int32(n)))
			}
		}
	}
}

func (s *aggregation) count(st *accountState) {
	switch {
	case st.presence == removed:
		s.stats.Removed++
	case !st.presence.inData():
	case st.presence == isNew:
		s.stats.Scanned++
		s.stats.Added++
	case st.difference == dataDiffer:
		s.stats.Scanned++
		s.stats.Changed++
	default:
		s.stats.Scanned++
		s.stats.Unchanged++
	}
}
