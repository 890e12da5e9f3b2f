package main

import (
	"encoding/json"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// attack is a text that gives commands to a terminal, turns the direction of writing, and
// goes on in a line of its own.
const attack = "x\x1b[31m\u009b2J\u202e\u2066\x7f\r\nFORGED: all is well\u2028FORGED`|<b>*"

// unsafe are characters that a terminal obeys: all controls but line end and tab, the
// marks of direction, and the other line ends of Unicode.
var unsafe = regexp.MustCompile("[\x00-\x08\x0b-\x1f\x7f\u0080-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]")

// Texts of clients are nothing but text in the log, wherever they stand in a request.
func TestTextAttack(t *testing.T) {
	p := start(t, testConfig(t, "sqlite::memory:"))
	id := sourceID(t, p.base)
	in, err := json.Marshal(attack)
	if err != nil {
		t.Fatal(err)
	}
	quoted, escaped := string(in), url.PathEscape(attack)
	const up = "/non-employee-bulk-upload"
	for _, r := range []struct{ token, method, path, contentType, body string }{
		{method: "GET", path: "/v3/" + escaped},
		{method: "GET", path: "/" + escaped + "/non-employee-records/" + escaped},
		{method: "GET", path: "/v3/non-employee-records?filters=" + url.QueryEscape(attack)},
		{method: "GET", path: "/v3/non-employee-records", token: "\u202e\u009b"},
		{method: "FORGED", path: "/v3/non-employee-records"},
		{method: "POST", path: "/oauth/token", contentType: form, body: "grant_type=client_credentials&client_id=" + url.QueryEscape(attack)},
		{method: "POST", path: "/v3/non-employee-records", contentType: "application/json", body: "\x00" + attack},
		{method: "POST", path: "/v3/non-employee-sources", contentType: "application/json", body: `{"name":` + quoted + `,"description":` + quoted + `,"owner":{"id":"` + staffID("ada.almeida") + `"}}`},
		{method: "POST", path: "/v3/non-employee-sources/" + id + "/schema-attributes", contentType: "application/json", body: `{"label":` + quoted + `,"technicalName":"a","type":"TEXT"}`},
		{method: "POST", path: "/v3/non-employee-sources/" + id + up, contentType: multipartType, body: multipartFile(people(strings.NewReplacer("\r", "", "\n", "").Replace(attack), 3, "1"))},
		{method: "POST", path: "/v3/non-employee-sources/" + id + up, contentType: multipartType, body: "--limit\r\n" + attack + "\r\n\r\n--limit--\r\n"},
		{method: "POST", path: "/aggregate"},
	} {
		token := r.token
		if token == "" {
			token = "demo-token-ada"
		}
		if status, text := call(t, p.base, token, r.method, r.path, r.contentType, r.body); status >= 500 {
			t.Errorf("%s %q: status %d: %s", r.method, r.path, status, text)
		}
	}

	waitFor(t, "the last line of the log", func() bool { return strings.Contains(p.log.String(), "path=/aggregate") })
	log := p.log.String()
	if at := unsafe.FindStringIndex(log); at != nil {
		t.Errorf("the log has %q in %q", log[at[0]:at[1]], log[max(0, at[0]-80):min(len(log), at[1]+40)])
	}
	for line := range strings.Lines(log) {
		if strings.HasPrefix(line, "FORGED") {
			t.Errorf("the log has the line %q", line)
		}
	}
	if !strings.Contains(log, "FORGED") {
		t.Error("the attacks have not reached the log")
	}
}
