package tenant

import (
	"context"
	"fmt"
	"time"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/isc"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
)

// Plan is an operation that was thought through: what it would change. Nothing
// has happened yet; [Tenant.Apply] makes it happen. A plan is read only.
type Plan struct {
	Operation string     // audit name of the operation
	Object    config.Ref // what it is about
	Status    int        // HTTP status of the applied operation: 200, 201, 202 or 204

	Findings diag.List             // what is doubtful about the outcome
	Dirty    []string              // profiles that need processing afterwards
	Uses     []config.AttributeUse // what uses the attribute that would go

	// Reassigned are the identities that get another profile: when the plan is
	// applied (Evaluated), else when their profiles are processed.
	Reassigned []Reassignment
	Evaluated  bool
	// Deleted identities; all their accounts become uncorrelated.
	Deleted []config.Ref
	// Orphaned identities have no authoritative account afterwards; the nightly
	// clean-up may delete them, see [Tenant.PlanCleanup].
	Orphaned []config.Ref
	// Unmanaged identities lose their manager, who is deleted.
	Unmanaged    []config.Ref
	Uncorrelated []identity.AccountKey
	// NewIdentities is how many uncorrelated accounts of the source can become
	// identities at its next aggregation.
	NewIdentities int
	// Blockers are why the plan cannot be applied.
	Blockers []Blocker
	// Results are the evaluated identities that are written.
	Results []*profile.Result

	base      uint64
	exclusive bool // not while an aggregation runs
	after     *config.Bundle
	batch     identity.Batch
	audits    []Audit
	events    []Event
}

// Reassignment is an identity that gets another profile.
type Reassignment struct {
	Identity config.Ref `json:"identity"`
	From     string     `json:"from"`
	To       string     `json:"to"`
	Reason   string     `json:"reason"`
	// Lost are the attributes that have a value and are not mapped there.
	Lost    []string         `json:"lost,omitempty"`
	Changes []profile.Change `json:"changes,omitempty"` // of an evaluated plan
}

// Blocker is a reason against a plan.
type Blocker struct {
	Identity config.Ref `json:"identity"`
	Reason   string     `json:"reason"`
}

// Task is the answer of an operation that a tenant carries out later.
//
// Source: DECISION 59.
type Task struct {
	ID               string    `json:"id"`
	Name             string    `json:"name"`
	Description      string    `json:"description"`
	Launcher         string    `json:"launcher"`
	Launched         time.Time `json:"launched"`
	Completed        time.Time `json:"completed"`
	CompletionStatus string    `json:"completionStatus"`
}

// Outcome is what an applied plan answers.
type Outcome struct {
	Status int
	Object *jsondoc.Node // the object as it is now; nil when it is gone
	Task   *Task         // of status 202
}

// newPlan begins a plan on a copy of the configuration.
func (t *Tenant) newPlan(operation string, exclusive bool) (*Plan, error) {
	if exclusive {
		if err := t.running(); err != nil {
			return nil, err
		}
	}

	t.mu.Lock()
	defer t.mu.Unlock()
	return &Plan{Operation: operation, Status: 200, base: t.version, exclusive: exclusive, after: t.bundle.Clone()}, nil
}

// Apply carries out a plan: store and configuration change together, or nothing
// does. Then the observer is told.
//
// Errors: [config.ErrStale] when anything has changed since the plan was made;
// [config.ErrAggregationRunning]; [isc.CodeConflict] when the plan has blockers; errors of
// the store.
func (t *Tenant) Apply(ctx context.Context, p *Plan) (Outcome, error) {
	if len(p.Blockers) > 0 {
		return Outcome{}, t.tracked(p.blocked())
	}

	// A plan that only changes the configuration does not wait for an aggregation.
	writes := len(p.batch.Put)+len(p.batch.Delete)+len(p.batch.Uncorrelated)+len(p.batch.Forget) > 0
	if p.exclusive || writes {
		done, err := t.lock.Change()
		if err != nil {
			return Outcome{}, t.aggregating()
		}
		defer done()
	}

	if err := t.commit(ctx, p, writes); err != nil {
		return Outcome{}, err
	}

	// Told after the commit: audits and events say what has happened.
	for _, a := range p.audits {
		t.audit(a.Name, config.Ref{ID: a.ID, Name: a.Target}, a.Detail)
	}
	for _, e := range p.events {
		t.event(e)
	}
	return t.outcome(p), nil
}

func (t *Tenant) commit(ctx context.Context, p *Plan, writes bool) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.version != p.base {
		return config.ErrStale
	}
	if writes {
		if err := t.store.Apply(ctx, p.batch); err != nil {
			return fmt.Errorf("store: %w", err)
		}
	}

	t.version++
	t.bundle, t.engine = p.after, nil
	return nil
}

func (p *Plan) blocked() *isc.Error {
	e := &isc.Error{Code: isc.CodeConflict}
	for _, b := range p.Blockers {
		e.Messages = append(e.Messages, isc.NewMessage("identity %q cannot be deleted: %s", b.Identity.Name, b.Reason))
	}
	return e
}

func (t *Tenant) outcome(p *Plan) Outcome {
	o := Outcome{Status: p.Status}
	if prof := p.after.ProfileByRef(p.Object); prof != nil && p.Status != 202 {
		o.Object = t.Object(prof)
	}
	if p.Status == 202 {
		now := t.now()
		o.Task = &Task{
			ID: t.newID("TASK", p.Operation+p.Object.Name), Name: p.Operation, Description: p.Operation +
				" " + p.Object.Name,
			Launcher: t.opts.Launcher.Name, Launched: now, Completed: now, CompletionStatus: "SUCCESS",
		}
	}

	return o
}

func (p *Plan) note(name string, target config.Ref, format string, args ...any) {
	p.audits = append(p.audits, Audit{Name: name, Target: target.Name, ID: target.ID,
		Detail: fmt.Sprintf(format, args...)})
}

// markDirty sets the flag "Needs Processing" of profiles.
func (p *Plan) markDirty(names ...string) {
	for _, name := range names {
		prof := p.after.Profile(name)
		if prof == nil {
			continue
		}
		prof.SetDirty(true)
		p.Dirty = append(p.Dirty, name)
	}

	p.after.Refresh()
}
