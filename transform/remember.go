package transform

import (
	"math"
	"slices"
	"unsafe"

	"github.com/idprofile/engine/identity"
)

// Countries, departments and dates repeat over a population. A subtree that
// depends on one account attribute alone, its base, therefore remembers its
// results by the values of the base, in each scope for itself: the base looks
// its value up once for a subject, and each such subtree takes the result from a
// list. A remembered result spends what computing it spends, and so does a
// shared one: limits do not depend on who came before.

const (
	maxCodes     = 1 << 10 // values of a base that are told apart
	maxCodedText = 61      // bytes of a value, and of a result that is remembered
	codeStart    = 32      // values before the first that is remembered
	codeTrial    = 4096    // values after which it shows whether they repeat
	codeOfNull   = 1
)

// Of needs.base; other numbers are 1 + that of a column, which is read as by
// [Scope.ReadFirst] and alone.
const (
	noBase   = 0  // nothing
	manyBase = -1 // several, or something else
)

// mergeBase is the base of a subtree whose parts have the bases a and b.
func mergeBase(a, b int) int {
	switch {
	case a == b || b == noBase:
		return a
	case a == noBase:
		return b
	}
	return manyBase
}

// codes numbers the values of a base from 1, in the order of their appearance.
// It switches itself off when fewer than half of them are known ones.
type codes struct {
	table []codedText // by hash; a power of two of them, at most half of them used
	count int         // codes so far
	asked int
	found int
	off   bool

	round uint32 // of code
	code  int    // of the current subject; 0: none
}

// codedText is a value with its code; it fills one cache line. The zero
// codedText is free.
type codedText struct {
	code uint16
	size uint8
	text [maxCodedText]byte
}

// code returns the code of the base for the current subject, 0 when it has
// none.
func (s *Scope) code(base int) int {
	c := &s.codes[base]
	if c.off {
		return 0
	}

	// The base looks its value up once for a subject, whoever asks first.
	if c.round != s.round {
		key := &s.unit.columns[base-1]
		c.round, c.code = s.round, c.find(s.ReadFirst(key.slot, base-1, key.attribute))
	}
	return c.code
}

// find returns the code of a value, 0 when it has none.
func (c *codes) find(v identity.Value) int {
	switch v.Kind() {
	case identity.Null:
		c.asked++
		c.found++
		return codeOfNull
	case identity.Text:
		text := v.Text()
		return c.text(unsafe.Slice(unsafe.StringData(text), len(text)))
	}
	return 0
}

// text returns the code of a text, 0 when it has none.
func (c *codes) text(text []byte) int {
	// The first values pass by: one that never comes back need not be kept.
	if c.asked++; c.asked < codeStart && c.table == nil || c.asked >= codeTrial && !c.worth() {
		return 0
	}
	if len(text) > maxCodedText {
		return 0
	}

	// An equal text has an equal hash, so the search ends at the first free slot.
	mask := uint32(len(c.table) - 1)
	for i := hashText(unsafe.String(unsafe.SliceData(text), len(text))) & mask; int(i) < len(c.table); i = (i + 1) & mask {
		e := &c.table[i]
		if e.code == 0 {
			break
		}
		if int(e.size) == len(text) && string(e.text[:e.size]) == string(text) {
			c.found++
			return int(e.code)
		}
	}
	return c.add(text)
}

// worth looks back at the last values.
func (c *codes) worth() bool {
	// More new values than known ones: looking up costs more than it saves.
	if c.found < codeTrial/2 {
		*c = codes{off: true}
		return false
	}
	c.asked, c.found = 0, 0
	return true
}

// add gives a text a code, as long as there are any.
func (c *codes) add(text []byte) int {
	if c.count == maxCodes {
		return 0
	}

	c.count = max(c.count, codeOfNull) + 1

	// Slots are doubled before they are half used, which keeps searches short.
	if 2*c.count > len(c.table) {
		old := c.table
		c.table = make([]codedText, max(16, 2*len(old)))
		for i := range old {
			if old[i].code != 0 {
				c.place(&old[i])
			}
		}
	}

	e := codedText{code: uint16(c.count), size: uint8(len(text))}
	copy(e.text[:], text)
	c.place(&e)
	return c.count
}

