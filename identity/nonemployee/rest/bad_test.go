package rest_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/idprofile/engine/identity/isc"
	"github.com/idprofile/engine/identity/nonemployee"
	"github.com/idprofile/engine/identity/nonemployee/rest"
)

// dump gives all objects of a store as text.
func dump(t *testing.T, s nonemployee.Store) string {
	t.Helper()
	lines := []string{}
	for _, kind := range []nonemployee.Kind{nonemployee.KindSource, nonemployee.KindAttribute, nonemployee.KindRecord, nonemployee.KindRequest, nonemployee.KindApproval, nonemployee.KindJob, nonemployee.KindReminder, nonemployee.KindGuard} {
		for o, err := range s.List(t.Context(), kind, "") {
			if err != nil {
				t.Fatal(err)
			}
			src, err := json.Marshal(o)
			if err != nil {
				t.Fatal(err)
			}
			lines = append(lines, string(src))
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// badCase is a request that must be refused. %s in path and body stand for the places
// of stage, see TestBadInput.
type badCase struct {
	name   string
	actor  string // empty: admin
	method string
	path   string
	body   string
	status int
	code   string
	text   string // part of the message
}

const (
	content   = "400.1 Bad Request Content"
	required  = "400.1.0 Required Data Missing Or Empty"
	update    = "400.1.1 Illegal update attempt"
	length    = "400.1.2 Value length out of range"
	illegal   = "400.1.3 Illegal value"
	limit     = "400.1.4 Limit violation"
	reference = "400.1.404 Referenced object not found"
	conflict  = "400.1.409 Reference conflict"
	forbidden = "403 Forbidden"
	missing   = "404 Not found"
)

func badBodies() []badCase {
	with := func(from, to string) string { return strings.Replace(person("{source}", "new"), from, to, 1) }
	records := "/v3/non-employee-records"
	return []badCase{
		{"no JSON", "", "POST", records, "nonsense", 400, content, "no JSON object"},
		{"cut JSON", "", "POST", records, `{"sourceId":`, 400, content, "not well-formed"},
		{"a list", "", "POST", records, `[]`, 400, content, "no JSON object"},
		{"null", "", "POST", records, `null`, 400, content, "no JSON object"},
		{"two objects", "", "POST", records, `{} {}`, 400, content, "goes on"},
		{"nothing given", "", "POST", records, `{}`, 400, content, "sourceId is required;"},
		{"no names", "", "POST", records, with(`"firstName":"Will","lastName":"Smith"`, `"x":1`), 400, content, "firstName is required; lastName is required;"},
		{"blank name", "", "POST", records, with(`"Will"`, `"   "`), 400, content, "firstName is required;"},
		{"null name", "", "POST", records, with(`"Will"`, `null`), 400, content, "firstName is required;"},
		{"number as name", "", "POST", records, with(`"Will"`, `7`), 400, content, "firstName must be text"},
		{"no phone", "", "POST", records, with(`"phone":"5125555555",`, ``), 400, content, "phone is required;"},
		{"unknown source", "", "POST", records, with("{source}", "nope"), 400, reference, `"nope"`},
		{"unknown data", "", "POST", records, with(`"data":{}`, `"data":{"shoe":"9"}`), 400, content, `data has no attribute named "shoe"`},
		{"system name in data", "", "POST", records, with(`"data":{}`, `"data":{"email":"x"}`), 400, content, `"email"`},
		{"list in data", "", "POST", records, with(`"data":{}`, `"data":{"team":["x"]}`), 400, content, "data.team must be text"},
		{"data is text", "", "POST", records, with(`"data":{}`, `"data":"x"`), 400, content, "data must be an object"},
		{"bad start", "", "POST", records, with(`"2020-03-24T00:00:00-05:00"`, `"24.03.2020"`), 400, content, "startDate: cannot parse"},
		{"no such day", "", "POST", records, with(`"2020-03-24T00:00:00-05:00"`, `"2021-02-29"`), 400, content, "startDate: cannot parse"},
		{"date object", "", "POST", records, with(`"2020-03-24T00:00:00-05:00"`, `{}`), 400, content, "startDate: cannot read"},
		{"fractional epoch", "", "POST", records, with(`"2020-03-24T00:00:00-05:00"`, `1.5`), 400, content, "startDate: cannot parse"},
		{"end before start", "", "POST", records, with(`2027-03-25`, `2019-03-25`), 400, content, "endDate is before startDate"},
		{"unknown manager", "", "POST", records, with(`jane.doe`, `nobody`), 400, content, `manager "nobody"`},
		{"own manager", "", "POST", records, with(`"accountName":"new"`, `"accountName":"JANE.doe"`), 400, content, "manager cannot be"},
		{"control character", "", "POST", records, with(`"accountName":"new"`, `"accountName":"a\u0000b"`), 400, content, "control character"},
		{"name in use", "", "POST", records, with(`"accountName":"new"`, `"accountName":"WILL"`), 400, conflict, `Unable to create Non-Employee because the accountName "WILL" is already being used.`},
		{"name in an open request", "", "POST", records, with(`"accountName":"new"`, `"accountName":"Asked"`), 400, conflict, `"Asked"`},
		{"request: same checks", "manager", "POST", "/v3/non-employee-requests", with(`"Will"`, `""`), 400, content, "firstName is required;"},
		{"request: name in use", "manager", "POST", "/v3/non-employee-requests", with(`"accountName":"new"`, `"accountName":"will"`), 400, conflict, `"will"`},
		{"request: long comment", "manager", "POST", "/v3/non-employee-requests", with("{", `{"comment":"`+strings.Repeat("ä", 4001)+`",`), 400, length, "4001"},
		{"put: other source", "", "PUT", records + "/{record}", with("{source}", "{source2}"), 400, update, "sourceId"},
		{"put: no name", "", "PUT", records + "/{record}", with(`"Will"`, `""`), 400, content, "firstName is required;"},
		{"put: unknown id", "", "PUT", records + "/nope", with("", ""), 404, missing, `"nope"`},
		{"bulk delete: nothing", "", "POST", records + "/bulk-delete", `{"ids":[]}`, 400, required, "ids"},
		{"bulk delete: no list", "", "POST", records + "/bulk-delete", `{"ids":"x"}`, 400, content, "ids"},
		{"bulk delete: one unknown", "", "POST", records + "/bulk-delete", `{"ids":["{record}","x1","x2"]}`, 400, reference, "x1, x2"},
		{"delete: unknown id", "", "DELETE", records + "/nope", ``, 404, missing, "nope"},
	}
}

func badPatches() []badCase {
	record, source, attr := "/v3/non-employee-records/{record}", "/v3/non-employee-sources/{source}", "/v3/non-employee-sources/{source}/schema-attributes/"
	return []badCase{
		{"patch: no list", "", "PATCH", record, `{"op":"add"}`, 400, content, "no JSON Patch"},
		{"patch: empty", "", "PATCH", record, `[]`, 400, content, "no operation"},
		{"patch: trailing", "", "PATCH", record, `[{"op":"remove","path":"/phone"}] x`, 400, content, "text after the end"},
		{"patch: unknown op", "", "PATCH", record, `[{"op":"merge","path":"/phone","value":"1"}]`, 400, illegal, `"merge"`},
		{"patch: no value", "", "PATCH", record, `[{"op":"replace","path":"/phone"}]`, 400, content, "no value"},
		{"patch: no path", "", "PATCH", record, `[{"op":"replace","value":1}]`, 400, content, "no JSON Pointer"},
		{"patch: unknown path", "", "PATCH", record, `[{"op":"add","path":"/shoe","value":"9"}]`, 400, illegal, "/shoe"},
		{"patch: below a text", "", "PATCH", record, `[{"op":"add","path":"/phone/x","value":"9"}]`, 400, illegal, "/phone/x"},
		{"patch: id", "", "PATCH", record, `[{"op":"replace","path":"/id","value":"x"}]`, 400, update, "/id"},
		{"patch: sourceId", "", "PATCH", record, `[{"op":"replace","path":"/sourceId","value":"{source2}"}]`, 400, update, "/sourceId"},
		{"patch: created", "", "PATCH", record, `[{"op":"remove","path":"/created"}]`, 400, update, "/created"},
		{"patch: modified by move", "", "PATCH", record, `[{"op":"move","from":"/modified","path":"/endDate"}]`, 400, update, "/modified"},
		{"patch: remove a required value", "", "PATCH", record, `[{"op":"remove","path":"/firstName"}]`, 400, content, "firstName is required"},
		{"patch: number for a text", "", "PATCH", record, `[{"op":"replace","path":"/phone","value":5}]`, 400, content, "phone must be text"},
		{"patch: bad date", "", "PATCH", record, `[{"op":"replace","path":"/endDate","value":"soon"}]`, 400, content, "endDate"},
		{"patch: failed test", "", "PATCH", record, `[{"op":"replace","path":"/phone","value":"1"},{"op":"test","path":"/lastName","value":"Jones"}]`, 400, content, "test of /lastName"},
		{"patch: unknown data", "", "PATCH", record, `[{"op":"add","path":"/data/shoe","value":"9"}]`, 400, content, "shoe"},
		{"patch: replace absent data", "", "PATCH", record, `[{"op":"replace","path":"/data/shoe","value":"9"}]`, 400, illegal, "/data/shoe"},
		{"patch: copy of data into data", "", "PATCH", record, `[{"op":"copy","from":"/data","path":"/data/team"}]`, 400, content, "data.team"},
		{"patch: name in use", "", "PATCH", record, `[{"op":"replace","path":"/accountName","value":"ASKED"}]`, 400, conflict, `"ASKED"`},
		{"source patch: empty name", "", "PATCH", source, `[{"op":"replace","path":"/name","value":" "}]`, 400, required, "name"},
		{"source patch: object as name", "", "PATCH", source, `[{"op":"replace","path":"/name","value":{"new name":null}}]`, 400, illegal, "name must be text"},
		{"source patch: name in use", "", "PATCH", source, `[{"op":"replace","path":"/name","value":"OTHER"}]`, 400, conflict, `"OTHER"`},
		{"source patch: owner", "", "PATCH", source, `[{"op":"replace","path":"/owner","value":{"id":"anna"}}]`, 400, update, "/owner"},
		{"source patch: fourth approver", "", "PATCH", source, `[{"op":"replace","path":"/approvers","value":["anna","bert","anna","bert"]}]`, 400, limit, "4 approvers"},
		{"source patch: unknown approver", "", "PATCH", source, `[{"op":"add","path":"/approvers/-","value":{"id":"nobody"}}]`, 400, reference, `"nobody"`},
		{"source patch: approver without id", "", "PATCH", source, `[{"op":"add","path":"/approvers/-","value":{}}]`, 400, illegal, "approvers"},
		{"source patch: approvers no list", "", "PATCH", source, `[{"op":"replace","path":"/approvers","value":"anna"}]`, 400, illegal, "approvers must be a list"},
		{"source patch: index past the end", "", "PATCH", source, `[{"op":"remove","path":"/approvers/7"}]`, 400, illegal, "/approvers/7"},
		{"source patch: copied list", "", "PATCH", source, `[{"op":"copy","from":"/approvers","path":"/approvers/-"}]`, 400, illegal, "approvers"},
		{"attribute patch: technical name", "", "PATCH", attr + "{custom}", `[{"op":"replace","path":"/technicalName","value":"x"}]`, 400, update, "/technicalName"},
		{"attribute patch: text as required", "", "PATCH", attr + "{custom}", `[{"op":"replace","path":"/required","value":"yes"}]`, 400, illegal, "required"},
		{"attribute patch: no label", "", "PATCH", attr + "{custom}", `[{"op":"remove","path":"/label"}]`, 400, required, "label"},
		{"attribute patch: always required", "", "PATCH", attr + "{accountName}", `[{"op":"replace","path":"/required","value":false}]`, 400, update, "accountName"},
		{"attribute patch: of another source", "", "PATCH", "/v3/non-employee-sources/{source2}/schema-attributes/{custom}", `[{"op":"replace","path":"/label","value":"x"}]`, 404, missing, "attribute"},
	}
}

func badOthers() []badCase {
	sources, records := "/v3/non-employee-sources", "/v3/non-employee-records"
	attrs := sources + "/{source}/schema-attributes"
	source := func(rest string) string {
		return `{"name":"New","description":"d","owner":{"id":"admin"}` + rest + `}`
	}
	eleven := strings.Repeat(`{"id":"anna"},`, 10) + `{"id":"anna"}`
	return []badCase{
		{"source: no name", "", "POST", sources, `{"description":"d","owner":{"id":"admin"}}`, 400, required, "name is required"},
		{"source: no description", "", "POST", sources, `{"name":"x","owner":{"id":"admin"}}`, 400, required, "description is required"},
		{"source: no owner", "", "POST", sources, `{"name":"x","description":"d"}`, 400, required, "owner is required"},
		{"source: owner as text", "", "POST", sources, `{"name":"x","description":"d","owner":"admin"}`, 400, content, "owner"},
		{"source: unknown owner", "", "POST", sources, `{"name":"x","description":"d","owner":{"id":"nobody"}}`, 400, reference, "owner"},
		{"source: name in use", "", "POST", sources, strings.Replace(source(""), "New", "retail", 1), 400, conflict, "retail"},
		{"source: unknown manager", "", "POST", sources, source(`,"accountManagers":[{"id":"nobody"}]`), 400, reference, "account manager"},
		{"source: eleven managers", "", "POST", sources, source(`,"accountManagers":[` + eleven + `]`), 400, limit, "11 account managers"},
		{"source: four approvers", "", "POST", sources, source(`,"approvers":[{"id":"anna"},{"id":"anna"},{"id":"anna"},{"id":"anna"}]`), 400, limit, "4 approvers"},
		{"source: unknown group", "", "POST", sources, source(`,"managementWorkgroup":"nope"`), 400, reference, "managementWorkgroup"},
		{"attribute: no label", "", "POST", attrs, `{"technicalName":"x"}`, 400, required, "label"},
		{"attribute: date", "", "POST", attrs, `{"label":"x","type":"DATE"}`, 400, illegal, "DATE"},
		{"attribute: odd label", "", "POST", attrs, `{"label":"E-mail 2"}`, 400, illegal, "E-mail 2"},
		{"attribute: odd name", "", "POST", attrs, `{"label":"x","technicalName":"1x"}`, 400, illegal, "1x"},
		{"attribute: long name", "", "POST", attrs, `{"label":"x","technicalName":"` + strings.Repeat("x", 129) + `"}`, 400, length, "technicalName"},
		{"attribute: system name", "", "POST", attrs, `{"label":"Start Date"}`, 400, conflict, "startDate"},
		{"attribute: alias of a system name", "", "POST", attrs, `{"label":"x","technicalName":"Account.Name"}`, 400, conflict, "Account.Name"},
		{"attribute: name in use", "", "POST", attrs, `{"label":"x","technicalName":"TEAM"}`, 400, conflict, "TEAM"},
		{"attribute: required as text", "", "POST", attrs, `{"label":"x","required":"yes"}`, 400, content, "required"},
		{"attribute: delete a system one", "", "DELETE", attrs + "/{accountName}", ``, 400, illegal, "accountName"},
		{"attribute: delete unknown", "", "DELETE", attrs + "/nope", ``, 404, missing, "nope"},
		{"approve: twice", "anna", "POST", "/v3/non-employee-approvals/{decided}/approve", `{}`, 400, content, "APPROVED"},
		{"approve: out of turn", "bert", "POST", "/v3/non-employee-approvals/{second}/approve", `{}`, 400, content, "NOT_READY"},
		{"approve: long comment", "anna", "POST", "/v3/non-employee-approvals/{first}/approve", `{"comment":"` + strings.Repeat("x", 4001) + `"}`, 400, length, "4001"},
		{"approve: number as comment", "anna", "POST", "/v3/non-employee-approvals/{first}/approve", `{"comment":5}`, 400, content, "comment"},
		{"reject: no comment", "anna", "POST", "/v3/non-employee-approvals/{first}/reject", `{}`, 400, required, "comment"},
		{"reject: no body", "anna", "POST", "/v3/non-employee-approvals/{first}/reject", ``, 400, required, "comment"},
		{"approve: unknown", "", "POST", "/v3/non-employee-approvals/nope/approve", ``, 404, missing, "nope"},
		{"list: limit too large", "", "GET", records + "?limit=251", ``, 400, illegal, "limit"},
		{"list: negative limit", "", "GET", records + "?limit=-1", ``, 400, illegal, "limit"},
		{"list: limit no number", "", "GET", records + "?limit=ten", ``, 400, illegal, "limit"},
		{"list: negative offset", "", "GET", records + "?offset=-1", ``, 400, illegal, "offset"},
		{"list: odd count", "", "GET", records + "?count=yes", ``, 400, illegal, "count"},
		{"list: unknown sorter", "", "GET", records + "?sorters=shoe", ``, 400, illegal, "shoe"},
		{"list: half a sorter", "", "GET", records + "?sorters=email,", ``, 400, illegal, "sort"},
		{"list: other filter field", "", "GET", records + `?filters=email+eq+"x"`, ``, 400, illegal, "filter"},
		{"list: other filter operator", "", "GET", records + `?filters=sourceId+ne+"x"`, ``, 400, illegal, "filter"},
		{"list: half a filter", "", "GET", records + `?filters=sourceId+eq+"x"+or`, ``, 400, illegal, "filter"},
		{"list: filter without quotes", "", "GET", records + `?filters=sourceId+eq+x`, ``, 400, illegal, "filter"},
		{"list: broken query", "", "GET", records + `?filters=%zz`, ``, 400, illegal, "query"},
		{"requests: no requested-for", "", "GET", "/v3/non-employee-requests", ``, 400, required, "requested-for"},
		{"approvals: unknown status", "", "GET", `/v3/non-employee-approvals?filters=approvalStatus+eq+"MAYBE"`, ``, 400, illegal, "MAYBE"},
		{"approvals: odd include-detail", "anna", "GET", "/v3/non-employee-approvals/{first}?include-detail=1", ``, 400, illegal, "include-detail"},
		{"sources: filters", "", "GET", sources + `?filters=name+eq+"x"`, ``, 400, illegal, "filters"},
		{"unknown path", "", "GET", "/v3/non-employees", ``, 404, missing, "path"},
		{"empty id", "", "GET", records + "/", ``, 404, missing, "path"},
		{"wrong method", "", "PUT", records, `{}`, 405, "405 Method not allowed", "PUT"},
	}
}

func badRights() []badCase {
	records, requests, sources := "/v3/non-employee-records", "/v3/non-employee-requests", "/v3/non-employee-sources"
	body := person("{source}", "new")
	return []badCase{
		{"manager creates a record", "manager", "POST", records, body, 403, forbidden, "create a record"},
		{"source admin creates a record", "settings", "POST", records, body, 403, forbidden, ""},
		{"sub-admin lists records", "sub", "GET", records, ``, 403, forbidden, ""},
		{"sub-admin reads a record", "sub", "GET", records + "/{record}", ``, 403, forbidden, ""},
		{"approver lists records", "anna", "GET", records, ``, 403, forbidden, ""},
		{"other manager reads a record", "manager2", "GET", records + "/{record}", ``, 403, forbidden, ""},
		{"a stranger cannot tell whether an id exists", "other", "GET", records + "/nope", ``, 403, forbidden, ""},
		{"manager deletes", "manager", "DELETE", records + "/{record}", ``, 403, forbidden, ""},
		{"manager bulk deletes", "manager", "POST", records + "/bulk-delete", `{"ids":["{record}"]}`, 403, forbidden, ""},
		{"manager patches the mail address", "manager", "PATCH", records + "/{record}", `[{"op":"replace","path":"/email","value":"x"}]`, 403, forbidden, "/email"},
		{"stranger asks for a record", "other", "POST", requests, body, 403, forbidden, ""},
		{"approver asks for a record", "anna", "POST", requests, body, 403, forbidden, ""},
		{"other manager reads a request", "manager2", "GET", requests + "/{request}", ``, 403, forbidden, ""},
		{"approver reads a request", "anna", "GET", requests + "/{request}", ``, 403, forbidden, ""},
		{"manager lists for others", "manager", "GET", requests + "?requested-for=manager2", ``, 403, forbidden, ""},
		{"manager deletes a request", "manager", "DELETE", requests + "/{request}", ``, 403, forbidden, ""},
		{"approver reads the request summary", "anna", "GET", requests + "/summary/me", ``, 403, forbidden, ""},
		{"admin approves", "", "POST", "/v3/non-employee-approvals/{first}/approve", ``, 403, forbidden, ""},
		{"another approver rejects", "bert", "POST", "/v3/non-employee-approvals/{first}/reject", `{"comment":"x"}`, 403, forbidden, ""},
		{"another approver reads", "bert", "GET", "/v3/non-employee-approvals/{first}", ``, 403, forbidden, ""},
		{"approver reads another's summary", "anna", "GET", "/v3/non-employee-approvals/summary/bert", ``, 403, forbidden, ""},
		{"approver lists another's items", "anna", "GET", "/v3/non-employee-approvals?requested-for=bert", ``, 403, forbidden, ""},
		{"manager creates a source", "manager", "POST", sources, `{}`, 403, forbidden, ""},
		{"manager patches a source", "manager", "PATCH", sources + "/{source}", `[{"op":"replace","path":"/name","value":"x"}]`, 403, forbidden, ""},
		{"sub-admin deletes the source", "sub", "DELETE", sources + "/{source}", ``, 403, forbidden, ""},
		{"sub-admin patches another source", "sub", "PATCH", sources + "/{source2}", `[{"op":"replace","path":"/name","value":"x"}]`, 403, forbidden, ""},
		{"stranger reads a source", "other", "GET", sources + "/{source}", ``, 403, forbidden, ""},
		{"manager exports", "manager", "GET", sources + "/{source}/non-employees/download", ``, 403, forbidden, ""},
		{"source admin exports", "settings", "GET", sources + "/{source}/non-employees/download", ``, 403, forbidden, ""},
		{"manager takes the template", "manager", "GET", sources + "/{source}/schema-attributes-template/download", ``, 403, forbidden, ""},
		{"manager reads the upload status", "manager", "GET", sources + "/{source}/non-employee-bulk-upload/status", ``, 403, forbidden, ""},
		{"manager changes the schema", "manager", "POST", sources + "/{source}/schema-attributes", `{"label":"x"}`, 403, forbidden, ""},
		{"approver reads the schema", "anna", "GET", sources + "/{source}/schema-attributes", ``, 403, forbidden, ""},
	}
}

// stage fills a site and gives what stands for the names in braces.
func stage(s *site) *strings.Replacer {
	src := s.source("Retail", "anna", "bert")
	src2 := s.call("admin", "POST", "/v3/non-employee-sources", `{"name":"Other","description":"d","owner":{"id":"admin"},"accountManagers":[{"id":"manager2"}]}`, 200).str("sourceId")
	attrs := "/v3/non-employee-sources/" + src + "/schema-attributes"
	custom := s.call("admin", "POST", attrs, `{"label":"Team"}`, 200)
	record := s.call("admin", "POST", "/v3/non-employee-records", person(src, "will"), 200)
	request := s.call("manager", "POST", "/v3/non-employee-requests", person(src, "asked"), 200)
	decided := s.call("manager", "POST", "/v3/non-employee-requests", person(src, "half"), 200)
	s.call("anna", "POST", "/v3/non-employee-approvals/"+decided.str("approvalItems.0.id")+"/approve", "", 200)
	return strings.NewReplacer(
		"{source}", src, "{source2}", src2, "{custom}", custom.str("id"), "{record}", record.str("id"),
		"{accountName}", s.call("admin", "GET", attrs, "", 200).str("0.id"), "{request}", request.str("id"),
		"{first}", request.str("approvalItems.0.id"), "{second}", request.str("approvalItems.1.id"),
		"{decided}", decided.str("approvalItems.0.id"))
}

func TestBadInput(t *testing.T) {
	store := nonemployee.NewMemory()
	s := newSite(t, store, rest.Options{})
	places := stage(s)
	before := dump(t, store)
	count := 0
	for _, group := range [][]badCase{badBodies(), badPatches(), badOthers(), badRights()} {
		for _, c := range group {
			count++
			t.Run(c.name, func(t *testing.T) { refusal(t, s, c, places) })
			if after := dump(t, store); after != before {
				t.Fatalf("%s: the store changed", c.name)
			}
		}
	}
	t.Logf("%d requests refused", count)
}

func refusal(t *testing.T, s *site, c badCase, places *strings.Replacer) {
	actor, contentType := c.actor, "application/json"
	if actor == "" {
		actor = "admin"
	}
	if c.body == "" {
		contentType = ""
	}
	path := strings.ReplaceAll(places.Replace(c.path), `"`, "%22")
	a := s.do(actor, c.method, path, contentType, places.Replace(c.body))
	equal(t, "status", c.status, a.status)
	equal(t, "code", c.code, a.str("detailCode"))
	equal(t, "fields", "causes detailCode messages trackingId", a.keys(""))
	equal(t, "message fields", "locale localeOrigin text", a.keys("messages.0"))
	if text := a.str("messages.0.text"); !strings.Contains(text, c.text) {
		t.Errorf("text %q lacks %q", text, c.text)
	}
}

func TestBadUploads(t *testing.T) {
	row := "will,Will,Smith,5125555555,w@example.com,jane.doe,2020-01-01,2027-01-01\n"
	for _, c := range []struct{ name, file, code, text string }{
		{"empty", "", content, "line 1: the file is empty"},
		{"header alone with a stranger", header + ",shoe\n", content, `line 1: column 9: the source has no attribute "shoe"`},
		{"column twice", header + ",email\n", content, "line 1: column 9 (email): the column occurs twice"},
		{"column missing", strings.Replace(header, "phone,", "", 1) + "\n", content, "line 1: the column phone is missing"},
		{"short row", header + "\n" + row + "a,b\n", content, "line 3: the row has 2 fields, expected 8"},
		{"name twice", header + "\n" + row + "\n" + strings.Replace(row, "will,", "WILL,", 1), content, `line 4: column 1 (accountName): accountName "WILL" occurs on line 2 already`},
		{"bare quote", header + "\n" + strings.Replace(row, "Smith", `Smi"th`, 1) + strings.Replace(row, "Will", "", 1), content, "line 2: a quote stands in a field"},
		{"open quote", header + "\n" + strings.Replace(row, "Smith", `"Smith`, 1), content, "line 2: a quoted field does not end"},
		{"bad bytes", header + "\n" + strings.Replace(row, "Smith", "Sm\xffth", 1), content, "line 2: column 3 (lastName): the text is not UTF-8"},
		{"unknown manager", header + "\n" + strings.Replace(row, "jane.doe", "nobody", 1), content, "line 2: column 6 (manager)"},
		{"name in an open request", header + "\n" + strings.Replace(row, "will,", "ASKED,", 1), content, "line 2: column 1 (accountName): Unable to create"},
	} {
		t.Run(c.name, func(t *testing.T) {
			store := nonemployee.NewMemory()
			s := newSite(t, store, rest.Options{})
			src := s.source("Retail", "anna")
			s.call("manager", "POST", "/v3/non-employee-requests", person(src, "asked"), 200)
			before := dump(t, store)
			a := s.upload("admin", src, "", c.file)
			equal(t, "status", 400, a.status)
			equal(t, "code", c.code, a.str("detailCode"))
			if text := a.str("messages.0.text"); !strings.Contains(text, c.text) {
				t.Errorf("text %q lacks %q", text, c.text)
			}
			equal(t, "store", before, dump(t, store))
		})
	}
}

func TestTransport(t *testing.T) {
	store := nonemployee.NewMemory()
	s := newSite(t, store, rest.Options{MaxBody: 2000, MaxUpload: 3000})
	src := s.source("Retail")
	up := "/v3/non-employee-sources/" + src + "/non-employee-bulk-upload"
	before := dump(t, store)
	big := strings.Replace(person(src, "x"), "Will", strings.Repeat("x", 3000), 1)
	for _, c := range []struct {
		name, actor, method, path, contentType, body string
		status                                       int
		field, text                                  string
	}{
		{"no token", "", "GET", "/v3/non-employee-records", "", "", 401, "error", "the request is not authenticated"},
		{"no token, no path", "", "GET", "/nothing", "", "", 401, "error", "the request is not authenticated"},
		{"large body", "admin", "POST", "/v3/non-employee-records", "application/json", big, 413, "detailCode", "413 Request too large"},
		{"form as record", "admin", "POST", "/v3/non-employee-records", "text/plain", "{}", 415, "detailCode", "415 Unsupported media type"},
		{"odd type", "admin", "POST", "/v3/non-employee-records", "x;;", "{}", 415, "detailCode", "415 Unsupported media type"},
		{"upload as JSON", "admin", "POST", up, "application/json", "{}", 415, "detailCode", "415 Unsupported media type"},
		{"upload without part", "admin", "POST", up, "multipart/form-data; boundary=b", "--b--\r\n", 400, "detailCode", required},
		{"upload cut short", "admin", "POST", up, "multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"data\"\r\n\r\nacc", 400, "detailCode", content},
		{"upload too large", "admin", "POST", up, "multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"data\"\r\n\r\n" + strings.Repeat("x", 4000), 413, "detailCode", "413 Request too large"},
		{"upload by manager", "manager", "POST", up, "multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"data\"\r\n\r\n\r\n--b--\r\n", 403, "detailCode", forbidden},
		{"part with a line that is no header", "admin", "POST", up, "multipart/form-data; boundary=X", "--X\r\nc.ruiz,Carmen,Ruiz\r\n\r\nx\r\n--X--\r\n", 400, "detailCode", content},
		{"bad escape", "admin", "GET", "/v3/non-employee-records/%2e%2e", "", "", 404, "detailCode", missing},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := s.do(c.actor, c.method, c.path, c.contentType, c.body)
			equal(t, "status", c.status, a.status)
			equal(t, c.field, c.text, a.str(c.field))
			equal(t, "store", before, dump(t, store))
		})
	}
}

func TestErrorBody(t *testing.T) {
	s := newSite(t, nonemployee.NewMemory(), rest.Options{})
	a := s.do("admin", "GET", "/v3/non-employee-records/nope", "", "")
	equal(t, "body", map[string]any{
		"detailCode": "404 Not found", "trackingId": fmt.Sprintf("%032x", 1), "causes": []any{},
		"messages": []any{map[string]any{"locale": "en-US", "localeOrigin": "DEFAULT", "text": `no record has the id "nope"`}},
	}, a.body)
	equal(t, "not sniffed", "nosniff no-store", a.header.Get("X-Content-Type-Options")+" "+a.header.Get("Cache-Control"))
	equal(t, "allow", "GET, POST", s.do("admin", "PATCH", "/v3/non-employee-records", "", "").header.Get("Allow"))
}

func TestRate(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	s := newSite(t, nonemployee.NewMemory(), rest.Options{Clock: func() time.Time { return now }, Rate: isc.Rate{Requests: 3, Per: 10 * time.Second}})
	for range 3 {
		s.call("admin", "GET", "/v3/non-employee-records", "", 200)
	}
	now = now.Add(4 * time.Second)
	a := s.call("admin", "GET", "/v3/non-employee-records", "", 429)
	equal(t, "wait", "6", a.header.Get("Retry-After"))
	equal(t, "body", map[string]any{"message": " Rate Limit Exceeded "}, a.body)
	s.call("manager", "GET", "/v3/non-employee-sources", "", 200) // another actor
	now = now.Add(6 * time.Second)
	s.call("admin", "GET", "/v3/non-employee-records", "", 200)
}

// TestAttempts: wrong tokens from one address come to an end, and with them right
// ones from there; other addresses go on.
func TestAttempts(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	s := newSite(t, nonemployee.NewMemory(), rest.Options{
		Clock: func() time.Time { return now }, Attempts: isc.Rate{Requests: 3, Per: time.Minute},
	})
	for range 3 {
		equal(t, "wrong token", 401, s.do("", "GET", "/v3/non-employee-records", "", "").status)
	}
	a := s.do("admin", "GET", "/v3/non-employee-records", "", "")
	equal(t, "fourth", "429 60", fmt.Sprint(a.status, " ", a.header.Get("Retry-After")))

	r := httptest.NewRequest("GET", "/v3/non-employee-records", nil)
	r.RemoteAddr = "192.0.2.99:1234"
	r.Header.Set("Authorization", "Bearer admin")
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	equal(t, "another address", 200, w.Code)

	now = now.Add(time.Minute)
	s.call("admin", "GET", "/v3/non-employee-records", "", 200)
}

// failing is a body that breaks off with an error that quotes it.
type failing struct{ text string }

func (f failing) Read([]byte) (int, error) { return 0, errors.New("malformed line: " + f.text) }

// TestBrokenBody: a body that the transport cannot read is the client's fault, and
// nothing of it reaches the log or the answer.
func TestBrokenBody(t *testing.T) {
	const secret = "c.ruiz,Carmen,Ruiz"
	var log bytes.Buffer
	s := newSite(t, nonemployee.NewMemory(), rest.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	src := s.source("Retail")
	up := "/v3/non-employee-sources/" + src + "/non-employee-bulk-upload"
	head := "--X\r\nContent-Disposition: form-data; name=\"data\"\r\n\r\n"
	for _, c := range []struct {
		name, method, path, contentType string
		body                            io.Reader
	}{
		{"JSON", "POST", "/v3/non-employee-records", "application/json", failing{secret}},
		{"patch", "PATCH", "/v3/non-employee-sources/" + src, "application/json-patch+json", failing{secret}},
		{"multipart header", "POST", up, "multipart/form-data; boundary=X", strings.NewReader("--X\r\n" + secret + "\r\n\r\nx\r\n--X--\r\n")},
		{"before the part", "POST", up, "multipart/form-data; boundary=X", failing{secret}},
		{"within the part", "POST", up, "multipart/form-data; boundary=X", io.MultiReader(strings.NewReader(head+"accountName"), failing{secret})},
	} {
		r := httptest.NewRequest(c.method, c.path, c.body)
		r.Header.Set("Authorization", "Bearer admin")
		r.Header.Set("Content-Type", c.contentType)
		w := httptest.NewRecorder()
		s.handler.ServeHTTP(w, r)
		if w.Code != 400 || strings.Contains(w.Body.String(), "Carmen") {
			t.Errorf("%s: status %d: %s", c.name, w.Code, w.Body)
		}
	}
	equal(t, "log", "", log.String())
}

// TestManyProblems: the answer to a bad file is small, however bad the file is.
func TestManyProblems(t *testing.T) {
	s := newSite(t, nonemployee.NewMemory(), rest.Options{})
	src := s.source("Retail")
	for _, c := range []struct{ name, file, want string }{
		{"header of one name", strings.Repeat("a,", 9_000), "and 8009 more problems"},
		{"wide header", strings.Repeat("a,", 1<<20), "the line has 1048576 commas, at most 10000 are read"},
		{"wide row", header + "\n" + strings.Repeat(",", 1<<20), "line 2: the line has 1048576 commas"},
		{"rows of one cell", header + "\n" + strings.Repeat("x\n", 50_000), "and 49000 more problems"},
		{"long name", strings.Repeat("é", 100_000), `"" and more`},
	} {
		a := s.upload("admin", src, "", c.file)
		text := a.str("messages.0.text")
		if c.name == "long name" {
			text = strings.ReplaceAll(text, "é", "")
		}
		if a.status != 400 || !strings.Contains(text, c.want) || len(a.text) > 200_000 {
			t.Errorf("%s: status %d, %d bytes, lacks %q: %.300s", c.name, a.status, len(a.text), c.want, text)
		}
	}
}

func TestMissingOptions(t *testing.T) {
	if _, err := rest.New(nil, rest.Options{Authenticate: authenticate}); err == nil {
		t.Error("a handler without service was made")
	}
	service, err := nonemployee.New(t.Context(), nonemployee.NewMemory(), staff)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := rest.New(service, rest.Options{}); err == nil {
		t.Error("a handler without authentication was made")
	}
	_ = http.Handler((*rest.Handler)(nil))
}
