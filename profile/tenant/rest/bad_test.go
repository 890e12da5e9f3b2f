package rest_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
)

// bad is a request that has to be refused and to change nothing.
type bad struct {
	status            int
	actor             string // client id
	method, path      string
	contentType, body string
}

// places are ids of acme, for the paths of bad requests.
type places struct{ profile, state, source, schema, account, loose, person, transform string }

func (s *site) places() places {
	first := func(path, filter string) string {
		return s.call(200, "GET", path+"?limit=1&filters="+url.QueryEscape(filter), "").str("0.id")
	}
	p := places{
		profile: s.call(200, "GET", "/v3/identity-profiles", "").str("0.id"), source: first("/v3/sources", `name eq "HR"`),
		account: first("/v3/accounts", `source.name eq "Active Directory"`), loose: first("/v3/accounts", `uncorrelated eq true`),
		person: s.call(200, "GET", "/v2025/identities?limit=1", "").str("0.id"), transform: first("/v3/transforms", `name sw "A"`),
	}
	p.state = s.call(200, "GET", "/v3/identity-profiles/"+p.profile+"/lifecycle-states", "").str("0.id")
	p.schema = s.call(200, "GET", "/v3/sources/"+p.source+"/schemas", "").str("0.id")
	return p
}

// absent are requests for what is not there.
func absent(p places) (out []bad) {
	add := func(method, path, body string) {
		out = append(out, bad{status: 404, actor: "admin", method: method, path: path, body: body})
	}
	for _, path := range []string{
		"/v3/transforms/x", "/v3/identity-profiles/x", "/v3/sources/x", "/v3/accounts/x", "/v2025/identities/x", "/v2025/identity-attributes/x",
		"/v3/identity-profiles/" + p.profile + "/lifecycle-states/x", "/v3/identity-profiles/x/lifecycle-states", "/v3/sources/x/schemas",
		"/v3/sources/" + p.source + "/schemas/x", "/v3/sources/x/provisioning-policies", "/v3/sources/" + p.source + "/provisioning-policies/UPDATE",
		"/v2025/sources/x/correlation-config", "/v3/sources/x/connections", "/v3/search/identities/x", "/v2025/task-status/x",
		"/beta/sp-config/export/x", "/beta/sp-config/export/x/download", "/beta/sp-config/import/x", "/v3/identity-profiles/x/default-identity-attribute-config",
		"/v3/non-employee-sources/x", "/v3/non-employee-records/x", "/v3/non-employee-requests/x", "/v3/non-employee-approvals/x", "/v3/nothing",
	} {
		add("GET", path, "")
	}
	for _, path := range []string{
		"/v3/transforms/x", "/v3/identity-profiles/x", "/v3/sources/x", "/v3/accounts/x", "/v2025/identities/x", "/v2025/identity-attributes/x",
		"/v3/identity-profiles/" + p.profile + "/lifecycle-states/x", "/v3/sources/" + p.source + "/schemas/x",
		"/v3/sources/" + p.source + "/provisioning-policies/UPDATE", "/v3/non-employee-records/x",
	} {
		add("DELETE", path, "")
	}
	for _, path := range []string{
		"/v3/identity-profiles/x/process-identities", "/v2025/sources/x/load-accounts", "/v2025/sources/x/remove-accounts", "/v3/accounts/x/reload", "/v3/accounts/x/enable",
	} {
		add("POST", path, "")
	}
	const patch = `[{"op":"replace","path":"/description","value":"x"}]`
	for _, path := range []string{"/v3/identity-profiles/x", "/v3/sources/x", "/v3/accounts/x", "/v2025/task-status/x", "/v3/identity-profiles/" + p.profile + "/lifecycle-states/x"} {
		add("PATCH", path, patch)
	}
	return out
}

