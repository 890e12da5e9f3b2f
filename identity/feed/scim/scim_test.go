package scim

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/feed"
)

func collect(t testing.TB, src identity.Source) (lines []string) {
	t.Helper()
	for a, err := range src.Accounts(t.Context()) {
		if err != nil {
			return append(lines, "error: "+err.Error())
		}
		text, _ := a.Attributes.MarshalJSON()
		state := ""
		if a.Disabled {
			state = " disabled"
		}
		lines = append(lines, a.NativeIdentity+" "+a.Name+" "+a.UUID+state+" "+string(text))
	}
	return lines
}

const ann = `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"id":"1","userName":"ann","active":false,"title":null,
 "name":{"givenName":"Ann","familyName":"Lee"},"emails":[{"value":"home@x","type":"home"},{"value":"ann@x","type":"work","primary":true}],
 "groups":[{"value":"g1","display":"G 1","$ref":"../Groups/g1"},{"value":"g2","display":"G 2"}],
 "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"Lab","title":"x","manager":{"value":"2","displayName":"Boss"}},
 "meta":{"version":"W/\"3\""}}`

func TestRead(t *testing.T) {
	schema := feed.Options{NativeIdentity: "userName", Attributes: []feed.Attribute{{Name: "emails.work"}, {Name: "emails", Multi: true},
		{Name: "groups", Multi: true, Entitlement: true}, {Name: "groups.display"}, {Name: "department"}, {Name: "manager"}, {Name: "manager.displayName"},
		{Name: "name.familyName"}}}
	const annColumns = `ann ann 1 disabled {"emails.work":"ann@x","emails":["ann@x","home@x"],"groups":["g1","g2"],"groups.display":["G 1","G 2"],` +
		`"department":"Lab","manager":"2","manager.displayName":"Boss","name.familyName":"Lee"}`
	for _, tc := range []struct {
		name, text string
		options    feed.Options
		want       []string
		refused    int
	}{
		{name: "list response", options: schema, text: `{"totalResults":1,"startIndex":1,"Resources":[` + ann + `],"itemsPerPage":1}`, want: []string{annColumns}},
		{name: "pages one after another", text: `{"totalResults":2,"Resources":[{"id":"1"}]}` + "\n" + `{"Resources":[{"id":"2"}],"totalResults":2}`,
			want: []string{`1  1 {"id":"1"}`, `2  2 {"id":"2"}`}},
		{name: "a resource", options: schema, text: ann, want: []string{annColumns}},
		{name: "an array", text: `[{"id":"1","active":"False"},{"id":2}]`, want: []string{`1  1 disabled {"id":"1","active":"False"}`, `2  2 {"id":2}`}},
		{name: "no resources", text: `{"totalResults":0,"Resources":null}`},
		{name: "no member Resources", text: `{"totalResults":0}`},
		{name: "all columns", text: ann, want: []string{`1 ann 1 disabled {"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"id":"1","userName":"ann",` +
			`"active":false,"name.givenName":"Ann","name.familyName":"Lee","emails":["ann@x","home@x"],"emails.primary":"ann@x","emails.work":"ann@x",` +
			`"emails.home":"home@x","groups":["g1","g2"],"groups.display":["G 1","G 2"],"meta.version":"W/\"3\"",` +
			`"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department":"Lab","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:title":"x",` +
			`"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager":"2","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value":"2",` +
			`"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.displayName":"Boss","department":"Lab","title":"x","manager":"2",` +
			`"manager.value":"2","manager.displayName":"Boss"}`}},
		{name: "bad resources cost themselves", text: `{"Resources":[7,{"userName":"x"},{"id":"3"}]}`, want: []string{`3  3 {"id":"3"}`}, refused: 2},
		{name: "not complete", text: `{"totalResults":3,"Resources":[{"id":"1"}]}`, want: []string{`1  1 {"id":"1"}`,
			"error: x.json, resource 2: the list says that there are 3 resources, found 1: it is not complete"}},
		{name: "cut off", text: `{"totalResults":3,"Resources":[{"id":"1"},{"i`, want: []string{`1  1 {"id":"1"}`,
			"error: x.json, resource 2: the data end in the middle: they are cut off"}},
		{name: "no list", text: `"x"`, want: []string{"error: x.json, resource 1: found x, expected a list response or a resource"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f, err := Open(fstest.MapFS{"x.json": {Data: []byte(tc.text)}}, "x.json", tc.options)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, collect(t, f)); diff != "" {
				t.Errorf("mismatch (-want +got):\n%s", diff)
			}
			if f.Refused() != tc.refused {
				t.Errorf("refused %d, want %d", f.Refused(), tc.refused)
			}
		})
	}
}

// server is a service with some resources, that may fail.
type server struct {
	users    []map[string]any
	requests []string
	answer   func(n int, w http.ResponseWriter) bool // answers request n itself
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.requests = append(s.requests, strings.TrimPrefix(r.URL.String(), "/Users"))
	if s.answer != nil && s.answer(len(s.requests), w) {
		return
	}
	if id, ok := strings.CutPrefix(r.URL.Path, "/Users/"); ok {
		for _, u := range s.users {
			if u["id"] == id {
				json.NewEncoder(w).Encode(u)
				return
			}
		}
		http.NotFound(w, r)
		return
	}
	start, _ := strconv.Atoi(r.FormValue("startIndex"))
	count, _ := strconv.Atoi(r.FormValue("count"))
	from := min(start-1, len(s.users))
	json.NewEncoder(w).Encode(map[string]any{"totalResults": len(s.users), "Resources": s.users[from:min(from+count, len(s.users))]})
}

