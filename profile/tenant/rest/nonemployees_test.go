package rest_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
)

// person finds an identity of acme by its uid.
func (s *site) person(query string) string {
	s.t.Helper()
	return s.call(200, "POST", "/v3/search?limit=1", `{"indices":["identities"],"query":{"query":"`+query+`"}}`).str("0.id")
}

// guests makes a source of non-employees and gives its id and its sourceId.
func (s *site) guests(owner string) (id, sourceID string) {
	s.t.Helper()
	a := s.call(200, "POST", "/v3/non-employee-sources", fmt.Sprintf(
		`{"name":"Guests","description":"d","owner":{"type":"IDENTITY","id":%q},"approvers":[{"type":"IDENTITY","id":%[1]q}],"accountManagers":[{"type":"IDENTITY","id":%[1]q}]}`, owner))
	return a.str("id"), a.str("sourceId")
}

func guest(source, name, manager string) string {
	return fmt.Sprintf(`{"sourceId":%q,"accountName":%q,"firstName":"Gus","lastName":"Guest","email":"%[2]s@guests.example","phone":"1",
		"manager":%q,"startDate":"2026-01-01T00:00:00Z","endDate":"2027-01-01T00:00:00Z","data":{}}`, source, name, manager)
}

// A source of non-employees is one of the tenant: its records become accounts, and
// identities once there is a profile; what is deleted takes them along.
func TestNonEmployees(t *testing.T) {
	s := start(t)
	boss := s.person("attributes.uid:mwil*")
	uid := s.call(200, "GET", "/v2025/identities/"+boss, "").str("attributes.uid")
	id, sourceID := s.guests(boss)
	s.Handler.Wait()
	source := s.call(200, "GET", "/v3/sources/"+sourceID, "")
	equal(t, "source", "Guests Non-Employee true", strings.Join([]string{source.str("name"), source.str("type"), source.str("authoritative")}, " "))
	equal(t, "schema", "accountName", s.call(200, "GET", "/v3/sources/"+sourceID+"/schemas", "").str("0.identityAttribute"))

	record := s.call(200, "POST", "/v3/non-employee-records", guest(id, "gus", uid)).str("id")
	s.Handler.Wait()
	account := s.call(200, "GET", "/v3/accounts?filters="+url.QueryEscape(`source.name eq "Guests"`), "")
	equal(t, "account", "gus true", account.str("0.nativeIdentity")+" "+account.str("0.uncorrelated"))

	profile := s.call(201, "POST", "/v3/identity-profiles", `{"name":"Guests","authoritativeSource":{"type":"SOURCE","id":"`+sourceID+`"}}`).str("id")
	rows := []string{}
	for attribute, column := range map[string]string{"uid": "accountName", "email": "email", "lastname": "lastName", "workPhone": "phone", "manager": "manager"} {
		rows = append(rows, fmt.Sprintf(`{"identityAttributeName":%q,"transformDefinition":{"type":"accountAttribute","attributes":{"sourceName":"Guests","attributeName":%q}}}`, attribute, column))
	}
	s.call(200, "PATCH", "/v3/identity-profiles/"+profile, `[{"op":"replace","path":"/identityAttributeConfig","value":{"enabled":true,"attributeTransforms":[`+strings.Join(rows, ",")+`]}}]`)
	s.call(202, "POST", "/v2025/sources/"+sourceID+"/load-accounts", "")
	s.Handler.Wait()
	gus := s.person("attributes.uid:gus")
	person := s.call(200, "GET", "/v2025/identities/"+gus, "")
	equal(t, "identity", "gus 1", person.str("attributes.uid")+" "+person.str("attributes.workPhone"))
	equal(t, "manager", boss, person.str("managerRef.id"))

	// A change of the record reaches the identity by itself.
	s.call(200, "PATCH", "/v3/non-employee-records/"+record, `[{"op":"replace","path":"/phone","value":"2"}]`)
	s.Handler.Wait()
	equal(t, "changed", "2", s.call(200, "GET", "/v2025/identities/"+gus, "").str("attributes.workPhone"))

	equal(t, "in use", "400.1.409 Reference conflict", s.call(400, "DELETE", "/v3/non-employee-sources/"+id, "").str("detailCode"))
	s.call(202, "DELETE", "/v3/identity-profiles/"+profile, "")
	equal(t, "of the module", "400.1.409 Reference conflict", s.call(400, "DELETE", "/v3/sources/"+sourceID, "").str("detailCode"))
	s.call(204, "DELETE", "/v3/non-employee-records/"+record, "")
	s.call(204, "DELETE", "/v3/non-employee-sources/"+id, "")
	s.Handler.Wait()
	s.call(404, "GET", "/v3/sources/"+sourceID, "")
	equal(t, "accounts", 0, s.call(200, "GET", "/v3/accounts?filters="+url.QueryEscape(`source.name eq "Guests"`), "").len())
}

