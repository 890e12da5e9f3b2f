package nonemployee_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/idprofile/engine/identity/isc"
	"github.com/idprofile/engine/identity/nonemployee"
)

func TestSourceLimit(t *testing.T) {
	n := newTenant(t, nonemployee.NewMemory())
	for i := range 50 {
		n.source(fmt.Sprint("Source ", i))
	}
	more := nonemployee.SourceBody{Name: "More", Description: "d", Owner: nonemployee.Ref{ID: "admin"}}
	_, err := n.Sources.Create(t.Context(), admin, more)
	refused(t, err, isc.CodeLimit, "50")
	p, err := n.Sources.List(t.Context(), settings, nonemployee.SourceQuery{})
	ok(t, err)
	ok(t, n.Sources.Delete(t.Context(), admin, p.Items[0].ID))
	_, err = n.Sources.Create(t.Context(), settings, more)
	ok(t, err)
}

func TestOwnLimits(t *testing.T) {
	n := newTenant(t, nonemployee.NewMemory(), nonemployee.WithLimits(nonemployee.Limits{Records: 2, CustomAttributes: 1, PageSize: 1}))
	s := n.source("Retail")
	n.record(s, "a")
	n.record(s, "b")
	_, _, err := n.Records.Create(t.Context(), admin, body(s, "c"))
	refused(t, err, isc.CodeLimit)
	_, err = n.Schema.Create(t.Context(), admin, s.SourceID, nonemployee.AttributeBody{Label: "One"})
	ok(t, err)
	_, err = n.Schema.Create(t.Context(), admin, s.SourceID, nonemployee.AttributeBody{Label: "Two"})
	refused(t, err, isc.CodeLimit)
	equal(t, "page", 1, len(n.records(s)))
	equal(t, "other limits keep their default", 3, n.Limits().Approvers)
	if _, err := nonemployee.New(t.Context(), nonemployee.NewMemory(), staff, nonemployee.WithLimits(nonemployee.Limits{Records: -1})); err == nil {
		t.Error("a negative limit was taken")
	}
}

func TestSourceNameAndUse(t *testing.T) {
	used := ""
	n := newTenant(t, nonemployee.NewMemory(),
		nonemployee.WithSourceNames(func(_ context.Context, name, _ string) (bool, error) { return name == "Active Directory", nil }),
		nonemployee.WithProfiles(func(context.Context, string) (string, error) { return used, nil }))
	_, err := n.Sources.Create(t.Context(), admin, nonemployee.SourceBody{Name: "Active Directory", Description: "d", Owner: nonemployee.Ref{ID: "admin"}})
	refused(t, err, isc.CodeConflict, "Active Directory")
	s := n.source("Retail")
	for name, code := range map[string]isc.Code{
		" Retail ": isc.CodeConflict, "Retail\u00A0": isc.CodeConflict,
		"\tOther": isc.CodeIllegalValue, "Other\u200B": isc.CodeIllegalValue,
	} {
		_, err := n.Sources.Create(t.Context(), admin, nonemployee.SourceBody{Name: name, Description: "d", Owner: nonemployee.Ref{ID: "admin"}})
		refused(t, err, code)
		_, err = n.Sources.Patch(t.Context(), admin, s.SourceID, patch(`[{"op":"replace","path":"/name","value":`+strconv.Quote(name)+`}]`))
		refused(t, err, isc.CodeIllegalValue, "blank")
	}
	used = "Contractors"
	refused(t, n.Sources.Delete(t.Context(), admin, s.SourceID), isc.CodeConflict, "Contractors")
	used = ""
	ok(t, n.upload(s, csvRows(1, 1)))
	refused(t, n.Sources.Delete(t.Context(), admin, s.SourceID), isc.CodeConflict, "upload")
	n.tick()
	ok(t, n.Sources.Delete(t.Context(), admin, s.SourceID))
}

func TestDeleteSourceCancelsItems(t *testing.T) {
	n := newTenant(t, nonemployee.NewMemory())
	s := n.source("Retail", "anna", "bert")
	r := n.request(s, "will")
	ok(t, n.Sources.Delete(t.Context(), admin, s.SourceID))
	for _, id := range []string{r.Items[0].ID, r.Items[1].ID} {
		d, err := n.Approvals.Get(t.Context(), admin, id)
		ok(t, err)
		equal(t, "state", nonemployee.Cancelled, d.Status)
		equal(t, "request", (*nonemployee.Request)(nil), d.Request)
	}
	_, err := n.Approvals.Approve(t.Context(), anna, r.Items[0].ID, "")
	refused(t, err, isc.CodeBadRequest, "CANCELLED")
	_, err = n.Requests.Get(t.Context(), admin, r.ID)
	refused(t, err, isc.CodeNotFound)
}

