package profiletest

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/jsondoc"
)

// decoder reads test files strictly and collects everything that is wrong.
type decoder struct{ found diag.Collector }

// key is a member that an object may have.
type key struct {
	name     string
	kinds    []jsondoc.Kind // nil: any
	required bool
}

func text(name string) key   { return key{name: name, kinds: []jsondoc.Kind{jsondoc.String}} }
func flag(name string) key   { return key{name: name, kinds: []jsondoc.Kind{jsondoc.Bool}} }
func list(name string) key   { return key{name: name, kinds: []jsondoc.Kind{jsondoc.Array}} }
func object(name string) key { return key{name: name, kinds: []jsondoc.Kind{jsondoc.Object}} }
func anything(name string) key {
	return key{name: name}
}

func (k key) must() key {
	k.required = true
	return k
}

// object checks an object: its keys, their kinds, and that the required ones are
// there. It reports whether n is an object at all.
func (d *decoder) object(n *jsondoc.Node, what string, keys ...key) bool {
	if n.Kind() != jsondoc.Object {
		d.fail(codeTestType, n.Pos(), "", "%s is a %s, expected an object", what, n.Kind())
		return false
	}

	// Every fault is reported, and reading goes on with what is right.
	for _, m := range n.Members() {
		i := slices.IndexFunc(keys, func(k key) bool { return k.name == m.Key })
		if i < 0 {
			d.unknownKey(m, what, keys)
		} else if kinds := keys[i].kinds; kinds != nil && !slices.Contains(kinds, m.Value.Kind()) {
			d.fail(codeTestType, m.Value.Pos(), "", "%q is a %s, expected %s", m.Key, m.Value.Kind(), kindNames(kinds))
		}
	}

	for _, k := range keys {
		if k.required && n.Get(k.name) == nil {
			d.fail(codeTestMissing, n.Pos(), "", "%s has no %q", what, k.name)
		}
	}

	return true
}

func (d *decoder) unknownKey(m jsondoc.Member, what string, keys []key) {
	var names []string
	for _, k := range keys {
		if k.name != "$schema" { // it is for editors
			names = append(names, k.name)
		}
	}

	hint := "it may have " + strings.Join(names, ", ")
	if near := diag.Near(m.Key, names); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	}
	d.fail(codeTestUnknownKey, m.Pos(), hint, "%s has no key %q", what, m.Key)
}

func kindNames(kinds []jsondoc.Kind) string {
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = "a " + k.String()
		if k == jsondoc.Object {
			names[i] = "an object"
		}
	}

	return strings.Join(names, " or ")
}

func (d *decoder) fail(code diag.Code, pos diag.Pos, hint, format string, args ...any) {
	d.found.Add(diag.Diagnostic{Severity: diag.Error, Code: code, Pos: pos, Message: fmt.Sprintf(format, args...),
		Hint: hint})
}

// instant reads a date with time; absent is the zero time.
func (d *decoder) instant(n *jsondoc.Node) time.Time {
	if n.Kind() != jsondoc.String {
		return time.Time{}
	}
	if day, err := time.Parse(time.DateOnly, n.Text()); err == nil {
		return day
	}
	t, err := time.Parse(time.RFC3339Nano, n.Text())
	if err != nil {
		d.fail(codeTestValue, n.Pos(), "",
			"%q is no instant, expected one such as \"2026-01-15T09:00:00Z\", or a day such as \"2026-01-15\"",
			n.Text())
	}

	return t
}

// values reads an object of attribute values.
func (d *decoder) values(n *jsondoc.Node) map[string]identity.Value {
	values := map[string]identity.Value{}
	for _, m := range n.Members() {
		if m.Value.Kind() == jsondoc.Object {
			d.fail(codeTestType, m.Value.Pos(), "", "%q is an object, expected a value or a list of values", m.Key)
			continue
		}

		values[m.Key] = m.Value.Value()
	}

	return values
}

// matcher reads what a value is compared with.
func (d *decoder) matcher(n *jsondoc.Node) *matcher {
	m := &matcher{pos: n.Pos(), value: n.Value()}

	// Any value but an object is compared as it is.
	if n.Kind() != jsondoc.Object {
		return m
	}
	d.object(n, "an expected value", text("matches"), flag("absent"), text("error"), anything("value"))

	// An object is a form of expectation and has exactly one.
	switch {
	case n.Get("matches") != nil:
		re, err := compileWhole(n.Get("matches").Text())
		if err != nil {
			d.fail(codeTestValue, n.Get("matches").Pos(), "", "%q is no regular expression: %v",
				n.Get("matches").Text(), err)

			// A pattern that fits everything takes its place, so that the case can be read to its end.
			re = regexp.MustCompile("")
		}

		m.form, m.pattern, m.text = matches, re, n.Get("matches").Text()

	case n.Get("absent").IsTrue():
		m.form = absent
	case n.Get("error") != nil:
		m.form, m.text, m.value, m.hasValue = raises, n.Get("error").Text(), n.Get("value").Value(),
			n.Get("value") != nil
	default:
		d.fail(codeTestValue, n.Pos(), "", "expected \"matches\", \"absent\": true or \"error\" in an expected value that is an object")
	}

	return m
}
