package main

import (
	"encoding/json"
	"io"
	"net/http"
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

// Texts of clients are nothing but text in the log, on the page and in what the program
// prints: wherever they stand in a request, and as names of objects.
func TestTextAttack(t *testing.T) {
	p := runProgram(t, "-dry-run", acme)
	in, err := json.Marshal(attack)
	if err != nil {
		t.Fatal(err)
	}
	quoted := string(in)
	escaped := url.PathEscape(attack)
	token := p.token("admin")
	for _, r := range []struct{ method, path, header, value, body string }{
		{method: "GET", path: "/v3/" + escaped},
		{method: "GET", path: "/v3/transforms/" + escaped},
		{method: "GET", path: "/v3/accounts?filters=" + url.QueryEscape(attack)},
		{method: "GET", path: "/v3/accounts?" + escaped + "=1"},
		{method: "GET", path: "/" + escaped + "/transforms"},
		{method: "GET", path: "/v3/transforms", header: "X-Forwarded-For", value: url.PathEscape(attack)},
		{method: "GET", path: "/v3/transforms", header: "Authorization", value: "Bearer \x80\u202e\u009b"},
		{method: "FORGED", path: "/v3/transforms"},
		{method: "POST", path: "/v3/transforms", body: `{"name":` + quoted + `,"type":"upper","attributes":{"input":` + quoted + `}}`},
		{method: "POST", path: "/v3/transforms", body: `{"name":"T","type":` + quoted + `,"attributes":{` + quoted + `:1}}`},
		{method: "POST", path: "/v3/sources", body: `{"name":"a` + quoted[1:] + `,"owner":{"id":` + quoted + `},"connector":` + quoted + `}`},
		{method: "POST", path: "/v3/non-employee-sources", body: `{"name":` + quoted + `,"description":` + quoted + `,"owner":{"id":` + quoted + `}}`},
		{method: "POST", path: "/v3/search", body: `{"indices":["identities"],"query":{"query":` + quoted + `}}`},
		{method: "POST", path: "/v3/transforms", body: "\x00" + attack},
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
		if at := unsafe.FindStringIndex(text); at != nil {
			t.Errorf("%s has %q in %q", where, text[at[0]:at[1]], text[max(0, at[0]-80):min(len(text), at[1]+40)])
		}
		for line := range strings.Lines(text) {
			if where != "the page" && strings.HasPrefix(strings.TrimSpace(line), "FORGED") {
				t.Errorf("%s has the line %q", where, line)
			}
		}
		if strings.Contains(text, "<b>*") && where == "the page" {
			t.Error("the page has markup of a client")
		}
	}
	if !strings.Contains(p.stderr.String(), "FORGED") || !strings.Contains(page, "FORGED") {
		t.Error("the attacks have reached neither log nor page")
	}
}
