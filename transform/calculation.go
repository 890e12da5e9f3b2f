package transform

import "github.com/idprofile/engine/identity"

// Calculation is identity attributes that are calculated one after the other, by number.
type Calculation struct {
	Schema   *identity.Schema // their names
	Programs []*Program
	Stored   identity.Attributes // the values before
	Values   []identity.Value
	States   []uint8 // [Todo], [Busy] or [Done]
	Room     int64   // bytes of text that values may still have together
	Most     int64   // and that one of them may have

	scope *Scope // that known is of
	known []known
}

// known is where a scope remembers the results of a program, if it does, what one of them may have
// cost, and what is evaluated otherwise.
type known struct {
	memory *memory
	steps  int64
	column *columnNode
	node   Node
}

// How far an attribute of a [Calculation] is.
const (
	Todo uint8 = iota
	Busy       // its program runs, and may read other attributes meanwhile
	Done       // its value is there
)

// Calculate evaluates the programs of a calculation in the given order, without input, and
// leaves out what is not [Todo]. It ends with the first outcome that is not simply null or a
// text for which there is room: it returns how many of the order it has left behind, that one
// included, whose state is Busy; 0: all are done.
func (s *Scope) Calculate(c *Calculation, order []int) (n int, v identity.Value, err error) {
	if c.scope != s {
		c.prepare(s)
	}
	s.input, s.calc = identity.Value{}, c
	for k := 0; k < len(order); {
		i := order[k]
		q := &c.known[i]
		if q.memory != nil && len(q.memory.results) > 0 {
			if known := s.takeKnown(c, order[k:]); known > 0 {
				k += known
				continue
			}
		}

		k++
		state := &c.States[i]
		if *state != Todo {
			continue
		}

		*state = Busy
		if q.column != nil {
			v = q.column.read(s)
		} else {
			s.calcAt = i
			s.start()
			if v, err = q.node.Eval(s); err != nil {
				p := c.Programs[i]
				return k, identity.Value{}, located(p.path, under(p.root.site, err))
			}
		}

		switch v.Kind() {
		case identity.Null:
		case identity.Text:
			size := int64(len(v.Text()))
			if size > c.Most || size > c.Room {
				return k, v, nil
			}
			c.Room -= size
		default:
			return k, v, nil
		}

		c.Values[i], *state = v, Done
	}

	return 0, identity.Value{}, nil
}

// takeKnown takes results that are remembered, as long as only such attributes come next in the
// order. It returns how many it has left behind.
func (s *Scope) takeKnown(c *Calculation, order []int) (n int) {
	// There is room for all of them, or each has to be asked.
	if c.Most < maxResultText || c.Room < maxResultText*int64(len(order)) {
		return 0
	}

	// Nothing is called here, so that all stays in registers: most attributes are such.
	known, round, size := c.known, s.round, 0
	values, states := c.Values[:len(known)], c.States[:len(known)]
	for ; n < len(order); n++ {
		i := order[n]
		q := &known[i]
		if q.memory == nil || states[i] != Todo {
			break
		}
		number, list := q.memory.number, q.memory.results
		if number.round != round || uint(number.number) >= uint(len(list)) {
			break
		}

		// Whatever is neither a text nor null takes the longer way.
		r := &list[number.number]
		if r.kind-1 > uint8(identity.Text) || int64(r.steps) > q.steps {
			break
		}
		v := identity.Value{}
		if r.kind == 1+uint8(identity.Text) {
			v = r.direct()
		}
		values[i], states[i] = v, Done
		size += int(r.size)
	}

	c.Room -= int64(size)
	return n
}

// prepare finds what the scope remembers.
func (c *Calculation) prepare(s *Scope) {
	c.scope, c.known = s, make([]known, len(c.Programs))
	for i, p := range c.Programs {
		q := &c.known[i]
		q.column, q.node = p.root.column, p.root.node
		if q.node == nil {
			q.node = constNode{}
		}

		// What is remembered was within the limits, but not always the references to it.
		if p.memo != nil {
			q.memory, q.steps = &s.memories[p.memo.slot], s.limits.Steps-p.steps
		}
	}
}

// Before returns the value of attribute i before; one that was never stored is null.
func (c *Calculation) Before(i int) identity.Value {
	if c.Stored.Schema() == nil {
		return identity.Value{}
	}
	return c.Stored.Get(c.Schema.Name(i))
}
