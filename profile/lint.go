package profile

import (
	"fmt"
	"slices"
	"strings"

	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/transform"
)

// maxSearchable is how many searchable identity attributes a tenant is said to
// take (DECISION 8: no limit, a finding).
const maxSearchable = 15

// lint reports what is doubtful in profiles, sources and the catalogue.
func (e *Engine) lint(found *diag.Collector) {
	for _, c := range e.profiles {
		c.lintStates(found)
		e.lintManager(c, found)
		e.lintMappings(c, found)
		e.lintNextProcessing(c, found)
	}

	e.lintRules(found)
	e.lintRuleUse(found)
	e.lintFlags(found)
	e.lintCatalogue(found)
	e.lintCriteria(found)
}

func (c *compiled) lintStates(found *diag.Collector) {
	acts := false

	// Each state is checked against those before it, so that of two alike the second is told.
	for i, s := range c.profile.States {
		others := slices.Delete(slices.Clone(c.profile.States), i, i+1)
		if err := config.CheckState(s.Node, others[:i]); err != nil {
			found.Addf(diag.Warning, codeLifecycleState, s.Node.Pos(), "lifecycle state %q of profile %q: %v", s.Name,
				c.profile.Name, err)
		}
		acts = acts || len(s.Actions()) > 0 || len(s.AccessProfiles()) > 0
	}

	_, mapped := c.slots[config.AttrLifecycle]
	if mapped && c.impliedStates {
		found.Addf(diag.Info, codeLifecycleStatesMissing, c.profile.Node.Pos(),
			"no file describes the lifecycle states of profile %q;"+
				" active and inactive, which every profile has, count as valid, any other value is unknown", c.profile.Name)
	}

	if acts && !mapped {
		found.Add(diag.Diagnostic{Severity: diag.Warning, Code: codeLifecycleUnmapped, Pos: c.profile.Node.Pos(),
			Message: fmt.Sprintf("profile %q has lifecycle states with provisioning actions, but does not map %s",
				c.profile.Name, config.AttrLifecycle),
			Hint: "map " + config.AttrLifecycle + ", or nobody ever enters a state"})
	}
}

// lintManager reports half a manager correlation: both the mapping and the
// configuration of a source are needed.
//
// Source: correlate/DECISIONS.md, DECISION 5.
func (e *Engine) lintManager(c *compiled, found *diag.Collector) {
	if c.source == nil {
		return
	}
	slot, mapped := c.slots[config.AttrManager]
	configured := c.source.Manager != nil

	// The manager may be correlated by the profile's own source or by the one that its mapping reads.
	if mapped {
		for _, read := range c.attrs[slot].program.Deps.Accounts {
			s := e.bundle.Source(read.Source)
			configured = configured || s != nil && s.Manager != nil
		}
	}

	if source := e.managerSource(c); mapped && source != nil {
		e.lintManagerValue(c.profile.Mappings[slot], source, found)
		e.lintManagerProperty(source, found)
	}

	switch {
	case configured && !mapped:
		found.Addf(diag.Warning, codeManagerUnmapped, c.profile.Node.Pos(),
			"source %q has a manager correlation, but profile %q does not map %s, so nobody gets a manager", c.source.Name, c.profile.Name, config.AttrManager)
	case mapped && !configured:
		found.Addf(diag.Warning, codeManagerUnmapped, c.profile.Mappings[slot].Node.Pos(),
			"profile %q maps %s, but no source that it reads has a manager correlation, so nobody gets a manager", c.profile.Name, config.AttrManager)
	}
}

// lintManagerProperty reports a manager correlation that looks for people by an
// identity attribute which no profile maps.
func (e *Engine) lintManagerProperty(source *config.Source, found *diag.Collector) {
	property := source.Manager.IdentityAttribute
	if property == "" || property == "name" || property == correlate.Alias {
		return
	}
	var mapped []string
	for _, c := range e.profiles {
		for name := range c.slots {
			mapped = append(mapped, name)
		}
	}

	if slices.Contains(mapped, property) {
		return
	}
	slices.Sort(mapped)
	d := diag.Diagnostic{Severity: diag.Error, Code: codeCorrelationProperty,
		Pos: source.Node.Get("managerCorrelationMapping").Pos(),
		Message: fmt.Sprintf("no profile maps the identity attribute %q, so the manager correlation of source %q never finds anybody",
			property, source.Name), Hint: diag.Suggest(property, mapped)}

	// Criteria and manager correlation may have found the same fault already.
	if !found.Has(d.Code, d.Pos) {
		found.Add(d)
	}
}

// lintManagerValue reports a mapping of manager that computes something else than
// the account attribute of the manager correlation: its value counts for nothing
// but being there.
func (e *Engine) lintManagerValue(m *config.Mapping, source *config.Source, found *diag.Collector) {
	def := m.Definition.Node
	read := source.Manager.AccountAttribute
	if read == "" || source.Lacks(read) { // a rule decides; or what is not there is the cause
		return
	}
	if def.Get("type").Text() == "accountAttribute" && def.At("attributes", "attributeName").Text() == read {
		return
	}
	found.Add(diag.Diagnostic{Severity: diag.Warning, Code: codeManagerTrigger, Pos: m.Node.Pos(),
		Message: fmt.Sprintf("the value that this mapping gives to %s is only a trigger; the account attribute %q of source %q decides who the manager is",
			config.AttrManager, read, source.Name),
		Hint: fmt.Sprintf("map %s to %q as it is, or let the manager correlation read what the transform computes",
			config.AttrManager, read)})
}

