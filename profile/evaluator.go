package profile

import (
	"context"
	"slices"
	"time"
	"unsafe"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/transform"
)

// Evaluator gives identities their own attributes, one after another, in the
// memory of one: the profile is chosen by the accounts, the mappings are
// evaluated, required attributes and the lifecycle state are checked. What needs
// other identities (uid claims, managers) is left to a whole run.
//
// An evaluator belongs to one goroutine, together with those that [Evaluator.Only],
// [Evaluator.Isolated] and [Evaluator.Traced] return, because they share its memory.
// What it gives does not depend on what was evaluated before.
type Evaluator struct {
	*desk
	picks    []pick // by rank of the profile; nil: all attributes
	isolated bool
	trace    *transform.Tracer
}

// desk is the memory that evaluators share.
type desk struct {
	v      *evaluator
	self   alone
	person identity.Identity
	result Result

	observers map[*compiled]observer

	stateIn *compiled       // of state
	state   LifecycleResult // of the person before

	values  []identity.Value
	changes []Change
	news    []Change // of somebody who is new: without old values
	rows    []byte   // a chunk of rows that were given away
}

// pick is the part of a profile's attributes that is asked for.
type pick struct {
	slots  []int
	schema *identity.Schema
}

// Evaluator returns an evaluator for the run.
func (r *Run) Evaluator(ctx context.Context) *Evaluator {
	return &Evaluator{desk: &desk{v: newEvaluator(ctx, r.engine, r.env)}}
}

// Only returns an evaluator of the named attributes: what it evaluates is these and
// what they read, and its results have no others. Names that a profile does not
// map are left out there.
func (v *Evaluator) Only(names ...string) *Evaluator {
	part := *v
	part.picks = make([]pick, 0, len(v.v.engine.profiles))

	// Slots differ from profile to profile, and so does which of the names are mapped.
	for _, c := range v.v.engine.profiles {
		var slots []int
		var mapped []string
		for _, name := range names {
			if i, ok := c.slots[name]; ok {
				slots, mapped = append(slots, i), append(mapped, name)
			}
		}

		part.picks = append(part.picks, pick{slots, identity.NewSchema(mapped...)})
	}

	return &part
}

// Isolated returns an evaluator for programs that measure or watch what a mapping
// does: what an attribute reads of the others is the value that the person has,
// so that nothing but its own mapping is evaluated.
func (v *Evaluator) Isolated() *Evaluator {
	part := *v
	part.isolated = true
	return &part
}

// Traced returns an evaluator that reports its steps to t when the engine was
// compiled with [Options.Observe].
func (v *Evaluator) Traced(t *transform.Tracer) *Evaluator {
	part := *v
	part.trace = t
	return &part
}

// Evaluate evaluates a person with these accounts and stored attributes, who is
// not changed and must not be during the call. The attributes of somebody without
// an account on the source of a profile stay what they are. An attribute whose
// mapping raises keeps its stored value, and the error is in the result; the error
// of the call is that of the context.
//
// The result holds until the next call; [Result.Clone] keeps it longer. Its
// identity's attributes may be kept as they are.
func (v *Evaluator) Evaluate(person *identity.Identity) (*Result, error) {
	d := v.desk
	if err := d.v.ctx.Err(); err != nil {
		return nil, err
	}

	stored := person.Attributes // the person may be that of the last result
	d.person = *person
	res, out := &d.result, &d.person
	*res = Result{Identity: out}
	c, account := d.v.engine.membership(person.Accounts)
	if c == nil {
		if v.picks != nil {
			out.Attributes = identity.Attributes{}
		}
		return res, nil
	}

	// What mappings read of the person is this one, apart from any population.
	d.self = alone{out.ID, out.Alias}
	x := d.v.begin(c, subjectInput{who: &d.self, accounts: out.Accounts, stored: stored})
	x.scope.SetTracer(v.trace)
	v.calculate(x)
	out.Profile, out.Evaluated, out.RunState = c.profile.Name, time.Time{}, identity.Attributes{}
	res.Account = account.Key()
	if len(x.errors) > 0 {
		res.Errors = x.errors
	}

	v.finish(x, stored)
	return res, nil
}

// calculate evaluates what is asked for.
func (v *Evaluator) calculate(x *evaluation) {
	switch {
	case v.isolated && x.profile.profile.Enabled:
		slots := x.profile.order
		if v.picks != nil {
			slots = v.picks[x.profile.rank].slots
		}
		x.isolate(slots)

	case v.picks != nil && x.profile.profile.Enabled:
		x.some(v.picks[x.profile.rank].slots)
	default:
		x.promote()
	}
}

// isolate evaluates the given attributes, each as if it were the only one.
func (x *evaluation) isolate(attrs []int) {
	for i := range x.state {
		x.state[i] = busy // reads see the value at hand
	}
	for _, i := range attrs {
		x.evaluate(i)
		x.state[i] = busy
	}
}

