package transform

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
)

// target is a stored transform that something refers to. It is compiled once
// for the unit.
type target struct {
	index   int
	name    diag.Step
	node    Node
	site    *Site
	depends dependence
	height  int
	busy    bool // it is being compiled
	deps    Deps
	behind  []*target // targets on the way back to it, whose deps are not among its own
}

func (t *target) child() Child { return Child{node: t.node, site: t.site} }

// reference compiles a stored transform, once for the unit.
func (u *Unit) reference(c *Compiler, name string) *target {
	t, ok := u.targets[name]
	if ok {
		return t
	}

	// A long way of references is gone from its end, or every step of it would stand on the
	// stack.
	if c.chain.depth() > deepChain {
		u.prepare(c, name)
		if t, ok := u.targets[name]; ok {
			return t
		}
	}
	return u.compileTarget(c, name)
}

// deepChain is from how many references on the way on is made ready first.
const deepChain = 2 * MaxDepth

// prepare compiles what a stored transform refers to, by name and through others, and it at
// last.
func (u *Unit) prepare(c *Compiler, name string) {
	type step struct {
		name string
		next int // of what it refers to
	}
	begun := map[string]bool{name: true}
	for way := []step{{name: name}}; len(way) > 0; {
		at := &way[len(way)-1]
		if refers := u.refers[at.name]; at.next < len(refers) {
			to := refers[at.next]
			at.next++
			if _, ok := u.targets[to]; !ok && !begun[to] && u.opts.Transforms[to] != nil {
				begun[to] = true
				way = append(way, step{name: to})
			}
			continue
		}

		ready := at.name
		way = way[:len(way)-1]
		if _, ok := u.targets[ready]; !ok { // it may lie on a way back
			u.compileTarget(&Compiler{unit: u, found: c.found}, ready)
		}
	}
}

func (u *Unit) compileTarget(c *Compiler, name string) *target {
	t := &target{index: u.indexes, name: diag.Named("transform", name), busy: true}
	u.indexes++

	// It is there before it is compiled, so that a way back to it is seen.
	u.targets[name] = t
	sub := &Compiler{unit: u, found: c.found, at: below(diag.Path{t.name}), chain: c.chain.to(name),
		caught: u.caught[name]}

	def := u.opts.Transforms[name]
	root := sub.compile(def.Node, diag.Step{})
	sub.checkRoot(def)
	sub.deps.normalise() // or they would double with every level of references
	t.node, t.site, t.depends, t.height = root.node, root.site, sub.depends, sub.height
	t.deps, t.behind, t.busy = sub.deps, sub.behind, false

	// Nothing is evaluated but constants, and nothing that reads is one.
	if u.check && t.depends.reads {
		t.node = errNode{errChecked}
	}
	return t
}

// link is a stored transform that is being compiled, and from where it was referred to.
type link struct {
	name string
	from *link
	way  int // links
}

func (l *link) depth() int {
	if l == nil {
		return 0
	}
	return l.way
}

func (l *link) to(name string) *link { return &link{name: name, from: l, way: l.depth() + 1} }

// since is the way from a stored transform back to it. The first and the last ones stand for
// a long way.
func (l *link) since(name string) string {
	names := []string{name}
	for ; l != nil && l.name != name; l = l.from {
		names = append(names, l.name)
	}
	names = append(names, name)
	slices.Reverse(names)
	if n := len(names) - mostNames; n > 0 {
		names = slices.Replace(names, mostNames/2, mostNames/2+n, fmt.Sprintf("(%d more)", n))
	}
	return strings.Join(names, " > ")
}

// mostNames is how many names a message has.
const mostNames = 20

// Reference compiles the stored transform of that name, or returns a node that
// raises when there is none. References that can lead back to themselves are
// reported; they raise when they do.
func (c *Compiler) Reference(name string) Node {
	def, ok := c.unit.opts.Transforms[name]
	if !ok {
		message := fmt.Sprintf("there is no transform %q", name)
		severity, hint := diag.Error, c.Suggest(name, c.unit.transformNames())
		if c.unit.opts.Partial {
			severity = diag.Warning
			hint = cmp.Or(hint, "look at all files together if it stands in another one")
		}

		c.Report(severity, codeReferenceUnknown, "id", message, hint)
		return errNode{fmt.Errorf("%w: %s", ErrUnknown, message)}
	}

	c.passesOn = true
	c.deps.Transforms = append(c.deps.Transforms, def.Name)
	t := c.unit.reference(c, name)
	c.behind = append(c.behind, t.behind...)

	// Nothing is known of a target that is not compiled yet, so the worst is assumed.
	if t.busy {
		c.behind = append(c.behind, t)
		c.unit.loops = true
		c.depends = dependence{input: true, reads: true, perReader: true, once: true}
		c.Report(diag.Error, codeReferenceCycle, "id",
			"references lead back to where they began: "+
				c.chain.since(name), "")
		return &referenceNode{target: t}
	}

	// What is nested too deep raises whatever it reads.
	if t.height >= MaxDepth {
		c.height = MaxDepth
		return errNode{fmt.Errorf("%w: transforms are nested more than %d deep", ErrLimit, MaxDepth)}
	}

	// All that a target reads becomes a part of who refers to it.
	if !c.afford(c.site, t.deps.size()) {
		return errNode{errParts}
	}
	c.deps.merge(t.deps)
	c.depends.merge(t.depends)
	c.height = max(c.height, t.height)

	// What the target gives, the reference gives; what it does with a null input depends on
	// the input here.
	if t.site != nil {
		f, in := t.site.Facts, c.InputFacts().Null
		if f.Null == InputNull {
			f.Null = in
		}
		if f.FailsOnNull {
			f.Fails, f.FailsOnNull = f.Fails || in == MayBeNull, in == InputNull
		}
		*c.Facts() = f
	}

	return &referenceNode{target: t}
}

