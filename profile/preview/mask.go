package preview

import (
	"fmt"
	"strings"

	"github.com/idprofile/engine/identity"
)

// Mask returns a copy of the report without personal values: each text is
// replaced by a number, the same text by the same number throughout the report,
// the two parts of a mail address each by its own. Names of attributes, profiles,
// sources and states stay, and so does what stands in the configuration.
func (r *Report) Mask() *Report {
	// One numbering for the whole report, so that the same value can be recognised in two places.
	m := &masker{numbers: map[string]int{}, groups: map[*Group]*Group{}}
	out := *r
	out.Masked = true
	out.Groups = nil
	for _, g := range r.Groups {
		out.Groups = append(out.Groups, m.group(g))
	}
	out.Findings = nil
	for _, d := range r.Findings {
		// Of the findings of a run, these two name sources and numbers only.
		if d.Code != codeDeleteThreshold && d.Code != codeRemovalSkipped {
			d.Message, d.Hint = "", ""
		}
		out.Findings = append(out.Findings, d)
	}

	out.People = nil
	for _, p := range r.People {
		out.People = append(out.People, m.person(p))
	}
	return &out
}

// masker numbers texts in the order in which they are met.
type masker struct {
	numbers map[string]int
	groups  map[*Group]*Group // masked ones, by what they were
}

func (m *masker) text(s string) string {
	if s == "" {
		return s
	}
	n, ok := m.numbers[s]
	if !ok {
		n = len(m.numbers) + 1
		m.numbers[s] = n
	}

	return fmt.Sprintf("‹%d›", n)
}

// parts masks a text, the parts of a mail address one by one.
func (m *masker) parts(s string) string {
	if local, domain, ok := strings.Cut(s, "@"); ok && local != "" && domain != "" {
		return m.text(local) + "@" + m.text(domain)
	}
	return m.text(s)
}

func (m *masker) value(v identity.Value) identity.Value {
	switch v.Kind() {
	case identity.Null:
		return v
	case identity.List:
		items := make([]identity.Value, len(v.List()))
		for i, item := range v.List() {
			items[i] = m.value(item)
		}
		return identity.ListValue(items...)
	}

	return identity.StringValue(m.parts(v.Text()))
}

// plain are the kinds whose values are names of profiles.
var plain = map[Kind]bool{Moved: true, Created: true, Removed: true, Split: true, Merged: true, Orphaned: true,
	Adopted: true}

// values masks the values of a change; states that stand in the pattern stay.
func (m *masker) values(kind Kind, p Pattern, before, after identity.Value) (identity.Value, identity.Value) {
	if plain[kind] {
		return before, after
	}
	one := func(v identity.Value, known string) identity.Value {
		if kind == LifecycleChanged && v.Text() == known {
			return v
		}
		return m.value(v)
	}

	return one(before, p.Before), one(after, p.After)
}

func (m *masker) pattern(p Pattern) Pattern {
	if p.personal {
		p.Before, p.After = m.text(p.Before), m.text(p.After)
	}
	return p
}

func (m *masker) message(text string, p Pattern) string {
	if text == "" {
		return ""
	}
	if p.Name == "" {
		return p.After
	}
	return p.Name
}

func (m *masker) group(g *Group) *Group {
	out := *g

	// People refer to groups by pointer, so the copies are remembered.
	m.groups[g] = &out
	out.Pattern = m.pattern(g.Pattern)
	out.Pairs, out.Examples = nil, []Example{}
	for _, p := range g.Pairs {
		p.Before, p.After = m.values(g.Kind, g.Pattern, p.Before, p.After)
		out.Pairs = append(out.Pairs, p)
	}

	for _, e := range g.Examples {
		e.ID, e.Name, e.Account = m.text(e.ID), m.text(e.Name), m.text(e.Account)
		e.Before, e.After = m.values(g.Kind, g.Pattern, e.Before, e.After)
		e.Message = m.message(e.Message, g.Pattern)
		out.Examples = append(out.Examples, e)
	}

	return &out
}

func (m *masker) person(p *Person) *Person {
	out := *p
	out.ID, out.Name = m.text(p.ID), m.text(p.Name)
	out.Account.NativeIdentity = m.text(p.Account.NativeIdentity)
	out.Changes = make([]Change, len(p.Changes))
	for i, c := range p.Changes {
		c.Before, c.After = m.values(c.Kind, c.pattern, c.Before, c.After)
		c.Account, c.Identity = m.text(c.Account), m.text(c.Identity)
		c.Message = m.message(c.Message, c.pattern)
		c.pattern, c.group = m.pattern(c.pattern), m.groups[c.group]
		out.Changes[i] = c
	}

	return &out
}
