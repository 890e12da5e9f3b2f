package transform

import (
	"hash/maphash"
	"math"
	"unsafe"

	"github.com/idprofile/engine/identity"
)

// Countries, departments and dates repeat over a population. A chain of
// operations that depends on nothing but one input therefore remembers some
// results, in each scope for itself. A remembered result spends what computing
// it has spent, so that limits do not depend on what came before.

// costly lists the operations whose results are worth remembering.
var costly = [...]string{"dateFormat", "dateMath", "iso3166", "normalizeNames", "replace", "replaceAll", "rfc5646", "split"}

func isCostly(typ string) bool {
	for _, c := range costly {
		if c == typ {
			return true
		}
	}
	return false
}

// cachedNode evaluates base, the only input of node, and looks its text up.
type cachedNode struct {
	slot int
	base Child
	node Node
}

const (
	cacheEntries = 128 // results remembered for each node, in pairs with one place
	cacheText    = 46  // bytes of input and result together
	cacheTrial   = 1024
)

// cache is the memory of one cachedNode in one scope. It switches itself off
// when fewer than half of the first look-ups find something.
type cache struct {
	entries []cacheEntry
	asked   int
	found   int
	off     bool
}

// cacheEntry fills one cache line.
type cacheEntry struct {
	hash   uint32
	steps  int32
	output int32
	state  uint8 // unused, null or text
	key    uint8 // length of the key
	end    uint8 // of the result, which follows the key
	text   [cacheText + 3]byte
}

const (
	unusedEntry uint8 = iota
	nullEntry
	textEntry
)

var cacheSeed = maphash.MakeSeed()

func (n *cachedNode) Eval(s *Scope) (identity.Value, error) {
	c := &s.caches[n.slot]
	if c.off {
		return n.node.Eval(s)
	}
	base, err := n.base.node.Eval(s)
	if err != nil || base.Kind() != identity.Text || len(base.Text()) > cacheText {
		return n.node.Eval(s)
	}
	return c.eval(s, n.node, base.Text())
}

func (c *cache) eval(s *Scope, node Node, text string) (identity.Value, error) {
	if c.entries == nil {
		c.entries = make([]cacheEntry, cacheEntries)
	}
	hash := uint32(maphash.String(cacheSeed, text))
	pair := hash % cacheEntries &^ 1
	e := &c.entries[pair]
	if !e.holds(hash, text) {
		if other := &c.entries[pair+1]; other.holds(hash, text) || c.asked&1 != 0 {
			e = other
		}
	}
	if c.asked++; c.asked == cacheTrial && c.found < cacheTrial/2 {
		c.off, c.entries = true, nil
		return node.Eval(s)
	}
	if e.holds(hash, text) {
		c.found++
		if err := s.budget.Spend(int64(e.steps)); err != nil {
			return identity.Value{}, err
		}
		return e.value(s), s.budget.Produce(int(e.output))
	}
	before := s.budget
	v, err := node.Eval(s)
	if err == nil {
		e.put(hash, text, v, before.Steps-s.budget.Steps, before.Output-s.budget.Output)
	}
	return v, err
}

// holds reports whether the entry has the result for a text.
func (e *cacheEntry) holds(hash uint32, text string) bool {
	return e.hash == hash && e.state != unusedEntry && string(e.text[:e.key]) == text
}

// put remembers a result that is small enough.
func (e *cacheEntry) put(hash uint32, text string, v identity.Value, steps, output int64) {
	e.state = unusedEntry
	if !v.IsNull() && v.Kind() != identity.Text || len(text)+len(v.Text()) > len(e.text) || steps > math.MaxInt32 || output > math.MaxInt32 {
		return
	}
	e.hash, e.steps, e.output = hash, int32(steps), int32(output)
	e.key = uint8(copy(e.text[:], text))
	e.end = e.key + uint8(copy(e.text[e.key:], v.Text()))
	if e.state = textEntry; v.IsNull() {
		e.state = nullEntry
	}
}

// value returns a copy of the result: the entry can be overwritten while the
// value is in use.
func (e *cacheEntry) value(s *Scope) identity.Value {
	if e.state == nullEntry {
		return identity.Value{}
	}
	if e.key == e.end {
		return identity.StringValue("")
	}
	return s.keep(unsafe.String(&e.text[e.key], int(e.end-e.key)))
}

// remember puts a cache around an operation with an explicit input when the
// operation depends on nothing else. Of a chain of such operations only the
// outermost has one.
func (c *Compiler) remember(n *inputNode, pure bool) Node {
	if !pure || c.unit.opts.Plain || c.unit.opts.Observe {
		return n
	}
	base, worth := n.input, isCostly(c.op.Type)
	if inner, ok := n.input.node.(*cachedNode); ok {
		base, worth = inner.base, true
		n.input.node = inner.node
	}
	if _, constant := base.Const(); constant || !worth {
		return n
	}
	c.unit.cacheSlots++
	return &cachedNode{slot: c.unit.cacheSlots - 1, base: base, node: n}
}
