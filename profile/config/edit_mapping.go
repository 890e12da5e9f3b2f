package config

import (
	"iter"
	"maps"
	"slices"

	"github.com/idprofile/engine/identity/isc"
	"github.com/idprofile/engine/identity/jsondoc"
)

// PutMapping maps an identity attribute in a profile, or replaces its mapping. A
// null definition removes it.
//
// Error: [isc.CodeNotFound] when there is no such profile.
func (b *Bundle) PutMapping(profile, attribute string, definition *jsondoc.Node) error {
	p := b.Profile(profile)
	if p == nil {
		return isc.Refuse(isc.CodeNotFound, "there is no identity profile %q", profile)
	}
	if definition.IsNull() {
		b.RemoveMapping(profile, attribute)
		return nil
	}

	// A profile of the old shape keeps it: a file of two shapes would be read by nobody.
	list, old := mappingList(p.Node)
	entry := jsondoc.NewObject(jsondoc.M("identityAttributeName", jsondoc.NewString(attribute)),
		jsondoc.M("transformDefinition", definition))
	if old {
		entry = oldEntry(attribute, definition)
	}

	// Of several mappings of the attribute the last one counts; it is the one to replace, and the
	// others go.
	items := slices.DeleteFunc(slices.Clone(list.Items()),
		func(n *jsondoc.Node) bool { return mappedName(n) == attribute && n != lastFor(list, attribute) })
	if i := slices.IndexFunc(items, func(n *jsondoc.Node) bool { return mappedName(n) == attribute }); i >= 0 {
		items[i] = entry
	} else {
		items = append(items, entry)
	}

	list.SetItems(items)
	b.Refresh()
	return nil
}

// RemoveMapping removes the mapping of an identity attribute from a profile, and
// reports whether there was one.
func (b *Bundle) RemoveMapping(profile, attribute string) bool {
	p := b.Profile(profile)
	if p == nil {
		return false
	}
	list, _ := mappingList(p.Node)
	kept := slices.DeleteFunc(slices.Clone(list.Items()), func(n *jsondoc.Node) bool {
		return mappedName(n) == attribute
	})
	if len(kept) == len(list.Items()) {
		return false
	}
	list.SetItems(kept)
	b.Refresh()
	return true
}

// lastFor returns the entry that counts for an attribute.
func lastFor(list *jsondoc.Node, attribute string) *jsondoc.Node {
	var last *jsondoc.Node
	for _, n := range list.Items() {
		if mappedName(n) == attribute {
			last = n
		}
	}

	return last
}

func mappedName(entry *jsondoc.Node) string {
	return FirstText(entry.Get("identityAttributeName"), entry.Get("attributeName"))
}

// oldEntry writes a mapping in the old shape.
func oldEntry(attribute string, definition *jsondoc.Node) *jsondoc.Node {
	members := []jsondoc.Member{jsondoc.M("attributeName", jsondoc.NewString(attribute))}
	return jsondoc.NewObject(append(members, definition.Members()...)...)
}

// mappingList returns the list of mappings of a profile, made when it is not
// there, and whether it has the old shape.
func mappingList(n *jsondoc.Node) (list *jsondoc.Node, old bool) {
	config := n.Get("identityAttributeConfig")
	if config.IsNull() && !n.Get("attributeConfig").IsNull() {
		config, old = n.Get("attributeConfig"), true
	}
	if config.Kind() != jsondoc.Object {
		config = jsondoc.NewObject(jsondoc.M("enabled", jsondoc.NewBool(true)))
		n.Set("identityAttributeConfig", config)
	}

	list = config.Get("attributeTransforms")
	if list.Kind() != jsondoc.Array {
		list = jsondoc.NewArray()
		config.Set("attributeTransforms", list)
	}

	return list, old
}

// PairMappings yields the mappings of two profiles by attribute: those of after in its order,
// each with that of before, nil when it is new, and then those of before that are gone, by
// attribute and with nil.
func PairMappings(before, after *Profile) iter.Seq2[*Mapping, *Mapping] {
	return func(yield func(was, is *Mapping) bool) {
		left := map[string]*Mapping{}
		for _, m := range before.Mappings {
			left[m.Attribute] = m
		}

		// What is left in the map afterwards is gone.
		for _, m := range after.Mappings {
			was := left[m.Attribute]
			delete(left, m.Attribute)
			if !yield(was, m) {
				return
			}
		}

		for _, name := range slices.Sorted(maps.Keys(left)) {
			if !yield(left[name], nil) {
				return
			}
		}
	}
}
