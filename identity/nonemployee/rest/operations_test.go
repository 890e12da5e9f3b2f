package rest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/idprofile/engine/identity/nonemployee"
	"github.com/idprofile/engine/identity/nonemployee/rest"
)

// The tests of this file go through every operation of the vendor's list over HTTP.

func TestRecordOperations(t *testing.T) {
	s := newSite(t, nonemployee.NewMemory(), rest.Options{})
	src := s.source("Retail")
	made := s.call("admin", "POST", "/v3/non-employee-records", person(src, "will"), 200)
	equal(t, "fields", "accountName created data email endDate firstName id lastName manager modified phone sourceId startDate", made.keys(""))
	equal(t, "start", "2020-03-24T05:00:00.000Z", made.str("startDate"))
	equal(t, "source", src, made.str("sourceId"))
	id := made.str("id")
	path := "/v3/non-employee-records/" + id
	equal(t, "get", made.body, s.call("admin", "GET", path, "", 200).body)
	equal(t, "get by manager", made.body, s.call("manager", "GET", path, "", 200).body)

	s.call("admin", "POST", "/beta/non-employee-records", person(src, "adam"), 200)
	all := s.call("admin", "GET", "/v2025/non-employee-records?sorters=-accountName&count=true", "", 200)
	equal(t, "sorted", "will adam", all.str("0.accountName")+" "+all.str("1.accountName"))
	equal(t, "total", "2", all.header.Get("X-Total-Count"))
	paged := s.call("manager", "GET", "/non-employee-records/v1?limit=1&offset=1&sorters=accountName&filters=sourceId+eq+%22"+src+"%22", "", 200)
	equal(t, "page", "will", paged.str("0.accountName"))
	equal(t, "no total", "", paged.header.Get("X-Total-Count"))
	equal(t, "limit 0", []any{}, s.call("admin", "GET", "/v3/non-employee-records?limit=0&count=true", "", 200).body)

	put := s.call("admin", "PUT", path, strings.Replace(person(src, "will"), "Smith", "Jones", 1), 200)
	equal(t, "put", "Jones", put.str("lastName"))
	patched := s.call("admin", "PATCH", path, `[{"op":"test","path":"/lastName","value":"Jones"},{"op":"replace","path":"/endDate","value":1893456000}]`, 200)
	equal(t, "patch", "2030-01-01T00:00:00.000Z", patched.str("endDate"))
	s.call("manager", "PATCH", path, `[{"op":"replace","path":"/endDate","value":"2029-01-01"}]`, 200)

	equal(t, "delete", "", s.call("admin", "DELETE", path, "", 204).text)
	s.call("admin", "GET", path, "", 404)
	ids := ""
	for _, name := range []string{"b", "c"} {
		ids += `,"` + s.call("admin", "POST", "/v3/non-employee-records", person(src, name), 200).str("id") + `"`
	}
	s.call("admin", "POST", "/v3/non-employee-records/bulk-delete", `{"ids":[`+ids[1:]+`]}`, 204)
	left := s.call("admin", "GET", "/v3/non-employee-records?count=true", "", 200)
	equal(t, "left", "1", left.header.Get("X-Total-Count"))
}

