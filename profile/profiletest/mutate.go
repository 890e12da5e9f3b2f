package profiletest

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"runtime/debug"
	"slices"
	"strings"
	"sync"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/report"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/transform"
)

// Mutation is the outcome of [Mutate].
type Mutation struct {
	Mutants []*Mutant
	Killed  int
}

// Score returns the percentage of mutants that a test noticed, 100 when there are
// none.
func (m *Mutation) Score() float64 {
	return Ratio{m.Killed, len(m.Mutants)}.Percent()
}

// mutation is a bundle that is being changed.
type mutation struct{ bundle *config.Bundle }

// sameType is an operation that gives its input; it takes the place of an
// operation without explicit input.
const sameType = "profiletest.same"

type same struct{ Input transform.Input }

func (*same) Apply(_ *transform.Scope, in identity.Value) (identity.Value, error) { return in, nil }

func withSame(lib *transform.Library) *transform.Library {
	return lib.With(transform.Define(sameType, "Gives its input.",
		func(_ *transform.Compiler, n *same) transform.Node { return transform.OnInput(n) }))
}

// Mutate changes the configuration in small ways, one at a time, and runs the
// cases that reach the changed place. A mutant that no case notices shows what the
// suite does not pin down. All cases must pass on the bundle as it is. Workers is
// how many goroutines run mutants; results do not depend on it.
func Mutate(ctx context.Context, b *config.Bundle, s *Suite, o Options, workers int) (*Mutation, diag.List, error) {
	cover := NewCoverage(b, o)
	report, found, err := cover.Suite(ctx, s)
	if err != nil || found.HasErrors() {
		return nil, found, err
	}

	// A case that fails anyway would kill every mutant.
	if !report.OK() {
		return nil, found, fmt.Errorf("%d of %d cases fail on the configuration as it is", report.Failed,
			len(report.Cases))
	}
	o.Compile.Library = withSame(o.library())
	m := &Mutation{Mutants: cover.mutants()}
	x := &mutationRun{ctx: ctx, bundle: b, options: o, cover: cover}
	cases, _ := s.bind(ctx, b, cover.engine)

	// Most mutants die in one of the first cases, so cheap ones go first.
	x.order = cheapFirst(cases)
	if err := x.all(m.Mutants, cases, workers); err != nil {
		return nil, found, err
	}
	for _, mutant := range m.Mutants {
		if mutant.Killed {
			m.Killed++
		}
	}

	return m, found, ctx.Err()
}

// mutants lists all mutants of the bundle.
func (c *Coverage) mutants() []*Mutant {
	var list []*Mutant
	for _, u := range c.units {
		m := &mutator{lib: c.lib, unit: u.name}
		m.walk(u.root)
		list = append(list, m.mutants...)
	}

	// Mistakes outside of transforms: a mapping that was dropped, a state that was switched off, a
	// criterion that is missing.
	for i, p := range c.bundle.Profiles {
		for k, mapping := range p.Mappings {
			list = append(list, &Mutant{Unit: fmt.Sprintf("profile %q > attribute %q", p.Name, mapping.Attribute),
				Change: "the mapping is dropped", Pos: mapping.Node.Pos(),
				op: effective(mapping.Definition.Node), apply: func(m *mutation) {
					m.profile(i).Mappings = slices.Delete(slices.Clone(p.Mappings), k, k+1)
				}})
		}

		for k, s := range p.States {
			if s.Enabled {
				list = append(list, &Mutant{Unit: fmt.Sprintf("profile %q", p.Name),
					Change: fmt.Sprintf("lifecycle state %q is disabled", s.TechnicalName), Pos: s.Node.Pos(),
					apply: func(m *mutation) {
						state := *s
						state.Enabled = false
						q := m.profile(i)
						q.States = slices.Clone(p.States)
						q.States[k] = &state
					}})
			}
		}
	}

	for i, s := range c.bundle.Sources {
		if s.Correlation != nil {
			for k, a := range s.Correlation.Assignments {
				list = append(list, &Mutant{Unit: fmt.Sprintf("source %q", s.Name),
					Change: fmt.Sprintf("correlation[%d] %s = %s is dropped", k, a.Property, a.Value), Pos: a.Pos,
					apply: func(m *mutation) {
						cfg := *s.Correlation
						cfg.Assignments = slices.Delete(slices.Clone(cfg.Assignments), k, k+1)
						m.source(i).Correlation = &cfg
					}})
			}
		}
	}

	return list
}

func (m *mutation) profile(i int) *config.Profile {
	p := *m.bundle.Profiles[i]
	m.bundle.Profiles[i] = &p
	return &p
}

func (m *mutation) source(i int) *config.Source {
	s := *m.bundle.Sources[i]
	m.bundle.Sources[i] = &s
	return &s
}

// mutationRun runs mutants; it is safe for concurrent use.
type mutationRun struct {
	ctx     context.Context
	bundle  *config.Bundle
	options Options
	cover   *Coverage
	order   []int // of the cases, cheap ones first
}

