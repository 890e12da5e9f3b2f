package nonemployee

import (
	"context"
	"slices"
)

// Person is what the service needs to know of an identity.
type Person struct {
	ID    string
	Alias string // account id, user name: what a record's manager names
	Name  string // display name
}

// Directory answers questions about identities and governance groups. Implementations
// must be safe for concurrent use.
type Directory interface {
	// Identity finds an identity by id.
	Identity(ctx context.Context, id string) (Person, bool, error)
	// Alias finds an identity by its account id, without regard to case.
	Alias(ctx context.Context, alias string) (Person, bool, error)
	// Group tells whether a governance group exists, and its name.
	Group(ctx context.Context, id string) (name string, ok bool, err error)
	// Member tells whether an identity belongs to a governance group.
	Member(ctx context.Context, group, identity string) (bool, error)
}

// People is a fixed Directory. It is safe for concurrent use and never changes.
type People struct {
	byID    map[string]Person
	byAlias map[string]Person
	groups  map[string][]string
}

// NewPeople makes a Directory of persons and of groups (group id to member ids).
// Of two persons with one id or alias the first counts.
func NewPeople(persons []Person, groups map[string][]string) *People {
	d := &People{byID: map[string]Person{}, byAlias: map[string]Person{}, groups: map[string][]string{}}
	for _, p := range persons {
		if _, ok := d.byID[p.ID]; !ok {
			d.byID[p.ID] = p
		}
		if _, ok := d.byAlias[fold(p.Alias)]; !ok && p.Alias != "" {
			d.byAlias[fold(p.Alias)] = p
		}
	}

	for id, members := range groups {
		d.groups[id] = slices.Clone(members)
	}
	return d
}

// Identity implements [Directory].
func (d *People) Identity(_ context.Context, id string) (Person, bool, error) {
	p, ok := d.byID[id]
	return p, ok, nil
}

// Alias implements [Directory].
func (d *People) Alias(_ context.Context, alias string) (Person, bool, error) {
	p, ok := d.byAlias[fold(alias)]
	return p, ok, nil
}

// Group implements [Directory]; the name of a group is its id.
func (d *People) Group(_ context.Context, id string) (string, bool, error) {
	_, ok := d.groups[id]
	return id, ok, nil
}

// Member implements [Directory].
func (d *People) Member(_ context.Context, group, identity string) (bool, error) {
	return slices.Contains(d.groups[group], identity), nil
}
