package preview

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/feed"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/profile/config"
)

func (d *differ) profiles(before, after *config.Bundle) {
	// Profiles are paired by name: ids differ between tenants and after an import.
	for _, b := range before.Profiles {
		a := after.Profile(b.Name)
		if a == nil {
			d.causes = append(d.causes, Cause{Kind: CauseProfile, Name: b.Name, Change: "removed",
				Places: []Difference{{Path: "profile", Before: b.Node.Pos(), Old: strconv.Quote(b.Name)}}})
			continue
		}

		d.profile(before, after, b, a)
	}

	// The other way round, so that what is new comes behind what is gone.
	for _, a := range after.Profiles {
		if before.Profile(a.Name) == nil {
			d.causes = append(d.causes, Cause{Kind: CauseProfile, Name: a.Name, Change: "added",
				Places: []Difference{{Path: "profile", After: a.Node.Pos(), New: strconv.Quote(a.Name)}}})
		}
	}
}

func (d *differ) profile(before, after *config.Bundle, b, a *config.Profile) {
	c := Cause{Kind: CauseProfile, Name: a.Name, Change: "changed"}
	c.scalar("priority", b.Node, a.Node, strconv.FormatInt(b.Priority, 10), strconv.FormatInt(a.Priority, 10))
	c.scalar("authoritativeSource", b.Node, a.Node, before.AuthoritativeName(b), after.AuthoritativeName(a))
	c.scalar("identityAttributeConfig.enabled", b.Node, a.Node, strconv.FormatBool(b.Enabled),
		strconv.FormatBool(a.Enabled))
	if len(c.Places) > 0 {
		d.causes = append(d.causes, c)
	}
	d.mappings(b, a)
	d.states(b, a)
}

// scalar notes a setting whose value differs.
func (c *Cause) scalar(path string, before, after *jsondoc.Node, old, value string) {
	if old == value {
		return
	}
	at := func(n *jsondoc.Node) diag.Pos {
		if inner := deep(n, path); inner != nil {
			return inner.Pos()
		}
		return n.Pos()
	}

	c.place(Difference{Path: path, Before: at(before), After: at(after), Old: old, New: value})
}

// deep follows a dotted path.
func deep(n *jsondoc.Node, path string) *jsondoc.Node {
	return n.At(strings.Split(path, ".")...)
}

func (d *differ) mappings(before, after *config.Profile) {
	definition := func(m *config.Mapping) *jsondoc.Node {
		if m == nil {
			return nil
		}
		return m.Definition.Node
	}
	for was, is := range config.PairMappings(before, after) {
		d.note(CauseMapping, after.Name, cmp.Or(is, was).Attribute, "", definition(was), definition(is))
	}
}

// states compares lifecycle states by technical name.
func (d *differ) states(before, after *config.Profile) {
	list := func(p *config.Profile) map[string]*jsondoc.Node {
		m := map[string]*jsondoc.Node{}
		for _, s := range p.States {
			n := s.Node.Clone()

			// What the vendor writes by itself is no change that anybody made.
			for _, key := range []string{"id", "created", "modified", "identityCount", "identityProfile",
				"identityProfileId",
				"identityProfileRef",
				"description"} {
				n.Remove(key)
			}

			m[s.TechnicalName] = n
		}

		return m
	}

	was, is := list(before), list(after)

	// States that are gone come last, those that are there keep their order.
	names := slices.Sorted(maps.Keys(is))
	for _, name := range slices.Sorted(maps.Keys(was)) {
		if is[name] == nil {
			names = append(names, name)
		}
	}

	for _, name := range names {
		d.note(CauseLifecycle, after.Name, name, "", was[name], is[name])
	}
}

func (d *differ) sources(before, after *config.Bundle) {
	for _, b := range before.Sources {
		if a := after.Source(b.Name); a != nil {
			d.source(b, a)
		} else {
			d.causes = append(d.causes, Cause{Kind: CauseSource, Name: b.Name, Change: "removed",
				Places: []Difference{{Path: "source", Before: b.Node.Pos(), Old: strconv.Quote(b.Name)}}})
		}
	}

	for _, a := range after.Sources {
		if before.Source(a.Name) == nil {
			d.causes = append(d.causes, Cause{Kind: CauseSource, Name: a.Name, Change: "added",
				Places: []Difference{{Path: "source", After: a.Node.Pos(), New: strconv.Quote(a.Name)}}})
		}
	}
}