// fixed are patches of members that nobody changes, and patches that are none.
func fixed(p places) (out []bad) {
	add := func(path, body string) {
		out = append(out, bad{status: 400, actor: "admin", method: "PATCH", path: path, body: body})
	}
	for path, members := range map[string]string{
		"/v3/identity-profiles/" + p.profile:                                  "id created modified identityCount hasTimeBasedAttr",
		"/v3/sources/" + p.source:                                             "id type created modified authoritative connector connectorClass passwordPolicies name",
		"/v3/accounts/" + p.account:                                           "id name nativeIdentity sourceId disabled locked attributes/mail created",
		"/v3/identity-profiles/" + p.profile + "/lifecycle-states/" + p.state: "id technicalName created modified identityCount",
	} {
		for member := range strings.FieldsSeq(members) {
			add(path, `[{"op":"replace","path":"/`+member+`","value":["other"]}]`)
		}
	}
	for _, body := range []string{
		`{}`, `[{}]`, `[{"op":"replace"}]`, `[{"op":"increase","path":"/description","value":1}]`, `[{"op":"replace","path":"description","value":"x"}]`,
		`[{"op":"remove","path":"/identityAttributeConfig/attributeTransforms/999"}]`, `[{"op":"test","path":"/description","value":"no such text"}]`,
		`[{"op":"replace","path":"/identityAttributeConfig","value":7}]`, `[{"op":"replace","path":"","value":{}}]`, `no JSON`, ``,
	} {
		add("/v3/identity-profiles/"+p.profile, body)
	}
	for _, name := range []string{" Other", `Other\u00a0`, `\u200bOther`} {
		add("/v3/identity-profiles/"+p.profile, `[{"op":"replace","path":"/name","value":"`+name+`"}]`)
	}
	add("/v3/accounts/"+p.loose, `[{"op":"replace","path":"/identityId","value":"nobody"}]`)
	add("/v3/accounts/"+p.loose, `[{"op":"replace","path":"/manuallyCorrelated","value":"maybe"}]`)
	return out
}

// unreadable are queries that cannot be understood.
func unreadable(places) (out []bad) {
	add := func(method, path, body string) {
		out = append(out, bad{status: 400, actor: "admin", method: method, path: path, body: body})
	}
	for _, filter := range []string{
		`name`, `name eq`, `name eq x`, `name eq "x`, `name zz "x"`, `eq "x"`, `name eq "x" and`, `(name eq "x"`, `name eq "x")`, `name in ("x"`,
		`shoe eq "9"`, `name eq "x" name eq "y"`, `not`, `or name eq "x"`, `id co "x"`, `uncorrelated eq "maybe"`, `created gt "yesterday"`,
		strings.Repeat("(", 2000) + `name eq "x"` + strings.Repeat(")", 2000),
	} {
		add("GET", "/v3/accounts?filters="+url.QueryEscape(filter), "")
	}
	for _, query := range []string{
		"limit=x", "limit=-1", "limit=251", "limit=1.5", "offset=-1", "offset=x", "count=maybe", "sorters=shoe", "sorters=name,,id", "sorters=-", "detailLevel=SOME", "%zz",
		"limit=99999999999999999999",
	} {
		add("GET", "/v3/accounts?"+query, "")
	}
	for _, body := range []string{
		``, `[]`, `{`, `{"indices":"identities"}`, `{"indices":["identities"]}`, `{"indices":["identities"],"query":{"query":"*"},"sort":["shoe"]}`,
		`{"indices":["identities"],"query":{"query":"*"},"searchAfter":["x"]}`, `{"indices":["identities"],"query":{"query":"*"},"sort":["id"],"searchAfter":["x","y"]}`,
		`{"indices":["identities"],"query":{"query":"` + strings.Repeat("(", 5000) + `"}}`, `{"indices":["identities"],"query":{"query":7}}`,
	} {
		add("POST", "/v3/search", body)
	}
	return out
}

// incomplete are bodies that lack something or hold what is not allowed.
func incomplete(p places) (out []bad) {
	add := func(method, path, body string) {
		out = append(out, bad{status: 400, actor: "admin", method: method, path: path, body: body})
	}
	for _, body := range []string{`{}`, `{"name":"T"}`, `{"type":"upper"}`, `[]`, `"T"`, `{"name":7,"type":"upper"}`, `{"name":"` + strings.Repeat("n", 300) + `","type":"upper"}`, `{"name":"T","type":"upper"`} {
		add("POST", "/v3/transforms", body)
	}
	for _, body := range []string{`{}`, `{"name":"P"}`, `{"name":"P","authoritativeSource":{"type":"SOURCE","id":"x"}}`, `{"authoritativeSource":{"id":"` + p.source + `"}}`, `[]`} {
		add("POST", "/v3/identity-profiles", body)
	}
	for _, body := range []string{`{}`, `{"name":"S"}`, `{"name":"HR","owner":{"id":"x"},"connector":"x"}`, `{"name":"  ","owner":{"id":"x"},"connector":"x"}`, `{"name":" HR ","owner":{"id":"x"},"connector":"x"}`, `{"name":"S\u00a0","owner":{"id":"x"},"connector":"x"}`, `{"name":"S","owner":{"id":"x"},"connector":"x","deleteThreshold":101}`} {
		add("POST", "/v3/sources", body)
	}
	for _, body := range []string{`{}`, `{"attributes":{}}`, `{"attributes":{"sourceId":"x"}}`, `{"attributes":[]}`, `{"attributes":{"sourceId":"` + p.source + `","shoe":"9"}}`} {
		add("POST", "/v3/accounts", body)
	}
	for _, body := range []string{`{}`, `{"name":""}`, `{"name":"uid"}`, `{"name":"a b","type":"shoe"}`, `[]`} {
		add("POST", "/v2025/identity-attributes", body)
	}
	for _, body := range []string{`{}`, `{"identityIds":[]}`, `{"identityIds":["x"]}`, `{"identityIds":[` + strings.Repeat(`"x",`, 250) + `"x"]}`} {
		add("POST", "/v2025/identities/process", body)
	}
	add("POST", "/v3/identities/"+p.person+"/set-lifecycle-state", `{"lifecycleStateId":"x"}`)
	add("POST", "/v3/identity-profiles/"+p.profile+"/lifecycle-states", `{}`)
	add("PUT", "/v2025/sources/"+p.source+"/correlation-config", `{"attributeAssignments":[{"property":7}]}`)
	add("PUT", "/v3/sources/"+p.source+"/schemas/"+p.schema, `{}`)
	add("POST", "/v3/identity-profiles/import", `{}`)
	return out
}

