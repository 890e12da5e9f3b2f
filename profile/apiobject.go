package profile

import (
	"github.com/idprofile/engine/identity/jsondoc"
)

// oldFields are the fields of the old profile shape that the API object has
// under other names.
var oldFields = []string{"attributeConfig", "dirtyFlag", "source", "configuredStates"}

// ProfileObject returns a profile as the API object: a copy of what its file
// says, in the current shape. All other fields stay as they are.
//
// Source: identity-profile.md 1.1, 1.2.
func (b *Bundle) ProfileObject(p *Profile) *jsondoc.Node {
	n := p.Node.Clone()
	old := n.Get("identityAttributeConfig") == nil && n.Get("attributeConfig") != nil
	if n.Get("id").IsNull() && p.ID != "" {
		n.Set("id", jsondoc.NewString(p.ID))
	}
	if n.Get("name").IsNull() {
		n.Set("name", jsondoc.NewString(p.Name))
	}
	if n.Get("priority").IsNull() {
		n.Set("priority", jsondoc.NewInt(p.Priority))
	}
	if n.Get("authoritativeSource") == nil && p.Source != (Ref{}) {
		n.Set("authoritativeSource", refNode(Ref{Type: "SOURCE", ID: p.Source.ID, Name: p.Source.Name}))
	}
	if old || n.Get("dirtyFlag") != nil {
		n.Set("identityRefreshRequired", jsondoc.NewBool(p.RefreshRequired))
	}
	if old {
		list := jsondoc.NewArray()
		for _, m := range p.Mappings {
			appendItem(list, jsondoc.NewObject(jsondoc.M("identityAttributeName", jsondoc.NewString(m.Attribute)), jsondoc.M("transformDefinition", m.Definition.Node.Clone())))
		}
		n.Set("identityAttributeConfig", jsondoc.NewObject(jsondoc.M("enabled", jsondoc.NewBool(p.Enabled)), jsondoc.M("attributeTransforms", list)))
	}
	for _, key := range oldFields {
		n.Remove(key)
	}
	return n
}

func refNode(r Ref) *jsondoc.Node {
	n := jsondoc.NewObject(jsondoc.M("type", jsondoc.NewString(r.Type)))
	if r.ID != "" {
		n.Set("id", jsondoc.NewString(r.ID))
	}
	if r.Name != "" {
		n.Set("name", jsondoc.NewString(r.Name))
	}
	return n
}

// Object returns a profile as the API shows it, with the computed field
// hasTimeBasedAttr.
func (t *Tenant) Object(p *Profile) *jsondoc.Node {
	b := t.Bundle()
	n := b.ProfileObject(p)
	e, _ := t.Engine()
	n.Set("hasTimeBasedAttr", jsondoc.NewBool(e.TimeBased(p.Name)))
	return n
}

// computedFields are never written by clients.
//
// Source: identity-profile.md 1.1.
var computedFields = []string{
	"id", "created", "modified", "identityCount", "identityRefreshRequired", "identityExceptionReportReference", "hasTimeBasedAttr",
}

// newObject completes the body of a create request.
func (t *Tenant) newObject(b *Bundle, body *jsondoc.Node, s *Source) *jsondoc.Node {
	name := body.Get("name").Text()
	n := jsondoc.NewObject(
		jsondoc.M("id", jsondoc.NewString(t.newID("IDENTITY_PROFILE", name))),
		jsondoc.M("name", body.Get("name").Clone()),
		jsondoc.M("created", t.stamp()),
		jsondoc.M("modified", t.stamp()),
		jsondoc.M("description", jsondoc.NewNull()),
		jsondoc.M("owner", jsondoc.NewNull()),
		jsondoc.M("priority", jsondoc.NewInt(nextPriority(b.Profiles))),
		jsondoc.M("authoritativeSource", refNode(Ref{Type: "SOURCE", ID: s.ID, Name: s.Name})),
		jsondoc.M("identityRefreshRequired", jsondoc.NewBool(true)),
		jsondoc.M("identityCount", jsondoc.NewInt(0)),
		jsondoc.M("identityAttributeConfig", jsondoc.NewNull()),
		jsondoc.M("identityExceptionReportReference", jsondoc.NewNull()),
		jsondoc.M("hasTimeBasedAttr", jsondoc.NewBool(false)),
	)
	computed := map[string]bool{"name": true, "authoritativeSource": true}
	for _, key := range computedFields {
		computed[key] = true
	}
	for _, m := range body.Members() {
		if !computed[m.Key] && !m.Value.IsNull() {
			n.Set(m.Key, m.Value.Clone())
		}
	}
	if n.Get("owner").IsNull() && t.opts.Launcher != (Ref{}) {
		n.Set("owner", refNode(Ref{Type: "IDENTITY", ID: t.opts.Launcher.ID, Name: t.opts.Launcher.Name}))
	}
	if n.Get("identityAttributeConfig").IsNull() {
		n.Set("identityAttributeConfig", DefaultMapping(s))
	}
	return n
}
