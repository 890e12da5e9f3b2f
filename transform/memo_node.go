package transform

import (
	"encoding/binary"
	"math"
	"slices"
	"unsafe"

	"github.com/idprofile/engine/identity"
)

// memoNode remembers the results of node by the numbers of its base.
type memoNode struct {
	base int // in [Scope.numbered]; 0: what is around it remembers, too
	slot int
	node Node
}

// memoResult is a result with what it has cost, and fills one cache line: a text stands in
// it. The zero memoResult is not known.
type memoResult struct {
	steps  uint32
	output uint16
	kind   uint8 // 1 + that of the value
	size   uint8
	text   [maxResultText]byte // or an integer
}

// value returns the result; a text is a view.
func (r *memoResult) value() identity.Value {
	switch kind := identity.Kind(r.kind - 1); kind {
	case identity.Text:
		return identity.StringValue(unsafe.String(&r.text[0], r.size))
	case identity.Integer:
		return identity.IntValue(int64(binary.LittleEndian.Uint64(r.text[:])))
	case identity.Boolean:
		return identity.BoolValue(r.size != 0)
	}

	return identity.Value{}
}

// set makes a result of a value; false when it is too large to be remembered.
func (r *memoResult) set(v identity.Value) bool {
	switch v.Kind() {
	case identity.Text:
		text := v.Text()
		if len(text) > maxResultText {
			return false
		}
		r.size = uint8(copy(r.text[:], text))
	case identity.Integer:
		n, _ := v.Int()
		binary.LittleEndian.PutUint64(r.text[:], uint64(n))
	case identity.Boolean:
		if b, _ := v.Bool(); b {
			r.size = 1
		}
	case identity.List:
		return false
	}

	r.kind = 1 + uint8(v.Kind())
	return true
}

// memory is what a scope remembers for a memoNode.
type memory struct {
	results []memoResult   // by number
	number  *subjectNumber // of the base
	off     bool           // its values have shown to be too many
}

func (n *memoNode) Eval(s *Scope) (identity.Value, error) {
	m := &s.memories[n.slot]
	if m.off {
		return n.node.Eval(s)
	}

	k := m.number
	if k.round != s.round {
		s.findNumber(n.base)
	}

	// Nearly all results are there, are texts, and are within the budget. Nothing has the number 0.
	if uint(k.number) < uint(len(m.results)) {
		r := &m.results[k.number]
		steps, output := s.budget.Steps-int64(r.steps), s.budget.Output-int64(r.output)
		if r.kind == 1+uint8(identity.Text) && steps|output >= 0 {
			s.budget.Steps, s.budget.Output = steps, output
			return r.direct(), nil
		}
	}

	return n.result(s, int(k.number))
}

// direct returns a result that is known to be a text.
func (r *memoResult) direct() identity.Value {
	return identity.StringValue(unsafe.String(&r.text[0], r.size))
}

// result returns the result for a number; 0: there is none, and perhaps never will be.
func (n *memoNode) result(s *Scope, number int) (identity.Value, error) {
	m := &s.memories[n.slot]
	switch {
	case number == 0:
		if s.off(n.base) {
			*m = memory{number: m.number, off: true}
		}
		return n.node.Eval(s)

	case number < len(m.results) && m.results[number].kind != 0:
		r := &m.results[number]
		return r.value(), s.charge(cost{int64(r.steps), int64(r.output)})
	case n.base >= len(s.numbers):
		return n.firstOfTuple(s, number)
	}

	return n.first(s, number)
}

// off reports whether the values of a base have shown to be too many.
func (s *Scope) off(base int) bool {
	if base < len(s.numbers) {
		return s.numbers[base].off
	}
	return s.tuples[base-len(s.numbers)].off
}

