package profile

import (
	"context"
	"slices"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/transform"
)

// Dependencies returns what the mapping of an identity attribute reads, through
// references too; false when the profile does not map the attribute.
func (e *Engine) Dependencies(profile, attribute string) (transform.Deps, bool) {
	for _, c := range e.profiles {
		if i, ok := c.slots[attribute]; ok && c.profile.Name == profile {
			return c.attrs[i].program.Deps, true
		}
	}
	return transform.Deps{}, false
}

// CorrelationKeys returns the identity attributes that accounts of a source are
// compared with.
func (e *Engine) CorrelationKeys(source string) []string {
	if s := e.sources[source]; s != nil {
		return s.correlator.Keys()
	}
	return nil
}

// Partial evaluates a few attributes of identities that a run of another
// configuration has put together: with the same accounts, the same stored state
// and the same manual marks. It serves comparisons in which nothing else can
// differ. It belongs to one goroutine.
type Partial struct {
	v     *evaluator
	self  alone
	slots [][]int // by rank of the profile
	names [][]string
	old   []identity.Value
}

// Partial returns an evaluator of the given attributes, by name of the profile.
// Attributes that a profile does not map are left out.
func (r *Run) Partial(ctx context.Context, attributes map[string][]string) *Partial {
	p := &Partial{v: newEvaluator(ctx, r.engine, r.env)}
	for _, c := range r.engine.profiles {
		var slots []int
		var names []string
		for _, name := range attributes[c.profile.Name] {
			if i, ok := c.slots[name]; ok {
				slots, names = append(slots, i), append(names, name)
			}
		}
		p.slots, p.names = append(p.slots, slots), append(p.names, names)
	}
	return p
}

// PartialResult is what [Partial.Evaluate] gives. It holds until the next call.
type PartialResult struct {
	Names   []string
	Values  []identity.Value // by name
	Errors  []AttributeError // of whatever was evaluated
	Missing []string         // required attributes among the names without value
}

// Evaluate evaluates the attributes for the identity of a result, from what was
// stored of it before that result.
func (p *Partial) Evaluate(r *Result) PartialResult {
	c := p.v.engine.chooseProfile(r.Identity.Accounts)
	if c == nil || len(p.slots[c.rank]) == 0 {
		return PartialResult{}
	}
	p.self = alone{r.Identity.ID, r.Identity.Alias}
	x := p.v.begin(c, subjectInput{who: &p.self, accounts: r.Identity.Accounts, stored: r.storedAttributes()})
	out := PartialResult{Names: p.names[c.rank], Values: p.old[:0]}
	if c.profile.Enabled {
		x.some(p.slots[c.rank])
	}
	for k, i := range p.slots[c.rank] {
		v := x.values[i]
		if !c.profile.Enabled {
			v = x.input.stored.Get(c.attrs[i].name)
		}
		if slices.Contains(required, out.Names[k]) && isMissing(v, !x.engine.opts.KeepBlank) {
			out.Missing = append(out.Missing, out.Names[k])
		}
		out.Values = append(out.Values, v)
	}
	p.old, out.Errors = out.Values, x.errors
	return out
}

// storedAttributes returns what was stored before the run: what the run has
// given, without its changes.
func (r *Result) storedAttributes() identity.Attributes {
	if r.Created {
		return identity.Attributes{}
	}
	a := r.Identity.Attributes
	if len(r.Changes) == 0 {
		return a
	}
	names := slices.Clone(a.Schema().Names())
	values := make([]identity.Value, len(names))
	for i := range names {
		values[i] = a.At(i)
	}
	for _, c := range r.Changes {
		if i := slices.Index(names, c.Attribute); i >= 0 {
			values[i] = c.OldValue
			continue
		}
		names, values = append(names, c.Attribute), append(values, c.OldValue)
	}
	return identity.Pack(identity.NewSchema(names...), values)
}

// Criterion describes a criterion of a source's correlation for people.
func (e *Engine) Criterion(source string, i int) string {
	if s := e.sources[source]; s != nil {
		return s.correlator.Criterion(i)
	}
	return ""
}