// finish puts the values of an evaluation into the result.
func (v *Evaluator) finish(x *evaluation, stored identity.Attributes) {
	d, c, res := v.desk, x.profile, &v.desk.result
	var missing []string
	values := x.values
	if v.picks == nil {
		res.Identity.Attributes = d.pack(c.schema, x.values)
		missing = x.engine.missing(c, x.values)
	} else {
		p := &v.picks[c.rank]
		d.values = d.values[:0]
		for _, i := range p.slots {
			d.values = append(d.values, x.values[i])
		}
		res.Identity.Attributes = d.pack(p.schema, d.values)
		missing = x.missingOf(p, d.values)
		values = d.values
	}

	res.Exceptions = missingException(missing, x.errors)
	attributes := res.Identity.Attributes
	switch {
	case stored.Schema() == nil: // who is new had nothing
		res.Changes = d.created(attributes.Schema().Names(), values)
	case stored.Schema() != attributes.Schema() || stored.Row() != attributes.Row(): // most people stay what they are
		d.changes = appendChanged(d.changes[:0], stored, attributes)
		if v.picks == nil {
			d.changes = appendRemoved(d.changes, stored, attributes)
		}
		res.Changes = d.changes[:len(d.changes):len(d.changes)]
	}

	if len(res.Changes) == 0 {
		res.Changes = nil
	}
	slot, ok := c.stateAt, c.stateAt >= 0
	if v.picks != nil {
		slot, ok = attributes.Schema().Slot(config.AttrLifecycle)
	}
	if ok {
		res.Lifecycle = d.stateOf(c, values[slot]) // which is packed, and keeps
		res.Identity.Lifecycle.State = res.Lifecycle.State
	}
}

// stateOf is [compiled.lifecycle], which is mostly what it was for the person before.
func (d *desk) stateOf(c *compiled, v identity.Value) LifecycleResult {
	text := v.Text()
	if d.stateIn != c || d.state.Value != text {
		d.stateIn, d.state = c, c.lifecycle(v)
		return d.state
	}

	// The texts are those of this person, as those before belong to another row.
	r := d.state
	if r.Value = text; r.State != "" {
		r.State = text
	}
	return r
}

// created returns the attributes of somebody who is new, as changes.
func (d *desk) created(names []string, values []identity.Value) []Change {
	list := slices.Grow(d.news[:0], len(names))[:len(names)]
	values = values[:len(names)]
	n := 0
	for i, name := range names {
		if v := &values[i]; !v.IsNull() {
			// Old values are null and stay so, and mostly the name is there from the one before: to
			// write it again is work for the garbage collector.
			c := &list[n]
			c.NewValue = *v
			if unsafe.StringData(c.Attribute) != unsafe.StringData(name) || len(c.Attribute) != len(name) {
				c.Attribute = name
			}
			n++
		}
	}

	d.news = list
	return list[:n:n]
}

// missingOf returns the required attributes among those picked that have no value.
func (x *evaluation) missingOf(p *pick, values []identity.Value) []string {
	var names []string
	for _, name := range required {
		if i, ok := p.schema.Slot(name); ok && isMissing(values[i], !x.engine.opts.KeepBlank) {
			names = append(names, name)
		}
	}

	return names
}

// Rows are written into chunks, of which each has twice the bytes of the one before:
// who evaluates one identity keeps little memory, and who evaluates many seldom asks for
// more. rowRoom is how many bytes have to be free for the next row: most need less.
const (
	firstChunk = 4 << 10
	lastChunk  = 64 << 10
	rowRoom    = 512
)

// pack returns attributes that keep, to which values then belong: rows stand one behind another in chunks, which
// are not written again, so that hardly any identity needs memory of its own.
func (d *desk) pack(schema *identity.Schema, values []identity.Value) identity.Attributes {
	if cap(d.rows)-len(d.rows) < rowRoom {
		d.rows = make([]byte, 0, min(max(firstChunk, 2*cap(d.rows)), lastChunk))
	}

	at := len(d.rows)
	rows := identity.MoveToRow(d.rows, schema.Len(), values)
	row := unsafe.String(unsafe.SliceData(rows[at:]), len(rows)-at)
	if cap(rows) == cap(d.rows) {
		d.rows = rows
	}
	return identity.FromRow(schema, row)
}

// Explain evaluates a person as [Evaluator.Evaluate] does and explains the named
// attributes; without names, all. The trace shares no memory with the evaluator.
func (v *Evaluator) Explain(person *identity.Identity, names ...string) (*Trace, error) {
	p := *person // which may be that of the last result
	all := Evaluator{desk: v.desk}
	res, err := all.Evaluate(&p)
	if err != nil {
		return nil, err
	}

	return v.ExplainResult(res.Clone(), names...)
}

// ExplainResult explains the named attributes of a person as a run has evaluated it, without
// evaluating the others again; without names, all. The trace refers to the result and
// shares no other memory with the evaluator.
func (v *Evaluator) ExplainResult(r *Result, names ...string) (*Trace, error) {
	t, p := v.v.engine.trace(r), r.Identity
	if c, _ := v.v.engine.membership(p.Accounts); c != nil {
		x := v.observer(c).begin(subjectInput{
			who: alone{p.ID, p.Alias}, accounts: p.Accounts, stored: p.Attributes,
		})
		t.Attributes = x.explain(r, names)
	}

	return t, v.v.ctx.Err()
}

// observer evaluates the mappings of a profile with programs that report their steps.
type observer struct {
	*evaluator
	compiled *compiled
}

// observer returns that of a profile; to compile one takes longer than to explain somebody.
func (v *Evaluator) observer(c *compiled) observer {
	o, ok := v.observers[c]
	if !ok {
		engine, again := v.v.engine.observing(c)
		o = observer{newEvaluator(v.v.ctx, engine, v.v.env), again}
		if v.observers == nil {
			v.observers = map[*compiled]observer{}
		}
		v.observers[c] = o
	}

	return o
}

func (o observer) begin(in subjectInput) *evaluation { return o.evaluator.begin(o.compiled, in) }

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
