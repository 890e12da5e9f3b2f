package profile

import (
	"context"
	"iter"
	"sync"
	"time"

	"github.com/idprofile/engine/identity"
)

// Session aggregates into a store again and again and keeps the tables of a run in
// memory in between, so that a run costs what its changes cost and not what the
// population costs: for a host that gets changed accounts by night or by event.
// Each run leaves in the store what [Engine.Aggregate] with all accounts of the
// sources would leave there.
//
// The first run reads the store and looks at everybody. The later ones look at
// accounts that changed or have no identity, at the identities that these feed,
// and at managers and uid claims that depend on one of them. What is evaluated for
// everybody all the same: attributes that ask for the clock when it stands
// elsewhere than in the last run, and attributes that rules calculate, that read
// other identities or ask what is unique.
//
// Only the session may change the store. A Session is safe for concurrent use; its
// runs come one after another.
type Session struct {
	engine *Engine
	opts   RunOptions

	mu      sync.Mutex
	tables  *phases // nil: to be read from the store
	written []int32 // identities that the last run has written
	limit   int     // bytes of rows at which the tables are read anew
}

// NewSession returns a session on a store. Of the options Stored, Incremental,
// Recompute and Recorrelate are not looked at: links that the store has are kept.
func (e *Engine) NewSession(store identity.Store, o RunOptions) *Session {
	o.Stored, o.Incremental, o.Recompute, o.Recorrelate = store, true, false, false
	return &Session{engine: e, opts: o}
}

// Aggregate is [Engine.Aggregate] at another time, with sources that may be
// [identity.Changes]. Only results that are Changed are handed to onResult, which
// may be nil. Of Stats, Scanned and Unchanged count the accounts that the sources
// yield.
//
// After an error the store is as it was, and the next run reads it anew: give
// it the same changes once more.
func (s *Session) Aggregate(ctx context.Context, now time.Time, onResult func(*Result),
	sources ...identity.Source) (Stats, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.opts.Lock != nil {
		defer s.opts.Lock.Aggregate()()
	}
	o := s.opts
	o.Now = now
	p := s.tables

	// A run that fails leaves tables that are half of the next state, so the next one reads the store.
	s.tables = nil // until the run has come to its end
	first := p == nil
	if first {
		p = newPhases(ctx, s.engine.newAggregation(o))
		p.resident, p.details, p.linker.index.Order = true, true, p.compare
	} else {
		p.next(ctx, s.engine.newAggregation(o), s.written)
	}

	a := aggregation{phases: p, gather: true, onResult: func(r *Result) {
		if r.Changed && onResult != nil {
			onResult(r)
		}
	}}
	if err := a.run(sources); err != nil {
		return Stats{}, err
	}

	// What was written is the state that the next run begins with.
	p.keep(a.put, a.batch.Put)
	if s.written = a.put; first {
		s.limit = 2*p.size() + minGarbage
	}

	// Rows that are out of date stay in the tables. When there are too many, the next run begins anew.
	if p.size() < s.limit {
		s.tables = p
	}
	return a.stats, nil
}

// Results yields what a run over the same accounts would give, starting from what is
// stored: the results of [Engine.Run] with Recompute and Recorrelate off, of everybody,
// in its order. The sources are not read again and nothing is written. Of the options
// o, Now, OnFinding, OnUncorrelated and OnProgress count; the others are the session's.
//
// The tables are spent by it: the next run reads them from the store.
func (s *Session) Results(ctx context.Context, o RunOptions) iter.Seq2[*Result, error] {
	return func(yield func(*Result, error) bool) {
		s.mu.Lock()
		defer s.mu.Unlock()
		p := s.tables
		s.tables = nil

		opts := s.opts
		opts.Now, opts.OnFinding, opts.OnUncorrelated, opts.OnProgress = o.Now, o.OnFinding, o.OnUncorrelated, o.OnProgress
		if p == nil {
			p = newPhases(ctx, s.engine.NewRun(opts))
			p.details, p.linker.index.Order = true, p.compare
		} else {
			p.next(ctx, s.engine.NewRun(opts), s.written)
		}
		if err := p.all(nil); err != nil {
			yield(nil, err)
			return
		}

		for n := range p.people {
			p.markResult(int32(n))
		}
		p.builder.results(yield)
	}
}

// minGarbage is how many bytes of rows that are out of date are no reason to read
// the tables anew.
const minGarbage = 64 << 20