func TestSubAdminAndSourceAdmin(t *testing.T) {
	n := newTenant(t, nonemployee.NewMemory())
	s := n.source("Retail")
	n.record(s, "will")
	for _, a := range []nonemployee.Actor{sub, settings} {
		_, err := n.Sources.Get(t.Context(), a, s.SourceID)
		ok(t, err)
		p, err := n.Sources.List(t.Context(), a, nonemployee.SourceQuery{})
		ok(t, err)
		equal(t, "sources", 1, p.Total)
		_, err = n.Sources.Patch(t.Context(), a, s.SourceID, patch(`[{"op":"replace","path":"/description","value":"by `+a.ID+`"}]`))
		ok(t, err)
		at, err := n.Schema.Create(t.Context(), a, s.SourceID, nonemployee.AttributeBody{Label: a.ID})
		ok(t, err)
		_, err = n.Schema.Patch(t.Context(), a, s.SourceID, at.ID, patch(`[{"op":"replace","path":"/placeholder","value":"x"}]`))
		ok(t, err)
		_, err = n.Schema.Delete(t.Context(), a, s.SourceID, at.ID)
		ok(t, err)
		_, err = n.Records.List(t.Context(), a, isc.Query{})
		refused(t, err, isc.CodeForbidden)
		_, _, err = n.Requests.Create(t.Context(), a, body(s, "x"))
		refused(t, err, isc.CodeForbidden)
		refused(t, n.Sources.Export(t.Context(), a, s.SourceID, new(strings.Builder), nonemployee.ExportOptions{}), isc.CodeForbidden)
		_, err = n.Schema.RecordsMissing(t.Context(), a, s.SourceID, "phone")
		refused(t, err, isc.CodeForbidden)
	}
}

func TestNoApprovers(t *testing.T) {
	n := newTenant(t, nonemployee.NewMemory())
	s := n.source("Retail")
	r := n.request(s, "will")
	equal(t, "state", nonemployee.Approved, r.Status)
	equal(t, "completed", n.now, r.CompletionDate.Time)
	equal(t, "records", 1, len(n.records(s)))
	equal(t, "mails", []string{"Non-Employee Account Request > manager", "Non-Employee Account Request Decision > manager"}, n.sent())
}

func TestGroupApproverAndDuplicates(t *testing.T) {
	n := newTenant(t, nonemployee.NewMemory())
	s := n.source("Retail", "board", "bert", "bert")
	equal(t, "type", nonemployee.TypeGroup, s.Approvers[0].Type)
	r := n.request(s, "will")
	_, err := n.Approvals.Approve(t.Context(), anna, r.Items[0].ID, "")
	refused(t, err, isc.CodeForbidden)
	p, err := n.Approvals.List(t.Context(), dora, nonemployee.ApprovalQuery{})
	ok(t, err)
	equal(t, "items of a member", 1, p.Total)
	for i, a := range []nonemployee.Actor{dora, bert, bert} {
		_, err = n.Approvals.Approve(t.Context(), a, r.Items[i].ID, "")
		ok(t, err)
	}
	equal(t, "states", "APPROVED: APPROVED APPROVED APPROVED", n.statuses(r.ID))
}

func TestApproverListIsFrozen(t *testing.T) {
	n := newTenant(t, nonemployee.NewMemory())
	s := n.source("Retail", "anna")
	r := n.request(s, "will")
	_, err := n.Sources.Patch(t.Context(), admin, s.SourceID, patch(`[{"op":"replace","path":"/approvers","value":["bert"]}]`))
	ok(t, err)
	_, err = n.Approvals.Approve(t.Context(), bert, r.Items[0].ID, "")
	refused(t, err, isc.CodeForbidden)
	_, err = n.Approvals.Approve(t.Context(), anna, r.Items[0].ID, "")
	ok(t, err)
	equal(t, "new requests", "bert", n.request(s, "adam").Items[0].Approver.ID)
}

