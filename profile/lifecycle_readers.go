package profile

import (
	"slices"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/profile/config"
)

// maxLifecyclePasses bounds how often the readers of the lifecycle state are
// evaluated again.
const maxLifecyclePasses = 3

// findLifecycleReaders marks the attributes whose values may follow from the
// lifecycle state: those that read cloudLifecycleState, and those that read them.
func (c *compiled) findLifecycleReaders() {
	slot, ok := c.slots[config.AttrLifecycle]
	if !ok {
		return
	}

	late := make([]bool, len(c.attrs))
	found := false

	// Readers of readers follow too, so the marks spread until nothing is added.
	for again := true; again; {
		again = false
		for i, a := range c.attrs {
			d := &a.program.Deps
			reads := d.AnyIdentity && i != slot || slices.ContainsFunc(d.Identity, func(name string) bool {
				j, mapped := c.slots[name]
				return mapped && j != i && (j == slot || late[j])
			})
			if reads && !late[i] {
				late[i], again = true, true
				found = found || i != slot
			}
		}
	}

	if found {
		c.late = late
	}
}

// followLifecycle evaluates the readers of the lifecycle state again with the
// value that the state has now, until it stays. In the first pass they have seen
// the stored one, since the state is evaluated last; this is what a tenant
// settles to after some refreshes. Reads of an attribute by itself, and those
// that close a cycle, see the value stored before the run in every pass.
func (x *evaluation) followLifecycle() {
	c := x.profile
	if c.late == nil || x.engine.opts.SnapshotOrder {
		return
	}

	// A stored state that stays needs no second pass, which is so for nearly everybody.
	slot := c.slots[config.AttrLifecycle]
	seen := x.input.stored.Get(config.AttrLifecycle)
	for pass := 0; !x.values[slot].Equal(seen); pass++ {
		if pass == maxLifecyclePasses {
			x.unsettled = true
			return
		}

		seen = x.values[slot]
		x.lifecycleNow, x.lifecycleKnown = seen, true
		x.scope.Forget()

		// Errors and values of these attributes are those of the last pass only.
		x.errors = slices.DeleteFunc(x.errors, func(e AttributeError) bool { return c.late[c.slots[e.Attribute]] })
		for i := range c.late {
			if c.late[i] {
				x.state[i] = todo
			}
		}

		x.inOrder()
	}
}

// storedOrNow is what a read of the attribute sees that is not of this pass: the
// lifecycle state of the pass before, of anything else what was stored.
func (x *evaluation) storedOrNow(name string) identity.Value {
	if name == config.AttrLifecycle && x.lifecycleKnown && x.scope.Attribute() != config.AttrLifecycle {
		return x.lifecycleNow
	}
	return x.input.stored.Get(name)
}
