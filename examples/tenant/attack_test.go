package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/idprofile/engine/identity/isc/isctest"
)

// Texts of clients are nothing but text in the log, on the page and in what the program
// prints: wherever they stand in a request, and as names of objects.
func TestTextAttack(t *testing.T) {
	p := runProgram(t, "-dry-run", acme)
	in, err := json.Marshal(isctest.Attack)
	if err != nil {
		t.Fatal(err)
	}
	quoted := string(in)
	escaped := url.PathEscape(isctest.Attack)
	token := p.token("admin")
	for _, r := range []struct{ method, path, header, value, body string }{
		{method: "GET", path: "/v3/" + escaped},
		{method: "GET", path: "/v3/transforms/" + escaped},
		{method: "GET", path: "/v3/accounts?filters=" + url.QueryEscape(isctest.Attack)},
		{method: "GET", path: "/v3/accounts?" + escaped + "=1"},
		{method: "GET", path: "/" + escaped + "/transforms"},
		{method: "GET", path: "/v3/transforms", header: "X-Forwarded-For", value: url.PathEscape(isctest.Attack)},
		{method: "GET", path: "/v3/transforms", header: "Authorization", value: "Bearer \x80\u202e\u009b"},
		{method: "FORGED", path: "/v3/transforms"},
		{method: "POST", path: "/v3/transforms", body: `{"name":` + quoted + `,"type":"upper","attributes":{"input":` + quoted + `}}`},
		{method: "POST", path: "/v3/transforms", body: `{"name":"T","type":` + quoted + `,"attributes":{` + quoted + `:1}}`},
		{method: "POST", path: "/v3/sources", body: `{"name":"a` + quoted[1:] + `,"owner":{"id":` + quoted + `},"connector":` + quoted + `}`},
		{method: "POST", path: "/v3/non-employee-sources", body: `{"name":` + quoted + `,"description":` + quoted + `,"owner":{"id":` + quoted + `}}`},
		{method: "POST", path: "/v3/search", body: `{"indices":["identities"],"query":{"query":` + quoted + `}}`},
		{method: "POST", path: "/v3/transforms", body: "\x00" + isctest.Attack},
	} {
		req, err := http.NewRequestWithContext(t.Context(), r.method, p.base+r.path, strings.NewReader(r.body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+token)
		req.Header.Set("Content-Type", "application/json")
		if r.header != "" {
			req.Header.Set(r.header, r.value)
		}
		res, err := p.client.Do(req)
		if err != nil {
			t.Fatalf("%s %q: %v", r.method, r.path, err)
		}
		src, _ := io.ReadAll(res.Body)
		res.Body.Close()
		if res.StatusCode >= 500 {
			t.Errorf("%s %q: status %d: %s", r.method, r.path, res.StatusCode, src)
		}
	}

	page := p.must(200, "admin", "GET", "/_page", "")
	if err := p.stop(); err != nil {
		t.Fatal(err)
	}
	for where, text := range map[string]string{"the log": p.stderr.String(), "standard output": p.stdout.String(), "the page": page} {
		isctest.CheckObeyed(t, where, text)
		if where != "the page" {
			isctest.CheckForged(t, where, text)
		}
		if strings.Contains(text, "<b>*") && where == "the page" {
			t.Error("the page has markup of a client")
		}
	}
	if !isctest.Reached(p.stderr.String()) || !isctest.Reached(page) {
		t.Error("the attacks have reached neither log nor page")
	}
}
