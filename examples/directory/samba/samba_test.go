// Package samba tests what Active Directory does with the entries of a Samba
// domain, made anew by each test in a temporary folder and read by ldbsearch. No
// server is started: the tools do what the server does with the same modules.
package samba

import (
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/feed"
	"github.com/idprofile/engine/identity/feed/directory"
	"github.com/idprofile/engine/identity/feed/ldif"
)

const (
	suffix  = "DC=acme,DC=example"
	persons = "(&(objectClass=user)(employeeNumber=*))"
)

// domain is the database of a domain.
type domain struct {
	t    *testing.T
	file string
}

// provision makes a domain. That takes a while, so the tests run on demand only:
// with IDPROFILE_SAMBA set, where samba, samba-ad-provision and ldb-tools are installed.
func provision(t *testing.T) domain {
	t.Helper()
	if os.Getenv("IDPROFILE_SAMBA") == "" {
		t.Skip("IDPROFILE_SAMBA is not set")
	}
	for _, tool := range []string{"samba-tool", "ldbadd", "ldbmodify", "ldbsearch"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s is not installed", tool)
		}
	}
	folder := t.TempDir()
	d := domain{t, filepath.Join(folder, "dc/private/sam.ldb")}
	d.run("", "samba-tool", "domain", "provision", "--realm=ACME.EXAMPLE", "--domain=ACME", "--adminpass=Secret-of-the-test-1",
		"--server-role=dc", "--dns-backend=NONE", "--host-ip=127.0.0.1", "--targetdir="+folder+"/dc",
		"--option=posix:eadb="+folder+"/eadb.tdb") // no file system with extended attributes is needed
	return d
}

func (d domain) run(input, name string, args ...string) string {
	d.t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Stdin = strings.NewReader(input)
	var errors strings.Builder
	cmd.Stderr = &errors
	out, err := cmd.Output()
	if err != nil {
		d.t.Fatalf("%s: %v\n%s", name, err, errors.String())
	}
	return string(out)
}

func (d domain) add(entries string)    { d.t.Helper(); d.run(entries, "ldbadd", "-H", d.file) }
func (d domain) modify(changes string) { d.t.Helper(); d.run(changes, "ldbmodify", "-H", d.file) }

func (d domain) search(filter string, attributes ...string) string {
	d.t.Helper()
	return d.run("", "ldbsearch", slices.Concat([]string{"-H", d.file, filter}, attributes)...)
}

var options = feed.Options{Name: "AD", NativeIdentity: "distinguishedName", DisplayName: "sAMAccountName", Attributes: []feed.Attribute{
	{Name: "distinguishedName"}, {Name: "sAMAccountName"}, {Name: "objectGUID"}, {Name: "objectSid"}, {Name: "sn"},
	{Name: "employeeNumber"}, {Name: "manager"}, {Name: "userAccountControl"}, {Name: "memberOf", Multi: true, Entitlement: true}}}

// read returns the entries of a search.
func (d domain) read(text string) map[string]identity.Account {
	d.t.Helper()
	o := options
	o.OnFinding = func(f diag.Diagnostic) { d.t.Error(f) }
	src, err := ldif.New("AD.ldif", func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil }, o)
	if err != nil {
		d.t.Fatal(err)
	}
	all := map[string]identity.Account{}
	for a, err := range src.Accounts(d.t.Context()) {
		if err != nil {
			d.t.Fatal(err)
		}
		all[a.NativeIdentity] = a
	}
	return all
}

func dnOf(i int) string { return fmt.Sprintf("CN=p%d,OU=u%d,%s", i, i%2, suffix) }

func people(n int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "dn: OU=u0,%[1]s\nobjectClass: organizationalUnit\n\ndn: OU=u1,%[1]s\nobjectClass: organizationalUnit\n\n", suffix)
	for i := range n {
		fmt.Fprintf(&b, "dn: %s\nobjectClass: user\nsAMAccountName: p%d\nsn: %d\nemployeeNumber: %d\n", dnOf(i), i, i, i)
		if i > 0 {
			fmt.Fprintf(&b, "manager: %s\n", dnOf(i/10))
		}
		b.WriteString("\n")
	}
	return b.String()
}

