package preview

import (
	"errors"
	"slices"
	"strings"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/transform"
)

const (
	attrUID       = "uid"
	attrManager   = "manager"
	attrLifecycle = "cloudLifecycleState"
)

// schemaPair is where attributes stand in two schemas; most results have the
// same two.
type schemaPair struct {
	before, after *identity.Schema
	same          bool // equal names in equal slots
	names         []string
	slots         [][2]int // -1: not there
}

func (p *schemaPair) of(before, after *identity.Schema) {
	// Nearly all people have the same two schemas, and pairing the names costs more than comparing values.
	if p.names != nil && p.before == before && p.after == after {
		return
	}
	*p = schemaPair{before: before, after: after}
	var old, now []string
	if before != nil {
		old = before.Names()
	}
	if after != nil {
		now = after.Names()
	}
	p.same = slices.Equal(old, now)
	p.names = make([]string, 0, len(old)+len(now))
	for i, name := range old {
		p.names, p.slots = append(p.names, name), append(p.slots, [2]int{i, slices.Index(now, name)})
	}
	for i, name := range now {
		if !slices.Contains(old, name) {
			p.names, p.slots = append(p.names, name), append(p.slots, [2]int{-1, i})
		}
	}
}

func at(a identity.Attributes, slot int) identity.Value {
	if slot < 0 {
		return identity.Value{}
	}
	return a.At(slot)
}

// changes compares a person that both runs have, links apart.
func (x *comparison) changes(b, a *profile.Result) []Change {
	list := x.attributeChanges(b, a)
	if b.Orphaned != a.Orphaned {
		kind := Orphaned
		if b.Orphaned {
			kind = Adopted
		}
		list = append(list, Change{Kind: kind, pattern: Pattern{Before: b.Identity.Profile, After: a.Identity.Profile}})
	} else if b.Identity.Profile != a.Identity.Profile {
		list = append(list, Change{Kind: Moved, Before: text(b.Identity.Profile), After: text(a.Identity.Profile),
			pattern: Pattern{Before: b.Identity.Profile, After: a.Identity.Profile}})
	}

	if len(b.Exceptions) > 0 || len(a.Exceptions) > 0 {
		list = append(list, exceptionChanges(b, a)...)
	}
	return list
}

func text(s string) identity.Value {
	if s == "" {
		return identity.Value{}
	}
	return identity.StringValue(strings.Clone(s))
}

func (x *comparison) attributeChanges(b, a *profile.Result) []Change {
	var list []Change
	manager := b.Manager.ID != a.Manager.ID || b.Manager.State != a.Manager.State
	if manager {
		list = append(list, managerChange(b, a))
	}
	lifecycle := b.Lifecycle.State != a.Lifecycle.State || lifecycleStatus(b) != lifecycleStatus(a)
	if lifecycle {
		list = append(list, x.lifecycleChange(b, a))
	}

	// Equal rows over equal schemas are equal values, which is so for nearly everybody.
	x.schemas.of(b.Identity.Attributes.Schema(), a.Identity.Attributes.Schema())
	if x.schemas.same && len(b.Errors) == 0 && len(a.Errors) == 0 &&
		b.Identity.Attributes.Row() == a.Identity.Attributes.Row() {
		return list
	}

	// Manager and state are told by what they are, and not as texts as well.
	for i, name := range x.schemas.names {
		if name == attrManager && manager || name == attrLifecycle && lifecycle {
			continue
		}
		old, now := at(b.Identity.Attributes, x.schemas.slots[i][0]), at(a.Identity.Attributes, x.schemas.slots[i][1])
		if c, ok := attributeChange(name, old, now, errorOf(b, name), errorOf(a, name)); ok {
			list = append(list, c)
		}
	}

	return list
}

func errorOf(r *profile.Result, attribute string) error {
	for _, e := range r.Errors {
		if e.Attribute == attribute {
			return e.Err
		}
	}

	return nil
}

// attributeChange compares one attribute. An error that comes or goes is the
// change, whatever happens to the value; of one that stays, another text alone is
// none.
func attributeChange(name string, old, now identity.Value, oldErr, nowErr error) (Change, bool) {
	c := Change{Attribute: name, Kind: Changed}
	switch {
	case oldErr == nil && nowErr != nil:
		c.Kind, c.Message, c.pattern = ErrorAppeared, nowErr.Error(), errorPattern(nowErr)
	case oldErr != nil && nowErr == nil:
		c.Kind, c.Message, c.pattern = ErrorGone, oldErr.Error(), errorPattern(oldErr)
	// Texts of errors hold values, so only another kind of error is a change.
	case oldErr != nil && kindOfError(oldErr) != kindOfError(nowErr):
		c.Kind, c.Message = ErrorChanged, nowErr.Error()
		c.pattern = Pattern{Before: errorPattern(oldErr).Name, After: errorPattern(nowErr).Name}
	case old.Equal(now):
		return c, false
	case old.IsNull():
		c.Kind = Set
	case now.IsNull():
		c.Kind = Cleared
	default:
		c.pattern = patternOf(old, now)
		if name == attrUID {
			c.Kind = UIDChanged
		}
	}

	// Values lie in rows that the run writes over.
	c.Before, c.After = old.Clone(), now.Clone()
	return c, true
}

