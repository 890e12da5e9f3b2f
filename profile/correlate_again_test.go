package profile_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/feed"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/internal/fixture"
)

// Employees join the contractors that they were (DECISION 47), whichever comes first.
// Whoever cannot is said to meet somebody.
func TestConversions(t *testing.T) {
	tenant := &fixture.Tenant{
		Profiles: []string{
			fixture.Profile("Employees", 10, "HR", "uid=HR.id", "email=HR.mail", "lastname=HR.sn", "number=HR.id"),
			fixture.Profile("Contractors", 20, "VMS", "uid=VMS.id", "email=VMS.mail", "lastname=VMS.sn", "number=VMS.id"),
		},
		Sources: []string{fixture.Source("HR", "number=former"), fixture.Source("VMS")},
	}
	person := func(id, former string) identity.Account {
		return fixture.Account(id, "id="+id, "sn=X", "mail="+id+"@x", "former="+former)
	}
	for _, tc := range []struct {
		name       string
		employees  []identity.Account
		people     []string // identity: its accounts
		findings   []string
		contractor []string
	}{
		{name: "one", employees: []identity.Account{person("E1", "C1")}, contractor: []string{"C1", "C2"},
			people: []string{"E1: VMS/C1 HR/E1", "C2: VMS/C2"}},
		{name: "nobody", employees: []identity.Account{person("E1", "C9")}, contractor: []string{"C1"},
			people: []string{"E1: HR/E1", "C1: VMS/C1"}},
		{name: "two of one", employees: []identity.Account{person("E1", "C1"), person("E2", "C1")}, contractor: []string{"C1"},
			people: []string{"E1: VMS/C1 HR/E1", "E2: HR/E2"},
			findings: []string{`account "E2" of source "HR" has the identity "E2" and meets the criteria of "C1"; ` +
				`another account joined that one first, so it stays`}},
		{name: "three of one and one of another", contractor: []string{"C1", "C2"},
			employees: []identity.Account{person("E1", "C1"), person("E2", "C1"), person("E3", "C2"), person("E4", "C1")},
			people:    []string{"E1: VMS/C1 HR/E1", "E2: HR/E2", "E3: VMS/C2 HR/E3", "E4: HR/E4"},
			findings: []string{
				`account "E2" of source "HR" has the identity "E2" and meets the criteria of "C1"; another account joined that one first, so it stays`,
				`account "E4" of source "HR" has the identity "E4" and meets the criteria of "C1"; another account joined that one first, so it stays`}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			e, _ := tenant.Engine(t, profile.Options{})
			var contractors []identity.Account
			for _, id := range tc.contractor {
				contractors = append(contractors, person(id, ""))
			}

			var findings, people []string
			o := profile.RunOptions{Now: fixture.Now, Hooks: profile.Hooks{OnFinding: func(d diag.Diagnostic) { findings = append(findings, d.Message) }}}
			for r, err := range e.Run(t.Context(), o, feed.Slice("HR", tc.employees...), feed.Slice("VMS", contractors...)) {
				if err != nil {
					t.Fatal(err)
				}
				text := r.Identity.Attribute("uid").Text() + ":"
				for _, a := range r.Identity.Accounts {
					text += fmt.Sprint(" ", a.Key())
				}
				people = append(people, text)
			}
			if diff := cmp.Diff(tc.people, people); diff != "" {
				t.Errorf("people mismatch (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tc.findings, findings); diff != "" {
				t.Errorf("findings mismatch (-want +got):\n%s", diff)
			}
		})
	}
}

// An identity that was taken back is nobody: it is no manager, and none nearly.
func TestTakenBackIsNoManager(t *testing.T) {
	boss := `"managerCorrelationMapping":{"accountAttributeName":"boss","identityAttributeName":"name"},"connector"`
	tenant := &fixture.Tenant{
		Profiles: []string{
			fixture.Profile("Employees", 10, "HR", "uid=HR.id", "email=HR.id", "lastname=HR.id", "number=HR.id", "manager=HR.boss"),
			fixture.Profile("Contractors", 20, "VMS", "uid=VMS.id", "email=VMS.id", "lastname=VMS.id", "number=VMS.id"),
		},
		Sources: []string{strings.Replace(fixture.Source("HR", "number=former"), `"connector"`, boss, 1), fixture.Source("VMS")},
	}
	for _, tc := range []struct{ boss, manager, near string }{
		{"E1", "", ""}, // it joined C1 and is called that
		{"E 1", "", ""},
		{"C1", "C1", ""},
		{"C 1", "", "C1"},
	} {
		e, _ := tenant.Engine(t, profile.Options{})
		var manager, near string
		o := profile.RunOptions{Now: fixture.Now, Hooks: profile.Hooks{OnFinding: func(d diag.Diagnostic) { near += string(d.Code) + d.Message }}}
		hr := feed.Slice("HR", fixture.Account("E1", "id=E1", "former=C1"), fixture.Account("E2", "id=E2", "boss="+tc.boss))
		for r, err := range e.Run(t.Context(), o, hr, feed.Slice("VMS", fixture.Account("C1", "id=C1"))) {
			if err != nil {
				t.Fatal(err)
			}
			if r.Identity.Alias == "E2" {
				manager = r.Manager.Name
			}
		}
		if manager != tc.manager || (near == "") != (tc.near == "") || !strings.Contains(near, tc.near) {
			t.Errorf("boss %q: manager %q, finding %q; want %q and one with %q", tc.boss, manager, near, tc.manager, tc.near)
		}
	}
}
