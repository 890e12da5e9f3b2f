package profiletest

import (
	"context"
	"fmt"
	"io/fs"
	"time"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/provisioning"
	"github.com/idprofile/engine/transform"
	"github.com/idprofile/engine/transform/builtin"
)

// Options say how a suite is run. The zero Options are a plain run.
type Options struct {
	// Compile is how the engine was compiled: failures are explained, coverage
	// is measured and mutants are made by compiling the bundle once more.
	Compile profile.Options
	// Seed is the seed of random values.
	Seed uint64
	// Clock is a wall clock for the times in reports; nil: all are zero.
	Clock func() time.Time
	// Now is what the word now means to a case where neither it nor its file has a
	// clock. Zero: the clock of the settings, else 2026-01-15T09:00:00Z.
	Now time.Time
}

// library returns the operations that the options ask for.
func (o *Options) library() *transform.Library {
	if o.Compile.Library != nil {
		return o.Compile.Library
	}
	return builtin.Library()
}

// Run loads and runs the test files of a folder, see [Load]. The report is nil
// when a test file is broken; the findings then say where.
func Run(ctx context.Context, e *profile.Engine, fsys fs.FS, pattern string, o Options) (*Report, diag.List, error) {
	s, found := Load(fsys, pattern)
	if found.HasErrors() {
		return nil, found, nil
	}
	if s.Len() == 0 {
		return nil, found, errNoCases
	}
	r, more, err := s.Run(ctx, e, o)
	return r, append(found, more...), err
}

// Run runs all cases of the suite, in order. The findings say what of the
// configuration the cases name wrongly; with errors among them nothing is run
// and the report is nil. The error is that of the context.
func (s *Suite) Run(ctx context.Context, e *profile.Engine, o Options) (*Report, diag.List, error) {
	cases, found := s.bind(ctx, e.Bundle(), e)
	if found.HasErrors() {
		return nil, found, ctx.Err()
	}
	r := &runner{ctx: ctx, engine: e, options: o}
	report := &Report{}
	for _, c := range cases {
		if err := ctx.Err(); err != nil {
			return nil, found, err
		}
		report.add(r.timed(c))
	}

	return report, found, nil
}

// runner runs cases on one engine.
type runner struct {
	ctx     context.Context
	engine  *profile.Engine
	options Options
	watch   *recorder // told about every step; nil: nobody is
	units   map[*transform.Definition]*transform.Unit
	// by source: compiled account create profiles, and those to be observed
	creators map[string]*provisioning.CreateProfile
	policies map[string]*transform.Unit
	explain  *explainer
	// onResult is told about every identity of a case; nil: nobody is.
	onResult func(*profile.Result)
}

// timed runs a case and explains what fails.
func (r *runner) timed(c *bound) CaseResult {
	var start time.Time
	if r.options.Clock != nil {
		start = r.options.Clock()
	}
	res := r.run(c)
	if len(res.Failures) > 0 {
		if r.explain == nil {
			r.explain = newExplainer(r.ctx, r.engine.Bundle(), r.options)
		}
		r.explain.add(c, &res)
	}

	if r.options.Clock != nil {
		res.Time = r.options.Clock().Sub(start)
	}
	return res
}

// run runs a case.
func (r *runner) run(c *bound) CaseResult {
	res := CaseResult{Name: c.Name, File: c.file.Path, Pos: c.Pos}
	switch {
	case c.vector != nil:
		r.vector(c, &res)
	case c.policy != nil:
		r.policy(c, &res)
	case c.transform != nil:
		r.transform(c, &res)
	default:
		// An error of the run is a failure of this case and leaves the others to run.
		o, err := r.identity(c)
		if err != nil {
			res.fail(Failure{Pos: c.Pos, What: "run", Got: "an error: " + err.Error(), Want: "a result"})
			break
		}

		res.Result = o.subject
		c.check(o, &res)
	}

	return res
}

func (r *runner) now(c *bound) time.Time {
	if !c.clock.IsZero() {
		return c.clock
	}
	return r.options.now(r.engine.Bundle())
}

// now is what the word now means where no test says it.
func (o *Options) now(b *config.Bundle) time.Time {
	for _, t := range []time.Time{o.Now, b.Settings.Now} {
		if !t.IsZero() {
			return t
		}
	}

	return defaultNow
}

func ruleStubs(values map[string]identity.Value) map[string]transform.Rule {
	if len(values) == 0 {
		return nil
	}
	rules := map[string]transform.Rule{}
	for name, v := range values {
		rules[name] = func(context.Context, transform.RuleCall) (identity.Value, error) { return v, nil }
	}
	return rules
}

// env is what a transform sees that is evaluated alone: what it would see in a run, with
// the rules of the settings and the stubs of the case, which go first.
func (r *runner) env(c *bound, unique transform.Unique) *transform.Env {
	return r.engine.Env(profile.RunOptions{Now: r.now(c), Seed: r.options.Seed, Rules: ruleStubs(c.rules),
		Unique: unique})
}

// outcome is what a run gives for the people of a case.
type outcome struct {
	subject *profile.Result
	links   map[string]foundLink // by source/nativeIdentity
}

type foundLink struct {
	method, identity, alias, reason string
}

