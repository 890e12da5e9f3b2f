package rule

import (
	"context"
	"slices"
	"time"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/transform"
)

// New compiles an expression to the code of a custom rule, for
// [transform.Env.Rules]. It sees
//
//	input      the input of the rule transform
//	oldValue   the stored value of the attribute that is calculated
//	attribute  the name of that attribute
//	name       the name of the rule
//	now        the instant of the run, by RFC 3339 in UTC
//	args.x     the attributes of the rule transform; of an object among them, args.table[input]
//	           is a member, input in args.table asks for one, and len counts them
//	identity.x the attributes of the identity, manager.x those of its manager
//	account("source", "attribute"), from the oldest account on that source
//
// The rule is safe for concurrent use. An error of New is an [*Error] with line
// and column.
func New(name, source string, l Limits) (transform.Rule, error) {
	p, err := compile(name, source, Names{
		Objects: []string{"args", "identity", "manager"},
		Values:  []string{"input", "oldValue", "attribute", "name", "now"},
	}, l, true)

	if err != nil {
		return nil, err
	}

	return func(_ context.Context, c transform.RuleCall) (identity.Value, error) {
		// Objects are made for each call, since rules are shared by goroutines.
		subject := &subjectObject{subject: c.Subject}
		manager := &managerObject{subject: c.Subject}
		v, err := p.Value([]Object{args{values: c.Args, objects: c.Objects}, subject, manager},
			c.Input, c.OldValue, text(c.Attribute), text(c.Name), instant(c.Now))

		if err != nil {
			return v, err
		}

		// An identity that cannot be read is an error of the rule, and not a null.
		for _, failed := range []error{subject.err, manager.object.err} {
			if failed != nil {
				return identity.Value{}, &Error{Name: name, Err: failed}
			}
		}

		return v, nil
	}, nil
}

// Rules compiles named expressions; the findings are of code rule-expression.
// What cannot be compiled raises whenever it is asked.
func Rules(sources map[string]string, l Limits) (map[string]transform.Rule, diag.List) {
	// In the order of names, so that findings do not depend on a map.
	var found diag.Collector
	rules := make(map[string]transform.Rule, len(sources))
	names := make([]string, 0, len(sources))
	for name := range sources {
		names = append(names, name)
	}

	slices.Sort(names)
	for _, name := range names {
		r, err := New(name, sources[name], l)

		// The finding alone would let a mapping go on with null, so the rule also raises.
		if err != nil {
			found.Addf(diag.Error, codeRuleExpression, diag.Pos{}, "%v", err)
			r = func(context.Context, transform.RuleCall) (identity.Value, error) { return identity.Value{}, err }
		}

		rules[name] = r
	}

	return rules, found.List()
}

func text(s string) identity.Value {
	if s == "" {
		return identity.Value{}
	}
	return identity.StringValue(s)
}

func instant(t time.Time) identity.Value {
	if t.IsZero() {
		return identity.Value{}
	}
	return identity.StringValue(t.UTC().Format(time.RFC3339Nano))
}

// args are the attributes of a rule transform.
type args struct {
	values  map[string]identity.Value
	objects map[string]*jsondoc.Node
}

func (a args) Attribute(name string) identity.Value { return a.values[name] }

func (a args) table(name string) *jsondoc.Node { return a.objects[name] }

// subjectObject reads a subject and keeps the first error.
type subjectObject struct {
	subject transform.Subject
	err     error
}

func (o *subjectObject) Attribute(name string) identity.Value {
	if o.subject == nil {
		return identity.Value{}
	}
	v, err := o.subject.Attribute(name)
	if err != nil && o.err == nil {
		o.err = err
	}
	return v
}

func (o *subjectObject) accountAttribute(b *budget, source, attribute string) (any, error) {
	if o.subject == nil {
		return nil, nil
	}

	// The oldest account on the source counts, as in a mapping.
	accounts := o.subject.Accounts()
	var oldest *identity.Account
	for i := range accounts {
		a := &accounts[i]
		if a.Source == source && (oldest == nil || transform.ByCreated(a, oldest) < 0) {
			oldest = a
		}
	}

	if oldest == nil {
		return nil, nil
	}
	return toAny(oldest.Property(attribute), b)
}

// managerObject looks the manager up when it is first read.
type managerObject struct {
	subject transform.Subject
	object  subjectObject
	known   bool
}

func (o *managerObject) Attribute(name string) identity.Value {
	if !o.known && o.subject != nil {
		o.known = true
		o.object.subject, o.object.err = o.subject.Manager()
	}

	return o.object.Attribute(name)
}
