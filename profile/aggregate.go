package profile

import (
	"context"
	"fmt"
	"slices"
	"sync"

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
// The store must not be changed by others in the meantime, nor by onResult; one that is an
// [identity.Transactor] is given the identities one by one. A host that aggregates
// again and again does it faster with a [Session].
func (e *Engine) Aggregate(ctx context.Context, store identity.Store, o RunOptions, onResult func(*Result),
	sources ...identity.Source) (Stats, error) {
	s := aggregation{onResult: onResult}
	return s.aggregate(ctx, e, store, o, sources)
}

// AggregateBriefs is [Engine.Aggregate] that hands on a [Brief] of everybody, in the order of
// the results. A run that goes on from the outcome of the last one, which an incremental run
// does where little has changed, makes results only of those for whom something may have
// changed. Results have no Changes for somebody of whom nothing was stored.
func (e *Engine) AggregateBriefs(ctx context.Context, store identity.Store, o RunOptions, onBrief func(*Brief),
	sources ...identity.Source) (Stats, error) {
	s := aggregation{onBrief: onBrief}
	return s.aggregate(ctx, e, store, o, sources)
}

// aggregate takes the accounts of the sources into a store.
func (s *aggregation) aggregate(ctx context.Context, e *Engine, store identity.Store, o RunOptions,
	sources []identity.Source) (Stats, error) {
	if o.Lock != nil {
		defer o.Lock.Aggregate()()
	}
	o.Stored = store
	s.phases = newPhases(ctx, e.newAggregation(o))
	s.brief.b = &s.builder
	s.builder.everybody, s.builder.sparse = s.onResult != nil, s.onResult == nil
	s.lean = s.onResult == nil
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
	defer s.rollback()
	s.stats.Exceptions = s.withExceptions
	if s.streams() {
		s.lending = new(lending)
	}
	s.noter = newNoter(s.phases)
	for n := range s.errors { // whose managers are named in what is said of them
		if m := s.resolved.manager[n]; m >= 0 {
			s.resolver.told[m] = true
		}
	}
	if s.onBrief != nil && (!s.fullRun || s.lending != nil) {
		s.briefs()
	} else {
		s.builder.results(s.take)
	}
	s.accounts()
	s.lending = nil // the names of managers are views of rows, which are let go of
	if err := s.failure(); err != nil {
		return err
	}
	if s.unsaved != nil {
		return fmt.Errorf("store: %w", s.unsaved)
	}

	// Decisions are written with what they led to, in one batch.
	var err error
	if s.batch.Decisions, err = s.linker.decided.cases.Unsaved(); err != nil {
		return err
	}
	s.outlineBatch()
	if err := s.commit(); err != nil {
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
	onBrief  func(*Brief)
	brief    Brief // the one that is handed on
	batch    identity.Batch
	put      []int32 // numbers of the identities to put
	stats    Stats

	noter   *noter               // of what the next run goes on from; nil: nothing is noted
	lending *lending             // of results that hold only until the next one; nil: results stay
	gather  bool                 // the batch is wanted as a whole
	writing identity.Transaction // where the store takes identities one by one; nil before the first
	unsaved error                // why one could not be written
}

// save writes an identity, or keeps it for the batch. It reports whether that went well.
func (s *aggregation) save(i *identity.Identity, soon bool) bool {
	if s.unsaved != nil {
		return false
	}
	s.stats.Saved++
	store, ok := s.opts.Stored.(identity.Transactor)
	if !ok || s.gather {
		s.batch.Put = append(s.batch.Put, i)
		return true
	}

	if s.writing == nil {
		if s.writing, s.unsaved = store.Begin(s.ctx); s.unsaved != nil {
			return false
		}
	}
	s.unsaved = s.writing.Put(i, soon)
	return s.unsaved == nil
}

// commit makes what was saved count, together with the rest of the batch.
func (s *aggregation) commit() error {
	if s.writing == nil {
		return s.opts.Stored.Apply(s.ctx, s.batch)
	}
	return s.writing.Commit(s.ctx, s.batch)
}

// rollback ends a run that was not committed.
func (s *aggregation) rollback() {
	if s.writing != nil {
		s.writing.Rollback()
	}
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

	// Somebody with exceptions before and after is counted out and in again, so that the figure is that of the
	// store.
	if old := s.storedOf(r.number); old != nil {
		s.stats.Exceptions -= btoi(len(old.ExceptionCodes) > 0)
	}
	s.stats.Exceptions += btoi(r.Incomplete())
	switch {
	case r.Changed:
		s.put = append(s.put, r.number)
		if !s.save(r.Identity, s.readSoon(r)) {
			return false
		}
	case r.renew != nil:
		i := *r.Identity
		i.Modified = *r.renew
		s.put = append(s.put, r.number)
		if !s.save(&i, s.readSoon(r)) {
			return false
		}
	}

	s.note(r)
	if s.onResult != nil {
		s.onResult(r)
	}
	if s.onBrief != nil {
		s.brief.of(r.number)
		if s.lending == nil { // else who asks gets one that stays
			s.brief.result = r
		}
		s.onBrief(&s.brief)
	}
	return true
}

// readSoon reports whether the next run looks at an identity even when nothing has changed: what is
// not known of it, or said of it, is asked again.
func (s *aggregation) readSoon(r *Result) bool {
	return len(r.Errors) > 0 || s.resolver.told[r.number] || s.linker.told[r.number] ||
		slices.ContainsFunc(r.Identity.Accounts, func(a identity.Account) bool { return a.Fingerprint == 0 })
}

// note notes what the next run goes on from of an identity that has a result.
func (s *aggregation) note(r *Result) {
	if s.noter == nil {
		return
	}
	i, saved := r.Identity, r.Changed || r.renew != nil
	if !saved {
		i = s.storedOf(r.number)
	}
	s.noter.add(r.number, i, r.Identity.Accounts, r.Manager.State, saved)
}

// outlineBatch adds to the batch what the next run goes on from. When nothing is written, what is there
// stays true.
func (s *aggregation) outlineBatch() {
	b := &s.batch
	if s.noter == nil || s.outline != nil && s.writing == nil &&
		len(b.Put)+len(b.Delete)+len(b.Uncorrelated)+len(b.Forget)+len(b.Decisions) == 0 {
		return
	}

	// Without an outline to go on from, those of whom no result was made are noted as they are stored.
	for n := range s.people {
		if n := int32(n); s.outline == nil && !s.people[n].unmade && !s.noter.state[n].known {
			s.brief.of(n)
			s.noter.add(n, s.storedOf(n), nil, s.brief.Manager(), false)
		}
	}

	// For a note the rows are let go of, so there is no second one.
	b.Outline = sync.OnceValue(func() []byte { return s.noter.note(s.stats.Exceptions) })
}

// streams reports whether results can be written and forgotten one after the other: nobody asks
// for them, and no workers are there to make them ahead.
func (s *aggregation) streams() bool {
	_, ok := s.opts.Stored.(identity.Transactor)
	return ok && s.onBrief != nil && !s.gather && s.opts.Workers == 1
}

// result makes the result of an identity.
func (s *aggregation) result(n int32) *Result {
	if s.lending != nil {
		return s.builder.lend(s.lending, n)
	}
	return s.builder.result(n)
}

// briefs takes the results that may differ from what is stored, and hands on briefs of
// everybody.
func (s *aggregation) briefs() {
	due := make([]bool, len(s.people))
	for _, n := range s.builder.resulting() {
		// Only a result that differs has to be made; a brief of everybody else costs little.
		due[n] = true
	}

	order := s.builder.everybodyInOrder()
	if s.noter != nil {
		s.noter.order = order
	}
	for n := range ahead(order, s.touchAll) {
		if due[n] {
			if !s.take(s.result(n), nil) {
				return
			}
			continue
		}
		s.brief.of(n)
		s.onBrief(&s.brief)
	}

	s.builder.uncorrelated()
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
			if !known || st.difference == dataDiffer || st.difference == detailsDiffer && p.details ||
				st.rewritten && p.opts.Incremental {
				a := p.accounts.At(int32(n))
				if s.noter != nil { // the rows are let go of before all of it is written
					a = a.Clone()
				}
				s.batch.Uncorrelated = append(s.batch.Uncorrelated, a)
			}
		}
	}
}

func (s *aggregation) count(st *accountState) {
	// An account that is gone was not scanned, as in the platform's own figures.
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
