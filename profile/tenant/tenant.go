package tenant

import (
	"context"
	"iter"
	"sync"
	"time"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/isc"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/transform/builtin"
)

// Options is what a [Tenant] takes from outside. The zero TenantOptions
// work, without clock.
type Options struct {
	Compile profile.Options
	// Run is the template of all runs: rules, seed, limits, workers. Now, Stored
	// and Lock are set by the tenant.
	Run profile.RunOptions
	Now func() time.Time // nil: the zero time

	// NewID gives ids to new objects; nil derives them from kind and name.
	NewID func(kind, name string) string
	// TrackingID gives each refusal an id; nil: none.
	TrackingID func() string
	// InUse says why an identity must not be deleted, beside what the bundle
	// knows: roles or applications it owns, open work. Nil: no reason.
	InUse func(identityID string) []string
	// FirstSeen says since when an identity has exceptions, which the store does
	// not know; nil: the column of the report stays empty.
	FirstSeen func(identityID string) time.Time

	// Resident keeps the tables of a run in memory between processings, so that one
	// costs what it changes and not what the population costs. It takes about as much
	// memory as the accounts.
	Resident bool

	Launcher config.Ref // who operates, and owner of new profiles without one
	Observer Observer
}

// Tenant owns a bundle and a store and carries out the operations on them: each
// is planned first, shown, and then applied as a whole or not at all. It is safe
// for concurrent use as long as nobody else changes the store.
type Tenant struct {
	opts  Options
	store *talliedStore
	lock  profile.Lock
	feeds sync.Mutex // held by the aggregation
	steps stepper    // used while the lock is held for a change

	mu      sync.Mutex
	bundle  *config.Bundle
	version uint64 // counts changes of bundle and store
	engine  *profile.Engine
	found   diag.List
}

// New returns a tenant. The bundle must not be changed afterwards other
// than through it.
func New(b *config.Bundle, st identity.Store, o Options) *Tenant {
	if o.Compile.Library == nil {
		o.Compile.Library = builtin.Library()
	}
	return &Tenant{opts: o, store: &talliedStore{Store: st}, bundle: b}
}

// Bundle returns the current configuration, which must not be changed.
func (t *Tenant) Bundle() *config.Bundle {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.bundle
}

// Store returns the store.
func (t *Tenant) Store() identity.Store { return t.store }

// Engine returns the compiled current configuration and its findings.
func (t *Tenant) Engine() (*profile.Engine, diag.List) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.engine == nil {
		t.engine, t.found = profile.Compile(t.bundle, t.opts.Compile)
	}
	return t.engine, t.found
}

// Aggregating reports whether an aggregation runs.
func (t *Tenant) Aggregating() bool { return t.lock.Aggregating() }

func (t *Tenant) now() time.Time {
	if t.opts.Now == nil {
		return time.Time{}
	}
	return t.opts.Now()
}

// stamp returns the current time as a field of an object.
func (t *Tenant) stamp() *jsondoc.Node {
	return jsondoc.NewString(t.now().UTC().Format("2006-01-02T15:04:05.000Z"))
}

func (t *Tenant) newID(kind, name string) string {
	if t.opts.NewID != nil {
		return t.opts.NewID(kind, name)
	}
	return config.IdentityID(kind, name)
}

// tracked gives a refusal its tracking id.
func (t *Tenant) tracked(err error) error {
	if e, ok := err.(*isc.Error); ok && e.TrackingID == "" && t.opts.TrackingID != nil {
		e.TrackingID = t.opts.TrackingID()
	}
	return err
}

// running refuses an operation while an aggregation runs.
func (t *Tenant) running() error {
	if !t.lock.Aggregating() {
		return nil
	}
	return t.aggregating()
}

func (t *Tenant) aggregating() error {
	e := isc.Refuse(isc.CodeBadRequest, "the operation is not possible while an account aggregation runs")
	e.Err = config.ErrAggregationRunning
	return t.tracked(e)
}

// runOptions returns the options of a run over a store.
func (t *Tenant) runOptions(st identity.Store) profile.RunOptions {
	o := t.opts.Run
	o.Now, o.Stored = t.now(), st
	return o
}

// withoutLoose is a store that shows no uncorrelated accounts, so that a run
// over it evaluates and does not correlate.
type withoutLoose struct{ identity.Store }

func (withoutLoose) Uncorrelated(context.Context, string) iter.Seq2[identity.Account, error] {
	return func(func(identity.Account, error) bool) {}
}

// evaluate runs an engine over a store and returns the results that are wanted.
// Nothing is correlated.
func (t *Tenant) evaluate(ctx context.Context, e *profile.Engine, st identity.Store,
	wanted func(r *profile.Result) bool) ([]*profile.Result, error) {
	o := t.runOptions(withoutLoose{st})
	o.Recompute, o.OnUncorrelated, o.OnFinding = false, nil, nil
	var list []*profile.Result
	for r, err := range e.Run(ctx, o) {
		if err != nil {
			return nil, err
		}
		if wanted(r) {
			list = append(list, r)
		}
	}

	return list, nil
}

func (t *Tenant) event(e Event) {
	if f := t.opts.Observer.OnEvent; f != nil {
		f(e)
	}
}

func (t *Tenant) audit(name string, target config.Ref, detail string) {
	if f := t.opts.Observer.OnAudit; f != nil {
		f(Audit{Name: name, Time: t.now(), Actor: t.opts.Launcher.Name, Target: target.Name,
			ID: target.ID, Detail: detail})
	}
}
