package profile

import (
	"slices"
	"strings"

	"github.com/idprofile/engine/identity/jsondoc"
)

// checkObject checks a profile in API form before it is saved. Self is the
// profile that it replaces; nil for a new one. Mappings are only checked when
// they are what changes.
//
// Source: identity-profile.md 1.1, 1.2, 3.2.
func (b *Bundle) checkObject(n *jsondoc.Node, self *Profile, mappings bool) error {
	name, ok := n.Get("name").Str()
	if !ok || strings.TrimSpace(name) == "" {
		return refuse(CodeRequired, "name is missing")
	}
	if len([]rune(name)) > maxName {
		return refuse(CodeLength, "the name has %d characters, at most %d are allowed", len([]rune(name)), maxName)
	}
	for _, p := range b.Profiles {
		if strings.EqualFold(p.Name, name) && !p.is(self) {
			return refuse(CodeConflict, "there is an identity profile %q already", p.Name)
		}
	}
	if v := n.Get("priority"); !v.IsNull() && v.Kind() != jsondoc.Number {
		return refuse(CodeIllegalValue, "priority is %s, expected a whole number", v.Append(nil))
	} else if _, ok := v.Int(); !v.IsNull() && !ok {
		return refuse(CodeIllegalValue, "priority is %s, expected a whole number", v.Append(nil))
	}
	source, err := b.checkSource(n.Get("authoritativeSource"), self)
	if err != nil || !mappings {
		return err
	}
	_ = source
	return b.checkConfig(n.Get("identityAttributeConfig"))
}

func (p *Profile) is(o *Profile) bool { return o != nil && p.Name == o.Name && p.ID == o.ID }

// checkSource finds the authoritative source; a source serves one profile only.
func (b *Bundle) checkSource(n *jsondoc.Node, self *Profile) (*Source, error) {
	if n.Get("id").Text() == "" && n.Get("name").Text() == "" {
		return nil, refuse(CodeRequired, "authoritativeSource is missing")
	}
	s := b.AuthoritativeSource(&Profile{Source: ref(n)})
	if s == nil {
		return nil, refuse(CodeReferenceNotFound, "there is no source %s", n.Append(nil))
	}
	for _, p := range b.Profiles {
		if b.AuthoritativeSource(p) == s && !p.is(self) {
			return nil, refuse(CodeConflict, "source %q already serves identity profile %q", s.Name, p.Name)
		}
	}
	return s, nil
}

func (b *Bundle) checkConfig(config *jsondoc.Node) error {
	if !config.IsNull() && config.Kind() != jsondoc.Object {
		return refuse(CodeIllegalValue, "identityAttributeConfig is a %s, expected an object", config.Kind())
	}
	if v := config.Get("enabled"); !v.IsNull() && v.Kind() != jsondoc.Bool {
		return refuse(CodeIllegalValue, "enabled is %s, expected true or false", v.Append(nil))
	}
	seen := map[string]bool{}
	for _, entry := range config.Get("attributeTransforms").Items() {
		name := entry.Get("identityAttributeName").Text()
		if err := b.checkTarget(name, seen); err != nil {
			return err
		}
		if def := entry.Get("transformDefinition"); !def.IsNull() {
			if err := b.checkDefinition(name, def); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *Bundle) checkTarget(name string, seen map[string]bool) error {
	switch {
	case name == "":
		return refuse(CodeRequired, "a mapping has no identityAttributeName")
	case seen[name]:
		return refuse(CodeIllegalValue, "identity attribute %q is mapped twice", name)
	case slices.Contains(engineOwned, name):
		return refuse(CodeIllegalValue, "identity attribute %q is set by the platform itself", name)
	}
	if a := b.attribute(name); a != nil && a.System {
		return refuse(CodeIllegalValue, "identity attribute %q is a system attribute", name)
	} else if a == nil && len(b.Attributes) > 0 && !slices.Contains(Standard(), name) {
		return refuse(CodeIllegalValue, "there is no identity attribute %q", name)
	}
	seen[name] = true
	return nil
}

// checkDefinition checks the definitions that the vendor's clients produce;
// inline transforms are left to the compiler (DECISION 6).
func (b *Bundle) checkDefinition(target string, def *jsondoc.Node) error {
	attributes := def.Get("attributes")
	switch def.Get("type").Text() {
	case "":
		return refuse(CodeRequired, "the mapping of %q has no type", target)
	case "accountAttribute":
		return b.checkAccountRead(target, attributes)
	case "reference":
		if id, ok := attributes.Get("id").Str(); ok && b.Transforms[id] == nil {
			return refuse(CodeReferenceNotFound, "the mapping of %q refers to transform %q, which is not there", target, id)
		}
		if in := attributes.Get("input"); in.Kind() == jsondoc.Object && in.Get("type").Text() == "accountAttribute" {
			return b.checkAccountRead(target, in.Get("attributes"))
		}
	}
	return nil
}

func (b *Bundle) checkAccountRead(target string, attributes *jsondoc.Node) error {
	attribute, ok := attributes.Get("attributeName").Str()
	if !ok || attribute == "" {
		return refuse(CodeRequired, "the mapping of %q has no attributeName", target)
	}
	s := b.readSource(attributes)
	if s == nil {
		return refuse(CodeReferenceNotFound, "the mapping of %q reads a source that is not there", target)
	}
	if s.Schema != nil && len(s.Schema.Attributes) > 0 && !slices.Contains(s.Schema.Names(), attribute) && !slices.Contains(accountFields, attribute) {
		return refuse(CodeIllegalValue, "the account schema of source %q has no attribute %q", s.Name, attribute)
	}
	return nil
}

// readSource finds the source of an account attribute as its evaluation does;
// an API object that has the id alone is accepted on saving.
func (b *Bundle) readSource(attributes *jsondoc.Node) *Source {
	if name, ok := attributes.Get("sourceName").Str(); ok {
		return b.Source(name)
	}
	if s := b.SourceByID(attributes.Get("applicationId").Text()); s != nil {
		return s
	}
	if name := attributes.Get("applicationName").Text(); name != "" {
		return b.sourceByApplication(name)
	}
	return b.SourceByID(attributes.Get("sourceId").Text())
}

func (b *Bundle) sourceByApplication(name string) *Source {
	for _, s := range b.Sources {
		if s.ApplicationName == name {
			return s
		}
	}
	return nil
}
