package tenant

import (
	"context"
	"fmt"
	"slices"

	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/isc"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
)

// maxSelected is how many identities can be listed for processing.
//
// Source: DECISION 57.
const maxSelected = 250

// Selection says whose attributes are calculated anew. The zero Selection is
// everybody.
type Selection struct {
	Profiles   []string // ids or names: their members, and who becomes one
	Identities []string // ids, at most 250
	// Scheduled: members of profiles with time based attributes whose identity
	// state lets them take part, as at 08:00 and 20:00.
	Scheduled bool
}

// ProcessStats counts what a processing did.
type ProcessStats struct {
	Processed, Changed, Moved, Exceptions, Errors int
}

// Process calculates the selected identities anew from what is stored and
// stores the outcome. Uncorrelated accounts stay so. When a whole profile went
// through, it no longer needs processing. Each result is also handed to
// onResult, which may be nil.
//
// Errors: [isc.CodeLimit] for more than 250 listed identities; [isc.CodeNotFound].
// Source: DECISION 57.
func (t *Tenant) Process(ctx context.Context, sel Selection, onResult func(*profile.Result)) (ProcessStats, error) {
	if len(sel.Identities) > maxSelected {
		return ProcessStats{}, t.tracked(isc.Refuse(isc.CodeLimit, "%d identities are listed, at most %d are allowed",
			len(sel.Identities), maxSelected))
	}
	done, err := t.lock.Change()
	if err != nil {
		return ProcessStats{}, t.aggregating()
	}
	defer done()

	// The engine is the one of this moment; what is changed meanwhile makes the profile need
	// processing again.
	e, _ := t.Engine()
	names, err := t.selected(e, sel)
	if err != nil {
		return ProcessStats{}, err
	}
	for _, name := range names {
		t.audit(AuditProcessingStarted, e.Bundle().Profile(name).AsRef(), "")
	}
	stats, err := t.process(ctx, e, sel, names, onResult)
	audit := AuditProcessingPassed
	if err != nil {
		audit = AuditProcessingFailed
	}
	for _, name := range names {
		t.audit(audit, e.Bundle().Profile(name).AsRef(), "")
	}
	return stats, err
}

// selected returns the names of the profiles of a selection.
func (t *Tenant) selected(e *profile.Engine, sel Selection) ([]string, error) {
	var names []string
	for _, id := range sel.Profiles {
		p, err := e.Bundle().Find(id)
		if err != nil {
			return nil, t.tracked(err)
		}
		names = append(names, p.Name)
	}

	// Nothing listed means everything; a schedule means everything that depends on time.
	if len(sel.Profiles)+len(sel.Identities) > 0 && !sel.Scheduled {
		return names, nil
	}
	for _, p := range e.Bundle().Profiles {
		if (!sel.Scheduled || e.TimeBased(p.Name)) && len(sel.Identities) == 0 &&
			(len(sel.Profiles) == 0 || slices.Contains(names, p.Name)) {
			names = append(names, p.Name)
		}
	}

	slices.Sort(names)
	return slices.Compact(names), nil
}

func (t *Tenant) process(ctx context.Context, e *profile.Engine, sel Selection, names []string,
	onResult func(*profile.Result)) (ProcessStats, error) {
	// A resident tenant processes by a step, which only looks at what has changed.
	if t.opts.Resident && onResult == nil && !sel.Scheduled && len(sel.Identities) == 0 {
		stats, done, err := t.processStep(ctx, e, names)
		if done || err != nil {
			return stats, err
		}
	}

	var stats ProcessStats
	listed := map[string]bool{}
	for _, id := range sel.Identities {
		listed[id] = true
	}

	// An identity belongs to the selection by the profile it comes from as well as by the one it goes
	// to.
	results, err := t.evaluate(ctx, e, t.store, func(r *profile.Result) bool {
		from := r.Identity.Profile
		if r.Move != nil {
			from = r.Move.From
		}
		in := listed[r.Identity.ID] || slices.Contains(names, from) || slices.Contains(names, r.Identity.Profile)
		return in && (!sel.Scheduled || profile.Takes(profile.ActivityScheduled, e.IdentityState(r.Identity)))
	})

	if err != nil {
		return stats, err
	}

	// Everything is evaluated before anything is written, and written in one batch.
	var batch identity.Batch
	for _, r := range results {
		stats.count(r)
		if r.Changed {
			batch.Put = append(batch.Put, r.Identity)
		}
	}

	if err := t.finish(ctx, batch, names, !sel.Scheduled); err != nil {
		return stats, err
	}
	for _, r := range results {
		t.tell(e, r)
		if onResult != nil {
			onResult(r)
		}
	}

	return stats, nil
}

