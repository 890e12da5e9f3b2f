// Package filter holds the account filter language: the small part of
// sailpoint.object.Filter strings that account attributes accept.
//
//	nativeIdentity.startsWith("x") && (type == "primary" || groups.contains("Admin"))
//
// Source: transforms.md 8.
package filter

import (
	"slices"
	"strings"

	"github.com/idprofile/engine/identity"
)

// Filter is a parsed filter. It is immutable and safe for concurrent use.
type Filter struct {
	root       node
	properties []string
}

// Property gives the value of a property, null when there is none.
type Property func(name string) identity.Value

// Properties returns the names of all properties that f tests, in order of
// their first use.
func (f *Filter) Properties() []string { return slices.Clone(f.properties) }

// Match reports whether the filter accepts something with those properties.
func (f *Filter) Match(p Property) bool { return f.root.match(p) }

// String returns the filter in its usual spelling; parsing it again gives the
// same filter.
func (f *Filter) String() string { return f.root.String() }

type node interface {
	match(p Property) bool
	String() string
}

type and struct{ list []node }

func (n and) match(p Property) bool {
	for _, m := range n.list {
		if !m.match(p) {
			return false
		}
	}
	return true
}

func (n and) String() string { return joined(n.list, " && ") }

type or struct{ list []node }

func (n or) match(p Property) bool {
	return slices.ContainsFunc(n.list, func(m node) bool { return m.match(p) })
}

func (n or) String() string { return joined(n.list, " || ") }

func joined(list []node, op string) string {
	parts := make([]string, len(list))
	for i, n := range list {
		parts[i] = n.String()
	}
	return "(" + strings.Join(parts, op) + ")"
}

type not struct{ of node }

func (n not) match(p Property) bool { return !n.of.match(p) }
func (n not) String() string        { return "!" + n.of.String() }

// comparison is property op value.
type comparison struct {
	property, op string
	value        identity.Value
}

func (n comparison) String() string {
	return n.property + " " + n.op + " " + literal(n.value)
}

func (n comparison) match(p Property) bool {
	have := p(n.property)
	switch n.op {
	case "==":
		return equal(have, n.value)
	case "!=":
		return !equal(have, n.value)
	}
	if have.IsNull() || n.value.IsNull() {
		return false
	}
	order := strings.Compare(have.Text(), n.value.Text())
	switch n.op {
	case "<":
		return order < 0
	case "<=":
		return order <= 0
	case ">":
		return order > 0
	}
	return order >= 0
}

// equal: null equals only null; a list equals when one of its items does.
func equal(have, want identity.Value) bool {
	if have.IsNull() || want.IsNull() {
		return have.IsNull() && want.IsNull()
	}
	for _, item := range items(want) {
		if anyItem(have, func(text string) bool { return text == item.Text() }) {
			return true
		}
	}
	return false
}

func items(v identity.Value) []identity.Value {
	if v.Kind() == identity.List {
		return v.List()
	}
	return []identity.Value{v}
}

func anyItem(v identity.Value, test func(string) bool) bool {
	if v.IsNull() {
		return false
	}
	return slices.ContainsFunc(items(v), func(item identity.Value) bool { return !item.IsNull() && test(item.Text()) })
}

// call is property.function(values).
type call struct {
	property, function string
	fold               bool
	args               []identity.Value
}

func (n call) String() string {
	name := n.function
	if n.fold {
		name += "IgnoreCase"
	}
	switch len(n.args) {
	case 0:
		return n.property + "." + name + "()"
	case 1:
		return n.property + "." + name + "(" + literal(n.args[0]) + ")"
	}
	return n.property + "." + name + "(" + literal(identity.ListValue(n.args...)) + ")"
}

func (n call) match(p Property) bool {
	have := p(n.property)
	switch n.function {
	case "isNull":
		return have.IsNull()
	case "notNull":
		return !have.IsNull()
	case "isEmpty":
		return have.IsNull() || have.Text() == "" || have.Kind() == identity.List && len(have.List()) == 0
	case "containsAll":
		return !have.IsNull() && !slices.ContainsFunc(n.args, func(a identity.Value) bool { return !n.has(have, a, same) })
	case "in", "containsAny":
		return slices.ContainsFunc(n.args, func(a identity.Value) bool { return n.has(have, a, same) })
	}
	test := map[string]func(text, part string) bool{
		"startsWith": strings.HasPrefix, "endsWith": strings.HasSuffix, "contains": strings.Contains,
	}[n.function]
	return slices.ContainsFunc(n.args, func(a identity.Value) bool { return n.has(have, a, test) })
}

func same(a, b string) bool { return a == b }

func (n call) has(have, want identity.Value, test func(text, part string) bool) bool {
	part := want.Text()
	return anyItem(have, func(text string) bool {
		if n.fold {
			return test(fold(text), fold(part))
		}
		return test(text, part)
	})
}

func fold(s string) string { return strings.ToLower(strings.ToUpper(s)) }

func literal(v identity.Value) string {
	switch v.Kind() {
	case identity.Text:
		return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\r", `\r`, "\t", `\t`).Replace(v.Text()) + `"`
	case identity.Null:
		return "null"
	case identity.List:
		parts := make([]string, len(v.List()))
		for i, item := range v.List() {
			parts[i] = literal(item)
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
	return v.Text()
}
