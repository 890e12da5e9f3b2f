package profiletest

import (
	"context"
	"fmt"
	"strings"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/transform"
)

// maxSteps is how many steps of an evaluation a failure shows.
const maxSteps = 16

// explainer finds out which part of the configuration gave a value, by running a
// case again on an engine that reports its steps.
type explainer struct {
	run   *runner
	stack []*step
	roots map[string]*step // by attribute; "" for transforms
	lib   *transform.Library
}

// step is a step of an evaluation with those inside it.
type step struct {
	site     *transform.Site
	input    string
	value    identity.Value
	err      error
	children []*step
}

func newExplainer(ctx context.Context, b *config.Bundle, o Options) *explainer {
	x := &explainer{lib: o.library()}
	rec := &recorder{begin: x.begin, end: x.end, root: x.root}
	x.run = &runner{ctx: ctx, engine: rec.engine(b, o), options: o, watch: rec}
	x.run.explain = x // what fails again is not explained again
	return x
}

func (x *explainer) root(s *transform.Scope, _ *jsondoc.Node) func(identity.Value, error) {
	outer := x.stack
	top := &step{}
	x.stack = []*step{top}
	name := s.Attribute()
	return func(identity.Value, error) {
		x.stack = outer
		if len(top.children) > 0 {
			x.roots[name] = top.children[0]
			if n := len(outer); n > 0 {
				outer[n-1].children = append(outer[n-1].children, top.children...)
			}
		}
	}
}

func (x *explainer) begin(site *transform.Site, input identity.Value) {
	s := &step{site: site, input: input.String()}
	if n := len(x.stack); n > 0 {
		x.stack[n-1].children = append(x.stack[n-1].children, s)
	}
	x.stack = append(x.stack, s)
}

func (x *explainer) end(_ *transform.Site, v identity.Value, err error) {
	s := x.stack[len(x.stack)-1]
	x.stack = x.stack[:len(x.stack)-1]
	s.value, s.err = v.Clone(), err
}

// add completes the failures of a case.
func (x *explainer) add(c *bound, res *CaseResult) {
	// Vectors are recorded from a tenant and have no configuration to explain.
	if c.vector != nil {
		return
	}
	for i := range res.Failures {
		if f := &res.Failures[i]; f.account != "" {
			x.link(c, f)
		}
	}

	// The case runs once more under observation: watching every step of every case would slow down all that
	// pass.
	x.roots = map[string]*step{}
	x.run.run(c)
	for i := range res.Failures {
		f := &res.Failures[i]
		root := x.roots[f.attribute]
		if root == nil {
			continue
		}
		origin := x.origin(root)
		f.Config, f.Path = origin.site.Def.Pos(), origin.site.Path().String()

		// Steps of the wrapper that observes are none of the configuration.
		f.Path = strings.ReplaceAll(f.Path, " > "+observedType+".definition", "")
		x.list(&f.Trace, root, 0)
	}
}

// link notes which criteria an account was compared by.
func (x *explainer) link(c *bound, f *Failure) {
	for i := range c.accounts {
		a := &c.accounts[i]
		if a.Key().String() != f.account {
			continue
		}
		s := x.run.engine.Bundle().Source(a.Source)
		if s.Correlation == nil || len(s.Correlation.Assignments) == 0 {
			continue
		}
		f.Config = s.Correlation.Assignments[0].Pos
		for k, assignment := range s.Correlation.Assignments {
			f.Trace = append(f.Trace, Step{Pos: assignment.Pos,
				Text: fmt.Sprintf("criterion %d: identity %s = account %s", k, assignment.Property,
					assignment.Value), Value: a.Property(assignment.Value).String()})
		}
	}
}

// chooses reports whether the value of an operation is that of one of its parts.
func (x *explainer) chooses(typ string) bool {
	return typ == "reference" || x.lib.About(typ).Chooses()
}

// origin descends to the step that made the value.
func (x *explainer) origin(s *step) *step {
	// An error comes up from the first child that has one; the step without such a child has raised it itself.
	if s.err != nil {
		for _, c := range s.children {
			if c.err != nil {
				return x.origin(c)
			}
		}

		return s
	}

	if !x.chooses(s.site.Type) {
		return s
	}

	// Of what an operation chose among, the last child with its value made it; an input is only passed
	// through.
	for i := len(s.children) - 1; i >= 0; i-- {
		c := s.children[i]
		if c.err == nil && c.value.Equal(s.value) && c.site.Step.Attribute != "input" {
			return x.origin(c)
		}
	}

	return s
}

// list writes the steps down; plain literals are left out.
func (x *explainer) list(to *[]Step, s *step, depth int) {
	// Literals say nothing that the configuration does not, unless one of several was chosen.
	if s.site.Type == "" && s.site.Def.Kind() != jsondoc.String || s.site.Type == "" && s.literal() && !x.arm(s) {
		return
	}
	if len(*to) >= maxSteps {
		if len(*to) == maxSteps {
			*to = append(*to, Step{Depth: 0, Text: "..."})
		}
		return
	}

	value := s.value.String()
	if s.err != nil {
		value = "an error"
		if !s.inner() {
			value = "an error: " + s.err.Error()
		}
	}

	// Depth is kept instead of a tree, because all forms of output indent lines.
	*to = append(*to, Step{Depth: depth, Pos: s.site.Def.Pos(), Text: x.describe(s), Value: value})
	for _, c := range s.children {
		x.list(to, c, depth+1)
	}
}

// inner reports whether a part of the step raised its error.
func (s *step) inner() bool {
	for _, c := range s.children {
		if c.err != nil {
			return true
		}
	}

	return false
}

func (s *step) literal() bool { return !strings.ContainsAny(s.site.Def.Text(), "$#") }

// arm reports whether the step is a choice of its parent.
func (x *explainer) arm(s *step) bool {
	return x.chooses(s.site.Step.Kind) && s.site.Step.Attribute != "input" && s.site.Step.Attribute != "id"
}

// describe names a step with what is most telling of it.
func (x *explainer) describe(s *step) string {
	at := ""
	if st := s.site.Step; st.Attribute != "" && st.Kind != observedType {
		at = st.Attribute
		switch {
		case st.Indexed:
			at += fmt.Sprintf("[%d]", st.Index)
		case st.Keyed:
			at += fmt.Sprintf("[%q]", st.Key)
		}

		at += " "
	}

	// A template and a literal have no operation to be named.
	if s.site.Type == "" {
		if s.literal() {
			return at + "literal"
		}
		return at + "template " + string(s.site.Def.Append(nil))
	}

	// What an operation says of itself comes first; else what it works on.
	op := x.lib.About(s.site.Type)
	if tell := op.Traits.Tell; tell != nil {
		return at + s.site.Type + " " + tell(func(name string) string {
			return s.site.Def.At("attributes", name).Text()
		})
	}
	if op.ConsumesInput() && s.site.Def.At("attributes", "input").IsNull() {
		return at + s.site.Type + " of " + s.input
	}
	return at + s.site.Type
}