func TestRequestOperations(t *testing.T) {
	s := newSite(t, nonemployee.NewMemory(), rest.Options{})
	src := s.source("Retail", "anna", "bert")
	body := strings.Replace(person(src, "will"), "{", `{"comment":"please",`, 1)
	made := s.call("manager", "POST", "/v3/non-employee-requests", body, 200)
	equal(t, "fields", "accountName approvalItems approvalStatus comment completionDate created data description email endDate firstName id lastName manager modified name nonEmployeeSource phone requester sourceId startDate", made.keys(""))
	equal(t, "requester", map[string]any{"type": "IDENTITY", "id": "manager", "name": "Jane Doe"}, made.at("requester"))
	equal(t, "item fields", "accountName approvalOrder approvalStatus approver comment created id modified", made.keys("approvalItems.0"))
	equal(t, "states", "PENDING PENDING NOT_READY please <nil>", strings.Join([]string{made.str("approvalStatus"), made.str("approvalItems.0.approvalStatus"),
		made.str("approvalItems.1.approvalStatus"), made.str("comment"), made.str("completionDate")}, " "))
	equal(t, "source", "Retail", made.str("nonEmployeeSource.name"))
	id := made.str("id")
	equal(t, "get", made.body, s.call("manager", "GET", "/v3/non-employee-requests/"+id, "", 200).body)

	s.call("admin", "POST", "/v3/non-employee-requests", person(src, "adam"), 200)
	mine := s.call("manager", "GET", "/v3/non-employee-requests?requested-for=me&sorters=accountName&count=true", "", 200)
	equal(t, "requests on my sources", "2 adam will", mine.header.Get("X-Total-Count")+" "+mine.str("0.accountName")+" "+mine.str("1.accountName"))
	other := s.call("admin", "GET", "/v3/non-employee-requests?requested-for=anna", "", 200)
	equal(t, "requests of an approver", []any{}, other.body)
	filtered := s.call("admin", "GET", `/v3/non-employee-requests?requested-for=manager&filters=sourceId%20eq%20%22nope%22`, "", 200)
	equal(t, "filtered", []any{}, filtered.body)

	sum := s.call("manager", "GET", "/v3/non-employee-requests/summary/me", "", 200)
	equal(t, "summary", map[string]any{"approved": 0.0, "rejected": 0.0, "pending": 2.0, "nonEmployeeCount": 0.0}, sum.body)
	equal(t, "summary by admin", sum.body, s.call("admin", "GET", "/v3/non-employee-requests/summary/manager", "", 200).body)

	s.call("admin", "DELETE", "/v3/non-employee-requests/"+id, "", 204)
	s.call("admin", "GET", "/v3/non-employee-requests/"+id, "", 404)
	s.call("admin", "DELETE", "/v3/non-employee-requests/"+id, "", 404)
}

func TestApprovalOperations(t *testing.T) {
	s := newSite(t, nonemployee.NewMemory(), rest.Options{})
	src := s.source("Retail", "anna", "bert")
	request := s.call("manager", "POST", "/v3/non-employee-requests", person(src, "will"), 200)
	list := s.call("anna", "GET", "/v3/non-employee-approvals?filters=approvalStatus+eq+%22Pending%22&sorters=created", "", 200)
	equal(t, "fields", "accountName approvalOrder approvalStatus approver comment created id modified nonEmployeeRequest", list.keys("0"))
	equal(t, "lite request", map[string]any{"id": request.str("id"), "requester": request.at("requester")}, list.at("0.nonEmployeeRequest"))
	item := "/v3/non-employee-approvals/" + list.str("0.id")
	equal(t, "own alone", "<nil>", list.str("1"))
	both := s.call("admin", "GET", "/v3/non-employee-approvals?count=true", "", 200)
	equal(t, "all", "2", both.header.Get("X-Total-Count"))
	equal(t, "of bert", "NOT_READY", s.call("admin", "GET", "/v3/non-employee-approvals?requested-for=bert", "", 200).str("0.approvalStatus"))

	detail := s.call("anna", "GET", item, "", 200)
	equal(t, "detail", "accountName approvalStatus comment completionDate created data email endDate firstName id lastName manager modified nonEmployeeSource phone requester startDate", detail.keys("nonEmployeeRequest"))
	equal(t, "plain date", "2020-03-24", detail.str("nonEmployeeRequest.startDate"))
	equal(t, "schema", "accountName", detail.str("nonEmployeeRequest.nonEmployeeSource.schemaAttributes.0.technicalName"))
	equal(t, "without detail", "accountName approvalOrder approvalStatus approver comment created id modified", s.call("admin", "GET", item+"?include-detail=false", "", 200).keys(""))

	done := s.call("anna", "POST", item+"/approve", `{"comment":"ok"}`, 200)
	equal(t, "approved", "APPROVED ok", done.str("approvalStatus")+" "+done.str("comment"))
	bert := s.call("bert", "GET", "/v3/non-employee-approvals?requested-for=me", "", 200)
	s.call("bert", "POST", "/v3/non-employee-approvals/"+bert.str("0.id")+"/approve", "", 200)
	after := s.call("manager", "GET", "/v3/non-employee-requests/"+request.str("id"), "", 200)
	equal(t, "request", "APPROVED 2026-01-10T12:00:00.000Z", after.str("approvalStatus")+" "+after.str("completionDate"))
	equal(t, "record", "will", s.call("admin", "GET", "/v3/non-employee-records", "", 200).str("0.accountName"))

	second := s.call("manager", "POST", "/v3/non-employee-requests", person(src, "adam"), 200)
	s.call("anna", "POST", "/v3/non-employee-approvals/"+second.str("approvalItems.0.id")+"/reject", `{"comment":"no"}`, 200)
	sum := s.call("anna", "GET", "/v3/non-employee-approvals/summary/me", "", 200)
	equal(t, "summary", map[string]any{"approved": 1.0, "pending": 0.0, "rejected": 1.0}, sum.body)
	equal(t, "summary by admin", sum.body, s.call("admin", "GET", "/v3/non-employee-approvals/summary/anna", "", 200).body)
}

