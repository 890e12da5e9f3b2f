package rest_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/idprofile/engine/identity/isc"
	"github.com/idprofile/engine/identity/store"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/tenant/rest"
)

// Clients sign in by a multipart form, by a grant in the query with a form behind it, by
// a form alone, by Basic authorization and by the query alone.
func TestSignInSpellings(t *testing.T) {
	s := start(t).as("")
	const form = "application/x-www-form-urlencoded"
	var parts bytes.Buffer
	w := multipart.NewWriter(&parts)
	for _, p := range [][2]string{{"grant_type", "client_credentials"}, {"client_id", "admin"}, {"client_secret", "admin-secret"}} {
		if err := w.WriteField(p[0], p[1]); err != nil {
			t.Fatal(err)
		}
	}
	w.Close()
	basic := "Basic " + base64.StdEncoding.EncodeToString([]byte("admin:admin-secret"))
	for _, c := range []struct{ name, query, contentType, body, authorization string }{
		{name: "the vendor's SDK", contentType: w.FormDataContentType(), body: parts.String()},
		{name: "the command-line tool", query: "?grant_type=client_credentials", contentType: form, body: "client_id=admin&client_secret=admin-secret"},
		{name: "the editor extension", contentType: form, body: "grant_type=client_credentials&client_id=admin&client_secret=admin-secret"},
		{name: "Basic", contentType: form, body: "grant_type=client_credentials", authorization: basic},
		{name: "query alone", query: "?grant_type=client_credentials&client_id=admin&client_secret=admin-secret"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := http.NewRequestWithContext(t.Context(), "POST", s.URL+"/oauth/token"+c.query, strings.NewReader(c.body))
			if err != nil {
				t.Fatal(err)
			}
			if c.contentType != "" {
				r.Header.Set("Content-Type", c.contentType)
			}
			if c.authorization != "" {
				r.Header.Set("Authorization", c.authorization)
			}
			res, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			src, _ := io.ReadAll(res.Body)
			var body struct {
				Token   string  `json:"access_token"`
				Expires float64 `json:"expires_in"`
			}
			if err := json.Unmarshal(src, &body); err != nil || res.StatusCode != 200 || body.Expires <= 0 {
				t.Fatalf("status %d: %s", res.StatusCode, src)
			}
			checkToken(t, body.Token)
		})
	}
}

// checkToken holds that a token has three parts and the claims that clients read.
func checkToken(t *testing.T, token string) {
	t.Helper()
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		t.Fatalf("the token has %d parts", len(parts))
	}
	src, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	var claims struct {
		User    string `json:"user_name"`
		Expires int64  `json:"exp"`
	}
	if err := json.Unmarshal(src, &claims); err != nil || claims.User != "admin" || claims.Expires < time.Now().Unix() {
		t.Errorf("claims %s", src)
	}
}

// A client without a keyring signs in for every command: there is room for that. Wrong
// secrets end after some tries, with the body that 429 has.
func TestSignInRate(t *testing.T) {
	s := start(t).as("")
	const form = "application/x-www-form-urlencoded"
	for range 200 {
		if a := s.do("POST", "/oauth/token", form, "grant_type=client_credentials&client_id=admin&client_secret=admin-secret"); a.status != 200 {
			t.Fatalf("%d %s", a.status, a.text)
		}
	}
	last := answer{}
	for range 30 {
		last = s.do("POST", "/oauth/token", form, "grant_type=client_credentials&client_id=admin&client_secret=wrong")
	}
	if last.status != 429 || !has(last.body, "message") || last.header.Get("Retry-After") == "" {
		t.Errorf("%d %s", last.status, last.text)
	}
}

// Bodies of errors: 401 has error, 429 message, all others four members.
func TestErrorBodies(t *testing.T) {
	b, _ := config.Load(os.DirFS(acme))
	now := time.Date(2026, 1, 15, 9, 0, 0, 0, time.UTC)
	h, err := rest.New(b, store.NewMemory(), rest.Options{
		Authenticate: func(r *http.Request) (rest.Actor, error) {
			return rest.Actor{ID: r.Header.Get("Actor"), Read: true}, nil
		},
		Now: func() time.Time { return now }, Rate: isc.Rate{Requests: 4, Per: time.Minute},
	})
	if err != nil {
		t.Fatal(err)
	}
	get := func(actor, method, path string) (int, map[string]any) {
		r := httptest.NewRequest(method, path, nil)
		r.Header.Set("Actor", actor)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		var body map[string]any
		if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil {
			t.Errorf("%s %s: %s", method, path, w.Body)
		}
		return w.Code, body
	}
	for _, c := range []struct {
		status              int
		actor, method, path string
	}{
		{401, "", "GET", "/v3/transforms"}, {404, "a", "GET", "/v3/transforms/x"}, {403, "a", "DELETE", "/v3/transforms/x"},
		{405, "a", "PATCH", "/v3/transforms/x"}, {400, "a", "GET", "/v3/transforms?limit=x"}, {429, "a", "GET", "/v3/transforms"},
	} {
		status, body := get(c.actor, c.method, c.path)
		equal(t, c.method+" "+c.path, c.status, status)
		want := []string{"detailCode", "trackingId", "messages", "causes"}
		switch c.status {
		case 401:
			want = []string{"error"}
		case 429:
			want = []string{"message"}
		}
		equal(t, "members", len(want), len(body))
		for _, member := range want {
			if !has(any(body), member) {
				t.Errorf("%d: no %s in %v", c.status, member, body)
			}
		}
	}
}
