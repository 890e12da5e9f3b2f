package profile

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/transform"
)

// evaluator evaluates identities, one at a time, on one goroutine.
type evaluator struct {
	engine *Engine
	env    *transform.Env
	ctx    context.Context
	scopes []*transform.Scope // by rank of the profile
	limits transform.Limits
	self   evaluation
}

// evaluation is the state of one identity: a [transform.Subject] whose attributes
// are evaluated on demand.
type evaluation struct {
	*evaluator
	profile *compiled
	scope   *transform.Scope
	input   subjectInput

	values []identity.Value
	state  []uint8 // todo, busy, done
	errors []AttributeError

	lifecycleNow   identity.Value // of the last pass, for readers of the lifecycle state
	lifecycleKnown bool
	unsettled      bool // it still moved in the last pass

	calc transform.Calculation // of values and state
	full bool                  // a value was refused because of what may be kept
}

const todo, busy, done = transform.Todo, transform.Busy, transform.Done

// subjectInput is what is known of an identity before it is evaluated. Who it is
// is asked for only when a transform wants to know.
type subjectInput struct {
	who      register
	number   int32
	accounts []identity.Account
	stored   identity.Attributes
}

// register knows the identities of a run by number.
type register interface {
	id(n int32) string
	aliasOf(n int32) string
	managerOf(n int32) transform.Subject
	isManager(n int32) bool
}

// alone is the register of an identity that is evaluated without others.
type alone struct{ ident, alias string }

func (a alone) id(int32) string { return a.ident }

func (a alone) aliasOf(int32) string { return a.alias }

func (a alone) managerOf(int32) transform.Subject { return nil }

func (a alone) isManager(int32) bool { return false }

func newEvaluator(ctx context.Context, e *Engine, env *transform.Env) *evaluator {
	return &evaluator{engine: e, env: env, ctx: ctx, scopes: make([]*transform.Scope, len(e.profiles)),
		limits: env.Limits.OrDefaults()}
}

// begin prepares the evaluation of one identity under a profile.
func (v *evaluator) begin(c *compiled, in subjectInput) *evaluation {
	s := v.scopes[c.rank]
	if s == nil {
		s = c.unit.NewScope(v.ctx, v.env)
		v.scopes[c.rank] = s
	}

	x := &v.self
	if x.profile != c {
		x.evaluator, x.profile, x.scope = v, c, s
		x.values = slices.Grow(x.values[:0], len(c.attrs))[:len(c.attrs)]
		x.state = slices.Grow(x.state[:0], len(c.attrs))[:len(c.attrs)]
		x.calc = transform.Calculation{Schema: c.schema, Programs: c.unit.Programs(),
			Values: x.values, States: x.state, Most: v.limits.Value}
	}

	// Values stay what they were: nobody reads them of an attribute that is not done.
	clear(x.state)
	x.input, x.errors = in, x.errors[:0]
	x.lifecycleNow, x.lifecycleKnown, x.unsettled, x.full = identity.Value{}, false, false, false
	x.calc.Stored, x.calc.Room = in.stored, v.limits.Identity
	s.Reset(x, in.accounts)
	return x
}

// all evaluates every attribute in dependency order, and what follows from the
// lifecycle state until it stays.
func (x *evaluation) all() {
	x.inOrder()
	x.followLifecycle()
}

func (x *evaluation) inOrder() { x.calculate(x.profile.order) }

// calculate evaluates attributes one after the other.
func (x *evaluation) calculate(order []int) {
	for {
		n, v, err := x.scope.Calculate(&x.calc, order)
		if n == 0 {
			return
		}
		x.accept(order[n-1], v, err)
		order = order[n:]
	}
}

// some evaluates the given attributes and what they read. The others have no values.
func (x *evaluation) some(attrs []int) {
	for i, state := range x.state {
		if state == todo {
			x.values[i] = identity.Value{}
		}
	}

	for _, i := range attrs {
		if x.profile.late != nil && x.profile.late[i] {
			x.all()
			return
		}

		if x.state[i] == todo {
			x.evaluate(i)
		}
	}
}

// evaluate computes attribute i.
func (x *evaluation) evaluate(i int) {
	x.state[i] = todo
	x.calculate([]int{i})
}

// evaluateNested computes attribute i while another one is being evaluated and reads
// this one.
func (x *evaluation) evaluateNested(i int) {
	a := &x.profile.attrs[i]
	x.state[i] = busy
	v, err := x.scope.Nested(a.program, a.name, x.calc.Before(i), identity.Value{})
	x.accept(i, v, err)
}

// accept takes the outcome of attribute i. On an error the stored value stays, as a tenant
// keeps it when promotion fails (DECISION 22).
func (x *evaluation) accept(i int, v identity.Value, err error) {
	a := &x.profile.attrs[i]
	if err == nil {
		v = AttributeValue(v, a.multi)
		err = x.keep(v)
	}
	if err != nil {
		x.errors = append(x.errors, AttributeError{a.name, err})
		v = x.calc.Before(i)
	}

	x.values[i], x.state[i] = v, done
}

