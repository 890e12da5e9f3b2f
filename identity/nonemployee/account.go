package nonemployee

import (
	"context"
	"errors"
	"iter"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/isc"
)

// Characteristics are facts about a non-employee source that an engine needs besides its
// accounts. They are the same for every such source.
type Characteristics struct {
	// DefaultMapping is false: an identity profile on the source starts with no mapping
	// at all; uid, email and lastname must be mapped by hand.
	DefaultMapping bool
	// Entitlements is false: accounts have none.
	Entitlements bool
	// CertificationCompletesAtOnce is true for source owner certifications, because
	// there is nothing to certify.
	CertificationCompletesAtOnce bool
	// UniqueIdentifier is the attribute that becomes native identity and name of the
	// account. Editing it after aggregation makes a second identity.
	UniqueIdentifier string
	// ManagerAttribute of the account names the manager by the value of
	// ManagerIdentityAttribute of the manager's identity, for manager correlation.
	ManagerAttribute, ManagerIdentityAttribute string
}

// AccountSource gives the records of one non-employee source as accounts. It reads them
// anew for every call of Accounts and is safe for concurrent use.
type AccountSource struct {
	core     *core
	sourceID string
	name     string
}

var _ identity.Source = (*AccountSource)(nil)

// Accounts gives the source, by either id, as a source for the engine.
// Error: [isc.CodeReferenceNotFound].
func (g Sources) Accounts(ctx context.Context, id string) (*AccountSource, error) {
	s, _, err := g.findSource(ctx, id)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return nil, isc.Refuse(isc.CodeReferenceNotFound, "no source has the id %q", id)
	}
	return &AccountSource{core: g.core, sourceID: s.SourceID, name: s.Name}, nil
}

// Name implements [identity.Source].
func (s *AccountSource) Name() string { return s.name }

// ID is the sourceId, by which identity profiles refer to the source.
func (s *AccountSource) ID() string { return s.sourceID }

// Characteristics gives what is special about the source.
func (s *AccountSource) Characteristics() Characteristics {
	return Characteristics{
		CertificationCompletesAtOnce: true, UniqueIdentifier: "accountName",
		ManagerAttribute: "manager", ManagerIdentityAttribute: "uid",
	}
}

// Accounts implements [identity.Source]: one account per record in order of creation.
// Attributes are the system ones and the custom ones by technical name, dates as RFC
// 3339 in UTC, missing values null. Records past their end date are there like all
// others: only a lifecycle state mapping reacts to the date.
func (s *AccountSource) Accounts(ctx context.Context) iter.Seq2[identity.Account, error] {
	return func(yield func(identity.Account, error) bool) {
		names, err := s.core.columns(ctx, s.sourceID)
		if err == nil && len(names) == 0 {
			// A source without names is one without attributes, which none is: it was deleted.
			err = errors.New("the non-employee source " + s.name + " is gone")
		}
		if err != nil {
			yield(identity.Account{}, err)
			return
		}

		records, err := s.core.recordsOf(ctx, s.sourceID)
		if err != nil {
			yield(identity.Account{}, err)
			return
		}

		schema := identity.NewSchema(names...)

		// One row for all: an account packs its values before the next one is made.
		row := make([]identity.Value, len(names))
		for i, r := range records {
			if i%256 == 0 && ctx.Err() != nil {
				yield(identity.Account{}, ctx.Err())
				return
			}

			if !yield(s.account(r.T, schema, row), nil) {
				return
			}
		}
	}
}

func (s *AccountSource) account(r *Record, schema *identity.Schema, row []identity.Value) identity.Account {
	for i, name := range schema.Names() {
		row[i] = identity.Value{}
		if v := r.Value(name); v != "" {
			row[i] = identity.StringValue(v)
		}
	}

	return identity.Account{
		Source: s.name, NativeIdentity: r.AccountName, Name: r.AccountName, ID: r.ID,
		Created: r.Created.Time, Modified: r.Modified.Time, Attributes: identity.Pack(schema, row),
	}
}

// Identities is a [Directory] over the identities of the engine. An alias is the value
// of the identity attribute uid. It is as safe for concurrent use as its parts.
type Identities struct {
	Store  identity.Store
	Groups map[string][]string // governance group id to identity ids
}

// Identity implements [Directory].
func (d Identities) Identity(ctx context.Context, id string) (Person, bool, error) {
	i, err := d.Store.Get(ctx, id)
	if errors.Is(err, identity.ErrNotFound) {
		return Person{}, false, nil
	}
	if err != nil {
		return Person{}, false, err
	}
	return personOf(i), true, nil
}

// Alias implements [Directory]. Of several identities with one alias the first counts.
func (d Identities) Alias(ctx context.Context, alias string) (Person, bool, error) {
	for i, err := range d.Store.Find(ctx, "uid", alias, true) {
		if err != nil {
			return Person{}, false, err
		}
		return personOf(i), true, nil
	}

	return Person{}, false, nil
}

func personOf(i *identity.Identity) Person {
	return Person{ID: i.ID, Alias: i.Attribute("uid").Text(), Name: i.Attribute("displayName").Text()}
}

// Group implements [Directory]; the name of a group is its id.
func (d Identities) Group(_ context.Context, id string) (string, bool, error) {
	_, ok := d.Groups[id]
	return id, ok, nil
}

// Member implements [Directory].
func (d Identities) Member(_ context.Context, group, id string) (bool, error) {
	for _, m := range d.Groups[group] {
		if m == id {
			return true, nil
		}
	}

	return false, nil
}
