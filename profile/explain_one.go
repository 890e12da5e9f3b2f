package profile

import (
	"slices"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/profile/config"
)

// narrow finds out what the explanation of one person needs of the others; nil when it may
// be anything: where mappings read other identities or ask what is unique, where a rule
// chooses what managers are looked for by, and where attributes that decide are in a circle,
// so that their values depend on what is evaluated first.
func (p *phases) narrow(n int32) *narrowed {
	names := []string{config.AttrUID}
	for _, s := range p.engine.sources {
		if m := s.source.Manager; m != nil {
			if m.Rule != "" {
				return nil
			}
			names = append(names, m.IdentityAttribute, "displayName") // who is found is called by it
		}
	}

	some := &narrowed{person: n}
	for _, c := range p.engine.profiles {
		if c.others {
			return nil
		}
		for i := range c.attrs {
			if c.attrs[i].program.Deps.Unique {
				return nil
			}
		}

		var slots []int
		for _, name := range names {
			if i, ok := c.slots[name]; ok && !slices.Contains(slots, i) {
				slots = append(slots, i)
			}
		}
		if !c.independent(slots) {
			return nil
		}
		some.slots = append(some.slots, slots)
	}

	return some
}

// independent reports whether attributes have the same values whatever is evaluated before
// them: neither they nor what they read is in a circle, or reads what only evaluating tells.
func (c *compiled) independent(slots []int) bool {
	const under, over = 1, 2
	state := make([]uint8, len(c.attrs))
	var visit func(i int) bool
	visit = func(i int) bool {
		if state[i] != 0 {
			return state[i] == over
		}
		state[i] = under
		deps := &c.attrs[i].program.Deps
		if deps.AnyIdentity {
			return false
		}
		for _, name := range deps.Identity {
			if j, ok := c.slots[name]; ok && !visit(j) {
				return false
			}
		}
		state[i] = over
		return true
	}

	return !slices.ContainsFunc(slots, func(i int) bool { return !visit(i) })
}

// known returns the first identity for which find is true while nobody's attributes are
// known; -1: none.
func (p *phases) known(find func(*Result) bool) int32 {
	for n := range p.people {
		if p.people[n].unmade {
			continue
		}
		n := int32(n)
		i := &identity.Identity{ID: p.id(n), Alias: p.aliasOf(n), Accounts: p.appendAccounts(nil, n)}
		if find(&Result{Identity: i, number: n}) {
			return n
		}
	}

	return -1
}
