package preview

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/transform"
)

// required are the attributes that an identity must have, in report order.
var required = []string{"uid", "email", "lastname"}

// plan finds the attributes, by profile, beyond which the differences between
// the configurations cannot reach; false when both have to run in full.
//
// A part is enough when only mappings and transforms differ, nothing reads other
// identities, and no attribute that can change decides about links, uids,
// managers or lifecycle states.
func (x *comparison) plan() (map[string][]string, bool) {
	if !sameOrder(x.before.Bundle(), x.after.Bundle()) {
		return nil, false
	}

	// Anything but a mapping or a transform may reach everything.
	changed := map[string]bool{} // transforms
	for _, c := range x.causes {
		switch {
		case c.Kind == CauseTransform:
			changed[c.Name] = true
		case c.Kind != CauseMapping || c.Change == "removed":
			return nil, false
		}
	}

	reserved := x.reserved()
	plan := map[string][]string{}
	for _, p := range x.after.Bundle().Profiles {
		names, ok := x.reach(p, changed)
		if !ok || slices.ContainsFunc(names, func(name string) bool { return reserved[name] }) {
			return nil, false
		}
		plan[p.Name] = names
	}

	return plan, true
}

// sameOrder reports whether profiles, and mappings that both have, come in the
// same order: it decides ties of priorities, and who sees what in a cycle.
func sameOrder(before, after *config.Bundle) bool {
	if len(before.Profiles) != len(after.Profiles) {
		return false
	}
	for i, b := range before.Profiles {
		a := after.Profiles[i]
		if a.Name != b.Name || !slices.Equal(common(b, a), common(a, b)) {
			return false
		}
	}

	return true
}

// common are the attributes of p that o maps too.
func common(p, o *config.Profile) []string {
	var names []string
	for _, m := range p.Mappings {
		if slices.ContainsFunc(o.Mappings, func(n *config.Mapping) bool { return n.Attribute == m.Attribute }) {
			names = append(names, m.Attribute)
		}
	}

	return names
}

// reserved are attributes that decide about more than themselves.
func (x *comparison) reserved() map[string]bool {
	names := map[string]bool{"uid": true, attrManager: true, attrLifecycle: true}
	for _, e := range []*profile.Engine{x.before, x.after} {
		for _, s := range e.Bundle().Sources {
			for _, key := range e.CorrelationKeys(s.Name) {
				names[key] = true
			}
			if s.Manager != nil {
				names[s.Manager.IdentityAttribute], names["displayName"] = true, true
			}
		}
	}

	return names
}

// reach returns the attributes of a profile that can change: those whose mapping
// or transforms differ, and all that read them.
func (x *comparison) reach(p *config.Profile, changed map[string]bool) ([]string, bool) {
	reached := map[string]bool{}
	for _, m := range p.Mappings {
		for _, e := range []*profile.Engine{x.before, x.after} {
			// Both configurations are asked, since a mapping may have read something that it no longer does. What
			// reads other people, counts names that are taken, or runs foreign code has no bounded reach.
			deps, _ := e.Dependencies(p.Name, m.Attribute)
			if deps.Others || deps.Unique || slices.ContainsFunc(deps.Rules,
				func(name string) bool { return name != transform.UtilityRule }) {
				return nil, false
			}
			if slices.ContainsFunc(deps.Transforms, func(name string) bool { return changed[name] }) {
				reached[m.Attribute] = true
			}
		}
	}

	// A mapping that was changed reaches what it gives.
	for _, c := range x.causes {
		if c.Kind == CauseMapping && c.Name == p.Name {
			reached[c.Attribute] = true
		}
	}

	// And whatever reads it, on and on.
	for again := len(reached) > 0; again; {
		again = false
		for _, m := range p.Mappings {
			if !reached[m.Attribute] && x.readsAny(p.Name, m.Attribute, reached) {
				reached[m.Attribute], again = true, true
			}
		}
	}

	// In the order of the profile, as results list them.
	var names []string
	for _, m := range p.Mappings {
		if reached[m.Attribute] {
			names = append(names, m.Attribute)
		}
	}

	return names, true
}

