package profile

import (
	"slices"
	"strings"

	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/internal/table"
	"github.com/idprofile/engine/transform"
)

// managerLinks finds the manager of everybody whose manager attribute has a
// value.
//
// Source: correlate/DECISIONS.md, DECISION 5.
func (p *population) managerLinks() {
	s := &p.settled
	p.updateIndexes()
	for n := len(s.manager); n < len(p.people); n++ {
		s.manager, s.reports, s.sought = append(s.manager, -1), append(s.reports, 0), append(s.sought, 0)
	}
	for i := range p.people {
		n := int32(i)
		if p.whole || p.moved.Has(n) || s.stirs(s.sought[n]) {
			p.managerLink(n)
		}
	}
	s.linked = true
	p.managerCycles()
}

// updateIndexes brings up to date what managers are found by and who claims
// which uid.
func (p *population) updateIndexes() {
	s := &p.settled
	if p.whole {
		people := len(p.people)
		s.indexes, s.outcome = p.newIndexes(), map[int32]ManagerResult{}
		s.manager, s.reports, s.sought = make([]int32, 0, people), make([]int32, 0, people), make([]uint64, 0, people)
		return
	}
	for _, n := range p.moved.List[s.indexed:] {
		for _, x := range s.indexes {
			before, after := x.Update(n)
			s.stirred[stir(x, before)], s.stirred[stir(x, after)] = true, true
		}
	}
	s.indexed = len(p.moved.List)
}

// stir names what identities are found by: an index and the tag of a text. A blank
// text is 0.
func stir(x *table.Text, tag uint32) uint64 {
	if tag == 0 {
		return 0
	}
	return x.Number<<32 | uint64(tag)
}

// managerLink finds the manager of an identity anew.
func (p *population) managerLink(n int32) {
	s := &p.settled
	before := s.manager[n]
	if before >= 0 {
		s.reports[before]--
	}
	s.manager[n], s.sought[n] = -1, 0
	delete(s.outcome, n)
	p.findManager(n)
	if m := s.manager[n]; m >= 0 {
		s.reports[m]++
	}
	if s.manager[n] != before {
		p.again(n)
	}
}

func (p *population) findManager(n int32) {
	q, s := &p.people[n], &p.settled
	if q.profile < 0 || p.attributes(n).Get(config.AttrManager).IsNull() {
		return
	}
	source := p.engine.managerSource(p.engine.profiles[q.profile])
	if source == nil {
		return
	}
	value := p.managerValue(n, source)
	r := ManagerResult{State: ManagerNotFound, Value: value}
	if value == "" {
		r.Attribute = source.Manager.AccountAttribute
	}
	index := s.indexes[source.Manager.IdentityAttribute]
	if index != nil {
		s.sought[n] = stir(index, index.Tag(value))
	}
	found := index.Find(identity.Fold(value))
	if source.Manager.IdentityAttribute == config.AttrUID && len(found) > 1 {
		found = []int32{slices.MinFunc(found, func(a, b int32) int {
			if p.better(a, b) {
				return -1
			}
			return 1
		})}
	}
	switch {
	case len(found) > 1:
		r.State = ManagerAmbiguous
	case len(found) == 1 && found[0] == n:
		r.State = ManagerSelf
	case len(found) == 1:
		r.State = ManagerResolved
		s.manager[n] = found[0]
		return
	}
	s.outcome[n] = r
}

// stirs reports whether somebody who is found by that has moved.
func (s *settlement) stirs(key uint64) bool { return key != 0 && s.stirred[key] }

// managerSource returns the source whose manager correlation applies: the
// profile's own, else the one that the manager mapping reads (correlate/DECISIONS.md, DECISION 34).
func (e *Engine) managerSource(c *compiled) *config.Source {
	if c.source == nil {
		return nil
	}
	if c.source.Manager != nil {
		return c.source
	}
	if i, ok := c.slots[config.AttrManager]; ok {
		for _, read := range c.attrs[i].program.Deps.Accounts {
			if s := e.sources[read.Source]; s != nil && s.source.Manager != nil {
				return s.source
			}
		}
	}
	return nil
}

// managerValue reads the account attribute of the manager correlation, from the
// oldest account that has it.
func (p *population) managerValue(n int32, source *config.Source) string {
	var best identity.Account
	value, number := "", p.accounts.SourceNumber(source.Name)
	for a := p.people[n].first; a >= 0; a = p.state[a].next {
		if p.accounts.Sources[a] != number {
			continue
		}
		acct := p.accounts.At(a)
		v := acct.Property(source.Manager.AccountAttribute)
		if !v.IsNull() && (value == "" || transform.ByCreated(&acct, &best) < 0) {
			best, value = acct, identityValue(v, false).Text()
		}
	}
	return value
}

// managerCycles reports people who manage each other, from the first of them.
func (p *population) managerCycles() {
	if p.settled.swept || p.opts.OnFinding == nil {
		return
	}
	cycles := correlate.Cycles(p.settled.manager)
	for i, c := range cycles {
		at := slices.Index(c, slices.MinFunc(c, p.compare))
		cycles[i] = append(c[at:len(c):len(c)], c[:at]...)
	}
	slices.SortFunc(cycles, func(a, b []int32) int { return p.compare(a[0], b[0]) })
	for _, c := range cycles {
		names := make([]string, len(c))
		for i, n := range c {
			names[i] = p.aliasOf(n)
		}
		p.report(diag.Diagnostic{Severity: diag.Warning, Code: "manager-cycle", Message: "people manage each other: " + strings.Join(names, ", ")})
	}
}

// newIndexes indexes the identity attributes that managers are found by and, when
// the tables are kept, the uid.
func (p *population) newIndexes() map[string]*table.Text {
	indexes := map[string]*table.Text{}
	add := func(attribute string) {
		if attribute == "" || indexes[attribute] != nil {
			return
		}
		x := table.NewText(len(p.people), func(n int32) string { return p.lookup(n, attribute) })
		x.Number = uint64(len(indexes)) + 1
		indexes[attribute] = x
	}
	for _, cs := range p.engine.sources {
		if m := cs.source.Manager; m != nil {
			add(m.IdentityAttribute)
		}
	}
	if p.resident {
		add(config.AttrUID)
	}
	return indexes
}