func TestLastApprovalChecksAgain(t *testing.T) {
	n := newTenant(t, nonemployee.NewMemory())
	s := n.source("Retail", "anna")
	r := n.request(s, "will")
	at, err := n.Schema.Create(t.Context(), admin, s.SourceID, nonemployee.AttributeBody{Label: "Team", Required: true})
	ok(t, err)
	_, err = n.Approvals.Approve(t.Context(), anna, r.Items[0].ID, "")
	refused(t, err, isc.CodeBadRequest, "team is required")
	equal(t, "stays", "PENDING: PENDING", n.statuses(r.ID))
	_, err = n.Schema.Patch(t.Context(), admin, s.SourceID, at.ID, patch(`[{"op":"replace","path":"/required","value":false}]`))
	ok(t, err)
	_, err = n.Approvals.Approve(t.Context(), anna, r.Items[0].ID, "")
	ok(t, err)
	equal(t, "done", "APPROVED: APPROVED", n.statuses(r.ID))
}

func TestRejectedNameIsFreeAgain(t *testing.T) {
	n := newTenant(t, nonemployee.NewMemory())
	s := n.source("Retail", "anna")
	r := n.request(s, "will")
	_, err := n.Approvals.Reject(t.Context(), anna, r.Items[0].ID, "no")
	ok(t, err)
	d := n.request(s, "will")
	ok(t, n.Requests.Delete(t.Context(), admin, d.ID))
	n.record(s, "Will")
}

func TestStuckApprovals(t *testing.T) {
	store := nonemployee.NewMemory()
	n := newTenant(t, store)
	r := n.request(n.source("Retail", "anna", "cara"), "will")
	fewer := nonemployee.NewPeople([]nonemployee.Person{{ID: "admin", Alias: "admin"}, {ID: "cara", Alias: "cara"}}, nil)
	s, err := nonemployee.New(t.Context(), store, fewer)
	ok(t, err)
	stuck, err := s.Approvals.Stuck(t.Context(), admin)
	ok(t, err)
	equal(t, "stuck", []string{r.Items[0].ID}, ids(stuck))
	_, err = s.Approvals.Stuck(t.Context(), anna)
	refused(t, err, isc.CodeForbidden)
	ok(t, s.Requests.Delete(t.Context(), admin, r.ID))
	stuck, err = s.Approvals.Stuck(t.Context(), admin)
	ok(t, err)
	equal(t, "stuck", []string{}, ids(stuck))
}

func ids(items []nonemployee.Approval) []string {
	out := []string{}
	for _, i := range items {
		out = append(out, i.ID)
	}
	return out
}

func TestAccountNameChange(t *testing.T) {
	n := newTenant(t, nonemployee.NewMemory())
	r := n.record(n.source("Retail"), "will")
	_, warnings, err := n.Records.Patch(t.Context(), admin, r.ID, patch(`[{"op":"replace","path":"/accountName","value":"william"}]`))
	ok(t, err)
	equal(t, "warnings", []nonemployee.Warning{{Code: "account-name-change", Path: "accountName", Text: "the next aggregation makes a new identity for william and leaves the one of will without an account"}}, warnings)
	strict := newTenant(t, nonemployee.NewMemory(), nonemployee.ForbidAccountNameChange())
	r = strict.record(strict.source("Retail"), "will")
	_, _, err = strict.Records.Patch(t.Context(), admin, r.ID, patch(`[{"op":"replace","path":"/accountName","value":"william"}]`))
	refused(t, err, isc.CodeIllegalUpdate)
}

func TestPlanRekey(t *testing.T) {
	n := newTenant(t, nonemployee.NewMemory())
	s := n.source("Retail")
	a := n.record(s, "old.a")
	n.record(s, "keep")
	plan, err := n.Sources.PlanRekey(t.Context(), admin, s.SourceID, func(r nonemployee.Record) string {
		return strings.TrimPrefix(r.AccountName, "old.")
	})
	ok(t, err)
	equal(t, "delete first", []string{a.ID}, plan.Delete)
	equal(t, "changes", []nonemployee.NameChange{{Orphaned: "old.a", Created: "a"}}, plan.Changes)
	ok(t, n.Records.BulkDelete(t.Context(), admin, plan.Delete))
	_, _, err = n.Records.Create(t.Context(), admin, plan.Create[0])
	ok(t, err)
	plan, err = n.Sources.PlanRekey(t.Context(), admin, s.SourceID, func(nonemployee.Record) string { return "same" })
	ok(t, err)
	equal(t, "problems", []string{"the new name same occurs twice"}, plan.Problems)
}

