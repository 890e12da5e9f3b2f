package nonemployee_test

import (
	"context"
	"iter"
	"strings"
	"testing"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/isc"
	"github.com/idprofile/engine/identity/nonemployee"
)

func TestAccounts(t *testing.T) {
	n := newTenant(t, nonemployee.NewMemory())
	s := n.source("Retail")
	_, err := n.Schema.Create(t.Context(), admin, s.SourceID, nonemployee.AttributeBody{Label: "Cost Center"})
	ok(t, err)
	b := body(s, "will")
	b.Data, b.EndDate = map[string]string{"costCenter": "42"}, "2026-01-02" // past: the account stays
	r, _, err := n.Records.Create(t.Context(), admin, b)
	ok(t, err)
	n.record(s, "adam")
	src, err := n.Sources.Accounts(t.Context(), s.ID)
	ok(t, err)
	equal(t, "name", "Retail", src.Name())
	var got []identity.Account
	for a, err := range src.Accounts(t.Context()) {
		ok(t, err)
		got = append(got, a)
	}
	equal(t, "accounts", 2, len(got))
	a := got[0]
	equal(t, "account", []string{"Retail", "will", "will", r.ID}, []string{a.Source, a.NativeIdentity, a.Name, a.ID})
	values := []string{}
	for _, name := range append(strings.Split(header, ","), "costCenter") {
		values = append(values, a.Attributes.Get(name).Text())
	}
	equal(t, "attributes", []string{"will", "Will", "Smith", "+1 512 555 0100", "will@example.com", "jane.doe", "2026-01-01T00:00:00.000Z", "2026-01-02T00:00:00.000Z", "42"}, values)
	equal(t, "missing value", true, got[1].Attributes.Get("costCenter").IsNull())
	equal(t, "characteristics", nonemployee.Characteristics{
		CertificationCompletesAtOnce: true, UniqueIdentifier: "accountName", ManagerAttribute: "manager", ManagerIdentityAttribute: "uid",
	}, src.Characteristics())
	_, err = n.Sources.Accounts(t.Context(), "nope")
	refused(t, err, isc.CodeReferenceNotFound)
	ok(t, n.Sources.Delete(t.Context(), admin, s.ID))
	for _, err := range src.Accounts(t.Context()) {
		if err == nil {
			t.Error("a deleted source gave an account")
		}
	}
}

// fewIdentities is as much of a store of the engine as a directory needs.
type fewIdentities struct {
	identity.Store
	all []*identity.Identity
}

func (s fewIdentities) Get(_ context.Context, id string) (*identity.Identity, error) {
	for _, i := range s.all {
		if i.ID == id {
			return i, nil
		}
	}
	return nil, identity.ErrNotFound
}

func (s fewIdentities) Find(_ context.Context, attribute, value string, fold bool) iter.Seq2[*identity.Identity, error] {
	return func(yield func(*identity.Identity, error) bool) {
		for _, i := range s.all {
			if got := i.Attribute(attribute).Text(); (got == value || fold && strings.EqualFold(got, value)) && !yield(i, nil) {
				return
			}
		}
	}
}

// TestManagersAreIdentities: employees that the engine knows manage non-employees.
func TestManagersAreIdentities(t *testing.T) {
	text := identity.StringValue
	people := nonemployee.Identities{
		Store: fewIdentities{all: []*identity.Identity{
			{ID: "1", Attributes: identity.NewAttributes(map[string]identity.Value{"uid": text("jane.doe"), "displayName": text("Jane Doe")})},
			{ID: "admin", Attributes: identity.NewAttributes(map[string]identity.Value{"uid": text("admin")})},
		}},
		Groups: map[string][]string{"board": {"1"}},
	}
	s, err := nonemployee.New(t.Context(), nonemployee.NewMemory(), people)
	ok(t, err)
	src, err := s.Sources.Create(t.Context(), admin, nonemployee.SourceBody{
		Name: "Retail", Description: "d", Owner: nonemployee.Ref{ID: "admin"}, Approvers: refs("board"), AccountManagers: refs("1"),
	})
	ok(t, err)
	equal(t, "manager", []nonemployee.Ref{{Type: nonemployee.TypeIdentity, ID: "1", Name: "Jane Doe"}}, src.AccountManagers)
	b := body(src, "will")
	b.Manager = "JANE.DOE"
	r, _, err := s.Requests.Create(t.Context(), nonemployee.Actor{ID: "1"}, b)
	ok(t, err)
	_, err = s.Approvals.Approve(t.Context(), nonemployee.Actor{ID: "1"}, r.Items[0].ID, "")
	ok(t, err)
	b.Manager, b.AccountName = "2", "adam"
	_, _, err = s.Records.Create(t.Context(), admin, b)
	refused(t, err, isc.CodeBadRequest, `manager "2"`)
}
