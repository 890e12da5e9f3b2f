package transform

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/transform/internal/velocity"
)

// Node evaluates one transform or literal. Nodes are immutable.
type Node interface {
	Eval(s *Scope) (identity.Value, error)
}

// Child is the value of an attribute: a literal, a template or a nested
// transform. The zero Child is absent.
type Child struct {
	node   Node
	site   *Site
	column *columnNode // the node, when it is one: the most frequent of all needs no call
}

// Present reports whether the attribute is there and not null.
func (c *Child) Present() bool { return c.node != nil }

// Site returns where the child stands; nil when it is absent.
func (c *Child) Site() *Site { return c.site }

// Eval evaluates the child; an absent one is null.
func (c *Child) Eval(s *Scope) (identity.Value, error) {
	if c.column != nil {
		return c.column.read(s), nil
	}
	if c.node == nil {
		return identity.Value{}, nil
	}

	// The path grows only here, while an error goes up; success pays nothing for it.
	v, err := c.node.Eval(s)
	if err != nil {
		return identity.Value{}, under(c.site, err)
	}
	return v, nil
}

// EvalWith evaluates the child with another implicit input.
func (c *Child) EvalWith(s *Scope, input identity.Value) (identity.Value, error) {
	saved := s.input
	s.input = input
	v, err := c.Eval(s)
	s.input = saved
	return v, err
}

// Const returns the value of a literal, or of a transform that is the same for
// everybody. Absent children are constant null.
func (c *Child) Const() (identity.Value, bool) {
	if c.node == nil {
		return identity.Value{}, true
	}
	k, ok := c.inner().(constNode)
	return k.value, ok
}

// inner returns the node without its observer or memory.
func (c *Child) inner() Node {
	// Observers and memories are around the node that one looks for.
	switch n := c.node.(type) {
	case *observedNode:
		return n.node
	case *renderNode:
		return n.template
	}

	return c.node
}

// Text evaluates the child to text; null is an error that names what is missing.
func (c *Child) Text(s *Scope) (string, error) {
	v, err := c.Eval(s)
	if err != nil {
		return "", err
	}
	if v.IsNull() {
		return "", fmt.Errorf("%w: %s", ErrNull, c.name())
	}
	return v.Text(), nil
}

func (c *Child) name() string {
	if c.site == nil {
		return "a required attribute is missing"
	}
	return c.site.Step.String() + " is null"
}

// Int is an attribute that holds a whole number: a number, a whole double, or
// numeric text with blanks around it.
type Int struct{ Child }

// Eval returns the number, or ok false when the attribute is absent or null.
// Anything that is no whole number is an [ErrFormat].
func (i *Int) Eval(s *Scope) (n int64, ok bool, err error) {
	v, err := i.Child.Eval(s)
	if err != nil || v.IsNull() {
		return 0, false, err
	}

	n, ok = WholeNumber(v)
	if !ok {
		return 0, false, fmt.Errorf("%w: %s is %s, expected a whole number", ErrFormat, i.site.Step, v)
	}
	return n, true, nil
}

// Fixed returns the number when it is the same for everybody; ok is false for
// absent ones too.
func (i *Int) Fixed() (n int64, ok bool) {
	v, ok := i.Const()
	if !ok || v.IsNull() {
		return 0, false
	}
	return WholeNumber(v)
}

// Or returns the fixed number, or the default when there is none.
func (i *Int) Or(defaultValue int64) int64 {
	if n, ok := i.Fixed(); ok {
		return n
	}
	return defaultValue
}

// WholeNumber converts a value to an integer, see [Int].
func WholeNumber(v identity.Value) (int64, bool) {
	switch v.Kind() {
	case identity.Integer:
		return v.Int()
	case identity.Text:
		text := strings.Trim(v.Text(), " \t\r\n")
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			return n, true
		}

		// Go reads hexadecimal, underscores and "Inf" as numbers, the platform does not.
		if strings.Trim(text, "+-.0123456789eE") != "" {
			return 0, false // other notations that Go knows
		}
		return identity.NumberValue(text).Int()
	}

	return 0, false
}

// Bool is an attribute that holds true or false, as a boolean or as text in any
// case; other text is false.
type Bool struct{ Child }

