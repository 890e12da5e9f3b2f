package transform

import (
	"context"
	"fmt"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/jsondoc"
)

// compile turns a JSON value into a child at a step below the current path.
func (c *Compiler) compile(n *jsondoc.Node, step diag.Step) Child {
	if n.IsNull() {
		return Child{}
	}
	site := &Site{up: c.at, Step: step, Def: n, Facts: Facts{Null: MayBeNull}}
	if !c.afford(site, 4) {
		return c.beyond(site)
	}

	// What a value is decides how it compiles; a number or a boolean is itself.
	var node Node
	switch n.Kind() {
	case jsondoc.String:
		node = c.text(n, site)
	case jsondoc.Array:
		node = c.array(n, site)
	case jsondoc.Object:
		node = c.operation(n, site)
	default:
		site.Facts = factsOf(n.Value())
		node = constNode{n.Value()}
	}

	c.raises, c.raisesOnNull = c.raises || site.Fails, c.raisesOnNull || site.FailsOnNull
	c.counts = c.counts || site.counts

	// Observers go around everything, also around what would be folded.
	if c.unit.opts.Observe {
		node = &observedNode{site: site, node: node}
	}

	column, _ := node.(*columnNode)
	return Child{node: node, site: site, column: column}
}

// beyond is what stands for something that is not compiled, see [Allowance].
func (c *Compiler) beyond(site *Site) Child {
	site.Fails, c.raises, c.depends.reads = true, true, true
	return Child{node: errNode{errParts}, site: site}
}

func (c *Compiler) array(n *jsondoc.Node, site *Site) Node {
	list := &listNode{}
	for i, item := range n.Items() {
		step := site.Step
		step.Index, step.Indexed = i, true
		list.items = append(list.items, c.compile(item, step))
	}

	site.Facts = Facts{Kind: identity.List}
	return list
}

// operation compiles a nested transform in a frame of its own.
func (c *Compiler) operation(n *jsondoc.Node, site *Site) Node {
	sub := &Compiler{unit: c.unit, found: c.found, at: site, chain: c.chain, depth: c.depth + 1,
		node: n, site: site, inputSite: c.inputSite, enclosing: c.enclosing, vars: c.vars, declaredLater: c.declaredLater, early: c.early,
		caught: c.caught}

	node := sub.build()

	// Depth is counted along the way to the deepest place, references included.
	if sub.height++; sub.height > MaxDepth {
		node = errNode{fmt.Errorf("%w: transforms are nested more than %d deep", ErrLimit, MaxDepth)}
	}

	site.Fails, site.FailsOnNull = site.Fails || sub.raises, site.FailsOnNull || sub.raisesOnNull
	site.counts = sub.counts
	c.clock = c.clock || sub.clock
	c.deps.take(sub.deps)
	c.behind = append(c.behind, sub.behind...)

	// Folding and sharing are decided by what the whole subtree reads.
	sub.depends.worthMemo = sub.depends.worthMemo || sub.op != nil && !sub.op.Traits.Cheap
	node = sub.optimise(node, len(c.vars))
	if sub.depends.outer > len(c.vars) { // its own variable
		sub.depends.outer = 0
	}

	c.depends.merge(sub.depends)
	c.memos = append(c.memos, sub.memos...)
	c.height = max(c.height, sub.height)
	return node
}

func (c *Compiler) build() Node {
	if c.depth > MaxDepth {
		c.height = MaxDepth
		return errNode{fmt.Errorf("%w: transforms are nested more than %d deep", ErrLimit, MaxDepth)}
	}

	typ, ok := c.node.Get("type").Str()
	if !ok {
		c.op = &Operation{Type: "transform"}
		c.Report(diag.Error, codeShapeTypeMissing, "", "an object without \"type\" stands where a value is expected",
			"give it a type; did you mean a table?")
		return errNode{fmt.Errorf("%w: an object without type is no transform", ErrConfig)}
	}

	// An unknown type is reported now and raises only when it is evaluated: a branch that
	// nobody takes does no harm.
	if c.op, ok = c.unit.lib.Operation(typ); !ok {
		c.op = &Operation{Type: typ}
		if c.isField() {
			c.Report(diag.Error, codeCreateProfileField, "", "this is a field of an account create profile, not a transform",
				`the transform is what its member "transform" holds`)
			return errNode{fmt.Errorf("%w: a field of an account create profile is no transform", ErrConfig)}
		}

		code, message, hint := c.unit.lib.unknown(typ)
		c.Report(diag.Error, code, "", message, hint)
		return errNode{fmt.Errorf("%w: %s", ErrConfig, message)}
	}

	c.site.Type = typ
	c.checkShape()
	return c.withInput()
}

