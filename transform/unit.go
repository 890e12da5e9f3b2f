package transform

import (
	"context"
	"slices"
	"strings"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/jsondoc"
)

// Options say in what surroundings transforms are compiled.
type Options struct {
	Transforms map[string]*Definition // stored transforms by name
	Sources    []SourceInfo           // known sources; nil: names are not checked
	Rules      []string               // custom rules that Env will have a stub for
	// IdentityAttributes are the system names of the known identity attributes;
	// nil: names are not checked.
	IdentityAttributes []string
	Dialect            Dialect
	// Partial: there are transforms beyond those that are given, as when files are
	// looked at one by one; a name that is not found is only a warning.
	Partial bool
	// Provisioning: the transforms stand in an account create profile, not in
	// an identity profile mapping.
	Provisioning bool
	// Plain compiles without folding, sharing and fast paths: the readable
	// reference that optimised programs are tested against.
	Plain bool
	// Observe compiles a second kind of program that reports every step to the
	// [Tracer] of the scope.
	Observe bool
	// Found collects the findings instead of the list that is returned, so that several calls
	// count together what there is too much of; nil: the list has them.
	Found *diag.Collector
	// Allowance bounds what is compiled, for all calls that have it together; nil: this call has
	// one of its own.
	Allowance *Allowance
}

// SourceInfo names a source in all the ways that transforms name one.
type SourceInfo struct {
	Name            string // display name
	ID              string
	ApplicationName string   // immutable name; empty: NAME [source]
	Attributes      []string // of its account schema; nil: unknown
}

// Item is one transform to compile.
type Item struct {
	Path diag.Path // where it stands; the start of all paths in messages
	Def  *Definition
	// Field holds the attributes of the account create profile's field around
	// the transform; nil elsewhere.
	Field *jsondoc.Node
}

// Unit is a set of programs that were compiled together and share what they
// have in common. It is immutable and safe for concurrent use.
type Unit struct {
	lib      *Library
	opts     Options
	programs []*Program

	catalogue   *catalogue
	sources     map[string]int // slot by display name, of sources that the catalogue lacks
	sourceNames []string       // those sources, in the order of their slots
	targets     map[string]*target
	vars        int
	sharedSlots int
	columns     []columnInfo
	columnOf    map[columnKey]int
	groupOf     map[columnKey]int
	groups      []readGroup
	firsts      int // how many columns are in groups
	choices     []choice
	tuples      []tuple
	streams     int
	resultSlots int
	memoBases   []int // by result slot; known when everything is compiled
	templates   int   // that remember results
	indexes     int   // of targets
	loops       bool  // some reference can lead back to itself, or computes its target

	// While compiling:
	check        bool                // for the findings alone
	names        []string            // of stored transforms, once they were asked for
	known        []string            // names of sources, likewise
	uses         map[string][]use    // by stored transform; nil: not known, as names are computed
	refers       map[string][]string // stored transforms that a stored one refers to by name
	allowance    *Allowance
	prints       map[*jsondoc.Node]fingerprint // of the subtrees that may be shared, of the items
	storedPrints map[*jsondoc.Node]fingerprint // and of stored transforms, see [Linker]
	counts       map[fingerprint]int
	shared       map[fingerprint]*sharedNode
	caught       map[string]bool // stored transforms, see [Unit.caughtTransforms]
	columnNodes  []*columnNode
	tupleOf      map[bases]int
	tupleNodes   []*memoNode
	memoNodes    []*memoNode
	folder       *Scope
	foldLeft     int64
}

// Program evaluates one transform. It is immutable and safe for concurrent use,
// each goroutine with its own [Scope].
type Program struct {
	root   Child
	memo   *memoNode // the root, when it is one; stored transforms may refer to it
	steps  int64     // what references to memo cost
	path   diag.Path
	input  bool // depends on the implicit input
	Deps   Deps
	behind []*target // see [Program.complete]
}

// Eval evaluates the program for the subject of the scope. Input is the implicit
// input, null when there is none. An error is an [*Error]; without a scope it
// is one that matches [ErrNoScope].
func (p *Program) Eval(s *Scope, input identity.Value) (identity.Value, error) {
	if s == nil {
		return identity.Value{}, &Error{Path: p.path, Err: ErrNoScope}
	}

	s.input = input
	s.start()
	if p.root.node == nil {
		return identity.Value{}, nil
	}

	v, err := p.root.node.Eval(s)
	if err != nil {
		return identity.Value{}, located(p.path, under(p.root.site, err))
	}
	return v, nil
}

