package transform

import (
	"slices"

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
	look  int // how many may be asked for before it looks back
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
	hash        uint64 // of the text, its length in the lowest byte, and the highest bit
}

// keyOf returns the key of a text of at most 16 bytes with these ends. The highest bit tells it from
// that of a free place.
func keyOf(first, last uint64, n int) textKey {
	return textKey{first, last, 1<<63 | uint64(hashEnds(first, last, hashStart+uint64(n)))<<8 | uint64(n)}
}

// keyOfLong returns the key of a longer text.
func keyOfLong(text string) textKey {
	n := len(text)
	return textKey{word(text[:8]), word(text[n-8:]), 1<<63 | uint64(hashText(text))<<8 | uint64(n)}
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
	if base >= len(s.numbers) {
		number = s.findTuple(base - len(s.numbers))
	} else if !s.numbers[base].off {
		// All columns of the group are numbered when it is read.
		if g := s.unit.columns[base-1].group; s.groupRounds[g] != s.round {
			s.readGroup(g)
			return int(s.numbered[base].number)
		}
	}

	s.numbered[base] = subjectNumber{s.round, uint32(number)}
	return number
}

// numberValues numbers those values of a group, which was just read, that are bases.
func (s *Scope) numberValues(k *groupRead, values []identity.Value) {
	off := false
	for i := range k.numbered {
		b := &k.numbered[i]
		number := 0
		switch v := &values[b.at]; v.Kind() {
		case identity.Text:
			number = b.values.text(v.Text())
			off = off || b.values.off
		case identity.Null:
			b.values.asked++
			b.values.found++
			number = numberOfNull
		}
		*b.number = subjectNumber{s.round, uint32(number)}
	}

	if off {
		k.numbered = slices.DeleteFunc(k.numbered, func(b numberedColumn) bool { return b.values.off })
	}
}

// text returns the number of a text, 0 when it has none.
func (c *valueNumbers) text(text string) int {
	if c.asked++; c.asked >= c.look && !c.goesOn() || len(text) > maxNumberedText {
		return 0
	}

	// Ends are read here, without a call, for all but the shortest.
	var key textKey
	switch n := len(text); {
	case n > 16:
		key = keyOfLong(text)
	case n >= 8:
		key = keyOf(word(text), word(text[n-8:]), n)
	case n >= 4:
		key = keyOf(half(text), half(text[n-4:]), n)
	default:
		first, last := textEnds(text)
		key = keyOf(first, last, n)
	}

	// An equal text has an equal hash, so the search ends at the first free slot.
	mask := uint32(len(c.table) - 1)
	for i := key.slot(mask); int(i) < len(c.table); i = (i + 1) & mask {
		e := &c.table[i]
		if e.hash == key.hash && e.first == key.first && e.last == key.last &&
			(len(text) <= 16 || string(e.middle[:len(text)-16]) == middle(text)) {
			c.found++
			return int(e.number)
		}
		if e.number == 0 {
			break
		}
	}

	return c.add(text, key)
}

// goesOn decides from time to time whether values are numbered.
func (c *valueNumbers) goesOn() bool {
	// The first values pass by: one that never comes back need not be kept.
	if c.asked < numberStart && c.table == nil {
		return false
	}
	c.look = numberTrial
	return c.asked < numberTrial || c.worth()
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