func text(a identity.Account) string {
	attributes, _ := a.Attributes.MarshalJSON()
	return fmt.Sprint(a.NativeIdentity, " ", a.UUID, " ", a.Name, " ", a.Disabled, " ", string(attributes))
}

// A unit moves, a manager is renamed, another deleted, somebody disabled: the
// entries with a later uSNChanged and the place of all give what a full read gives.
func TestDelta(t *testing.T) {
	const n = 300
	d := provision(t)
	d.add(people(n))
	before := d.read(d.search(persons))
	if len(before) != n || before[dnOf(15)].Attributes.Get("manager").Text() != dnOf(1) {
		t.Fatalf("%d accounts, want %d", len(before), n)
	}
	usn := highest(t, d)

	d.modify(strings.Join([]string{
		"dn: " + dnOf(1) + "\nchangetype: modrdn\nnewrdn: CN=chief\ndeleteoldrdn: 1\n", // the manager of 10 to 19
		"dn: OU=u0," + suffix + "\nchangetype: modrdn\nnewrdn: OU=moved\ndeleteoldrdn: 1\nnewsuperior: OU=u1," + suffix + "\n",
		"dn: " + dnOf(23) + "\nchangetype: delete\n", // the manager of 230 to 239
		"dn: " + dnOf(17) + "\nchangetype: modify\nreplace: userAccountControl\nuserAccountControl: 514\n",
	}, "\n"))

	changed := d.read(d.search("(&" + persons + fmt.Sprintf("(uSNChanged>=%d))", usn+1)))
	if len(changed) > 5 {
		t.Errorf("%d entries say that they changed", len(changed))
	}
	delta := directory.NewDelta(maps.Values(before), "manager")
	there := map[string]string{}
	for _, a := range d.read(d.search(persons, "objectGUID", "distinguishedName")) {
		there[a.UUID] = a.NativeIdentity
	}
	for _, a := range changed {
		delta.Put(a)
	}
	for had, a := range before {
		switch now, ok := there[a.UUID]; {
		case !ok:
			delta.Remove(had)
		case now != had:
			delta.Place(had, now)
		}
	}

	list, removed := delta.Changes()
	now := maps.Clone(before)
	for _, native := range removed {
		delete(now, native)
	}
	for _, a := range list {
		now[a.NativeIdentity] = a
	}
	after := d.read(d.search(persons))
	for native, a := range after {
		if got, ok := now[native]; !ok || text(got) != text(a) {
			t.Errorf("mismatch:\nwant %s\ngot  %s", text(a), text(got))
		}
	}
	if len(now) != len(after) || !after[dnOf(17)].Disabled {
		t.Errorf("%d accounts, want %d; 17: %s", len(now), len(after), text(after[dnOf(17)]))
	}
	if len(list) < n/2 {
		t.Errorf("%d changes, want half of the people", len(list))
	}
}

// What is deleted has a name of its own until it is gone for good.
func TestDeleted(t *testing.T) {
	d := provision(t)
	d.add(people(3))
	d.modify("dn: " + dnOf(2) + "\nchangetype: delete\n")
	out := d.run("", "ldbsearch", "-H", d.file, "--show-deleted", "(sAMAccountName=p2)", "objectGUID", "distinguishedName")
	for _, a := range d.read(out) {
		had, guid, kind := directory.Unmangle(a.NativeIdentity)
		if kind != directory.Deleted || had != "CN=p2,CN=Deleted Objects,"+suffix || a.UUID != "{"+guid+"}" {
			t.Errorf("%s: %s, %s, %v; uuid %s", a.NativeIdentity, had, guid, kind, a.UUID)
		}
		return
	}
	t.Errorf("the deleted entry is not found:\n%s", out)
}

func highest(t *testing.T, d domain) (usn int) {
	t.Helper()
	out := d.run("", "ldbsearch", "-H", d.file, "-b", "", "-s", "base", "highestCommittedUSN")
	_, after, _ := strings.Cut(out, "highestCommittedUSN: ")
	if _, err := fmt.Sscan(after, &usn); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return usn
}
