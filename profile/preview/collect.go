package preview

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/profile"
)

const (
	maxPairs    = 64 // different values that a group counts
	shownPairs  = 8
	maxPatterns = 50 // groups for each kind and attribute that name common parts
)

// collector counts changes as people come.
type collector struct {
	opts     *Options
	report   *Report
	groups   map[groupKey]*Group
	patterns map[[3]string]int
	byName   map[string]*AttributeTotals
	states   map[[2]string][]string
}

type groupKey struct {
	kind                    Kind
	attribute, code, source string
	pattern                 string
	causes                  string
}

type pairKey struct{ before, after string }

func newCollector(o *Options, causes []Cause) *collector {
	if causes == nil {
		causes = []Cause{}
	}
	return &collector{opts: o, groups: map[groupKey]*Group{}, patterns: map[[3]string]int{},
		byName: map[string]*AttributeTotals{}, states: map[[2]string][]string{},
		report: &Report{Version: FormatVersion, BeforeName: o.BeforeName, AfterName: o.AfterName,
			Accounts: o.AccountsName,
			Now:      o.Run.Now.UTC(), Causes: causes, kept: o.People,
			Totals: Totals{Changes: map[Kind]int{}}, Attributes: []*AttributeTotals{}, Groups: []*Group{}}}
}

