package tenant

import (
	"context"
	"slices"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
)

// Aggregate takes the accounts of sources into the store, as [profile.Engine.Aggregate]
// does, keeps operations away meanwhile, and tells the observer. One aggregation
// runs at a time.
func (t *Tenant) Aggregate(ctx context.Context, onResult func(*profile.Result),
	sources ...identity.Source) (profile.Stats, error) {
	return t.AggregateWith(ctx, AggregateOptions{OnResult: onResult}, sources...)
}

// AggregateOptions say how one aggregation differs from the others.
type AggregateOptions struct {
	OnResult    func(*profile.Result) // gets each result; nil: nobody
	Recorrelate bool                  // not optimised, see [profile.RunOptions]
	AnyRemoval  bool                  // past the delete threshold, see [profile.RunOptions]
}

// AggregateWith is [Tenant.Aggregate] with options.
func (t *Tenant) AggregateWith(ctx context.Context, how AggregateOptions,
	sources ...identity.Source) (profile.Stats, error) {
	t.feeds.Lock()

	// One aggregation at a time, and no change of the configuration during it.
	defer t.feeds.Unlock()
	defer t.lock.Aggregate()()
	o := t.runOptions(t.store)
	o.Lock = nil // held already
	o.Recorrelate, o.AnyRemoval = o.Recorrelate || how.Recorrelate, how.AnyRemoval
	e, _ := t.Engine()
	g := &gathering{tenant: t, before: map[string]*identity.Identity{}, onResult: how.OnResult}
	g.completed = AggregationCompleted{Status: "Success", Started: t.now(), Errors: []string{}, Warnings: []string{}}
	for _, s := range sources {
		t.audit(AuditAggregationStarted, config.Ref{Name: s.Name(), ID: e.Bundle().SourceRef(s.Name()).ID}, "")
	}

	// Warnings of the run are counted into the event, besides going where the caller wants them.
	report := o.OnFinding
	o.OnFinding = func(d diag.Diagnostic) {
		g.completed.note(d)
		if report != nil {
			report(d)
		}
	}

	stats, err := e.Aggregate(ctx, t.store, o, func(r *profile.Result) { g.take(ctx, r) }, sources...)
	if err == nil {
		err = t.aggregated(ctx)
	}
	t.tellAggregation(e, err, ctx.Err() != nil, g.completed, stats, sources)
	if err != nil {
		return stats, err
	}

	// Observers hear of results when these are stored, and not before: a run that fails has changed
	// nothing.
	for _, r := range g.results {
		t.tell(e, r)
		for _, event := range uncorrelatedEvents(e.Bundle(), g.before[r.Identity.ID], r) {
			t.event(event)
		}
	}

	return stats, nil
}

// gathering keeps what there will be to tell of an aggregation.
type gathering struct {
	tenant    *Tenant
	completed AggregationCompleted
	results   []*profile.Result
	before    map[string]*identity.Identity // as stored, of the results
	onResult  func(*profile.Result)
}

func (g *gathering) take(ctx context.Context, r *profile.Result) {
	if r.Changed && g.tenant.observed() {
		g.results = append(g.results, r)
		if old, err := g.tenant.store.Get(ctx, r.Identity.ID); err == nil {
			g.before[old.ID] = old
		}
	}

	if g.onResult != nil {
		g.onResult(r)
	}
}

func (c *AggregationCompleted) note(d diag.Diagnostic) {
	switch d.Severity {
	case diag.Error:
		c.Errors = append(c.Errors, d.Message)
	case diag.Warning:
		c.Warnings = append(c.Warnings, d.Message)
	}
}

// aggregated notes that the store has changed.
func (t *Tenant) aggregated(ctx context.Context) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.version++
	after := t.bundle.Clone()
	if err := t.counts(ctx, after); err != nil {
		return err
	}
	after.Refresh()
	t.bundle, t.engine = after, nil
	return nil
}

func (t *Tenant) tellAggregation(e *profile.Engine, err error, stopped bool, c AggregationCompleted,
	stats profile.Stats, sources []identity.Source) {
	// Stopped by its caller is no failure, though both end in an error.
	audit := AuditAggregationPassed
	switch {
	case stopped:
		audit, c.Status = AuditAggregationStopped, "Error"
	case err != nil:
		audit, c.Status = AuditAggregationFailed, "Error"
	case len(c.Errors)+len(c.Warnings) > 0:
		c.Status = "Warning"
	}

	if err != nil {
		c.Errors = append(c.Errors, err.Error())
	}
	c.Completed = t.now()
	c.Stats = AggregationStats{Scanned: stats.Scanned, Unchanged: stats.Unchanged, Changed: stats.Changed,
		Added: stats.Added, Removed: stats.Removed}
	for _, s := range sources {
		ref := e.Bundle().SourceRef(s.Name())
		t.audit(audit, config.Ref{Name: ref.Name, ID: ref.ID}, "")

		// The event has room for one source; of several none is the one.
		if len(sources) == 1 {
			c.Source = ref
		}
	}

	if len(sources) > 0 {
		t.event(c)
	}
}

// uncorrelatedEvents returns an event for each account that an identity had and
// has no more.
func uncorrelatedEvents(b *config.Bundle, before *identity.Identity, r *profile.Result) []Event {
	if before == nil {
		return nil
	}
	var list []Event
	for i := range before.Accounts {
		a := &before.Accounts[i]
		if !slices.ContainsFunc(r.Identity.Accounts, func(o identity.Account) bool { return o.Key() == a.Key() }) {
			list = append(list, AccountUncorrelated{Identity: profile.IdentityRef(r.Identity),
				Source:  b.SourceRef(a.Source),
				Account: accountRef(a, false)})
		}
	}

	return list
}

// observed reports whether somebody wants to be told.
func (t *Tenant) observed() bool {
	return t.opts.Observer.OnEvent != nil || t.opts.Observer.OnAudit != nil
}