func TestSourceOperations(t *testing.T) {
	s := newSite(t, nonemployee.NewMemory(), rest.Options{})
	made := s.call("admin", "POST", "/v3/non-employee-sources", `{"name":"Retail","description":"shops","owner":{"id":"admin"},
		"approvers":[{"id":"anna"}],"accountManagers":[{"id":"manager"},{"id":"subs","type":"GOVERNANCE_GROUP"}]}`, 200)
	equal(t, "fields", "accountManagers approvers cloudExternalId created description id modified name sourceId", made.keys(""))
	equal(t, "managers", []any{map[string]any{"type": "IDENTITY", "id": "manager", "name": "Jane Doe"},
		map[string]any{"type": "GOVERNANCE_GROUP", "id": "subs", "name": "subs"}}, made.at("accountManagers"))
	src := "/v3/non-employee-sources/" + made.str("sourceId")
	one := s.call("manager", "GET", src, "", 200)
	equal(t, "get", "accountManagers approvers created description id modified name sourceId", one.keys(""))
	equal(t, "by own id", one.body, s.call("admin", "GET", "/v3/non-employee-sources/"+made.str("id"), "", 200).body)

	s.source("Another")
	list := s.call("admin", "GET", "/v3/non-employee-sources?sorters=-name&count=true", "", 200)
	equal(t, "list", "2 Retail Another <nil>", strings.Join([]string{list.header.Get("X-Total-Count"), list.str("0.name"), list.str("1.name"), list.str("0.nonEmployeeCount")}, " "))
	s.call("admin", "POST", "/v3/non-employee-records", person(made.str("sourceId"), "will"), 200)
	list = s.call("manager", "GET", "/v3/non-employee-sources?requested-for=me&non-employee-count=true&sorters=-name", "", 200)
	equal(t, "counts", "1 0", list.str("0.nonEmployeeCount")+" "+list.str("1.nonEmployeeCount"))
	equal(t, "of nobody", []any{}, s.call("admin", "GET", "/v3/non-employee-sources?requested-for=anna", "", 200).body)

	patched := s.call("admin", "PATCH", src, `[{"op":"replace","path":"/name","value":"Shops"},{"op":"replace","path":"/approvers","value":["bert","anna"]},{"op":"remove","path":"/accountManagers/1"}]`, 200)
	equal(t, "patched", "Shops bert anna 1", strings.Join([]string{patched.str("name"), patched.str("approvers.0.id"), patched.str("approvers.1.id"), fmt.Sprint(len(patched.at("accountManagers").([]any)))}, " "))
	s.call("admin", "DELETE", src, "", 204)
	s.call("admin", "GET", src, "", 404)
	equal(t, "records went too", "0", s.call("admin", "GET", "/v3/non-employee-records?count=true", "", 200).header.Get("X-Total-Count"))
}