// wrongActors are changes of each kind of object by somebody who may read only, and
// reading by somebody who may not.
func wrongActors(p places) (out []bad) {
	add := func(actor, method, path, body string) {
		out = append(out, bad{status: 403, actor: actor, method: method, path: path, body: body})
	}
	const patch = `[{"op":"replace","path":"/description","value":"x"}]`
	for _, actor := range []string{"reader", "nobody"} {
		add(actor, "POST", "/v3/transforms", `{"name":"T","type":"upper"}`)
		add(actor, "DELETE", "/v3/transforms/"+p.transform, "")
		add(actor, "PATCH", "/v3/identity-profiles/"+p.profile, patch)
		add(actor, "DELETE", "/v3/identity-profiles/"+p.profile, "")
		add(actor, "POST", "/v3/identity-profiles/"+p.profile+"/process-identities", "")
		add(actor, "PATCH", "/v3/identity-profiles/"+p.profile+"/lifecycle-states/"+p.state, patch)
		add(actor, "POST", "/v2025/identity-attributes", `{"name":"a"}`)
		add(actor, "DELETE", "/v2025/identity-attributes/uid", "")
		add(actor, "PATCH", "/v3/sources/"+p.source, patch)
		add(actor, "DELETE", "/v3/sources/"+p.source, "")
		add(actor, "POST", "/v2025/sources/"+p.source+"/load-accounts", "")
		add(actor, "DELETE", "/v3/sources/"+p.source+"/schemas/"+p.schema, "")
		add(actor, "PUT", "/v2025/sources/"+p.source+"/correlation-config", `{"attributeAssignments":[]}`)
		add(actor, "DELETE", "/v3/sources/"+p.source+"/provisioning-policies/CREATE", "")
		add(actor, "PATCH", "/v3/accounts/"+p.account, `[{"op":"remove","path":"/identityId"}]`)
		add(actor, "DELETE", "/v3/accounts/"+p.account, "")
		add(actor, "POST", "/v3/accounts/"+p.account+"/disable", `{}`)
		add(actor, "DELETE", "/v2025/identities/"+p.person, "")
		add(actor, "POST", "/v2025/sp-config/import", "")
		add(actor, "PATCH", "/v2025/task-status/x", `[]`)
		add(actor, "POST", "/v3/non-employee-sources", `{"name":"N","description":"d","owner":{"type":"IDENTITY","id":"`+p.person+`"}}`)
		add(actor, "POST", "/_clock", `{"add":"1h"}`)
	}
	for _, path := range []string{
		"/v3/transforms/" + p.transform, "/v3/identity-profiles/" + p.profile, "/v3/sources/" + p.source, "/v3/accounts/" + p.account, "/v2025/identities/" + p.person,
		"/v2025/identity-attributes", "/v2025/task-status", "/v3/search/identities/" + p.person, "/_files", "/_plan",
	} {
		add("nobody", "GET", path, "")
	}
	add("nobody", "POST", "/v3/identity-profiles/identity-preview", `{"identityId":"`+p.person+`"}`)
	return out
}