// ReadsInput reports whether the outcome can depend on the implicit input. A transform
// with an input of its own does not look at it.
func (p *Program) ReadsInput() bool { return p.input }

// Deps is what a program reads, as far as the names are constant.
type Deps struct {
	Accounts   []Read   // account attributes
	Identity   []string // identity attributes of the subject
	Transforms []string // stored transforms, through references too
	Rules      []string

	AnyAccount  bool // a name of a source or account attribute is computed
	AnyIdentity bool // a name of an identity attribute is computed
	Others      bool // reads identities other than the subject
	Now         bool
	Random      bool
	Unique      bool
	OldValue    bool
}

// Read is a read of an account attribute.
type Read struct{ Source, Attribute string }

// size is how many names there are.
func (d *Deps) size() int {
	return len(d.Accounts) + len(d.Identity) + len(d.Transforms) + len(d.Rules)
}

func (d *Deps) merge(o Deps) {
	d.Accounts = append(d.Accounts, o.Accounts...)
	d.Identity = append(d.Identity, o.Identity...)
	d.Transforms = append(d.Transforms, o.Transforms...)
	d.Rules = append(d.Rules, o.Rules...)
	d.AnyAccount = d.AnyAccount || o.AnyAccount
	d.AnyIdentity = d.AnyIdentity || o.AnyIdentity
	d.Others = d.Others || o.Others
	d.Now = d.Now || o.Now
	d.Random = d.Random || o.Random
	d.Unique = d.Unique || o.Unique
	d.OldValue = d.OldValue || o.OldValue
}

// take is merge for reads that are used nowhere else.
func (d *Deps) take(o Deps) {
	for _, l := range []struct{ to, from *[]string }{
		{&d.Identity, &o.Identity}, {&d.Transforms, &o.Transforms}, {&d.Rules, &o.Rules},
	} {
		if len(*l.to) == 0 {
			*l.to, *l.from = *l.from, nil
		}
	}

	if len(d.Accounts) == 0 {
		d.Accounts, o.Accounts = o.Accounts, nil
	}
	d.merge(o)
}

