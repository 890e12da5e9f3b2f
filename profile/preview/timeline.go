package preview

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
)

// TimelineOptions say which days a timeline has.
type TimelineOptions struct {
	Run profile.RunOptions // Now, Stored and Incremental are not looked at
	// Store is where the state between days is kept; it must be empty.
	Store identity.Store
	// From and To are the first and the last instant; there is one a day, each 24 hours after
	// the one before.
	From, To time.Time
	// Attributes are those whose changes are told; nil: all.
	Attributes []string
}

// TimelineEvent is an attribute that gets another value on a day, because the day is
// another one and nothing else. Its JSON form is stable: members may be added.
type TimelineEvent struct {
	Day       string         `json:"day"` // such as 2026-01-16
	ID        string         `json:"id"`
	Name      string         `json:"name"`
	Profile   string         `json:"profile"`
	Attribute string         `json:"attribute"`
	From      identity.Value `json:"from"`
	To        identity.Value `json:"to"`
	// Lifecycle says that the attribute is the lifecycle state. State is the state that
	// applies then, "" for none.
	Lifecycle bool   `json:"lifecycle,omitempty"`
	State     string `json:"state,omitempty"`
	// Error is why the attribute keeps its value from then on.
	Error string `json:"error,omitempty"`
}

// maxDays is how many days a timeline may have.
const maxDays = 3660

// ErrDays is a timeline that ends before it begins, or has more days than ten years.
var ErrDays = errors.New("a timeline has its last day after the first one, and at most 3660 days")

// Timeline runs a population over days and calls onEvent for every attribute that the
// passing of time alone changes, by day, then by name of the person. What does not depend
// on the time is evaluated once. The accounts are those of today on every day: nobody
// joins. It returns the number of identities.
func Timeline(ctx context.Context, e *profile.Engine, o TimelineOptions, onEvent func(TimelineEvent),
	sources ...identity.Source) (int, error) {
	if o.To.Before(o.From) || o.To.Sub(o.From) > maxDays*24*time.Hour {
		return 0, ErrDays
	}
	x := &timeline{ctx: ctx, engine: e, o: &o}
	for day := o.From; !day.After(o.To); day = day.Add(24 * time.Hour) {
		x.days = append(x.days, day)
	}
	x.events = make([][]TimelineEvent, len(x.days))

	// People who do not concern each other are taken through all days one by one, which reads the
	// accounts once.
	run := x.together
	if names, alone := timed(e); alone {
		x.names = names
		run = x.oneByOne
	}

	people, err := run(sources)
	if err != nil {
		return people, err
	}

	// Within a day people come by name, whatever order the run has them in.
	for _, events := range x.events {
		slices.SortStableFunc(events, func(a, b TimelineEvent) int {
			return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.ID, b.ID))
		})
		for _, one := range events {
			onEvent(one)
		}
	}

	return people, nil
}

// timeline is one call of Timeline.
type timeline struct {
	ctx    context.Context
	engine *profile.Engine
	o      *TimelineOptions
	days   []time.Time
	names  []string          // attributes that depend on the time, when that concerns nobody else
	events [][]TimelineEvent // by day
}

// timed returns the attributes that depend on the time, and whether each person can be
// looked at alone: the value concerns no link, manager or user name, and comes from the
// person's accounts and attributes only.
func timed(e *profile.Engine) (names []string, alone bool) {
	b := e.Bundle()
	depends := map[string]bool{}
	for again := true; again; {
		again = false
		for _, p := range b.Profiles {
			for _, m := range p.Mappings {
				deps, ok := e.Dependencies(p.Name, m.Attribute)
				if !ok || depends[m.Attribute] {
					continue
				}
				if deps.Now || deps.AnyIdentity || slices.ContainsFunc(deps.Identity, func(n string) bool {
					return depends[n]
				}) {
					depends[m.Attribute], again = true, true
				}
				if depends[m.Attribute] && (deps.Others || deps.Unique || len(deps.Rules) > 0) {
					return nil, false
				}
			}
		}
	}

	// What decides about others makes it a matter of everybody.
	looked := map[string]bool{config.AttrUID: true, config.AttrManager: true}
	for _, s := range b.Sources {
		if s.Correlation != nil {
			for _, a := range s.Correlation.Assignments {
				looked[a.Property] = true
			}
		}

		if s.CorrelationRule != "" || s.Manager != nil && s.Manager.Rule != "" {
			return nil, false // what a rule reads is not known
		}
		if s.Manager != nil {
			looked[s.Manager.IdentityAttribute] = true
		}
	}

	for name := range depends {
		if looked[name] {
			return nil, false
		}
	}

	// An attribute depends on the time when one that it reads does.
	return slices.Sorted(maps.Keys(depends)), true
}

