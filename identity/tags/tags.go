// Package tags finds numbered things by tags: short hashes that stand for a text which is not at hand,
// because it is stored and was not read. Who finds a thing still has to look whether it is the one.
package tags

import "iter"

// Table finds things by their tags. It is made once, and is then safe for concurrent use.
type Table struct {
	tags []uint32

	// By the last bits of a tag the last thing that has one with the same, and by thing the one before
	// it; each one too high, so that 0 is none.
	heads, before []int32
}

// New makes a table of things: those of the first list are numbered from 0, those of each other list
// behind them. The tag 0 is none: who has it is not found. Tables hold at most 1<<31-2 things.
func New(lists ...[]uint32) *Table {
	count, size := 0, 16
	for _, list := range lists {
		count += len(list)
	}
	for size < 2*count {
		size *= 2
	}

	t := &Table{heads: make([]int32, size), before: make([]int32, 0, count)}
	if t.tags = lists[0]; len(lists) > 1 {
		t.tags = make([]uint32, 0, count)
		for _, list := range lists {
			t.tags = append(t.tags, list...)
		}
	}
	for n, tag := range t.tags {
		if tag == 0 {
			t.before = append(t.before, 0)
			continue
		}
		at := tag & uint32(size-1)
		t.before = append(t.before, t.heads[at])
		t.heads[at] = int32(n) + 1
	}
	return t
}

// Find yields the things with a tag, by descending number.
func (t *Table) Find(tag uint32) iter.Seq[int] {
	return func(yield func(n int) bool) {
		for n := t.heads[tag&uint32(len(t.heads)-1)]; n != 0; n = t.before[n-1] {
			if t.tags[n-1] == tag && !yield(int(n)-1) {
				return
			}
		}
	}
}
