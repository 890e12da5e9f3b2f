package profiletest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/transform"
)

// Vector is a test of one transform: its input, the data it may read, and what
// it must give.
type Vector struct {
	ID          string
	Description string
	Operation   string // of the file
	Group       string // how sure the expectation is: tenant, documented, community, decision
	Pos         diag.Pos

	transform *jsondoc.Node
	input     identity.Value
	context   *jsondoc.Node
	expected  *jsondoc.Node
}

// VectorResult is the outcome of a vector.
type VectorResult struct {
	Pass bool
	Got  identity.Value
	Err  error  // of the evaluation
	Want string // what was expected, when it does not pass
}

// ParseVectors reads a vector file: {"operation", "formatVersion", "vectors"}.
// Findings: vector-shape (error) for what is no vector; the others are returned.
func ParseVectors(file string, src []byte) ([]Vector, diag.List) {
	root, found := jsondoc.Parse(file, src)
	// Duplicate keys inside transforms are a matter of the vectors.
	found = slices.DeleteFunc(found, func(d diag.Diagnostic) bool { return d.Code == codeJSONDuplicateKey })
	if root == nil {
		return nil, found
	}
	list := root.Get("vectors")
	if list.Kind() != jsondoc.Array {
		found.Addf(diag.Error, codeVectorShape, root.Pos(), "expected an object with a list of \"vectors\"")
		return nil, found
	}

	var vectors []Vector
	for _, n := range list.Items() {
		v := Vector{
			ID: n.Get("id").Text(), Description: n.Get("description").Text(), Group: n.Get("source").Text(),
			Operation: root.Get("operation").Text(), Pos: n.Pos(),
			transform: n.Get("transform"), input: n.Get("input").Value(), context: n.Get("context"),
			expected: n.Get("expected"),
		}

		// A vector that cannot be run is told, and the others are.
		if v.ID == "" || v.transform.Kind() != jsondoc.Object || v.expected.Kind() != jsondoc.Object {
			found.Addf(diag.Error, codeVectorShape, n.Pos(), "a vector needs id, transform and expected")
			continue
		}
		vectors = append(vectors, v)
	}

	return vectors, found
}

// Run evaluates the vector with the operations of the library. The default
// instant for now is 2026-01-15T09:00:00Z.
func (v *Vector) Run(ctx context.Context, lib *transform.Library) VectorResult {
	r, _ := v.RunWith(ctx, lib, func(*transform.Options) {})
	return r
}

// RunWith does as Run with options that change may alter, and returns the
// findings about the transform too.
func (v *Vector) RunWith(ctx context.Context, lib *transform.Library,
	change func(*transform.Options)) (VectorResult, diag.List) {
	got, found, err := v.eval(ctx, lib, change)
	r := VectorResult{Got: got, Err: err}
	r.Pass, r.Want = v.check(got, err)
	return r, found
}

// ExpectsValue reports whether the vector expects a value, or null, and not an
// error.
func (v *Vector) ExpectsValue() bool { return v.expected.Get("error") == nil }

var defaultNow = time.Date(2026, 1, 15, 9, 0, 0, 0, time.UTC)

func (v *Vector) eval(ctx context.Context, lib *transform.Library,
	change func(*transform.Options)) (identity.Value, diag.List, error) {
	c := v.context
	def := transform.FromNode(v.transform)
	stored := map[string]*transform.Definition{}
	for _, m := range c.Get("transforms").Members() {
		d := transform.FromNode(m.Value)
		d.Name = m.Key
		stored[m.Key] = d
	}

	// Rules, people and taken names come from the vector, so that it needs no tenant.
	env := &transform.Env{Now: defaultNow, Rules: v.rules(), Directory: vectorDirectory{c.Get("identities")},
		Unique: taken{c.Get("taken")}}
	if text := c.Get("now").Text(); text != "" {
		now, err := time.Parse(time.RFC3339Nano, text)
		if err != nil {
			return identity.Value{}, nil, fmt.Errorf("context.now: %w", err)
		}
		env.Now = now
	}

	// Some operations only mean something where an account is created.
	opts := transform.Options{Transforms: stored, Sources: v.sources(),
		Provisioning: def.Node.Get("type").Text() == "usernameGenerator"}
	change(&opts)
	unit, found := lib.Link(opts, transform.Item{Def: def})
	s := unit.NewScope(ctx, env)
	accounts := v.accounts()
	s.Reset(newVectorSubject(c.Get("identity"), accounts), accounts)
	s.SetAttribute("attribute", c.Get("oldValue").Value())
	s.SetField(fieldValues(c.Get("field")), nil)
	got, err := unit.Programs()[0].Eval(s, v.input)
	return got.Clone(), found, err
}

func fieldValues(n *jsondoc.Node) map[string]identity.Value {
	values := map[string]identity.Value{}
	for _, m := range n.Members() {
		values[m.Key] = m.Value.Value()
	}
	return values
}

func (v *Vector) rules() map[string]transform.Rule {
	rules := map[string]transform.Rule{}
	for _, m := range v.context.Get("rules").Members() {
		value := m.Value.Value()
		rules[m.Key] = func(context.Context, transform.RuleCall) (identity.Value, error) { return value, nil }
	}

	return rules
}

