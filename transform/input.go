package transform

import "github.com/idprofile/engine/identity"

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
// the input.
type applyNode struct {
	input Child
	body  Applier
}

func (n *applyNode) Eval(s *Scope) (identity.Value, error) {
	if n.input.column != nil { // as Child.Eval, without the call
		return n.body.Apply(s, n.input.column.read(s))
	}

	v, err := n.input.node.Eval(s)
	if err != nil {
		return identity.Value{}, under(n.input.site, err)
	}
	return n.body.Apply(s, v)
}