func (x *comparison) readsAny(in, attribute string, names map[string]bool) bool {
	for _, e := range []*profile.Engine{x.before, x.after} {
		deps, _ := e.Dependencies(in, attribute)
		if deps.AnyIdentity || slices.ContainsFunc(deps.Identity, func(name string) bool { return names[name] }) {
			return true
		}
	}

	return false
}

// partial runs the configuration before, and of the one after only what can
// differ.
func (x *comparison) partial(plan map[string][]string, sources []identity.Source) (*Report, error) {
	r := x.collect.report
	r.Evaluated = describe(plan)
	opts := x.options(&r.Totals.UncorrelatedBefore, false)
	after := newPartial(x.after.NewRun(opts).Evaluator(x.ctx), plan)
	for b, err := range x.settled(opts, sources) {
		if err != nil {
			return nil, err
		}

		// Only what can differ is evaluated, for a person as the first run left it.
		part, err := after.evaluate(b)
		if err != nil {
			return nil, err
		}
		a, err := merged(b, part)
		if err != nil {
			return nil, err
		}
		if a == b {
			x.collect.count(b, b)
			continue
		}

		if err := x.together(b, a); err != nil {
			return nil, err
		}
	}

	// Links cannot differ here, so neither can who has none.
	r.Totals.UncorrelatedAfter = r.Totals.UncorrelatedBefore
	return x.finish()
}

// settled yields what the configuration before gives from the state that both runs
// start from. Where it has to be made first, the accounts are read once all the same:
// a mapping that reads nothing stored gives the same again, and for the others a
// session has the tables of its first run.
func (x *comparison) settled(o profile.RunOptions, sources []identity.Source) iter.Seq2[*profile.Result, error] {
	switch {
	case x.opts.Settle == nil || o.Stored != nil:
		return x.before.Run(x.ctx, o, sources...)
	case !o.Recompute && !o.Recorrelate && !x.before.ReadsStored(o):
		return asStored(x.before.Run(x.ctx, o, sources...))
	}

	// The state is made first, in the way that costs least: a session where nothing has to be looked
	// at anew.
	return func(yield func(*profile.Result, error) bool) {
		if o.Recompute || o.Recorrelate { // whatever the tables hold has to be looked at anew
			if err := x.settle(sources); err != nil {
				yield(nil, err)
				return
			}

			o.Stored = x.opts.Run.Stored
			x.before.Run(x.ctx, o, sources...)(yield)
			return
		}

		s := x.before.NewSession(x.opts.Settle(), x.settling())
		if _, err := s.Aggregate(x.ctx, o.Now, nil, sources...); err != nil {
			yield(nil, err)
			return
		}

		s.Results(x.ctx, o)(yield)
	}
}

// asStored makes the results of a first run those of a second one.
func asStored(first iter.Seq2[*profile.Result, error]) iter.Seq2[*profile.Result, error] {
	return func(yield func(*profile.Result, error) bool) {
		for r, err := range first {
			if err == nil {
				r.Created, r.Changes, r.Move = false, nil, nil
			}
			if !yield(r, err) {
				return
			}
		}
	}
}

// partial evaluates the attributes of a plan for identities that a run of another
// configuration has put together.
type partial struct {
	byProfile map[string]*profile.Evaluator
	nothing   *profile.Evaluator
	person    identity.Identity
}

func newPartial(all *profile.Evaluator, plan map[string][]string) *partial {
	p := &partial{byProfile: map[string]*profile.Evaluator{}, nothing: all.Only()}
	for name, attributes := range plan {
		p.byProfile[name] = all.Only(attributes...)
	}
	return p
}

// evaluate evaluates the plan for the identity of a result, from what was stored
// of it before that result. What it returns holds until the next call.
func (p *partial) evaluate(r *profile.Result) (*profile.Result, error) {
	v := p.byProfile[r.Identity.Profile]
	if v == nil {
		v = p.nothing
	}

	p.person = *r.Identity
	p.person.Attributes = storedAttributes(r)
	return v.Evaluate(&p.person)
}

