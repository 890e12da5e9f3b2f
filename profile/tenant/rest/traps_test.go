package rest_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"
)

// The traps that real clients set, one test for each.

// Objects are one for all versions, also where the version stands behind the resource.
func TestVersionsShareState(t *testing.T) {
	s := start(t)
	id := s.call(201, "POST", "/v3/transforms", `{"name":"T","type":"upper","attributes":{}}`).str("id")
	for _, path := range []string{"/v3/transforms/", "/beta/transforms/", "/v2024/transforms/", "/v2025/transforms/", "/v2026/transforms/", "/transforms/v1/"} {
		equal(t, path, "T", s.call(200, "GET", path+id, "").str("name"))
	}
	s.call(404, "GET", "/v3/v3/transforms", "")
	s.call(404, "GET", "/transforms", "")
}

// Some operations exist in some versions only.
func TestVersionsDiffer(t *testing.T) {
	s := start(t)
	for path, versions := range map[string]string{
		"identities": "b 24", "task-status": "b 24", "identity-attributes": "b 24", "sp-config/config-objects": "b 24",
		"public-identities": "3 24", "transforms": "3 b 24",
	} {
		for name, prefix := range map[string]string{"3": "/v3/", "b": "/beta/", "24": "/v2025/"} {
			want := 404
			if strings.Contains(versions, name) {
				want = 200
			}
			s.call(want, "GET", prefix+path, "")
		}
	}
}

// X-Total-Count is there only when it is asked for; clients read it and not the list.
func TestTotalCount(t *testing.T) {
	s := start(t)
	equal(t, "not asked", "", s.call(200, "GET", "/v3/transforms", "").header.Get("X-Total-Count"))
	name := url.QueryEscape(`name eq "ASCII Letters"`)
	one := s.call(200, "GET", "/v2025/transforms?limit=1&count=true&filters="+name, "")
	equal(t, "count", "1", one.header.Get("X-Total-Count"))
	none := s.call(200, "GET", "/v2025/transforms?limit=1&count=true&filters="+url.QueryEscape(`name eq "x"`), "")
	equal(t, "nothing", "0 0", fmt.Sprint(none.header.Get("X-Total-Count"), " ", none.len()))
}

// limit=0 gives no items; more than 250 is refused; a page is as long as was asked.
func TestLimits(t *testing.T) {
	s := start(t)
	zero := s.call(200, "GET", "/v2025/identities?limit=0&count=true", "")
	equal(t, "items", 0, zero.len())
	if zero.header.Get("X-Total-Count") == "0" {
		t.Error("no identities")
	}
	s.call(400, "GET", "/v2025/identities?limit=251", "")
	equal(t, "page", 250, s.call(200, "GET", "/v3/accounts", "").len())
	s.call(400, "POST", "/v3/search?limit=10001", `{"indices":["identities"],"query":{"query":"*"}}`)

	// The pages make up the whole.
	seen := map[string]bool{}
	for offset := 0; ; offset += 100 {
		page := s.call(200, "GET", fmt.Sprintf("/v3/accounts?limit=100&sorters=name&offset=%d", offset), "")
		for _, item := range page.body.([]any) {
			seen[item.(map[string]any)["id"].(string)] = true
		}
		if page.len() < 100 {
			break
		}
	}
	total := s.call(200, "GET", "/v3/accounts?limit=0&count=true", "").header.Get("X-Total-Count")
	equal(t, "different accounts", total, fmt.Sprint(len(seen)))
}

