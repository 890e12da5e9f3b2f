package ldap_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/idprofile/engine/examples/directory/internal/servertest"
	"github.com/idprofile/engine/examples/directory/ldap"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/feed"
	"github.com/idprofile/engine/identity/feed/feedtest"
)

// people are n entries in four units; the manager of 10 to 19 is 1, and so on.
func people(n int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "dn: %s\nobjectClass: domain\ndc: acme\n\n", servertest.Suffix)
	for u := range 4 {
		fmt.Fprintf(&b, "dn: ou=u%d,%s\nobjectClass: organizationalUnit\nou: u%d\n\n", u, servertest.Suffix, u)
	}
	for i := range n {
		fmt.Fprintf(&b, "dn: %s\nobjectClass: inetOrgPerson\nuid: p%d\ncn: Person %d\nsn: %d\nemployeeNumber: %d\n", dnOf(i), i, i, i, i)
		if i > 0 {
			fmt.Fprintf(&b, "manager: %s\n", dnOf(i/10))
		}
		b.WriteString("\n")
	}
	return b.String()
}

func dnOf(i int) string { return fmt.Sprintf("uid=p%d,ou=u%d,%s", i, i%4, servertest.Suffix) }

// unlimited lets the administrator and everybody read all.
const unlimited = "limits * size=unlimited size.pr=unlimited size.prtotal=unlimited"

func server(s *servertest.Slapd) *ldap.Server {
	return &ldap.Server{
		URL: s.URL(), User: servertest.Admin, Password: func() (string, error) { return servertest.Password, nil },
		TimeLimit: 30 * time.Second,
	}
}

var (
	persons = []ldap.Search{{Base: servertest.Suffix, Filter: "(objectClass=inetOrgPerson)"}}
	options = feed.Options{Name: "LDAP", DisplayName: "uid", Attributes: []feed.Attribute{
		{Name: "dn"}, {Name: "uid"}, {Name: "cn"}, {Name: "sn"}, {Name: "employeeNumber"}, {Name: "employeeType"}, {Name: "manager"}}}
)

func source(t testing.TB, s *ldap.Server, searches []ldap.Search) identity.Source {
	t.Helper()
	src, err := s.Source(searches, options)
	if err != nil {
		t.Fatal(err)
	}
	return src
}

func accounts(t testing.TB, src identity.Source) map[string]identity.Account {
	t.Helper()
	all := map[string]identity.Account{}
	for a, err := range src.Accounts(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		all[a.NativeIdentity] = a
	}
	return all
}

func text(a identity.Account) string {
	attributes, _ := a.Attributes.MarshalJSON()
	return fmt.Sprint(a.NativeIdentity, a.UUID, a.Name, a.Disabled, string(attributes))
}

