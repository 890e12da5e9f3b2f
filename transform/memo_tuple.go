package transform

import "github.com/idprofile/engine/identity"

// Given and family names repeat, and so do many pairs of them. What depends on two or three
// bases remembers its results by a number that their values have together. It is found in
// steps: that of the first two, with the one of the third.

const (
	maxBases      = 3
	maxTuples     = 1 << 11 // combinations that are told apart
	maxRemembered = 1 << 17 // results for tuples that a scope remembers, 8 MiB
)

// bases are the columns that a subtree reads, all that it reads of the subject. They are read as
// by [Compiler.First], and each is 1 + its number, in rising order. The zero bases are none.
type bases struct {
	count int // -1: too many, or something else
	of    [maxBases]int
}

var manyBases = bases{count: -1}

// merge returns the bases of a subtree whose parts have b and o.
func (b bases) merge(o bases) bases {
	switch {
	case b == o || o.count == 0:
		return b
	case b.count == 0:
		return o
	case b.count < 0 || o.count < 0:
		return manyBases
	}

	// Both are in order, and what both have counts once.
	var all bases
	for i, k := 0, 0; i < b.count || k < o.count; all.count++ {
		if all.count == maxBases {
			return manyBases
		}

		next := &all.of[all.count]
		switch {
		case k == o.count || i < b.count && b.of[i] < o.of[k]:
			*next = b.of[i]
			i++
		case i == b.count || o.of[k] < b.of[i]:
			*next = o.of[k]
			k++
		default:
			*next = b.of[i]
			i, k = i+1, k+1
		}
	}

	return all
}

// tuple is two bases, or a tuple of two and a third base.
type tuple struct {
	first int // a base; not known before all columns are when inner has the first two
	inner int // 1 + a tuple; 0: first has one
	last  int // a base
}

// tuple returns the number of the tuple of some bases, which are more than one.
func (u *Unit) tuple(b bases) int {
	if i, ok := u.tupleOf[b]; ok {
		return i
	}

	t := tuple{first: b.of[0], last: b.of[b.count-1]}
	if b.count > 2 {
		inner := b
		inner.count--
		inner.of[inner.count] = 0
		t.inner = 1 + u.tuple(inner)
	}

	u.tuples = append(u.tuples, t)
	u.tupleOf[b] = len(u.tuples) - 1
	return len(u.tuples) - 1
}

// tupleNumbers numbers the combinations of values that a tuple has from 1, in the order of
// their appearance. It switches itself off as [valueNumbers] does.
type tupleNumbers struct {
	table []numberedTuple // by hash; a power of two of them, at most half of them used
	count int             // numbers so far
	asked int
	found int
	off   bool
}

// numberedTuple is a combination with its number. The zero one is free.
type numberedTuple struct {
	parts  uint32 // the numbers of its two parts
	number uint32
}

// slot returns where the search begins in a table.
func (t numberedTuple) slot(mask uint32) uint32 {
	return uint32(uint64(t.parts)*hashFactor>>32) & mask
}

// placeTuples gives tuples their places among the bases, behind all columns.
func (u *Unit) placeTuples() {
	for i := range u.tuples {
		if t := &u.tuples[i]; t.inner > 0 {
			t.first = len(u.columns) + t.inner
		}
	}
	for _, n := range u.tupleNodes {
		if n.base > 0 { // what is around it does not remember
			n.base += len(u.columns)
		}
	}
	u.tupleNodes, u.tupleOf = nil, nil

	u.memoBases = make([]int, u.resultSlots)
	for _, n := range u.memoNodes {
		u.memoBases[n.slot] = n.base
	}
	u.memoNodes = nil
}

// findTuple returns the number of the tuple for the current subject, 0 when it has none.
func (s *Scope) findTuple(n int) int {
	c := &s.tuples[n]
	if c.off {
		return 0
	}

	t := &s.unit.tuples[n]
	first := s.number(t.first)
	if first == 0 {
		c.off = s.off(t.first)
		return 0
	}
	last := s.number(t.last)
	if last == 0 {
		c.off = s.off(t.last)
		return 0
	}
	return c.find(uint32(first)<<16 | uint32(last))
}

// find returns the number of a combination, 0 when it has none.
func (c *tupleNumbers) find(parts uint32) int {
	// More new combinations than known ones: looking up costs more than it saves.
	if c.asked++; c.asked >= numberTrial {
		if c.found < numberTrial/2 {
			*c = tupleNumbers{off: true}
			return 0
		}
		c.asked, c.found = 0, 0
	}

	e, mask := numberedTuple{parts: parts}, uint32(len(c.table)-1)
	for i := e.slot(mask); int(i) < len(c.table); i = (i + 1) & mask {
		known := c.table[i]
		if known.number == 0 {
			break
		}
		if known.parts == parts {
			c.found++
			return int(known.number)
		}
	}

	return c.add(e)
}

// add gives a combination a number, as long as there are any.
func (c *tupleNumbers) add(e numberedTuple) int {
	if c.count == maxTuples {
		return 0
	}

	// Slots are doubled before they are half used, which keeps searches short.
	c.count++
	if 2*c.count > len(c.table) {
		old := c.table
		c.table = make([]numberedTuple, max(16, 2*len(old)))
		for _, known := range old {
			if known.number != 0 {
				c.place(known)
			}
		}
	}

	e.number = uint32(c.count)
	c.place(e)
	return c.count
}

func (c *tupleNumbers) place(e numberedTuple) {
	mask := uint32(len(c.table) - 1)
	i := e.slot(mask)
	for c.table[i].number != 0 {
		i = (i + 1) & mask
	}
	c.table[i] = e
}

// firstOfTuple evaluates the node for a new combination of values.
func (n *memoNode) firstOfTuple(s *Scope, number int) (identity.Value, error) {
	// Whoever computes a result for the same tuple will remember more than what is inside, and
	// all results together have no more than their room.
	list := s.memories[n.slot].results
	if s.computing == n.base || number >= len(list) && s.remembered+number+1-len(list) > maxRemembered {
		return n.node.Eval(s)
	}

	outer := s.computing
	s.computing = n.base
	v, err := n.first(s, number)
	s.computing = outer
	s.remembered += len(s.memories[n.slot].results) - len(list)
	return v, err
}
