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
// whatever its path, query, type and body are. Names in braces stand for ids, see stage.
func FuzzRequest(f *testing.F) {
	for _, s := range []struct{ method, target, contentType, body string }{
		{"POST", "/v3/non-employee-records", "application/json", `{"accountName":"x","data":{"a":1}}`},
		{"POST", "/v3/non-employee-requests", "application/json", `{"sourceId":"{source}","accountName":"x","firstName":"F","lastName":"L","email":"a@b.example","phone":"1","manager":"jane.doe","startDate":"2026-01-01","endDate":"2026-12-31T00:00:00-05:00"}`},
		{"PATCH", "/v3/non-employee-records/{record}", "application/json-patch+json", `[{"op":"replace","path":"/data/team","value":"x"},{"op":"remove","path":"/endDate"}]`},
		{"PUT", "/v3/non-employee-records/{record}", "application/json", `{"accountName":"will","firstName":"F","startDate":1767225600}`},
		{"POST", "/v3/non-employee-records/bulk-delete", "application/json", `{"ids":["{record}"]}`},
		{"POST", "/v3/non-employee-sources", "application/json", `{"name":"N","description":"d","owner":{"id":"admin"},"approvers":[{"id":"anna"}]}`},
		{"POST", "/v3/non-employee-sources/{source}/schema-attributes", "application/json", `{"label":"Cost Center","technicalName":"costCenter","type":"TEXT"}`},
		{"PATCH", "/v3/non-employee-sources/{source}/schema-attributes/{custom}", "application/json-patch+json", `[{"op":"replace","path":"/label","value":{"x":null}}]`},
		{"GET", "/v3/non-employee-sources/{source}/non-employees/download", "", ""},
		{"DELETE", "/v3/non-employee-requests/{request}", "", ""},
		{"PATCH", "/v3/non-employee-sources/{source}", "application/json-patch+json", `[{"op":"add","path":"/approvers/-","value":{"id":"anna"}}]`},
		{"POST", "/v3/non-employee-sources/{source}/non-employee-bulk-upload", "multipart/form-data; boundary=X", "--X\r\nc.ruiz\r\n\r\nx\r\n--X--\r\n"},
		{"POST", "/v3/non-employee-sources/{source}/non-employee-bulk-upload?dry-run=true", "multipart/form-data; boundary=X",
			"--X\r\nContent-Disposition: form-data; name=\"data\"\r\n\r\n" + header + "\r\n--X--\r\n"},
		{"GET", "/beta/non-employee-records?filters=sourceId+eq+%22x%22+or&sorters=-id&limit=0&count=true", "", ""},
		{"DELETE", "/non-employee-sources/v1/{source}/schema-attributes", "", ""},
		{"POST", "/v3/non-employee-approvals/{first}/reject", "application/json", `{"comment":null}`},
	} {
		f.Add(s.method, s.target, s.contentType, s.body)
	}
	f.Fuzz(func(t *testing.T, method, target, contentType, body string) {
		if strings.ContainsAny(method, " \r\n\t") || method == "" || !strings.HasPrefix(target, "/") || strings.ContainsAny(target, " \r\n\x00") {
			return // no server passes that on
		}
		var log bytes.Buffer
		s := newSite(t, nonemployee.NewMemory(), rest.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
		places := stage(s)
		target, body = places.Replace(target), places.Replace(body)
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
