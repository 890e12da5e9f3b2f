package config

import (
	"github.com/idprofile/engine/identity/jsondoc"
)

// oldFields are the fields of the old profile shape that the API object has
// under other names.
var oldFields = []string{"attributeConfig", "dirtyFlag", "source", "configuredStates"}

// ProfileObject returns a profile as the API object: a copy of what its file
// says, in the current shape. All other fields stay as they are.
//
// Source: DECISION 49.
func (b *Bundle) ProfileObject(p *Profile) *jsondoc.Node {
	n := p.Node.Clone()

	// The old shape has other names for mapping, source and flag; the API shows the new ones.
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
		n.Set("authoritativeSource", RefNode(Ref{Type: "SOURCE", ID: p.Source.ID, Name: p.Source.Name}))
	}
	if old || n.Get("dirtyFlag") != nil {
		n.Set("identityRefreshRequired", jsondoc.NewBool(p.RefreshRequired))
	}

	// Mappings are written anew from what was read, and each keeps its definition.
	if old {
		list := jsondoc.NewArray()
		for _, m := range p.Mappings {
			appendItem(list, jsondoc.NewObject(jsondoc.M("identityAttributeName", jsondoc.NewString(m.Attribute)),
				jsondoc.M("transformDefinition", m.Definition.Node.Clone())))
		}
		n.Set("identityAttributeConfig", jsondoc.NewObject(jsondoc.M("enabled", jsondoc.NewBool(p.Enabled)),
			jsondoc.M("attributeTransforms", list)))
	}

	for _, key := range oldFields {
		n.Remove(key)
	}
	return n
}

func RefNode(r Ref) *jsondoc.Node {
	n := jsondoc.NewObject(jsondoc.M("type", jsondoc.NewString(r.Type)))
	if r.ID != "" {
		n.Set("id", jsondoc.NewString(r.ID))
	}
	if r.Name != "" {
		n.Set("name", jsondoc.NewString(r.Name))
	}
	return n
}
