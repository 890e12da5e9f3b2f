package profile

import (
	"context"
	"slices"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/transform"
)

// Evaluator gives identities their own attributes, one after another, in the
// memory of one: the fast path of programs that have many. It belongs to one
// goroutine; results do not depend on what was evaluated before.
type Evaluator struct {
	v    *evaluator
	self alone
}

// NewEvaluator returns an evaluator for the run.
func (r *Run) NewEvaluator(ctx context.Context) *Evaluator {
	return &Evaluator{v: newEvaluator(ctx, r.engine, r.env)}
}

// Row is what [Evaluator.Evaluate] gives. It and its values hold until the next
// call; pack them to keep them.
type Row struct {
	Profile string
	Names   []string         // attributes, in the order of the mappings
	Values  []identity.Value // one for each name
	Errors  []AttributeError // attributes that kept their stored value
	Missing []string         // required attributes without value
}

// Evaluate chooses the profile by the accounts and evaluates its mappings; ok is
// false when no account is on the source of a profile. The accounts must not
// change during the call.
func (e *Evaluator) Evaluate(id string, accounts []identity.Account, stored identity.Attributes) (row Row, ok bool) {
	c := e.v.engine.chooseProfile(accounts)
	if c == nil {
		return Row{}, false
	}
	e.self = alone{id, id}
	x := e.v.begin(c, subjectInput{who: &e.self, accounts: accounts, stored: stored})
	x.promote()
	return Row{Profile: c.profile.Name, Names: c.schema.Names(), Values: x.values, Errors: x.errors, Missing: e.v.engine.missing(c, x.values)}, true
}

// Pack packs the values of a row.
func (r *Row) Pack(schema *identity.Schema) identity.Attributes {
	return identity.Pack(schema, r.Values)
}

// Dependencies returns what the mapping of an identity attribute reads, through
// references too; false when the profile does not map the attribute.
func (e *Engine) Dependencies(profile, attribute string) (transform.Deps, bool) {
	for _, c := range e.profiles {
		if i, ok := c.slots[attribute]; ok && c.profile.Name == profile {
			return c.attrs[i].program.Deps, true
		}
	}
	return transform.Deps{}, false
}

// Partial evaluates a few attributes of identities that a run of another
// configuration has put together: with the same accounts, the same stored state
// and the same manual marks. It serves comparisons in which nothing else can
// differ. It belongs to one goroutine.
type Partial struct {
	v     *evaluator
	self  alone
	slots [][]int // by rank of the profile
	names [][]string
	old   []identity.Value
}

// Partial returns an evaluator of the given attributes, by name of the profile.
// Attributes that a profile does not map are left out.
func (r *Run) Partial(ctx context.Context, attributes map[string][]string) *Partial {
	p := &Partial{v: newEvaluator(ctx, r.engine, r.env)}
	for _, c := range r.engine.profiles {
		var slots []int
		var names []string
		for _, name := range attributes[c.profile.Name] {
			if i, ok := c.slots[name]; ok {
				slots, names = append(slots, i), append(names, name)
			}
		}
		p.slots, p.names = append(p.slots, slots), append(p.names, names)
	}
	return p
}

// PartialResult is what [Partial.Evaluate] gives. It holds until the next call.
type PartialResult struct {
	Names   []string
	Values  []identity.Value // by name
	Errors  []AttributeError // of whatever was evaluated
	Missing []string         // required attributes among the names without value
}

// Evaluate evaluates the attributes for the identity of a result, from what was
// stored of it before that result.
func (p *Partial) Evaluate(r *Result) PartialResult {
	c := p.v.engine.chooseProfile(r.Identity.Accounts)
	if c == nil || len(p.slots[c.rank]) == 0 {
		return PartialResult{}
	}
	p.self = alone{r.Identity.ID, r.Identity.Alias}
	x := p.v.begin(c, subjectInput{who: &p.self, accounts: r.Identity.Accounts, stored: r.storedAttributes()})
	out := PartialResult{Names: p.names[c.rank], Values: p.old[:0]}
	if c.profile.Enabled {
		x.some(p.slots[c.rank])
	}
	for k, i := range p.slots[c.rank] {
		v := x.values[i]
		if !c.profile.Enabled {
			v = x.input.stored.Get(c.attrs[i].name)
		}
		if slices.Contains(required, out.Names[k]) && isMissing(v, !x.engine.opts.KeepBlank) {
			out.Missing = append(out.Missing, out.Names[k])
		}
		out.Values = append(out.Values, v)
	}
	p.old, out.Errors = out.Values, x.errors
	return out
}

// storedAttributes returns what was stored before the run: what the run has
// given, without its changes.
func (r *Result) storedAttributes() identity.Attributes {
	if r.Created {
		return identity.Attributes{}
	}
	a := r.Identity.Attributes
	if len(r.Changes) == 0 {
		return a
	}
	names := slices.Clone(a.Schema().Names())
	values := make([]identity.Value, len(names))
	for i := range names {
		values[i] = a.At(i)
	}
	for _, c := range r.Changes {
		if i := slices.Index(names, c.Attribute); i >= 0 {
			values[i] = c.OldValue
			continue
		}
		names, values = append(names, c.Attribute), append(values, c.OldValue)
	}
	return identity.Pack(identity.NewSchema(names...), values)
}

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