func user(id, version string) map[string]any {
	return map[string]any{"id": id, "userName": "u" + id, "meta": map[string]any{"version": version}}
}

func service(t testing.TB, s *server) Service {
	h := httptest.NewServer(s)
	t.Cleanup(h.Close)
	return Service{URL: h.URL + "/Users", Do: h.Client().Do, PageSize: 2}
}

func TestService(t *testing.T) {
	names := feed.Options{Attributes: []feed.Attribute{{Name: "userName"}}}
	five := []map[string]any{user("1", "a"), user("2", "a"), user("3", "a"), user("4", "a"), user("5", "a")}
	all := []string{`1 u1 1 {"userName":"u1"}`, `2 u2 2 {"userName":"u2"}`, `3 u3 3 {"userName":"u3"}`, `4 u4 4 {"userName":"u4"}`, `5 u5 5 {"userName":"u5"}`}
	for _, tc := range []struct {
		name     string
		answer   func(int, http.ResponseWriter) bool
		want     []string
		requests int
	}{
		{name: "pages", want: all, requests: 3},
		{name: "busy", want: all, requests: 4, answer: func(n int, w http.ResponseWriter) bool {
			if n != 2 {
				return false
			}
			w.Header().Set("Retry-After", "7")
			w.WriteHeader(http.StatusTooManyRequests)
			return true
		}},
		{name: "refused", requests: 1, answer: func(n int, w http.ResponseWriter) bool { w.WriteHeader(http.StatusUnauthorized); return true },
			want: []string{"error: URL, resource 1: the service answers 401 Unauthorized"}},
		{name: "breaks off in the middle of a page", requests: 4, want: append(slices.Clone(all[:2]), "error: URL, resource 3: the answer breaks off: unexpected EOF"),
			answer: func(n int, w http.ResponseWriter) bool {
				if n == 1 {
					return false
				}
				w.Header().Set("Content-Length", "1000")
				io.WriteString(w, `{"totalResults":5,"Resources":[`)
				return true
			}},
		{name: "does not page", requests: 2, want: append(slices.Clone(all[:2]), "error: URL, resource 3: the page from resource 3 is the one before again: the service does not page"),
			answer: func(n int, w http.ResponseWriter) bool {
				json.NewEncoder(w).Encode(map[string]any{"totalResults": 5, "Resources": five[:2]})
				return true
			}},
		{name: "loses some", requests: 2, want: append(slices.Clone(all[:2]), "error: URL, resource 3: the list says that there are 5 resources, found 2: it is not complete"),
			answer: func(n int, w http.ResponseWriter) bool {
				if n == 2 {
					io.WriteString(w, `{"totalResults":5,"Resources":[]}`)
				}
				return n == 2
			}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := &server{users: five, answer: tc.answer}
			web := service(t, s)
			var waited time.Duration
			web.Wait = func(_ context.Context, d time.Duration) error { waited += d; return nil }
			src, err := web.Source(names)
			if err != nil {
				t.Fatal(err)
			}
			got := collect(t, src)
			for i := range got {
				got[i] = strings.ReplaceAll(got[i], web.URL, "URL")
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("mismatch (-want +got):\n%s", diff)
			}
			if len(s.requests) != tc.requests {
				t.Errorf("requests %q, want %d", s.requests, tc.requests)
			}
			if tc.name == "busy" && waited != 7*time.Second {
				t.Errorf("waited %v", waited)
			}
		})
	}
}

func TestServiceChanges(t *testing.T) {
	s := &server{users: []map[string]any{user("1", "a"), user("2", "a"), user("3", "a")}}
	web := service(t, s)
	full, err := web.Source(feed.Options{Name: "S"})
	if err != nil {
		t.Fatal(err)
	}
	var known []identity.Account
	for a, err := range full.Accounts(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		known = append(known, a)
	}

	s.users = []map[string]any{user("1", "a"), user("3", "b"), user("4", "a")}
	s.requests = nil
	d, err := web.Changes(feed.Options{Name: "S"}, func() iter.Seq[identity.Account] { return slices.Values(known) })
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{`3 u3 3 {"id":"3","meta.version":"b","userName":"u3"}`, `4 u4 4 {"id":"4","meta.version":"a","userName":"u4"}`}, collect(t, d)); diff != "" {
		t.Errorf("changed: mismatch (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"2"}, d.Removed()); diff != "" {
		t.Errorf("removed: mismatch (-want +got):\n%s", diff)
	}
	s.answer = func(n int, w http.ResponseWriter) bool { w.WriteHeader(http.StatusInternalServerError); return true }
	if got := collect(t, d); len(got) != 1 || !strings.Contains(got[0], "500") || len(d.Removed()) != 0 {
		t.Errorf("a broken service: %q, removed %q", got, d.Removed())
	}
}

func FuzzRead(f *testing.F) {
	f.Add(ann)
	f.Add(`{"totalResults":1,"Resources":[{"id":"1"}]}[{"id":2}]`)
	f.Add(`{"Resources":{}}`)
	f.Fuzz(func(t *testing.T, text string) {
		src, err := New("x.json", func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil },
			feed.Options{OnFinding: func(diag.Diagnostic) {}})
		if err != nil {
			t.Fatal(err)
		}
		for _, err := range src.Accounts(t.Context()) {
			if errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		}
	})
}

func ExampleNew() {
	f, _ := New("Okta.json", func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(ann)), nil }, feed.Options{NativeIdentity: "userName"})
	for a, err := range f.Accounts(context.Background()) {
		fmt.Println(a.Key(), a.Attributes.Get("emails.work").Text(), a.Attributes.Get("department").Text(), a.Disabled, err)
	}
	// Output: Okta/ann ann@x Lab true <nil>
}