func TestWarningsOfRecords(t *testing.T) {
	n := newTenant(t, nonemployee.NewMemory())
	b := body(n.source("Retail"), "will")
	b.EndDate, b.Email, b.Phone, b.LastName = "2026-01-02", "no mail", "5125555555", strings.Repeat("x", 451)
	_, warnings, err := n.Records.Create(t.Context(), admin, b)
	ok(t, err)
	codes := []string{}
	for _, w := range warnings {
		codes = append(codes, w.Code)
	}
	equal(t, "codes", []string{"ne-end-past", "ne-email-format", "ne-phone-format", "ne-value-length"}, codes)
}

func TestDeleteAttribute(t *testing.T) {
	n := newTenant(t, nonemployee.NewMemory(), nonemployee.WithMappings(func(_ context.Context, _, name string) ([]string, error) {
		return []string{"profile > " + name}, nil
	}))
	s := n.source("Retail", "anna")
	at, err := n.Schema.Create(t.Context(), admin, s.SourceID, nonemployee.AttributeBody{Label: "Team"})
	ok(t, err)
	_, err = n.Schema.Create(t.Context(), admin, s.SourceID, nonemployee.AttributeBody{Label: "Desk"})
	ok(t, err)
	b := body(s, "will")
	b.Data = map[string]string{"team": "blue", "desk": "7"}
	_, _, err = n.Records.Create(t.Context(), admin, b)
	ok(t, err)
	b.AccountName = "adam"
	r, _, err := n.Requests.Create(t.Context(), manager, b)
	ok(t, err)
	d, err := n.Schema.Delete(t.Context(), admin, s.SourceID, at.ID)
	ok(t, err)
	equal(t, "deleted", nonemployee.Deleted{Records: 1, Mappings: []string{"profile > team"}}, d)
	equal(t, "data", map[string]string{"desk": "7"}, n.records(s)[0].Data)
	_, err = n.Approvals.Approve(t.Context(), anna, r.Items[0].ID, "")
	ok(t, err)
	d, err = n.Schema.DeleteAll(t.Context(), admin, s.SourceID)
	ok(t, err)
	equal(t, "deleted", 2, d.Records)
}

func TestLint(t *testing.T) {
	n := newTenant(t, nonemployee.NewMemory())
	s := n.source("Retail")
	n.record(s, "will")
	for _, b := range []nonemployee.AttributeBody{{Label: "Passport Number"}, {Label: "Badge"}, {Label: "Team", Required: true}} {
		_, err := n.Schema.Create(t.Context(), admin, s.SourceID, b)
		ok(t, err)
	}
	warnings, err := n.Sources.Lint(t.Context(), sub, s.SourceID, nonemployee.LintOptions{Correlation: []string{"badge", "team", "email"}, Mapped: []string{"uid"}, HasProfile: true})
	ok(t, err)
	got := []string{}
	for _, w := range warnings {
		got = append(got, w.Code+" "+w.Path)
	}
	equal(t, "findings", []string{"ne-sensitive passportNumber", "ne-corr-optional badge", "ne-missing team", "ne-not-mapped email", "ne-not-mapped lastname", "ne-unique-id accountName"}, got)
}

func TestSensitiveName(t *testing.T) {
	for name, want := range map[string]string{
		"employeeSSN": "ssn", "Date of Birth": "date of birth", "userPin": "pin", "IBAN": "iban", "creditCardNo": "credit card",
		"opinion": "", "spinnaker": "", "costCenter": "", "healthCheckDate": "health", "SSNLast4": "ssn", "shipping": "",
	} {
		equal(t, name, want, nonemployee.SensitiveName(name))
	}
}

func TestTechnicalName(t *testing.T) {
	for label, want := range map[string]string{
		"Start Date": "startDate", "AD Last Logon Date Type": "adLastLogonDateType", "TeSt1 test2 3": "test1Test23",
		"displayName": "displayname", "  Cost   Center ": "costCenter", "3rd Party": "3rdParty",
	} {
		got, err := nonemployee.TechnicalName(label)
		ok(t, err)
		equal(t, label, want, got)
	}
	for _, label := range []string{"E-mail", "Straße", "", "  ", strings.Repeat("x", 129)} {
		_, err := nonemployee.TechnicalName(label)
		refused(t, err, isc.CodeIllegalValue)
	}
}