// withInput compiles the operation and, around it, its explicit input.
func (c *Compiler) withInput() Node {
	in := c.attributes().Get("input")

	// Without an input of its own the operation depends on the implicit one.
	if in.IsNull() {
		node := c.op.compile(c)
		c.depends.input = c.depends.input || c.op.input && !c.passesOn
		return node
	}

	input := c.compile(in, diag.Attr(c.op.Type, "input"))
	c.inputSite = input.site
	if v, ok := input.Const(); ok {
		c.constInput = &v
	}

	// What the input reads is kept apart: inside the body, the implicit input is this one and
	// no longer that of the outside.
	outside := c.depends
	c.depends = dependence{}
	body := c.op.compile(c)
	if !c.op.input && !c.depends.input {
		c.Infof(codeInputUnused, "input", "%s does not use its input, nor does anything in it", c.op.Type)
	}

	alone := !c.depends.input && !c.unit.opts.Observe
	c.depends.input = false // what is inside sees the explicit input
	c.depends.merge(outside)

	// Nothing but the operation sees the input, so it need not go through the scope.
	if op, ok := body.(onInput); ok && alone {
		return apply(input, op.Applier)
	}

	return &inputNode{input: input, body: body}
}

// optimise folds what is the same for everybody, shares what occurs again and
// remembers what depends on little.
// visible is the number of variables in sight outside of the node.
func (c *Compiler) optimise(node Node, visible int) Node {
	if c.unit.opts.Plain || c.unit.opts.Observe || c.depends.input || c.depends.perReader ||
		c.depends.outer > 0 && c.depends.outer <= visible {
		return node
	}

	// What reads nothing is the same for everybody.
	if !c.depends.reads {
		return c.fold(node)
	}
	return c.withMemo(c.share(node))
}

// share evaluates a node that occurs again only once for each subject, when that
// is worth it.
func (c *Compiler) share(node Node) Node {
	key := c.unit.print(c.node)

	// Sharing costs a lookup for each reader, which cheap operations do not earn back.
	if c.unit.counts[key] < 2 || !c.depends.worthMemo {
		return node
	}

	shared, ok := c.unit.shared[key]
	if !ok {
		shared = &sharedNode{slot: c.unit.sharedSlots, node: node}
		c.unit.sharedSlots++
		c.unit.shared[key] = shared
	}

	return shared
}

// What folding may spend: on one node, and for a whole unit.
const (
	foldSteps  = 10_000
	foldOutput = 64 << 10
	foldTotal  = 2_000_000
)

// fold evaluates a node that depends on nothing. One that raises, or takes too
// much, stays as it is, and so does everything around it.
func (c *Compiler) fold(node Node) Node {
	s := c.unit.foldScope()
	s.limits = Limits{Steps: min(foldSteps, c.unit.foldLeft), Output: foldOutput}
	s.start()

	// Each constant takes its share of the budget for the whole unit, so that a hostile file
	// cannot make compiling slow.
	v, err := node.Eval(s)
	c.unit.foldLeft -= s.limits.Steps - max(s.budget.Steps, 0)

	// It raises again whenever somebody gets there, with the path of that place.
	if err != nil {
		c.depends.reads = true
		return node
	}

	v = v.Clone()
	counts := c.site.counts
	c.site.Facts, c.site.counts = factsOf(v), counts
	return constNode{v}
}

// foldScope returns the scope that constants are computed in.
func (u *Unit) foldScope() *Scope {
	if u.folder == nil {
		u.folder = u.NewScope(context.Background(), &Env{})
	}
	u.folder.fit()
	u.folder.Reset(nil, nil)
	return u.folder
}
