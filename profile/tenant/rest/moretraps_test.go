package rest_test

import (
	"encoding/json"
	"fmt"
	"mime/multipart"
	"net/textproto"
	"net/url"
	"strings"
	"testing"
)

// What a version does not have answers 404 there.
func TestOperationsByVersion(t *testing.T) {
	s := start(t)
	p := s.call(200, "GET", "/v3/identity-profiles", "").str("0.id")
	hr := s.call(200, "GET", "/v3/sources?filters="+url.QueryEscape(`name eq "HR"`), "").str("0.id")
	for _, path := range []string{"/sp-config/export", "/sources/" + hr + "/load-accounts"} {
		s.call(404, "POST", "/v3"+path, "{}")
	}
	s.call(404, "GET", "/v3/sources/"+hr+"/correlation-config", "")
	s.call(404, "GET", "/beta/identity-profiles/"+p+"/lifecycle-states", "")
	state := s.call(200, "GET", "/v3/identity-profiles/"+p+"/lifecycle-states", "").str("0.id")
	s.call(200, "GET", "/beta/identity-profiles/"+p+"/lifecycle-states/"+state, "")
	s.call(404, "POST", "/beta/search", `{"indices":["identities"],"query":{"query":"*"}}`)
	s.call(200, "GET", "/beta/accounts?limit=1", "")
	s.call(200, "GET", "/beta/non-employee-sources", "")
}

// The count of a search is always there, that of a list when it was asked for.
func TestSearchCount(t *testing.T) {
	s := start(t)
	const query = `{"indices":["identities"],"query":{"query":"*"}}`
	if n := s.call(204, "POST", "/v3/search/count", query).header.Get("X-Total-Count"); n == "" || n == "0" {
		t.Errorf("count %q", n)
	}
	equal(t, "not asked", "", s.call(200, "POST", "/v3/search?limit=1", query).header.Get("X-Total-Count"))
	equal(t, "no page", 0, s.call(200, "POST", "/v3/search?limit=0", query).len())
}

// A source has one profile, and a profile one source: a second one is refused as a
// conflict of references, with status 400.
func TestSourceOfAnotherProfile(t *testing.T) {
	s := start(t)
	source := s.call(200, "GET", "/v3/identity-profiles", "").str("0.authoritativeSource.id")
	a := s.call(400, "POST", "/v3/identity-profiles", `{"name":"Second","authoritativeSource":{"type":"SOURCE","id":"`+source+`"}}`)
	equal(t, "code", "400.1.409 Reference conflict", a.str("detailCode"))
}

// PUT of a source refuses what cannot be changed, takes it when it is equal, and leaves
// what it does not name of that.
func TestPutSource(t *testing.T) {
	s := start(t)
	src := s.call(200, "GET", "/v3/sources?filters="+url.QueryEscape(`name eq "HR"`), "").at("0").(map[string]any)
	path := "/v3/sources/" + fmt.Sprint(src["id"])
	put := func(status int, change map[string]any) answer {
		body := map[string]any{}
		for k, v := range src {
			body[k] = v
		}
		for k, v := range change {
			body[k] = v
		}
		text, _ := json.Marshal(body)
		return s.call(status, "PUT", path, string(text))
	}
	for _, member := range []string{"id", "type", "authoritative", "connector", "connectorClass", "passwordPolicies"} {
		equal(t, member, "400.1.1 Illegal update attempt", put(400, map[string]any{member: []any{"other"}}).str("detailCode"))
	}
	equal(t, "equal ones", "d", put(200, map[string]any{"description": "d"}).str("description"))
	body := fmt.Sprintf(`{"name":"HR","owner":%s,"connector":%q}`, mustJSON(src["owner"]), src["connector"])
	equal(t, "absent ones", fmt.Sprint(src["type"]), s.call(200, "PUT", path, body).str("type"))
}

func mustJSON(v any) string {
	src, _ := json.Marshal(v)
	return string(src)
}

// States and tasks have every member that clients demand.
func TestRequiredMembersOfStatesAndTasks(t *testing.T) {
	s := start(t)
	p := s.call(200, "GET", "/v3/identity-profiles", "").str("0.id")
	for _, state := range s.call(200, "GET", "/v3/identity-profiles/"+p+"/lifecycle-states", "").body.([]any) {
		if !has(state, "id") || !has(state, "name") || !has(state, "technicalName") {
			t.Errorf("state %v", state)
		}
	}
	s.call(202, "POST", "/v3/identity-profiles/"+p+"/process-identities", "")
	s.Handler.Wait()
	const members = "id type uniqueName description parentName launcher created modified launched completed completionStatus messages returns attributes progress percentComplete"
	task := s.call(200, "GET", "/v2025/task-status?limit=1", "").at("0")
	equal(t, "members", 16, len(strings.Fields(members)))
	for member := range strings.FieldsSeq(members) {
		if !has(task, member) {
			t.Errorf("task: no %s", member)
		}
	}
	for _, member := range []string{"internal"} {
		made := s.call(201, "POST", "/v3/transforms", `{"name":"T","type":"upper","attributes":{}}`)
		if !has(made.body, member) {
			t.Errorf("transform: no %s", member)
		}
	}
}