func (d *differ) source(b, a *config.Source) {
	d.note(CauseCorrelation, a.Name, "", "", criteria(b), criteria(a))
	m := Cause{Kind: CauseManager, Name: a.Name, Change: "changed"}

	// A source without manager correlation compares like one whose members are all empty.
	bm, am := cmp.Or(b.Manager, &config.ManagerCorrelation{}), cmp.Or(a.Manager, &config.ManagerCorrelation{})
	m.scalar("managerCorrelationMapping.accountAttributeName", b.Node, a.Node, bm.AccountAttribute, am.AccountAttribute)
	m.scalar("managerCorrelationMapping.identityAttributeName", b.Node, a.Node, bm.IdentityAttribute,
		am.IdentityAttribute)
	m.scalar("managerCorrelationRule.name", b.Node, a.Node, bm.Rule, am.Rule)
	if len(m.Places) > 0 {
		d.causes = append(d.causes, m)
	}
	c := Cause{Kind: CauseSource, Name: a.Name, Change: "changed"}

	// Ids differ between tenants and mean nothing then.
	if !d.ignoreIDs {
		c.scalar("id", b.Node, a.Node, b.ID, a.ID)
		c.scalar("cloudDisplayName", b.Node, a.Node, b.ApplicationName, a.ApplicationName)
	}

	c.scalar("deleteThreshold", b.Node, a.Node, written(b.Node.Get("deleteThreshold")),
		written(a.Node.Get("deleteThreshold")))

	// These decide about how accounts are read and removed.
	c.scalar("accountCorrelationRule", b.Node, a.Node, b.CorrelationRule, a.CorrelationRule)

	// Only those connector attributes count that change what a row is; the rest is about how to reach the source.
	for _, key := range feed.RowKeys() {
		old, value := b.Node.At("connectorAttributes", key), a.Node.At("connectorAttributes", key)
		c.scalar("connectorAttributes."+key, b.Node, a.Node, written(old), written(value))
	}

	// A source without a schema takes its columns from the file and is compared as having none.
	schema := func(s *config.Source) (string, string) {
		if s.Schema == nil {
			return "", ""
		}
		return s.Schema.IdentityAttribute, s.Schema.DisplayAttribute
	}

	bi, bd := schema(b)
	ai, ad := schema(a)
	c.scalar("schemas.identityAttribute", b.Node, a.Node, bi, ai)
	c.scalar("schemas.displayAttribute", b.Node, a.Node, bd, ad)
	if len(c.Places) > 0 {
		d.causes = append(d.causes, c)
	}
}

// written is a value as it stands in a file, "" when it is not there.
func written(n *jsondoc.Node) string {
	if n.IsNull() {
		return ""
	}
	return string(n.Append(nil))
}

// criteria is what of a correlation configuration matters.
func criteria(s *config.Source) *jsondoc.Node {
	if s.Correlation == nil || s.Correlation.Node == nil {
		return nil
	}
	n := s.Correlation.Node.Clone()
	for _, key := range []string{"id", "name", "created", "modified"} {
		n.Remove(key)
	}
	return n
}

// catalogue compares what decides how values are kept.
func (d *differ) catalogue(before, after *config.Bundle) {
	multi := func(b *config.Bundle) map[string]*config.IdentityAttribute {
		m := map[string]*config.IdentityAttribute{}
		for _, a := range b.Attributes {
			m[a.Name] = a
		}
		return m
	}

	was, is := multi(before), multi(after)

	// Attributes that only one side has count as not multi-valued, which is what the platform takes.
	names := slices.Sorted(maps.Keys(is))
	for name := range was {
		if is[name] == nil {
			names = append(names, name)
		}
	}

	slices.Sort(names)
	for _, name := range names {
		b, a := cmp.Or(was[name], &config.IdentityAttribute{}), cmp.Or(is[name], &config.IdentityAttribute{})
		c := Cause{Kind: CauseCatalogue, Name: name, Change: "changed"}
		c.scalar("multi", b.Node, a.Node, strconv.FormatBool(b.Multi), strconv.FormatBool(a.Multi))
		if len(c.Places) > 0 {
			d.causes = append(d.causes, c)
		}
	}
}

func (d *differ) rules(before, after *config.Bundle) {
	// Code of rules is not run, so all that can be said is that it differs.
	text := func(b *config.Bundle) map[string]string {
		m := map[string]string{}
		for _, r := range b.Rules {
			m[r.Name] = r.Source
		}
		return m
	}

	was, is := text(before), text(after)
	for _, name := range slices.Sorted(maps.Keys(is)) {
		if old, ok := was[name]; !ok || old != is[name] {
			d.causes = append(d.causes, Cause{Kind: CauseOther, Name: "rule " + name, Change: "changed"})
		}
	}

	for _, name := range slices.Sorted(maps.Keys(was)) {
		if _, ok := is[name]; !ok {
			d.causes = append(d.causes, Cause{Kind: CauseOther, Name: "rule " + name, Change: "removed"})
		}
	}
}
