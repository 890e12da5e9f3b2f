package profile

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/transform"
)

// tried is the name under which a transform is tried that no attribute is mapped to.
const tried = "(try)"

// Trial evaluates one transform by itself, for whoever writes it: without anybody, with
// accounts at hand, or for somebody of a run. It belongs to one goroutine.
type Trial struct {
	engine    *Engine
	attribute string // that it is evaluated for
	def       *transform.Definition
	run       *Run
	with      *compiled
	in        subjectInput
	eval      *evaluator
}

// Outcome is what a transform gives.
type Outcome struct {
	Value identity.Value // null after an error
	Err   error          // matches the errors of package transform
	Step  *Step          // how it came about
}

// Try prepares a transform, which may be stored or not, for evaluation without anybody:
// it sees no accounts and no identity attributes. Stored transforms, sources, rules and
// settings are those of the configuration; clock, seed, rules and limits those of the
// options. The findings are those of the transform.
func (e *Engine) Try(ctx context.Context, o RunOptions, def *transform.Definition) (*Trial, diag.List) {
	return e.try(ctx, o, tried, def)
}

// TryMapping prepares the mapping of an identity attribute, see [Engine.Try]. What it
// gives is the value of the attribute: text, or a list where the attribute has several.
func (e *Engine) TryMapping(ctx context.Context, o RunOptions, m *config.Mapping) (*Trial, diag.List) {
	var found diag.Collector
	def := effective(m, &found)
	t, list := e.try(ctx, o, m.Attribute, def)
	return t, append(found.List(), list...)
}

func (e *Engine) try(ctx context.Context, o RunOptions, attribute string,
	def *transform.Definition) (*Trial, diag.List) {
	t := &Trial{engine: e, attribute: attribute, def: def, run: e.NewRun(o)}
	found := t.bind(ctx, nil, t.run.env, subjectInput{who: alone{}})
	for i := range found {
		if d := &found[i]; len(d.Path) > 2 {
			d.Path = d.Path[2:] // behind the profile and the attribute, which nobody has named
		}
	}

	return t, found
}

// bind compiles the transform beside the mappings of a profile, nil for none, so that it
// can read them.
func (t *Trial) bind(ctx context.Context, c *compiled, env *transform.Env, in subjectInput) diag.List {
	beside := config.Profile{Name: "nobody"}
	t.with = &compiled{profile: &beside, slots: map[string]int{}}
	if c != nil {
		beside = *c.profile
		t.with.source, t.with.states, t.with.impliedStates = c.source, c.states, c.impliedStates
	}

	// The mapping is switched on, whatever the profile says: the trial is of this transform.
	beside.Enabled = true
	beside.Mappings = slices.DeleteFunc(slices.Clone(beside.Mappings),
		func(m *config.Mapping) bool { return m.Attribute == t.attribute })
	beside.Mappings = append(beside.Mappings, &config.Mapping{Attribute: t.attribute, Definition: t.def, Node: t.def.Node})

	// A copy of the engine with one profile, which is the only one linked.
	var found diag.Collector
	o := *t.engine
	o.opts.Observe, o.profiles = true, []*compiled{t.with}
	o.link(t.with, o.linker(&found), &found)
	t.with.order = t.with.dependencyOrder()
	t.with.schema = t.with.newSchema()
	t.in, t.eval = in, newEvaluator(ctx, &o, env)
	return found.Sorted()
}

// For evaluates with the accounts and attributes of a person from now on, who needs no
// profile. What other attributes the transform reads is calculated by the mappings of the
// person's profile.
func (t *Trial) For(ctx context.Context, person *identity.Identity) {
	c, _ := t.engine.membership(person.Accounts)
	t.bind(ctx, c, t.run.env, subjectInput{
		who:      alone{ident: person.ID, alias: person.Alias},
		accounts: person.Accounts,
		stored:   person.Attributes,
	})
}

// InRun runs the sources as [Engine.Run] does and evaluates for the first identity for
// which find is true from now on: the transform sees what a mapping would see. It
// returns that identity, or [identity.ErrNotFound].
func (t *Trial) InRun(ctx context.Context, find func(*Result) bool,
	sources ...identity.Source) (*identity.Identity, error) {
	p := newPhases(ctx, t.run)
	if err := p.all(sources); err != nil {
		return nil, err
	}
	for n := range p.people {
		if p.people[n].unmade {
			continue
		}
		r := p.builder.result(int32(n))
		if !find(r) {
			continue
		}
		accounts := p.appendAccounts(nil, int32(n))
		c, _ := t.engine.membership(accounts)
		t.bind(ctx, c, p.env, subjectInput{
			who:      p.tables,
			number:   int32(n),
			accounts: accounts,
			stored:   p.storedAttributes(int32(n)),
		})

		return r.Clone().Identity, ctx.Err()
	}

	return nil, fmt.Errorf("identity: %w", identity.ErrNotFound)
}

// ReadsInput reports whether the outcome can depend on the input.
func (t *Trial) ReadsInput() bool { return t.program().ReadsInput() }

// Reads returns what the transform reads.
func (t *Trial) Reads() transform.Deps { return t.program().Deps }

func (t *Trial) program() *transform.Program { return t.with.attrs[t.slot()].program }

func (t *Trial) slot() int { return t.with.slots[t.attribute] }

// Eval evaluates the transform with an implicit input, null for none. The outcome shares
// no memory with the trial.
func (t *Trial) Eval(input identity.Value) Outcome {
	x := t.eval.begin(t.with, t.in)
	rec := &recorder{x: x}
	x.scope.SetTracer(&transform.Tracer{Begin: rec.begin, End: rec.end})
	defer x.scope.SetTracer(nil)

	// Who reads the attribute itself gets what was stored before.
	var stored identity.Value
	if t.in.stored.Schema() != nil {
		stored = t.in.stored.Get(t.attribute)
	}
	x.state[t.slot()] = busy
	x.scope.SetAttribute(t.attribute, stored)
	v, err := t.program().Eval(x.scope, input)

	// The path begins with profile and attribute, which are made up here.
	if err != nil {
		var at *transform.Error
		if errors.As(err, &at) && len(at.Path) > 2 {
			err = &transform.Error{Path: at.Path[2:], Op: at.Op, Err: at.Err}
		}
		return Outcome{Err: err, Step: rec.root}
	}

	if t.attribute != tried {
		v = AttributeValue(v, t.with.attrs[t.slot()].multi)
	}
	return Outcome{Value: v.Clone(), Step: rec.root}
}
