package profiletest

import (
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/transform"
)

// Mutant is a small change to the configuration that some test should notice.
type Mutant struct {
	Unit   string   `json:"unit"` // the mapping, transform, field, source or profile
	Change string   `json:"change"`
	Pos    diag.Pos `json:"pos"`
	Killed bool     `json:"killed"`
	// By is the first case that noticed; empty when none did.
	By string `json:"by,omitempty"`

	op          *jsondoc.Node // the operation that is changed
	target      *jsondoc.Node // replaced by replacement
	replacement *jsondoc.Node
	apply       func(*mutation) // instead of a replacement
}

// mutator lists the mutants of one definition.
type mutator struct {
	lib     *transform.Library
	unit    string
	mutants []*Mutant
}

func (m *mutator) add(op, target, replacement *jsondoc.Node, format string, args ...any) {
	if replacement.Equal(target) {
		return
	}
	m.mutants = append(m.mutants, &Mutant{Unit: m.unit, Change: fmt.Sprintf(format, args...), Pos: target.Pos(), op: op,
		target: target, replacement: replacement})
}

// walk lists the mutants at and below a JSON value. Beside its attributes, an
// operation has nothing that is evaluated.
func (m *mutator) walk(n *jsondoc.Node) {
	switch n.Kind() {
	case jsondoc.Array:
		for _, item := range n.Items() {
			m.walk(item)
		}
	case jsondoc.Object:
		if typ, ok := n.Get("type").Str(); ok {
			m.operation(n, m.lib.About(typ), n.Get("attributes"))
			n = n.Get("attributes")
		}

		for _, member := range n.Members() {
			m.walk(member.Value)
		}
	}
}

// operation lists the changes of one operation: what its attributes are good for
// and what its traits say tell which ones are plausible.
func (m *mutator) operation(n *jsondoc.Node, op *transform.Operation, attrs *jsondoc.Node) {
	// Roles say what kind of mistake is plausible: to leave out a candidate, to swap branches, to
	// misspell a text.
	var branches []string
	for _, f := range op.Fields {
		switch v := attrs.Get(f.Name); {
		case f.Role == transform.RoleCandidate || f.Role == transform.RolePart:
			m.dropItems(n, op.Type+"."+f.Name, v)
		case f.Role == transform.RoleBranch && f.Kind == transform.KindTable:
			m.table(n, op.Type+"."+f.Name, v)
		case f.Role == transform.RoleBranch:
			branches = append(branches, f.Name)
		case f.Role == transform.RoleStep:
			m.dropMembers(n, op.Type+"."+f.Name, v)
		case f.Role == transform.RoleText:
			m.text(n, op.Type+"."+f.Name, v)
		}
	}

	// Two branches, such as those of a condition, are the ones that people mix up.
	if len(branches) == 2 {
		m.swap(n, op.Type, attrs, branches[0], branches[1])
	}
	if op.Traits.Removable {
		m.remove(n, op.Type, attrs)
	}
	if other := op.Traits.Instead; other != "" {
		m.add(n, n, with(n, "type", jsondoc.NewString(other)), "%s becomes %s", op.Type, other)
	}
	m.details(n, op, attrs)
}

// details lists changes of single attributes.
func (m *mutator) details(n *jsondoc.Node, op *transform.Operation, attrs *jsondoc.Node) {
	for _, member := range attrs.Members() {
		v := member.Value
		change := op.Traits.Changes[member.Key]
		if change == nil {
			continue
		}
		if other := change(v); other != nil {
			m.add(n, v, other, "%s.%s: %s becomes %s", op.Type, member.Key, v.Append(nil), other.Append(nil))
		}
	}

	// An option that is dropped, or turned, shows whether some test depends on it.
	for _, f := range op.With(transform.RoleOption, transform.RoleSwitch) {
		switch v := attrs.Get(f.Name); {
		case v.IsNull():
		case f.Role == transform.RoleSwitch:
			m.add(n, v, jsondoc.NewBool(!v.IsTrue()), "%s.%s becomes %v", op.Type, f.Name, !v.IsTrue())
		case v.Kind() != jsondoc.Bool || v.IsTrue():
			m.add(n, v, jsondoc.NewNull(), "%s: %s is dropped", op.Type, f.Name)
		}
	}
}

// dropItems leaves out one item of a list after the other.
func (m *mutator) dropItems(op *jsondoc.Node, where string, list *jsondoc.Node) {
	items := list.Items()
	for i, item := range items {
		if len(items) < 2 {
			break
		}
		var rest []*jsondoc.Node
		for k, other := range items {
			if k != i {
				rest = append(rest, other)
			}
		}

		m.add(op, list, jsondoc.NewArray(rest...), "%s[%d] is dropped", where, i)
		m.mutants[len(m.mutants)-1].Pos = item.Pos()
		m.literal(op, item, fmt.Sprintf("%s[%d]", where, i))
	}
}