// A name of a source is taken in both directions, a renamed source keeps its accounts,
// a new attribute is in the schema, and an uploaded file is taken in without a tick.
func TestNonEmployeeSources(t *testing.T) {
	s := start(t)
	boss := s.person("attributes.uid:mwil*")
	uid := s.call(200, "GET", "/v2025/identities/"+boss, "").str("attributes.uid")
	id, sourceID := s.guests(boss)
	s.Handler.Wait()
	for _, name := range []string{"HR", " HR ", `hr\u200b`} {
		s.call(400, "POST", "/v3/non-employee-sources", `{"name":"`+name+`","description":"d","owner":{"type":"IDENTITY","id":"`+boss+`"}}`)
	}
	s.call(400, "POST", "/v3/sources", `{"name":"Guests","owner":{"type":"IDENTITY","id":"`+boss+`"},"connector":"x"}`)

	s.call(200, "POST", "/v3/non-employee-sources/"+id+"/schema-attributes", `{"type":"TEXT","label":"Badge","technicalName":"badge","helpText":"h","placeholder":"p","required":false}`)
	s.call(200, "PATCH", "/v3/non-employee-sources/"+id, `[{"op":"replace","path":"/name","value":"Visitors"}]`)
	s.upload(202, "/v3/non-employee-sources/"+id+"/non-employee-bulk-upload", "file:data",
		"accountName,firstName,lastName,email,phone,manager,startDate,endDate,badge\nann,Ann,Ab,ann@x.example,1,"+uid+",2026-01-01,2027-01-01,B7\n")
	s.Handler.Wait()
	equal(t, "upload", "COMPLETED", s.call(200, "GET", "/v3/non-employee-sources/"+id+"/non-employee-bulk-upload/status", "").str("status"))
	equal(t, "name", "Guests", s.call(200, "GET", "/v3/sources/"+sourceID, "").str("name"))

	// The tenant keeps the accounts under the first name, which nobody else gets; the source itself may have it again.
	s.call(400, "POST", "/v3/non-employee-sources", `{"name":"guests","description":"d","owner":{"type":"IDENTITY","id":"`+boss+`"}}`)
	s.call(200, "PATCH", "/v3/non-employee-sources/"+id, `[{"op":"replace","path":"/name","value":"Guests"}]`)
	s.Handler.Wait()
	account := s.call(200, "GET", "/v3/accounts?filters="+url.QueryEscape(`source.name eq "Guests"`), "")
	equal(t, "account", "ann B7", account.str("0.nativeIdentity")+" "+account.str("0.attributes.badge"))
}

// Each actor may do what the module lets him: managers and approvers are known by their
// identities.
func TestNonEmployeeActors(t *testing.T) {
	s := start(t)
	boss, other := s.person("attributes.uid:mwil*"), s.person("NOT attributes.uid:mwil*")
	uid := s.call(200, "GET", "/v2025/identities/"+boss, "").str("attributes.uid")
	s.addClient("boss", boss)
	s.addClient("other", other)
	id, _ := s.guests(boss)

	s.as("reader").call(200, "GET", "/v3/non-employee-sources", "")
	s.as("reader").call(403, "POST", "/v3/non-employee-records", guest(id, "gus", uid))
	s.as("nobody").call(403, "POST", "/v3/non-employee-records", guest(id, "gus", uid))
	s.as("other").call(403, "POST", "/v3/non-employee-requests", guest(id, "gus", uid))
	s.as("").call(401, "GET", "/v3/non-employee-sources", "")
	request := s.as("boss").call(200, "POST", "/v3/non-employee-requests", guest(id, "gus", uid))
	approval := s.as("boss").call(200, "GET", "/v3/non-employee-approvals?requested-for=me", "").str("0.id")
	s.as("other").call(403, "POST", "/v3/non-employee-approvals/"+approval+"/approve", `{"comment":"c"}`)
	s.as("boss").call(200, "POST", "/v3/non-employee-approvals/"+approval+"/approve", `{"comment":"c"}`)
	s.Handler.Wait()
	equal(t, "request", "APPROVED", s.call(200, "GET", "/v3/non-employee-requests/"+request.str("id"), "").str("approvalStatus"))
	equal(t, "account", 1, s.call(200, "GET", "/v3/accounts?filters="+url.QueryEscape(`nativeIdentity eq "gus"`), "").len())
}

// An account is disabled, enabled and unlocked by tasks, in their order, and keeps its
// attributes; the next aggregation of its source brings what the source has.
func TestProvisionAccounts(t *testing.T) {
	s := start(t)
	account := s.call(200, "GET", "/v3/accounts?limit=1&filters="+url.QueryEscape(`source.name eq "Active Directory" and uncorrelated eq false`), "")
	path := "/v3/accounts/" + account.str("0.id")
	before := s.call(200, "GET", path, "")
	for _, c := range []struct{ call, want string }{{"disable", "true"}, {"enable", "false"}, {"disable", "true"}, {"unlock", "true"}} {
		id := s.call(202, "POST", path+"/"+c.call, `{"forceProvisioning":true}`).str("id")
		s.Handler.Wait()
		equal(t, c.call, "SUCCESS", s.call(200, "GET", "/v2025/task-status/"+id, "").str("completionStatus"))
		after := s.call(200, "GET", path, "")
		equal(t, c.call, c.want, after.str("disabled"))
		equal(t, c.call+" attributes", before.at("attributes"), after.at("attributes"))
		equal(t, c.call+" owner", before.at("identityId"), after.at("identityId"))
	}
	s.call(202, "POST", "/v2025/sources/"+account.str("0.sourceId")+"/load-accounts", "")
	s.Handler.Wait()
	equal(t, "the source again", before.str("disabled"), s.call(200, "GET", path, "").str("disabled"))
	s.call(404, "POST", "/v3/accounts/none/disable", "")
	s.call(400, "POST", path+"/disable", "[]")
	s.as("reader").call(403, "POST", path+"/disable", "")
}
