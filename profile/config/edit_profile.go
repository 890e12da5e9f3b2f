package config

import (
	"slices"

	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/jsondoc"
)

// RemoveProfile removes the profile of that name with its lifecycle states, and
// reports whether there was one.
func (b *Bundle) RemoveProfile(name string) bool {
	p := b.Profile(name)
	if p == nil {
		return false
	}
	for _, s := range slices.Clone(p.States) {
		b.removeNode(s.Node)
	}
	return b.remove("IDENTITY_PROFILE", name)
}

// DeleteProfile removes a profile with its lifecycle states; its source is no longer
// authoritative.
func (b *Bundle) DeleteProfile(p *Profile) {
	if s := b.AuthoritativeSource(p); s != nil {
		s.release()
	}
	b.RemoveProfile(p.Name)
}

// ReplaceProfile puts an API object in the place of a profile, and returns what is to
// be said of the configuration then. Lifecycle states that the profile's own object
// holds stay.
func (b *Bundle) ReplaceProfile(p *Profile, n *jsondoc.Node) diag.List {
	p.keepStates(n)
	b.replaceNode(p.Node, n)
	return b.Refresh()
}

// MoveSource makes the source that an object names authoritative in the place of the
// one that the profile has, and names it there by id and name.
func (b *Bundle) MoveSource(p *Profile, n *jsondoc.Node) {
	if old := b.AuthoritativeSource(p); old != nil {
		old.release()
	}
	if s := b.AuthoritativeSource(&Profile{Source: RefOf(n.Get("authoritativeSource"))}); s != nil {
		s.Node.Set("authoritative", jsondoc.NewBool(true))
		n.Set("authoritativeSource", RefNode(Ref{Type: "SOURCE", ID: s.ID, Name: s.Name}))
	}
}

// RenameProfile carries a new name of a profile to the states and the source that name
// it. The profile's own object is not changed.
func (b *Bundle) RenameProfile(p *Profile, name string) {
	for _, s := range p.States {
		if to := s.Node.Get("identityProfile"); to.Get("name") != nil {
			to.Set("name", jsondoc.NewString(name))
		}
	}

	if s := b.AuthoritativeSource(p); s != nil && s.Node.At("connectorAttributes", "cloudIdentityProfileName") != nil {
		s.Node.Get("connectorAttributes").Set("cloudIdentityProfileName", jsondoc.NewString(name))
	}
}

// NextPriority is the priority of a new profile (DECISION 23).
func (b *Bundle) NextPriority() int64 { return nextPriority(b.Profiles) }

// SetPriority carries another priority of a profile to its source, and returns the
// other profiles whose members can change by it: those that it passes. No number means
// the next free one. The profile's own object is not changed.
//
// Source: DECISION 54.
func (b *Bundle) SetPriority(p *Profile, to *jsondoc.Node) (passed []string) {
	moved := *p
	var ok bool
	if moved.Priority, ok = to.Int(); !ok {
		moved.Priority = b.NextPriority()
	}
	for _, o := range b.Profiles {
		if !o.Is(p) && comparePriority(p, o) != comparePriority(&moved, o) {
			passed = append(passed, o.Name)
		}
	}

	b.AuthoritativeSource(p).mirrorPriority(moved.Priority)
	return passed
}

// SetDirty writes whether a profile needs processing, in the field that its shape has.
func (p *Profile) SetDirty(dirty bool) {
	key := "identityRefreshRequired"
	if p.Node.Get(key) == nil && p.Node.Get("dirtyFlag") != nil {
		key = "dirtyFlag"
	}
	p.Node.Set(key, jsondoc.NewBool(dirty))
}

// keepStates carries lifecycle states that the profile's own object holds to one
// that does not; the API object has none.
func (p *Profile) keepStates(n *jsondoc.Node) {
	for _, key := range []string{"configuredStates", "lifecycleStates"} {
		if v := p.Node.Get(key); v != nil && n.Get(key) == nil {
			n.Set(key, v)
		}
	}
}

// mirrorPriority keeps the copy of the priority that sources carry.
func (s *Source) mirrorPriority(priority int64) {
	if s == nil {
		return
	}
	if c := s.Node.Get("connectorAttributes"); c.Get("cloudAuthoritativeSourcePrecedence") != nil {
		c.Set("cloudAuthoritativeSourcePrecedence", jsondoc.NewInt(priority))
	}
}

// release makes a source no longer authoritative.
func (s *Source) release() {
	s.Node.Set("authoritative", jsondoc.NewBool(false))
	c := s.Node.Get("connectorAttributes")
	for _, key := range []string{"cloudAuthoritativeSourcePrecedence", "cloudIdentityProfileName"} {
		if c.Get(key) != nil {
			c.Set(key, jsondoc.NewNull())
		}
	}
}
