package profile_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/feed"
	"github.com/idprofile/engine/identity/store"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/internal/fixture"
)

// A stable id goes before the native identity also where that was another account's:
// names that are swapped, handed on or taken over move no identity to somebody else.
func TestNamesThatChangeHands(t *testing.T) {
	tenant := &fixture.Tenant{Profiles: []string{fixture.Profile("P", 10, "HR", fixture.HR()...)}, Sources: []string{fixture.Source("HR")}}
	e, _ := tenant.Engine(t, profile.Options{})
	account := func(id, uuid, mail string) identity.Account {
		a := fixture.Account(id, "id="+id, "mail="+mail, "sn=S")
		a.UUID = uuid
		return a
	}
	before := []identity.Account{account("ann", "g1", "ann@x"), account("bob", "g2", "bob@x"), account("cy", "", "cy@x")}

	for _, tc := range []struct {
		name  string
		after []identity.Account
		links []string // identity by its first account: mail of the account that it has
		codes []string
	}{
		{"nothing changes", before, []string{"ann: ann@x", "bob: bob@x", "cy: cy@x"}, nil},
		{"swapped", []identity.Account{account("bob", "g1", "ann@x"), account("ann", "g2", "bob@x"), before[2]},
			[]string{"ann: ann@x", "bob: bob@x", "cy: cy@x"}, []string{"account-renamed", "account-renamed"}},
		{"handed on", []identity.Account{account("bob", "g1", "ann@x"), account("dan", "g2", "bob@x"), before[2]},
			[]string{"ann: ann@x", "bob: bob@x", "cy: cy@x"}, []string{"account-renamed", "account-renamed"}},
		{"taken over", []identity.Account{account("bob", "g1", "ann@x"), before[2]},
			[]string{"ann: ann@x", "bob: ", "cy: cy@x"}, []string{"account-renamed", "account-replaced"}},
		{"another id, unknown", []identity.Account{before[0], account("bob", "g9", "new@x"), before[2]},
			[]string{"ann: ann@x", "bob: new@x", "cy: cy@x"}, []string{"account-replaced"}},
		{"of an account without one", []identity.Account{account("cy", "g1", "ann@x"), before[1]},
			[]string{"ann: ann@x", "bob: bob@x", "cy: "}, []string{"account-renamed", "account-replaced"}},
		{"an id that is new", []identity.Account{before[0], before[1], account("cy", "g3", "cy@x")}, []string{"ann: ann@x", "bob: bob@x", "cy: cy@x"}, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			st := store.NewMemory()
			fixture.Aggregate(t, e, st, profile.RunOptions{}, map[string][]identity.Account{"HR": before})
			born := map[string]string{}
			for i, err := range st.All(t.Context()) {
				if err != nil {
					t.Fatal(err)
				}
				born[i.ID] = i.Accounts[0].NativeIdentity
			}

			var codes []string
			o := profile.RunOptions{
				Linking: profile.Linking{AnyRemoval: true},
				Hooks: profile.Hooks{
					OnFinding: func(d diag.Diagnostic) {
						if d.Code == "account-renamed" || d.Code == "account-replaced" {
							codes = append(codes, string(d.Code))
						}
					},
				},
			}
			o.Stored = st
			if _, err := e.Aggregate(t.Context(), st, o, nil, feed.Slice("HR", tc.after...)); err != nil {
				t.Fatal(err)
			}
			var links []string
			for i, err := range st.All(t.Context()) {
				if err != nil {
					t.Fatal(err)
				}
				mail := ""
				if len(i.Accounts) > 0 {
					mail = i.Accounts[0].Attributes.Get("mail").Text()
				}
				links = append(links, fmt.Sprintf("%s: %s", born[i.ID], mail))
			}
			slices.Sort(links)
			slices.Sort(codes)
			if diff := cmp.Diff([][]string{tc.links, tc.codes}, [][]string{links, codes}); diff != "" {
				t.Errorf("mismatch (-want +got):\n%s", diff)
			}
		})
	}
}
