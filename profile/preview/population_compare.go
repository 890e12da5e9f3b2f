package preview

import (
	"context"
	"errors"
	"iter"
	"maps"
	"runtime"
	"slices"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
)

// EffectOptions are the choices of [Population.Effect].
type EffectOptions struct {
	BeforeName, AfterName string
	Examples              int  // for each group; 0 means 5
	People                bool // keep every person that changes
	Recompute             bool // correlate every account anew
	Workers               int  // goroutines that evaluate; 0: one for each CPU

	// OnProgress is called now and then, on the goroutine of the call.
	OnProgress func(Progress)
	// OnPerson gets every person that changes, as they are found.
	OnPerson func(*Person) error
}

// Progress is how far a comparison has come, and its figures so far.
type Progress struct {
	Done    int          `json:"done"` // people looked at
	Total   int          `json:"total"`
	People  int          `json:"people"`  // of these, people that change
	Changes map[Kind]int `json:"changes"` // by kind
	// Estimate: the change reaches further than the attributes that were looked at,
	// so that a run over everybody follows and replaces these figures.
	Estimate bool `json:"estimate,omitempty"`
}

// Effect compares what another configuration does with the population, as [Compare]
// does where both runs begin with what the first configuration has stored. Where the
// difference cannot reach beyond some attributes, or does not for anybody, these alone are evaluated;
// else the second configuration runs in full. It stops when the context ends.
func (p *Population) Effect(ctx context.Context, after *config.Bundle, o EffectOptions) (*Report, error) {
	before := p.Bundle()
	opts := Options{Run: p.Options, BeforeName: o.BeforeName, AfterName: o.AfterName, Examples: o.Examples,
		People: o.People, OnPerson: o.OnPerson}
	if opts.Examples == 0 {
		opts.Examples = 5
	}
	opts.Run.Stored, opts.Run.Recompute = p.State(), o.Recompute
	x := &comparison{ctx: ctx, opts: opts, causes: causes(before, after, false), before: p.Engine}
	x.after, _ = profile.Compile(after, opts.Compile)
	x.start()
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}

	// Where the difference cannot reach beyond some attributes, these are evaluated first. When they
	// do reach something, everything runs.
	e := &effect{comparison: x, population: p, options: &o}
	if plan, ok := x.reachable(); ok && !o.Recompute {
		e.deciding(plan)
		r, err := e.attributes(plan)
		if !errors.Is(err, errReach) {
			return r, err
		}
		x.start()
	}

	return e.full()
}

// effect is one comparison of a population under way.
type effect struct {
	*comparison
	population *Population
	options    *EffectOptions
	reserved   map[string][]string // attributes of the plan, by profile, that decide about more than themselves
	reached    bool                // one of them differs for somebody
}

// reachable returns the attributes, by profile, that a difference of mappings and
// transforms can reach; false when something else differs too.
func (x *comparison) reachable() (map[string][]string, bool) {
	if !sameOrder(x.before.Bundle(), x.after.Bundle()) {
		return nil, false
	}

	// Only edited mappings and transforms leave links, profiles and exceptions of other attributes alone;
	// anything else needs a whole run.
	changed := map[string]bool{}
	for _, c := range x.causes {
		switch {
		case c.Kind == CauseTransform:
			changed[c.Name] = true
		case c.Kind != CauseMapping || c.Change == "removed":
			return nil, false
		}
	}

	plan := map[string][]string{}
	for _, p := range x.after.Bundle().Profiles {
		names, ok := x.reach(p, changed)
		if !ok {
			return nil, false
		}
		plan[p.Name] = names
	}

	return plan, true
}

// deciding notes which attributes of a plan decide about links, uids, managers or
// lifecycle states.
func (e *effect) deciding(plan map[string][]string) {
	reserved := e.comparison.reserved()
	e.reserved = map[string][]string{}
	for name, attributes := range plan {
		for _, a := range attributes {
			if reserved[a] {
				e.reserved[name] = append(e.reserved[name], a)
			}
		}
	}
}

// chunkSize is how many people are evaluated in one go: enough that goroutines do
// not wait for each other, few enough that a cancelled comparison ends at once.
const chunkSize = 512

// chunk is some people in a row with what the second configuration gives them.
type chunk struct {
	from    int
	before  []*profile.Result
	after   []*profile.Result
	reached bool
	err     error
}

// attributes evaluates the plan for everybody. Of attributes that decide about more than
// themselves, what both configurations give is compared: as long as nobody's differs,
// nothing else can.
func (e *effect) attributes(plan map[string][]string) (*Report, error) {
	r := e.collect.report
	r.Evaluated = describe(plan)
	r.Totals.UncorrelatedBefore, r.Totals.UncorrelatedAfter = len(e.population.Left), len(e.population.Left)
	ctx, cancel := context.WithCancel(e.ctx)
	defer cancel()
	for c := range e.chunks(ctx, plan) {
		if c.err != nil {
			return nil, c.err
		}
		e.reached = e.reached || c.reached
		for i, a := range c.after {
			b := c.before[i]
			if a == b {
				e.collect.count(b, b)
			} else if err := e.together(b, a); err != nil {
				return nil, err
			}
		}

		e.progress(c.from + len(c.after))

		// Some chunks are finished all the same, so that somebody who waits sees figures.
		if e.reached && c.from+len(c.after) >= min(e.population.Len(), 16*chunkSize) {
			return nil, errReach // the first figures are out; the rest is done by the run over everybody
		}
	}

	if err := e.ctx.Err(); err != nil {
		return nil, err
	}
	if e.reached {
		return nil, errReach
	}
	return e.finish()
}

