package rest_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/idprofile/engine/profile/tenant/tenanttest"
)

// FuzzRequest: no request of an admin is an internal fault, whatever its path, query, type and body
// are.
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
	} {
		f.Add(s.method, s.target, s.contentType, s.body)
	}

	// One tenant serves all, as to start one takes as long as thousands of requests.
	s := tenanttest.Start(f, acme)
	f.Fuzz(func(t *testing.T, method, target, contentType, body string) {
		if strings.ContainsAny(method, " \r\n\t") || method == "" || !strings.HasPrefix(target, "/") || strings.ContainsAny(target, " \r\n\x00") {
			return // no server passes that on
		}
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
