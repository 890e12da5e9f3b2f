package rest_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
)

// GET /_plan lists what was changed, by whom, with the files it touched and what it
// leaves to be processed; undo takes changes of the configuration back, one by one.
func TestUndo(t *testing.T) {
	s := start(t)
	before := s.call(200, "GET", "/_files", "").text
	s.call(400, "POST", "/_plan/undo", "")

	s.call(201, "POST", "/v3/transforms", `{"name":"U","type":"upper","attributes":{}}`)
	profile := s.call(200, "GET", "/v3/identity-profiles", "").str("0.id")
	s.call(200, "PATCH", "/v3/identity-profiles/"+profile, `[{"op":"add","path":"/identityAttributeConfig/attributeTransforms/-",
		"value":{"identityAttributeName":"city","transformDefinition":{"type":"static","attributes":{"value":"Rome"}}}}]`)
	plans := s.call(200, "GET", "/_plan", "")
	equal(t, "changes", "2 1", plans.names("number"))
	equal(t, "actor", "admin", plans.str("0.actor"))
	equal(t, "object", "TRANSFORM U", plans.str("1.object.type")+" "+plans.str("1.object.name"))
	if plans.at("0.needsProcessing.0") == nil || plans.at("1.files.0") == nil {
		t.Errorf("changes %s", plans.text)
	}

	for range 2 {
		s.call(204, "POST", "/_plan/undo", "")
	}
	equal(t, "files", before, s.call(200, "GET", "/_files", "").text)
	equal(t, "changes", 0, s.call(200, "GET", "/_plan", "").len())
	s.call(400, "POST", "/_plan/undo", "")
}

// A change that wrote identities or accounts cannot be taken back, and what was done
// before it stays, too.
func TestUndoOfData(t *testing.T) {
	s := start(t)
	account := s.call(200, "GET", "/v3/accounts?limit=1&filters="+url.QueryEscape("uncorrelated eq true"), "")
	person := s.call(200, "GET", "/v2025/identities?limit=1", "").str("0.id")
	s.call(201, "POST", "/v3/transforms", `{"name":"U","type":"upper","attributes":{}}`)
	s.call(202, "PATCH", "/v3/accounts/"+account.str("0.id"), `[{"op":"replace","path":"/identityId","value":"`+person+`"}]`)
	equal(t, "refusal", "400.1.409 Reference conflict", s.call(400, "POST", "/_plan/undo", "").str("detailCode"))
	equal(t, "account", person, s.call(200, "GET", "/v3/accounts/"+account.str("0.id"), "").str("identityId"))
	equal(t, "transform", 1, s.call(200, "GET", "/v3/transforms?name=U", "").len())
}

// The clock is set or moved, what is made afterwards carries its time, and lifecycle
// states follow it with the next processing. Tokens outlive it.
func TestClock(t *testing.T) {
	s := start(t)
	begin := s.call(200, "GET", "/_clock", "").str("now")
	inactive := func() string {
		query := `{"indices":["identities"],"query":{"query":"attributes.cloudLifecycleState:inactive"}}`
		return s.call(204, "POST", "/v3/search/count", query).header.Get("X-Total-Count")
	}
	before := inactive()

	equal(t, "set", "2031-03-01T00:00:00Z", s.call(200, "POST", "/_clock", `{"now":"2031-03-01T00:00:00Z"}`).str("now"))
	equal(t, "moved", "2031-03-02T12:00:00Z", s.call(200, "POST", "/_clock", `{"add":"36h"}`).str("now"))
	equal(t, "not processed yet", before, inactive())
	for _, p := range s.call(200, "GET", "/v3/identity-profiles", "").body.([]any) {
		s.call(202, "POST", "/v3/identity-profiles/"+fmt.Sprint(p.(map[string]any)["id"])+"/process-identities", "")
	}
	s.Handler.Wait()
	if after := inactive(); after == before {
		t.Errorf("%s identities are inactive before and after five years", after)
	}
	hr := s.call(200, "GET", "/v3/sources?filters="+url.QueryEscape(`name eq "HR"`), "").str("0.id")
	changed := s.call(200, "PATCH", "/v3/sources/"+hr, `[{"op":"replace","path":"/description","value":"x"}]`).str("modified")
	if !strings.HasPrefix(changed, "2031-03-02T12:00:00") {
		t.Errorf("modified %s", changed)
	}
	for _, bad := range []string{`{}`, `{"now":"tomorrow"}`, `{"add":"1 day"}`, `[]`, `x`} {
		s.call(400, "POST", "/_clock", bad)
	}
	s.call(200, "POST", "/_clock", `{"now":"`+begin+`"}`)
	equal(t, "back", begin, s.call(200, "GET", "/_clock", "").str("now"))
}

// Accounts that found no identity find one once their source is told how: that is what
// load-uncorrelated-accounts is for. Linked accounts stay as they are.
func TestLoadUncorrelated(t *testing.T) {
	s := start(t)
	owner := s.person("attributes.uid:mwil*")
	made := s.call(201, "POST", "/v3/sources?provisionAsCsv=true", `{"name":"Cards","owner":{"type":"IDENTITY","id":"`+owner+`"},"connector":"x"}`).str("id")
	s.upload(200, "/v3/sources/"+made+"/schemas/accounts", "file:file", "id,login\n")
	uid := s.call(200, "GET", "/v2025/identities/"+owner, "").str("attributes.uid")
	s.upload(202, "/v2025/sources/"+made+"/load-accounts", "file:file", "id,login\n1,"+uid+"\n2,nobody\n")
	s.Handler.Wait()
	loose := func() int {
		return s.call(200, "GET", "/v3/accounts?filters="+url.QueryEscape(`source.name eq "Cards" and uncorrelated eq true`), "").len()
	}
	equal(t, "without rules", 2, loose())

	s.call(200, "PUT", "/v2025/sources/"+made+"/correlation-config", `{"attributeAssignments":[{"property":"uid","value":"login","operation":"EQ","ignoreCase":true}]}`)
	s.Handler.Wait()
	equal(t, "rules alone", 2, loose())
	load := s.upload(202, "/v2025/sources/"+made+"/load-uncorrelated-accounts", "file:file", "id,login\n")
	s.Handler.Wait()
	equal(t, "task", "true SUCCESS", load.str("success")+" "+s.call(200, "GET", "/v2025/task-status/"+load.str("task.id"), "").str("completionStatus"))
	equal(t, "with rules", 1, loose())
	linked := s.call(200, "GET", "/v3/accounts?filters="+url.QueryEscape(`source.name eq "Cards" and uncorrelated eq false`), "")
	equal(t, "linked", "1 "+owner, linked.str("0.nativeIdentity")+" "+linked.str("0.identityId"))

	// A load that is not optimised correlates anew what is linked by a rule.
	s.call(200, "PUT", "/v2025/sources/"+made+"/correlation-config", `{"attributeAssignments":[{"property":"email","value":"login","operation":"EQ"}]}`)
	s.upload(202, "/v2025/sources/"+made+"/load-uncorrelated-accounts", "file:file", "id,login\n")
	s.Handler.Wait()
	equal(t, "stays linked", 1, loose())
	s.call(404, "POST", "/v2025/sources/none/load-uncorrelated-accounts", "")
}
