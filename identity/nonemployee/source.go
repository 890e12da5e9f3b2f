package nonemployee

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/idprofile/engine/identity/isc"
)

// Source is a non-employee source. It has two ids: its own, and that of the ISC source
// it appears as; calls take either (DECISION N2).
type Source struct {
	ID                  string `json:"id"`
	SourceID            string `json:"sourceId"`
	Name                string `json:"name"`
	Description         string `json:"description"`
	Owner               Ref    `json:"owner"`
	ManagementWorkgroup string `json:"managementWorkgroup,omitempty"` // governance group of sub-admins
	Approvers           []Ref  `json:"approvers"`                     // in order
	AccountManagers     []Ref  `json:"accountManagers"`
	CloudExternalID     string `json:"cloudExternalId"` // legacy number
	Created             Date   `json:"created"`
	Modified            Date   `json:"modified"`
}

func (s *Source) lite() SourceLite {
	return SourceLite{ID: s.ID, SourceID: s.SourceID, Name: s.Name, Description: s.Description}
}

func (s *Source) clone() Source {
	out := *s
	out.Approvers, out.AccountManagers = slices.Clone(s.Approvers), slices.Clone(s.AccountManagers)
	return out
}

// SourceBody is what a new source is made of. Name, Description and Owner are needed.
type SourceBody struct {
	Name                string `json:"name"`
	Description         string `json:"description"`
	Owner               Ref    `json:"owner"`
	ManagementWorkgroup string `json:"managementWorkgroup"`
	Approvers           []Ref  `json:"approvers"`
	AccountManagers     []Ref  `json:"accountManagers"`
}

// SourceCount is a source in a list, with its number of records when it was asked for.
type SourceCount struct {
	Source
	Count *int
}

// Sources are the calls on sources.
type Sources struct{ *core }

// findSource looks for a source by sourceId, then by its own id.
func (c *core) findSource(ctx context.Context, id string) (*Source, int64, error) {
	if id == "" {
		return nil, 0, nil
	}
	s, version, err := find[Source](ctx, c.store, KindSource, "", id)
	if err != nil || s != nil {
		return s, version, err
	}
	return get[Source](ctx, c.store, KindSource, id)
}

// sourceFor finds a source for an actor with the right, a settings actor or a sub-admin
// when allowed, and an account manager when allowed. Actors without any of these learn
// nothing, not even whether the source exists.
func (c *core) sourceFor(ctx context.Context, a Actor, id string, r sourceRights) (*Source, int64, error) {
	s, version, err := c.findSource(ctx, id)
	if err != nil {
		return nil, 0, err
	}

	// The right is looked at first; only those without it cost questions to the directory.
	ok := a.may(r.right) || (r.settings && a.may(Settings))
	if s == nil {
		if ok {
			return nil, 0, notFound("source", id)
		}
		return nil, 0, forbidden(r.what)
	}

	// From here on the source exists, which somebody without any right must not learn.
	if !ok && r.settings {
		if ok, err = c.subAdmin(ctx, s, a.ID); err != nil {
			return nil, 0, err
		}
	}

	if !ok && r.managers {
		if ok, err = c.manages(ctx, s, a.ID); err != nil {
			return nil, 0, err
		}
	}

	if !ok {
		return nil, 0, forbidden(r.what)
	}
	return s, version, nil
}

// sourceRights tells who may make a call on a source.
type sourceRights struct {
	right    Rights
	settings bool // source admins and sub-admins too
	managers bool // account managers too
	what     string
}

// Create makes a source with its eight system attributes.
//
// Errors: [isc.CodeRequired], [isc.CodeConflict] for a name in use, [isc.CodeReferenceNotFound] for an
// unknown owner, group, approver or manager, [isc.CodeLimit].
func (g Sources) Create(ctx context.Context, a Actor, body SourceBody) (Source, error) {
	var out Source
	if !a.any(Create | Settings) {
		return out, forbidden("create a source")
	}
	err := g.write(ctx, a, func(t *tx) error {
		s, err := t.newSource(body)
		if err == nil {
			out = s.clone()
		}
		return err
	})

	return out, err
}