// keep counts a value against what one value, and the values of one identity, may hold.
func (x *evaluation) keep(v identity.Value) error {
	size := sizeOf(v)
	switch {
	case size > x.limits.Value:
		x.full = true
		return fmt.Errorf("%w: the value has %d bytes, and a value may have %d", transform.ErrLimit, size, x.limits.Value)
	case size > x.calc.Room:
		x.full = true
		return fmt.Errorf("%w: the value has %d bytes, the others have %d, and those of an identity may have %d",
			transform.ErrLimit, size, x.limits.Identity-x.calc.Room, x.limits.Identity)
	}

	x.calc.Room -= size
	return nil
}

// sizeOf is how many bytes of text a value has.
func sizeOf(v identity.Value) (size int64) {
	if v.Kind() != identity.List {
		return int64(len(v.Text()))
	}
	for _, item := range v.List() {
		size += int64(len(item.Text()))
	}
	return size
}

// AttributeValue turns the outcome of a transform into what attributes hold: text, or a list for
// multi-valued ones; of a list, others hold the first item. Null stays null, as does the first
// item of an empty list.
//
// Source: DECISION 19.
func AttributeValue(v identity.Value, multi bool) identity.Value {
	if v.Kind() <= identity.Text {
		return v
	}
	switch v.Kind() {
	case identity.List:
		if multi {
			return v
		}
		for _, item := range v.List() {
			return AttributeValue(item, false)
		}
		return identity.Value{}

	case identity.Integer, identity.Boolean:
		return identity.StringValue(v.Text())
	}

	return v
}

// ID returns the identity's id.
func (x *evaluation) ID() string { return x.input.who.id(x.input.number) }

// Name returns the identity's alias.
func (x *evaluation) Name() string { return x.input.who.aliasOf(x.input.number) }

// Accounts returns the identity's accounts.
func (x *evaluation) Accounts() []identity.Account { return x.input.accounts }

// IsManager reports whether somebody has this identity as manager.
func (x *evaluation) IsManager() bool { return x.input.who.isManager(x.input.number) }

// Manager returns the manager, or nil.
func (x *evaluation) Manager() (transform.Subject, error) {
	return x.input.who.managerOf(x.input.number), nil
}

// AttributeNames returns the mapped attributes and those stored.
func (x *evaluation) AttributeNames() []string {
	names := slices.Clone(x.profile.schema.Names())
	for name := range x.input.stored.All() {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}

	return names
}

// Attribute returns the value of this run, evaluating it when it is not yet
// known. A read of the attribute by itself, one that closes a cycle, and reads
// of the lifecycle state see the stored value.
//
// Source: DECISION 20.
func (x *evaluation) Attribute(name string) (identity.Value, error) {
	i, ok := x.profile.slots[name]
	if !ok || name == config.AttrLifecycle || x.engine.opts.SnapshotOrder && !x.last() {
		return x.storedOrNow(name), nil
	}
	switch x.state[i] {
	case busy:
		return x.input.stored.Get(name), nil
	case todo:
		x.evaluateNested(i)
	}

	return x.values[i], nil
}

// last reports whether the lifecycle state is being evaluated, which sees the
// new values of all others even in snapshot order.
func (x *evaluation) last() bool { return x.scope.Attribute() == config.AttrLifecycle }

// missing returns the required attributes that have no value among those of the
// profile, in report order.
func (e *Engine) missing(c *compiled, values []identity.Value) []string {
	var names []string
	for k, i := range c.needed {
		// Nearly all begin with a letter or a digit.
		if i >= 0 {
			if text := values[i].Text(); text != "" && text[0] > ' ' && text[0] < utf8.RuneSelf {
				continue
			}
		}
		if i < 0 || isMissing(values[i], !e.opts.KeepBlank) {
			names = append(names, required[k])
		}
	}

	return names
}

func isMissing(v identity.Value, blankToo bool) bool {
	if v.IsNull() || !blankToo {
		return v.IsNull()
	}

	return strings.TrimSpace(v.Text()) == ""
}

// authoritative returns the account that would tie an identity to this profile, whichever
// is chosen: the oldest on its source.
func (c *compiled) authoritative(accounts []identity.Account) *identity.Account {
	var best *identity.Account
	for i := range accounts {
		if a := &accounts[i]; a.Source == c.source.Name && (best == nil || transform.ByCreated(a, best) < 0) {
			best = a
		}
	}

	return best
}

// promote evaluates all attributes or, when the mapping is disabled, keeps what
// is stored.
func (x *evaluation) promote() {
	if x.profile.profile.Enabled {
		x.all()
		return
	}

	for i, a := range x.profile.attrs {
		x.values[i], x.state[i] = x.input.stored.Get(a.name), done
	}
}
