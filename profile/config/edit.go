package config

import (
	"slices"

	"github.com/idprofile/engine/identity/isc"
	"github.com/idprofile/engine/identity/jsondoc"
)

// PutTransform adds a stored transform, or replaces the one of its name.
//
// Error: [isc.CodeRequired] when it has no name.
func (b *Bundle) PutTransform(n *jsondoc.Node) error { return b.put("TRANSFORM", n) }

// RemoveTransform removes the stored transform of that name and reports whether
// there was one.
func (b *Bundle) RemoveTransform(name string) bool { return b.remove("TRANSFORM", name) }

// PutProfile adds an identity profile, or replaces the one of its name. It is
// not checked; see [tenant.Tenant.PlanCreate] for the operation.
//
// Error: [isc.CodeRequired] when it has no name.
func (b *Bundle) PutProfile(n *jsondoc.Node) error { return b.put("IDENTITY_PROFILE", n) }

// PutSource adds a source, or replaces the one of its name. It is not checked.
//
// Error: [isc.CodeRequired] when it has no name.
func (b *Bundle) PutSource(n *jsondoc.Node) error { return b.put("SOURCE", n) }

// RemoveSource removes the source of that name, and reports whether there was one.
func (b *Bundle) RemoveSource(name string) bool { return b.remove("SOURCE", name) }

// PutAttribute adds an identity attribute, or replaces the one of its name.
//
// Error: [isc.CodeRequired] when it has no name.
func (b *Bundle) PutAttribute(n *jsondoc.Node) error {
	// Documents keep the form that they have: an attribute is replaced where it stands, whatever kind of file that
	// is.
	for _, d := range b.Documents {
		for list := range configLists(d) {
			for i, item := range list.Items() {
				if item.Get("name").Text() == n.Get("name").Text() {
					items := slices.Clone(list.Items())
					items[i] = n
					list.SetItems(items)
					b.Refresh()
					return nil
				}
			}
		}
	}

	// A new one goes to the end of the first list that there is.
	for _, d := range b.Documents {
		for list := range configLists(d) {
			list.SetItems(append(slices.Clone(list.Items()), n))
			b.Refresh()
			return nil
		}
	}

	return b.put("IDENTITY_ATTRIBUTE", n)
}

// RemoveAttribute removes an identity attribute from the catalogue, and reports
// whether it was there. Mappings stay; see [tenant.Tenant.PlanDeleteAttribute].
func (b *Bundle) RemoveAttribute(name string) bool {
	found := false
	for _, d := range b.Documents {
		for list := range configLists(d) {
			kept := slices.DeleteFunc(slices.Clone(list.Items()),
				func(n *jsondoc.Node) bool { return n.Get("name").Text() == name })
			if len(kept) < len(list.Items()) {
				found = true
				list.SetItems(kept)
			}
		}
	}

	if found {
		b.Refresh()
	}
	return b.remove("IDENTITY_ATTRIBUTE", name) || found
}

// configLists yields the attribute lists of the identity object configurations.
func configLists(d *Document) func(yield func(*jsondoc.Node) bool) {
	return func(yield func(*jsondoc.Node) bool) {
		stopped := false
		d.each(func(o object) {
			if list := o.node.Get("attributes"); !stopped && o.shape == "IDENTITY_OBJECT_CONFIG" &&
				list.Kind() == jsondoc.Array {
				stopped = !yield(list)
			}
		})
	}
}

// PutState adds a lifecycle state to a profile, or replaces the one of its
// technical name.
//
// Error: [isc.CodeNotFound] when there is no such profile.
func (b *Bundle) PutState(profile string, n *jsondoc.Node) error {
	p := b.Profile(profile)
	if p == nil {
		return isc.Refuse(isc.CodeNotFound, "there is no identity profile %q", profile)
	}

	// A state of the technical name is replaced where it stands.
	for _, s := range p.States {
		if s.TechnicalName == stateOf(n).TechnicalName {
			b.replaceNode(s.Node, n)
			b.Refresh()
			return nil
		}
	}

	// A new one goes where the profile keeps its states, which may be a file of its own.
	if list := p.Node.Get("configuredStates"); list.Kind() == jsondoc.Array {
		list.SetItems(append(slices.Clone(list.Items()), n))
	} else if list := p.Node.Get("lifecycleStates"); list.Kind() == jsondoc.Array {
		list.SetItems(append(slices.Clone(list.Items()), n))
	} else {
		n.Set("identityProfile", jsondoc.NewObject(jsondoc.M("type", jsondoc.NewString("IDENTITY_PROFILE")),
			jsondoc.M("id", jsondoc.NewString(p.ID)), jsondoc.M("name", jsondoc.NewString(p.Name))))
		b.add("LIFECYCLE_STATE", n)
	}

	b.Refresh()
	return nil
}

// RemoveState removes a lifecycle state and reports whether there was one.
func (b *Bundle) RemoveState(profile, technicalName string) bool {
	p := b.Profile(profile)
	if p == nil {
		return false
	}
	for _, s := range p.States {
		if s.TechnicalName == technicalName {
			b.removeNode(s.Node)
			b.Refresh()
			return true
		}
	}

	return false
}