// cheapFirst orders cases by what they cost: transforms alone, fields, identities
// alone, populations.
func cheapFirst(cases []*bound) []int {
	cost := func(i int) int {
		switch c := cases[i]; {
		case c.Case.transform != nil:
			return 0
		case c.policy != nil:
			return 1
		case c.alone != nil:
			return 2
		}

		return 3
	}

	// Most mutants are found by some case, and the search for it ends there: cheap ones are asked
	// first.
	order := make([]int, len(cases))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cost(a) - cost(b) })
	return order
}

// all runs the mutants on several goroutines. The error is that of the first mutant, in their
// order, that panicked: code of the host, such as an operation, ran where the host cannot recover.
func (x *mutationRun) all(mutants []*Mutant, cases []*bound, workers int) error {
	var wg sync.WaitGroup

	// Mutants differ much in work, so each goroutine takes the next one when it is free.
	next := make(chan int)
	failed := make([]error, len(mutants))
	for range max(workers, 1) {
		wg.Go(func() {
			for i := range next {
				failed[i] = x.guarded(mutants[i], cases)
			}
		})
	}

	for i := range mutants {
		if x.ctx.Err() != nil {
			break
		}
		next <- i
	}

	close(next)
	wg.Wait()
	return cmp.Or(failed...)
}

// guarded is [mutationRun.run], and a panic is its error.
func (x *mutationRun) guarded(m *Mutant, cases []*bound) (err error) {
	defer func() {
		if v := recover(); v != nil {
			place := fmt.Sprintf("mutant of %s (%s), %s", m.Unit, m.Change, m.Pos)
			err = &profile.PanicError{Place: place, Value: v, Stack: debug.Stack()}
		}
	}()

	x.run(m, cases)
	return nil
}

// run decides about one mutant. The cases are those of the unchanged bundle.
func (x *mutationRun) run(m *Mutant, cases []*bound) {
	mutated := x.mutated(m)
	e, _ := profile.Compile(mutated, x.options.Compile)
	r := &runner{ctx: x.ctx, engine: e, options: x.options}
	reached := x.cover.cases[m.op]
	for _, i := range x.order {
		c := cases[i]
		if x.ctx.Err() != nil {
			return
		}
		if m.op != nil && !reached[i] || c.vector != nil {
			continue
		}
		if len(r.run(rebind(c, mutated)).Failures) > 0 {
			m.Killed, m.By = true, c.FullName()
			return
		}
	}
}

// mutated returns the changed bundle.
func (x *mutationRun) mutated(m *Mutant) *config.Bundle {
	// The copy is shallow; what a mutant changes is copied when it does.
	b := *x.bundle
	b.Profiles, b.Sources = slices.Clone(b.Profiles), slices.Clone(b.Sources)
	if m.apply != nil {
		m.apply(&mutation{&b})
		return &b
	}

	b.Transforms = maps.Clone(b.Transforms)
	for name, def := range b.Transforms {
		if n := rebuild(def.Node, m.target, m.replacement); n != def.Node {
			changed := transform.FromNode(n)
			changed.Name = name
			b.Transforms[name] = changed
			return &b
		}
	}

	// The change is in one place, and the first definition that it makes another one is it.
	for i, p := range b.Profiles {
		for k, mapping := range p.Mappings {
			if n := rebuild(mapping.Definition.Node, m.target, m.replacement); n != mapping.Definition.Node {
				q := *p
				q.Mappings = slices.Clone(p.Mappings)
				q.Mappings[k] = &config.Mapping{Attribute: mapping.Attribute, Definition: transform.FromNode(n),
					Node: mapping.Node}
				b.Profiles[i] = &q
				return &b
			}
		}
	}

	for i, s := range b.Sources {
		for k, policy := range s.Policies {
			if n := rebuild(policy, m.target, m.replacement); n != policy {
				t := *s
				t.Policies = slices.Clone(s.Policies)
				t.Policies[k] = n
				b.Sources[i] = &t
				return &b
			}
		}
	}

	return &b
}

// rebind points a case at what the mutated bundle has.
func rebind(c *bound, b *config.Bundle) *bound {
	if c.Case.transform != nil && c.Case.transform.def == nil {
		out := *c
		out.def = b.Transforms[c.Case.transform.name]
		return &out
	}

	return c
}

// WriteText writes the score and the mutants that nobody noticed, for people.
func (m *Mutation) WriteText(w io.Writer, o TextOptions) error {
	var b strings.Builder
	report.Fprintf(&b, "mutation score: %s\n", Ratio{m.Killed, len(m.Mutants)})
	for _, x := range m.Mutants {
		if !x.Killed {
			report.Fprintf(&b, "  %s %s: %s: %s\n", o.paint("fail", "survived"), o.at(x.Pos), x.Unit, x.Change)
		}
	}

	_, err := io.WriteString(w, b.String())
	return err
}

// WriteJSON writes the outcome as one JSON object. The form is stable: members may
// be added, never renamed or removed.
//
//	{"mutants":2,"killed":1,"score":50,"list":[{"unit":"...","change":"...","pos":{...},"killed":false}]}
func (m *Mutation) WriteJSON(w io.Writer) error {
	return writeJSON(w, struct {
		Mutants int       `json:"mutants"`
		Killed  int       `json:"killed"`
		Score   float64   `json:"score"`
		List    []*Mutant `json:"list"`
	}{Mutants: len(m.Mutants), Killed: m.Killed, Score: m.Score(), List: m.Mutants})
}
