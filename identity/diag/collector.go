package diag

import (
	"fmt"
	"hash/maphash"
	"slices"
)

// DefaultMost is how many findings of one code a [Collector] keeps unless it is told otherwise.
const DefaultMost = 10_000

// Collector collects findings as a [List] does, but keeps of each code and severity only
// the first ones, and counts the others, so that what is wrong in a million places takes
// the memory of a few. The zero Collector is empty and ready to use. It is for one
// goroutine.
type Collector struct {
	// Most is how many findings of one code and severity are kept; 0: [DefaultMost].
	Most int

	compared int // names that hints were looked for among

	list   List
	groups map[group]*tally
	seed   maphash.Seed
}

// group is what findings are counted by.
type group struct {
	code     Code
	severity Severity
}

// tally is what is known of the findings of a group.
type tally struct {
	kept int
	more int
	seen map[uint64]struct{} // once there are more than are kept: all that were told apart
}

// Add takes a finding. One that tells of others, see [Diagnostic.More], adds to the count.
func (c *Collector) Add(d Diagnostic) {
	t := c.tally(d)
	switch {
	case d.More > 0:
		t.more += d.More
	case t.kept < c.most():
		t.kept++
		c.list = append(c.list, d)
	case t.isNew(c, d):
		t.more++
	}
}

// Addf takes a finding without path and hint.
func (c *Collector) Addf(s Severity, code Code, pos Pos, format string, args ...any) {
	c.Add(Diagnostic{Severity: s, Code: code, Pos: pos, Message: fmt.Sprintf(format, args...)})
}

// AddAll takes the findings of a list.
func (c *Collector) AddAll(l List) {
	for _, d := range l {
		c.Add(d)
	}
}

// HasErrors reports whether a finding is an [Error].
func (c *Collector) HasErrors() bool { return c.list.HasErrors() }

// Has reports whether there is a finding of that code at that place among those that are kept.
func (c *Collector) Has(code Code, pos Pos) bool {
	return slices.ContainsFunc(c.list, func(d Diagnostic) bool { return d.Code == code && d.Pos == pos })
}

// List returns what was kept, in the order in which it came, and behind that one finding
// for each code of which there are more, which says how many. The caller may change it.
func (c *Collector) List() List {
	l := slices.Clone(c.list)
	for g, t := range c.groups {
		if t.more > 0 {
			l = append(l, rest(g, t.more))
		}
	}

	slices.SortFunc(l[len(c.list):], byPlace) // a map has no order
	return l
}

// Sorted returns the findings of [Collector.List] in the order of [List.Sort].
func (c *Collector) Sorted() List {
	l := c.List()
	l.Sort()
	return l
}

// mostCompared is how many names hints are looked for among: a second's work.
const mostCompared = 2_000_000

// Suggest is the function [Suggest] as long as it has not been asked about very many
// candidates: no hint is worth that each of many unknown names is compared with as many known
// ones.
func (c *Collector) Suggest(name string, candidates []string) string {
	if len(candidates) > mostCompared-c.compared {
		return ""
	}
	c.compared += len(candidates)
	return Suggest(name, candidates)
}

// rest is the finding that tells of those that are not kept.
func rest(g group, n int) Diagnostic {
	return Diagnostic{Severity: g.severity, Code: g.code,
		Message: fmt.Sprintf("and %d more of these, which are not listed", n), More: n}
}

func (c *Collector) most() int {
	if c.Most > 0 {
		return c.Most
	}
	return DefaultMost
}

func (c *Collector) tally(d Diagnostic) *tally {
	g := group{d.Code, d.Severity}
	t := c.groups[g]
	if t == nil {
		if c.groups == nil {
			c.groups, c.seed = map[group]*tally{}, maphash.MakeSeed()
		}
		t = &tally{}
		c.groups[g] = t
	}

	return t
}

// isNew reports whether a finding is none that was there before: what several profiles use
// is found for each of them, and a list that is sorted has it once.
func (t *tally) isNew(c *Collector, d Diagnostic) bool {
	if t.seen == nil {
		t.seen = map[uint64]struct{}{}
		for _, k := range c.list {
			if k.Code == d.Code && k.Severity == d.Severity {
				t.seen[c.hash(k)] = struct{}{}
			}
		}
	}

	n := len(t.seen)
	t.seen[c.hash(d)] = struct{}{}
	return len(t.seen) > n
}

// hash tells findings apart as [List.Sort] does.
func (c *Collector) hash(d Diagnostic) uint64 {
	d.Pos.Offset = 0
	var h maphash.Hash
	h.SetSeed(c.seed)
	maphash.WriteComparable(&h, d.Pos)
	for _, step := range d.Path {
		maphash.WriteComparable(&h, step)
	}
	h.WriteString(d.Message)
	h.WriteByte(0)
	h.WriteString(d.Hint)
	return h.Sum64()
}