// AllReferences compiles every stored transform, for a reference whose name is
// computed.
func (c *Compiler) AllReferences() map[string]Node {
	c.unit.loops = true
	nodes := map[string]Node{}
	for _, name := range c.unit.transformNames() {
		t := c.unit.reference(c, name)
		if c.behind = append(c.behind, t.behind...); t.busy {
			c.behind = append(c.behind, t)
		} else if c.afford(c.site, t.deps.size()) {
			c.deps.merge(t.deps)
		}

		nodes[name] = &referenceNode{target: c.unit.targets[name]}
	}

	// Which one it will be is known only when it is evaluated.
	c.depends = dependence{input: true, reads: true, perReader: true, once: true}
	return nodes
}

// transformNames are those of all stored transforms, in order.
func (u *Unit) transformNames() []string {
	if u.names == nil {
		u.names = slices.Sorted(maps.Keys(u.opts.Transforms))
	}
	return u.names
}

// errChecked stands in the place of what is compiled for its findings.
var errChecked = fmt.Errorf("%w: it was only checked", ErrConfig)

// referenceNode evaluates a stored transform with the input as it is.
type referenceNode struct{ target *target }

func (n *referenceNode) Eval(s *Scope) (identity.Value, error) {
	if err := s.budget.Spend(1); err != nil {
		return identity.Value{}, err
	}
	if s.unit.loops {
		return n.guarded(s)
	}

	// As eval, without the call: mapping sets are made of references.
	if t := n.target; t.node != nil {
		v, err := t.node.Eval(s)
		if err != nil {
			return n.failed(err)
		}
		return v, nil
	}

	return n.eval(s)
}

func (n *referenceNode) eval(s *Scope) (identity.Value, error) {
	t := n.target
	if t.node == nil {
		return identity.Value{}, fmt.Errorf("%w: %s is empty", ErrConfig, t.name)
	}

	v, err := t.node.Eval(s)
	if err != nil {
		return n.failed(err)
	}
	return v, nil
}

// failed lets the path of an error begin at the stored transform.
func (n *referenceNode) failed(err error) (identity.Value, error) {
	p, ok := err.(*pathError)
	if !ok {
		p = &pathError{op: n.target.site.Type, err: err}
	}
	p.steps = append(p.steps, n.target.name)
	return identity.Value{}, p
}

// guarded refuses a target that is being evaluated, and chains that are too long.
func (n *referenceNode) guarded(s *Scope) (identity.Value, error) {
	if s.active[n.target.index] {
		return identity.Value{}, fmt.Errorf("%w: %s leads back to itself", ErrCycle, n.target.name)
	}
	if s.references == MaxDepth {
		return identity.Value{}, fmt.Errorf("%w: transforms are nested more than %d deep", ErrLimit, MaxDepth)
	}

	// The marks stand for the way to this place; they go when the way back is taken.
	s.active[n.target.index] = true
	s.references++
	v, err := n.eval(s)
	s.references--
	s.active[n.target.index] = false
	return v, err
}

// Delegate compiles the operation that the given attribute names, out of a list
// of its own; code is that of the finding when there is none.
func (c *Compiler) Delegate(ops []Operation, attribute string, code diag.Code) Node {
	name := c.constantText(attribute)
	var names []string
	for i := range ops {
		names = append(names, ops[i].Type)
		if ops[i].Type == name {
			c.depends.input = c.depends.input || ops[i].input
			c.op = &ops[i]
			return ops[i].compile(c)
		}
	}

	return c.Fail(code, attribute, "found %q, expected one of %s", name, strings.Join(names, ", "))
}

// constantText returns the text of an attribute that is the same for everybody.
func (c *Compiler) constantText(attribute string) string {
	n := c.attributes().Get(attribute)
	if text, ok := n.Str(); ok || n.IsNull() {
		return text
	}

	// Its findings are reported where the attribute is compiled for good.
	aside := &Compiler{unit: c.unit, found: &diag.Collector{}, at: c.at, depth: c.depth}
	child := aside.compile(n, diag.Attr(c.op.Type, attribute))
	if aside.depends.input || aside.depends.reads {
		return ""
	}

	v, err := child.Eval(c.unit.foldScope())
	if err != nil {
		return ""
	}
	return v.Text()
}
