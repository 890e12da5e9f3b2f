package profile

import (
	"slices"

	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/transform"
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

// Bundle returns what the engine was compiled from.
func (e *Engine) Bundle() *config.Bundle { return e.bundle }

// Library returns the operations that the engine was compiled with.
func (e *Engine) Library() *transform.Library { return e.lib }

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

func (e *Engine) attributeNames() []string {
	names := slices.Clone(config.Standard())
	for _, a := range e.bundle.Attributes {
		names = append(names, a.Name)
	}
	return names
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

// managerSource returns the source whose manager correlation applies: the
// profile's own, else the one that the manager mapping reads (correlate/DECISIONS.md, DECISION 34).
func (e *Engine) managerSource(c *compiled) *config.Source {
	// A profile whose source is missing from the files is compiled for its findings only.
	if c.source == nil {
		return nil
	}
	if c.source.Manager != nil {
		return c.source
	}

	// The source that feeds the mapping knows who managers are, if the profile's own does not.
	if i, ok := c.slots[config.AttrManager]; ok {
		for _, read := range c.attrs[i].program.Deps.Accounts {
			if s := e.sources[read.Source]; s != nil && s.source.Manager != nil {
				return s.source
			}
		}
	}

	return nil
}

// ReadsOthers reports whether some mapping reads identities other than its own, so that
// its value depends on who else is there.
func (e *Engine) ReadsOthers() bool {
	return slices.ContainsFunc(e.profiles, func(c *compiled) bool { return c.others })
}

// catalogue returns the names of the identity attributes; nil when the bundle
// does not list them.
func (e *Engine) catalogue() []string {
	if len(e.bundle.Attributes) == 0 {
		return nil
	}
	return e.attributeNames()
}

// sourceName returns the name of a source, "" for none.
func sourceName(s *config.Source) string {
	if s == nil {
		return ""
	}
	return s.Name
}

// searchable are the identity attributes by which a correlation rule can search.
func (e *Engine) searchable() []string {
	known := append(e.attributeNames(), correlate.Alias, "name")
	for _, p := range e.bundle.Profiles {
		for _, m := range p.Mappings {
			known = append(known, m.Attribute)
		}
	}

	slices.Sort(known)
	return slices.Compact(known)
}
