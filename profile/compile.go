package profile

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/transform"
	"github.com/idprofile/engine/transform/builtin"
	"github.com/idprofile/engine/transform/rule"
)

// Compile checks a bundle and turns it into an engine. The engine is never nil:
// what is configured wrongly is in the findings and raises only where it is
// evaluated.
func Compile(b *config.Bundle, o Options) (*Engine, diag.List) {
	e := &Engine{bundle: b, opts: o, lib: o.Library, bySource: map[string]*compiled{},
		sources: map[string]*compiledSource{}, allowance: &transform.Allowance{Most: cmp.Or(o.MaxParts, b.Limits.Parts)}}
	if e.lib == nil {
		e.lib = builtin.Library()
	}

	// Rules that stand for code of a tenant are compiled first, since correlators take them.
	e.transforms = b.Referable()
	found := &diag.Collector{Most: cmp.Or(o.MaxFindings, b.Limits.Findings)}
	found.AddAll(e.expressions())
	for _, s := range b.Sources {
		correlator, problems := correlate.Compile(s.Correlation, e.correlationOptions(s))
		found.AddAll(problems)
		cs := &compiledSource{source: s, correlator: correlator}
		e.sources[s.Name] = cs
		for _, key := range cs.correlator.Keys() {
			if !slices.Contains(e.keys, key) {
				e.keys = append(e.keys, key)
			}
		}
	}

	// In the order of priorities, which is the rank of a profile from here on.
	linker := e.linker(found)
	for _, p := range b.Profiles {
		e.addProfile(p, linker, found)
	}

	// A finding that only follows from another one is left out.
	e.check(found)
	e.allowance, e.frame = nil, sync.OnceValue(e.newFrame)
	list := b.WithoutConsequences(found.List())
	list.Sort()
	return e, list
}

// expressions compiles the rules that the settings give as expressions.
func (e *Engine) expressions() diag.List {
	rules, found := rule.Rules(e.bundle.Settings.Rules, rule.Limits{})
	for i := range found {
		found[i].Pos = e.bundle.Settings.Pos
	}
	e.rules = rules
	e.opts.Rules = slices.Concat(e.opts.Rules, slices.Sorted(maps.Keys(rules)))
	return found
}

func (e *Engine) addProfile(p *config.Profile, linker *transform.Linker, found *diag.Collector) {
	c := &compiled{profile: p, rank: len(e.profiles), slots: map[string]int{}, states: map[string]*config.LifecycleState{}}
	e.profiles = append(e.profiles, c)

	// A profile without a source is compiled all the same: its mappings are checked.
	c.setStates()
	if c.source = e.bundle.AuthoritativeSource(p); c.source == nil {
		if p.Source != (config.Ref{}) {
			found.Addf(diag.Error, codeSourceUnknown, p.Node.Get("authoritativeSource").Pos(),
				"there is no source %q; profile %q has no members", p.Source.Name, p.Name)
		}
	} else if other := e.bySource[c.source.Name]; other != nil {
		found.Addf(diag.Error, codeProfileSourceTaken, p.Node.Pos(),
			"400.1.409 Reference conflict: source %q already serves profile %q", c.source.Name, other.profile.Name)
	} else {
		e.bySource[c.source.Name] = c
		e.ranked = append(e.ranked, c)
	}

	// Each step needs the one before: slots, then what reads what, then the schema of the outcome.
	e.link(c, linker, found)
	c.order = c.dependencyOrder()
	c.schema = c.newSchema()
	c.findRequired()
	c.findKeys(e.keys)
	c.findLifecycleReaders()
}

// link compiles the mappings of a profile together.
func (e *Engine) link(c *compiled, linker *transform.Linker, found *diag.Collector) {
	var items []transform.Item
	for _, m := range c.profile.Mappings {
		// Slots are given before anything is compiled, since mappings read each other.
		c.slots[m.Attribute] = len(c.attrs)
		entry := e.bundle.Attribute(m.Attribute)
		c.attrs = append(c.attrs, compiledAttribute{name: m.Attribute, multi: entry != nil && entry.Multi})
		items = append(items, transform.Item{Def: effective(m, found),
			Path: diag.Path{diag.Named("profile", c.profile.Name), diag.Named("attribute", m.Attribute)}})
	}

	unit, _ := linker.Link(items...)
	c.unit = unit
	for i, p := range unit.Programs() {
		c.attrs[i].program = p
		c.others = c.others || p.Deps.Others
	}
}

// dependencyOrder sorts attributes so that what one reads comes before it. Where
// reads form a cycle, one of them sees the stored value. The lifecycle state is
// last.
func (c *compiled) dependencyOrder() []int {
	var order []int
	state := make([]uint8, len(c.attrs))
	var visit func(i int)
	visit = func(i int) {
		if state[i] != 0 {
			return
		}

		// A read in a circle comes back to an attribute that is being visited, and is not followed
		// again.
		state[i] = 1
		for _, name := range c.attrs[i].program.Deps.Identity {
			if j, ok := c.slots[name]; ok && name != config.AttrLifecycle {
				visit(j)
			}
		}

		order = append(order, i)
	}

	for i := range c.attrs {
		if c.attrs[i].name != config.AttrLifecycle {
			visit(i)
		}
	}

	// The lifecycle state may read everything else, and nothing waits for it.
	if last, ok := c.slots[config.AttrLifecycle]; ok {
		visit(last)
	}
	return order
}