func (t *tx) newSource(body SourceBody) (*Source, error) {
	guard, err := t.guard(tenantGuard)
	if err != nil {
		return nil, err
	}
	if guard.Count >= t.limits.Sources {
		return nil, isc.Refuse(isc.CodeLimit, "the tenant has %d non-employee sources already", guard.Count)
	}

	s := &Source{
		Name: body.Name, Description: body.Description, Owner: body.Owner,
		ManagementWorkgroup: body.ManagementWorkgroup, Approvers: body.Approvers,
		AccountManagers: body.AccountManagers, Created: t.now, Modified: t.now,
	}

	if err := t.checkSource(s); err != nil {
		return nil, err
	}

	// A source has two ids, as with the vendor: its own, and that of the source which accounts name.
	if s.ID, err = t.id(); err != nil {
		return nil, err
	}

	if s.SourceID, err = t.id(); err != nil {
		return nil, err
	}
	// The guard of the tenant makes this commit exclude others that make sources, so
	// neither the limit nor the uniqueness of names can be passed by two at once.
	guard.Count++
	guard.Serial++
	s.CloudExternalID = strconv.Itoa(guard.Serial)
	t.put(KindSource, s.ID, "", s.SourceID, 0, s)
	if err := t.systemAttributes(s); err != nil {
		return nil, err
	}

	t.event(ActionSourceCreated, s.Name, s.SourceID)
	return s, nil
}

// checkSource checks everything that creating and patching have in common, and fills in
// types and names of references.
func (t *tx) checkSource(s *Source) error {
	if strings.TrimSpace(s.Name) == "" {
		return isc.Refuse(isc.CodeRequired, "name is required")
	}
	if strings.TrimSpace(s.Description) == "" {
		return isc.Refuse(isc.CodeRequired, "description is required")
	}

	if strings.TrimSpace(s.Owner.ID) == "" {
		return isc.Refuse(isc.CodeRequired, "owner is required")
	}
	if n := len(s.Approvers); n > t.limits.Approvers {
		return isc.Refuse(isc.CodeLimit, "%d approvers are given, at most %d are allowed", n, t.limits.Approvers)
	}

	if n := len(s.AccountManagers); n > t.limits.AccountManagers {
		return isc.Refuse(isc.CodeLimit, "%d account managers are given, at most %d are allowed", n,
			t.limits.AccountManagers)
	}
	if err := t.checkSourceName(s); err != nil {
		return err
	}
	return t.checkSourceRefs(s)
}

func (t *tx) checkSourceName(s *Source) error {
	all, err := list[Source](t.ctx, t.store, KindSource, "")
	if err != nil {
		return err
	}
	for _, o := range all {
		if o.T.ID == s.ID && o.T.Name == s.Name {
			return nil // unchanged
		}
		if o.T.ID != s.ID && isc.SameName(o.T.Name, s.Name) {
			return isc.Refuse(isc.CodeConflict, "a source named %q exists already", s.Name)
		}
	}

	// " Staff " is another name than "Staff" for the computer alone.
	if err := isc.CheckName(s.Name); err != nil {
		return err
	}
	taken, err := t.nameTaken(t.ctx, s.Name, s.SourceID)
	if err == nil && taken {
		err = isc.Refuse(isc.CodeConflict, "a source named %q exists already", s.Name)
	}
	return err
}

func (t *tx) checkSourceRefs(s *Source) error {
	owner, ok, err := t.resolve(t.ctx, Ref{Type: TypeIdentity, ID: s.Owner.ID})
	if err != nil {
		return err
	}
	if !ok {
		return isc.Refuse(isc.CodeReferenceNotFound, "owner %q is no identity", s.Owner.ID)
	}

	s.Owner = owner

	// Group and identities are looked up when they are written. One that disappears later is found by
	// whoever needs it.
	if g := s.ManagementWorkgroup; g != "" {
		if _, ok, err := t.directory.Group(t.ctx, g); err != nil {
			return err
		} else if !ok {
			return isc.Refuse(isc.CodeReferenceNotFound, "managementWorkgroup %q is no governance group", g)
		}
	}

	if s.Approvers, err = t.resolveAll(s.Approvers, "approver"); err != nil {
		return err
	}
	s.AccountManagers, err = t.resolveAll(s.AccountManagers, "account manager")
	return err
}