// count counts a person; either side may be missing.
func (c *collector) count(b, a *profile.Result) {
	t := &c.report.Totals
	if b != nil {
		t.Before++
		t.ExceptionsBefore += btoi(len(b.Exceptions) > 0)
		t.ErrorsBefore += btoi(len(b.Errors) > 0)
	}

	if a != nil {
		t.After++
		t.ExceptionsAfter += btoi(len(a.Exceptions) > 0)
		t.ErrorsAfter += btoi(len(a.Errors) > 0)
	}

	t.Unchanged++
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// add counts the changes of a person.
func (c *collector) add(p *Person) error {
	t := &c.report.Totals
	t.People++

	// Everybody counts as unchanged until a change of theirs arrives.
	t.Unchanged--
	slices.SortStableFunc(p.Changes, compareChanges)
	for i := range p.Changes {
		ch := &p.Changes[i]
		t.Changes[ch.Kind]++
		c.attribute(ch)
		c.group(p, ch)
	}

	if c.opts.People {
		c.report.People = append(c.report.People, p)
	}
	if c.opts.OnPerson != nil {
		return c.opts.OnPerson(p)
	}
	return nil
}

func compareChanges(a, b Change) int {
	return cmp.Or(cmp.Compare(slices.Index(kinds, a.Kind), slices.Index(kinds, b.Kind)),
		strings.Compare(a.Attribute, b.Attribute),
		strings.Compare(a.Code, b.Code), strings.Compare(a.Source, b.Source), strings.Compare(a.Account, b.Account))
}

// attribute counts what happens to the attribute of a change.
func (c *collector) attribute(ch *Change) {
	// Exceptions name attributes as well, and are counted as exceptions.
	if ch.Attribute == "" || ch.Code != "" {
		return
	}
	t := c.byName[ch.Attribute]
	if t == nil {
		t = &AttributeTotals{Name: strings.Clone(ch.Attribute)}
		c.byName[t.Name] = t
	}

	switch ch.Kind {
	case ErrorAppeared:
		t.Errors++

		// An error costs a value only where there was one.
		t.Lost += btoi(ch.After.IsNull() && !ch.Before.IsNull())
	case ErrorGone:
		t.Resolved++
	default:
		switch {
		case ch.Before.IsNull() && !ch.After.IsNull():
			t.Set++
		case ch.After.IsNull() && !ch.Before.IsNull():
			t.Cleared++
		default:
			t.Changed++
		}
	}
}

// group counts a change with those that look the same.
func (c *collector) group(p *Person, ch *Change) {
	// Patterns with a text of the person's own would make a group for everybody, so only so many are
	// kept apart.
	if ch.pattern.personal {
		ch.pattern = c.bounded(ch)
	}
	key := groupKey{kind: ch.Kind, attribute: ch.Attribute, code: ch.Code, source: ch.Source,
		pattern: ch.pattern.String(), causes: fmt.Sprint(ch.Causes)}
	g := c.groups[key]
	if g == nil {
		g = &Group{Kind: ch.Kind, Attribute: ch.Attribute, Code: ch.Code, Source: ch.Source,
			Pattern: ch.pattern.clone(),
			Causes:  ch.Causes,
			Intents: ch.Intents, Examples: []Example{}, pairs: map[pairKey]int{}, order: len(c.groups)}
		key.pattern = strings.Clone(key.pattern)
		c.groups[key] = g
	}

	g.Count++

	// Pairs are counted while there is room; those that are left out still count in the group.
	ch.group = g
	k := pairKey{quoted(ch.Before), quoted(ch.After)}
	if _, known := g.pairs[k]; known || len(g.pairs) < maxPairs {
		g.pairs[k]++
		if !known {
			g.Pairs = append(g.Pairs, Pair{Before: ch.Before, After: ch.After})
		}
	}

	if len(g.Examples) < c.opts.Examples {
		g.Examples = append(g.Examples, Example{ID: p.ID, Name: p.Name, Before: ch.Before, After: ch.After,
			Message: ch.Message, Account: ch.Account})
	}
}

// bounded drops the common part of a pattern when an attribute has too many.
func (c *collector) bounded(ch *Change) Pattern {
	key := [3]string{string(ch.Kind), ch.Attribute, ch.pattern.String()}
	total := [3]string{string(ch.Kind), ch.Attribute}
	if c.patterns[key] == 0 {
		if c.patterns[total] == maxPatterns {
			return Pattern{Name: ch.pattern.Name}
		}
		c.patterns[total]++
		key[2] = strings.Clone(key[2])
		c.patterns[key] = 1
	}

	return ch.pattern
}

func (p Pattern) clone() Pattern {
	p.Before, p.After = strings.Clone(p.Before), strings.Clone(p.After)
	return p
}

// quoted tells null, texts and lists apart.
func quoted(v identity.Value) string { return v.String() }

// finish puts everything in order.
func (c *collector) finish() *Report {
	r := c.report
	for _, g := range c.groups {
		g.settle()
		r.Groups = append(r.Groups, g)
	}

	slices.SortFunc(r.Groups, compareGroups)
	for _, name := range slices.Sorted(maps.Keys(c.byName)) {
		t := c.byName[name]

		// What is left over is unchanged: attributes of people without any change were not looked at one by one.
		t.Unchanged = max(r.Totals.Before, r.Totals.After) - t.Set - t.Changed - t.Cleared - t.Errors - t.Resolved
		r.Attributes = append(r.Attributes, t)
	}

	slices.SortFunc(r.People, func(a, b *Person) int {
		return cmp.Or(compareAccounts(a.Account, b.Account), strings.Compare(a.ID, b.ID))
	})
	return r
}

// settle keeps the pairs only where values repeat.
func (g *Group) settle() {
	for i := range g.Pairs {
		p := &g.Pairs[i]
		p.Count = g.pairs[pairKey{quoted(p.Before), quoted(p.After)}]
	}

	slices.SortStableFunc(g.Pairs, func(a, b Pair) int {
		return cmp.Or(-cmp.Compare(a.Count, b.Count), strings.Compare(quoted(a.Before), quoted(b.Before)),
			strings.Compare(quoted(a.After), quoted(b.After)))
	})
	if len(g.Pairs)*2 > g.Count || len(g.Pairs) == maxPairs {
		g.Pairs = nil
	}
	if len(g.Pairs) > shownPairs {
		g.Pairs = g.Pairs[:shownPairs:shownPairs]
	}
	g.pairs = nil
}

func compareGroups(a, b *Group) int {
	return cmp.Or(cmp.Compare(slices.Index(kinds, a.Kind), slices.Index(kinds, b.Kind)), -cmp.Compare(a.Count, b.Count),
		strings.Compare(a.Attribute, b.Attribute),
		strings.Compare(a.Code, b.Code), strings.Compare(a.Source, b.Source), strings.Compare(a.Pattern.String(),
			b.Pattern.String()), slices.Compare(a.Causes, b.Causes))
}