func (e *effect) progress(done int) {
	if e.options.OnProgress == nil {
		return
	}
	t := &e.collect.report.Totals
	e.options.OnProgress(Progress{Done: done, Total: e.population.Len(), People: t.People,
		Changes: maps.Clone(t.Changes), Estimate: e.reached})
}

// chunks evaluates the population on several goroutines and yields it in order.
func (e *effect) chunks(ctx context.Context, plan map[string][]string) iter.Seq[chunk] {
	return func(yield func(chunk) bool) {
		ctx, cancel := context.WithCancel(ctx)
		workers := e.options.Workers
		ends := make([]chan chunk, workers)
		// Worker i takes chunk i, i+workers and so on, so that the order of the chunks is
		// that of the population without a buffer that could grow.
		defer cancel()
		for i := range ends {
			ends[i] = make(chan chunk, 2)
			go e.work(ctx, i, plan, ends[i])
		}

		for n := 0; n*chunkSize < e.population.Len(); n++ {
			select {
			case c := <-ends[n%workers]:
				if !yield(c) {
					return
				}
			case <-ctx.Done():
				return
			}
		}
	}
}

// work evaluates every so many-th chunk.
func (e *effect) work(ctx context.Context, first int, plan map[string][]string, out chan<- chunk) {
	people := e.population
	after := newPartial(e.after.NewRun(e.opts.Run).Evaluator(ctx), plan)

	// What decides about more than itself is compared by what the mapping gives, not by what became of
	// it.
	var raw *partial
	if len(e.reserved) > 0 {
		raw = newPartial(e.before.NewRun(e.opts.Run).Evaluator(ctx), e.reserved)
	}
	for from := first * chunkSize; from < people.Len(); from += e.options.Workers * chunkSize {
		c := chunk{from: from}
		for i := from; i < min(from+chunkSize, people.Len()); i++ {
			b := people.Result(i)
			a, reached, err := e.evaluate(b, after, raw)
			if err != nil {
				c.err = err
				break
			}

			c.reached = c.reached || reached
			c.before, c.after = append(c.before, b), append(c.after, a)
		}

		select {
		case out <- c:
		case <-ctx.Done():
			return
		}
	}
}

// evaluate gives what the second configuration makes of a person: b itself when
// nothing differs.
func (e *effect) evaluate(b *profile.Result, after, raw *partial) (a *profile.Result, reached bool, err error) {
	part, err := after.stored(b)
	if err != nil {
		return nil, false, err
	}
	if names := e.reserved[b.Identity.Profile]; len(names) > 0 {
		was, err := raw.stored(b)
		if err != nil {
			return nil, false, err
		}
		if reached = disagree(names, was, part); !reached {
			part = without(part, names)
		}
	}

	a, err = merged(b, part)
	return a, reached, err
}

// stored evaluates the plan for the identity of a result with what is stored of it.
func (p *partial) stored(r *profile.Result) (*profile.Result, error) {
	v := p.byProfile[r.Identity.Profile]
	if v == nil {
		v = p.nothing
	}
	return v.Evaluate(r.Identity)
}

// disagree reports whether one of the attributes has another value or another error.
func disagree(names []string, b, a *profile.Result) bool {
	for _, name := range names {
		if !b.Identity.Attributes.Get(name).Equal(a.Identity.Attributes.Get(name)) ||
			(errorOf(b, name) == nil) != (errorOf(a, name) == nil) {
			return true
		}
	}

	return false
}

// without returns a result that does not have the named attributes.
func without(r *profile.Result, names []string) *profile.Result {
	var rest []string
	var values []identity.Value
	for i, name := range r.Identity.Attributes.Schema().Names() {
		if !slices.Contains(names, name) {
			rest, values = append(rest, name), append(values, r.Identity.Attributes.At(i))
		}
	}

	part, i := *r, *r.Identity
	i.Attributes = identity.Pack(identity.NewSchema(rest...), values)
	part.Identity = &i
	return &part
}

// full runs the second configuration over all accounts and compares its results with
// those that the population has.
func (e *effect) full() (*Report, error) {
	t := &e.collect.report.Totals
	e.collect.report.Evaluated = "all"
	t.UncorrelatedBefore = len(e.population.Left)
	o := e.comparison.options(&t.UncorrelatedAfter, false)
	o.Workers = e.options.Workers
	before := newSide(func(yield func(*profile.Result, error) bool) {
		for n, r := range e.population.All() {
			if n%chunkSize == 0 && n > 0 {
				e.progress(n)
			}
			if !yield(r, nil) {
				return
			}
		}
	})

	defer before.stop()

	// Both sides come in nearly the same order, so results meet soon and few wait for their counterpart.
	after := newSide(e.population.Again(e.ctx, e.after, o))
	defer after.stop()
	if err := e.merge(before, after); err != nil {
		return nil, err
	}

	// Who is left on one side alone has come or gone.
	for _, r := range before.waiting {
		e.alone(r, nil)
	}
	for _, r := range after.waiting {
		e.alone(nil, r)
	}
	e.said = e.population.said
	e.noteFindings()
	return e.finish()
}
