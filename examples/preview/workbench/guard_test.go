package workbench

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/profile/config"
)

const testAddr = "127.0.0.1:4180"

// bench is a workbench on a copy of a folder.
type bench struct {
	*Server
	t   testing.TB
	dir string
}

// newBench serves a copy of examples/acme, with files put over it.
func newBench(t testing.TB, write bool, files map[string]string) *bench {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("../../acme")); err != nil {
		t.Fatal(err)
	}
	for name, src := range files {
		put(t, dir, name, src)
	}
	return serveDir(t, dir, write)
}

func put(t testing.TB, dir, name, src string) {
	t.Helper()
	p := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(p, []byte(src), 0o644); err != nil {
		t.Fatal(err)
	}
}

func serveDir(t testing.TB, dir string, write bool) *bench {
	t.Helper()
	fsys, err := config.OpenFolder(dir, config.FolderOptions{})
	if err != nil {
		t.Fatal(err)
	}
	s, err := New(t.Context(), Options{Name: "acme", Dir: dir, FS: fsys, Addr: testAddr, Token: "secret", Write: write})
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{Server: s, t: t, dir: dir}
	b.ready()
	return b
}

// ready waits until the folder has been read.
func (b *bench) ready() {
	for again := true; again; {
		b.mu.Lock()
		over := b.loading.over
		b.mu.Unlock()
		<-over
		b.mu.Lock()
		again = b.loading.again || !b.loading.ended
		b.mu.Unlock()
	}
}

// do makes a request of the page; change may make another one of it.
func (b *bench) do(method, path, body string, change func(*http.Request)) *httptest.ResponseRecorder {
	b.t.Helper()
	r := httptest.NewRequest(method, "http://"+testAddr+path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer secret")
	r.Header.Set("Origin", "http://"+testAddr)
	if change != nil {
		change(r)
	}
	w := httptest.NewRecorder()
	b.Handler().ServeHTTP(w, r)
	return w
}

// ask makes a request and reads the answer into v.
func (b *bench) ask(method, path string, body, v any) int {
	b.t.Helper()
	src := []byte(nil)
	if body != nil {
		var err error
		if src, err = json.Marshal(body); err != nil {
			b.t.Fatal(err)
		}
	}
	w := b.do(method, path, string(src), nil)
	if v != nil {
		if err := json.Unmarshal(w.Body.Bytes(), v); err != nil {
			b.t.Fatalf("%s %s: %v in %.300s", method, path, err, w.Body)
		}
	}
	return w.Code
}

// tree is every file of the folder.
func (b *bench) tree() map[string]string {
	b.t.Helper()
	files := map[string]string{}
	if err := filepath.WalkDir(b.dir, func(p string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		src, err := os.ReadFile(p)
		files[p] = string(src)
		return err
	}); err != nil {
		b.t.Fatal(err)
	}
	return files
}

// What does not come from the page itself is refused, whatever it asks for, and changes nothing.
func TestGuard(t *testing.T) {
	b := newBench(t, true, nil)
	before := b.tree()
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	save := `{"drafts":[{"key":"transform/X","base":"","text":"{\"name\":\"X\",\"type\":\"upper\"}"}]}`
	for _, c := range []struct {
		name         string
		method, path string
		body         string
		change       func(*http.Request)
		want         int
	}{
		{"the page", "GET", "/api/state", "", nil, 200},
		{"no token", "GET", "/api/state", "", func(r *http.Request) { r.Header.Del("Authorization") }, 401},
		{"another token", "GET", "/api/state", "", header("Authorization", "Bearer secreT"), 401},
		{"the token of nobody", "GET", "/api/state", "", header("Authorization", "Bearer "), 401},
		{"the token in the address only", "GET", "/api/state?token=secret", "", func(r *http.Request) { r.Header.Del("Authorization") }, 401},
		{"another host", "GET", "/api/state", "", func(r *http.Request) { r.Host = "workbench.example:4180" }, 421},
		{"another host for the page", "GET", "/", "", func(r *http.Request) { r.Host = "workbench.example:4180" }, 421},
		{"another port", "GET", "/api/state", "", func(r *http.Request) { r.Host = "127.0.0.1:80" }, 421},
		{"localhost", "GET", "/api/state", "", func(r *http.Request) { r.Host = "LOCALHOST:4180" }, 200},
		{"another origin", "POST", "/api/save", save, header("Origin", "https://elsewhere.example"), 403},
		{"another origin with our name in it", "POST", "/api/save", save, header("Origin", "http://127.0.0.1:4180.elsewhere.example"), 403},
		{"the origin of a file", "POST", "/api/save", save, header("Origin", "null"), 403},
		{"our origin without encryption is the only one", "GET", "/api/state", "", header("Origin", "https://"+testAddr), 403},
		{"another site, without origin", "GET", "/api/overview", "", func(r *http.Request) {
			r.Header.Del("Origin")
			r.Header.Set("Sec-Fetch-Site", "cross-site")
		}, 403},
		{"a link of another site to the page", "GET", "/people", "", func(r *http.Request) {
			r.Header.Del("Origin")
			r.Header.Set("Sec-Fetch-Site", "cross-site")
			r.Header.Set("Sec-Fetch-Mode", "navigate")
		}, 200},
		{"what only reads is not written to", "POST", "/api/state", "", nil, 405},
		{"an unknown request", "GET", "/api/elsewhere", "", nil, 404},
		{"a file beside the assets", "GET", "/assets/../server.go", "", nil, 307},
		{"a file beside the assets, encoded", "GET", "/assets/%2e%2e/server.go", "", nil, 404},
		{"no JSON", "POST", "/api/check", "drafts", nil, 400},
		{"too much JSON", "POST", "/api/check", "{} {}", nil, 400},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := b.do(c.method, c.path, c.body, c.change); got.Code != c.want {
				t.Errorf("got %d %.200s, want %d", got.Code, got.Body, c.want)
			}
		})
	}
	if diff := cmp.Diff(before, b.tree()); diff != "" {
		t.Errorf("files have changed (-before +after):\n%s", diff)
	}
}

