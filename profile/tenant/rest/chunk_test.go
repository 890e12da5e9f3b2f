package rest_test

import (
	"strings"
	"testing"

	"github.com/idprofile/engine/identity/isc/isctest"
)

// A chunked body that does not come as a whole is refused with 400 and changes nothing,
// also where a file or a form is whole by itself.
func TestMalformedChunks(t *testing.T) {
	s := start(t)
	p := s.places()
	before := s.everything()
	const quoted, boundary = "Carmen-Ruiz", "multipart/form-data; boundary=X"
	file := func(name, text string) string {
		return "--X\r\nContent-Disposition: form-data; name=\"" + name + "\"; filename=\"f\"\r\n\r\n" + text + "\r\n--X--\r\n"
	}
	for _, r := range []struct{ line, contentType, body string }{
		{"POST /v3/transforms", "application/json", `{"name":"Carmen-Ruiz","type":"lower"}`},
		{"PATCH /v3/identity-profiles/" + p.profile, "application/json-patch+json", `[{"op":"replace","path":"/description","value":"Carmen-Ruiz"}]`},
		{"POST /v2025/sources/" + p.source + "/load-accounts", boundary, file("file", "id,name\nCarmen-Ruiz,x\n")},
		{"POST /v3/sources/" + p.source + "/schemas/accounts", boundary, file("file", "Carmen-Ruiz,name\n")},
		{"POST /v2025/sp-config/import", boundary, file("data", `{"version":1,"objects":[]}`)},
		{"POST /oauth/token", "application/x-www-form-urlencoded", "grant_type=client_credentials&client_id=admin&client_secret=admin-secret"},
		{"POST /oauth/token", boundary, strings.Replace(file("grant_type", "client_credentials"), "; filename=\"f\"", "", 1)},
	} {
		head := r.line + " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + s.Token + "\r\nContent-Type: " + r.contentType + "\r\n"
		for _, c := range isctest.Malformed(r.body, quoted) {
			answer, err := isctest.Send(strings.TrimPrefix(s.URL, "http://"), head, c)
			if err != nil || !strings.HasPrefix(answer, "HTTP/1.1 400 ") || strings.Contains(answer, quoted) || !strings.Contains(answer, "Connection: close\r\n") {
				t.Errorf("%s, %s: %v: %.300s", r.line, c.Name, err, answer)
			}
		}
	}
	s.Handler.Wait()
	equal(t, "tenant", before, s.everything())
}
