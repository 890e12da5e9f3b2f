package preview

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/profile"
)

// sameLinks reports whether a person has the same accounts on both sides.
func sameLinks(b, a *profile.Result) bool {
	if len(b.Links) != len(a.Links) {
		return false
	}
	for i := range b.Links {
		if b.Links[i].Account != a.Links[i].Account {
			return slices.Equal(keys(b), keys(a))
		}
	}

	return true
}

// keys are the accounts of a result in alphabetical order.
func keys(r *profile.Result) []identity.AccountKey {
	if r == nil {
		return nil
	}
	list := make([]identity.AccountKey, len(r.Links))
	for i, l := range r.Links {
		list[i] = l.Account
	}
	slices.SortFunc(list, compareAccounts)
	return list
}

func compareAccounts(a, b identity.AccountKey) int {
	return cmp.Or(strings.Compare(a.Source, b.Source), strings.Compare(a.NativeIdentity, b.NativeIdentity))
}

// noteLinks notes the accounts that a person has on one side only. What becomes
// of them is known when everybody has been seen.
func (x *comparison) noteLinks(p *pair) {
	x.deferred[p.person.ID] = p
	was, is := keys(p.before), keys(p.after)
	for _, k := range was {
		if _, found := slices.BinarySearchFunc(is, k, compareAccounts); !found {
			x.delta(k).before = p
		}
	}

	for _, k := range is {
		if _, found := slices.BinarySearchFunc(was, k, compareAccounts); !found {
			x.delta(k).after = p
		}
	}
}

func (x *comparison) delta(k identity.AccountKey) *delta {
	d := x.deltas[k]
	if d == nil {
		d = &delta{}
		x.deltas[k] = d
	}

	return d
}

// finish settles the people whose accounts differ and closes the report.
func (x *comparison) finish() (*Report, error) {
	for _, k := range slices.SortedFunc(maps.Keys(x.deltas), compareAccounts) {
		x.linkChanges(k, x.deltas[k])
	}
	people := slices.SortedFunc(maps.Values(x.deferred), func(a, b *pair) int {
		return comparePeople(a.person, b.person)
	})
	for _, p := range people {
		x.presence(p)
		if err := x.done(p); err != nil {
			return nil, err
		}
	}

	return x.collect.finish(), nil
}

func (x *comparison) linkChanges(k identity.AccountKey, d *delta) {
	c := Change{Source: strings.Clone(k.Source), Account: strings.Clone(k.NativeIdentity), Before: owner(d.before),
		After: owner(d.after)}

	// An account that moves is told at both ends, so that each person's changes are complete by themselves.
	switch {
	case d.after == nil:
		c.Kind, c.pattern = AccountUnlinked, x.linkPattern(x.before, d.before.before, k)
		d.before.add(c)
	case d.before == nil:
		c.Kind, c.pattern = AccountLinked, x.linkPattern(x.after, d.after.after, k)
		d.after.add(c)
	default:
		c.Kind, c.Identity = AccountMovedOut, d.after.person.ID
		c.pattern = x.linkPattern(x.before, d.before.before, k)
		d.before.add(c)
		c.Kind, c.Identity = AccountMovedIn, d.before.person.ID
		c.pattern = x.linkPattern(x.after, d.after.after, k)
		d.after.add(c)
	}
}

func (p *pair) add(c Change) { p.person.Changes = append(p.person.Changes, c) }

func owner(p *pair) identity.Value {
	if p == nil {
		return identity.Value{}
	}
	return text(p.person.Name)
}

// linkPattern says by what the account is or was linked.
func (x *comparison) linkPattern(e *profile.Engine, r *profile.Result, k identity.AccountKey) Pattern {
	for _, l := range r.Links {
		if l.Account != k {
			continue
		}
		if l.Method == correlate.ByConfig {
			return Pattern{Name: "by " + e.Criterion(k.Source, l.Criterion)}
		}
		return Pattern{Name: "by " + methods[l.Method]}
	}

	return Pattern{}
}

// methods are the methods as people read them.
var methods = map[correlate.Method]string{
	correlate.Manual: "a manual link", correlate.Rule: "the correlation rule", correlate.Default: "its name",
	correlate.Sticky: "the link it had", correlate.NewIdentity: "the identity that it makes",
}

// presence says what becomes of an identity that only one run has.
func (x *comparison) presence(p *pair) {
	c := Change{Before: text(p.person.Before), After: text(p.person.After)}
	switch {
	case p.before != nil && p.after != nil:
		return
	case p.after == nil:
		c.Kind = Removed
		if d := x.deltas[p.before.Account]; d != nil && d.after != nil {
			c.Kind, c.Identity = Merged, d.after.person.ID
		}
	default:
		c.Kind = Created
		if d := x.deltas[p.after.Account]; d != nil && d.before != nil {
			c.Kind, c.Identity = Split, d.before.person.ID
		}
	}

	// It comes first: whoever is gone or new has all other changes because of it.
	c.pattern = Pattern{Before: p.person.Before, After: p.person.After}
	p.person.Changes = append([]Change{c}, p.person.Changes...)
}

// comparePeople orders people by account, then id.
func comparePeople(a, b *Person) int {
	return cmp.Or(compareAccounts(a.Account, b.Account), strings.Compare(a.ID, b.ID))
}
