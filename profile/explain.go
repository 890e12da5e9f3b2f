package profile

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/transform"
)

// Trace explains one identity: how its accounts and its profile were found, and
// every step by which its attributes got their values. It shares no memory with
// the run. Its JSON form is stable: members may be added, never renamed or
// removed.
type Trace struct {
	Result     *Result          `json:"-"`
	ID         string           `json:"id"`
	Name       string           `json:"name"`
	Profile    string           `json:"profile"`
	Profiles   []ProfileTrace   `json:"profiles"` // by priority
	Accounts   []AccountTrace   `json:"accounts"` // in the order they were linked
	Attributes []AttributeTrace `json:"attributes"`
}

// ProfileTrace says whether an identity could have a profile.
type ProfileTrace struct {
	Name     string `json:"name"`
	Priority int64  `json:"priority"`
	Source   string `json:"source"`
	Account  string `json:"account,omitempty"` // native identity on the source; empty: none
	Chosen   bool   `json:"chosen"`
}

// AccountTrace says how an account came to the identity.
type AccountTrace struct {
	Source         string           `json:"source"`
	NativeIdentity string           `json:"nativeIdentity"`
	Method         correlate.Method `json:"method"`
	Criterion      string           `json:"criterion,omitempty"` // of CONFIG
}

// AttributeTrace explains one attribute.
type AttributeTrace struct {
	Name    string         `json:"name"`
	Value   identity.Value `json:"value"`            // what the identity has in the end
	Result  identity.Value `json:"evaluated"`        // what the mapping gives
	Stored  identity.Value `json:"stored"`           // what it was before
	Error   string         `json:"error,omitempty"`  // with the path to the step that raised it
	Note    string         `json:"note,omitempty"`   // why value and evaluated differ
	Mapping diag.Pos       `json:"mapping,omitzero"` // where the mapping stands
	Step    *Step          `json:"step"`             // nil: no mapping, or not evaluated
}

// Explain explains the first identity for which find is true: all its attributes, or the
// named ones. It says what an [Engine.Run] over the sources gives, and returns
// [identity.ErrNotFound] when there is nobody.
//
// All accounts are read and correlated, because whose an account is depends on everybody.
// Then find is asked for those identities by what is known of them: id, alias and accounts. Only
// when that is nobody, it is asked again with everybody's results, in the same order. Where it
// is somebody, of the others nothing is evaluated but what decides about this one: uid, and what
// managers are found and called by. All is evaluated for all if some mapping
// reads other identities or asks for unique values, or those attributes read each other in a
// circle or what is known only then; findings about others are then heard too.
//
// A program that has the accounts of a person needs none of this: see [Evaluator.Explain].
func (e *Engine) Explain(ctx context.Context, o RunOptions, find func(*Result) bool, attributes []string,
	sources ...identity.Source) (*Trace, error) {
	p := newPhases(ctx, e.NewRun(o))
	who := int32(-1)
	p.linked = func() {
		if who = p.known(find); who >= 0 {
			p.calculator.narrowed = p.narrow(who)
		}
	}
	if err := p.all(sources); err != nil {
		return nil, err
	}
	if who >= 0 {
		return p.explain(who, p.builder.result(who), attributes)
	}
	for n := range p.people {
		if p.people[n].unmade {
			continue
		}
		if r := p.builder.result(int32(n)); find(r) {
			return p.explain(int32(n), r, attributes)
		}
	}

	return nil, fmt.Errorf("identity: %w", identity.ErrNotFound)
}

func (p *phases) explain(n int32, r *Result, attributes []string) (*Trace, error) {
	t := p.engine.trace(r)
	accounts := p.appendAccounts(nil, n)
	defer func() { p.explainManager(n, t) }()
	if c, _ := p.engine.membership(accounts); c != nil {
		observing, c := p.engine.observing(c)
		x := newEvaluator(p.ctx, observing, p.env).begin(c,
			subjectInput{who: p.tables, number: n, accounts: accounts, stored: p.storedAttributes(n)})
		t.Attributes = x.explain(r, attributes)
	}

	return t, p.ctx.Err()
}