func (t *tx) resolveAll(refs []Ref, what string) ([]Ref, error) {
	out := make([]Ref, 0, len(refs))
	for _, r := range refs {
		found, ok, err := t.resolve(t.ctx, r)
		if err != nil {
			return nil, err
		}
		if !ok {
			return nil, isc.Refuse(isc.CodeReferenceNotFound, "%s %q is neither an identity nor a governance group",
				what, r.ID)
		}
		out = append(out, found)
	}

	return out, nil
}

// Get reads a source: admins any, account managers and sub-admins their own.
func (g Sources) Get(ctx context.Context, a Actor, id string) (Source, error) {
	s, _, err := g.sourceFor(ctx, a, id, sourceRights{right: Read, settings: true, managers: true,
		what: "read this source"})
	if err != nil {
		return Source{}, err
	}
	return s.clone(), nil
}

// SourceQuery is a [isc.Query] on sources; it has no filters.
type SourceQuery struct {
	isc.Query
	RequestedFor string // sources of this account manager; "me" for the actor
	WithCount    bool   // give the number of records of each source
}

var listedSources = isc.Fields[SourceCount]{
	"name":     sorted(func(s SourceCount) string { return s.Name }),
	"created":  dated(func(s SourceCount) Date { return s.Created }),
	"sourceId": sorted(func(s SourceCount) string { return s.SourceID }),
}

// List gives all sources to admins, or those that RequestedFor manages. Everybody else
// gets the sources of which they are account manager or sub-admin.
func (g Sources) List(ctx context.Context, a Actor, q SourceQuery) (isc.Page[SourceCount], error) {
	all := q.RequestedFor == "" && a.any(Read|Settings)
	person := a.ID
	if !all && q.RequestedFor != "" {
		var err error
		if person, err = g.resolvePerson(a, q.RequestedFor, "list the sources of another person"); err != nil {
			return isc.Page[SourceCount]{}, err
		}
	}

	// Rights are decided source by source: a page counts what its reader may see.
	sources, err := list[Source](ctx, g.store, KindSource, "")
	if err != nil {
		return isc.Page[SourceCount]{}, err
	}
	var items []SourceCount
	for _, s := range sources {
		ok := all
		if !ok {
			if ok, err = g.listed(ctx, s.T, person, person == a.ID); err != nil {
				return isc.Page[SourceCount]{}, err
			}
		}

		if ok {
			items = append(items, SourceCount{Source: s.T.clone()})
		}
	}

	p, err := listedSources.Page(items, q.Query, g.limits.PageSize, func(a, b SourceCount) int {
		return inOrder(a.Created, b.Created, a.ID, b.ID)
	})
	if err != nil || !q.WithCount {
		return p, err
	}
	return p, g.countRecords(ctx, p.Items)
}

// listed tells whether a source is one of a person: as account manager and, in the
// person's own list, as sub-admin.
func (c *core) listed(ctx context.Context, s *Source, person string, own bool) (bool, error) {
	ok, err := c.manages(ctx, s, person)
	if ok || err != nil || !own {
		return ok, err
	}
	return c.subAdmin(ctx, s, person)
}

func (c *core) countRecords(ctx context.Context, items []SourceCount) error {
	for i := range items {
		n, err := c.recordCount(ctx, items[i].SourceID)
		if err != nil {
			return err
		}
		items[i].Count = &n
	}

	return nil
}

func (c *core) recordCount(ctx context.Context, sourceID string) (int, error) {
	guard, _, err := get[Guard](ctx, c.store, KindGuard, sourceID)
	if guard == nil || err != nil {
		return 0, err
	}
	return guard.Count, nil
}
