package config

import (
	"maps"
	"slices"
	"strings"

	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/transform"
)

// Kinds of an [AttributeUse]; objects of other types have their object type.
const (
	UseProfile       = "IDENTITY_PROFILE"
	UseTransform     = "TRANSFORM"
	UseCorrelation   = "CORRELATION"
	UseManager       = "MANAGER_CORRELATION"
	UseCreateProfile = "CREATE_PROFILE"
	UseRule          = "RULE"
)

// AttributeUse is something that an identity attribute is used by.
type AttributeUse struct {
	Kind   string   `json:"kind"`
	Name   string   `json:"name"` // of the profile, transform, source, rule or other object
	Detail string   `json:"detail,omitempty"`
	Pos    diag.Pos `json:"pos,omitzero"`
}

// AttributeUses lists what uses an identity attribute: mappings to it and
// mappings that read it, transforms, correlation, manager correlation, account
// create profiles, rules whose code names it, and other objects (roles, segments
// and the like) whose criteria do. The library, which may not be nil, tells what
// a transform reads.
//
// Source: DECISION 51.
func (b *Bundle) AttributeUses(name string, lib *transform.Library) []AttributeUse {
	var uses []AttributeUse

	// What maps the attribute and what reads it lose it in different ways, so both are told apart.
	for _, p := range b.Profiles {
		for _, m := range p.Mappings {
			if m.Attribute == name {
				uses = append(uses, AttributeUse{Kind: UseProfile, Name: p.Name, Detail: "maps it", Pos: m.Node.Pos()})
			} else if reads(lib, m.Definition, name) {
				uses = append(uses, AttributeUse{Kind: UseProfile, Name: p.Name,
					Detail: "the mapping of " + m.Attribute + " reads it", Pos: m.Node.Pos()})
			}
		}
	}

	for _, key := range slices.Sorted(maps.Keys(b.Transforms)) {
		if def := b.Transforms[key]; reads(lib, def, name) {
			uses = append(uses, AttributeUse{Kind: UseTransform, Name: key, Detail: "reads it", Pos: def.Node.Pos()})
		}
	}

	for _, s := range b.Sources {
		uses = append(uses, s.attributeUses(name, lib)...)
	}

	// Code is searched for the quoted name only: as a word it may be anything.
	for _, r := range b.Rules {
		if strings.Contains(r.Source, `"`+name+`"`) {
			uses = append(uses, AttributeUse{Kind: UseRule, Name: r.Name, Detail: "its code names it", Pos: diag.Pos{}})
		}
	}

	return append(uses, b.otherUses(name)...)
}

func (s *Source) attributeUses(name string, lib *transform.Library) []AttributeUse {
	var uses []AttributeUse
	if s.Correlation != nil {
		for _, a := range s.Correlation.Assignments {
			if a.Property == name {
				uses = append(uses, AttributeUse{Kind: UseCorrelation, Name: s.Name, Detail: "compared with " + a.Value,
					Pos: a.Pos})
			}
		}
	}

	// Managers are found by an identity attribute too, so it is in use although no mapping reads it.
	if s.Manager != nil && s.Manager.IdentityAttribute == name {
		uses = append(uses, AttributeUse{Kind: UseManager, Name: s.Name,
			Detail: "compared with " + s.Manager.AccountAttribute, Pos: s.Node.Get("managerCorrelationMapping").Pos()})
	}

	// Fields of account create profiles are transforms that no mapping leads to.
	for _, policy := range s.Policies {
		for _, f := range policy.Get("fields").Items() {
			if def := f.Get("transform"); def.Kind() == jsondoc.Object && reads(lib, transform.FromNode(def), name) {
				uses = append(uses, AttributeUse{Kind: UseCreateProfile, Name: s.Name,
					Detail: "the field " + f.Get("name").Text() + " reads it", Pos: f.Pos()})
			}
		}
	}

	return uses
}

// reads reports whether a transform itself, not one that it refers to, reads the
// identity attribute of the subject.
func reads(lib *transform.Library, def *transform.Definition, name string) bool {
	unit, _ := lib.Link(transform.Options{Provisioning: true}, transform.Item{Def: def})
	return slices.Contains(unit.Programs()[0].Deps.Identity, name)
}

// otherUses finds the name in objects that are not evaluated.
func (b *Bundle) otherUses(name string) []AttributeUse {
	var uses []AttributeUse
	for _, d := range b.Documents {
		d.each(func(o object) {
			switch o.shape {
			case "", "IDENTITY_PROFILE", "TRANSFORM", "SOURCE", "RULE", "LIFECYCLE_STATE", "IDENTITY_OBJECT_CONFIG",
				"IDENTITY_ATTRIBUTE", "CORRELATION_CONFIG":
				return
			}

			if at := naming(o.node, name); at != nil {
				uses = append(uses, AttributeUse{Kind: o.shape, Name: o.name(), Detail: "names it", Pos: at.Pos()})
			}
		})
	}

	return uses
}

// naming finds a value that names an identity attribute: attribute.NAME, as the
// criteria of roles have it, or the name under a key that holds such names.
func naming(n *jsondoc.Node, name string) *jsondoc.Node {
	// Only keys that hold names of attributes count: a title that happens to be the same does not.
	for _, m := range n.Members() {
		switch m.Key {
		case "property", "attribute", "attributeName", "identityAttribute", "identityAttributeName":
			if t, _ := m.Value.Str(); t == name || t == "attribute."+name {
				return m.Value
			}
		}

		if at := naming(m.Value, name); at != nil {
			return at
		}
	}

	for _, item := range n.Items() {
		if t, _ := item.Str(); t == "attribute."+name {
			return item
		}
		if at := naming(item, name); at != nil {
			return at
		}
	}

	return nil
}