// observing compiles a profile once more, with programs that report their steps.
func (e *Engine) observing(c *compiled) (*Engine, *compiled) {
	o := *e
	o.opts.Observe = true
	again := &compiled{profile: c.profile, rank: c.rank, source: c.source, slots: map[string]int{}, states: c.states}
	var found diag.Collector // known from the first time
	o.link(again, o.linker(&found), &found)
	again.order = again.dependencyOrder()
	again.findLifecycleReaders()
	again.schema = again.newSchema()
	again.findRequired()
	return &o, again
}

// trace says how accounts and profile were found.
func (e *Engine) trace(r *Result) *Trace {
	t := &Trace{Result: r, ID: r.Identity.ID, Name: r.Identity.Alias, Profile: r.Identity.Profile,
		// Every profile is shown, so that one sees why a better one was not chosen.
		Profiles: []ProfileTrace{}, Accounts: []AccountTrace{}}
	for _, c := range e.profiles {
		pt := ProfileTrace{Name: c.profile.Name, Priority: c.profile.Priority,
			Chosen: c.profile.Name == r.Identity.Profile && !r.Orphaned}
		if c.source != nil {
			pt.Source = c.source.Name
			if a := c.authoritative(r.Identity.Accounts); a != nil {
				pt.Account = a.NativeIdentity
			}
		}

		t.Profiles = append(t.Profiles, pt)
	}

	for _, l := range r.Links {
		at := AccountTrace{Source: l.Account.Source, NativeIdentity: l.Account.NativeIdentity, Method: l.Method}
		if s := e.sources[l.Account.Source]; s != nil && l.Method == correlate.ByConfig {
			at.Criterion = s.correlator.Criterion(l.Criterion)
		}
		t.Accounts = append(t.Accounts, at)
	}

	return t
}

// explain evaluates attributes and records how.
func (x *evaluation) explain(r *Result, attributes []string) []AttributeTrace {
	// Readers of the lifecycle state are shown in the pass that decided: the last one.
	if x.profile.profile.Enabled && x.profile.late != nil && x.profile.asksLate(attributes) {
		x.all()
	}

	list := []AttributeTrace{}
	for _, i := range x.profile.order {
		if attributes == nil || slices.Contains(attributes, x.profile.attrs[i].name) {
			list = append(list, x.explainOne(i, r))
		}
	}

	// Evaluated in the order of dependencies, shown in the order of the mappings.
	slices.SortStableFunc(list, func(a, b AttributeTrace) int { return x.profile.slots[a.Name] - x.profile.slots[b.Name] })
	for _, name := range attributes {
		if _, ok := x.profile.slots[name]; !ok {
			list = append(list, AttributeTrace{Name: name, Value: r.Identity.Attribute(name), Stored: x.input.stored.Get(name),
				Note: fmt.Sprintf("profile %q does not map it", x.profile.profile.Name)})
		}
	}

	return list
}

// asksLate reports whether one of the attributes, or of all, reads the lifecycle state.
func (c *compiled) asksLate(attributes []string) bool {
	return attributes == nil || slices.ContainsFunc(attributes, func(name string) bool {
		i, ok := c.slots[name]
		return ok && c.late[i]
	})
}

func (x *evaluation) explainOne(i int, r *Result) AttributeTrace {
	a := &x.profile.attrs[i]
	t := AttributeTrace{Name: a.name, Stored: x.input.stored.Get(a.name), Value: r.Identity.Attribute(a.name),
		Mapping: x.profile.profile.Mappings[i].Node.Pos()}
	if !x.profile.profile.Enabled {
		t.Result, t.Note = t.Stored, "the mapping of the profile is disabled, so the stored value stays"
		return t
	}

	// The attribute is evaluated once more, alone and observed.
	rec := &recorder{x: x}
	x.scope.SetTracer(&transform.Tracer{Begin: rec.begin, End: rec.end})
	x.scope.Forget()
	x.state[i] = todo // it may have been evaluated for another attribute, unseen
	x.errors = slices.DeleteFunc(x.errors, func(e AttributeError) bool { return e.Attribute == a.name })
	x.evaluate(i)
	x.scope.SetTracer(nil)
	t.Step, t.Result = rec.root, x.values[i].Clone()
	for _, e := range x.errors {
		if e.Attribute == a.name {
			t.Error, t.Note = e.Err.Error(), "on an error the stored value stays"
		}
	}

	t.explainDifference(r)
	if x.lifecycleKnown && x.profile.late[i] && a.name != config.AttrLifecycle && t.Note == "" {
		t.Note = fmt.Sprintf("follows from the lifecycle state: evaluated again with %s %v, which this run gives",
			config.AttrLifecycle, x.lifecycleNow)
	}
	return t
}

