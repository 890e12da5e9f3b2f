package directory_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/feed/directory"
)

func person(uuid, name, manager string) identity.Account {
	return identity.Account{NativeIdentity: name, UUID: uuid, Attributes: identity.NewAttributes(map[string]identity.Value{
		"distinguishedName": identity.StringValue(name), "manager": identity.StringValue(manager)})}
}

// What a directory does not tell: people below a container that moved, and people
// whose manager has another name.
func TestDelta(t *testing.T) {
	known := []identity.Account{
		person("1", "CN=ann,OU=a,DC=x", "CN=boss,OU=a,DC=x"), person("2", "CN=boss,OU=a,DC=x", ""),
		person("3", "CN=cy,OU=c,DC=x", "cn=Boss, ou=A,dc=x"), person("4", "CN=dee,OU=c,DC=x", "CN=cy,OU=c,DC=x"),
	}
	for _, tc := range []struct {
		name    string
		tell    func(d *directory.Delta)
		changed []string
		removed []string
	}{
		{name: "nothing", tell: func(d *directory.Delta) {}},
		{
			name: "container moved", tell: func(d *directory.Delta) { d.Move("OU=a,DC=x", "OU=A1,OU=b,DC=x") },
			changed: []string{"1 CN=ann,OU=A1,OU=b,DC=x > CN=boss,OU=A1,OU=b,DC=x", "2 CN=boss,OU=A1,OU=b,DC=x > ",
				"3 CN=cy,OU=c,DC=x > cn=Boss, OU=A1,OU=b,DC=x"},
			removed: []string{"CN=ann,OU=a,DC=x", "CN=boss,OU=a,DC=x"},
		},
		{
			name: "manager seen under another name", tell: func(d *directory.Delta) { d.Put(person("2", "CN=chief,OU=c,DC=x", "")) },
			changed: []string{"1 CN=ann,OU=a,DC=x > CN=chief,OU=c,DC=x", "2 CN=chief,OU=c,DC=x > ", "3 CN=cy,OU=c,DC=x > CN=chief,OU=c,DC=x"},
			removed: []string{"CN=boss,OU=a,DC=x"},
		},
		{
			name: "old name in one row, new in another", tell: func(d *directory.Delta) {
				d.Put(person("4", "CN=dee,OU=c,DC=x", "CN=chief,OU=c,DC=x"))
				d.Put(person("2", "CN=chief,OU=c,DC=x", ""))
			},
			changed: []string{"1 CN=ann,OU=a,DC=x > CN=chief,OU=c,DC=x", "2 CN=chief,OU=c,DC=x > ",
				"3 CN=cy,OU=c,DC=x > CN=chief,OU=c,DC=x", "4 CN=dee,OU=c,DC=x > CN=chief,OU=c,DC=x"},
			removed: []string{"CN=boss,OU=a,DC=x"},
		},
		{
			name: "moved twice, then the container", tell: func(d *directory.Delta) {
				d.Move("CN=boss,OU=a,DC=x", "CN=boss,OU=c,DC=x")
				d.Move("CN=boss,OU=c,DC=x", "CN=b2,OU=c,DC=x")
				d.Move("OU=c,DC=x", "OU=d,DC=x")
			},
			changed: []string{"1 CN=ann,OU=a,DC=x > CN=b2,OU=d,DC=x", "2 CN=b2,OU=d,DC=x > ", "3 CN=cy,OU=d,DC=x > CN=b2,OU=d,DC=x",
				"4 CN=dee,OU=d,DC=x > CN=cy,OU=d,DC=x"},
			removed: []string{"CN=boss,OU=a,DC=x", "CN=cy,OU=c,DC=x", "CN=dee,OU=c,DC=x"},
		},
		{
			name: "a name that another entry takes over", tell: func(d *directory.Delta) {
				d.Move("CN=boss,OU=a,DC=x", "CN=old,OU=a,DC=x")
				d.Move("CN=cy,OU=c,DC=x", "CN=boss,OU=a,DC=x")
			},
			changed: []string{"1 CN=ann,OU=a,DC=x > CN=old,OU=a,DC=x", "3 CN=boss,OU=a,DC=x > CN=old,OU=a,DC=x",
				"4 CN=dee,OU=c,DC=x > CN=boss,OU=a,DC=x", "2 CN=old,OU=a,DC=x > "},
			removed: []string{"CN=cy,OU=c,DC=x"},
		},
		{
			name: "a new entry under the name of one that moved", tell: func(d *directory.Delta) {
				d.Put(person("2", "CN=old,OU=a,DC=x", ""))
				d.Put(person("9", "CN=boss,OU=a,DC=x", ""))
			},
			changed: []string{"1 CN=ann,OU=a,DC=x > CN=old,OU=a,DC=x", "9 CN=boss,OU=a,DC=x > ", "3 CN=cy,OU=c,DC=x > CN=old,OU=a,DC=x",
				"2 CN=old,OU=a,DC=x > "},
		},
		{
			name: "a manager is deleted", tell: func(d *directory.Delta) { d.Remove("CN=cy,OU=c,DC=x") },
			changed: []string{"4 CN=dee,OU=c,DC=x > "}, removed: []string{"CN=cy,OU=c,DC=x"},
		},
		{
			name: "deleted", tell: func(d *directory.Delta) {
				d.Move("OU=a,DC=x", "OU=z,DC=x")
				d.Remove("cn=ANN,ou=z,dc=x")
				d.Put(person("5", "CN=eve,OU=z,DC=x", ""))
				d.Remove("CN=eve,OU=z,DC=x")
			},
			changed: []string{"2 CN=boss,OU=z,DC=x > ", "3 CN=cy,OU=c,DC=x > cn=Boss, OU=z,DC=x"},
			removed: []string{"CN=ann,OU=a,DC=x", "CN=boss,OU=a,DC=x", "CN=eve,OU=z,DC=x"},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d := directory.NewDelta(slices.Values(known), "manager")
			tc.tell(d)
			changed, removed := d.Changes()
			var lines []string
			for _, a := range changed {
				if a.NativeIdentity != directory.Name(&a) {
					t.Errorf("id %s, name %s", a.NativeIdentity, directory.Name(&a))
				}
				lines = append(lines, fmt.Sprint(a.UUID, " ", a.NativeIdentity, " > ", a.Attributes.Get("manager").Text()))
			}
			if diff := cmp.Diff(tc.changed, lines); diff != "" {
				t.Errorf("changed: mismatch (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tc.removed, removed); diff != "" {
				t.Errorf("removed: mismatch (-want +got):\n%s", diff)
			}
		})
	}
}
