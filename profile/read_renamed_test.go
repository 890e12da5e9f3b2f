package profile_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/feed"
	"github.com/idprofile/engine/identity/store"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
)

// A renamed account with a stable id keeps its identity, with one account of the
// authoritative source and one of another; without a stable id it is reported.
func TestRenamedAccounts(t *testing.T) {
	files := []config.File{
		{Name: "sources.json", Data: []byte(`[
			{"id": "s1", "name": "HR", "connector": "delimited-file", "schemas": [{"name": "account", "identityAttribute": "id", "displayAttribute": "id",
			 "attributes": [{"name": "id"}, {"name": "mail"}]}]},
			{"id": "s2", "name": "AD", "connector": "active-directory", "schemas": [{"name": "account", "identityAttribute": "dn", "displayAttribute": "dn",
			 "attributes": [{"name": "dn"}, {"name": "mail"}]}],
			 "accountCorrelationConfig": {"name": "AD", "attributeAssignments": [{"property": "email", "value": "mail", "operation": "EQ"}]}}]`)},
		{Name: "profile.json", Data: []byte(`{"id": "p1", "name": "People", "priority": 10, "authoritativeSource": {"type": "SOURCE", "id": "s1", "name": "HR"},
			"identityAttributeConfig": {"enabled": true, "attributeTransforms": [
			{"identityAttributeName": "uid", "transformDefinition": {"type": "accountAttribute", "attributes": {"sourceName": "HR", "attributeName": "id"}}},
			{"identityAttributeName": "email", "transformDefinition": {"type": "accountAttribute", "attributes": {"sourceName": "HR", "attributeName": "mail"}}},
			{"identityAttributeName": "lastname", "transformDefinition": {"type": "accountAttribute", "attributes": {"sourceName": "HR", "attributeName": "id"}}}]}}`)},
	}
	account := func(source, id, mail, uuid string) identity.Account {
		key := map[string]string{"HR": "id", "AD": "dn"}[source]
		return identity.Account{Source: source, NativeIdentity: id, UUID: uuid, Attributes: identity.NewAttributes(map[string]identity.Value{
			key: identity.StringValue(id), "mail": identity.StringValue(mail)})}
	}

	for _, tc := range []struct {
		name          string
		before, after [2]identity.Account
		findings      []string
		identities    int
	}{
		{name: "both by stable id",
			before:   [2]identity.Account{account("HR", "1", "a@x.example", "u1"), account("AD", "cn=a", "a@x.example", "g1")},
			after:    [2]identity.Account{account("HR", "9", "b@x.example", "u1"), account("AD", "cn=b", "nobody@x.example", "g1")},
			findings: []string{"account-renamed", "account-renamed"}, identities: 1},
		{name: "without stable id",
			before:   [2]identity.Account{account("HR", "1", "a@x.example", ""), account("AD", "cn=a", "a@x.example", "")},
			after:    [2]identity.Account{account("HR", "1", "a@x.example", ""), account("AD", "cn=b", "a@x.example", "")},
			findings: []string{"account-rename-likely"}, identities: 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			b, found := config.LoadFiles(files...)
			if err := found.Err(); err != nil {
				t.Fatal(err)
			}
			for _, s := range b.Sources {
				s.DeleteThreshold = 0 // one account is all of them
			}
			e, _ := profile.Compile(b, profile.Options{})
			st := store.NewMemory()
			run := func(accounts [2]identity.Account) (codes []string) {
				o := profile.RunOptions{Stored: st}
				o.OnFinding = func(d diag.Diagnostic) {
					if strings.HasPrefix(string(d.Code), "account-") {
						codes = append(codes, string(d.Code))
					}
				}
				_, err := e.Aggregate(t.Context(), st, o, nil, feed.Slice("HR", accounts[0]), feed.Slice("AD", accounts[1]))
				if err != nil {
					t.Fatal(err)
				}
				return codes
			}
			run(tc.before)
			ids := idsOf(t, st)
			got := run(tc.after)
			slices.Sort(got)
			if diff := cmp.Diff(tc.findings, got); diff != "" {
				t.Errorf("findings: mismatch (-want +got):\n%s", diff)
			}
			now := idsOf(t, st)
			if len(now) != tc.identities || !slices.Equal(ids, now) {
				t.Errorf("identities %v, then %v", ids, now)
			}
			for i, err := range st.All(t.Context()) {
				if err != nil || len(i.Accounts) != 2 {
					t.Errorf("accounts of %s: %v, %v", i.ID, i.Accounts, err)
				}
			}
		})
	}
}

func idsOf(t *testing.T, st identity.Store) (ids []string) {
	t.Helper()
	for i, err := range st.All(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, i.ID)
	}
	slices.Sort(ids)
	return ids
}
