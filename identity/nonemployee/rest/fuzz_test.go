package rest_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/idprofile/engine/identity/nonemployee"
	"github.com/idprofile/engine/identity/nonemployee/rest"
)

// FuzzRequest: no request of an admin is an internal fault or leaves a log line,
// whatever its path, query, type and body are.
func FuzzRequest(f *testing.F) {
	for _, s := range []struct{ method, target, contentType, body string }{
		{"POST", "/v3/non-employee-records", "application/json", `{"accountName":"x","data":{"a":1}}`},
		{"PATCH", "/v3/non-employee-sources/1", "application/json-patch+json", `[{"op":"add","path":"/approvers/-","value":{"id":"anna"}}]`},
		{"POST", "/v3/non-employee-sources/1/non-employee-bulk-upload", "multipart/form-data; boundary=X", "--X\r\nc.ruiz\r\n\r\nx\r\n--X--\r\n"},
		{"POST", "/v3/non-employee-sources/1/non-employee-bulk-upload?dry-run=true", "multipart/form-data; boundary=X",
			"--X\r\nContent-Disposition: form-data; name=\"data\"\r\n\r\n" + header + "\r\n--X--\r\n"},
		{"GET", "/beta/non-employee-records?filters=sourceId+eq+%22x%22+or&sorters=-id&limit=0&count=true", "", ""},
		{"DELETE", "/non-employee-sources/v1/1/schema-attributes", "", ""},
		{"POST", "/v3/non-employee-approvals/1/reject", "application/json", `{"comment":null}`},
	} {
		f.Add(s.method, s.target, s.contentType, s.body)
	}
	f.Fuzz(func(t *testing.T, method, target, contentType, body string) {
		if strings.ContainsAny(method, " \r\n\t") || method == "" || !strings.HasPrefix(target, "/") || strings.ContainsAny(target, " \r\n\x00") {
			return // no server passes that on
		}
		var log bytes.Buffer
		s := newSite(t, nonemployee.NewMemory(), rest.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
		s.source("Retail")
		r, err := http.NewRequestWithContext(t.Context(), method, "http://tenant.example"+target, strings.NewReader(body))
		if err != nil {
			return
		}
		r.Header.Set("Authorization", "Bearer admin")
		r.Header.Set("Content-Type", contentType)
		w := httptest.NewRecorder()
		s.handler.ServeHTTP(w, r)
		if w.Code >= 500 || log.Len() > 0 {
			t.Errorf("status %d: %s\nlog: %s", w.Code, w.Body, log.String())
		}
	})
}