// Bad requests are refused with the body of an error, and leave everything as it was.
func TestBadRequests(t *testing.T) {
	s := start(t)
	p := s.places()
	before := s.everything()
	for _, kind := range []struct {
		name string
		of   func(places) []bad
	}{{"absent", absent}, {"fixed", fixed}, {"unreadable", unreadable}, {"incomplete", incomplete}, {"actors", wrongActors}} {
		t.Run(kind.name, func(t *testing.T) {
			list := kind.of(p)
			for _, b := range list {
				b.check(t, s)
			}
			t.Logf("%d requests", len(list))
		})
	}
	s.Handler.Wait()
	if after := s.everything(); after != before {
		t.Error("something has changed")
	}
}

func (b bad) check(t *testing.T, s *site) {
	t.Helper()
	contentType := "application/json"
	switch {
	case b.contentType != "":
		contentType = b.contentType
	case b.method == "PATCH":
		contentType = "application/json-patch+json"
	case b.body == "":
		contentType = ""
	}
	a := s.as(b.actor).do(b.method, b.path, contentType, b.body)
	text, _ := a.at("messages.0.text").(string)
	if a.status != b.status || a.at("detailCode") == nil || text == "" || !has(a.body, "causes") || !has(a.body, "trackingId") {
		shown := b.body[:min(len(b.body), 120)]
		t.Errorf("%s %s %s as %s: status %d, want %d: %s", b.method, b.path[:min(len(b.path), 120)], shown, b.actor, a.status, b.status, a.text)
	}
}

// everything is the configuration, the people and the accounts as one text.
func (s *site) everything() string {
	people, _ := json.Marshal(s.people())
	var accounts strings.Builder
	for offset := 0; ; offset += 250 {
		page := s.call(200, "GET", fmt.Sprintf("/v3/accounts?offset=%d", offset), "")
		accounts.WriteString(page.text)
		if page.len() < 250 {
			break
		}
	}
	return s.call(200, "GET", "/_files", "").text + string(people) + accounts.String()
}

// filler is a body without end.
type filler struct{}

func (filler) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'a'
	}
	return len(p), nil
}

// Bodies of 100 MB are refused where they cannot be right, said in advance or not, and
// are not read to their end.
func TestLargeBodies(t *testing.T) {
	s := start(t)
	p := s.places()
	const size = 100 << 20
	for _, c := range []struct{ method, path, contentType, head string }{
		{"POST", "/v3/transforms", "application/json", `{"name":"`},
		{"PATCH", "/v3/identity-profiles/" + p.profile, "application/json-patch+json", `[{"op":"`},
		{"PUT", "/v3/sources/" + p.source, "application/json", `{"name":"`},
		{"POST", "/v3/search", "application/json", `{"query":"`},
		{"POST", "/v3/accounts", "application/json", `{"attributes":{"x":"`},
		{"POST", "/v3/identity-profiles/import", "application/json", `[{"object":"`},
		{"POST", "/_clock", "application/json", `{"now":"`},
		{"POST", "/v3/non-employee-records", "application/json", `{"data":"`},
		{"POST", "/v3/non-employee-sources/x/non-employee-bulk-upload", "multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"data\"; filename=\"f\"\r\n\r\n"},
		{"POST", "/oauth/token", "application/x-www-form-urlencoded", "grant_type="},
	} {
		for _, announced := range []bool{true, false} {
			body := &counting{r: io.LimitReader(io.MultiReader(strings.NewReader(c.head), filler{}), size)}
			r, err := http.NewRequestWithContext(t.Context(), c.method, s.URL+c.path, body)
			if err != nil {
				t.Fatal(err)
			}
			if announced {
				r.ContentLength = size
			}
			r.Header.Set("Content-Type", c.contentType)
			r.Header.Set("Authorization", "Bearer "+s.Token)
			res, err := http.DefaultClient.Do(r)
			if err != nil {
				// The server answers and closes while the body is still being sent; the
				// client may see the close first.
				t.Logf("%s %s: %v", c.method, c.path, err)
			} else {
				if res.StatusCode < 400 || res.StatusCode >= 500 {
					t.Errorf("%s %s: status %d", c.method, c.path, res.StatusCode)
				}
				io.Copy(io.Discard, res.Body)
				res.Body.Close()
			}
			if read := body.n.Load(); read > size/2 {
				t.Errorf("%s %s, announced %v: %d bytes were read", c.method, c.path, announced, read)
			}
		}
	}
	s.call(200, "GET", "/v3/transforms?limit=1", "")
	s.Handler.Wait()
}

// counting counts what was read, while the client may still be sending.
type counting struct {
	r io.Reader
	n atomic.Int64
}

func (c *counting) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n.Add(int64(n))
	return n, err
}
