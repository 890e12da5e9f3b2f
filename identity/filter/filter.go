// Package filter holds the account filter language: the small part of
// sailpoint.object.Filter strings that account attributes accept.
//
//	nativeIdentity.startsWith("x") && (type == "primary" || groups.contains("Admin"))
//
// Source: transform/DECISIONS.md, DECISION 48.
package filter

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/idprofile/engine/identity"
)

// Filter is a parsed filter. It is immutable and safe for concurrent use.
type Filter struct {
	root       node
	properties []string
}

// Property gives the value of a property, null when there is none.
type Property func(name string) identity.Value

// Reader gives the value of a property, null when there is none. The number is
// its place in [Filter.Properties] of a filter that [Parse] made, for readers that
// know beforehand where properties stand.
type Reader interface {
	Property(number int, name string) identity.Value
}

// Property makes p a [Reader].
func (p Property) Property(_ int, name string) identity.Value { return p(name) }

// Properties returns the names of all properties that f tests, in order of
// their first use.
func (f *Filter) Properties() []string { return slices.Clone(f.properties) }

// Match reports whether the filter accepts something with those properties.
func (f *Filter) Match(p Property) bool { return f.root.match(p) }

// MatchIn is [Filter.Match] for a reader.
func (f *Filter) MatchIn(r Reader) bool { return f.root.match(r) }

// String returns the filter in its usual spelling, with no more parentheses than
// it needs; parsing it again gives the same filter.
func (f *Filter) String() string { return f.root.String() }

type node interface {
	match(p Reader) bool
	String() string
}

type and struct{ list []node }

func (n and) match(p Reader) bool {
	for _, m := range n.list {
		if !m.match(p) {
			return false
		}
	}

	return true
}

func (n and) String() string { return joined(n.list, " && ", true) }

type or struct{ list []node }

func (n or) match(p Reader) bool {
	return slices.ContainsFunc(n.list, func(m node) bool { return m.match(p) })
}

func (n or) String() string { return joined(n.list, " || ", false) }

// joined writes the parts of && or ||. An && needs no parentheses inside ||.
func joined(list []node, op string, inAnd bool) string {
	parts := make([]string, len(list))
	for i, n := range list {
		if _, ok := n.(and); ok && !inAnd {
			parts[i] = n.String()
		} else {
			parts[i] = enclosed(n)
		}
	}

	return strings.Join(parts, op)
}

func enclosed(n node) string {
	switch n.(type) {
	case and, or:
		return "(" + n.String() + ")"
	}

	return n.String()
}

type not struct{ of node }

func (n not) match(p Reader) bool { return !n.of.match(p) }
func (n not) String() string      { return "!" + enclosed(n.of) }

// comparison is property op value.
type comparison struct {
	property, op string
	number       int // of the property
	value        identity.Value
}

func (n *comparison) String() string {
	return n.property + " " + n.op + " " + literal(n.value)
}

func (n *comparison) match(p Reader) bool {
	have := p.Property(n.number, n.property)
	switch n.op {
	case "==", "!=":
		// Mostly a text is compared with a text.
		if have.Kind() == identity.Text && n.value.Kind() == identity.Text {
			return (have.Text() == n.value.Text()) == (n.op[0] == '=')
		}
		return equal(have, n.value) == (n.op[0] == '=')
	}

	// Null is neither less nor more than anything.
	if have.IsNull() || n.value.IsNull() {
		return false
	}
	order := compare(have.Text(), n.value.Text())
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

// compare orders texts as Java does, by UTF-16 code units: characters beyond
// U+FFFF come before those from U+E000 on.
func compare(a, b string) int {
	for a != "" && b != "" {
		x, n := utf8.DecodeRuneInString(a)
		y, m := utf8.DecodeRuneInString(b)
		if x != y {
			if x > 0xFFFF && y <= 0xFFFF {
				x = 0xD800 // its first code unit is a surrogate
			} else if y > 0xFFFF && x <= 0xFFFF {
				y = 0xD800
			}

			return cmp.Compare(x, y)
		}

		a, b = a[n:], b[m:]
	}

	return cmp.Compare(len(a), len(b))
}

// equal: null equals only null; a list equals when one of its items does.
func equal(have, want identity.Value) bool {
	if want.Kind() != identity.List {
		return oneIs(have, want, false)
	}
	return slices.ContainsFunc(items(want), func(w identity.Value) bool { return oneIs(have, w, false) })
}

// oneIs reports whether have, or one of its items, is the value want.
func oneIs(have, want identity.Value, fold bool) bool {
	if want.IsNull() {
		return have.IsNull()
	}
	return anyItem(have, want, fold, same)
}

func items(v identity.Value) []identity.Value {
	if v.Kind() == identity.List {
		return v.List()
	}
	return []identity.Value{v}
}

// anyItem tests the texts of have, or of its items, against that of want. Null
// passes no test.
func anyItem(have, want identity.Value, fold bool, test func(text, part string) bool) bool {
	if have.IsNull() || want.IsNull() {
		return false
	}

	// The wanted text is folded once for all items.
	part := want.Text()
	if fold {
		part = identity.Fold(part)
	}
	if have.Kind() != identity.List {
		text := have.Text()
		if fold {
			text = identity.Fold(text)
		}
		return test(text, part)
	}

	return slices.ContainsFunc(items(have), func(item identity.Value) bool {
		text := item.Text()
		if fold {
			text = identity.Fold(text)
		}
		return !item.IsNull() && test(text, part)
	})
}

func same(a, b string) bool { return a == b }

// call is property.function(values).
type call struct {
	property, function string
	number             int // of the property
	fold               bool
	args               []identity.Value
}

func (n *call) String() string {
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

func (n *call) match(p Reader) bool {
	have := p.Property(n.number, n.property)
	switch n.function {
	case "isNull":
		return have.IsNull()
	case "notNull":
		return !have.IsNull()
	case "isEmpty":
		return have.IsNull() || have.Text() == "" || have.Kind() == identity.List && len(have.List()) == 0
	case "containsAll":
		return !slices.ContainsFunc(n.args, func(a identity.Value) bool { return !oneIs(have, a, n.fold) })
	case "in", "containsAny":
		return slices.ContainsFunc(n.args, func(a identity.Value) bool { return oneIs(have, a, n.fold) })
	}

	// All others are tests of texts, which hold for one item of a list.
	if text, part, ok := n.texts(have); ok {
		switch n.function {
		case "startsWith":
			return strings.HasPrefix(text, part)
		case "endsWith":
			return strings.HasSuffix(text, part)
		}
		return strings.Contains(text, part)
	}

	test := strings.Contains
	switch n.function {
	case "startsWith":
		test = strings.HasPrefix
	case "endsWith":
		test = strings.HasSuffix
	}

	return slices.ContainsFunc(n.args, func(a identity.Value) bool { return anyItem(have, a, n.fold, test) })
}

// texts returns what is tested against what, in the usual case of one text against one.
func (n *call) texts(have identity.Value) (text, part string, ok bool) {
	if n.fold || len(n.args) != 1 || have.Kind() != identity.Text || n.args[0].Kind() != identity.Text {
		return "", "", false
	}
	return have.Text(), n.args[0].Text(), true
}

func literal(v identity.Value) string {
	switch v.Kind() {
	case identity.Text:
		return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\r", `\r`, "\t", `\t`).Replace(v.Text()) +
			`"`
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
