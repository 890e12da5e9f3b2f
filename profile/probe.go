package profile

import (
	"context"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/transform"
)

// Probe evaluates single attributes of one profile again and again, for programs
// that measure or watch what a mapping does. What an attribute reads of the
// others is the value that the identity has, so that nothing but its own mapping
// is evaluated; the manager and other identities are not known. A Probe belongs
// to one goroutine.
type Probe struct {
	x     *evaluation
	v     *evaluator
	c     *compiled
	trace *transform.Tracer
	self  alone
}

// Probe returns a probe of the profile with that name, or
// [identity.ErrNotFound]. The tracer receives the steps when the engine was
// compiled with [Options.Observe]; it may be nil.
func (r *Run) Probe(ctx context.Context, name string, t *transform.Tracer) (*Probe, error) {
	c := r.engine.profile(name)
	if c == nil {
		return nil, identity.ErrNotFound
	}
	return &Probe{v: newEvaluator(ctx, r.engine, r.env), c: c, trace: t}, nil
}

// Attributes returns the attributes of the profile in the order of the mappings.
func (p *Probe) Attributes() []string { return p.c.schema.Names() }

// Take makes i the identity whose attributes are evaluated next. Its accounts
// must not change until the following call.
func (p *Probe) Take(i *identity.Identity) {
	p.self = alone{i.ID, i.Alias}
	p.x = p.v.begin(p.c, subjectInput{who: &p.self, accounts: i.Accounts, stored: i.Attributes})
	p.x.scope.SetTracer(p.trace)
	for slot := range p.x.state {
		p.x.state[slot] = busy // reads see the value at hand
	}
}

// Evaluate evaluates an attribute, given by its number in [Probe.Attributes], of
// the identity taken last. The value holds until the next call of [Probe.Take].
// What is shared with an attribute that was evaluated before is not evaluated
// again.
func (p *Probe) Evaluate(attribute int) (identity.Value, error) {
	a := &p.c.attrs[attribute]
	p.x.scope.SetAttribute(a.name, identity.Value{})
	return a.program.Eval(p.x.scope, identity.Value{})
}
