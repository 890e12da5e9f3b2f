package filter

import (
	"strings"

	"github.com/idprofile/engine/identity"
)

// Test is one of the tests that a property must pass, in the form in which most filters
// have all of theirs.
type Test struct {
	Number int // of the property, see [Reader]
	Name   string

	how  how
	not  bool
	text string
}

// how is what a [Test] looks for.
type how uint8

const (
	isText how = iota
	beginsWith
	endsWith
	holds
	isNull
)

// Conjunction returns the tests that together are the filter, when it has no others than
// those of texts without regard to anything else, and of null. Who asks often reads the
// properties for them in its own way.
func (f *Filter) Conjunction() ([]Test, bool) { return conjunction(nil, f.root) }

func conjunction(tests []Test, n node) ([]Test, bool) {
	all, ok := n.(and)
	if !ok {
		t, ok := simple(n)
		return append(tests, t), ok
	}

	for _, part := range all.list {
		if tests, ok = conjunction(tests, part); !ok {
			return nil, false
		}
	}

	return tests, true
}

// simple returns a node as a test.
func simple(n node) (t Test, ok bool) {
	switch n := n.(type) {
	case not:
		t, ok = simple(n.of)
		t.not = !t.not
		return t, ok

	case *comparison:
		t = Test{Number: n.number, Name: n.property, how: isText, not: n.op == "!=", text: n.value.Text()}
		return t, n.value.Kind() == identity.Text && (n.op == "==" || n.op == "!=")
	case *call:
		return n.simple()
	}

	return t, false
}

func (n *call) simple() (t Test, ok bool) {
	t = Test{Number: n.number, Name: n.property}
	switch n.function {
	case "isNull", "notNull":
		t.how, t.not = isNull, n.function == "notNull"
		return t, true
	case "startsWith":
		t.how = beginsWith
	case "endsWith":
		t.how = endsWith
	case "contains":
		t.how = holds
	default:
		return t, false
	}

	if n.fold || len(n.args) != 1 || n.args[0].Kind() != identity.Text {
		return t, false
	}
	t.text = n.args[0].Text()
	return t, true
}

// Accepts reports whether a value passes the test; known is false for a value that is
// neither a text nor null, about which the filter has to be asked.
func (t *Test) Accepts(v identity.Value) (ok, known bool) {
	switch v.Kind() {
	case identity.Null:
		return (t.how == isNull) != t.not, true
	case identity.Text:
		return t.acceptsText(v.Text()) != t.not, true
	}

	return t.how == isNull && t.not, t.how == isNull
}

func (t *Test) acceptsText(text string) bool {
	switch t.how {
	case isText:
		return text == t.text
	case beginsWith:
		return strings.HasPrefix(text, t.text)
	case endsWith:
		return strings.HasSuffix(text, t.text)
	case holds:
		return strings.Contains(text, t.text)
	}

	return false
}