// 20,000 entries, then changes of all kinds: what was read before and what the
// changes say is what a full read gives afterwards, though the server says nothing
// of the entries below a unit that moved.
func TestSlapdChanges(t *testing.T) {
	s := servertest.StartSlapd(t, people(20000), unlimited)
	web := server(s)
	mark, err := web.Mark(t.Context(), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	before := accounts(t, source(t, web, persons))
	if len(before) != 20000 {
		t.Fatalf("%d accounts, want 20,000", len(before))
	}
	time.Sleep(1100 * time.Millisecond) // the server's change times are whole seconds
	mark.Time = time.Now().UTC().Format("20060102150405Z")

	s.Modify(t, strings.Join([]string{
		"dn: " + dnOf(17) + "\nchangetype: modify\nreplace: sn\nsn: other\n-\nadd: employeeType\nemployeeType: inactive\n",
		"dn: " + dnOf(1) + "\nchangetype: modrdn\nnewrdn: uid=chief\ndeleteoldrdn: 1\n", // the manager of 10 to 19
		"dn: ou=u2," + servertest.Suffix + "\nchangetype: modrdn\nnewrdn: ou=moved\ndeleteoldrdn: 1\nnewsuperior: ou=u3," + servertest.Suffix + "\n",
		"dn: " + dnOf(40) + "\nchangetype: delete\n", // the manager of 400 to 409
		"dn: uid=new,ou=u0," + servertest.Suffix + "\nchangetype: add\nobjectClass: inetOrgPerson\nuid: new\ncn: New\nsn: New\nmanager: " + dnOf(3) + "\n",
	}, "\n"))

	delta, err := web.Changes(persons, mark, options, func() iter.Seq[identity.Account] { return maps.Values(before) })
	if err != nil {
		t.Fatal(err)
	}
	changed := accounts(t, delta)
	after := accounts(t, source(t, web, persons))

	now := maps.Clone(before)
	for _, native := range delta.Removed() {
		delete(now, native)
	}
	maps.Copy(now, changed)
	if len(now) != len(after) {
		t.Errorf("%d accounts, want %d", len(now), len(after))
	}
	for native, a := range after {
		if got, ok := now[native]; !ok || text(got) != text(a) {
			t.Fatalf("mismatch:\nwant %s\ngot  %s", text(a), text(got))
		}
	}
	if n := len(changed); n < 5000 || n > 5010 {
		t.Errorf("%d changes, want those of a quarter of the entries and few others", n)
	}
	// OpenLDAP leaves links to the old DN: that is what the accounts have to say.
	if got := now[dnOf(15)].Attributes.Get("manager").Text(); got != dnOf(1) {
		t.Errorf("manager of 15: %s", got)
	}
}

// Servers that rewrite links do so without a change of the entries that have them.
func TestSlapdRefint(t *testing.T) {
	s := servertest.StartSlapd(t, people(200), unlimited+"\nmoduleload refint\noverlay refint\nrefint_attributes manager")
	web := server(s)
	before := accounts(t, source(t, web, persons))
	time.Sleep(1100 * time.Millisecond)
	mark := ldap.Mark{Time: time.Now().UTC().Format("20060102150405Z")}
	s.Modify(t, "dn: "+dnOf(1)+"\nchangetype: modrdn\nnewrdn: uid=chief\ndeleteoldrdn: 1\n")
	chief := "uid=chief,ou=u1," + servertest.Suffix

	var after map[string]identity.Account
	for range 100 { // the overlay works behind the answer
		if after = accounts(t, source(t, web, persons)); after[dnOf(15)].Attributes.Get("manager").Text() == chief {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	delta, err := web.Changes(persons, mark, options, func() iter.Seq[identity.Account] { return maps.Values(before) }, "manager")
	if err != nil {
		t.Fatal(err)
	}
	changed := accounts(t, delta)
	for native, a := range after {
		got, ok := changed[native]
		if !ok {
			got = before[native]
		}
		if text(got) != text(a) {
			t.Errorf("mismatch:\nwant %s\ngot  %s", text(a), text(got))
		}
	}
	if !slices.Equal(delta.Removed(), []string{dnOf(1)}) || len(changed) != 11 {
		t.Errorf("removed %q, %d changed", delta.Removed(), len(changed))
	}
}

func TestSlapdSecurity(t *testing.T) {
	s := servertest.StartSlapd(t, people(20), unlimited)
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(s.Certificate)
	file := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(file, []byte(servertest.Password+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name   string
		change func(*ldap.Server)
		want   string // "": all accounts
	}{
		{"StartTLS", func(w *ldap.Server) { w.StartTLS, w.TLS = true, &tls.Config{RootCAs: pool} }, ""},
		{"LDAPS", func(w *ldap.Server) { w.URL, w.TLS = "ldaps://"+s.Secure, &tls.Config{RootCAs: pool} }, ""},
		{"LDAPS, a certificate that does not fit", func(w *ldap.Server) { w.URL = "ldaps://" + s.Secure }, "certificate"},
		{"LDAPS, a certificate of another name", func(w *ldap.Server) {
			w.URL, w.TLS = "ldaps://"+s.Secure, &tls.Config{RootCAs: pool, ServerName: "ldap.acme.example"}
		}, "certificate"},
		{"LDAPS where nothing is encrypted", func(w *ldap.Server) { w.URL = "ldaps://" + s.Address }, "Network Error"},
		{"password from a file", func(w *ldap.Server) { w.Password = ldap.PasswordFile(file) }, ""},
		{"a certificate that does not fit", func(w *ldap.Server) { w.StartTLS = true }, "certificate"},
		{"a certificate of another name", func(w *ldap.Server) {
			w.StartTLS, w.TLS = true, &tls.Config{RootCAs: pool, ServerName: "ldap.acme.example"}
		}, "certificate"},
		{"a wrong password", func(w *ldap.Server) { w.Password = func() (string, error) { return "x", nil } }, "Invalid Credentials"},
		{"an empty password", func(w *ldap.Server) { w.Password = func() (string, error) { return "", nil } }, "the password is empty"},
		{"no password", func(w *ldap.Server) { w.Password = ldap.PasswordEnv("IDPROFILE_NO_SUCH_VARIABLE") }, "the environment has no"},
		{"nobody there", func(w *ldap.Server) { w.URL = "ldap://127.0.0.1:1" }, "refused"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			web := server(s)
			tc.change(web)
			n, failure := 0, error(nil)
			for _, err := range source(t, web, persons).Accounts(t.Context()) {
				if failure = err; err == nil {
					n++
				}
			}
			if tc.want == "" && (failure != nil || n != 20) || tc.want != "" && (n != 0 || failure == nil || !strings.Contains(failure.Error(), tc.want)) {
				t.Errorf("%d accounts, error %v, want %q", n, failure, tc.want)
			}
			if failure != nil && strings.Contains(failure.Error(), servertest.Password) {
				t.Error("the error has the password")
			}
		})
	}
}

// An answer that the server cuts is an error, not a smaller source.
func TestSlapdLimits(t *testing.T) {
	s := servertest.StartSlapd(t, people(700), "limits users size=100 size.prtotal=150\nlimits anonymous size=100 size.prtotal=150")
	web := server(s)
	web.User, web.PageSize = "", 60
	n, failure := 0, error(nil)
	for _, err := range source(t, web, persons).Accounts(t.Context()) {
		if failure = err; err == nil {
			n++
		}
	}
	if failure == nil || !strings.Contains(failure.Error(), "Size Limit") {
		t.Errorf("%d accounts, error %v", n, failure)
	}
}

func TestConformance(t *testing.T) {
	one := servertest.StartSlapd(t, people(700), unlimited)
	many := servertest.StartSlapd(t, people(20000), unlimited)
	changing := servertest.StartSlapd(t, people(50), unlimited)
	feedtest.Run(t, feedtest.Feed{
		Source: func(t testing.TB, n int) identity.Source {
			if n == 700 {
				return source(t, server(one), persons)
			}
			return limited{source(t, server(many), persons), n}
		},
		Broken: func(t testing.TB) identity.Source { // the server ends in the middle
			s := servertest.StartSlapd(t, people(2000), unlimited)
			web := server(s)
			web.PageSize, web.Attempts = 100, 1
			return stopping{source(t, web, persons), s.Stop}
		},
		Refusing: func(t testing.TB) (identity.Source, int) {
			byNumber := options
			byNumber.NativeIdentity = "employeeNumber"
			unnumbered := strings.NewReplacer("employeeNumber: 3\n", "", "employeeNumber: 8\n", "").Replace(people(20))
			src, err := server(servertest.StartSlapd(t, unnumbered, unlimited)).Source(persons, byNumber)
			if err != nil {
				t.Fatal(err)
			}
			return src, 2
		},
		Before: func(t testing.TB) identity.Source { return source(t, server(changing), persons) },
		Changes: func(t testing.TB, known func() iter.Seq[identity.Account]) identity.Changes {
			time.Sleep(1100 * time.Millisecond)
			mark := ldap.Mark{Time: time.Now().UTC().Format("20060102150405Z")}
			changing.Modify(t, "dn: "+dnOf(5)+"\nchangetype: modrdn\nnewrdn: uid=five\ndeleteoldrdn: 1\n\n"+
				"dn: "+dnOf(19)+"\nchangetype: delete\n\ndn: "+dnOf(7)+"\nchangetype: modify\nreplace: sn\nsn: other\n")
			delta, err := server(changing).Changes(persons, mark, options, known)
			if err != nil {
				t.Fatal(err)
			}
			return delta
		},
		After: func(t testing.TB) identity.Source { return source(t, server(changing), persons) },
	})
}

// limited gives the first accounts of a source.
type limited struct {
	identity.Source
	n int
}

func (l limited) Accounts(ctx context.Context) iter.Seq2[identity.Account, error] {
	return func(yield func(identity.Account, error) bool) {
		n := 0
		for a, err := range l.Source.Accounts(ctx) {
			if !yield(a, err) {
				return
			}
			if n++; n == l.n {
				return
			}
		}
	}
}

// stopping stops the server after the first account.
type stopping struct {
	identity.Source
	stop func()
}

func (s stopping) Accounts(ctx context.Context) iter.Seq2[identity.Account, error] {
	return func(yield func(identity.Account, error) bool) {
		for a, err := range s.Source.Accounts(ctx) {
			s.stop()
			if !yield(a, err) {
				return
			}
		}
	}
}
