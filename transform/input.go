package transform

import (
	"slices"

	"github.com/idprofile/engine/identity"
)

// Input stands in the arguments of an operation that consumes its input. Its
// node is then an [Applier], see [OnInput].
type Input struct{}

// Applier is the node of an operation on an input, implicit or explicit; null
// when there is none. Appliers are immutable.
type Applier interface {
	Apply(s *Scope, input identity.Value) (identity.Value, error)
}

// OnInput makes a node of an operation on its input. With an explicit input the
// result of that goes from node to node directly.
func OnInput(a Applier) Node { return onInput{a} }

// onInput applies an operation to the implicit input.
type onInput struct{ Applier }

func (n onInput) Eval(s *Scope) (identity.Value, error) { return n.Apply(s, s.input) }

// inputNode replaces the implicit input for everything in body.
type inputNode struct {
	input Child
	body  Node
}

func (n *inputNode) Eval(s *Scope) (identity.Value, error) {
	v, err := n.input.Eval(s)
	if err != nil {
		return v, err
	}

	// Everything in the body sees the new input, and the caller gets the old one back.
	saved := s.input
	s.input = v
	v, err = n.body.Eval(s)
	s.input = saved
	return v, err
}

// applyNode is an inputNode in whose body nothing but the operation itself sees
// the input. Operations one after another are one node, which hands the value on
// from each to the next.
type applyNode struct {
	input Child
	steps []step
}

// step is an operation, and the place of its result when others come after it.
type step struct {
	body Applier
	site *Site
}

// maxSteps is how many operations one node has. The steps of the inner node are copied, which
// costs the square of their number.
const maxSteps = 8

// apply returns a node for an operation on the given input.
func apply(input Child, body Applier) Node {
	n := &applyNode{input: input, steps: []step{{body: body}}}
	if inner, ok := input.node.(*applyNode); ok && len(inner.steps) < maxSteps {
		n.input, n.steps = inner.input, append(slices.Clone(inner.steps), step{body: body})
		n.steps[len(inner.steps)-1].site = input.site
	}
	return n
}

func (n *applyNode) Eval(s *Scope) (v identity.Value, err error) {
	if n.input.column != nil { // as Child.Eval, without the call
		v = n.input.column.read(s)
	} else if v, err = n.input.node.Eval(s); err != nil {
		return identity.Value{}, n.failed(0, under(n.input.site, err))
	}

	if len(n.steps) == 1 { // as most have, whose errors need nothing
		return n.steps[0].body.Apply(s, v)
	}
	for i := range n.steps {
		if v, err = n.steps[i].body.Apply(s, v); err != nil {
			if i+1 < len(n.steps) {
				err = n.failed(i+1, under(n.steps[i].site, err))
			}
			return v, err
		}
	}

	return v, nil
}

// failed lets an error go up to the last operation, from one that has met it.
func (n *applyNode) failed(at int, err error) error {
	for ; at+1 < len(n.steps); at++ {
		err = under(n.steps[at].site, err)
	}
	return err
}
