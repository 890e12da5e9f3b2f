package profiletest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/profile"
)

// expectation reads what a case must give.
func (p *parser) expectation(c *Case, n *jsondoc.Node) {
	// What a case may expect depends on what it tests.
	keys := []key{object("attributes"), anything("profile"), list("exceptions"), anything("lifecycleStatus"),
		anything("lifecycleState"), anything("manager"),
		text("managerState"), object("correlation")}
	switch {
	case c.transform != nil:
		keys = []key{anything("value"), text("error")}
	case c.policy != nil:
		keys = []key{object("fields").must()}
	}

	// Keys of another kind of case are unknown here, and are reported with a suggestion.
	p.object(n, "an expectation", keys...)
	e := &c.expect
	e.pos = n.Pos()
	for _, m := range n.Get("attributes").Members() {
		e.attributes = append(e.attributes, wanted{m.Key, p.matcher(m.Value)})
	}
	for _, m := range n.Get("fields").Members() {
		e.fields = append(e.fields, wanted{m.Key, p.matcher(m.Value)})
	}
	for key, to := range map[string]**matcher{"profile": &e.profile, "lifecycleStatus": &e.lifecycleStatus,
		"lifecycleState": &e.lifecycleState,
		"manager":        &e.manager, "managerState": &e.managerState, "value": &e.value} {
		if v := n.Get(key); v != nil {
			*to = p.matcher(v)
		}
	}

	// An expected error stands where a value would.
	if v := n.Get("error"); v != nil && c.transform != nil {
		e.value = &matcher{form: raises, text: v.Text(), pos: v.Pos()}
	}
	p.lifecycle(e.lifecycleStatus)
	if list := n.Get("exceptions"); list.Kind() == jsondoc.Array {
		p.exceptions(e, list)
	}
	p.correlation(c, n.Get("correlation"))
}

var statuses = []string{string(profile.LifecycleActive), string(profile.LifecycleNotSet),
	string(profile.LifecycleNotValid), string(profile.LifecycleWrongCase), string(profile.LifecycleDisabled)}

func (p *parser) lifecycle(m *matcher) {
	if m != nil && m.form == equals && !m.value.IsNull() && !slices.Contains(statuses, m.value.Text()) {
		p.fail(codeTestValue, m.pos, "", "%s is no lifecycle status, expected one of %s", m.value,
			strings.Join(statuses, ", "))
	}
}

// exceptions reads the expected exceptions: texts "CODE" or "CODE: attributes".
func (p *parser) exceptions(e *expectation, n *jsondoc.Node) {
	e.exceptions = &wantedExceptions{pos: n.Pos()}
	for _, item := range n.Items() {
		code, _, _ := strings.Cut(item.Text(), ":")
		if code != profile.MissingRequired && code != profile.DuplicateUID {
			p.fail(codeTestValue, item.Pos(), "", "%s is no exception, expected %q or %q, with \": attribute, attribute\" behind it to compare those too",
				item.Append(nil), profile.MissingRequired, profile.DuplicateUID)
		}

		e.exceptions.list = append(e.exceptions.list, item.Text())
	}
}

// correlation reads the expected links: "source/nativeIdentity" to the method,
// null for an account without identity, or an object.
func (p *parser) correlation(c *Case, n *jsondoc.Node) {
	if n.Kind() != jsondoc.Object {
		return
	}

	// Correlation is only run for cases that ask: others give their accounts to the subject directly.
	c.correlate = true
	for _, m := range n.Members() {
		w := wantedLink{account: m.Key, pos: m.Pos()}
		switch m.Value.Kind() {
		case jsondoc.Null:
			// Null is the short form of the question that is asked most: the account stays without identity.
			w.method = &matcher{value: identity.StringValue("UNCORRELATED"), pos: m.Value.Pos()}
		case jsondoc.String:
			w.method = &matcher{value: m.Value.Value(), pos: m.Value.Pos()}
		default:
			p.object(m.Value, "an expected link", text("method"), text("identity"), text("reason"))
			for key, to := range map[string]**matcher{"method": &w.method, "identity": &w.identity,
				"reason": &w.reason} {
				if v := m.Value.Get(key); v != nil {
					*to = p.matcher(v)
				}
			}
		}

		c.expect.correlation = append(c.expect.correlation, w)
	}
}

// exceptionText describes exceptions as expectations spell them.
func exceptionText(e profile.Exception) string {
	return fmt.Sprintf("%s: %s", e.Code, strings.Join(e.Attributes, ", "))
}

// sameExceptions compares; an expectation without attributes means any.
func sameExceptions(want []string, got []profile.Exception) bool {
	if len(want) != len(got) {
		return false
	}
	for i, w := range want {
		code, attributes, some := strings.Cut(w, ":")
		if code != got[i].Code || some && strings.ReplaceAll(attributes, " ", "") != strings.Join(got[i].Attributes,
			",") {
			return false
		}
	}

	return true
}
