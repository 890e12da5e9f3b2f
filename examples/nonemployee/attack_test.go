package main

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/idprofile/engine/identity/isc/isctest"
)

// Texts of clients are nothing but text in the log, wherever they stand in a request.
func TestTextAttack(t *testing.T) {
	p := start(t, testConfig(t, "sqlite::memory:"))
	id := sourceID(t, p.base)
	in, err := json.Marshal(isctest.Attack)
	if err != nil {
		t.Fatal(err)
	}
	quoted, escaped := string(in), url.PathEscape(isctest.Attack)
	const up = "/non-employee-bulk-upload"
	for _, r := range []struct{ token, method, path, contentType, body string }{
		{method: "GET", path: "/v3/" + escaped},
		{method: "GET", path: "/" + escaped + "/non-employee-records/" + escaped},
		{method: "GET", path: "/v3/non-employee-records?filters=" + url.QueryEscape(isctest.Attack)},
		{method: "GET", path: "/v3/non-employee-records", token: "\u202e\u009b"},
		{method: "FORGED", path: "/v3/non-employee-records"},
		{method: "POST", path: "/oauth/token", contentType: form, body: "grant_type=client_credentials&client_id=" + url.QueryEscape(isctest.Attack)},
		{method: "POST", path: "/v3/non-employee-records", contentType: "application/json", body: "\x00" + isctest.Attack},
		{method: "POST", path: "/v3/non-employee-sources", contentType: "application/json", body: `{"name":` + quoted + `,"description":` + quoted + `,"owner":{"id":"` + staffID("ada.almeida") + `"}}`},
		{method: "POST", path: "/v3/non-employee-sources/" + id + "/schema-attributes", contentType: "application/json", body: `{"label":` + quoted + `,"technicalName":"a","type":"TEXT"}`},
		{method: "POST", path: "/v3/non-employee-sources/" + id + up, contentType: multipartType, body: multipartFile(people(strings.NewReplacer("\r", "", "\n", "").Replace(isctest.Attack), 3, "1"))},
		{method: "POST", path: "/v3/non-employee-sources/" + id + up, contentType: multipartType, body: "--limit\r\n" + isctest.Attack + "\r\n\r\n--limit--\r\n"},
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
	isctest.CheckObeyed(t, "the log", log)
	isctest.CheckForged(t, "the log", log)
	if !isctest.Reached(log) {
		t.Error("the attacks have not reached the log")
	}
}