// The header of experimental operations is taken where clients send it.
func TestExperimentalHeaderSent(t *testing.T) {
	s := start(t)
	s.header = map[string]string{"X-SailPoint-Experimental": "true"}
	for _, path := range []string{"/v2024/identities?limit=1", "/v2025/task-status", "/v2024/identity-attributes"} {
		s.call(200, "GET", path, "")
	}
	person := s.call(200, "GET", "/v2025/identities?limit=1", "").str("0.id")
	s.call(202, "POST", "/v2025/identities/process", `{"identityIds":["`+person+`"]}`)
}

// An import comes in parts as the vendor's SDK, its command-line tool and its editor
// extension write them.
func TestImportParts(t *testing.T) {
	s := start(t)
	const objects = `{"version":1,"objects":[{"version":1,"self":{"type":"TRANSFORM","name":"Imported"},"object":{"name":"Imported","type":"upper","attributes":{}}}]}`
	for _, c := range []struct{ name, file, typ, optionsType string }{
		{"SDK", "blob", "application/json", "application/json"},
		{"command-line tool", "objects.json", "application/octet-stream", ""},
		{"extension", "import.json", "application/json", "text/plain"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var b strings.Builder
			w := multipart.NewWriter(&b)
			part := func(disposition, typ, body string) {
				header := textproto.MIMEHeader{"Content-Disposition": {disposition}, "Content-Type": {typ}}
				to, err := w.CreatePart(header)
				if err != nil {
					t.Fatal(err)
				}
				fmt.Fprint(to, body)
			}
			part(`form-data; name="data"; filename="`+c.file+`"`, c.typ, objects)
			if c.optionsType != "" {
				part(`form-data; name="options"`, c.optionsType, `{"includeTypes":["TRANSFORM"]}`)
			}
			w.Close()
			a := s.do("POST", "/beta/sp-config/import", w.FormDataContentType(), b.String())
			equal(t, "status", "202 COMPLETE", fmt.Sprint(a.status, " ", a.str("status")))
			body := s.call(200, "GET", "/beta/sp-config/import/"+a.str("jobId")+"/download", "")
			equal(t, "errors", "[]", body.str("results.TRANSFORM.errors"))
		})
	}
	equal(t, "imported", 1, s.call(200, "GET", "/v3/transforms?name=Imported", "").len())
}

// A request that was refused leaves nothing behind: sent again it is refused again, and
// the right one is taken.
func TestRefusalLeavesNothing(t *testing.T) {
	s := start(t)
	before := s.call(200, "GET", "/_files", "").text
	for range 2 {
		s.call(400, "POST", "/v3/transforms", `{"name":"T","attributes":{}}`)
		s.call(400, "POST", "/v3/sources", `{"name":"S"}`)
		s.call(400, "POST", "/v3/identity-profiles", `{"name":"P"}`)
		s.call(400, "POST", "/v2025/identity-attributes", `{"displayName":"x"}`)
	}
	equal(t, "files", before, s.call(200, "GET", "/_files", "").text)
	equal(t, "plans", 0, s.call(200, "GET", "/_plan", "").len())
	s.call(201, "POST", "/v3/transforms", `{"name":"T","type":"upper","attributes":{}}`)
}

// A load brings a file or none, and disableOptimization as a text.
func TestLoadWithoutFile(t *testing.T) {
	s := start(t)
	hr := s.call(200, "GET", "/v3/sources?filters="+url.QueryEscape(`name eq "HR"`), "").str("0.id")
	bare := s.call(202, "POST", "/v2025/sources/"+hr+"/load-accounts", "").str("task.id")
	text := s.upload(202, "/v2025/sources/"+hr+"/load-accounts", "disableOptimization", "true").str("task.id")
	s.Handler.Wait()
	for _, id := range []string{bare, text} {
		equal(t, "status", "SUCCESS", s.call(200, "GET", "/v2025/task-status/"+id, "").str("completionStatus"))
	}
}