// Eval returns the truth value; absent and null give the default.
func (b *Bool) Eval(s *Scope, defaultValue bool) (bool, error) {
	if b.node == nil {
		return defaultValue, nil
	}

	v, err := b.Child.Eval(s)
	if err != nil || v.IsNull() {
		return defaultValue, err
	}
	if t, ok := v.Bool(); ok {
		return t, nil
	}
	return strings.EqualFold(v.Text(), "true"), nil
}

// Fixed returns the truth value when it is the same for everybody.
func (b *Bool) Fixed(defaultValue bool) (value, ok bool) {
	v, ok := b.Const()
	if !ok {
		return false, false
	}
	if v.IsNull() {
		return defaultValue, true
	}
	if t, isBool := v.Bool(); isBool {
		return t, true
	}
	return strings.EqualFold(v.Text(), "true"), true
}

// Table is an attribute that holds literal keys with values of any kind, in the
// order of the JSON text.
type Table struct {
	Entries []Entry
	// slots are by hash: 1 + the place of an entry; at least half of them are free.
	// A table is built once and then only read, so they have no tags to compare.
	slots     []uint32
	short     []uint64 // the keys as numbers, see [shortKeys]
	present   bool
	duplicate *Entry
}

// Entry is a member of a [Table]. Tables can have a million of them, most of which are
// literals: those are no more than their value.
type Entry struct {
	Key    string
	member *jsondoc.Member
	table  *tablePlace
	value  identity.Value // of a literal
	child  *Child         // nil for a literal
}

// tablePlace is where a table stands.
type tablePlace struct {
	site          *Site // of the operation
	op, attribute string
}

// literal returns the value of a text without template, of a number or a boolean, and null.
func literal(n *jsondoc.Node) (v identity.Value, ok bool) {
	switch n.Kind() {
	case jsondoc.Array, jsondoc.Object:
		return v, false
	case jsondoc.String:
		if velocity.NeedsRender(n.Text()) {
			return v, false
		}
	}

	return n.Value(), true
}

func (e *Entry) step() diag.Step { return diag.Entry(e.table.op, e.table.attribute, e.Key) }

// Value returns the value of the entry as that of an attribute.
func (e *Entry) Value() *Child {
	switch {
	case e.child != nil:
		return e.child
	case e.value.IsNull():
		return &Child{}
	}

	site := &Site{up: e.table.site, Step: e.step(), Def: e.member.Value, Facts: factsOf(e.value)}
	return &Child{node: constNode{e.value}, site: site}
}

// Facts returns what is known of the value of the entry.
func (e *Entry) Facts() Facts {
	if e.child != nil {
		return e.child.Facts()
	}
	return factsOf(e.value)
}

// Duplicate returns a key that occurs more than once.
func (t *Table) Duplicate() (key string, ok bool) {
	if t.duplicate == nil {
		return "", false
	}
	return t.duplicate.Key, true
}

// Present reports whether the table is there.
func (t *Table) Present() bool { return t.present }

// Get returns the entry with exactly that key; of equal keys the last.
func (t *Table) Get(key string) (*Child, bool) {
	if e := t.find(key); e != nil {
		return e.Value(), true
	}
	return nil, false
}

// Entry returns the entry with exactly that key; nil when there is none.
func (t *Table) Entry(key string) *Entry { return t.find(key) }

// Eval evaluates the value of the entry.
func (e *Entry) Eval(s *Scope) (identity.Value, error) {
	// Most tables hold texts, which need no evaluation.
	if e.child == nil {
		return e.value, nil
	}
	return e.child.Eval(s)
}

func (t *Table) find(key string) *Entry {
	if t.short != nil {
		return t.findShort(key)
	}
	if len(t.slots) == 0 {
		return nil
	}

	// Half of the slots are free, so the search ends soon.
	mask := uint32(len(t.slots) - 1)
	for slot := hashText(key) & mask; t.slots[slot] != 0; slot = (slot + 1) & mask {
		if e := &t.Entries[t.slots[slot]-1]; e.Key == key {
			return e
		}
	}

	return nil
}

