package provisioning

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/isc"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/transform"
)

// CreateProfile computes the fields of new accounts: the compiled account create
// profile of a source. It is immutable and safe for concurrent use.
//
// Source: provisioningPolicies of a source; transform/DECISIONS.md, DECISION 47.
type CreateProfile struct {
	engine *profile.Engine
	source *config.Source
	unit   *transform.Unit
	fields []createField
}

type createField struct {
	name            string
	program         *transform.Program        // nil: a plain value
	plain           identity.Value            // of a field without transform
	attributes      map[string]identity.Value // cloudMaxSize and the like
	required, multi bool
}

// Options is what the computation of a new account takes from outside.
type Options struct {
	Now    time.Time
	Seed   uint64 // of random streams
	Rules  map[string]transform.Rule
	Limits transform.Limits
	// Taken tells whether an account of the source has the value in the
	// attribute already; case is to be ignored. Nil: nothing is taken.
	Taken func(ctx context.Context, attribute, value string) (bool, error)
	// Manager is the manager of the identity, nil when there is none.
	Manager *identity.Identity
}

// Plan is a new account of an identity on a source.
type Plan struct {
	Source string
	Fields []Field
}

// Field is a field of a new account, in the order of the create profile.
type Field struct {
	Name  string
	Value identity.Value
	Err   error // why the field has no value
}

// ErrFieldRequired is the error of a required field without value.
var ErrFieldRequired = errors.New("the field is required and has no value")

// Get returns the value of a field, null when there is none.
func (p *Plan) Get(name string) identity.Value {
	for _, f := range p.Fields {
		if f.Name == name {
			return f.Value
		}
	}

	return identity.Value{}
}

// Err returns the errors of all fields, nil when there are none.
func (p *Plan) Err() error {
	var list []error
	for _, f := range p.Fields {
		if f.Err != nil {
			list = append(list, fmt.Errorf("field %q: %w", f.Name, f.Err))
		}
	}

	return errors.Join(list...)
}

// Compile compiles the create profile of a source and returns what there is to say
// about it. Fields whose transform is configured wrongly fail when they
// are computed.
//
// Error: [isc.CodeNotFound] when there is no such source or it has no create profile.
func Compile(e *profile.Engine, source string) (*CreateProfile, diag.List, error) {
	s := e.Bundle().Source(source)
	if s == nil {
		return nil, nil, isc.Refuse(isc.CodeNotFound, "there is no source %q", source)
	}
	policy := s.CreateProfile()
	if policy == nil {
		return nil, nil, isc.Refuse(isc.CodeNotFound, "source %q has no account create profile", source)
	}
	c := &CreateProfile{engine: e, source: s}
	var items []transform.Item
	for _, n := range policy.Get("fields").Items() {
		f := newCreateField(n)
		if def := f.definition(n); def != nil {
			items = append(items, transform.Item{Def: transform.FromNode(def), Field: n.Get("attributes"),
				Path: diag.Path{diag.Named("source", source), diag.Named("field", f.name)}})
		}

		c.fields = append(c.fields, f)
	}

	// A create profile is evaluated with another set of operations than a mapping: usernameGenerator
	// is one of them, and identity attributes are read from whom the account is for.
	options := e.LinkOptions()
	options.Provisioning, options.IdentityAttributes = true, nil
	unit, found := e.Library().Link(options, items...)
	c.unit = unit
	programs := unit.Programs()

	// Programs come in the order of their definitions; fields without one have a fixed value.
	for i, n := range policy.Get("fields").Items() {
		if f := &c.fields[i]; f.definition(n) != nil {
			f.program, programs = programs[0], programs[1:]
		}
	}

	return c, found, nil
}

func newCreateField(n *jsondoc.Node) createField {
	f := createField{
		name: n.Get("name").Text(), plain: n.Get("value").Value(), attributes: map[string]identity.Value{},
		required: n.Get("isRequired").IsTrue() ||
			n.At("attributes", "cloudRequired").IsTrue(), multi: n.Get("isMultiValued").IsTrue(),
	}
	if f.plain.IsNull() {
		f.plain = n.Get("defaultValue").Value()
	}
	for _, m := range n.Get("attributes").Members() {
		f.attributes[m.Key] = m.Value.Value()
	}
	return f
}

// definition returns the transform of a field: its own, or a static value made
// of the template among its attributes; nil for a plain value.
func (f *createField) definition(n *jsondoc.Node) *jsondoc.Node {
	if def := n.Get("transform"); def.Kind() == jsondoc.Object && !def.Get("type").IsNull() {
		return def
	}
	if text, ok := n.At("attributes", "template").Str(); ok {
		return jsondoc.NewObject(jsondoc.M("type", jsondoc.NewString("static")),
			jsondoc.M("attributes", jsondoc.NewObject(jsondoc.M("value", jsondoc.NewString(text)))))
	}

	return nil
}