func (v *Vector) sources() []transform.SourceInfo {
	var infos []transform.SourceInfo
	for _, m := range v.context.Get("sources").Members() {
		infos = append(infos, transform.SourceInfo{Name: m.Key, ID: m.Value.Get("id").Text(),
			ApplicationName: m.Value.Get("applicationName").Text()})
	}
	for _, m := range v.context.Get("accounts").Members() {
		if !slices.ContainsFunc(infos, func(i transform.SourceInfo) bool { return i.Name == m.Key }) {
			infos = append(infos, transform.SourceInfo{Name: m.Key})
		}
	}

	return infos
}

func (v *Vector) accounts() []identity.Account {
	var list []identity.Account
	for _, m := range v.context.Get("accounts").Members() {
		for _, n := range m.Value.Items() {
			list = append(list, account(m.Key, n))
		}
	}

	return list
}

// account reads an account in the shape of the accounts API.
func account(source string, n *jsondoc.Node) identity.Account {
	a := identity.Account{
		Source: source, NativeIdentity: n.Get("nativeIdentity").Text(), Name: n.Get("displayName").Text(),
		ID:       n.Get("id").Text(),
		Disabled: n.Get("disabled").IsTrue(), Locked: n.Get("locked").IsTrue(),
		Attributes: attributes(n.Get("attributes")),
	}
	a.Created, _ = time.Parse(time.RFC3339Nano, n.Get("created").Text())
	a.Modified, _ = time.Parse(time.RFC3339Nano, n.Get("modified").Text())
	for _, e := range n.Get("entitlements").Items() {
		a.Entitlements = append(a.Entitlements, e.Text())
	}
	return a
}

func attributes(n *jsondoc.Node) identity.Attributes {
	values := map[string]identity.Value{}
	for _, m := range n.Members() {
		values[m.Key] = m.Value.Value()
	}
	return identity.NewAttributes(values)
}

// check compares; want describes the expectation when it is not met.
func (v *Vector) check(got identity.Value, err error) (pass bool, want string) {
	switch {
	case v.expected.Get("error") != nil:
		text := v.expected.Get("errorContains").Text()
		if err == nil {
			return false, "an error"
		}
		return strings.Contains(strings.ToLower(err.Error()), strings.ToLower(text)),
			fmt.Sprintf("an error with %q", text)

	case v.expected.Get("match") != nil:
		pattern := v.expected.Get("match").Text()
		re, rerr := compileWhole(pattern)
		return err == nil && rerr == nil && !got.IsNull() && re.MatchString(got.Text()), "text that matches " + pattern
	}

	value := v.expected.Get("value").Value()
	return err == nil && sameValue(got, value), value.String()
}

// sameValue compares by value; a scalar also equals by its text.
func sameValue(got, want identity.Value) bool {
	if got.IsNull() || want.IsNull() {
		return got.IsNull() && want.IsNull()
	}
	g, w := got.Kind() == identity.List, want.Kind() == identity.List
	if g != w {
		return false
	}
	if !g {
		return got.Text() == want.Text()
	}
	return slices.EqualFunc(got.List(), want.List(), sameValue)
}

// taken tells which values of usernameGenerator are in use.
type taken struct{ values *jsondoc.Node }

func (t taken) Taken(_ context.Context, value string) (bool, error) {
	return slices.ContainsFunc(t.values.Items(),
		func(n *jsondoc.Node) bool { return strings.EqualFold(n.Text(), value) }), nil
}

type vectorDirectory struct{ identities *jsondoc.Node }

func (d vectorDirectory) ByUID(_ context.Context, uid string) (transform.Subject, error) {
	if n := d.identities.Get(uid); n != nil {
		return newVectorSubject(n, nil), nil
	}
	return nil, nil
}

// vectorSubject is an identity as a vector describes it.
type vectorSubject struct {
	node     *jsondoc.Node
	attrs    identity.Attributes
	accounts []identity.Account
}

// newVectorSubject returns the subject of an identity object. An identity that
// is not described has no attributes.
func newVectorSubject(n *jsondoc.Node, accounts []identity.Account) transform.Subject {
	return &vectorSubject{node: n, attrs: attributes(n.Get("attributes")), accounts: accounts}
}

func (s *vectorSubject) ID() string { return s.node.Get("id").Text() }

func (s *vectorSubject) Name() string {
	if name := s.node.Get("name").Text(); name != "" {
		return name
	}
	return s.attrs.Get("uid").Text()
}

func (s *vectorSubject) Attribute(name string) (identity.Value, error) { return s.attrs.Get(name), nil }
func (s *vectorSubject) AttributeNames() []string                      { return s.attrs.Schema().Names() }
func (s *vectorSubject) IsManager() bool                               { return s.node.Get("managerStatus").IsTrue() }
func (s *vectorSubject) Accounts() []identity.Account                  { return s.accounts }

func (s *vectorSubject) Manager() (transform.Subject, error) {
	if m := s.node.Get("manager"); !m.IsNull() {
		return newVectorSubject(m, nil), nil
	}
	return nil, nil
}
