package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"
)

// documents is where the vendor's OpenAPI documents lie; the project does not carry
// them.
const documents = "../../../shared/spec/api"

// referee compares answers with the vendor's documents.
type referee struct {
	routers map[string]routers.Router // by version in the path

	mu       sync.Mutex
	seen     map[string]int // answers by operation
	problems []string
}

func newReferee(t *testing.T) *referee {
	t.Helper()
	if _, err := os.Stat(documents); err != nil {
		t.Skip("NOT CHECKED: the vendor's OpenAPI documents are not at " + documents)
	}
	r := &referee{routers: map[string]routers.Router{}, seen: map[string]int{}}
	for version, file := range map[string]string{"v3": "openapi-v3.json", "beta": "openapi-beta.json", "v2025": "openapi-v2025.json"} {
		doc, err := openapi3.NewLoader().LoadFromFile(filepath.Join(documents, file))
		if err != nil {
			t.Fatal(err)
		}
		for _, schema := range doc.Components.Schemas {
			loosen(schema, map[*openapi3.Schema]bool{})
		}
		// The documents do not allow null here, which tenants answer and clients expect.
		row := doc.Components.Schemas["IdentityAttributePreview"].Value.Properties["errorMessages"].Value
		row.Nullable = true
		doc.Servers = openapi3.Servers{{URL: "http://tenant.example/" + version}}
		if r.routers[version], err = legacy.NewRouter(doc); err != nil {
			t.Fatal(err)
		}
	}
	r.routers["v2024"] = r.routers["v2025"]
	return r
}

// loosen makes the alternatives of a schema anyOf: those of the documents overlap, so
// that hardly an object is one of them only. A search document has to be that of an
// identity, since there are no others here.
func loosen(ref *openapi3.SchemaRef, seen map[*openapi3.Schema]bool) {
	if ref == nil || ref.Value == nil || seen[ref.Value] {
		return
	}
	s := ref.Value
	seen[s] = true
	for _, one := range s.OneOf {
		if strings.HasSuffix(one.Ref, "/IdentityDocument") {
			s.OneOf = openapi3.SchemaRefs{one}
		}
	}
	s.AnyOf, s.OneOf, s.Discriminator = append(s.AnyOf, s.OneOf...), nil, nil
	for _, list := range []openapi3.SchemaRefs{s.AnyOf, s.AllOf} {
		for _, one := range list {
			loosen(one, seen)
		}
	}
	for _, one := range s.Properties {
		loosen(one, seen)
	}
	loosen(s.Items, seen)
	loosen(s.AdditionalProperties.Schema, seen)
}

// watch compares every answer of a handler.
func (r *referee) watch(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		req.Body = io.NopCloser(bytes.NewReader(body))
		rec := httptest.NewRecorder()
		next.ServeHTTP(rec, req)
		for name, values := range rec.Header() {
			w.Header()[name] = values
		}
		w.WriteHeader(rec.Code)
		w.Write(rec.Body.Bytes())
		r.check(req, rec)
	})
}

func (r *referee) check(req *http.Request, rec *httptest.ResponseRecorder) {
	version, _, _ := strings.Cut(strings.TrimPrefix(req.URL.Path, "/"), "/")
	router := r.routers[version]
	if router == nil || rec.Code == http.StatusNotImplemented {
		return
	}
	asked := req.Clone(context.Background())
	asked.URL.Scheme, asked.URL.Host, asked.Host = "http", "tenant.example", "tenant.example"
	if version == "v2024" {
		asked.URL.Path = "/v2025" + strings.TrimPrefix(asked.URL.Path, "/v2024")
	}
	asked.Body = http.NoBody
	route, params, err := router.FindRoute(asked)
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil {
		if rec.Code < 400 {
			r.problems = append(r.problems, fmt.Sprintf("%s %s: answered and not in the documents", req.Method, req.URL.Path))
		}
		return
	}
	r.seen[route.Operation.OperationID]++
	input := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: asked, PathParams: params, Route: route},
		Status:                 rec.Code, Header: rec.Header(),
		Options: &openapi3filter.Options{IncludeResponseStatus: true, MultiError: true},
	}
	input.SetBodyBytes(rec.Body.Bytes())
	if err := openapi3filter.ValidateResponse(context.Background(), input); err != nil {
		text := err.Error()
		if len(text) > 900 {
			text = text[:900]
		}
		r.problems = append(r.problems, fmt.Sprintf("%s %s %d: %s", req.Method, req.URL.Path, rec.Code, text))
	}
}
