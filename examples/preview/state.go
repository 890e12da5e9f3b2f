package main

import (
	"context"
	"errors"
	"iter"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/report"
	"github.com/idprofile/engine/identity/store"
	"github.com/idprofile/engine/profile"
)

// results runs the accounts. With a state file the run begins with what the last
// one has left there, evaluates what can have changed and leaves its outcome; a
// run that does not come to its end leaves the file as it was.
func (x *execution) results(o profile.RunOptions) iter.Seq2[*profile.Result, error] {
	if x.State == "" {
		return x.engine.Run(x.app.ctx, o, x.sources...)
	}
	return yielded(x.app.ctx, func(ctx context.Context, take func(*profile.Result)) error {
		return x.aggregate(func(st identity.Store) (profile.Stats, error) {
			return x.engine.Aggregate(ctx, st, stateful(o), take, x.sources...)
		})
	})
}

// briefs is results without what nobody wants who counts.
func (x *execution) briefs(o profile.RunOptions) iter.Seq2[*profile.Brief, error] {
	if x.State == "" {
		return x.engine.Briefs(x.app.ctx, o, x.sources...)
	}
	return yielded(x.app.ctx, func(ctx context.Context, take func(*profile.Brief)) error {
		return x.aggregate(func(st identity.Store) (profile.Stats, error) {
			return x.engine.AggregateBriefs(ctx, st, stateful(o), take, x.sources...)
		})
	})
}

// stateful are the options of a run that goes on from the one before.
func stateful(o profile.RunOptions) profile.RunOptions {
	o.Incremental = true
	return o
}

// yielded yields what a function hands on. Who takes no more of it cancels its context, so
// that nothing is stored.
func yielded[T any](ctx context.Context, each func(ctx context.Context, take func(T)) error) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		stopped := false
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		err := each(ctx, func(item T) {
			if !stopped && !yield(item, nil) {
				stopped = true
				cancel()
			}
		})

		if err != nil && !stopped {
			var none T
			yield(none, err)
		}
	}
}

// lastly is a state that counts after something else is done.
type lastly struct {
	*store.File
	before func() error
}

// Apply implements [identity.Store].
func (l lastly) Apply(ctx context.Context, b identity.Batch) error {
	if err := l.before(); err != nil {
		return err
	}
	return l.File.Apply(ctx, b)
}

// Begin implements [identity.Transactor].
func (l lastly) Begin(ctx context.Context) (identity.Transaction, error) {
	t, err := l.File.Begin(ctx)
	if err != nil {
		return nil, err
	}
	return lastlyCommitted{Transaction: t, before: l.before}, nil
}

// lastlyCommitted is a transaction that counts after something else is done.
type lastlyCommitted struct {
	identity.Transaction
	before func() error
}

// Commit implements [identity.Transaction].
func (l lastlyCommitted) Commit(ctx context.Context, b identity.Batch) error {
	if err := l.before(); err != nil {
		return err
	}
	return l.Transaction.Commit(ctx, b)
}

func (x *execution) aggregate(into func(identity.Store) (profile.Stats, error)) (err error) {
	f, err := store.OpenFile(x.State)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if cut := f.Cut(); cut != nil {
		if _, err := report.Fprintln(x.app.err, "warning:", cut); err != nil {
			return err
		}
	}

	// One identity is enough to know that there was a run before; an empty file begins from nothing.
	x.continues = !f.Empty()

	// The file is committed after the reports are in place: what is told and what is kept are one.
	s, err := into(lastly{File: f, before: x.finish})
	if err != nil {
		return err
	}
	_, err = report.Fprintf(x.app.err, "%s: %d accounts added, %d changed, %d removed; %d of %d identities evaluated, %d written\n",
		x.State, s.Added, s.Changed, s.Removed, s.Evaluated, s.Identities, s.Saved)

	// In a first run everybody is new, and the list of results says the same.
	if err == nil && x.continues && s.Saved > 0 {
		_, err = report.Fprintf(x.app.err, "who changed, and how: preview state %s --runs 1\n", shellWord(x.State))
	}
	return err
}