// oneByOne takes each person of one run through all days, while the accounts are at hand.
func (x *timeline) oneByOne(sources []identity.Source) (people int, err error) {
	// Programs may remember what they gave at their time, so each day has its own memory.
	type desk struct{ some, all *profile.Evaluator }
	desks := make([]desk, len(x.days))
	o := x.o.Run
	for i, day := range x.days {
		o.Now = day
		all := x.engine.NewRun(o).Evaluator(x.ctx)
		desks[i] = desk{some: all.Only(x.names...), all: all}
	}

	o.Now = x.o.From
	for r, err := range x.engine.Run(x.ctx, o, sources...) {
		if err != nil {
			return people, err
		}
		people++

		// When nothing depends on time, everybody was only counted.
		if len(x.names) == 0 {
			continue
		}

		// From the second day on only what time can change is evaluated, and everything only for whom
		// it did.
		person, failed := *r.Identity, failures(r)
		for i := 1; i < len(desks); i++ {
			some, err := desks[i].some.Evaluate(&person)
			if err != nil {
				return people, err
			}
			if len(some.Changes) == 0 && slices.Equal(failures(some), failed) {
				continue
			}
			all, err := desks[i].all.Evaluate(&person)
			if err != nil {
				return people, err
			}
			x.events[i] = x.appendEvents(x.events[i], i, all, failed)
			failed = failures(some)
			person.Attributes = all.Clone().Identity.Attributes
		}
	}

	return people, nil
}

// failures returns the attributes whose mappings raise.
func failures(r *profile.Result) []string {
	if len(r.Errors) == 0 {
		return nil
	}
	names := make([]string, len(r.Errors))
	for i, e := range r.Errors {
		names[i] = e.Attribute
	}
	slices.Sort(names)
	return names
}

// together runs everybody again for each day, in a session.
func (x *timeline) together(sources []identity.Source) (people int, err error) {
	s := x.engine.NewSession(x.o.Store, x.o.Run)
	failed := map[string][]string{}
	for i, day := range x.days {
		_, err := s.Aggregate(x.ctx, day, func(r *profile.Result) {
			if i == 0 {
				people++
			} else {
				x.events[i] = x.appendEvents(x.events[i], i, r, failed[r.Identity.ID])
			}

			// Who fails is remembered: an error is an event on the day when it begins, and so is its end.
			if names := failures(r); names != nil || failed[r.Identity.ID] != nil {
				failed[r.Identity.ID] = names
			}
		}, sources...)

		if err != nil {
			return people, err
		}

		// From the second day on nothing has changed but the date, so no source is read again.
		sources = nil
	}

	return people, nil
}

// appendEvents appends what a day changes for one person, whose mappings of some
// attributes raised before.
func (x *timeline) appendEvents(events []TimelineEvent, day int, r *profile.Result, failed []string) []TimelineEvent {
	told := func(attribute string) bool {
		return (x.o.Attributes == nil || slices.Contains(x.o.Attributes, attribute)) &&
			(x.names == nil || slices.Contains(x.names, attribute))
	}
	event := func(attribute string, from, to identity.Value) TimelineEvent {
		return TimelineEvent{
			Day:       x.days[day].Format(time.DateOnly),
			ID:        r.Identity.ID,
			Name:      r.Identity.Alias,
			Profile:   r.Identity.Profile,
			Attribute: attribute,
			From:      from.Clone(),
			To:        to.Clone(),
		}
	}

	// Each day is compared with the one before.
	for _, c := range r.Changes {
		if !told(c.Attribute) {
			continue
		}
		one := event(c.Attribute, c.OldValue, c.NewValue)
		if c.Attribute == config.AttrLifecycle {
			one.Lifecycle, one.State = true, r.Lifecycle.State
		}
		events = append(events, one)
	}

	for _, e := range r.Errors {
		if told(e.Attribute) && !slices.Contains(failed, e.Attribute) {
			v := r.Identity.Attribute(e.Attribute)
			one := event(e.Attribute, v, v)
			one.Error = e.Err.Error()
			events = append(events, one)
		}
	}

	return events
}
