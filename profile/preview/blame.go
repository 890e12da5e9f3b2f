package preview

import (
	"slices"

	"github.com/idprofile/engine/profile"
)

// blame finds the configuration differences behind changes, by what programs
// read. What it finds for one profile and attribute serves everybody.
type blame struct {
	causes        []Cause
	before, after *profile.Engine
	known         map[blameKey][]int
}

type blameKey struct{ before, after, attribute string }

func newBlame(causes []Cause, before, after *profile.Engine) *blame {
	return &blame{causes: causes, before: before, after: after, known: map[blameKey][]int{}}
}

// set is a set of causes by number.
type set map[int]bool

func (s set) add(list []int) {
	for _, i := range list {
		s[i] = true
	}
}

func (s set) list() []int {
	list := make([]int, 0, len(s))
	for i := range s {
		list = append(list, i)
	}
	slices.Sort(list)
	return list
}

// find adds the causes for which want is true.
func (b *blame) find(to set, want func(*Cause) bool) {
	for i := range b.causes {
		if want(&b.causes[i]) {
			to[i] = true
		}
	}
}

// person gives every change of a person its causes.
func (b *blame) person(p *pair) {
	var sources []string // whose accounts came or went
	for _, c := range p.person.Changes {
		if c.Account != "" && !slices.Contains(sources, c.Source) {
			sources = append(sources, c.Source)
		}
	}

	// What changed the links of a source is a cause of every attribute that reads its accounts.
	for i := range p.person.Changes {
		c := &p.person.Changes[i]
		s := set{}
		b.change(s, p.person, c)
		for _, source := range sources {
			if c.Account == "" && b.reads(p.person, c.Attribute, source) {
				b.links(s, source)
			}
		}

		// A change that nothing explains directly is put down to what may reach anything.
		if len(s) == 0 {
			b.rest(s, c)
		}
		c.Causes = s.list()
	}
}

// change adds the causes that the kind of change suggests.
func (b *blame) change(s set, p *Person, c *Change) {
	switch c.Kind {
	case Moved, Orphaned, Adopted:
		b.profiles(s, p)
	case Created, Removed, Split, Merged:
		b.profiles(s, p)
		b.links(s, p.Account.Source)
	case AccountLinked, AccountUnlinked, AccountMovedIn, AccountMovedOut:
		b.links(s, c.Source)
	default:
		// Everything else is a value, which its mapping gives, or another profile's.
		s.add(b.attribute(p.Before, p.After, c.Attribute))
		if p.Before != p.After {
			b.profiles(s, p)
		}

		// A state may enter or leave by what the profile says of it, without any value changing.
		if c.Kind == LifecycleChanged {
			b.find(s, func(k *Cause) bool {
				return k.Kind == CauseLifecycle && (k.Name == p.Before || k.Name == p.After) &&
					(k.Attribute == c.Before.Text() || k.Attribute == c.After.Text())
			})
		}

		if c.Kind == ManagerChanged {
			b.find(s, func(k *Cause) bool { return k.Kind == CauseManager })
		}
		b.find(s, func(k *Cause) bool { return k.Kind == CauseCatalogue && k.Name == c.Attribute })
	}
}

// profiles adds what decides about the profile of somebody.
func (b *blame) profiles(s set, p *Person) {
	b.find(s, func(k *Cause) bool { return k.Kind == CauseProfile && (k.Name == p.Before || k.Name == p.After) })
}

// links adds what decides about the accounts of a source: its correlation, and
// the attributes that it compares with.
func (b *blame) links(s set, source string) {
	b.find(s, func(k *Cause) bool {
		return (k.Kind == CauseCorrelation || k.Kind == CauseSource) && k.Name == source
	})
	for _, e := range []*profile.Engine{b.before, b.after} {
		for _, key := range e.CorrelationKeys(source) {
			for _, p := range e.Bundle().Profiles {
				s.add(b.attribute(p.Name, p.Name, key))
			}
		}
	}
}

// reads reports whether an attribute depends on accounts of a source, or there
// is no attribute.
func (b *blame) reads(p *Person, attribute, source string) bool {
	if attribute == "" || p.Before != p.After {
		return true
	}
	for _, e := range []*profile.Engine{b.before, b.after} {
		if b.readsIn(e, p.After, attribute, source, map[string]bool{}) {
			return true
		}
	}

	return false
}

func (b *blame) readsIn(e *profile.Engine, in, attribute, source string, seen map[string]bool) bool {
	deps, ok := e.Dependencies(in, attribute)
	if !ok || seen[attribute] {
		return false
	}
	seen[attribute] = true
	if deps.AnyAccount || deps.AnyIdentity || deps.Others {
		return true
	}
	for _, r := range deps.Accounts {
		if r.Source == source {
			return true
		}
	}

	return slices.ContainsFunc(deps.Identity, func(name string) bool { return b.readsIn(e, in, name, source, seen) })
}

// rest names causes for what reached a person through others: the manager's
// name, the holder of a uid, an account that somebody else got.
func (b *blame) rest(s set, c *Change) {
	// Whom accounts lead to is decided by correlation and by profiles; values come only after.
	if c.Account != "" || c.Kind == Created || c.Kind == Removed || c.Kind == Merged || c.Kind == Split {
		b.find(s, func(k *Cause) bool { return k.Kind == CauseCorrelation || k.Kind == CauseProfile })
	} else {
		names := []string{c.Attribute}

		// A manager is shown by values of another person, so what maps those is a cause too.
		if c.Attribute == attrManager {
			names = append(names, "displayName", "uid", "identificationNumber")
		}
		for _, name := range names {
			for _, e := range []*profile.Engine{b.before, b.after} {
				for _, p := range e.Bundle().Profiles {
					s.add(b.attribute(p.Name, p.Name, name))
				}
			}
		}
	}

	// With a single difference there is nothing else that it can come from.
	if len(s) == 0 && len(b.causes) == 1 {
		s[0] = true
	}
}

// attribute returns the causes of a change of an attribute: its mapping, the
// transforms that it refers to, and those of the attributes that it reads.
func (b *blame) attribute(before, after, attribute string) []int {
	key := blameKey{before: before, after: after, attribute: attribute}
	if list, ok := b.known[key]; ok {
		return list
	}
	s := set{}
	b.walk(s, b.before, before, attribute, map[string]bool{})
	b.walk(s, b.after, after, attribute, map[string]bool{})
	list := s.list()
	b.known[key] = list
	return list
}

func (b *blame) walk(s set, e *profile.Engine, in, attribute string, seen map[string]bool) {
	// Attributes may read each other in a circle.
	if seen[attribute] {
		return
	}
	seen[attribute] = true
	deps, _ := e.Dependencies(in, attribute)
	b.find(s, func(k *Cause) bool {
		switch k.Kind {
		case CauseMapping:
			return k.Name == in && (k.Attribute == attribute || deps.AnyIdentity)
		case CauseTransform:
			return slices.Contains(deps.Transforms, k.Name)
		case CauseProfile:
			return k.Name == in && slices.ContainsFunc(k.Places,
				func(d Difference) bool { return d.Path == "identityAttributeConfig.enabled" })
		}

		return false
	})

	// An attribute changes with those that it reads, however far away the changed mapping is.
	for _, name := range deps.Identity {
		b.walk(s, e, in, name, seen)
	}
}
