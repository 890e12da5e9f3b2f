package ldap_test

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/idprofile/engine/examples/directory/internal/servertest"
	"github.com/idprofile/engine/examples/directory/ldap"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/feed"
	"github.com/idprofile/engine/identity/store"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
)

// tenant is a directory that identities come from: their account id is a number
// that survives every move, their manager is found by the DN.
const tenant = `[
 {"id": "s1", "name": "LDAP", "connector": "ldap", "deleteThreshold": 0,
  "connectorAttributes": {"searchDN": "dc=acme,dc=example", "iterateSearchFilter": "(objectClass=inetOrgPerson)"},
  "managerCorrelationMapping": {"accountAttributeName": "manager", "identityAttributeName": "dn"},
  "schemas": [{"name": "account", "nativeObjectType": "User", "identityAttribute": "employeeNumber", "displayAttribute": "uid", "attributes": [
   {"name": "dn"}, {"name": "uid"}, {"name": "cn"}, {"name": "sn"}, {"name": "employeeNumber"}, {"name": "employeeType"}, {"name": "manager"}]}]},
 {"id": "p1", "name": "People", "priority": 10, "authoritativeSource": {"type": "SOURCE", "name": "LDAP"}, "identityAttributeConfig": {"enabled": true, "attributeTransforms": [
  {"identityAttributeName": "uid", "transformDefinition": {"type": "accountAttribute", "attributes": {"sourceName": "LDAP", "attributeName": "employeeNumber"}}},
  {"identityAttributeName": "email", "transformDefinition": {"type": "accountAttribute", "attributes": {"sourceName": "LDAP", "attributeName": "uid"}}},
  {"identityAttributeName": "lastname", "transformDefinition": {"type": "accountAttribute", "attributes": {"sourceName": "LDAP", "attributeName": "sn"}}},
  {"identityAttributeName": "dn", "transformDefinition": {"type": "accountAttribute", "attributes": {"sourceName": "LDAP", "attributeName": "dn"}}},
  {"identityAttributeName": "manager", "transformDefinition": {"type": "accountAttribute", "attributes": {"sourceName": "LDAP", "attributeName": "manager"}}}]}},
 {"name": "dn", "displayName": "DN", "type": "string", "searchable": true, "system": false, "standard": false}]`

// link is what has to stay: who a person is, and who the manager is.
type link struct{ id, manager string }

func links(t *testing.T, st identity.Store) map[string]link {
	t.Helper()
	uid := map[string]string{}
	var all []*identity.Identity
	for i, err := range st.All(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		uid[i.ID] = i.Attribute("uid").Text()
		all = append(all, i)
	}
	people := map[string]link{}
	for _, i := range all {
		people[uid[i.ID]] = link{id: i.ID, manager: uid[i.ManagerID]}
	}
	return people
}

// 20,000 people of a real directory: after renames, the move of a unit, a deletion
// and a change of an attribute, the next run keeps every identity, and everybody
// has the manager that the directory says.
func TestEngineKeepsIdentities(t *testing.T) {
	for _, native := range []string{"employeeNumber", "dn"} {
		t.Run("accounts named by "+native, func(t *testing.T) { keepsIdentities(t, native) })
	}
}

