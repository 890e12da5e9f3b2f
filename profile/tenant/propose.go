package tenant

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/idprofile/engine/identity/isc"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/profile/config"
)

// Requests returns the operations that make of one configuration what another one says,
// in an order in which a tenant carries them out: what others refer to is made first and
// deleted last. What no operation changes is left out, such as new profiles, sources and
// their schemas, the type of a stored transform, rules and settings; a caller sees that by
// planning the operations and comparing.
func Requests(before, after *config.Bundle) []Request {
	d := &difference{before: before, after: after}
	d.attributes()
	d.transforms()
	d.profiles()
	d.correlation()
	return append(d.list, d.deletions()...)
}

// difference gathers the operations between two configurations.
type difference struct {
	before, after *config.Bundle
	list          []Request
}

func (d *difference) add(r Request) { d.list = append(d.list, r) }

// attributes adds identity attributes and makes them searchable, or not.
func (d *difference) attributes() {
	for _, a := range d.after.Attributes {
		old := d.before.Attribute(a.Name)

		// Only the display name is given to a tenant, so an attribute whose technical name does not follow
		// from it has no operation.
		display := config.FirstText(a.Node.Get("displayName"), a.Node.Get("name"))
		name, err := config.TechnicalName(display)
		switch {
		case old == nil && err == nil && name == a.Name:
			d.add(Request{Do: "addAttribute", Name: display, Searchable: a.Searchable})
		case old != nil && old.Searchable != a.Searchable:
			d.add(Request{Do: "setSearchable", Attribute: a.Name, Searchable: a.Searchable})
		}
	}
}

// transforms puts those that are new or other ones.
func (d *difference) transforms() {
	for _, name := range slices.Sorted(maps.Keys(d.after.Transforms)) {
		n := d.after.Transforms[name].Node.Clone()
		old := d.before.Transforms[name]
		if old == nil {
			d.add(Request{Do: "putTransform", Transform: n})
			continue
		}

		// What the tenant gives by itself is the tenant's, whatever the other configuration says.
		for _, key := range []string{"id", "created", "modified", "internal"} {
			if v := old.Node.Get(key); v != nil {
				n.Set(key, v.Clone())
			} else {
				n.Remove(key)
			}
		}
		if !old.Node.Equal(n) && old.Node.Get("type").Text() == n.Get("type").Text() {
			d.add(Request{Do: "putTransform", Transform: n})
		}
	}
}

// profiles changes those that both have.
func (d *difference) profiles() {
	for _, p := range d.after.Profiles {
		old := d.before.Profile(p.Name)
		if old == nil {
			continue
		}

		// The source goes first, and by itself: a tenant refuses a patch that changes it together with
		// mappings.
		if source := d.source(p); source != nil && source.Name != d.before.AuthoritativeName(old) {
			ref := config.RefNode(config.Ref{Type: "SOURCE", ID: source.ID, Name: source.Name})
			d.patch(p, "/authoritativeSource", ref)
		}
		if p.Priority != old.Priority {
			d.patch(p, "/priority", jsondoc.NewInt(p.Priority))
		}
		if p.Enabled != old.Enabled {
			d.patch(p, "/identityAttributeConfig/enabled", jsondoc.NewBool(p.Enabled))
		}
		if p.Description != old.Description {
			d.patch(p, "/description", jsondoc.NewString(p.Description))
		}

		d.mappings(old, p)
		d.states(old, p)
	}
}

// patch adds a patch of one member. Each stands alone, since a tenant refuses some together.
func (d *difference) patch(p *config.Profile, path string, value *jsondoc.Node) {
	d.add(Request{Do: "patchProfile", Profile: p.Name, Patch: []isc.PatchOp{{Op: "replace", Path: path, Value: value}}})
}

// source is the source of before that has the name of the authoritative source of p.
func (d *difference) source(p *config.Profile) *config.Source {
	if s := d.after.AuthoritativeSource(p); s != nil {
		return d.before.Source(s.Name)
	}
	return nil
}

func (d *difference) mappings(old, p *config.Profile) {
	for was, is := range config.PairMappings(old, p) {
		switch {
		case is == nil:
			d.add(Request{Do: "removeMapping", Profile: p.Name, Attribute: was.Attribute})
		case was == nil || !was.Definition.Node.Equal(is.Definition.Node):
			d.add(Request{Do: "setMapping", Profile: p.Name, Attribute: is.Attribute,
				Transform: is.Definition.Node.Clone()})
		}
	}
}

