package rest_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// FuzzRequest: no request of an admin is an internal fault, whatever its path, query, type and body
// are. Names in braces stand for ids of things that are there.
func FuzzRequest(f *testing.F) {
	for _, s := range []struct{ method, target, contentType, body string }{
		{"GET", "/v3/public-identities?filters=alias+eq+%22x%22+or&limit=0", "", ""},
		{"POST", "/v2024/identity-profiles", "application/json", `{"name":"x","authoritativeSource":{"type":"SOURCE","id":"y"}}`},
		{"PATCH", "/v3/identity-profiles/x", "application/json-patch+json", `[{"op":"replace","path":"/priority","value":1e308}]`},
		{"POST", "/v3/transforms", "application/json", `{"name":"x","type":"lower","attributes":{"input":{}}}`},
		{"PUT", "/v3/transforms/x", "application/json", `[]`},
		{"POST", "/v3/identity-profiles/identity-preview", "application/json", `{"identityId":"x","identityAttributeConfig":null}`},
		{"POST", "/v3/sources", "application/json", `{"name":"x","owner":{},"schemas":[{"attributes":null}]}`},
		{"POST", "/v3/search?count=true", "application/json", `{"indices":["identities"],"query":{"query":"name:(a* OR "},"sort":["-x"]}`},
		{"POST", "/oauth/token", "application/x-www-form-urlencoded", "grant_type=client_credentials&client_id=%ff"},
		{"POST", "/v3/accounts", "application/json", `{"attributes":{"sourceId":1}}`},
		{"POST", "/beta/sources/x/load-accounts", "multipart/form-data; boundary=X", "--X\r\nx\r\n--X--\r\n"},
		{"PATCH", "/v3/identity-profiles/{profile}", "application/json-patch+json", `[{"op":"move","from":"/identityAttributeConfig/attributeTransforms/0","path":"/identityAttributeConfig/attributeTransforms/-"}]`},
		{"PATCH", "/v3/identity-profiles/{profile}/lifecycle-states/{state}", "application/json-patch+json", `[{"op":"replace","path":"/accountActions","value":[{"action":"ENABLE"}]}]`},
		{"PUT", "/v3/sources/{source}", "application/json", `{"id":"{source}","name":"HR","owner":{"id":"x"},"connector":"x"}`},
		{"PATCH", "/v3/sources/{source}", "application/json-patch+json", `[{"op":"add","path":"/connectorAttributes/x","value":{"y":[]}}]`},
		{"PUT", "/v3/sources/{source}/schemas/{schema}", "application/json", `{"name":"account","attributes":[{"name":"id","type":"STRING"}]}`},
		{"PUT", "/v2025/sources/{source}/correlation-config", "application/json", `{"attributeAssignments":[{"property":"email","value":"mail","operation":"EQ"}]}`},
		{"PATCH", "/v3/accounts/{account}", "application/json-patch+json", `[{"op":"replace","path":"/identityId","value":"{person}"}]`},
		{"PUT", "/v3/transforms/{transform}", "application/json", `{"name":"x","type":"lower","attributes":{"input":"$a"}}`},
		{"POST", "/v2025/identities/process", "application/json", `{"identityIds":["{person}"]}`},
		{"POST", "/v3/identity-profiles/{profile}/process-identities", "", ""},
		{"POST", "/v3/identity-profiles/import", "application/json", `[{"self":{"type":"IDENTITY_PROFILE"},"object":{"name":"x","authoritativeSource":{"name":"HR"}}}]`},
		{"POST", "/v3/non-employee-sources", "application/json", `{"name":"N","description":"d","owner":{"id":"{person}"}}`},
	} {
		f.Add(s.method, s.target, s.contentType, s.body)
	}

	// One tenant serves all, as to start one takes as long as thousands of requests.
	s := start(f)
	p := s.places()
	places := strings.NewReplacer("{profile}", p.profile, "{state}", p.state, "{source}", p.source, "{schema}", p.schema,
		"{account}", p.account, "{person}", p.person, "{transform}", p.transform)
	f.Fuzz(func(t *testing.T, method, target, contentType, body string) {
		if strings.ContainsAny(method, " \r\n\t") || method == "" || !strings.HasPrefix(target, "/") || strings.ContainsAny(target, " \r\n\x00") {
			return // no server passes that on
		}
		target, body = places.Replace(target), places.Replace(body)
		r, err := http.NewRequestWithContext(t.Context(), method, "http://tenant.example"+target, strings.NewReader(body))
		if err != nil {
			return
		}

		r.Header.Set("Authorization", "Bearer "+s.Clients.Token("admin"))
		r.Header.Set("Content-Type", contentType)
		w := httptest.NewRecorder()
		s.Handler.ServeHTTP(w, r)
		if w.Code >= 500 && w.Code != http.StatusNotImplemented {
			t.Errorf("status %d: %s", w.Code, w.Body)
		}
	})
}
