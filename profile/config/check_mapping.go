package config

import (
	"slices"
	"strings"

	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/isc"
	"github.com/idprofile/engine/identity/jsondoc"
)

// CheckObject checks a profile in API form before it is saved. Self is the
// profile that it replaces; nil for a new one. Mappings are only checked when
// they are what changes.
//
// Source: DECISION 49 and 52.
func (b *Bundle) CheckObject(n *jsondoc.Node, self *Profile, mappings bool) error {
	name, ok := n.Get("name").Str()
	if !ok || strings.TrimSpace(name) == "" {
		return isc.Refuse(isc.CodeRequired, "name is missing")
	}
	if len([]rune(name)) > maxName {
		return isc.Refuse(isc.CodeLength, "the name has %d characters, at most %d are allowed", len([]rune(name)),
			maxName)
	}
	for _, p := range b.Profiles {
		if isc.SameName(p.Name, name) && !p.Is(self) {
			return isc.Refuse(isc.CodeConflict, "there is an identity profile %q already", p.Name)
		}
	}

	// Files may hold any name, and one that stays must not stand in the way of other changes.
	if self == nil || self.Name != name {
		if err := isc.CheckName(name); err != nil {
			return err
		}
	}

	// A number with a fraction has another kind of error than a text, and both are refused.
	if v := n.Get("priority"); !v.IsNull() && v.Kind() != jsondoc.Number {
		return isc.Refuse(isc.CodeIllegalValue, "priority is %s, expected a whole number", v.Append(nil))
	} else if _, ok := v.Int(); !v.IsNull() && !ok {
		return isc.Refuse(isc.CodeIllegalValue, "priority is %s, expected a whole number", v.Append(nil))
	}

	// The source is checked also where the mapping stays: another profile may have taken it.
	source, err := b.CheckSource(n.Get("authoritativeSource"), self)
	if err != nil || !mappings {
		return err
	}
	_ = source
	return b.checkConfig(n.Get("identityAttributeConfig"))
}

func (p *Profile) Is(o *Profile) bool { return o != nil && p.Name == o.Name && p.ID == o.ID }

// CheckSource finds the authoritative source; a source serves one profile only.
func (b *Bundle) CheckSource(n *jsondoc.Node, self *Profile) (*Source, error) {
	if n.Get("id").Text() == "" && n.Get("name").Text() == "" {
		return nil, isc.Refuse(isc.CodeRequired, "authoritativeSource is missing")
	}
	s := b.AuthoritativeSource(&Profile{Source: RefOf(n)})
	if s == nil {
		return nil, isc.Refuse(isc.CodeReferenceNotFound, "there is no source %s", n.Append(nil))
	}
	for _, p := range b.Profiles {
		if b.AuthoritativeSource(p) == s && !p.Is(self) {
			return nil, isc.Refuse(isc.CodeConflict, "source %q already serves identity profile %q", s.Name, p.Name)
		}
	}

	return s, nil
}

func (b *Bundle) checkConfig(config *jsondoc.Node) error {
	if !config.IsNull() && config.Kind() != jsondoc.Object {
		return isc.Refuse(isc.CodeIllegalValue, "identityAttributeConfig is a %s, expected an object", config.Kind())
	}
	if v := config.Get("enabled"); !v.IsNull() && v.Kind() != jsondoc.Bool {
		return isc.Refuse(isc.CodeIllegalValue, "enabled is %s, expected true or false", v.Append(nil))
	}

	// The first fault is returned, as the API answers with one.
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
		return isc.Refuse(isc.CodeRequired, "a mapping has no identityAttributeName")
	case seen[name]:
		return isc.Refuse(isc.CodeIllegalValue, "identity attribute %q is mapped twice", name)
	case slices.Contains(EngineOwned, name):
		return isc.Refuse(isc.CodeIllegalValue, "identity attribute %q is set by the platform itself", name)
	}

	// A catalogue may be missing from an export; what it does not name is wrong only when there is one.
	if a := b.Attribute(name); a != nil && a.System {
		return isc.Refuse(isc.CodeIllegalValue, "identity attribute %q is a system attribute", name)
	} else if a == nil && len(b.Attributes) > 0 && !slices.Contains(Standard(), name) {
		return isc.Refuse(isc.CodeIllegalValue, "there is no identity attribute %q", name)
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
		return isc.Refuse(isc.CodeRequired, "the mapping of %q has no type", target)
	case "accountAttribute":
		return b.checkAccountRead(target, attributes)
	case "reference":
		if id, ok := attributes.Get("id").Str(); ok && b.Transform(id) == nil {
			return isc.Refuse(isc.CodeReferenceNotFound, "the mapping of %q refers to transform %q, which is not there",
				target,
				id)
		}
		if in := attributes.Get("input"); in.Kind() == jsondoc.Object && in.Get("type").Text() == "accountAttribute" {
			// A reference may have an input of its own, which reads an account as a mapping does.
			return b.checkAccountRead(target, in.Get("attributes"))
		}
	}

	return nil
}