func (c *codes) place(e *codedText) {
	mask := uint32(len(c.table) - 1)
	i := hashText(string(e.text[:e.size])) & mask
	for c.table[i].code != 0 {
		i = (i + 1) & mask
	}
	c.table[i] = *e
}

// rememberNode remembers the results of node by the codes of its base.
type rememberNode struct {
	base   int
	slot   int
	node   Node
	inside bool // what is around it remembers, too
}

// remembered is a result that is known.
type remembered struct {
	value  identity.Value
	steps  uint32 // its cost
	output uint16
	known  bool
}

func (n *rememberNode) Eval(s *Scope) (identity.Value, error) {
	if n.inside {
		return n.node.Eval(s)
	}
	return n.result(s, s.code(n.base))
}

// result returns the result for a code; 0 is none.
func (n *rememberNode) result(s *Scope, code int) (identity.Value, error) {
	if code == 0 {
		return n.node.Eval(s)
	}
	if list := s.results[n.slot]; code < len(list) {
		if r := &list[code]; r.known {
			return r.value, s.charge(cost{int64(r.steps), int64(r.output)})
		}
	}
	return n.first(s, code)
}

// first evaluates the node for a new value of the base.
func (n *rememberNode) first(s *Scope, code int) (identity.Value, error) {
	before := s.spent()
	v, err := n.node.Eval(s)
	spent := s.spent().since(before)

	// Errors carry their path, and large results cost memory for everybody; both are computed
	// again.
	if err != nil || v.Kind() == identity.List || v.Kind() == identity.Text && len(v.Text()) > maxCodedText ||
		spent.steps > math.MaxUint32 || spent.output > math.MaxUint16 {
		return v, err
	}

	list := &s.results[n.slot]
	if code >= len(*list) {
		*list = slices.Grow(*list, code+1-len(*list))[:code+1]
	}

	// The value may point into memory that the next subject overwrites.
	(*list)[code] = remembered{v.Clone(), uint32(spent.steps), uint16(spent.output), true}
	return v, nil
}

// renderNode remembers what a template with directives gives for the values of
// its variables.
type renderNode struct {
	rememberNode
	template *templateNode
}

func (n *renderNode) Eval(s *Scope) (identity.Value, error) {
	c := &s.rendered[n.base]
	if c.off {
		return n.node.Eval(s)
	}

	// The key is all that the template can see: its variables, one behind the other with their
	// lengths.
	var room [maxCodedText]byte
	key := room[:0]
	for _, name := range n.template.names {
		if name.slot < 0 { // set by the template itself
			continue
		}

		v := s.vars[name.slot]
		switch {
		case v.IsNull():
			key = append(key, 0xFF)
		case v.Kind() == identity.Text && len(v.Text()) < maxCodedText-len(key)-1:
			key = append(append(key, byte(len(v.Text()))), v.Text()...)
		default:
			return n.node.Eval(s)
		}
	}

	return n.result(s, c.text(key))
}

// rememberTemplate puts a memory around a template that depends on variables
// alone.
func (c *Compiler) rememberTemplate(t *templateNode) Node {
	// Objects of the host are not to be had as a key.
	for _, name := range t.names {
		if name.global != nil {
			return t
		}
	}

	if !c.Shortcuts() || t.parts != nil || len(t.names) == 0 {
		return t
	}

	n := &renderNode{rememberNode{base: c.unit.templates, slot: c.unit.resultSlots, node: t}, t}
	c.unit.templates++
	c.unit.resultSlots++
	return n
}

// remember puts a memory around a node that depends on one base alone, when it
// is worth it. Of nodes inside each other only the outermost remembers.
func (c *Compiler) remember(node Node) Node {
	if c.facts.base <= noBase || !c.facts.costly {
		return node
	}

	// The outermost memory answers for everything inside.
	for _, inner := range c.inside {
		inner.inside = true
	}

	n := &rememberNode{base: c.facts.base, slot: c.unit.resultSlots, node: node}
	c.unit.resultSlots++
	c.inside = []*rememberNode{n}
	return n
}
