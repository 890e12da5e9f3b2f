package main

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/idprofile/engine/identity/isc/isctest"
)

// A chunked body that does not come as a whole is refused, whatever its content is: the
// answer is 400, the connection ends, nothing is stored, and nothing of the body is in the
// answer or the log.
func TestMalformedChunks(t *testing.T) {
	p := start(t, testConfig(t, "sqlite::memory:"))
	id, host := sourceID(t, p.base), strings.TrimPrefix(p.base, "http://")
	before := recordCount(t, p.base)
	const quoted = "Carmen-Ruiz"
	record := `{"sourceId":"` + id + `","accountName":"Carmen-Ruiz","firstName":"F","lastName":"L","email":"e@vendor.example","phone":"+34 600 555 010",
		"manager":"mia.moreno","startDate":"2026-01-01","endDate":"2030-12-31","data":{"vendor":"Globex"}}`
	login := url.Values{"grant_type": {"client_credentials"}, "client_id": {"ada.almeida"}, "client_secret": {"demo-token-ada"}, "more": {quoted}}.Encode()
	parts := ""
	for name, v := range map[string]string{"grant_type": "client_credentials", "client_id": "ada.almeida", "client_secret": "demo-token-ada"} {
		parts += "--limit\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + v + "\r\n"
	}
	up := "POST /v3/non-employee-sources/" + id + "/non-employee-bulk-upload"
	for _, r := range []struct{ name, line, contentType, body string }{
		{name: "upload", line: up, contentType: multipartType, body: multipartFile(people(quoted, 3, "1"))},
		{name: "dry run", line: up + "?dry-run=true", contentType: multipartType, body: multipartFile(people(quoted, 3, "1"))},
		{name: "record", line: "POST /v3/non-employee-records", contentType: "application/json", body: record},
		{name: "patch", line: "PATCH /v3/non-employee-sources/" + id, contentType: "application/json-patch+json",
			body: `[{"op":"replace","path":"/description","value":"Carmen-Ruiz"}]`},
		{name: "form", line: "POST /oauth/token", contentType: form, body: login},
		{name: "multipart form", line: "POST /oauth/token", contentType: multipartType, body: parts + "--limit--\r\n"},
	} {
		head := r.line + " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer demo-token-ada\r\nContent-Type: " + r.contentType + "\r\n"
		for _, c := range isctest.Malformed(r.body, quoted) {
			answer, err := isctest.Send(host, head, c)
			if err != nil || !strings.HasPrefix(answer, "HTTP/1.1 400 ") || strings.Contains(answer, quoted) || !strings.Contains(answer, "Connection: close\r\n") {
				t.Errorf("%s, %s: %v: %.300s", r.name, c.Name, err, answer)
			}
		}
	}
	if got := recordCount(t, p.base); got != before {
		t.Errorf("%d records, there were %d", got, before)
	}
	if log := p.log.String(); strings.Contains(log, "Carmen") || strings.Contains(log, "level=ERROR") {
		t.Errorf("the log tells of a body or of a fault:\n%s", log)
	}

	// The same bodies are fine when they are whole.
	for n, body := range []string{multipartFile(people("whole", 3, "1")), multipartFile(people("late", 3, "1")) + "an epilogue\r\n"} {
		head := up + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer demo-token-ada\r\nContent-Type: " + multipartType + "\r\n"
		if answer, err := isctest.Send(host, head, isctest.Whole(body)); err != nil || !strings.HasPrefix(answer, "HTTP/1.1 202 ") {
			t.Errorf("%d: %v: %s", n, err, answer)
		}
		waitFor(t, fmt.Sprint("upload ", n), func() bool { return recordCount(t, p.base) == before+3*(n+1) })
	}
}