// storedAttributes returns what was stored before the run: what the run has
// given, without its changes.
func storedAttributes(r *profile.Result) identity.Attributes {
	// What a run creates has nothing stored.
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

	// A change of an attribute that the run gives no more has no place in the row yet.
	for _, c := range r.Changes {
		if i := slices.Index(names, c.Attribute); i >= 0 {
			values[i] = c.OldValue
			continue
		}

		names, values = append(names, c.Attribute), append(values, c.OldValue)
	}

	return identity.Pack(identity.NewSchema(names...), values)
}

// describe names the attributes that are evaluated again.
func describe(plan map[string][]string) string {
	var names []string
	for _, list := range plan {
		for _, name := range list {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}

	if len(names) == 0 {
		return "nothing differs"
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

// merged returns the result with the attributes of the other configuration: b
// itself when they are the same.
func merged(b, part *profile.Result) (*profile.Result, error) {
	var errs []profile.AttributeError
	attributes := part.Identity.Attributes
	names := attributes.Schema().Names()
	for _, e := range part.Errors {
		if errors.Is(e.Err, transform.ErrLimit) { // what is left for the others would differ
			return nil, fmt.Errorf("%w: %w", errReach, e)
		}
		if slices.Contains(names, e.Attribute) {
			errs = append(errs, e)
		}
	}

	// Nearly nobody differs, so the result of before stands for both.
	if len(b.Errors) == 0 && len(errs) == 0 {
		same := true
		for i, name := range names {
			same = same && b.Identity.Attributes.Get(name).Equal(attributes.At(i))
		}
		if same {
			return b, nil
		}
	}

	for _, e := range b.Errors {
		if errors.Is(e.Err, transform.ErrLimit) {
			return nil, fmt.Errorf("%w: %w", errReach, e)
		}
		if !slices.Contains(names, e.Attribute) {
			errs = append(errs, e)
		}
	}

	// A copy: links, managers and everything else stay those of before.
	a, i := *b, *b.Identity
	i.Attributes = replaced(i.Attributes, attributes)
	a.Identity, a.Errors = &i, errs
	a.Exceptions = missingAfter(b.Exceptions, part)
	return &a, nil
}

// replaced returns attributes with those of a part in their places.
func replaced(attributes, part identity.Attributes) identity.Attributes {
	var names []string
	if s := attributes.Schema(); s != nil {
		names = s.Names()
	}
	values := make([]identity.Value, len(names))
	for k := range names {
		values[k] = attributes.At(k)
	}
	more := len(names)
	for k, name := range part.Schema().Names() {
		if slot := slices.Index(names, name); slot >= 0 {
			values[slot] = part.At(k)
			continue
		}

		names, values = append(slices.Clip(names), name), append(values, part.At(k))
	}

	// Thousands of rows share a schema, so a new one is made only for more names.
	schema := attributes.Schema()
	if len(names) > more {
		schema = identity.NewSchema(names...)
	}
	return identity.Pack(schema, values)
}

// missingAfter makes the exception for required attributes anew.
func missingAfter(list []profile.Exception, part *profile.Result) []profile.Exception {
	before, after := missingRequired(list), missingRequired(part.Exceptions)
	now := slices.DeleteFunc(slices.Clone(required), func(name string) bool {
		if _, ok := part.Identity.Attributes.Schema().Slot(name); ok {
			return !slices.Contains(after, name)
		}
		return !slices.Contains(before, name)
	})

	var out []profile.Exception
	if len(now) > 0 {
		out = append(out, profile.Exception{Code: profile.MissingRequired, Attributes: now})
	}
	return append(out, slices.DeleteFunc(slices.Clone(list),
		func(e profile.Exception) bool { return e.Code == profile.MissingRequired })...)
}

// missingRequired returns the required attributes that exceptions say have no value.
func missingRequired(list []profile.Exception) []string {
	var names []string
	for _, e := range list {
		if e.Code == profile.MissingRequired {
			names = append(names, e.Attributes...)
		}
	}

	return names
}
