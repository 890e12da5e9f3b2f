package profile

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/transform"
	"github.com/idprofile/engine/transform/builtin"
	"github.com/idprofile/engine/transform/rule"
)

// required are the attributes that every identity must have, in report order.
var required = config.Required()

// Options settle how a bundle is compiled. The zero Options are a tenant's ways.
type Options struct {
	Library *transform.Library // nil: the operations of the platform
	Rules   []string           // custom rules for which runs will have stubs

	// SnapshotOrder: every read of an identity attribute sees the stored value,
	// as in a tenant's single pass (DECISION 20).
	SnapshotOrder bool
	// KeepBlank: an empty or blank uid, email or lastname is not missing
	// (DECISION 15 the other way).
	KeepBlank bool
	// Plain compiles without optimisations, as a reference to test against.
	Plain bool
	// Observe compiles programs that report their steps, see [Engine.Explain].
	Observe bool
	// MaxFindings is how many findings of one code [Compile] returns, and the count of the
	// others; 0: what the bundle says, or [diag.DefaultMost].
	MaxFindings int
	// MaxParts is how many parts of transforms are compiled, see [transform.Allowance]; 0: what
	// the bundle says, or [transform.DefaultParts].
	MaxParts int

	Correlation correlate.Options
	// SourceIDs are ids of sources, by name, that identity ids derive from instead
	// of the configured ones: for comparing tenants. Nil: the configured ones.
	SourceIDs map[string]string
	// AccountRules are the code of account correlation rules, by rule name; they go
	// before expressions of the settings. A rule may search by the attributes that
	// Correlation.RuleAttributes names: nil means alias, uid, email and
	// identificationNumber. Manager correlation rules are among [RunOptions].Rules and
	// return [CorrelatedBy].
	AccountRules map[string]correlate.AccountRule
}

// Engine is a compiled bundle: immutable, and safe for concurrent use.
type Engine struct {
	bundle *config.Bundle
	opts   Options

	transforms map[string]*transform.Definition // what a reference finds, ready-made ones included

	lib      *transform.Library
	profiles []*compiled // by priority
	bySource map[string]*compiled
	ranked   []*compiled // those of bySource, by priority
	sources  map[string]*compiledSource
	rules    map[string]transform.Rule // expressions of the settings
	keys     []string                  // identity attributes that correlation compares with

	frame func() string // see [Engine.newFrame]; made when a run first asks for it

	allowance *transform.Allowance // while it is compiled
}

// compiled is a profile with its programs.
type compiled struct {
	profile *config.Profile
	rank    int // position by priority
	source  *config.Source
	unit    *transform.Unit
	attrs   []compiledAttribute
	slots   map[string]int
	schema  *identity.Schema
	needed  []int // slots of the required attributes, -1: not mapped
	stateAt int   // slot of the lifecycle state, -1: not mapped
	order   []int // evaluation order: what is read comes first, the lifecycle state last
	keys    []int // attributes that correlation compares with, and the uid
	others  bool  // some program reads other identities
	states  map[string]*config.LifecycleState

	impliedStates bool   // no file describes the states
	late          []bool // by attribute: its value may follow from the lifecycle state; nil: of none
}

type compiledAttribute struct {
	name    string
	program *transform.Program
	multi   bool
}

// compiledSource is a source with its correlation.
type compiledSource struct {
	source     *config.Source
	correlator *correlate.Correlator
}

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

// Bundle returns what the engine was compiled from.
func (e *Engine) Bundle() *config.Bundle { return e.bundle }

// Library returns the operations that the engine was compiled with.
func (e *Engine) Library() *transform.Library { return e.lib }

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

// linker compiles the mappings of profiles.
func (e *Engine) linker(found *diag.Collector) *transform.Linker {
	options := e.LinkOptions()
	options.Found, options.Allowance = found, e.allowance
	return e.lib.Linker(options)
}

// LinkOptions are what a transform of this configuration is compiled with: the transforms,
// sources, rules and attributes that it can name, and the dialect of the settings. A
// program that is compiled with it runs in what [Engine.Env] returns.
func (e *Engine) LinkOptions() transform.Options {
	return transform.Options{
		Transforms: e.transforms, Sources: e.sourceInfos(), Rules: e.opts.Rules, IdentityAttributes: e.catalogue(),
		Plain: e.opts.Plain, Observe: e.opts.Observe,
		Dialect: e.bundle.Settings.Dialect, Partial: e.bundle.Partial,
	}
}

// effective returns the definition that is evaluated: that of a reference without
// id is its bare input, as old exports have it (DECISION 5).
func effective(m *config.Mapping, found *diag.Collector) *transform.Definition {
	n := m.Definition.Node
	if n.Get("type").Text() != "reference" || !n.At("attributes", "id").IsNull() || !n.Get("id").IsNull() ||
		n.At("attributes", "input").IsNull() {
		return m.Definition
	}
	found.Addf(diag.Error, codeReferenceNoID, n.Pos(),
		"the reference for %q names no transform; it is evaluated as its bare input", m.Attribute)
	return transform.FromNode(n.At("attributes", "input"))
}

// sourceInfos returns the catalogue of sources; nil, for which names are not
// checked, when no file describes any.
func (e *Engine) sourceInfos() []transform.SourceInfo {
	if !slices.ContainsFunc(e.bundle.Sources, func(s *config.Source) bool { return !s.Implied }) {
		return nil
	}
	infos := make([]transform.SourceInfo, 0, len(e.bundle.Sources))
	for _, s := range e.bundle.Sources {
		info := transform.SourceInfo{Name: s.Name, ID: s.ID, ApplicationName: s.ApplicationName}
		if s.Schema != nil {
			info.Attributes = s.Schema.Names()
		}
		infos = append(infos, info)
	}

	return infos
}

// newSchema names the attributes of a result.
func (c *compiled) newSchema() *identity.Schema {
	names := make([]string, len(c.attrs))
	for i, a := range c.attrs {
		names[i] = a.name
	}
	return identity.NewSchema(names...)
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

func (e *Engine) attributeNames() []string {
	names := slices.Clone(config.Standard())
	for _, a := range e.bundle.Attributes {
		names = append(names, a.Name)
	}
	return names
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

// profile returns the compiled profile of that name, or nil.
func (e *Engine) profile(name string) *compiled {
	for _, c := range e.profiles {
		if c.profile.Name == name && c.source != nil {
			return c
		}
	}

	return nil
}
