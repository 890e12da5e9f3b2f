package rest_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/idprofile/engine/identity/nonemployee"
	"github.com/idprofile/engine/identity/nonemployee/rest"
)

var staff = nonemployee.NewPeople([]nonemployee.Person{
	{ID: "admin", Alias: "admin", Name: "Ada Admin"}, {ID: "manager", Alias: "jane.doe", Name: "Jane Doe"},
	{ID: "manager2", Alias: "john.roe", Name: "John Roe"}, {ID: "other", Alias: "other"}, {ID: "sub", Alias: "sub"},
	{ID: "anna", Alias: "anna", Name: "Anna A"}, {ID: "bert", Alias: "bert", Name: "Bert B"},
}, map[string][]string{"subs": {"sub"}})

// site is a handler with its service.
type site struct {
	t       *testing.T
	service *nonemployee.Service
	handler http.Handler
	now     time.Time
}

// authenticate takes the actor from the header: org admins are "admin", source admins
// "settings".
func authenticate(r *http.Request) (nonemployee.Actor, error) {
	id, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		return nonemployee.Actor{}, errors.New("no token")
	}
	a := nonemployee.Actor{ID: id}
	switch id {
	case "admin":
		a.Rights = nonemployee.Admin
	case "settings":
		a.Rights = nonemployee.Settings
	}
	return a, nil
}

func newSite(t *testing.T, store nonemployee.Store, o rest.Options) *site {
	t.Helper()
	s := &site{t: t, now: time.Date(2026, 1, 10, 12, 0, 0, 0, time.UTC)}
	service, err := nonemployee.New(t.Context(), store, staff, nonemployee.WithClock(func() time.Time { return s.now }))
	if err != nil {
		t.Fatal(err)
	}
	o.Authenticate = authenticate
	h, err := rest.New(service, o)
	if err != nil {
		t.Fatal(err)
	}
	s.service, s.handler = service, h
	return s
}

// answer is a response with its JSON body.
type answer struct {
	status int
	header http.Header
	text   string
	body   any
}

func (s *site) do(actor, method, path, contentType, body string) answer {
	s.t.Helper()
	r := httptest.NewRequestWithContext(s.t.Context(), method, path, strings.NewReader(body))
	if actor != "" {
		r.Header.Set("Authorization", "Bearer "+actor)
	}
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	out := answer{status: w.Code, header: w.Header(), text: w.Body.String()}
	if strings.HasPrefix(w.Header().Get("Content-Type"), "application/json") {
		if err := json.Unmarshal(w.Body.Bytes(), &out.body); err != nil {
			s.t.Errorf("%s %s: the answer is no JSON: %s", method, path, w.Body)
		}
	}
	return out
}

// call makes a JSON request and checks the status.
func (s *site) call(actor, method, path, body string, status int) answer {
	s.t.Helper()
	contentType := ""
	if body != "" {
		contentType = "application/json"
		if method == "PATCH" {
			contentType = "application/json-patch+json"
		}
	}
	a := s.do(actor, method, path, contentType, body)
	if a.status != status {
		s.t.Fatalf("%s %s as %s: status %d, want %d: %s", method, path, actor, a.status, status, a.text)
	}
	return a
}

// at reads a place of a JSON body: object members and list positions, with dots between.
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

func equal(t *testing.T, what string, want, got any) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s mismatch (-want +got):\n%s", what, d)
	}
}

// keys gives the member names of an object, sorted.
func (a answer) keys(path string) string {
	v := a.body
	if path != "" {
		v = a.at(path)
	}
	m, _ := v.(map[string]any)
	src, _ := json.Marshal(m) // members come sorted
	names := []string{}
	dec := json.NewDecoder(bytes.NewReader(src))
	depth := 0
	for {
		tok, err := dec.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		switch tok {
		case json.Delim('{'), json.Delim('['):
			depth++
			continue
		case json.Delim('}'), json.Delim(']'):
			depth--
			continue
		}
		if name, ok := tok.(string); ok && depth == 1 {
			if _, member := m[name]; member && (len(names) == 0 || names[len(names)-1] < name) {
				names = append(names, name)
			}
		}
	}
	return strings.Join(names, " ")
}

// source makes a source with approvers through HTTP and gives its sourceId.
func (s *site) source(name string, approvers ...string) string {
	s.t.Helper()
	list := "[]"
	if len(approvers) > 0 {
		list = `[{"id":"` + strings.Join(approvers, `"},{"id":"`) + `"}]`
	}
	return s.call("admin", "POST", "/v3/non-employee-sources", `{"name":"`+name+`","description":"d","owner":{"id":"admin"},
		"managementWorkgroup":"subs","approvers":`+list+`,"accountManagers":[{"id":"manager"}]}`, 200).str("sourceId")
}

func person(sourceID, account string) string {
	return `{"sourceId":"` + sourceID + `","accountName":"` + account + `","firstName":"Will","lastName":"Smith","email":"w@example.com",
		"phone":"5125555555","manager":"jane.doe","data":{},"startDate":"2020-03-24T00:00:00-05:00","endDate":"2027-03-25T00:00:00-05:00"}`
}

// upload posts a file.
func (s *site) upload(actor, sourceID, query, file string) answer {
	s.t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	w, err := m.CreateFormFile("data", "people.csv")
	if err == nil {
		_, err = io.WriteString(w, file)
	}
	if err == nil {
		err = m.Close()
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return s.do(actor, "POST", "/v3/non-employee-sources/"+sourceID+"/non-employee-bulk-upload"+query, m.FormDataContentType(), b.String())
}

const header = "accountName,firstName,lastName,phone,email,manager,startDate,endDate"
