package config

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/identity/isc"
	"github.com/idprofile/engine/identity/jsondoc"
)

// objectFolder names the folder for objects that get a file of their own.
var objectFolder = map[string]string{
	"IDENTITY_PROFILE": "identity-profiles", "TRANSFORM": "transforms", "SOURCE": "sources",
	"LIFECYCLE_STATE": "lifecycle-states", "IDENTITY_ATTRIBUTE": "identity-attributes",
}

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

// PutAttribute adds an identity attribute, or replaces the one of its name.
//
// Error: [isc.CodeRequired] when it has no name.
func (b *Bundle) PutAttribute(n *jsondoc.Node) error {
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

	list, old := mappingList(p.Node)
	entry := jsondoc.NewObject(jsondoc.M("identityAttributeName", jsondoc.NewString(attribute)),
		jsondoc.M("transformDefinition", definition))
	if old {
		entry = oldEntry(attribute, definition)
	}
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
	kept := slices.DeleteFunc(slices.Clone(list.Items()), func(n *jsondoc.Node) bool { return mappedName(n) == attribute })
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

// PutState adds a lifecycle state to a profile, or replaces the one of its
// technical name.
//
// Error: [isc.CodeNotFound] when there is no such profile.
func (b *Bundle) PutState(profile string, n *jsondoc.Node) error {
	p := b.Profile(profile)
	if p == nil {
		return isc.Refuse(isc.CodeNotFound, "there is no identity profile %q", profile)
	}
	for _, s := range p.States {
		if s.TechnicalName == stateOf(n).TechnicalName {
			b.ReplaceNode(s.Node, n)
			b.Refresh()
			return nil
		}
	}

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

// put replaces the last object of that shape and name, or adds one.
func (b *Bundle) put(shape string, n *jsondoc.Node) error {
	name := n.Get("name").Text()
	if name == "" {
		return isc.Refuse(isc.CodeRequired, "the object has no name")
	}
	var old *object
	for _, d := range b.Documents {
		d.each(func(o object) {
			if o.shape == shape && o.name() == name {
				old = &o
			}
		})
	}

	if old == nil {
		b.add(shape, n)
	} else {
		b.ReplaceNode(old.node, n)
	}

	b.Refresh()
	return nil
}

func (o object) name() string { return FirstText(o.node.Get("name"), o.entry.At("self", "name")) }

// remove removes every object of that shape and name.
func (b *Bundle) remove(shape, name string) bool {
	var gone []object
	for _, d := range b.Documents {
		d.each(func(o object) {
			if o.shape == shape && o.name() == name {
				gone = append(gone, o)
			}
		})
	}

	for _, o := range gone {
		b.removeNode(o.node)
	}
	if len(gone) > 0 {
		b.Refresh()
	}
	return len(gone) > 0
}

// add puts an object where objects of its shape are: into the list that has the
// last one, else into an export, else into a file of its own.
func (b *Bundle) add(shape string, n *jsondoc.Node) {
	var like *object
	var export *jsondoc.Node
	for _, d := range b.Documents {
		if IsExport(d.Root) && export == nil {
			export = d.Root.Get("objects")
		}
		d.each(func(o object) {
			if o.shape == shape && o.list != nil {
				like = &o
			}
		})
	}

	switch {
	case like != nil && like.entry != like.node:
		AppendItem(like.list, EntryFor(shape, n))
	case like != nil:
		AppendItem(like.list, n)
	case export != nil && shape != "IDENTITY_ATTRIBUTE":
		AppendItem(export, EntryFor(shape, n))
	default:
		b.Documents = append(b.Documents, &Document{Path: b.freePath(objectFolder[shape], n.Get("name").Text()), Root: n})
	}
}

func AppendItem(list, n *jsondoc.Node) { list.SetItems(append(slices.Clone(list.Items()), n)) }

// EntryFor wraps an object as exports do.
func EntryFor(shape string, n *jsondoc.Node) *jsondoc.Node {
	self := jsondoc.NewObject(jsondoc.M("type", jsondoc.NewString(shape)))
	for _, key := range []string{"id", "name"} {
		if v := n.Get(key); !v.IsNull() {
			self.Set(key, v.Clone())
		}
	}

	return jsondoc.NewObject(jsondoc.M("version", jsondoc.NewInt(1)), jsondoc.M("self", self), jsondoc.M("object", n))
}

func (b *Bundle) freePath(folder, name string) string {
	base := folder + "/" + strings.TrimLeft(url.PathEscape(name), ".")
	path := base + ".json"
	for i := 2; slices.ContainsFunc(b.Documents, func(d *Document) bool { return d.Path == path }); i++ {
		path = fmt.Sprintf("%s-%d.json", base, i)
	}
	return path
}

// ReplaceNode puts another value in the place of one, wherever it stands.
func (b *Bundle) ReplaceNode(old, n *jsondoc.Node) {
	for _, d := range b.Documents {
		if d.Root == old {
			d.Root = n
			return
		}

		if swap(d.Root, old, n) {
			return
		}
	}
}

func swap(in, old, n *jsondoc.Node) bool {
	for i, item := range in.Items() {
		if item == old {
			items := slices.Clone(in.Items())
			items[i] = n
			in.SetItems(items)
			return true
		}

		if swap(item, old, n) {
			return true
		}
	}

	for _, m := range in.Members() {
		if m.Value == old {
			in.Set(m.Key, n)
			if name := n.Get("name"); m.Key == "object" && in.Get("self").Kind() == jsondoc.Object && !name.IsNull() {
				in.Get("self").Set("name", name.Clone())
			}
			return true
		}

		if swap(m.Value, old, n) {
			return true
		}
	}

	return false
}

// removeNode takes a value out of the list that holds it or its entry; a file
// that holds nothing else goes.
func (b *Bundle) removeNode(n *jsondoc.Node) {
	for i, d := range b.Documents {
		if d.Root == n || d.Root.Get("object") == n {
			b.Documents = slices.Delete(slices.Clone(b.Documents), i, i+1)
			return
		}

		if cut(d.Root, n) {
			return
		}
	}
}

func cut(in, n *jsondoc.Node) bool {
	for i, item := range in.Items() {
		if item == n || IsEntry(item) && item.Get("object") == n {
			in.SetItems(slices.Delete(slices.Clone(in.Items()), i, i+1))
			return true
		}

		if cut(item, n) {
			return true
		}
	}

	for _, m := range in.Members() {
		if cut(m.Value, n) {
			return true
		}
	}

	return false
}

// CorrelationNodes returns where the correlation of a source is configured: in
// configurations that stand alone, else in the source.
func (b *Bundle) CorrelationNodes(s *Source) []*jsondoc.Node {
	var list []*jsondoc.Node
	for _, d := range b.Documents {
		d.each(func(o object) {
			if o.shape != "CORRELATION_CONFIG" {
				return
			}
			if cfg, _ := correlate.ParseConfig(o.node); s.refersTo(cfg) {
				list = append(list, o.node)
			}
		})
	}

	if len(list) > 0 {
		return list
	}
	for _, key := range []string{"correlationConfigDetails", "accountCorrelationConfig"} {
		if n := s.Node.Get(key); n.Get("attributeAssignments") != nil {
			return []*jsondoc.Node{n}
		}
	}

	n := jsondoc.NewObject(jsondoc.M("id", jsondoc.NewNull()),
		jsondoc.M("name", jsondoc.NewString(s.ApplicationName+" Account Correlation")))
	s.Node.Set("correlationConfigDetails", n)
	return []*jsondoc.Node{n}
}

func (p *Profile) SetDirty(dirty bool) {
	key := "identityRefreshRequired"
	if p.Node.Get(key) == nil && p.Node.Get("dirtyFlag") != nil {
		key = "dirtyFlag"
	}
	p.Node.Set(key, jsondoc.NewBool(dirty))
}

func OrNull(n *jsondoc.Node) *jsondoc.Node {
	if n == nil {
		return jsondoc.NewNull()
	}
	return n
}

// KeepStates carries lifecycle states that the profile's own object holds to one
// that does not; the API object has none.
func (p *Profile) KeepStates(n *jsondoc.Node) {
	for _, key := range []string{"configuredStates", "lifecycleStates"} {
		if v := p.Node.Get(key); v != nil && n.Get(key) == nil {
			n.Set(key, v)
		}
	}
}

// MirrorPriority keeps the copy of the priority that sources carry.
func (s *Source) MirrorPriority(priority int64) {
	if s == nil {
		return
	}
	if c := s.Node.Get("connectorAttributes"); c.Get("cloudAuthoritativeSourcePrecedence") != nil {
		c.Set("cloudAuthoritativeSourcePrecedence", jsondoc.NewInt(priority))
	}
}

// Release makes a source no longer authoritative.
func (s *Source) Release() {
	s.Node.Set("authoritative", jsondoc.NewBool(false))
	c := s.Node.Get("connectorAttributes")
	for _, key := range []string{"cloudAuthoritativeSourcePrecedence", "cloudIdentityProfileName"} {
		if c.Get(key) != nil {
			c.Set(key, jsondoc.NewNull())
		}
	}
}
