package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// lines is a writer that others may read while it is written.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lines) Write(src []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(src)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// program is the command as it runs in the process of the test.
type program struct {
	t              *testing.T
	base           string
	client         *http.Client
	stdout, stderr *lines
	stop           func() error
}

var address = regexp.MustCompile(`listening on (https?://\S+)\n`)

// runProgram starts the command and waits until it listens.
func runProgram(t *testing.T, args ...string) *program {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	p := &program{t: t, client: http.DefaultClient, stdout: &lines{}, stderr: &lines{}}
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, append([]string{"-listen", "127.0.0.1:0"}, args...), p.stdout, p.stderr) }()
	p.stop = sync.OnceValue(func() error { cancel(); return <-ended })
	t.Cleanup(func() {
		if err := p.stop(); err != nil {
			t.Error(err)
		}
	})
	for begin := time.Now(); ; time.Sleep(5 * time.Millisecond) {
		if found := address.FindStringSubmatch(p.stdout.String()); found != nil {
			p.base = found[1]
			return p
		}
		select {
		case err := <-ended:
			t.Fatalf("the program ended: %v\n%s", err, p.stderr)
		default:
		}
		if time.Since(begin) > time.Minute {
			t.Fatal("the program does not listen")
		}
	}
}

// do makes a request as a client of the program, or with Basic authorization for a path
// beside the API.
func (p *program) do(client, method, path, body string) (int, string) {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), method, p.base+path, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	switch {
	case client == "":
	case path == "/_page":
		r.SetBasicAuth(client, client+"-secret")
	default:
		r.Header.Set("Authorization", "Bearer "+p.token(client))
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	res, err := p.client.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	src, err := io.ReadAll(res.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return res.StatusCode, string(src)
}

var accessToken = regexp.MustCompile(`"access_token":"([^"]+)"`)

func (p *program) token(client string) string {
	p.t.Helper()
	form := fmt.Sprintf("grant_type=client_credentials&client_id=%s&client_secret=%[1]s-secret", client)
	res, err := p.client.Post(p.base+"/oauth/token", "application/x-www-form-urlencoded", strings.NewReader(form))
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	src, _ := io.ReadAll(res.Body)
	found := accessToken.FindSubmatch(src)
	if found == nil {
		p.t.Fatalf("no token: %s", src)
	}
	return string(found[1])
}

// must makes a request and checks the status.
func (p *program) must(status int, client, method, path, body string) string {
	p.t.Helper()
	got, text := p.do(client, method, path, body)
	if got != status {
		p.t.Fatalf("%s %s as %q: status %d, want %d: %s", method, path, client, got, status, text)
	}
	return text
}

const newTransform = `{"name":"Shout","type":"upper","attributes":{"input":{"type":"static","attributes":{"value":"personal-value"}}}}`

// The start message names the base without a version; the base with one reaches nothing.
func TestStartMessage(t *testing.T) {
	p := runProgram(t, acme)
	if regexp.MustCompile(`/(v\d|beta)`).MatchString(p.stdout.String()) {
		t.Errorf("the message names a version: %s", p.stdout)
	}
	p.must(200, "admin", "GET", "/v3/transforms", "")
	p.must(404, "admin", "GET", "/v3/v3/transforms", "")
	p.must(200, "", "GET", "/healthz", "")
}

// The page shows requests and files that differ to whoever may read, and neither
// queries nor bodies nor secrets; the log holds none of them either.
func TestPage(t *testing.T) {
	p := runProgram(t, acme)
	p.must(401, "", "GET", "/_page", "")
	p.must(401, "nobody", "GET", "/_page", "")
	if page := p.must(200, "reader", "GET", "/_page", ""); !strings.Contains(page, "<p>None.</p>") {
		t.Errorf("the page of an unchanged folder:\n%s", page)
	}
	p.must(201, "admin", "POST", "/v3/transforms", newTransform)
	p.must(404, "admin", "GET", "/v3/<b>?filters=personal-value", "")
	page := p.must(200, "admin", "GET", "/_page", "")
	for _, want := range []string{"changed tenant.json", "POST /v3/transforms", "GET /v3/&lt;b&gt;", "<td>201</td>"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page has no %q:\n%s", want, page)
		}
	}
	for _, text := range []string{page, p.stderr.String(), p.stdout.String()} {
		if strings.Contains(text, "personal-value") || strings.Contains(text, p.token("reader")) || strings.Contains(text, "reader-secret") {
			t.Errorf("a value or a secret is shown:\n%s", text)
		}
	}
}

