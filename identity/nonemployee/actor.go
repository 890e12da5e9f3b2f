package nonemployee

import (
	"context"
)

// Rights are the scopes of an actor.
type Rights uint8

// The rights. An org admin has [Admin]; a source admin has [Settings], which covers
// every source and its schema but no record, request or approval. Account managers,
// approvers and members of a source's governance group need no right: the source names
// them.
const (
	Read     Rights = 1 << iota // idn:nesr:read
	Create                      // idn:nesr:create
	Update                      // idn:nesr:update
	Delete                      // idn:nesr:delete
	Settings                    // settings of every source

	Admin = Read | Create | Update | Delete
)

// Actor is who makes a call. The zero Actor may do nothing.
type Actor struct {
	ID     string // identity id
	Rights Rights
}

func (a Actor) may(r Rights) bool { return a.Rights&r == r && r != 0 }

// any tells whether the actor has at least one of the rights.
func (a Actor) any(r Rights) bool { return a.Rights&r != 0 }

// Kinds of a reference.
const (
	TypeIdentity = "IDENTITY"
	TypeGroup    = "GOVERNANCE_GROUP"
)

// Ref names an identity or a governance group.
type Ref struct {
	Type string `json:"type"`
	ID   string `json:"id"`
	Name string `json:"name,omitempty"`
}

// covers tells whether the reference is the identity or a group it belongs to
// (DECISION N17).
func (c *core) covers(ctx context.Context, r Ref, id string) (bool, error) {
	if id == "" {
		return false, nil
	}
	if r.Type == TypeGroup {
		return c.directory.Member(ctx, r.ID, id)
	}
	return r.ID == id, nil
}

// manages tells whether the person is an account manager of the source.
func (c *core) manages(ctx context.Context, s *Source, id string) (bool, error) {
	for _, m := range s.AccountManagers {
		if ok, err := c.covers(ctx, m, id); ok || err != nil {
			return ok, err
		}
	}

	return false, nil
}

// subAdmin tells whether the actor belongs to the governance group of the source.
func (c *core) subAdmin(ctx context.Context, s *Source, id string) (bool, error) {
	if s.ManagementWorkgroup == "" {
		return false, nil
	}
	return c.covers(ctx, Ref{Type: TypeGroup, ID: s.ManagementWorkgroup}, id)
}

// resolve checks a reference and fills its type and name.
func (c *core) resolve(ctx context.Context, r Ref) (Ref, bool, error) {
	if r.ID == "" {
		return r, false, nil
	}

	// A reference without a type may mean a person or a group; people come first.
	if r.Type == "" || r.Type == TypeIdentity {
		p, ok, err := c.directory.Identity(ctx, r.ID)
		if err != nil || ok {
			return Ref{Type: TypeIdentity, ID: r.ID, Name: p.Name}, ok, err
		}
	}

	if r.Type == "" || r.Type == TypeGroup {
		name, ok, err := c.directory.Group(ctx, r.ID)
		return Ref{Type: TypeGroup, ID: r.ID, Name: name}, ok, err
	}

	return r, false, nil
}

// resolvePerson is who "me" or an id means, in a call that admins make for others and
// everybody else for themselves only.
func (c *core) resolvePerson(a Actor, requestedFor string, what string) (string, error) {
	if requestedFor == "me" {
		requestedFor = a.ID
	}
	if requestedFor == "" || (requestedFor != a.ID && !a.may(Read)) {
		return "", forbidden(what)
	}
	return requestedFor, nil
}
