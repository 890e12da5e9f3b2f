package rest_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/idprofile/engine/profile/tenant/rest"
	"github.com/idprofile/engine/profile/tenant/tenanttest"
)

const acme = "../../../examples/acme"

// site is a running tenant and how tests talk to it.
type site struct {
	t testing.TB
	*tenanttest.Tenant
	actor  string            // client id whose token is sent
	header map[string]string // sent, too
}

func start(t testing.TB) *site {
	t.Helper()
	return &site{t: t, Tenant: tenanttest.Start(t, acme), actor: "admin"}
}

// restarted is another handler over the same configuration and store, which has seen
// nothing yet.
func (s *site) restarted() *site {
	s.t.Helper()
	old := s.Handler.Tenant()
	h, err := rest.New(old.Bundle(), old.Store(), rest.Options{
		Authenticate: s.Clients.Authenticate, Now: s.Handler.Now, Files: os.DirFS(acme),
	})
	if err != nil {
		s.t.Fatal(err)
	}
	server := httptest.NewServer(h)
	s.t.Cleanup(server.Close)
	return &site{t: s.t, Tenant: &tenanttest.Tenant{URL: server.URL, Handler: h, Clients: s.Clients}, actor: s.actor}
}

// as is the same tenant for another actor; "" sends no token.
func (s *site) as(actor string) *site {
	other := *s
	other.actor = actor
	return &other
}

// addClient lets somebody sign in who has no rights but those of an identity.
func (s *site) addClient(name, identityID string) {
	s.Clients.Add(rest.Client{ID: name, Secret: name, Actor: rest.Actor{ID: identityID, Name: name}})
}

// answer is a response with its JSON body.
type answer struct {
	status int
	header http.Header
	text   string
	body   any
}

func (s *site) do(method, path, contentType, body string) answer {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.URL+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	if s.actor != "" {
		r.Header.Set("Authorization", "Bearer "+s.Clients.Token(s.actor))
	}
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	for name, v := range s.header {
		r.Header.Set(name, v)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	src, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	out := answer{status: res.StatusCode, header: res.Header, text: string(src)}
	if strings.HasPrefix(res.Header.Get("Content-Type"), "application/json") {
		dec := json.NewDecoder(bytes.NewReader(src))
		dec.UseNumber()
		if err := dec.Decode(&out.body); err != nil {
			s.t.Errorf("%s %s: the answer is no JSON: %s", method, path, src)
		}
	}
	return out
}

// call makes a JSON request and checks the status.
func (s *site) call(status int, method, path, body string) answer {
	s.t.Helper()
	contentType := ""
	if body != "" {
		contentType = "application/json"
		if method == "PATCH" {
			contentType = "application/json-patch+json"
		}
	}
	a := s.do(method, path, contentType, body)
	if a.status != status {
		s.t.Fatalf("%s %s: status %d, want %d: %s", method, path, a.status, status, a.text)
	}
	return a
}

// upload sends a multipart body; parts are pairs of name and text, a name with a
// file: prefix is sent as a file.
func (s *site) upload(status int, path string, parts ...string) answer {
	s.t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for i := 0; i+1 < len(parts); i += 2 {
		var to io.Writer
		var err error
		if name, ok := strings.CutPrefix(parts[i], "file:"); ok {
			to, err = w.CreateFormFile(name, "blob")
		} else {
			to, err = w.CreateFormField(parts[i])
		}
		if err != nil {
			s.t.Fatal(err)
		}
		io.WriteString(to, parts[i+1])
	}
	w.Close()
	a := s.do("POST", path, w.FormDataContentType(), b.String())
	if a.status != status {
		s.t.Fatalf("POST %s: status %d, want %d: %s", path, a.status, status, a.text)
	}
	return a
}

// at reads a place of a JSON body: members and list positions, with dots between.
func (a answer) at(path string) any {
	v := a.body
	for step := range strings.SplitSeq(path, ".") {
		switch at := v.(type) {
		case map[string]any:
			v = at[step]
		case []any:
			n := 0
			if _, err := fmt.Sscan(step, &n); err != nil || n >= len(at) {
				return nil
			}
			v = at[n]
		default:
			return nil
		}
	}
	return v
}

func (a answer) str(path string) string { return fmt.Sprint(a.at(path)) }

func (a answer) len() int {
	list, _ := a.body.([]any)
	return len(list)
}

// has reports whether an object has a member, null or not.
func has(v any, name string) bool {
	m, _ := v.(map[string]any)
	_, ok := m[name]
	return ok
}

func equal(t *testing.T, what string, want, got any) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s mismatch (-want +got):\n%s", what, d)
	}
}

// names joins a member of all objects of a list.
func (a answer) names(member string) string {
	list, _ := a.body.([]any)
	var out []string
	for _, item := range list {
		m, _ := item.(map[string]any)
		out = append(out, fmt.Sprint(m[member]))
	}
	return strings.Join(out, " ")
}