func (e *Engine) lintMappings(c *compiled, found *diag.Collector) {
	for _, m := range c.profile.Mappings {
		pos := m.Node.Pos()
		switch typ := m.Definition.Node.Get("type").Text(); typ {
		case "accountAttribute", "reference", "rule", "":
		default:
			found.Add(diag.Diagnostic{Severity: diag.Warning, Code: codeInlineTransform, Pos: pos,
				Message: fmt.Sprintf("the mapping of %q holds the transform %s itself; a tenant's preview takes only accountAttribute, reference and rule", m.Attribute, typ),
				Hint:    "store the transform under a name and refer to it"})
		}

		if m.Attribute == "identityState" {
			found.Addf(diag.Warning, codeAttributeSystem, pos,
				"%q follows from the lifecycle state; only old tenants let it be mapped", m.Attribute)
		} else if a := e.bundle.Attribute(m.Attribute); a != nil && a.System &&
			!slices.Contains(config.Standard(), m.Attribute) {
			found.Addf(diag.Error, codeAttributeSystem, pos, "%q is a system attribute and cannot be mapped", m.Attribute)
		}

		if m.Attribute == "workPhone" && !e.bundle.Any(m.Definition.Node, isE164) {
			found.Add(diag.Diagnostic{Severity: diag.Info, Code: codePhoneNotE164, Pos: pos,
				Message: "workPhone is mapped without the e164phone transform", Hint: "international numbers need it"})
		}

		e.bundle.LintReads(m.Definition.Node, found)
	}
}

// isE164 reports whether a step makes a phone number international.
func isE164(step *jsondoc.Node) bool { return step.Get("type").Text() == "e164phone" }

// lintFlags reports transforms that ask for the periodic refresh without need.
//
// Source: DECISION 40.
func (e *Engine) lintFlags(found *diag.Collector) {
	var items []transform.Item
	for _, name := range e.transformNames() {
		if def := e.bundle.Transforms[name]; def.PeriodicRefresh() {
			items = append(items, transform.Item{Def: def, Path: diag.Path{diag.Named("transform", name)}})
		}
	}

	if len(items) == 0 {
		return
	}
	unit, _ := e.lib.Link(transform.Options{Transforms: e.transforms, Rules: e.opts.Rules, Allowance: e.allowance}, items...)
	for i, p := range unit.Programs() {
		d := p.Deps
		if !d.Now && !d.Random && len(d.Rules) == 0 {
			found.Add(diag.Diagnostic{Severity: diag.Warning, Code: codeFlagUseless, Pos: items[i].Def.Node.Pos(),
				Path:    items[i].Path,
				Message: "the transform asks for the periodic refresh, but nothing in it depends on the time", Hint: "remove requiresPeriodicRefresh: it makes every identity of the profile be processed twice a day"})
		}
	}
}

func (e *Engine) transformNames() []string {
	names := make([]string, 0, len(e.bundle.Transforms))
	for name := range e.bundle.Transforms {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// lintCatalogue reports attribute names outside the naming rule and too many
// searchable attributes.
func (e *Engine) lintCatalogue(found *diag.Collector) {
	searchable := 0
	for _, a := range e.bundle.Attributes {
		if a.Searchable {
			searchable++
		}
		if strings.ContainsFunc(a.Name, func(r rune) bool {
			return (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
		}) {
			found.Addf(diag.Warning, codeAttributeName, a.Node.Pos(),
				"the technical name %q has other characters than ASCII letters and digits", a.Name)
		}
	}

	if searchable > maxSearchable {
		found.Addf(diag.Warning, codeSearchableLimit, e.bundle.Attributes[0].Node.Pos(),
			"%d identity attributes are searchable; a tenant is said to take %d", searchable, maxSearchable)
	}
}

// lintCriteria reports correlation by attributes that a tenant does not index.
func (e *Engine) lintCriteria(found *diag.Collector) {
	for _, s := range e.bundle.Sources {
		if s.Correlation == nil {
			continue
		}
		for _, a := range s.Correlation.Assignments {
			if entry := e.bundle.Attribute(a.Property); entry != nil && !entry.Searchable && !entry.Standard && !entry.System &&
				!slices.Contains(config.Standard(), a.Property) {
				found.Addf(diag.Warning, codeCorrelationNotSearchable, a.Pos,
					"source %q correlates by the custom attribute %q, which is not searchable; a tenant finds nobody by it", s.Name, a.Property)
			}
		}
	}
}

// TimeBased reports whether a profile takes part in scheduled processing: a
// mapping, a transform that it reaches by reference, or a rule that it calls
// asks for the periodic refresh. This is the computed field hasTimeBasedAttr.
//
// Source: DECISION 40.
func (e *Engine) TimeBased(profile string) bool {
	for _, c := range e.profiles {
		if c.profile.Name == profile {
			return e.timeBased(c)
		}
	}

	return false
}

func (e *Engine) timeBased(c *compiled) bool {
	// What a mapping, its transforms and its rules say by themselves; nobody else knows that time
	// matters.
	for i, m := range c.profile.Mappings {
		if flagged(m.Definition.Node) {
			return true
		}
		deps := c.attrs[i].program.Deps
		for _, name := range deps.Transforms {
			if def := e.transforms[name]; def != nil && flagged(def.Node) {
				return true
			}
		}

		for _, r := range e.bundle.Rules {
			if strings.Contains(r.Source, "@requiresPeriodicRefresh") &&
				(slices.Contains(deps.Rules, r.Name) || r.ID != "" && slices.Contains(deps.Rules, r.ID)) {
				return true
			}
		}
	}

	return false
}

// flagged reports whether the flag is set somewhere in a transform.
func flagged(n *jsondoc.Node) bool {
	return n.Any(func(m *jsondoc.Node) bool { return m.Get("requiresPeriodicRefresh").IsTrue() })
}