// errorPattern names the step that raises and the kind of error, no values.
func errorPattern(err error) Pattern {
	var located *transform.Error
	if !errors.As(err, &located) {
		return Pattern{Name: kindOfError(err)}
	}
	var parts []string
	if path := located.Path; len(path) > 2 {
		parts = append(parts, path[2:].String()) // without profile and attribute
	}
	if located.Op != "" {
		parts = append(parts, located.Op)
	}
	return Pattern{Name: strings.Join(append(parts, kindOfError(err)), ": ")}
}

func kindOfError(err error) string {
	for _, known := range []error{transform.ErrConfig, transform.ErrNoMatch, transform.ErrRange, transform.ErrFormat,
		transform.ErrNull,
		transform.ErrTemplate, transform.ErrCycle, transform.ErrUnknown, transform.ErrRule, transform.ErrLimit} {
		if errors.Is(err, known) {
			return known.Error()
		}
	}

	return "an error"
}

func managerChange(b, a *profile.Result) Change {
	c := Change{Kind: ManagerChanged, Attribute: attrManager, Before: managerName(b), After: managerName(a),
		Identity: strings.Clone(a.Manager.ID)}
	if c.pattern = (Pattern{Before: managerState(b), After: managerState(a)}); b.Manager.State == a.Manager.State {
		c.pattern = Pattern{Name: "another manager"}
	}
	return c
}

func managerName(r *profile.Result) identity.Value {
	if r.Manager.ID == "" {
		return identity.Value{}
	}
	return text(r.Manager.Name)
}

// managerState is the outcome of manager correlation in words.
func managerState(r *profile.Result) string {
	switch r.Manager.State {
	case profile.ManagerResolved:
		return "a manager"
	case profile.ManagerNotFound:
		return "manager not found"
	case profile.ManagerAmbiguous:
		return "manager ambiguous"
	case profile.ManagerSelf:
		return "own manager"
	}

	return "no manager"
}

func (x *comparison) lifecycleChange(b, a *profile.Result) Change {
	c := Change{Kind: LifecycleChanged, Attribute: attrLifecycle, Before: text(b.Lifecycle.Value),
		After: text(a.Lifecycle.Value)}
	c.pattern = Pattern{Before: lifecycleState(b), After: lifecycleState(a)}
	if a.Lifecycle.State != "" && a.Lifecycle.State != b.Lifecycle.State {
		c.Intents = x.collect.intents(x.after.Bundle(), a.Identity.Profile, a.Lifecycle.State)
	}
	return c
}

func lifecycleState(r *profile.Result) string {
	if r.Lifecycle.State != "" {
		return r.Lifecycle.State
	}
	return "(" + strings.ToLower(string(lifecycleStatus(r))) + ")"
}

// lifecycleStatus is that of a result; somebody without a profile has none set.
func lifecycleStatus(r *profile.Result) profile.LifecycleStatus {
	if r.Lifecycle.Status == "" {
		return profile.LifecycleNotSet
	}
	return r.Lifecycle.Status
}

// exceptionChanges compares exceptions, one for each code and attribute; either
// side may be missing.
func exceptionChanges(b, a *profile.Result) []Change {
	was, is := exceptions(b), exceptions(a)
	var list []Change

	// One that is there on both sides is a change only when it means somebody or something else.
	for _, e := range was {
		i := slices.IndexFunc(is, func(o Change) bool { return o.Code == e.Code && o.Attribute == e.Attribute })
		switch {
		case i < 0:
			e.Kind, e.Before = ExceptionResolved, e.After
			e.After = identity.Value{}
			list = append(list, e)
		case !e.After.Equal(is[i].After) || e.Identity != is[i].Identity:
			e.Kind, e.Before, e.After, e.Identity = ExceptionChanged, e.After, is[i].After, is[i].Identity
			list = append(list, e)
		}
	}

	// What is left of the new ones has appeared.
	for _, e := range is {
		if !slices.ContainsFunc(was, func(o Change) bool { return o.Code == e.Code && o.Attribute == e.Attribute }) {
			e.Kind = ExceptionNew
			list = append(list, e)
		}
	}

	return list
}

func exceptions(r *profile.Result) []Change {
	if r == nil {
		return nil
	}
	var list []Change
	for _, e := range r.Exceptions {
		for _, attribute := range e.Attributes {
			list = append(list, Change{Code: e.Code, Attribute: attribute, After: text(e.Value),
				Identity: strings.Clone(e.Conflicting), pattern: Pattern{Name: e.Code}})
		}
	}

	return list
}