// With -dry-run everything works as ever, and the files that would differ are printed at
// the end; the folder stays as it is.
func TestDryRun(t *testing.T) {
	before := folderOf(t, acme)
	p := runProgram(t, "-dry-run", acme)
	p.must(201, "admin", "POST", "/v3/transforms", newTransform)
	p.must(200, "admin", "GET", "/v3/transforms?name=Shout", "")
	if err := p.stop(); err != nil {
		t.Fatal(err)
	}
	_, printed, _ := strings.Cut(p.stdout.String(), "trying out\n")
	if want := "changed tenant.json\n"; printed != want {
		t.Errorf("printed %q, want %q", printed, want)
	}
	if after := folderOf(t, acme); after != before {
		t.Error("the folder has changed")
	}
}

// folderOf is the content of a folder as one text.
func folderOf(t *testing.T, folder string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(folder, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		src, err := os.ReadFile(path)
		fmt.Fprintf(&b, "%s\n%s\n", path, src)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// The editor extension asks https://TENANT.api.DOMAIN: with a certificate for a name
// that leads to the machine it is served.
func TestTLS(t *testing.T) {
	const host = "acme.api.tenant.example"
	cert, key, pool := certificate(t, host)
	p := runProgram(t, "-cert", cert, "-key", key, acme)
	if !strings.HasPrefix(p.base, "https://127.0.0.1:") {
		t.Errorf("base %s", p.base)
	}
	listens := strings.TrimPrefix(p.base, "https://")
	_, port, _ := net.SplitHostPort(listens)
	p.base = "https://" + host + ":" + port
	p.client = &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: pool},
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, listens)
		},
	}}
	p.must(200, "admin", "GET", "/v2025/transforms?limit=1", "")

	plain, err := http.Get("http://" + listens + "/healthz")
	if err == nil {
		plain.Body.Close()
		if plain.StatusCode != 400 {
			t.Errorf("plain HTTP is answered with %d", plain.StatusCode)
		}
	}
	p.client.CloseIdleConnections()
}

// certificate writes a certificate for a host that signs itself, and gives a pool that
// trusts it.
func certificate(t *testing.T, host string) (certFile, keyFile string, pool *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: host}, DNSNames: []string{host},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	certFile, keyFile = filepath.Join(folder, "cert.pem"), filepath.Join(folder, "key.pem")
	public := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	err = errors.Join(os.WriteFile(certFile, public, 0o600),
		os.WriteFile(keyFile, pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: secret}), 0o600))
	if err != nil {
		t.Fatal(err)
	}
	pool = x509.NewCertPool()
	pool.AppendCertsFromPEM(public)
	return certFile, keyFile, pool
}

func TestUsage(t *testing.T) {
	for _, args := range [][]string{
		{}, {"a", "b"}, {"-nothing", acme}, {"-cert", "c.pem", acme}, {"-key", "k.pem", acme}, {"-dry-run", "-store", "sqlite:x", acme},
	} {
		if err := run(t.Context(), args, io.Discard, io.Discard); !errors.Is(err, flag.ErrHelp) {
			t.Errorf("%q: error %v, want usage", args, err)
		}
	}
	for _, args := range [][]string{{"-now", "tomorrow", acme}, {"-listen", "nowhere:x", acme}, {t.TempDir() + "/none"}, {"-store", "oracle:x", acme}} {
		if err := run(t.Context(), args, io.Discard, io.Discard); err == nil || errors.Is(err, flag.ErrHelp) {
			t.Errorf("%q: error %v", args, err)
		}
	}
}