func TestFileOperations(t *testing.T) {
	s := newSite(t, nonemployee.NewMemory(), rest.Options{})
	src := s.source("Retail")
	base := "/v3/non-employee-sources/" + src
	equal(t, "no upload yet", map[string]any{"status": nil}, s.call("admin", "GET", base+"/non-employee-bulk-upload/status", "", 200).body)
	s.call("admin", "POST", base+"/schema-attributes", `{"label":"Cost Center","technicalName":"costCenter","type":"TEXT"}`, 200)
	template := s.call("admin", "GET", base+"/schema-attributes-template/download", "", 200)
	equal(t, "template", header+",costCenter\n", template.text)
	equal(t, "type", "text/csv; charset=utf-8", template.header.Get("Content-Type"))

	file := template.text + "will,Will,Smith,5125555555,w@example.com,jane.doe,2020-01-01,2027-01-01,\"a, \"\"b\"\"\"\n"
	plan := s.upload("admin", src, "?dry-run=true", file)
	equal(t, "dry run", "200 1", fmt.Sprint(plan.status)+" "+plan.str("created"))
	up := s.upload("admin", src, "", file)
	equal(t, "upload", "202 PENDING created id modified sourceId status", fmt.Sprint(up.status)+" "+up.str("status")+" "+up.keys(""))
	equal(t, "second upload", 400, s.upload("admin", src, "", file).status)
	if _, err := s.service.Tick(t.Context(), s.now); err != nil {
		t.Fatal(err)
	}
	status := s.call("admin", "GET", base+"/non-employee-bulk-upload/status", "", 200)
	equal(t, "status", "COMPLETED "+up.str("id"), status.str("status")+" "+status.str("id"))
	export := s.call("admin", "GET", base+"/non-employees/download", "", 200)
	equal(t, "export", header+",costCenter\nwill,Will,Smith,5125555555,w@example.com,jane.doe,2020-01-01T00:00:00.000Z,2027-01-01T00:00:00.000Z,\"a, \"\"b\"\"\"\n", export.text)
	again := s.upload("admin", src, "?dry-run=true", export.text)
	equal(t, "the export changes nothing", "0 0 1", again.str("created")+" "+again.str("updated")+" "+again.str("unchanged"))

	bad := s.upload("admin", src, "", header+"\nx,,Smith,1,e,jane.doe,2020-01-01,2020\ny,Y,Smith,1,e,nobody,2020-01-01,2021-01-01\n")
	equal(t, "problems", "400 400.1 Bad Request Content", fmt.Sprint(bad.status)+" "+bad.str("detailCode"))
	equal(t, "lines", strings.Join([]string{
		"line 2: column 2 (firstName): firstName is required",
		`line 2: column 8 (endDate): endDate: cannot parse "2020" as a date, expected yyyy-MM-dd or RFC 3339`,
		`line 3: column 6 (manager): manager "nobody" is not the account name of an identity`,
	}, "\n"), bad.str("messages.0.text"))
}

func TestSchemaOperations(t *testing.T) {
	s := newSite(t, nonemployee.NewMemory(), rest.Options{})
	src := s.source("Retail")
	base := "/v3/non-employee-sources/" + src + "/schema-attributes"
	made := s.call("admin", "POST", base, `{"type":"TEXT","label":"Badge","technicalName":"badge.no","helpText":"on the card","placeholder":"123","required":false}`, 200)
	equal(t, "fields", "created helpText id label modified placeholder required system technicalName type", made.keys(""))
	path := base + "/" + made.str("id")
	equal(t, "get", made.body, s.call("manager", "GET", path, "", 200).body)
	list := s.call("manager", "GET", base, "", 200)
	names := []string{}
	for i := range 9 {
		names = append(names, list.str(fmt.Sprint(i)+".technicalName"))
	}
	equal(t, "order", strings.ReplaceAll(header, ",", " ")+" badge.no", strings.Join(names, " "))
	patched := s.call("admin", "PATCH", path, `[{"op":"replace","path":"/label","value":"Badge number"},{"op":"replace","path":"/required","value":true},{"op":"remove","path":"/helpText"}]`, 200)
	equal(t, "patched", "Badge number true <nil>", patched.str("label")+" "+patched.str("required")+" "+patched.str("helpText"))
	phone := base + "/" + list.str("3.id")
	equal(t, "optional phone", "false", s.call("admin", "PATCH", phone, `[{"op":"replace","path":"/required","value":false}]`, 200).str("required"))
	s.call("admin", "DELETE", path, "", 204)
	s.call("admin", "GET", path, "", 404)
	for i := range 10 {
		s.call("settings", "POST", base, fmt.Sprintf(`{"label":"Custom %d"}`, i), 200)
	}
	eleventh := s.call("admin", "POST", base, `{"label":"One more"}`, 400)
	equal(t, "eleventh", "400.1.4 Limit violation", eleventh.str("detailCode"))
	equal(t, "all", 18, len(s.call("admin", "GET", base, "", 200).body.([]any)))
	s.call("sub", "DELETE", base, "", 204)
	equal(t, "left", 8, len(s.call("admin", "GET", base, "", 200).body.([]any)))
}