// add adds an entry with a new key; the table has slots for it.
func (t *Table) add(e Entry) {
	t.Entries = append(t.Entries, e)
	mask := uint32(len(t.slots) - 1)
	slot := hashText(e.Key) & mask
	for t.slots[slot] != 0 {
		slot = (slot + 1) & mask
	}
	t.slots[slot] = uint32(len(t.Entries))
}

// Variables are the attributes that an operation does not know itself, in JSON
// order; see DECISION 5.
type Variables struct {
	list    []binding
	lenient bool // one that raises is not set
}

type binding struct {
	name string
	slot int
	Child
}

// Bind evaluates all variables in order, each visible to the later ones.
func (v *Variables) Bind(s *Scope) error {
	for i := range v.list {
		b := &v.list[i]
		val, err := b.Eval(s)
		if err != nil {
			if !v.lenient || errors.Is(err, ErrLimit) {
				return err
			}
			val = identity.Value{}
		}

		// Templates see lists as text, as the platform has it.
		if val.Kind() == identity.List {
			val = identity.StringValue(val.Text())
		}
		s.vars[b.slot] = val
	}

	return nil
}

// Arguments are the attributes that an operation does not know itself and hands
// on, such as those of a custom rule. Templates do not see them. An operation
// that has a field of this type compiles it with [Compiler.Collect].
type Arguments struct {
	list    []binding
	objects map[string]*jsondoc.Node
}

// Objects returns the arguments that are JSON objects and no transforms; nil when there are none.
func (a *Arguments) Objects() map[string]*jsondoc.Node { return a.objects }

// Values evaluates the arguments in JSON order; nil when there are none.
func (a *Arguments) Values(s *Scope) (map[string]identity.Value, error) {
	if len(a.list) == 0 {
		return nil, nil
	}
	values := make(map[string]identity.Value, len(a.list))
	for i := range a.list {
		v, err := a.list[i].Eval(s)
		if err != nil {
			return nil, err
		}
		values[a.list[i].name] = v
	}

	return values, nil
}

// constNode is a literal, or the result of folding.
type constNode struct{ value identity.Value }

func (n constNode) Eval(*Scope) (identity.Value, error) { return n.value, nil }

// errNode stands for a part that is configured wrongly: evaluating it raises.
type errNode struct{ err error }

func (n errNode) Eval(*Scope) (identity.Value, error) { return identity.Value{}, n.err }

// listNode evaluates the items of an array.
type listNode struct{ items []Child }

func (n *listNode) Eval(s *Scope) (identity.Value, error) {
	values := make([]identity.Value, len(n.items))
	for i := range n.items {
		v, err := n.items[i].Eval(s)
		if err != nil {
			return v, err
		}
		values[i] = v
	}

	return identity.ListValue(values...), nil
}

// sharedNode evaluates a subtree that occurs more than once only once for each
// subject.
type sharedNode struct {
	slot int
	node Node
}

// maxSharedText is the greatest text that a shared subtree remembers, in bytes.
const maxSharedText = 1 << 20

func (n *sharedNode) Eval(s *Scope) (identity.Value, error) {
	if m := &s.shared[n.slot]; m.round == s.round && m.err == nil {
		return m.value, s.charge(m.cost)
	}
	return n.first(s)
}

// first evaluates the subtree, unless that has raised before.
func (n *sharedNode) first(s *Scope) (identity.Value, error) {
	m := &s.shared[n.slot]

	// The first reader of this subject evaluates; what that costs, later readers pay too, so
	// that limits do not depend on who came first.
	if m.round != s.round {
		before := s.spent()
		v, err := n.node.Eval(s)

		// Large results would stay until the next subject; they are computed again.
		if err == nil && v.Kind() == identity.Text && len(v.Text()) > maxSharedText {
			return v, nil
		}
		m = &s.shared[n.slot]
		m.value, m.err, m.round = v, err, s.round
		m.cost = s.spent().since(before)
	} else if err := s.charge(m.cost); err != nil {
		return identity.Value{}, err
	}

	if p, ok := m.err.(*pathError); ok { // each reader adds its own steps
		c := *p
		c.steps = append([]diag.Step(nil), p.steps...)
		return identity.Value{}, &c
	}

	return m.value, m.err
}
