package profile_test

import (
	"encoding/base64"
	"fmt"
	"slices"
	"testing"
	"testing/fstest"

	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/store"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
)

// People of a directory whose DN is their account id are moved to another OU: their
// objectGUID stays, and so do their identities.
func TestMovedEntriesKeepTheirIdentities(t *testing.T) {
	const people = 20
	folder := func(ou string) fstest.MapFS {
		ldif := ""
		for i := range people {
			guid := make([]byte, 16)
			guid[15] = byte(i + 1)
			ldif += fmt.Sprintf("dn: cn=p%d,ou=%s,dc=x\ncn: p%d\nmail: p%d@x.example\nobjectGUID:: %s\n\n",
				i, ou, i, i, base64.StdEncoding.EncodeToString(guid))
		}
		return fstest.MapFS{
			"accounts/AD.ldif": {Data: []byte(ldif)},
			"source.json": {Data: []byte(`{"id": "s1", "name": "AD", "connector": "active-directory", "deleteThreshold": 10, "schemas": [
				{"name": "account", "identityAttribute": "distinguishedName", "displayAttribute": "cn",
				 "attributes": [{"name": "distinguishedName"}, {"name": "cn"}, {"name": "mail"}, {"name": "objectGUID"}]}]}`)},
			"profile.json": {Data: []byte(`{"id": "p1", "name": "People", "priority": 10,
				"authoritativeSource": {"type": "SOURCE", "id": "s1", "name": "AD"}, "identityAttributeConfig": {"enabled": true, "attributeTransforms": [
				{"identityAttributeName": "uid", "transformDefinition": {"type": "accountAttribute", "attributes": {"sourceName": "AD", "attributeName": "cn"}}}]}}`)},
		}
	}

	st := store.NewMemory()
	run := func(fsys fstest.MapFS) (renamed int) {
		b, _ := config.Load(fsys)
		sources, missing := b.Accounts(fsys, func(d diag.Diagnostic) {
			if d.Severity == diag.Error {
				t.Error(d)
			}
		})
		if err := missing.Err(); err != nil {
			t.Fatal(err)
		}
		e, _ := profile.Compile(b, profile.Options{})
		o := profile.RunOptions{
			Stored: st,
			Hooks: profile.Hooks{
				OnFinding: func(d diag.Diagnostic) {
					if d.Code == "account-renamed" {
						renamed++
					}
				},
			},
		}
		if _, err := e.Aggregate(t.Context(), st, o, nil, sources...); err != nil {
			t.Fatal(err)
		}
		return renamed
	}
	if renamed := run(folder("Berlin")); renamed != 0 {
		t.Errorf("%d renamed in the first run", renamed)
	}
	before := idsOf(t, st)
	if renamed := run(folder("Paris")); renamed != people {
		t.Errorf("%d renamed, want %d", renamed, people)
	}
	if now := idsOf(t, st); len(now) != people || !slices.Equal(before, now) {
		t.Errorf("%d identities, then %d", len(before), len(now))
	}
	for i, err := range st.All(t.Context()) {
		if err != nil || len(i.Accounts) != 1 {
			t.Errorf("%s: %d accounts, %v", i.ID, len(i.Accounts), err)
		}
	}
}
