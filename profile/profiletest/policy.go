package profiletest

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/provisioning"
	"github.com/idprofile/engine/transform"
)

// policyField is a field of an account create profile.
type policyField struct {
	name string
	def  *transform.Definition // nil: a plain value
	node *jsondoc.Node
}

// policyFields returns the fields of the account create profile of a source; nil
// when it has none.
func policyFields(s *config.Source) []policyField {
	for _, p := range s.Policies {
		if usage := p.Get("usageType").Text(); usage != "CREATE" && usage != "" {
			continue
		}
		fields := []policyField{}
		for _, n := range p.Get("fields").Items() {
			f := policyField{name: n.Get("name").Text(), node: n}
			if def := n.Get("transform"); !def.Get("type").IsNull() {
				f.def = transform.FromNode(def)
			}
			fields = append(fields, f)
		}

		return fields
	}

	return nil
}

// policy finds the account create profile of a case.
func (x *binder) policy(b *bound) {
	s := x.bundle.Source(b.policy.source)
	if s == nil {
		x.unknown("source", b.policy.source, b.policy.pos, x.sourceNames())
		return
	}

	if b.fields = policyFields(s); b.fields == nil {
		x.fail(codeTestPolicyUnknown, b.policy.pos, "", "source %q has no account create profile", s.Name)
	}
	var names []string
	for _, f := range b.fields {
		names = append(names, f.name)
	}
	for _, w := range b.expect.fields {
		if w.form != absent && !slices.Contains(names, w.name) {
			x.unknown("field", w.name, w.pos, names)
		}
	}
}

// taken reports whether the case says that a value is in use.
func (c *bound) taken(_ context.Context, _, value string) (bool, error) {
	return slices.ContainsFunc(c.policy.taken.Items(),
		func(n *jsondoc.Node) bool { return strings.EqualFold(n.Text(), value) }), nil
}

// policy computes a new account.
func (r *runner) policy(c *bound, res *CaseResult) {
	i := &identity.Identity{ID: "subject"}
	if c.identity != nil {
		i = c.identity.identity.Clone()
	}
	plan, err := r.plan(c, i)
	if err != nil {
		res.fail(Failure{Pos: c.Pos, What: "run", Want: "a new account", Got: "an error: " + err.Error()})
		return
	}

	res.Fields = map[string]identity.Value{}
	errs := map[string]error{}
	for _, f := range plan.Fields {
		res.Fields[f.Name] = f.Value
		if f.Err != nil {
			errs[f.Name] = f.Err
		}
	}

	// Fields are watched behind the plan, which may try a pattern several times until a name is free.
	if r.watch != nil {
		r.watchFields(c, i, plan)
	}
	c.checkFields(res, errs)
}

// plan computes the fields with the engine's own create profile, compiled once.
func (r *runner) plan(c *bound, i *identity.Identity) (*provisioning.Plan, error) {
	creator := r.creators[c.policy.source]
	if creator == nil {
		var err error
		if creator, _, err = provisioning.Compile(r.engine, c.policy.source); err != nil {
			return nil, err
		}
		if r.creators == nil {
			r.creators = map[string]*provisioning.CreateProfile{}
		}
		r.creators[c.policy.source] = creator
	}

	return creator.Plan(r.ctx, i, provisioning.Options{Now: r.now(c), Seed: r.options.Seed, Rules: ruleStubs(c.rules),
		Taken: c.taken})
}

func (c *bound) checkFields(res *CaseResult, errs map[string]error) {
	for _, w := range c.expect.fields {
		got, present := res.Fields[w.name]
		if err := errs[w.name]; !w.check(got, err, present) {
			res.fail(Failure{Pos: w.pos, What: fmt.Sprintf("field %q", w.name), Want: w.String(),
				Got:  described(got, err),
				Hint: w.hint(got), Err: err,
				attribute: w.name, actual: expectationOf(got, err)})
		}
	}

	if !c.strict {
		return
	}

	// A strict case says all that there is, so that a field which it does not name has to be without
	// value.
	for _, f := range c.fields {
		named := slices.ContainsFunc(c.expect.fields, func(w wanted) bool { return w.name == f.name })
		if got := res.Fields[f.name]; !named && (!got.IsNull() || errs[f.name] != nil) {
			res.fail(Failure{Pos: c.expect.pos, What: fmt.Sprintf("field %q", f.name),
				Want: "null, because the case is strict and does not name it",
				Got:  described(got, errs[f.name]), Err: errs[f.name], attribute: f.name})
		}
	}
}

// fieldUnique asks for the field that is evaluated.
type fieldUnique struct{ c *bound }

func (u fieldUnique) Taken(ctx context.Context, value string) (bool, error) {
	return u.c.taken(ctx, "", value)
}

// watchFields evaluates the transforms of the fields once more for the recorder,
// with the values that the plan gave the fields before.
func (r *runner) watchFields(c *bound, i *identity.Identity, plan *provisioning.Plan) {
	unit := r.policyUnit(c)
	s := unit.NewScope(r.ctx, r.env(c, fieldUnique{c}))
	programs := unit.Programs()
	earlier := map[string]identity.Value{}
	for k, f := range c.fields {
		if f.def != nil {
			s.Reset(&subject{attrs: i.Attributes}, nil)
			s.SetField(fieldValues(f.node.Get("attributes")), earlier)
			s.SetAttribute(f.name, identity.Value{})
			_, _ = programs[0].Eval(s, identity.Value{}) // the plan has the value
			programs = programs[1:]
		}

		if p := plan.Fields[k]; p.Err == nil && !p.Value.IsNull() {
			earlier[f.name] = p.Value
		}
	}
}

// policyUnit compiles the fields of an account create profile to be observed,
// once.
func (r *runner) policyUnit(c *bound) *transform.Unit {
	if u := r.policies[c.policy.source]; u != nil {
		return u
	}
	o := r.engine.LinkOptions()
	o.IdentityAttributes, o.Provisioning, o.Observe = nil, true, true
	var items []transform.Item
	for _, f := range c.fields {
		if f.def != nil {
			items = append(items, transform.Item{Def: wrap(f.def), Field: f.node.Get("attributes"),
				Path: diag.Path{diag.Named("source", c.policy.source), diag.Named("field", f.name)}})
		}
	}

	unit, _ := r.watch.library(r.options.library()).Link(o, items...)
	if r.policies == nil {
		r.policies = map[string]*transform.Unit{}
	}
	r.policies[c.policy.source] = unit
	return unit
}
