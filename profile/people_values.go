package profile

import (
	"maps"
	"slices"

	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/profile/config"
)

// ID returns the id of the identity of result i.
func (p *People) ID(i int) string { return p.id(int32(i)) }

// Found reports whether an authoritative account stands for the identity of result i, or it is
// protected. Others are ranked last when accounts look for an identity.
func (p *People) Found(i int) bool {
	n := p.order[i]
	s := p.phases.storedOf(n)
	if s != nil && s.Protected {
		return true
	}
	q := p.phases.people[n].profile
	return q >= 0 && p.phases.engine.profiles[q].profile.Name != ""
}

// Column returns a reader of one attribute by number of the result, as its identity has it; with
// it, People is a [correlate.Population]. It puts no result together. Each reader serves one
// goroutine.
func (p *People) Column(attribute string) func(i int32) identity.Value {
	b := &p.phases.builder
	if attribute == correlate.Alias {
		return func(i int32) identity.Value { return identity.StringValue(b.aliasOf(p.order[i])) }
	}

	column := identity.NewColumn(attribute)
	stored := func(i int32) identity.Value { return column.Of(b.attributes(p.order[i])) }

	// Who is whose manager, and who loses a uid, is known only when everybody has attributes.
	switch attribute {
	case config.AttrManager:
		return func(i int32) identity.Value { return b.settledManager(p.order[i], stored(i)) }
	case config.AttrUID:
		return func(i int32) identity.Value { return b.settledUID(p.order[i], stored(i)) }
	}
	return stored
}

// settledManager is what the attribute of the manager holds in the end.
func (b *builder) settledManager(n int32, given identity.Value) identity.Value {
	q := b.people[n].profile
	if q < 0 {
		return given
	}
	if _, ok := b.engine.profiles[q].slots[config.AttrManager]; !ok {
		return given
	}
	return textOrNull(b.managerResult(n, given).Name)
}

// settledUID is what the uid is in the end.
func (b *builder) settledUID(n int32, given identity.Value) identity.Value {
	if _, lost := b.resolved.uidOwner[n]; lost && b.people[n].profile >= 0 {
		return textOrNull(b.resolved.keptUID[n])
	}
	return given
}

// Attributes returns the names of the attributes that somebody has, in order.
func (p *People) Attributes() []string {
	names := map[string]bool{}
	var last *identity.Schema
	for _, n := range p.order {
		schema := p.phases.attributes(n).Schema()
		if schema == last { // nearly always
			continue
		}
		last = schema
		for _, name := range schema.Names() {
			names[name] = true
		}
	}

	somebody := func(name string) bool {
		read := p.Column(name)
		for i := range int32(len(p.order)) {
			if !read(i).IsNull() {
				return true
			}
		}
		return false
	}
	maps.DeleteFunc(names, func(name string, _ bool) bool { return !somebody(name) })
	return slices.Sorted(maps.Keys(names))
}

// Links returns the accounts of a source, in no order, with the numbers of the results whose
// identities they belong to and how these were found.
func (p *People) Links(source string) *correlate.Links {
	// Accounts are large, so the list is made in its size.
	count := 0
	for range p.accountsOf(source) {
		count++
	}
	links := &correlate.Links{}
	links.Grow(count)

	t := p.phases
	for n := range p.accountsOf(source) {
		if st := &t.state[n]; st.owner < 0 {
			links.Add(t.accounts.At(n), -1, correlate.Uncorrelated)
		} else {
			links.Add(t.accounts.At(n), p.place[st.owner], methods[st.method])
		}
	}
	return links
}