// literal gives a text another value; templates keep theirs.
func (m *mutator) literal(op, n *jsondoc.Node, where string) {
	if text, ok := n.Str(); ok && !strings.ContainsAny(text, "$#") {
		m.add(op, n, jsondoc.NewString(text+"~"), "%s: %s becomes %q", where, n.Append(nil), text+"~")
	}
}

// swap lets two branches change places.
func (m *mutator) swap(op *jsondoc.Node, typ string, attrs *jsondoc.Node, one, other string) {
	a, b := attrs.Get(one), attrs.Get(other)
	if a == nil || b == nil {
		return
	}
	m.add(op, attrs, with(with(attrs, one, b), other, a), "%s: %s and %s change places", typ, one, other)
	m.mutants[len(m.mutants)-1].Pos = op.Pos()
}

// table changes the values of a table and leaves out its entries.
func (m *mutator) table(op *jsondoc.Node, where string, table *jsondoc.Node) {
	for _, member := range table.Members() {
		m.literal(op, member.Value, fmt.Sprintf("%s[%q]", where, member.Key))
	}
	m.dropMembers(op, where, table)
}

func (m *mutator) dropMembers(op *jsondoc.Node, where string, table *jsondoc.Node) {
	for i, member := range table.Members() {
		var rest []jsondoc.Member
		for k, other := range table.Members() {
			if k != i {
				rest = append(rest, other)
			}
		}

		m.add(op, table, jsondoc.NewObject(rest...), "%s[%q] is dropped", where, member.Key)
		m.mutants[len(m.mutants)-1].Pos = member.Pos()
	}
}

// remove puts the input of an operation in its place.
func (m *mutator) remove(op *jsondoc.Node, typ string, attrs *jsondoc.Node) {
	replacement := attrs.Get("input")
	if replacement.IsNull() {
		replacement = jsondoc.NewObject(jsondoc.M("type", jsondoc.NewString(sameType)),
			jsondoc.M("attributes", jsondoc.NewObject()))
	}
	m.add(op, op, replacement, "%s is removed", typ)
}

var equality = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`[!=]=`) })

// text changes a text that is the value: a literal, a comparison in a template, or
// the text around the references of one.
func (m *mutator) text(op *jsondoc.Node, where string, v *jsondoc.Node) {
	text, ok := v.Str()
	if !ok {
		return
	}
	m.literal(op, v, where)
	for _, at := range equality().FindAllStringIndex(text, -1) {
		other := map[string]string{"==": "!=", "!=": "=="}[text[at[0]:at[1]]]
		m.add(op, v, jsondoc.NewString(text[:at[0]]+other+text[at[1]:]), "%s: %s at character %d becomes %s", where,
			text[at[0]:at[1]], at[0]+1, other)
	}

	for _, b := range templateBranches(text) {
		for _, part := range b.branches {
			if part != (span{}) {
				m.add(op, v, jsondoc.NewString(text[:part.to]+"~"+text[part.to:]), "%s: %q becomes %q", where,
					text[part.from:part.to], text[part.from:part.to]+"~")
			}
		}
	}

	// A template without directives is one branch, and its text may have no test either.
	if strings.Contains(text, "$") && !strings.Contains(text, "#") {
		m.add(op, v, jsondoc.NewString(text+"~"), "%s: %q becomes %q", where, text, text+"~")
	}
}

// with returns a copy of an object with another member.
func with(n *jsondoc.Node, key string, value *jsondoc.Node) *jsondoc.Node {
	c := jsondoc.NewObject(append([]jsondoc.Member(nil), n.Members()...)...)
	c.Set(key, value)
	return c
}

// rebuild returns n with target replaced; what does not change is shared.
func rebuild(n, target, replacement *jsondoc.Node) *jsondoc.Node {
	if n == target {
		return replacement
	}
	switch n.Kind() {
	case jsondoc.Array:
		for i, item := range n.Items() {
			if r := rebuild(item, target, replacement); r != item {
				// The nodes above are copied and none is changed: the configuration is that of all other mutants at
				// the same time.
				items := append([]*jsondoc.Node(nil), n.Items()...)
				items[i] = r
				return jsondoc.NewArray(items...)
			}
		}

	case jsondoc.Object:
		for i, member := range n.Members() {
			if r := rebuild(member.Value, target, replacement); r != member.Value {
				members := append([]jsondoc.Member(nil), n.Members()...)
				members[i] = jsondoc.M(member.Key, r)
				return jsondoc.NewObject(members...)
			}
		}
	}

	return n
}
