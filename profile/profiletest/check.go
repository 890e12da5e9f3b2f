package profiletest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/profile"
)

// check compares the outcome of an identity with what the case expects.
func (c *bound) check(o *outcome, res *CaseResult) {
	e := &c.expect
	if o.subject == nil && c.needsSubject() {
		res.fail(Failure{Pos: e.pos, What: "identity", Want: "an identity",
			Got: "none: no account is on the source of a profile, or the first account found nobody"})
	}
	if o.subject != nil {
		c.checkAttributes(o.subject, res)
		c.checkState(o.subject, res)
	}

	for _, w := range e.correlation {
		w.check(o, res)
	}
}

// needsSubject reports whether anything but links is expected.
func (c *bound) needsSubject() bool {
	e := &c.expect
	return len(e.attributes) > 0 || e.profile != nil || e.exceptions != nil || e.lifecycleStatus != nil ||
		e.lifecycleState != nil || e.manager != nil || e.managerState != nil
}

func (c *bound) checkAttributes(r *profile.Result, res *CaseResult) {
	names := r.Identity.Attributes.Schema().Names()
	for _, w := range c.expect.attributes {
		got := r.Identity.Attributes.Get(w.name)
		err := errorOf(r, w.name)

		// An attribute that is not mapped is null too, and a case can tell the two apart.
		present := slices.Contains(names, w.name)
		if w.check(got, err, present) {
			continue
		}
		f := Failure{Pos: w.pos, What: fmt.Sprintf("attribute %q", w.name), Want: w.String(), Got: described(got, err),
			Hint: w.hint(got), Err: err, attribute: w.name, actual: expectationOf(got, err)}

		// What update writes into the file must then be absent and not null.
		if !present {
			f.actual = jsondoc.NewObject(jsondoc.M("absent", jsondoc.NewBool(true)))
			f.Got = fmt.Sprintf("profile %q does not map it", r.Identity.Profile)
		}

		res.fail(f)
	}

	if c.strict {
		c.checkOthers(r, res)
	}
}

// checkOthers fails for every value that a strict case does not name.
func (c *bound) checkOthers(r *profile.Result, res *CaseResult) {
	for name, got := range r.Identity.Attributes.All() {
		err := errorOf(r, name)
		named := slices.ContainsFunc(c.expect.attributes, func(w wanted) bool { return w.name == name })
		if !named && (!got.IsNull() || err != nil) {
			res.fail(Failure{Pos: c.expect.pos, What: fmt.Sprintf("attribute %q", name),
				Want: "null, because the case is strict and does not name it",
				Got:  described(got, err), Err: err, attribute: name})
		}
	}
}

func errorOf(r *profile.Result, attribute string) error {
	for _, e := range r.Errors {
		if e.Attribute == attribute {
			return e.Err
		}
	}

	return nil
}

func (c *bound) checkState(r *profile.Result, res *CaseResult) {
	e := &c.expect
	res.compare(e.profile, "profile", "", textOrNull(r.Identity.Profile))
	res.compare(e.lifecycleStatus, "lifecycleStatus", "cloudLifecycleState", textOrNull(string(r.Lifecycle.Status)))
	res.compare(e.lifecycleState, "lifecycleState", "cloudLifecycleState", textOrNull(r.Lifecycle.State))
	res.compare(e.managerState, "managerState", "manager", textOrNull(r.Manager.State))

	// A manager may be named by id or by name; the message shows the name.
	if m := e.manager; m != nil && !m.check(textOrNull(r.Manager.ID), nil, true) {
		res.compare(m, "manager", "manager", textOrNull(r.Manager.Name))
	}

	// All exceptions are compared as a set: one too many is as wrong as one too few.
	if e.exceptions != nil && !sameExceptions(e.exceptions.list, r.Exceptions) {
		var got, messages []string
		for _, x := range r.Exceptions {
			got = append(got, fmt.Sprintf("%q", exceptionText(x)))
			messages = append(messages, x.Message)
		}

		f := Failure{Pos: e.exceptions.pos, What: "exceptions", Want: fmt.Sprintf("[%s]", quoted(e.exceptions.list)),
			Got: fmt.Sprintf("[%s]", strings.Join(got, ", ")), Hint: strings.Join(messages,
				"; "), actual: exceptionsNode(r.Exceptions)}
		if len(r.Exceptions) > 0 && len(r.Exceptions[0].Attributes) > 0 {
			f.attribute = r.Exceptions[0].Attributes[0]
		}
		res.fail(f)
	} else if c.strict && e.exceptions == nil && len(r.Exceptions) > 0 {
		res.fail(Failure{Pos: e.pos, What: "exceptions", Want: "none, because the case is strict and names none",
			Got: exceptionText(r.Exceptions[0]), Hint: r.Exceptions[0].Message})
	}
}

func quoted(list []string) string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = fmt.Sprintf("%q", s)
	}
	return strings.Join(out, ", ")
}

func textOrNull(s string) identity.Value {
	if s == "" {
		return identity.Value{}
	}
	return identity.StringValue(s)
}

// compare fails the case when a value that is expected is not there. Attribute is
// the one whose evaluation explains the value, if any.
func (r *CaseResult) compare(m *matcher, what, attribute string, got identity.Value) {
	if m != nil && !m.check(got, nil, true) {
		r.fail(Failure{Pos: m.pos, What: what, Want: m.String(), Got: got.String(), Hint: m.hint(got),
			attribute: attribute,
			actual:    valueNode(got)})
	}
}

func (w *wantedLink) check(o *outcome, res *CaseResult) {
	got, ok := o.links[w.account]

	// The accounts of the case are told, since a misspelt one is what mostly happened.
	if !ok {
		var known []string
		for name := range o.links {
			known = append(known, name)
		}
		slices.Sort(known)
		res.fail(Failure{Pos: w.pos, What: fmt.Sprintf("correlation of %q", w.account), Want: "an account of the case",
			Got: "the case has the accounts " + strings.Join(known, ", ")})
		return
	}

	what := fmt.Sprintf("correlation of %q", w.account)
	hint := ""
	if got.reason != "" {
		hint = "reason " + got.reason
	}
	if w.method != nil && !w.method.check(textOrNull(got.method), nil, true) {
		res.fail(Failure{Pos: w.method.pos, What: what, Want: w.method.String(), Got: textOrNull(got.method).String(),
			Hint: hint, account: w.account, actual: valueNode(textOrNull(got.method))})
	}

	// The identity may be named by id or by alias.
	if m := w.identity; m != nil && !m.check(textOrNull(got.identity), nil, true) &&
		!m.check(textOrNull(got.alias), nil, true) {
		res.fail(Failure{Pos: m.pos, What: what, Want: "identity " + m.String(),
			Got: "identity " + textOrNull(got.alias).String(), Hint: hint, account: w.account,
			actual: valueNode(textOrNull(got.alias))})
	}
	res.compare(w.reason, what+" reason", "", textOrNull(got.reason))
}
