package profiletest

import (
	"context"
	"fmt"
	"io/fs"
	"maps"
	"slices"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/filter"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/transform"
)

// Coverage tells which parts of a configuration test cases or data reach: mappings
// and fields of account create profiles, the transforms in them and the stored
// ones, and branches: values of firstValid that are chosen, arms of conditional
// and dateCompare, entries of lookup, parts of #if, account filters that an account
// passes and fails, criteria of account correlation and lifecycle states. It
// belongs to one goroutine.
type Coverage struct {
	bundle  *config.Bundle
	options Options
	lib     *transform.Library
	engine  *profile.Engine
	rec     *recorder

	units   []*coverUnit
	items   []*Item
	byNode  map[*jsondoc.Node]*nodeItems
	byLink  map[string][]*Item // criteria, by source
	byState map[string]*Item   // by profile and technical name

	current int // number of the case that runs
	cases   map[*jsondoc.Node]map[int]bool
}

// ItemKind says what an [Item] is.
type ItemKind string

// The kinds of items.
const (
	MappingItem ItemKind = "mapping"
	NodeItem    ItemKind = "transform"
	BranchItem  ItemKind = "branch"
)

// Item is a part of the configuration that can be covered.
type Item struct {
	Kind ItemKind `json:"kind"`
	Unit string   `json:"unit"` // the mapping, transform, field, source or profile it stands in
	Name string   `json:"name"`
	Pos  diag.Pos `json:"pos"`
	Hits int      `json:"hits"`

	loose bool // in no section of the page
	part  span // of a template
}

// coverUnit is a mapping, a stored transform or a field: a section of the page.
type coverUnit struct {
	name  string
	entry *jsondoc.Node // what the page shows
	root  *jsondoc.Node
	items []*Item
}

// nodeItems are the items that hang on one JSON value.
type nodeItems struct {
	whole  *Item // of a root: the mapping
	node   *Item
	begin  *Item // arm that counts when it is evaluated
	chosen *Item // arm that counts when it gives a value
	passes *Item // an account passes the filter
	fails  *Item
	filter *filter.Filter
	source string
	ifs    map[int][]*Item // branches by offset of the #if
}

// NewCoverage prepares to measure a bundle.
func NewCoverage(b *config.Bundle, o Options) *Coverage {
	c := &Coverage{bundle: b, options: o, lib: o.library(), byNode: map[*jsondoc.Node]*nodeItems{},
		byLink: map[string][]*Item{}, byState: map[string]*Item{},
		cases: map[*jsondoc.Node]map[int]bool{}}
	c.rec = &recorder{root: c.rootBegins, begin: c.begins, end: c.ends, branch: c.branches}
	c.engine = c.rec.engine(b, o)
	c.enumerate()
	return c
}

func (c *Coverage) at(n *jsondoc.Node) *nodeItems {
	x := c.byNode[n]
	if x == nil {
		x = &nodeItems{}
		c.byNode[n] = x
	}

	return x
}

// Suite runs the cases of a suite and counts what they reach. It returns the
// report too; failures in it are not explained.
func (c *Coverage) Suite(ctx context.Context, s *Suite) (*Report, diag.List, error) {
	cases, found := s.bind(ctx, c.bundle, c.engine)
	if found.HasErrors() {
		return nil, found, ctx.Err()
	}
	r := &runner{ctx: ctx, engine: c.engine, options: c.options, watch: c.rec, onResult: c.result}
	report := &Report{}
	for i, b := range cases {
		if err := ctx.Err(); err != nil {
			return nil, found, err
		}
		c.current = i
		report.add(r.run(b))
	}

	return report, found, nil
}

// Data runs the accounts of the sources and counts what they reach.
func (c *Coverage) Data(ctx context.Context, o profile.RunOptions, sources ...identity.Source) error {
	c.current = -1
	o.Workers = 1 // the recorder belongs to one goroutine
	for res, err := range c.engine.Run(ctx, o, sources...) {
		if err != nil {
			return err
		}
		c.result(res)
	}

	return ctx.Err()
}

// DataOf runs the account files of a folder, see [Coverage.Data]. The findings
// are those of files that cannot be opened.
func (c *Coverage) DataOf(ctx context.Context, fsys fs.FS) (diag.List, error) {
	sources, found := c.bundle.Accounts(fsys, nil)
	now := c.bundle.Settings.Now
	if now.IsZero() {
		now = defaultNow
	}
	return found, c.Data(ctx, profile.RunOptions{Now: now, Seed: c.bundle.Settings.Seed}, sources...)
}