// explainDifference says why an attribute is not what its mapping gives.
func (t *AttributeTrace) explainDifference(r *Result) {
	if t.Value.Equal(t.Result) || t.Error != "" {
		return
	}
	switch t.Name {
	case config.AttrManager:
		if t.Note = fmt.Sprintf("the mapped value only starts the manager correlation: %s",
			r.Manager.State); r.Manager.State == "" {
			t.Note = "no manager correlation is configured for it, so there is no manager"
		}
	case config.AttrUID:
		for _, e := range r.Exceptions {
			if e.Code == DuplicateUID {
				t.Note = e.Message
			}
		}
	}
}

// recorder builds the tree of steps.
type recorder struct {
	x     *evaluation
	root  *Step
	stack []*Step
}

func (r *recorder) begin(site *transform.Site, input identity.Value) {
	s := &Step{Operation: site.Type, Pos: site.Def.Pos(), Input: input.Clone(), site: site,
		// Steps are a tree: what begins within a step belongs to it.
		about: r.x.engine.lib.About(site.Type)}
	if site.Step.Attribute != "" {
		s.Place = site.Step.Attribute
		if site.Step.Keyed {
			s.Place = fmt.Sprintf("%s[%q]", site.Step.Attribute, site.Step.Key)
		} else if site.Step.Indexed {
			s.Place = fmt.Sprintf("%s[%d]", site.Step.Attribute, site.Step.Index)
		}
	}

	s.name()
	if len(r.stack) == 0 {
		r.root = s
	} else {
		top := r.stack[len(r.stack)-1]
		top.Steps = append(top.Steps, s)
	}

	r.stack = append(r.stack, s)
}

func (r *recorder) end(site *transform.Site, v identity.Value, err error) {
	s := r.stack[len(r.stack)-1]
	r.stack = r.stack[:len(r.stack)-1]
	s.Output, s.err, s.Failed = v.Clone(), err, err != nil

	// An error is shown where it arose, not at each step that passes it on.
	if err != nil && !slices.ContainsFunc(s.Steps,
		func(c *Step) bool { return c.err != nil && c.err.Error() == err.Error() }) {
		s.Error = err.Error()
	}

	// The input of an operation may be a step of its own, whose outcome it is.
	for _, c := range s.Steps {
		if c.Place == "input" {
			s.Input = c.Output
		}
	}

	s.choose()
	if err != nil && !errors.Is(err, transform.ErrNoMatch) {
		return
	}
	if site.Type == "accountAttribute" {
		s.readAccount(r.x)
	} else if s.about != nil && s.about.Traits.Why != nil && (err == nil || s.Error != "") {
		s.Reason = s.about.Traits.Why(site.Def.Get("attributes"), s.Input, s.Output)
	}
}

// explainManager says in the trace of the attribute manager what the correlation
// looked for, and who is near when it found nobody.
func (p *phases) explainManager(n int32, t *Trace) {
	r, ok := p.resolver.resolved.outcome[n]
	i := slices.IndexFunc(t.Attributes, func(a AttributeTrace) bool { return a.Name == config.AttrManager })
	if !ok || i < 0 || r.State != ManagerNotFound {
		return
	}

	attribute := p.resolver.lookedUp(n)
	note := &t.Attributes[i].Note
	switch {
	case r.Attribute != "":
		*note += fmt.Sprintf(": its account attribute %q, which the correlation reads, is empty", r.Attribute)
	case r.Value != "" && attribute != "":
		*note += fmt.Sprintf(": nobody has the %s %q", attribute, r.Value)
		near := p.resolver.nearest([]LostManager{{Attribute: attribute, Text: r.Value, asker: n}})[0]
		if near.who >= 0 {
			*note += fmt.Sprintf("; %q has %q, which differs in %s", p.aliasOf(near.who), near.text, near.how)
		}
	}
}