// findRequired notes where the attributes stand that every result looks at.
func (c *compiled) findRequired() {
	slot := func(name string) int {
		if i, ok := c.slots[name]; ok {
			return i
		}
		return -1
	}

	c.stateAt = slot(config.AttrLifecycle)
	for _, name := range required {
		c.needed = append(c.needed, slot(name))
	}
}

// findKeys notes the attributes that correlation needs early.
func (c *compiled) findKeys(keys []string) {
	for i, a := range c.attrs {
		if a.name == config.AttrUID || slices.Contains(keys, a.name) {
			c.keys = append(c.keys, i)
		}
	}
}

// check reports what is wrong or doubtful beyond single transforms.
func (e *Engine) check(found *diag.Collector) {
	names, known := e.attributeNames(), map[string]bool{}
	for _, name := range names {
		known[name] = true
	}

	// All faults of a profile come together, in the order of the profiles.
	for _, c := range e.profiles {
		for _, name := range required {
			if _, ok := c.slots[name]; !ok {
				found.Addf(diag.Error, codeRequiredUnmapped, c.profile.Node.Pos(),
					"profile %q does not map %q, so every identity of it is an exception", c.profile.Name, name)
			}
		}

		e.checkAttributes(c, names, known, found)
		e.checkMirror(c, found)
		c.checkCycles(found)
	}

	e.checkCorrelation(found)
	e.checkStored(found)
	e.lint(found)
}

// checkAttributes reports mappings of attributes that there are not; names are those that
// there are, and known the same as a set.
func (e *Engine) checkAttributes(c *compiled, names []string, known map[string]bool, found *diag.Collector) {
	for _, m := range c.profile.Mappings {
		pos := m.Node.Pos()
		if len(e.bundle.Attributes) > 0 && !known[m.Attribute] {
			found.Add(diag.Diagnostic{Severity: diag.Error, Code: codeIdentityAttributeUnknown, Pos: pos,
				Message: fmt.Sprintf("there is no identity attribute %q", m.Attribute), Hint: found.Suggest(m.Attribute, names)})
		}

		if reads := c.attrs[c.slots[m.Attribute]].program.Deps.Identity; len(reads) > 0 {
			found.Addf(diag.Info, codeAttributeDependency, pos,
				"%q reads %s; in a tenant the previous value may be seen, order is not guaranteed", m.Attribute, strings.Join(reads, ", "))
		}
	}
}

func (e *Engine) checkMirror(c *compiled, found *diag.Collector) {
	if c.source != nil && c.source.Mirror >= 0 && c.source.Mirror != c.profile.Priority {
		found.Addf(diag.Warning, codePriorityMirror, c.source.Node.Pos(),
			"source %q records priority %d, its profile %q has %d", c.source.Name, c.source.Mirror, c.profile.Name, c.profile.Priority)
	}
}

// checkCycles reports attributes that read each other.
func (c *compiled) checkCycles(found *diag.Collector) {
	state := make([]uint8, len(c.attrs))
	var stack []int
	var visit func(i int)
	visit = func(i int) {
		state[i] = 1
		stack = append(stack, i)
		for _, name := range c.attrs[i].program.Deps.Identity {
			j, ok := c.slots[name]
			if !ok || j == i || name == config.AttrLifecycle {
				// An attribute may read its own stored value, and the lifecycle state comes after all others:
				// neither closes a cycle.
				continue
			}
			if state[j] == 1 {
				var names []string
				for _, k := range stack[slices.Index(stack, j):] {
					names = append(names, c.attrs[k].name)
				}
				found.Addf(diag.Warning, codeAttributeCycle, c.profile.Mappings[j].Node.Pos(),
					"attributes read each other: %s; the read that closes the cycle sees the stored value", strings.Join(append(names,
						name), " > "))
			} else if state[j] == 0 {
				visit(j)
			}
		}

		stack = stack[:len(stack)-1]
		state[i] = 2
	}

	for i := range c.attrs {
		if state[i] == 0 {
			visit(i)
		}
	}
}

// checkCorrelation reports criteria on attributes that nobody has.
func (e *Engine) checkCorrelation(found *diag.Collector) {
	for _, s := range e.bundle.Sources {
		// What the schema lacks is null for every account, so nothing would ever be found.
		if s.Manager != nil && s.Manager.AccountAttribute != "" && s.Lacks(s.Manager.AccountAttribute) {
			found.Add(diag.Diagnostic{Severity: diag.Error, Code: codeAccountAttributeUnknown,
				Pos: s.Node.Get("managerCorrelationMapping").Pos(),
				Message: fmt.Sprintf("the account schema of source %q has no attribute %q, so its manager correlation finds nobody",
					s.Name, s.Manager.AccountAttribute), Hint: diag.Suggest(s.Manager.AccountAttribute, s.Schema.Names())})
		}

		if s.Correlation == nil {
			continue
		}

		// Each criterion has two sides, and either may name what nobody has.
		for _, a := range s.Correlation.Assignments {
			mapped := a.Property == "name" || a.Property == correlate.Alias
			for _, c := range e.profiles {
				_, ok := c.slots[a.Property]
				mapped = mapped || ok
			}

			if !mapped {
				found.Addf(diag.Error, codeCorrelationProperty, a.Pos,
					"no profile maps the identity attribute %q, so this criterion never matches", a.Property)
			}
			if s.Lacks(a.Value) {
				found.Add(diag.Diagnostic{Severity: diag.Error, Code: codeAccountAttributeUnknown, Pos: a.Pos,
					Message: fmt.Sprintf("the account schema of source %q has no attribute %q", s.Name, a.Value),
					Hint:    diag.Suggest(a.Value, s.Schema.Names())})
			}
		}
	}
}
