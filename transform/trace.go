package transform

import "github.com/idprofile/engine/identity"

// Tracer receives every step of the programs of a unit that was compiled with
// [Options.Observe]. Begin and End nest. It is called on the goroutine of the
// evaluation.
type Tracer struct {
	Begin func(site *Site, input identity.Value)
	End   func(site *Site, result identity.Value, err error)
}

// SetTracer makes the scope report to t; nil stops that. Units compiled without
// [Options.Observe] report nothing.
func (s *Scope) SetTracer(t *Tracer) { s.trace = t }

// observedNode reports one node. The hot path has no such nodes.
type observedNode struct {
	site *Site
	node Node
}

func (n *observedNode) Eval(s *Scope) (identity.Value, error) {
	t := s.trace
	if t == nil {
		return n.node.Eval(s)
	}
	t.Begin(n.site, s.input)
	v, err := n.node.Eval(s)
	t.End(n.site, v, err)
	return v, err
}