// endless is a body without end; it counts what is taken of it.
type endless struct{ taken int64 }

func (e *endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	e.taken += int64(len(p))
	return len(p), nil
}

// A request of 100 MB is refused by its length or, without one, once it is too long.
func TestLargeBodies(t *testing.T) {
	b := newBench(t, true, nil)
	for _, path := range []string{"/api/check", "/api/effect", "/api/export", "/api/save"} {
		for _, length := range []int64{100 << 20, -1} {
			body := &endless{}
			r := httptest.NewRequest("POST", "http://"+testAddr+path, io.LimitReader(body, 100<<20))
			r.ContentLength = length
			r.Header.Set("Authorization", "Bearer secret")
			w := httptest.NewRecorder()
			b.Handler().ServeHTTP(w, r)
			if w.Code != http.StatusRequestEntityTooLarge || body.taken > maxBody+(1<<20) {
				t.Errorf("%s of %d bytes: %d %.200s, %d bytes taken", path, length, w.Code, w.Body, body.taken)
			}
		}
	}
}

// The policy of the page lets nothing in but its own files, and no answer is kept or framed.
func TestHeaders(t *testing.T) {
	b := newBench(t, false, nil)
	page := b.do("GET", "/people", "", nil)
	policy := page.Header().Get("Content-Security-Policy")
	for _, part := range []string{"default-src 'none'", "script-src 'self';", "connect-src 'self'", "frame-ancestors 'none'", "form-action 'none'", "base-uri 'none'"} {
		if !strings.Contains(policy, part) {
			t.Errorf("the policy lacks %s: %s", part, policy)
		}
	}
	if strings.Contains(policy, "unsafe") || strings.Contains(page.Body.String(), "NONCE") {
		t.Errorf("policy %s", policy)
	}
	again := b.do("GET", "/people", "", nil).Header().Get("Content-Security-Policy")
	if policy == again {
		t.Error("the nonce is always the same")
	}
	for _, path := range []string{"/", "/assets/app.js", "/assets/look.css", "/api/state", "/api/nothing"} {
		h := b.do("GET", path, "", nil).Header()
		got := map[string]string{}
		want := map[string]string{"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store"}
		for name := range maps.Keys(want) {
			got[name] = h.Get(name)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: mismatch (-want +got):\n%s", path, diff)
		}
	}
}

// Links that leave the folder are not followed, for reading as for writing.
func TestLinks(t *testing.T) {
	outside := t.TempDir()
	secret := filepath.Join(outside, "secret.json")
	if err := os.WriteFile(secret, []byte(`{"name":"Outside","type":"upper"}`), 0o644); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("../../acme")); err != nil {
		t.Fatal(err)
	}
	for link, to := range map[string]string{"transforms/outside.json": secret, "elsewhere": outside} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Skip(err)
		}
	}
	b := serveDir(t, dir, true)
	if got := b.do("GET", "/api/object?key=transform%2FOutside", "", nil); got.Code != http.StatusNotFound {
		t.Errorf("a link is read: %d %s", got.Code, got.Body)
	}
	for _, file := range []string{"../secret.json", "/etc/x.json", "elsewhere/new.json", "transforms/outside.json", "a/../../b.json", ".git/x.json", "accounts/HR.json", "x.csv", `..\x.json`} {
		body := map[string]any{"drafts": []draft{{Key: "transform/New", Text: `{"name":"New","type":"upper"}`, File: file}}}
		var a saveAnswer
		if code := b.ask("POST", "/api/save", body, &a); code == http.StatusOK {
			t.Errorf("%s is saved: %+v", file, a)
		}
	}
	list, err := os.ReadDir(outside)
	if err != nil || len(list) != 1 {
		t.Errorf("outside there are %v, %v", list, err)
	}
	if src, _ := os.ReadFile(secret); string(src) != `{"name":"Outside","type":"upper"}` {
		t.Errorf("outside changed to %s", src)
	}
}

// Markup and commands for terminals in values are data in every answer: JSON, as which they are declared.
func TestMarkupInValues(t *testing.T) {
	rows := "employeeNumber,login,givenName,familyName\n1,\x1b]0;owned\x07x,<img src=x onerror=alert(1)>,\"</script><script>alert(1)</script>\"\n"
	b := newBench(t, false, map[string]string{"accounts/HR.csv": rows})
	w := b.do("GET", "/api/people?profile=Employees", "", nil)
	if kind := w.Header().Get("Content-Type"); kind != "application/json; charset=utf-8" {
		t.Errorf("content type %s", kind)
	}
	if body := w.Body.String(); strings.Contains(body, "<") || strings.Contains(body, "\x1b") || !strings.Contains(body, "\\u003cimg") {
		t.Errorf("got %.600s", body)
	}
}