func TestDefaultIDsAndClock(t *testing.T) {
	store := nonemployee.NewMemory()
	s, err := nonemployee.New(t.Context(), store, staff)
	ok(t, err)
	a, err := s.Sources.Create(t.Context(), admin, nonemployee.SourceBody{Name: "A", Description: "d", Owner: nonemployee.Ref{ID: "admin"}})
	ok(t, err)
	equal(t, "id", "00000000-0000-4000-8000-000000000001", a.ID)
	equal(t, "time", "1970-01-01T00:00:00.000Z", a.Created.String())
	_, err = s.Tick(t.Context(), time.Date(2026, 5, 5, 5, 5, 5, 0, time.UTC))
	ok(t, err)
	again, err := nonemployee.New(t.Context(), store, staff) // goes on counting
	ok(t, err)
	b, err := again.Sources.Create(t.Context(), admin, nonemployee.SourceBody{Name: "B", Description: "d", Owner: nonemployee.Ref{ID: "admin"}})
	ok(t, err)
	equal(t, "id", "00000000-0000-4000-8000-00000000000b", b.ID)
	c, err := s.Sources.Patch(t.Context(), admin, a.ID, patch(`[{"op":"replace","path":"/name","value":"C"}]`))
	ok(t, err)
	equal(t, "time of the tick", "2026-05-05T05:05:05.000Z", c.Modified.String())
}

func TestRandomIDs(t *testing.T) {
	newID := nonemployee.RandomIDs(strings.NewReader(strings.Repeat("\xff", 16)))
	equal(t, "id", "ffffffff-ffff-4fff-bfff-ffffffffffff", newID())
	n := newTenant(t, nonemployee.NewMemory(), nonemployee.WithIDs(newID)) // the reader is at its end
	_, err := n.Sources.Create(t.Context(), admin, nonemployee.SourceBody{Name: "A", Description: "d", Owner: nonemployee.Ref{ID: "admin"}})
	if err == nil || !strings.Contains(err.Error(), "empty id") {
		t.Errorf("error %v", err)
	}
}

func TestResultsBelongToTheCaller(t *testing.T) {
	n := newTenant(t, nonemployee.NewMemory())
	s := n.source("Retail", "anna")
	_, err := n.Schema.Create(t.Context(), admin, s.SourceID, nonemployee.AttributeBody{Label: "Team"})
	ok(t, err)
	b := body(s, "will")
	b.Data = map[string]string{"team": "blue"}
	r, _, err := n.Records.Create(t.Context(), admin, b)
	ok(t, err)
	b.Data["team"], r.Data["team"], s.Approvers[0].ID = "red", "red", "x"
	got, err := n.Records.Get(t.Context(), admin, r.ID)
	ok(t, err)
	equal(t, "data", "blue", got.Data["team"])
	src, err := n.Sources.Get(t.Context(), admin, s.ID)
	ok(t, err)
	equal(t, "approver", "anna", src.Approvers[0].ID)
}

func TestErrorIdentity(t *testing.T) {
	n := newTenant(t, nonemployee.NewMemory())
	_, err := n.Records.Get(t.Context(), admin, "nope")
	equal(t, "not found", []bool{true, false, true, false}, []bool{
		errors.Is(err, nonemployee.ErrNotFound), errors.Is(err, nonemployee.ErrForbidden),
		errors.Is(err, isc.CodeNotFound), errors.Is(err, isc.CodeLimit),
	})
	_, err = n.Records.Get(t.Context(), other, "nope")
	equal(t, "forbidden", true, errors.Is(err, nonemployee.ErrForbidden))
	var b strings.Builder
	slog.New(slog.NewTextHandler(&b, nil)).Info("refused", "error", isc.Refuse(isc.CodeConflict, "will.smith is taken"))
	if strings.Contains(b.String(), "will.smith") || !strings.Contains(b.String(), "400.1.409") {
		t.Errorf("the log holds %s", b.String())
	}
}

func TestValuesAreUTF8(t *testing.T) {
	n := newTenant(t, nonemployee.NewMemory())
	b := body(n.source("Retail"), "will")
	b.LastName = "Sm\xffth"
	_, _, err := n.Records.Create(t.Context(), admin, b)
	refused(t, err, isc.CodeBadRequest, "lastName is not UTF-8 text")
}
