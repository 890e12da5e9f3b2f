// Package servertest starts real directory servers for tests: each in a temporary
// folder, on a free port of this machine, ended with its test.
package servertest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Required is the environment variable that makes a missing server a failure
// instead of a skipped test: where the servers are installed no test may be left
// out by accident.
const Required = "IDPROFILE_SERVERS"

// Program returns the path of a server's program. The test is skipped without it.
func Program(t testing.TB, names ...string) string {
	t.Helper()
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}

	if os.Getenv(Required) != "" {
		t.Fatalf("%s is not installed, and %s is set", names[0], Required)
	}
	t.Skipf("%s is not installed", names[0])
	return ""
}

// Slapd is a running OpenLDAP server with the suffix dc=acme,dc=example.
type Slapd struct {
	Address     string // host:port
	Secure      string // host:port where encryption comes first
	Certificate []byte // of the server, PEM
	Folder      string
	Stop        func()
}

// The administrator of the test servers.
const (
	Admin    = "cn=admin,dc=acme,dc=example"
	Password = "secret of the test"
	Suffix   = "dc=acme,dc=example"
)

// StartSlapd starts a server with the entries of an LDIF text. config is added to
// the configuration of its database.
func StartSlapd(t testing.TB, entries, config string) *Slapd {
	t.Helper()
	slapd := Program(t, "slapd", "/usr/sbin/slapd")
	s := &Slapd{Folder: t.TempDir(), Address: FreePort(t), Secure: FreePort(t)}
	key, certificate := selfSigned(t)
	s.Certificate = certificate
	data := filepath.Join(s.Folder, "data")
	if err := os.Mkdir(data, 0o700); err != nil {
		t.Fatal(err)
	}
	s.write(t, "key.pem", key)
	s.write(t, "cert.pem", certificate)
	s.write(t, "entries.ldif", []byte(entries))
	s.write(t, "slapd.conf", fmt.Appendf(nil, `include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
TLSCertificateFile %[1]s/cert.pem
TLSCertificateKeyFile %[1]s/key.pem
database mdb
maxsize 1073741824
suffix %[2]q
rootdn %[3]q
rootpw %[4]q
directory %[5]s
dbnosync
%[6]s
`, s.Folder, Suffix, Admin, Password, data, config))

	conf := filepath.Join(s.Folder, "slapd.conf")
	run(t, Program(t, "slapadd", "/usr/sbin/slapadd"), "-q", "-f", conf, "-l", filepath.Join(s.Folder, "entries.ldif"))
	cmd := exec.Command(slapd, "-f", conf, "-h", "ldap://"+s.Address+" ldaps://"+s.Secure, "-d", "0")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s.Stop = func() {
		cmd.Process.Kill()
		cmd.Wait()
	}
	t.Cleanup(s.Stop)
	Wait(t, s.Address)
	return s
}

func (s *Slapd) write(t testing.TB, name string, text []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(s.Folder, name), text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// URL is the address without encryption.
func (s *Slapd) URL() string { return "ldap://" + s.Address }

// Modify makes the changes of an LDIF text as the administrator.
func (s *Slapd) Modify(t testing.TB, changes string) {
	t.Helper()
	cmd := exec.Command(Program(t, "ldapmodify"), "-x", "-H", s.URL(), "-D", Admin, "-w", Password)
	cmd.Stdin = strings.NewReader(changes)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("ldapmodify: %v\n%s", err, out)
	}
}

func run(t testing.TB, name string, args ...string) {
	t.Helper()
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
}

// FreePort returns an address of this machine that nobody listens on.
func FreePort(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// Wait waits until somebody listens.
func Wait(t testing.TB, address string) {
	t.Helper()
	for range 200 {
		if conn, err := net.Dial("tcp", address); err == nil {
			conn.Close()
			return
		}

		time.Sleep(25 * time.Millisecond)
	}

	t.Fatalf("nobody listens on %s", address)
}

// selfSigned makes a key and a certificate for 127.0.0.1.
func selfSigned(t testing.TB) (key, certificate []byte) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore:   time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true,
		BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}),
		pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}