// states compares lifecycle states by technical name.
func (d *difference) states(old, p *config.Profile) {
	kept := map[string]bool{}
	for _, s := range p.States {
		// The display name may change; what a mapping compares with is the technical name, so that tells
		// one state from another.
		kept[s.TechnicalName] = true
		o := old.FindState(s.TechnicalName)
		if o == nil {
			n := s.Node.Clone()
			n.Remove("identityProfile")
			d.add(Request{Do: "createState", Profile: p.Name, State: n})
			continue
		}

		var ops []isc.PatchOp
		for _, key := range statePatchable {
			was, is := o.Node.Get(key), s.Node.Get(key)
			switch {
			// A member that is null and one that is missing say the same.
			case was.IsNull() && is.IsNull() || was.Equal(is):
			case is == nil:
				ops = append(ops, isc.PatchOp{Op: "remove", Path: "/" + key})
			default:
				ops = append(ops, isc.PatchOp{Op: "add", Path: "/" + key, Value: is.Clone()})
			}
		}
		if len(ops) > 0 {
			d.add(Request{Do: "patchState", Profile: p.Name, Name: s.TechnicalName, Patch: ops})
		}
	}

	for _, s := range old.States {
		if !kept[s.TechnicalName] {
			d.add(Request{Do: "deleteState", Profile: p.Name, Name: s.TechnicalName})
		}
	}
}

// correlation gives sources that both have the criteria of after.
func (d *difference) correlation() {
	for _, s := range d.after.Sources {
		old := d.before.Source(s.Name)
		if old == nil {
			continue
		}
		was, is := assignments(old), assignments(s)
		if !was.Equal(is) && !(was.IsNull() && is.IsNull()) {
			d.add(Request{Do: "setCorrelation", Source: s.Name,
				Config: jsondoc.NewObject(jsondoc.M("attributeAssignments", is))})
		}
	}
}

// assignments are the criteria of a source; those that it has none of are an empty list.
func assignments(s *config.Source) *jsondoc.Node {
	if s.Correlation != nil && s.Correlation.Node != nil {
		if list := s.Correlation.Node.Get("attributeAssignments"); !list.IsNull() {
			return list.Clone()
		}
	}
	return jsondoc.NewArray()
}

// deletions deletes profiles, then transforms, then identity attributes, which is the way
// from those that use to those that are used.
func (d *difference) deletions() (list []Request) {
	for _, p := range d.before.Profiles {
		if d.after.Profile(p.Name) == nil {
			list = append(list, Request{Do: "deleteProfile", Profile: p.Name})
		}
	}

	var gone []string
	for _, name := range slices.Sorted(maps.Keys(d.before.Transforms)) {
		if d.after.Transforms[name] == nil {
			gone = append(gone, name)
		}
	}
	list = append(list, DeleteTransforms(d.before, gone)...)

	for _, a := range d.before.Attributes {
		if d.after.Attribute(a.Name) == nil {
			list = append(list, Request{Do: "deleteAttribute", Attribute: a.Name, Force: true})
		}
	}
	return list
}

// DeleteTransforms returns the operations that delete stored transforms, each before those
// that it refers to. What refers to one of them and stays, or goes round, is for the
// operation to refuse.
func DeleteTransforms(b *config.Bundle, names []string) (list []Request) {
	left := slices.Clone(names)
	used := func(name string) bool {
		return slices.ContainsFunc(left, func(other string) bool {
			return other != name && b.Transforms[other] != nil && refersTo(b.Transforms[other].Node, name)
		})
	}

	for len(left) > 0 {
		i := max(0, slices.IndexFunc(left, func(name string) bool { return !used(name) }))
		list = append(list, Request{Do: "deleteTransform", Name: left[i]})
		left = slices.Delete(left, i, i+1)
	}
	return list
}

// MarshalJSON writes a request as [ReadRequests] reads it.
func (r Request) MarshalJSON() ([]byte, error) {
	members := []jsondoc.Member{jsondoc.M("do", jsondoc.NewString(r.Do))}
	for _, f := range []struct{ key, text string }{
		{"profile", r.Profile}, {"attribute", r.Attribute}, {"source", r.Source}, {"name", r.Name}, {"why", r.Why},
	} {
		if f.text != "" {
			members = append(members, jsondoc.M(f.key, jsondoc.NewString(f.text)))
		}
	}

	// An operation that needs a truth value needs it also where it is false.
	if r.Searchable || slices.Contains(requests[r.Do], "searchable") {
		members = append(members, jsondoc.M("searchable", jsondoc.NewBool(r.Searchable)))
	}
	if r.Force {
		members = append(members, jsondoc.M("force", jsondoc.NewBool(true)))
	}

	if r.Patch != nil {
		list := jsondoc.NewArray()
		for _, op := range r.Patch {
			list.SetItems(append(list.Items(), patchNode(op)))
		}
		members = append(members, jsondoc.M("patch", list))
	}
	for _, f := range []struct {
		key string
		n   *jsondoc.Node
	}{{"transform", r.Transform}, {"config", r.Config}, {"state", r.State}} {
		if f.n != nil {
			members = append(members, jsondoc.M(f.key, f.n))
		}
	}
	return json.Marshal(jsondoc.NewObject(members...))
}

func patchNode(op isc.PatchOp) *jsondoc.Node {
	n := jsondoc.NewObject(jsondoc.M("op", jsondoc.NewString(op.Op)), jsondoc.M("path", jsondoc.NewString(op.Path)))
	if op.From != "" {
		n.Set("from", jsondoc.NewString(op.From))
	}
	if op.Value != nil {
		n.Set("value", op.Value)
	}
	return n
}