// first evaluates the node for a new value of the base.
func (n *memoNode) first(s *Scope, number int) (identity.Value, error) {
	before := s.spent()
	v, err := n.node.Eval(s)
	spent := s.spent().since(before)

	// Errors carry their path, and large results cost memory for everybody; both are computed
	// again.
	r := memoResult{steps: uint32(spent.steps), output: uint16(spent.output)}
	if err != nil || spent.steps > math.MaxUint32 || spent.output > math.MaxUint16 || !r.set(v) {
		return v, err
	}

	// Values that were given are views of the list, which therefore is never written again but
	// where nothing was.
	list := &s.memories[n.slot].results
	if number >= len(*list) {
		*list = slices.Grow(*list, number+1-len(*list))[:number+1]
	}

	(*list)[number] = r
	return v, nil
}

// renderNode remembers what a template with directives gives for the values of
// its variables.
type renderNode struct {
	memoNode
	template *templateNode
	rendered int // in [Scope.rendered]
}

func (n *renderNode) Eval(s *Scope) (identity.Value, error) {
	c := &s.rendered[n.rendered]
	if c.off {
		return n.node.Eval(s)
	}

	// The key is all that the template can see: its variables, one behind the other with their
	// lengths.
	var room [maxNumberedText]byte
	key := room[:0]
	for _, name := range n.template.names {
		if name.slot < 0 { // set by the template itself
			continue
		}

		v := s.vars[name.slot]
		switch {
		case v.IsNull():
			key = append(key, 0xFF)
		case v.Kind() == identity.Text && len(v.Text()) < maxNumberedText-len(key)-1:
			key = append(append(key, byte(len(v.Text()))), v.Text()...)
		default:
			return n.node.Eval(s)
		}
	}

	if number := c.text(unsafe.String(unsafe.SliceData(key), len(key))); number > 0 {
		return n.result(s, number)
	}
	return n.node.Eval(s)
}

// templateWithMemo puts a memory around a template that depends on variables
// alone.
func (c *Compiler) templateWithMemo(t *templateNode) Node {
	// Objects of the host are not to be had as a key.
	for _, name := range t.names {
		if name.global != nil {
			return t
		}
	}

	if !c.Shortcuts() || t.parts != nil || len(t.names) == 0 {
		return t
	}

	n := &renderNode{memoNode{slot: c.unit.resultSlots, node: t}, t, c.unit.templates}
	c.unit.templates++
	c.unit.resultSlots++
	return n
}

// withMemo puts a memory around a node that depends on few bases alone, when it
// is worth it. Of nodes inside each other that have the same bases only the outermost
// remembers.
func (c *Compiler) withMemo(node Node) Node {
	bases := c.depends.bases
	if bases.count <= 0 || !c.depends.worthMemo {
		return node
	}
	for _, base := range bases.of[:bases.count] {
		c.unit.columns[base-1].numbered = true
	}

	// The stored transform has a memory already, which all who refer to it share.
	if r, ok := node.(*referenceNode); ok && r.target.depends.bases == bases {
		if _, ok := r.target.node.(*memoNode); ok {
			return node
		}
	}

	n := &memoNode{base: bases.of[0], slot: c.unit.resultSlots, node: c.unwrap(node, bases)}
	c.unit.resultSlots++
	c.unit.memoNodes = append(c.unit.memoNodes, n)
	if bases.count > 1 {
		n.base = 1 + c.unit.tuple(bases)
		c.unit.tupleNodes = append(c.unit.tupleNodes, n)
	}

	c.encloses(bases, n)
	return n
}

// unwrap takes the memory away from the input of an operation that will have one with the same
// bases, so that both become one node.
func (c *Compiler) unwrap(node Node, b bases) Node {
	a, ok := node.(*applyNode)
	if !ok || len(a.steps) > 1 {
		return node
	}
	inner, ok := a.input.node.(*memoNode)
	if !ok || !slices.Contains(c.memos, memo{b, inner}) {
		return node
	}
	return apply(Child{node: inner.node, site: a.input.site}, a.steps[0].body)
}

// encloses notes that a memory answers for those inside that have the same bases.
func (c *Compiler) encloses(b bases, n *memoNode) {
	c.memos = slices.DeleteFunc(c.memos, func(inner memo) bool {
		if inner.bases == b {
			inner.node.base = 0
		}
		return inner.bases == b
	})
	c.memos = append(c.memos, memo{b, n})
}

// memo is a memory, and on what its results depend.
type memo struct {
	bases bases
	node  *memoNode
}