func (b *Bundle) checkAccountRead(target string, attributes *jsondoc.Node) error {
	attribute, ok := attributes.Get("attributeName").Str()
	if !ok || attribute == "" {
		return isc.Refuse(isc.CodeRequired, "the mapping of %q has no attributeName", target)
	}
	s := b.ReadSource(attributes)
	if s == nil {
		return isc.Refuse(isc.CodeReferenceNotFound, "the mapping of %q reads a source that is not there", target)
	}
	if s.Lacks(attribute) {
		return isc.Refuse(isc.CodeIllegalValue, "the account schema of source %q has no attribute %q",
			s.Name, attribute)
	}
	return nil
}

// readSource finds the source of an account attribute as its evaluation does;
// an API object that has the id alone is accepted on saving.
func (b *Bundle) ReadSource(attributes *jsondoc.Node) *Source {
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

// AccountFields are the account's own fields, which work beside the schema.
var AccountFields = []string{"created", "modified", "nativeIdentity", "displayName", "disabled", "locked", "name",
	"id", "uuid"}

// LintReads reports account attributes whose ways to name a source disagree.
//
// Source: DECISION 49.
func (b *Bundle) LintReads(n *jsondoc.Node, found *diag.Collector) {
	n.Walk(func(m *jsondoc.Node) bool {
		if m.Get("type").Text() == "accountAttribute" {
			b.lintRead(m.Get("attributes"), found)
		}
		return true
	})
}

func (b *Bundle) lintRead(attributes *jsondoc.Node, found *diag.Collector) {
	used := b.ReadSource(attributes)
	if used == nil {
		return // the compiler reports unknown sources
	}

	// Each way of naming a source is looked up by itself: a file that was moved between tenants has
	// ids that mean another source than the name does.
	for _, way := range []struct {
		key  string
		find func(string) *Source
	}{{"sourceName", b.Source}, {"applicationId", b.SourceByID}, {"applicationName", b.sourceByApplication},
		{"sourceId",
			b.SourceByID}} {
		text, ok := attributes.Get(way.key).Str()
		if !ok || text == "" {
			continue
		}
		other := way.find(text)
		switch {
		case other == used, other == nil && used.ID == "":
		case other != nil:
			found.Addf(diag.Warning, codeSourceMismatch, attributes.Get(way.key).Pos(),
				"%s means source %q, but source %q is read", way.key, other.Name, used.Name)
		case way.key == "sourceId" || way.key == "applicationId":
			found.Addf(diag.Warning, codeSourceMismatch, attributes.Get(way.key).Pos(),
				"%s %q is not that of source %q, which is read; the file may come from another tenant",
				way.key, text, used.Name)
		}
	}
}

// Lacks reports whether the account schema has attributes, and this one is neither
// among them nor a field that accounts have beside the schema.
func (s *Source) Lacks(attribute string) bool {
	return s.Schema != nil && len(s.Schema.Attributes) > 0 && !slices.Contains(s.Schema.Names(), attribute) &&
		!slices.Contains(AccountFields, attribute)
}