// Filters know or, co, in and bare true and false.
func TestFilters(t *testing.T) {
	s := start(t)
	for filter, want := range map[string]string{
		`name eq "HR" or id eq "2c9180857c3d2e1f017c4e5f6a7b0c33"`: "Active Directory HR",
		`name co "ystem"`:                      "Badge System",
		`name in ("HR","Contractors")`:         "Contractors HR",
		`authoritative eq true`:                "Contractors HR",
		`not (authoritative eq true)`:          "Active Directory Badge System",
		`features ca ("PASSWORD")`:             "Active Directory",
		`name sw "C" and (type ne "x")`:        "Contractors",
		`modified isnull and name sw "Nobody"`: "",
	} {
		a := s.call(200, "GET", "/v2025/sources?sorters=name&filters="+url.QueryEscape(filter), "")
		equal(t, filter, want, a.names("name"))
	}
	first := s.call(200, "GET", "/v3/accounts?limit=1", "").body.([]any)[0].(map[string]any)
	both := fmt.Sprintf(`sourceId eq "%s" and nativeIdentity eq "%s"`, first["sourceId"], strings.ReplaceAll(first["nativeIdentity"].(string), `\`, `\\`))
	a := s.call(200, "GET", "/v3/accounts?limit=1&count=true&sorters=name&filters="+url.QueryEscape(both), "")
	equal(t, "one account", fmt.Sprint(first["id"]), a.str("0.id"))
	loose := s.call(200, "GET", "/v3/accounts?filters="+url.QueryEscape(`uncorrelated eq true and manuallyCorrelated eq false`), "")
	equal(t, "uncorrelated", "true", loose.str("0.uncorrelated"))
}

// Every search document has its type, and paging by searchAfter meets everybody once.
func TestSearchAfter(t *testing.T) {
	s := start(t)
	seen := map[string]int{}
	after := ""
	for {
		a := s.call(200, "POST", "/v3/search?limit=100", `{"indices":["identities"],"query":{"query":"*"},"sort":["-id"],
			"queryResultFilter":{"includes":["name"]},"queryType":"SAILPOINT","includeNested":true,"aggregationType":"DSL"`+after+`}`)
		for _, item := range a.body.([]any) {
			m := item.(map[string]any)
			if m["_type"] != "identity" || !has(m, "id") || has(m, "accounts") {
				t.Fatalf("document %v", m)
			}
			seen[m["id"].(string)]++
			after = fmt.Sprintf(`,"searchAfter":[%q]`, m["id"])
		}
		if a.len() < 100 {
			break
		}
	}
	count := s.call(204, "POST", "/v3/search/count", `{"indices":["identities"],"query":{"query":"*"}}`)
	equal(t, "count", count.header.Get("X-Total-Count"), fmt.Sprint(len(seen)))
	for id, n := range seen {
		if n != 1 {
			t.Errorf("%s was met %d times", id, n)
		}
	}
	s.call(200, "POST", "/v3/search", `{"indices":["identities"],"query":{"query":"*"},"sort":[],"queryResultFilter":{}}`)
}

func TestSearchQueries(t *testing.T) {
	s := start(t)
	count := func(query string) string {
		body, _ := json.Marshal(map[string]any{"indices": []string{"identities"}, "query": map[string]string{"query": query}})
		return s.call(204, "POST", "/v3/search/count", string(body)).header.Get("X-Total-Count")
	}
	all := count("*")
	equal(t, "either", all, count(`identityProfile.name:"Employees" OR NOT identityProfile.name:Employees`))
	equal(t, "none", "0", count(`attributes.department:"No Such"`))
	equal(t, "exists", all, count(`_exists_:id AND (accountCount:[0 TO *] OR accountCount:9)`))
	if n := count(`attributes.uid:mwil*`); n == "0" {
		t.Error("the wildcard met nobody")
	}
	equal(t, "case", count(`attributes.uid:MWIL*`), count(`attributes.uid:mwil*`))
	for _, bad := range []string{"", "(a", `name:"x`, "name:", "shoe:9", "a b", "name:x~2", "name:[a b]", "_exists_:shoe", "AND"} {
		body, _ := json.Marshal(map[string]any{"indices": []string{"identities"}, "query": map[string]string{"query": bad}})
		a := s.do("POST", "/v3/search", "application/json", string(body))
		if a.status != 400 || a.str("detailCode") == "<nil>" {
			t.Errorf("%q: status %d: %s", bad, a.status, a.text)
		}
	}
	s.call(400, "POST", "/v3/search", `{"indices":["identities"],"queryType":"DSL","queryDsl":{"match":{}}}`)
	equal(t, "other index", 0, s.call(200, "POST", "/v3/search", `{"indices":["roles"],"query":{"query":"*"}}`).len())
}

// The asynchronous answers have the seven shapes that clients know.
func TestAcceptedShapes(t *testing.T) {
	s := start(t)
	profiles := s.call(200, "GET", "/v3/identity-profiles", "")
	hr := s.call(200, "GET", "/v3/sources?filters="+url.QueryEscape(`name eq "HR"`), "").str("0.id")
	contractors := s.call(200, "GET", "/v3/sources?filters="+url.QueryEscape(`name eq "Contractors"`), "").str("0.id")
	person := s.call(200, "GET", "/v2025/identities?limit=1", "").str("0.id")
	equal(t, "process", "{}", s.call(202, "POST", "/v3/identity-profiles/"+profiles.str("0.id")+"/process-identities", "").text)
	account := s.call(200, "GET", "/v3/accounts?limit=1", "").str("0.id")
	equal(t, "account patch", "{}", s.call(202, "PATCH", "/v3/accounts/"+account, `[{"op":"replace","path":"/manuallyCorrelated","value":true}]`).text)
	equal(t, "identities", "TASK_RESULT", s.call(202, "POST", "/beta/identities/process", `{"identityIds":["`+person+`"]}`).str("type"))
	if a := s.call(202, "POST", "/v3/accounts/"+account+"/reload", ""); !has(a.body, "id") {
		t.Errorf("reload: %s", a.text)
	}
	load := s.call(202, "POST", "/v2025/sources/"+hr+"/load-accounts", "")
	equal(t, "load", "true", load.str("success"))
	s.Handler.Wait()
	equal(t, "loaded", "SUCCESS", s.call(200, "GET", "/v2025/task-status/"+load.str("task.id"), "").str("completionStatus"))
	job := s.call(202, "POST", "/beta/sp-config/export", `{"includeTypes":["TRANSFORM"]}`)
	equal(t, "job", "COMPLETE EXPORT", job.str("status")+" "+job.str("type"))
	gone := s.call(202, "DELETE", "/v3/identity-profiles/"+profiles.str("1.id"), "")
	equal(t, "simplified", "Success", gone.str("completionStatus"))
	deleted := s.call(202, "DELETE", "/v3/sources/"+contractors, "")
	equal(t, "source", "TASK_RESULT", deleted.str("type"))
	s.call(404, "GET", "/v3/sources/"+contractors, "")
}

// A task that runs has completionStatus, and it is null.
func TestTaskStatus(t *testing.T) {
	s := start(t)
	hr := s.call(200, "GET", "/v3/sources?filters="+url.QueryEscape(`name eq "HR"`), "").str("0.id")
	load := s.upload(202, "/beta/sources/"+hr+"/load-accounts", "disableOptimization", "true")
	task, _ := load.at("task").(map[string]any)
	if !has(task, "completionStatus") || task["completionStatus"] != nil {
		t.Errorf("a running task: %v", task)
	}
	for deadline := time.Now().Add(20 * time.Second); ; {
		a := s.call(200, "GET", "/beta/task-status/"+load.str("task.id"), "")
		if !has(a.body, "completionStatus") {
			t.Fatalf("no completionStatus: %s", a.text)
		}
		if a.at("completionStatus") != nil {
			equal(t, "status", "SUCCESS", a.str("completionStatus"))
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the task does not end")
		}
		time.Sleep(2 * time.Millisecond)
	}
	filter := url.QueryEscape(`sourceId eq "` + hr + `" and completionStatus eq "SUCCESS"`)
	equal(t, "by source", 1, s.call(200, "GET", "/v2025/task-status?filters="+filter, "").len())
	equal(t, "running", 0, s.call(200, "GET", "/v2025/task-status?filters="+url.QueryEscape("completionStatus isnull"), "").len())
}

// What GET shows is what PATCH addresses, at any depth.
func TestPatchDepth(t *testing.T) {
	s := start(t)
	p := s.call(200, "GET", "/v3/identity-profiles", "").str("0.id")
	before := s.call(200, "GET", "/v2025/identity-profiles/"+p, "")
	at := "identityAttributeConfig.attributeTransforms"
	n := len(before.at(at).([]any))
	after := s.call(200, "PATCH", "/v2025/identity-profiles/"+p, `[
		{"op":"replace","path":"/identityAttributeConfig/attributeTransforms/0/transformDefinition/attributes","value":{"value":"x"}},
		{"op":"replace","path":"/identityAttributeConfig/attributeTransforms/0/transformDefinition/type","value":"static"},
		{"op":"add","path":"/identityAttributeConfig/attributeTransforms/-","value":{"identityAttributeName":"city","transformDefinition":{"type":"static","attributes":{"value":"Rome"}}}}]`)
	equal(t, "replaced", "x", after.str(at+".0.transformDefinition.attributes.value"))
	equal(t, "added", "city", after.str(fmt.Sprintf("%s.%d.identityAttributeName", at, n)))
	equal(t, "dirty", "true", after.str("identityRefreshRequired"))
	equal(t, "read only", "400.1.1 Illegal update attempt",
		s.call(400, "PATCH", "/v3/identity-profiles/"+p, `[{"op":"replace","path":"/identityCount","value":1}]`).str("detailCode"))
	s.call(400, "PATCH", "/v3/identity-profiles/"+p, `[{"op":"replace","path":"/authoritativeSource/id","value":"x"},{"op":"replace","path":"/identityAttributeConfig/enabled","value":false}]`)
	equal(t, "plain JSON", 200, s.do("PATCH", "/v3/identity-profiles/"+p, "application/json", `[{"op":"replace","path":"/description","value":"d"}]`).status)
}

// Attributes of a transform may change, its name and type may not; equal ones pass.
func TestPutTransform(t *testing.T) {
	s := start(t)
	id := s.call(201, "POST", "/beta/transforms", `{"name":"T","type":"upper","attributes":{}}`).str("id")
	put := func(status int, body string) answer { return s.call(status, "PUT", "/v2025/transforms/"+id, body) }
	put(200, `{"name":"T","type":"upper","attributes":{"input":{"type":"static","attributes":{"value":"a"}}}}`)
	put(200, `{"attributes":{}}`)
	put(400, `{"name":"U","type":"upper","attributes":{}}`)
	put(400, `{"name":"T","type":"lower","attributes":{}}`)
	equal(t, "taken name", "400.1.409 Reference conflict", s.call(400, "POST", "/v3/transforms", `{"name":"T","type":"lower","attributes":{}}`).str("detailCode"))
	s.call(204, "DELETE", "/v3/transforms/"+id, "")
	s.call(404, "DELETE", "/v3/transforms/"+id, "")
}

// What is referred to cannot go: 400 with the detail code of a conflict, never 409.
func TestReferences(t *testing.T) {
	s := start(t)
	used := s.call(200, "GET", "/v3/transforms?filters="+url.QueryEscape(`name eq "ASCII Letters"`), "").str("0.id")
	a := s.call(400, "DELETE", "/v3/transforms/"+used, "")
	equal(t, "transform", "400.1.409 Reference conflict", a.str("detailCode"))
	if len(a.at("causes").([]any)) == 0 {
		t.Error("no causes")
	}
	hr := s.call(200, "GET", "/v3/sources?filters="+url.QueryEscape(`name eq "HR"`), "").str("0.id")
	equal(t, "source", "400.1.409 Reference conflict", s.call(400, "DELETE", "/v3/sources/"+hr, "").str("detailCode"))
}

// Members of a source that nobody changes.
func TestSourceUpdates(t *testing.T) {
	s := start(t)
	src := s.call(200, "GET", "/v3/sources?filters="+url.QueryEscape(`name eq "HR"`), "")
	id := src.str("0.id")
	whole, _ := json.Marshal(src.at("0"))
	s.call(200, "PUT", "/v3/sources/"+id, string(whole))
	for _, path := range []string{"/id", "/type", "/authoritative", "/connectorClass", "/created"} {
		a := s.call(400, "PATCH", "/v2025/sources/"+id, `[{"op":"add","path":"`+path+`","value":"x"}]`)
		equal(t, path, "400.1.1 Illegal update attempt", a.str("detailCode"))
	}
	a := s.call(200, "PATCH", "/v2025/sources/"+id, `[{"op":"replace","path":"/description","value":"People"}]`)
	equal(t, "description", "People", a.str("description"))
	equal(t, "schema stays", "account", s.call(200, "GET", "/v3/sources/"+id+"/schemas", "").str("0.name"))
}

// A client refuses an answer without a member that the documents require.
func TestRequiredMembers(t *testing.T) {
	s := start(t)
	for path, members := range map[string]string{
		"/v3/transforms":        "id name type attributes internal",
		"/v3/identity-profiles": "id name authoritativeSource",
		"/v3/sources":           "id name owner connector",
		"/v2025/identities":     "id name",
		"/v3/accounts":          "id name sourceId sourceName attributes authoritative disabled locked nativeIdentity systemAccount uncorrelated manuallyCorrelated hasEntitlements",
	} {
		for _, item := range s.call(200, "GET", path, "").body.([]any) {
			for member := range strings.FieldsSeq(members) {
				if !has(item, member) {
					t.Fatalf("%s: no %s in %v", path, member, item)
				}
			}
		}
	}
	job := s.call(202, "POST", "/v2025/sp-config/export", `{}`)
	for member := range strings.FieldsSeq("jobId status type expiration created modified") {
		if !has(job.body, member) {
			t.Errorf("job: no %s", member)
		}
	}
}

// A clean row of a preview has null for its messages.
func TestPreviewMessages(t *testing.T) {
	s := start(t)
	p := s.call(200, "GET", "/v3/identity-profiles", "")
	person := s.call(200, "POST", "/v3/search?limit=1", `{"indices":["identities"],"query":{"query":"identityProfile.id:`+p.str("0.id")+`"}}`).str("0.id")
	a := s.call(200, "POST", "/v2024/identity-profiles/identity-preview", `{"identityId":"`+person+`","identityAttributeConfig":{"enabled":true,"attributeTransforms":[
		{"identityAttributeName":"good","transformDefinition":{"type":"static","attributes":{"value":"x"}}},
		{"identityAttributeName":"bad","transformDefinition":{"type":"substring","attributes":{"begin":9,"input":{"type":"static","attributes":{"value":"x"}}}}}]}}`)
	good, _ := a.at("previewAttributes.0").(map[string]any)
	if !has(good, "errorMessages") || good["errorMessages"] != nil || good["value"] != "x" {
		t.Errorf("clean row: %v", good)
	}
	if a.at("previewAttributes.1.errorMessages.0.text") == nil {
		t.Errorf("no message: %s", a.text)
	}
	s.call(404, "POST", "/v3/identity-profiles/identity-preview", `{"identityId":"nobody","identityAttributeConfig":{"enabled":true,"attributeTransforms":[]}}`)
}

// The experimental header is accepted and never needed.
func TestExperimentalHeader(t *testing.T) {
	s := start(t)
	s.call(200, "GET", "/v2024/identities?limit=1", "")
	person := s.call(200, "GET", "/v2025/identities?limit=1", "").str("0.id")
	s.call(202, "POST", "/v2025/identities/process", `{"identityIds":["`+person+`"]}`)
}

// SP-Config: the part data under any name and type, options as a part, the jobs
// complete at once, the download a plain body.
func TestConfigRoundTrip(t *testing.T) {
	s := start(t)
	job := s.call(202, "POST", "/beta/sp-config/export", `{"description":"all"}`)
	equal(t, "status", "COMPLETE", s.call(200, "GET", "/beta/sp-config/export/"+job.str("jobId"), "").str("status"))
	download := s.call(200, "GET", "/beta/sp-config/export/"+job.str("jobId")+"/download", "")
	equal(t, "first", "IDENTITY_OBJECT_CONFIG", download.str("objects.0.self.type"))

	var out map[string]any
	if err := json.Unmarshal([]byte(download.text), &out); err != nil {
		t.Fatal(err)
	}
	out["objects"] = append(out["objects"].([]any), map[string]any{
		"version": 1, "self": map[string]string{"type": "TRANSFORM", "name": "Imported"},
		"object": map[string]any{"name": "Imported", "type": "upper", "attributes": map[string]any{}}})
	text, _ := json.Marshal(out)
	if a := s.upload(202, "/v2025/sp-config/import?preview=true", "file:data", string(text)); a.str("status") != "COMPLETE" {
		t.Errorf("preview: %s", a.text)
	}
	equal(t, "nothing imported", 0, s.call(200, "GET", "/v3/transforms?name=Imported", "").len())
	imported := s.upload(202, "/v2025/sp-config/import", "data", string(text), "options", `{"includeTypes":["TRANSFORM"]}`)
	result := s.call(200, "GET", "/v2025/sp-config/import/"+imported.str("jobId")+"/download", "")
	equal(t, "errors", "[]", result.str("results.TRANSFORM.errors"))
	if has(result.at("results"), "SOURCE") {
		t.Error("sources were imported against the options")
	}
	equal(t, "imported", 1, s.call(200, "GET", "/v3/transforms?name=Imported", "").len())

	// Everything once more over what is there changes nothing that anybody sees.
	before := s.call(200, "GET", "/v3/sources", "").body
	all := s.upload(202, "/v2025/sp-config/import", "file:data", string(text))
	results := s.call(200, "GET", "/v2025/sp-config/import/"+all.str("jobId")+"/download", "")
	for _, typ := range []string{"IDENTITY_OBJECT_CONFIG", "TRANSFORM", "SOURCE", "IDENTITY_PROFILE", "LIFECYCLE_STATE"} {
		equal(t, typ, "[]", results.str("results."+typ+".errors"))
	}
	equal(t, "sources", before, s.call(200, "GET", "/v3/sources", "").body)
}

// The widest chain of the vendor's command-line tool: a transform and an attribute
// for the time of a preview.
func TestTransformPreviewChain(t *testing.T) {
	s := start(t)
	transform := s.call(201, "POST", "/v2024/transforms", `{"name":"X-preview","type":"static","attributes":{"value":"hello"}}`)
	s.call(201, "POST", "/beta/identity-attributes", `{"name":"sailpointCLIPreview","type":"string","displayName":"preview"}`)
	p := s.call(200, "GET", "/v3/identity-profiles?limit=1", "").str("0.id")
	whole := s.call(200, "GET", "/v2024/identity-profiles/"+p, "")
	person := s.call(200, "POST", "/v3/search", `{"indices":["identities"],"query":{"query":"identityProfile.id:`+p+`"},"sort":[]}`).str("0.id")
	config := whole.at("identityAttributeConfig").(map[string]any)
	config["attributeTransforms"] = append(config["attributeTransforms"].([]any), map[string]any{
		"identityAttributeName": "sailpointCLIPreview",
		"transformDefinition":   map[string]any{"type": "reference", "attributes": map[string]string{"id": "X-preview"}}})
	body, _ := json.Marshal(map[string]any{"identityId": person, "identityAttributeConfig": config})
	rows := s.call(200, "POST", "/v2024/identity-profiles/identity-preview", string(body)).at("previewAttributes").([]any)
	last := rows[len(rows)-1].(map[string]any)
	equal(t, "row", "sailpointCLIPreview hello <nil>", fmt.Sprint(last["name"], " ", last["value"], " ", last["errorMessages"]))
	s.call(204, "DELETE", "/beta/identity-attributes/sailpointCLIPreview", "")
	s.call(204, "DELETE", "/v2024/transforms/"+transform.str("id"), "")
}

// A refusal is never a 5xx: clients would send the request again.
func TestRefusalsAre4xx(t *testing.T) {
	s := start(t)
	equal(t, "not served", "501 Not implemented", s.call(501, "GET", "/v3/accounts/x/entitlements", "").str("detailCode"))
	equal(t, "counted", "1", s.call(200, "GET", "/_unserved", "").str("getAccountEntitlements"))
	for _, path := range []string{"/v3/entitlements", "/v2025/roles", "/beta/workflows", "/v3/access-profiles", "/v2025/form-definitions"} {
		a := s.call(404, "GET", path, "")
		if a.str("messages.0.text") == "" || len(a.at("causes").([]any)) != 0 {
			t.Errorf("%s: %s", path, a.text)
		}
	}
}

// Signing in: the answer, the form of the token, and errors of 401.
func TestTokens(t *testing.T) {
	s := start(t).as("")
	form := "application/x-www-form-urlencoded"
	a := s.do("POST", "/oauth/token?grant_type=client_credentials", form, "client_id=admin&client_secret=admin-secret")
	equal(t, "status", 200, a.status)
	equal(t, "expires", "43200", a.str("expires_in"))
	parts := strings.Split(a.str("access_token"), ".")
	equal(t, "parts", 3, len(parts))
	equal(t, "wrong secret", 401, s.do("POST", "/oauth/token", form, "grant_type=client_credentials&client_id=admin&client_secret=x").status)
	equal(t, "no token", "the request is not authenticated", s.do("GET", "/v3/transforms", "", "").str("error"))
}

// Who may do what.
func TestRights(t *testing.T) {
	s := start(t)
	s.as("reader").call(200, "GET", "/v3/accounts?limit=1", "")
	s.as("reader").call(200, "POST", "/v3/search?limit=1", `{"indices":["identities"],"query":{"query":"*"}}`)
	s.as("nobody").call(200, "GET", "/v3/public-identities?limit=1", "")
	for _, path := range []string{"/v3/accounts", "/v3/transforms", "/v2025/identities", "/v3/sources", "/v2025/task-status", "/_plan", "/_files", "/v3/identity-profiles"} {
		equal(t, path, "403 Forbidden", s.as("nobody").call(403, "GET", path, "").str("detailCode"))
	}
	s.as("nobody").call(403, "POST", "/v3/search", `{"indices":["identities"],"query":{"query":"*"}}`)
	for _, c := range []struct{ method, path, body string }{
		{"POST", "/v3/transforms", `{"name":"T","type":"upper"}`}, {"DELETE", "/v3/transforms/x", ""}, {"POST", "/_clock", `{"add":"1h"}`},
		{"PATCH", "/v3/accounts/x", `[]`}, {"POST", "/v2025/sp-config/import", ""}, {"POST", "/_plan/undo", ""},
		{"POST", "/v2025/identities/process", `{}`}, {"POST", "/v3/sources", `{}`}, {"DELETE", "/v2025/identities/x", ""},
	} {
		s.as("reader").call(403, c.method, c.path, c.body)
	}
}