func (d *Deps) normalise() {
	slices.SortFunc(d.Accounts, func(a, b Read) int {
		return strings.Compare(a.Source+"\x00"+a.Attribute, b.Source+"\x00"+b.Attribute)
	})
	d.Accounts = slices.Compact(d.Accounts)
	for _, list := range []*[]string{&d.Identity, &d.Transforms, &d.Rules} {
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
}

// Link compiles transforms together. It returns a program for every item, in
// the same order, and all findings; what is configured wrongly raises
// [ErrConfig] only when it is evaluated.
func (l *Library) Link(opts Options, items ...Item) (*Unit, diag.List) {
	return l.Linker(opts).link(false, items)
}

// link is [Linker.Link], or for findings alone a unit that has no programs and forgets what
// is compiled already.
func (k *Linker) link(check bool, items []Item) (*Unit, diag.List) {
	opts := k.opts
	u := &Unit{lib: k.lib, opts: opts, catalogue: k.catalogue, check: check, sources: map[string]int{}, targets: map[string]*target{},
		columnOf: map[columnKey]int{}, groupOf: map[columnKey]int{}, tupleOf: map[bases]int{}, prints: map[*jsondoc.Node]fingerprint{}, storedPrints: k.prints,
		counts: map[fingerprint]int{}, shared: map[fingerprint]*sharedNode{}, foldLeft: foldTotal}

	if u.allowance = opts.Allowance; u.allowance == nil {
		u.allowance = &Allowance{}
	}

	// To know what occurs twice, one has to see everything before the first is compiled. That is
	// not worth it where next to nothing is compiled any more.
	if !opts.Plain && !opts.Observe && !check && !u.allowance.said {
		u.countAll(items)
	}

	if len(opts.Transforms) > 0 {
		u.caught = u.caughtTransforms(items)
	}

	found := opts.collector()
	for _, item := range items {
		p := u.program(item, found)
		if !check {
			u.programs = append(u.programs, p)
		} else if u.uses != nil && len(u.uses[item.Def.Name]) == 0 {
			delete(u.targets, item.Def.Name) // nobody will ask for it again
		}
	}

	for _, p := range u.programs {
		p.complete()
		p.findMemo(u)
	}

	u.placeColumns()
	u.placeTuples()
	u.prints, u.storedPrints, u.counts, u.shared, u.folder = nil, nil, nil, nil, nil
	u.caught, u.uses, u.refers, u.names, u.known = nil, nil, nil, nil, nil
	return u, opts.returned(found)
}

// collector is what findings go to.
func (o *Options) collector() *diag.Collector {
	if o.Found != nil {
		return o.Found
	}
	return &diag.Collector{}
}

// returned are the findings that a call returns: none where the caller collects them.
func (o *Options) returned(found *diag.Collector) diag.List {
	if o.Found != nil {
		return nil
	}
	return found.Sorted()
}

// Programs returns the compiled programs in the order of the items.
func (u *Unit) Programs() []*Program { return u.programs }

// Run evaluates a program once, in a scope of its own. A nil environment is the
// zero [Env]; subject and accounts may be nil.
func (u *Unit) Run(ctx context.Context, env *Env, p *Program, subject Subject, accounts []identity.Account,
	input identity.Value) (identity.Value, error) {
	s := u.NewScope(ctx, env)
	s.Reset(subject, accounts)
	return p.Eval(s, input)
}

func (u *Unit) program(item Item, found *diag.Collector) *Program {
	p := &Program{path: item.Path}
	c := &Compiler{unit: u, found: found, at: below(item.Path), enclosing: item.Field}

	// A stored transform is compiled once, for this program and for all that refer to it.
	if name := item.Def.Name; name != "" && u.opts.Transforms[name] == item.Def {
		t := u.reference(c, name)
		p.root, p.Deps, p.behind, p.input = t.child(), t.deps, t.behind, t.depends.input
	} else {
		p.root = c.compile(item.Def.Node, diag.Step{})
		c.checkRoot(item.Def)
		p.Deps, p.behind, p.input = c.deps, c.behind, c.depends.input
	}

	p.Deps.normalise()
	return p
}

// findMemo finds the memory of the program. References to it count as they do when they are
// evaluated, and are evaluated where they can lead back.
func (p *Program) findMemo(u *Unit) {
	for node := p.root.node; !u.loops; p.steps++ {
		switch n := node.(type) {
		case *memoNode:
			p.memo = n
			return
		case *referenceNode:
			node = n.target.node
		default:
			return
		}
	}
}

// complete adds to the reads of a program those of stored transforms that were
// still being compiled when it came by them, because references lead back.
func (p *Program) complete() {
	var all Deps // a copy: the program may share the lists of a target
	all.merge(p.Deps)
	seen := map[*target]bool{}
	for left := p.behind; len(left) > 0; {
		t := left[len(left)-1]
		left = left[:len(left)-1]
		if seen[t] {
			continue
		}

		seen[t] = true
		all.merge(t.deps)
		left = append(left, t.behind...)
	}

	if len(seen) > 0 {
		all.normalise()
		p.Deps = all
	}

	p.behind = nil
}

// countAll counts how often each subtree occurs, stored transforms that are
// referred to included, to find those worth sharing.
func (u *Unit) countAll(items []Item) {
	visited := map[string]bool{}
	var count func(n *jsondoc.Node) bool
	look := func(root *jsondoc.Node, prints map[*jsondoc.Node]fingerprint) {
		if _, ok := prints[root]; !ok {
			fingerprints(root, prints)
		}
		root.Walk(count)
	}
	count = func(n *jsondoc.Node) bool {
		typ, ok := n.Get("type").Str()
		if !ok {
			return true
		}

		key := u.print(n)
		if u.counts[key]++; u.counts[key] > 1 {
			return false // what is inside occurs as often
		}

		if id, ok := n.At("attributes", "id").Str(); ok && typ == "reference" && !visited[id] &&
			u.opts.Transforms[id] != nil {
			visited[id] = true
			look(u.opts.Transforms[id].Node, u.storedPrints)
		}

		return true
	}

	for _, item := range items {
		look(item.Def.Node, u.prints)
	}
}

// DisplayName guesses the display name of a source from its immutable name,
// "HR [source]" or "HR [source-17]".
func DisplayName(applicationName string) string {
	if i := strings.LastIndex(applicationName, " [source"); i >= 0 && strings.HasSuffix(applicationName, "]") {
		return applicationName[:i]
	}
	return applicationName
}