// identity runs the people of a case through the engine.
func (r *runner) identity(c *bound) (*outcome, error) {
	o := &outcome{links: map[string]foundLink{}}
	if c.alone != nil {
		return r.evaluate(c)
	}
	options := profile.RunOptions{Now: r.now(c), Seed: r.options.Seed, Rules: ruleStubs(c.rules), Stored: c.store,
		Workers: 1}
	options.OnUncorrelated = func(a identity.Account, u profile.Unlinked) {
		o.links[a.Key().String()] = foundLink{method: "UNCORRELATED", reason: u.Reason}
	}
	for res, err := range r.engine.Run(r.ctx, options, c.sources...) {
		if err != nil {
			return nil, err
		}
		o.take(c, res)
		if r.onResult != nil {
			r.onResult(res)
		}
	}

	return o, nil
}

// evaluate gives the subject of a case its attributes, without a population.
func (r *runner) evaluate(c *bound) (*outcome, error) {
	run := r.engine.NewRun(profile.RunOptions{Now: r.now(c), Seed: r.options.Seed, Rules: ruleStubs(c.rules)})
	res, err := run.Evaluator(r.ctx).Evaluate(c.alone)
	if err != nil {
		return nil, err
	}
	if r.onResult != nil {
		r.onResult(res)
	}
	return &outcome{subject: res}, nil
}

func (o *outcome) take(c *bound, res *profile.Result) {
	mine := c.subject != "" && res.Identity.ID == c.subject
	for _, l := range res.Links {
		if c.subject == "" && l.Account == c.first {
			mine = true
		}
		if c.correlate {
			method := string(l.Method)
			if method == "CONFIG" {
				method = fmt.Sprintf("CONFIG[%d]", l.Criterion)
			}
			o.links[l.Account.String()] = foundLink{method: method, identity: res.Identity.ID,
				alias: res.Identity.Alias}
		}
	}

	if mine {
		o.subject = res
	}
}

// vector runs a vector as preview eval does.
func (r *runner) vector(c *bound, res *CaseResult) {
	v := c.vector.Run(r.ctx, r.options.library())
	if v.Pass {
		return
	}
	got := v.Got.String()
	if v.Err != nil {
		got = "an error: " + v.Err.Error()
	}
	res.fail(Failure{Pos: c.vector.expected.Pos(), What: "value", Want: v.Want, Got: got,
		Config: c.vector.transform.Pos()})
}

// transform evaluates one transform.
func (r *runner) transform(c *bound, res *CaseResult) {
	unit := r.unit(c.def)
	s := unit.NewScope(r.ctx, r.env(c, nil))
	var attrs identity.Attributes
	if c.identity != nil {
		attrs = c.identity.identity.Attributes
	}
	s.Reset(&subject{attrs: attrs, accounts: c.accounts}, c.accounts)
	got, err := unit.Programs()[0].Eval(s, c.input)
	res.Value, res.Err = got.Clone(), err

	// Who gives an input means that it is used; without a note such a case would pass for the wrong
	// reason.
	unread := !c.input.IsNull() && r.watch == nil && !unit.Programs()[0].ReadsInput()
	if unread {
		res.Notes = append(res.Notes, inputUnread)
	}
	if m := c.expect.value; m != nil && !m.check(got, err, true) {
		f := Failure{Pos: m.pos, What: "value", Want: m.String(), Got: described(got, err), Hint: m.hint(got), Err: err,
			Config: c.def.Node.Pos(), actual: expectationOf(got, err)}
		if unread {
			f.Hint = inputUnread
		}
		res.fail(f)
	}
}

// inputUnread is said where the input of a case cannot make a difference.
const inputUnread = "the transform does not read the input of the case: what it works on is in it; give accounts"

// unit compiles a transform alone, once.
func (r *runner) unit(def *transform.Definition) *transform.Unit {
	if u := r.units[def]; u != nil {
		return u
	}
	o := r.engine.LinkOptions()

	// A case may give any attribute to a transform, so none of them is unknown.
	o.IdentityAttributes, o.Observe = nil, r.watch != nil
	item := transform.Item{Def: def, Path: diag.Path{diag.Named("transform", def.Name)}}
	lib := r.options.library()
	if r.watch != nil {
		item.Def = wrap(def)
		lib = r.watch.library(lib)
	}

	unit, _ := lib.Link(o, item)
	if r.units == nil {
		r.units = map[*transform.Definition]*transform.Unit{}
	}
	r.units[def] = unit
	return unit
}

func described(got identity.Value, err error) string {
	if err != nil {
		return "an error: " + err.Error()
	}
	return got.String()
}

// subject is an identity of a case that needs no run.
type subject struct {
	attrs    identity.Attributes
	accounts []identity.Account
}

func (s *subject) ID() string                                    { return "subject" }
func (s *subject) Name() string                                  { return s.attrs.Get("uid").Text() }
func (s *subject) Attribute(name string) (identity.Value, error) { return s.attrs.Get(name), nil }
func (s *subject) AttributeNames() []string                      { return s.attrs.Schema().Names() }
func (s *subject) IsManager() bool                               { return false }
func (s *subject) Accounts() []identity.Account                  { return s.accounts }
func (s *subject) Manager() (transform.Subject, error)           { return nil, nil }