// processStep is process in a step of the session, if that is possible.
func (t *Tenant) processStep(ctx context.Context, e *profile.Engine,
	names []string) (stats ProcessStats, done bool, err error) {
	changed, done, err := t.step(ctx, e, names)
	if !done || err != nil {
		return stats, done, err
	}
	if err := t.finish(ctx, identity.Batch{}, names, true); err != nil {
		return stats, true, err
	}

	// The step gives what changed; the numbers of all are those of the store.
	rows, err := t.store.counts(ctx)
	if err != nil {
		return stats, true, err
	}
	for _, name := range names {
		stats.Processed += int(rows[name].identities)
		stats.Exceptions += int(rows[name].exceptions)
		stats.Errors += int(rows[name].errors)
	}

	for _, r := range changed {
		stats.countChange(r)
		if !slices.Contains(names, r.Identity.Profile) { // it has left them
			stats.countState(r)
		}
		t.tell(e, r)
	}

	return stats, true, nil
}

func (s *ProcessStats) count(r *profile.Result) {
	s.countState(r)
	s.countChange(r)
}

func (s *ProcessStats) countChange(r *profile.Result) {
	if len(r.Changes) > 0 {
		s.Changed++
	}
	if r.Move != nil {
		s.Moved++
	}
}

func (s *ProcessStats) countState(r *profile.Result) {
	s.Processed++
	if r.Incomplete() {
		s.Exceptions++
	}
	if len(r.Errors) > 0 {
		s.Errors++
	}
}

// finish stores a processing and clears the flags of the profiles.
func (t *Tenant) finish(ctx context.Context, batch identity.Batch, names []string, whole bool) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.store.Apply(ctx, batch); err != nil {
		return fmt.Errorf("store: %w", err)
	}

	// Plans made before this are stale from here on.
	t.version++
	if len(names) == 0 || !whole {
		return nil
	}

	// The flags are cleared in the configuration of now, not in the one that was processed by.
	after := t.bundle.Clone()
	for _, name := range names {
		if p := after.Profile(name); p != nil && p.RefreshRequired {
			p.SetDirty(false)
		}
	}

	if err := t.counts(ctx, after); err != nil {
		return err
	}
	after.Refresh()
	t.bundle, t.engine = after, nil
	return nil
}

// counts writes the number of identities, and whether there are exceptions, into
// the profiles.
func (t *Tenant) counts(ctx context.Context, b *config.Bundle) error {
	rows, err := t.store.counts(ctx)
	if err != nil {
		return err
	}
	for _, p := range b.Profiles {
		p.Node.Set("identityCount", jsondoc.NewInt(rows[p.Name].identities))
		report := jsondoc.NewNull()
		if rows[p.Name].exceptions > 0 {
			report = jsondoc.NewObject(
				jsondoc.M("taskResultId", jsondoc.NewString(t.newID("TASK_RESULT", "exceptions/"+p.Name))),
				jsondoc.M("reportName", jsondoc.NewString("Identity Exceptions - "+p.Name)))
		}

		// A reference that is there stays: an exported file may have the tenant's own.
		if old := p.Node.Get("identityExceptionReportReference"); old.IsNull() != report.IsNull() || old == nil {
			p.Node.Set("identityExceptionReportReference", report)
		}
	}

	return nil
}

// tell reports a stored result to the observer.
func (t *Tenant) tell(e *profile.Engine, r *profile.Result) {
	for _, event := range resultEvents(e.Bundle(), r) {
		t.event(event)
	}
	target := profile.IdentityRef(r.Identity)
	switch {
	case r.Created:
		t.audit(AuditIdentityCreate, target, "")
	case len(r.Changes) > 0 || r.Move != nil:
		t.audit(AuditIdentityUpdate, target, "")
	}

	if r.Lifecycle.Entered {
		t.audit(AuditStateChange, target, r.Lifecycle.State)
	}
}

// resultEvents returns the events of one result.
func resultEvents(b *config.Bundle, r *profile.Result) []Event {
	var list []Event
	who := profile.IdentityRef(r.Identity)

	// A link that was there before is no event.
	for i, l := range r.Links {
		if l.Method == correlate.Sticky && !l.New || l.Method == correlate.Manual && !l.New {
			continue
		}
		a := &r.Identity.Accounts[i]
		list = append(list, AccountCorrelated{Identity: who, Source: b.SourceRef(a.Source),
			Account:    accountRef(a, true),
			Attributes: a.Attributes})
	}

	// A new identity is told first: what follows refers to it.
	if r.Created {
		return append([]Event{IdentityCreated{who, r.Identity.Attributes}}, list...)
	}
	if len(r.Changes) > 0 {
		list = append(list, AttributesChanged{who, r.Changes})
	}
	if r.Move != nil {
		list = append(list, ProfileMoved{Identity: who, From: r.Move.From, To: r.Move.To, Reason: r.Move.Reason})
	}
	return list
}