// result counts what shows only in the result of an identity.
func (c *Coverage) result(r *profile.Result) {
	for _, l := range r.Links {
		if list := c.byLink[l.Account.Source]; l.Method == "CONFIG" && l.Criterion < len(list) {
			list[l.Criterion].Hits++
		}
	}

	if item := c.byState[r.Identity.Profile+"\x00"+r.Lifecycle.State]; item != nil {
		item.Hits++
	}
}

func (c *Coverage) rootBegins(_ *transform.Scope, def *jsondoc.Node) func(identity.Value, error) {
	if x := c.byNode[def]; x != nil && x.whole != nil {
		x.whole.Hits++
	}
	return nil
}

func (c *Coverage) begins(site *transform.Site, _ identity.Value) {
	n := site.Def
	if c.current >= 0 {
		if c.cases[n] == nil {
			c.cases[n] = map[int]bool{}
		}
		c.cases[n][c.current] = true
	}

	// What the case reaches and what is covered are counted apart: the first chooses cases for
	// mutants.
	x := c.byNode[n]
	if x == nil {
		return
	}
	if x.node != nil {
		x.node.Hits++
	}
	if x.begin != nil {
		x.begin.Hits++
	}

	// A filter has two branches, that an account passes and that one fails; each account decides by
	// itself.
	if x.filter != nil {
		for _, a := range c.rec.scope.AccountsOf(x.source) {
			if x.filter.Match(a.Property) {
				x.passes.Hits++
			} else {
				x.fails.Hits++
			}
		}
	}
}

func (c *Coverage) ends(site *transform.Site, v identity.Value, err error) {
	if x := c.byNode[site.Def]; x != nil && x.chosen != nil && err == nil && !v.IsNull() {
		x.chosen.Hits++
	}
}

func (c *Coverage) branches(template *jsondoc.Node, offset, branch int) {
	if x := c.byNode[template]; x != nil {
		if items := x.ifs[offset]; branch < len(items) {
			items[branch].Hits++
		}
	}
}

// enumerate lists everything that can be covered.
func (c *Coverage) enumerate() {
	for _, p := range c.bundle.Profiles {
		// A mapping is covered by itself, and each step in it as well.
		for _, m := range p.Mappings {
			c.unit(fmt.Sprintf("profile %q > attribute %q", p.Name, m.Attribute), m.Node, effective(m.Definition.Node),
				true)
		}
		c.states(p)
	}

	for _, s := range c.bundle.Sources {
		for _, f := range policyFields(s) {
			if f.def == nil {
				continue
			}
			c.unit(fmt.Sprintf("source %q > field %q", s.Name, f.name), f.node, f.def.Node, true)
		}

		c.criteria(s)
	}

	// A stored transform counts once, however many mappings refer to it, and is no item of its own: nothing
	// evaluates it alone.
	for _, name := range slices.Sorted(maps.Keys(c.bundle.Transforms)) {
		n := c.bundle.Transforms[name].Node
		c.unit(fmt.Sprintf("transform %q", name), n, n, false)
	}
}

func (c *Coverage) unit(name string, entry, root *jsondoc.Node, mapping bool) {
	u := &coverUnit{name: name, entry: entry, root: root}
	c.units = append(c.units, u)
	if mapping {
		c.at(root).whole = c.item(u, MappingItem, "", root)
	}
	c.walk(u, root)
}

func (c *Coverage) item(u *coverUnit, kind ItemKind, name string, n *jsondoc.Node) *Item {
	i := &Item{Kind: kind, Unit: u.name, Name: name, Pos: n.Pos()}
	u.items = append(u.items, i)
	c.items = append(c.items, i)
	return i
}

func (c *Coverage) states(p *config.Profile) {
	for _, s := range p.States {
		i := &Item{Kind: BranchItem, Unit: fmt.Sprintf("profile %q", p.Name),
			Name: fmt.Sprintf("lifecycle state %q", s.TechnicalName), Pos: s.Node.Pos(), loose: true}
		if !s.Enabled {
			continue // nobody can get into it
		}
		c.items = append(c.items, i)
		c.byState[p.Name+"\x00"+s.TechnicalName] = i
	}
}

func (c *Coverage) criteria(s *config.Source) {
	if s.Correlation == nil {
		return
	}
	for k, a := range s.Correlation.Assignments {
		i := &Item{Kind: BranchItem, Unit: fmt.Sprintf("source %q", s.Name),
			Name: fmt.Sprintf("correlation[%d]: %s = %s", k, a.Property, a.Value), Pos: a.Pos, loose: true}
		c.items = append(c.items, i)
		c.byLink[s.Name] = append(c.byLink[s.Name], i)
	}
}