// keepsIdentities names accounts by a number that stays, or by the DN: then it is the
// stable id of the entries by which a moved one is known again.
func keepsIdentities(t *testing.T, native string) {
	const n = 20000
	s := servertest.StartSlapd(t, people(n), unlimited+"\nmoduleload refint\noverlay refint\nrefint_attributes manager")
	web := server(s)
	named := strings.Replace(tenant, `"identityAttribute": "employeeNumber"`, fmt.Sprintf(`"identityAttribute": %q`, native), 1)
	folder := fstest.MapFS{"tenant.json": {Data: []byte(named)}}
	bundle, found := config.Load(folder)
	if found.HasErrors() {
		t.Fatal(found)
	}
	searches := ldap.FromSource(bundle.Source("LDAP").Node.Get("connectorAttributes"))
	o := feed.Options{Name: "LDAP", NativeIdentity: native, DisplayName: "uid", Attributes: options.Attributes}
	full, err := web.Source(searches, o)
	if err != nil {
		t.Fatal(err)
	}
	engine, problems := profile.Compile(bundle, profile.Options{})
	if problems.HasErrors() {
		t.Fatal(problems)
	}

	st := store.NewMemory()
	run := func(src identity.Source) profile.Stats {
		t.Helper()
		stats, err := engine.Aggregate(t.Context(), st, profile.RunOptions{Now: time.Now(), Incremental: true}, nil, src)
		if err != nil {
			t.Fatal(err)
		}
		return stats
	}
	run(full)
	before := links(t, st)
	if len(before) != n || before["15"].manager != "1" {
		t.Fatalf("%d people, manager of 15 is %q", len(before), before["15"].manager)
	}

	time.Sleep(1100 * time.Millisecond)
	mark := ldap.Mark{Time: time.Now().UTC().Format("20060102150405Z")}
	// The overlay that keeps links works behind the answers and by DN: whom the move
	// of a unit overtakes is left with the old name of the manager.
	s.Modify(t, "dn: "+dnOf(1)+"\nchangetype: modrdn\nnewrdn: uid=chief\ndeleteoldrdn: 1\n")
	time.Sleep(2 * time.Second)
	s.Modify(t, strings.Join([]string{
		"dn: ou=u2," + servertest.Suffix + "\nchangetype: modrdn\nnewrdn: ou=moved\ndeleteoldrdn: 1\nnewsuperior: ou=u3," + servertest.Suffix + "\n",
		"dn: " + dnOf(19999) + "\nchangetype: delete\n",
		"dn: " + dnOf(17) + "\nchangetype: modify\nreplace: sn\nsn: other\n",
	}, "\n"))
	time.Sleep(3 * time.Second)

	known := func() iter.Seq[identity.Account] { return knownOf(t.Context(), st) }
	delta, err := web.Changes(searches, mark, o, known, "manager")
	if err != nil {
		t.Fatal(err)
	}
	stats := run(delta)
	after := links(t, st)
	removed := 1
	if native == "dn" { // whoever has another name is counted under the old one, too
		removed += n/4 + 1
	}
	if stats.Created != 0 || stats.Removed != removed {
		t.Errorf("the run made %d identities and removed %d accounts, want 0 and %d", stats.Created, stats.Removed, removed)
	}
	for number, was := range before {
		now, ok := after[number]
		if !ok {
			t.Errorf("person %s is gone", number)
			continue
		}
		if number == "19999" { // without an account nobody says who the manager is
			was.manager = ""
		}
		if now != was {
			t.Errorf("person %s: %+v before, %+v now", number, was, now)
		}
	}

	keepsState(t, engine, st, web, searches, o)

	// A full read of the server has nothing to add.
	stored := map[string]string{}
	for a := range known() {
		stored[a.NativeIdentity] = text(a)
	}
	for native, a := range accounts(t, full) {
		if stored[native] != text(a) {
			t.Errorf("mismatch:\nserver %s\nstored %s", text(a), stored[native])
		}
	}
	if again := run(full); fmt.Sprint(again.Added, again.Changed, again.Removed, again.Created) != "0 0 0 0" {
		t.Errorf("a full read after the changes: %+v", again)
	}
}

// keepsState reads sources that do not come to their end: nothing of the state changes, for
// a broken read is no empty source.
func keepsState(t *testing.T, engine *profile.Engine, st identity.Store, web *ldap.Server, searches []ldap.Search, o feed.Options) {
	t.Helper()
	before := links(t, st)
	cut := &ldap.Server{
		URL:      (&fake{members: 2, part: 10, cut: 4}).serve(t),
		User:     web.User,
		Password: web.Password,
		Attempts: 1,
	}
	untrusted := *web
	untrusted.StartTLS = true
	few := servertest.StartSlapd(t, people(700), "limits users size=100 size.prtotal=150\nlimits anonymous size=100 size.prtotal=150")
	limited := *server(few)
	limited.User, limited.PageSize = "", 60

	for name, s := range map[string]*ldap.Server{"an end in a page": cut, "a certificate that does not fit": &untrusted, "a size limit": &limited} {
		src, err := s.Source(searches, o)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := engine.Aggregate(t.Context(), st, profile.RunOptions{Now: time.Now()}, nil, src); err == nil {
			t.Errorf("%s: no error", name)
		}
		if now := links(t, st); !maps.Equal(before, now) {
			t.Errorf("%s: %d people before, %d now, or others", name, len(before), len(now))
		}
	}
}

// knownOf yields the accounts that a store has.
func knownOf(ctx context.Context, st identity.Store) iter.Seq[identity.Account] {
	return func(yield func(identity.Account) bool) {
		for i, err := range st.All(ctx) {
			if err != nil {
				return
			}
			for _, a := range i.Accounts {
				if !yield(a) {
					return
				}
			}
		}
	}
}