// Plan computes the fields of a new account for an identity, in order; templates
// see the fields before as variables. A field that fails has an error, and the
// fields after it are computed all the same.
func (c *CreateProfile) Plan(ctx context.Context, i *identity.Identity, o Options) (*Plan, error) {
	check := &fieldCheck{taken: o.Taken}
	env := c.engine.Env(profile.RunOptions{Now: o.Now, Seed: o.Seed, Rules: o.Rules, Limits: o.Limits, Unique: check})
	s := c.unit.NewScope(ctx, env)
	subject := &storedSubject{identity: i, manager: o.Manager}
	p := &Plan{Source: c.source.Name}
	earlier := map[string]identity.Value{}
	for k := range c.fields {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		f := &c.fields[k]

		// What is unique is asked by field, as one value may be taken in one and free in another.
		check.attribute = f.name
		s.Reset(subject, i.Accounts)
		s.SetAttribute(f.name, identity.Value{})
		s.SetField(f.attributes, earlier)
		v, err := f.value(s)
		if err == nil && f.required && (v.IsNull() || strings.TrimSpace(v.Text()) == "") {
			err = ErrFieldRequired
		}
		p.Fields = append(p.Fields, Field{Name: f.name, Value: v, Err: err})

		// Fields after this one see it as a variable, unless it failed.
		if err == nil && !v.IsNull() {
			earlier[f.name] = v
		}
	}

	return p, nil
}

// Create computes a new account of an identity on a source, once; see [Compile] for
// many.
func Create(ctx context.Context, e *profile.Engine, source string, i *identity.Identity, o Options) (*Plan, error) {
	c, _, err := Compile(e, source)
	if err != nil {
		return nil, err
	}
	return c.Plan(ctx, i, o)
}

func (f *createField) value(s *transform.Scope) (identity.Value, error) {
	v := f.plain
	if f.program != nil {
		got, err := f.program.Eval(s, identity.Value{})
		if err != nil {
			return identity.Value{}, err
		}
		v = got.Clone()
	}

	switch {
	case v.Kind() == identity.List && !f.multi:
		return profile.AttributeValue(v, false), nil
	case f.multi && !v.IsNull() && v.Kind() != identity.List:
		return identity.ListValue(v), nil
	}

	return v, nil
}

// fieldCheck asks for the field that is computed.
type fieldCheck struct {
	attribute string
	taken     func(ctx context.Context, attribute, value string) (bool, error)
}

func (c *fieldCheck) Taken(ctx context.Context, value string) (bool, error) {
	if c.taken == nil {
		return false, nil
	}
	return c.taken(ctx, c.attribute, value)
}

// TakenValues is a set of attribute values, without case, for
// [Options.Taken]. It is not safe for concurrent changes.
type TakenValues map[string]map[string]bool

// Add notes a value of an attribute.
func (t TakenValues) Add(attribute, value string) {
	if t[attribute] == nil {
		t[attribute] = map[string]bool{}
	}
	t[attribute][strings.ToLower(value)] = true
}

// AddAccount notes the values of all attributes of an account.
func (t TakenValues) AddAccount(a *identity.Account) {
	for name, v := range a.Attributes.All() {
		t.Add(name, v.Text())
	}
}

// Taken reports whether a value was noted.
func (t TakenValues) Taken(_ context.Context, attribute, value string) (bool, error) {
	return t[attribute][strings.ToLower(value)], nil
}

// TakenIn collects the values of all accounts of a source in a store.
func TakenIn(ctx context.Context, st identity.Store, source string) (TakenValues, error) {
	t := TakenValues{}
	for i, err := range st.All(ctx) {
		if err != nil {
			return nil, err
		}
		for n := range i.Accounts {
			if i.Accounts[n].Source == source {
				t.AddAccount(&i.Accounts[n])
			}
		}
	}

	// An account without identity has its name all the same.
	for a, err := range st.Uncorrelated(ctx, source) {
		if err != nil {
			return nil, err
		}
		t.AddAccount(&a)
	}

	return t, nil
}

// storedSubject is a stored identity as transforms see it.
type storedSubject struct {
	identity, manager *identity.Identity
}

func (s *storedSubject) ID() string { return s.identity.ID }

func (s *storedSubject) Name() string { return s.identity.Alias }

func (s *storedSubject) Attribute(name string) (identity.Value, error) {
	return s.identity.Attribute(name), nil
}

func (s *storedSubject) AttributeNames() []string { return s.identity.Attributes.Schema().Names() }

func (s *storedSubject) Manager() (transform.Subject, error) {
	if s.manager == nil {
		return nil, nil
	}
	return &storedSubject{identity: s.manager}, nil
}

func (s *storedSubject) IsManager() bool { return false }

func (s *storedSubject) Accounts() []identity.Account { return s.identity.Accounts }
