package transform

import (
	"encoding/binary"
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
	maxNumbers      = 1 << 10 // values of a base that are told apart
	maxNumberedText = 54      // bytes of a value
	maxResultText   = 56      // bytes of a result that is remembered
	numberStart     = 32      // values before the first that is remembered
	numberTrial     = 4096    // values after which it shows whether they repeat
	numberOfNull    = 1
)

// valueNumbers numbers the values of a base from 1, in the order of their appearance.
// It switches itself off when fewer than half of them are known ones.
type valueNumbers struct {
	table []numberedValue // by hash; a power of two of them, at most half of them used
	count int             // numbers so far
	asked int
	found int
	off   bool
}

// subjectNumber is the number of a base for a subject, 0: none.
type subjectNumber struct {
	round  uint32
	number uint32
}

// numberedValue is a value with its number; it fills one cache line, which is why
// the text stands in the slot and not behind a number as in other tables. The zero
// numberedValue is free.
type numberedValue struct {
	textKey
	number uint16
	middle [maxNumberedText - 16]byte // what is not in the key
}

// textKey is what tells texts apart mostly, and up to 16 bytes always: most values are
// compared without a look at their bytes one by one.
type textKey struct {
	first, last uint64 // see [textEnds]
	hash        uint64 // of the text, and its length in the lowest byte
}

// keyOf returns the key of a text of at most [maxNumberedText] bytes.
func keyOf(text string) textKey {
	n := uint64(len(text))
	if n > 16 {
		return textKey{first: word(text[:8]), last: word(text[n-8:]), hash: uint64(hashText(text))<<8 | n}
	}

	a, b := textEnds(text)
	return textKey{first: a, last: b, hash: uint64(hashEnds(a, b, hashStart+n))<<8 | n}
}

// slot returns where the search for the text begins in a table.
func (k *textKey) slot(mask uint32) uint32 { return uint32(k.hash>>8) & mask }

// middle returns what a key does not hold of its text.
func middle(text string) string {
	if len(text) <= 16 {
		return ""
	}
	return text[8 : len(text)-8]
}

// number returns the number of the base for the current subject, 0 when it has
// none. The base looks its value up once for a subject, whoever asks first.
func (s *Scope) number(base int) int {
	if k := &s.numbered[base]; k.round == s.round {
		return int(k.number)
	}
	return s.findNumber(base)
}

func (s *Scope) findNumber(base int) int {
	number := 0
	if c := &s.numbers[base]; !c.off {
		k := &s.unit.columns[base-1]
		if s.groupRounds[k.group] != s.round {
			s.readGroup(k.group)
		}
		number = c.find(&s.firsts[k.place])
	}

	s.numbered[base] = subjectNumber{s.round, uint32(number)}
	return number
}

// find returns the number of a value, 0 when it has none.
func (c *valueNumbers) find(v *identity.Value) int {
	switch v.Kind() {
	case identity.Null:
		c.asked++
		c.found++
		return numberOfNull
	case identity.Text:
		return c.text(v.Text())
	}

	return 0
}

// text returns the number of a text, 0 when it has none.
func (c *valueNumbers) text(text string) int {
	// The first values pass by: one that never comes back need not be kept.
	if c.asked++; c.asked < numberStart && c.table == nil || c.asked >= numberTrial && !c.worth() {
		return 0
	}
	if len(text) > maxNumberedText {
		return 0
	}

	// An equal text has an equal hash, so the search ends at the first free slot.
	key, mask := keyOf(text), uint32(len(c.table)-1)
	for i := key.slot(mask); int(i) < len(c.table); i = (i + 1) & mask {
		e := &c.table[i]
		if e.number == 0 {
			break
		}
		if e.textKey == key && (len(text) <= 16 || string(e.middle[:len(text)-16]) == middle(text)) {
			c.found++
			return int(e.number)
		}
	}

	return c.add(text, key)
}

// worth looks back at the last values.
func (c *valueNumbers) worth() bool {
	// More new values than known ones: looking up costs more than it saves.
	if c.found < numberTrial/2 {
		*c = valueNumbers{off: true}
		return false
	}

	c.asked, c.found = 0, 0
	return true
}

// add gives a text a number, as long as there are any.
func (c *valueNumbers) add(text string, key textKey) int {
	if c.count == maxNumbers {
		return 0
	}

	c.count = max(c.count, numberOfNull) + 1

	// Slots are doubled before they are half used, which keeps searches short.
	if 2*c.count > len(c.table) {
		old := c.table
		c.table = make([]numberedValue, max(16, 2*len(old)))
		for i := range old {
			if old[i].number != 0 {
				c.place(&old[i])
			}
		}
	}

	e := numberedValue{textKey: key, number: uint16(c.count)}
	copy(e.middle[:], middle(text))
	c.place(&e)
	return c.count
}

func (c *valueNumbers) place(e *numberedValue) {
	mask := uint32(len(c.table) - 1)
	i := e.slot(mask)
	for c.table[i].number != 0 {
		i = (i + 1) & mask
	}
	c.table[i] = *e
}

// memoNode remembers the results of node by the numbers of its base.
type memoNode struct {
	base     int
	slot     int
	node     Node
	enclosed bool // what is around it remembers, too
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

func (n *memoNode) Eval(s *Scope) (identity.Value, error) {
	if n.enclosed {
		return n.node.Eval(s)
	}
	if number := s.number(n.base); number > 0 {
		return n.result(s, number)
	}
	return n.node.Eval(s)
}

// result returns the result for a number.
func (n *memoNode) result(s *Scope, number int) (identity.Value, error) {
	list := s.results[n.slot]
	if number >= len(list) {
		return n.first(s, number)
	}

	// Nearly all results are texts, and nearly all budgets suffice.
	r := &list[number]
	if r.kind == 1+uint8(identity.Text) {
		steps, output := s.budget.Steps-int64(r.steps), s.budget.Output-int64(r.output)
		if steps >= 0 && output >= 0 {
			s.budget.Steps, s.budget.Output = steps, output
			return identity.StringValue(unsafe.String(&r.text[0], r.size)), nil
		}
	}

	if r.kind == 0 {
		return n.first(s, number)
	}
	return r.value(), s.charge(cost{int64(r.steps), int64(r.output)})
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
	list := &s.results[n.slot]
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
}

func (n *renderNode) Eval(s *Scope) (identity.Value, error) {
	c := &s.rendered[n.base]
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

	n := &renderNode{memoNode{base: c.unit.templates, slot: c.unit.resultSlots, node: t}, t}
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

	m := memoNode{base: bases.of[0], slot: c.unit.resultSlots, node: node}
	c.unit.resultSlots++
	if bases.count == 1 {
		n := &m
		c.encloses(bases, n)
		return n
	}

	m.base = c.unit.tuple(bases)
	n := &tupleNode{m}
	c.encloses(bases, &n.memoNode)
	return n
}

// encloses notes that a memory answers for those inside that have the same bases.
func (c *Compiler) encloses(b bases, n *memoNode) {
	c.memos = slices.DeleteFunc(c.memos, func(inner memo) bool {
		if inner.bases == b {
			inner.node.enclosed = true
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
