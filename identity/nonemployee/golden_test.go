package nonemployee_test

import (
	"errors"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/idprofile/engine/identity/isc"
	"github.com/idprofile/engine/identity/nonemployee"
)

// The worked cases of the specification; numbers are those of its list. Cases 13 and 14
// concern another package.

func TestCase01ThirdApproverRejects(t *testing.T) {
	n := newTenant(t, nonemployee.NewMemory())
	s := n.source("Retail", "anna", "bert", "cara")
	r := n.request(s, "will")
	equal(t, "at first", "PENDING: PENDING NOT_READY NOT_READY", n.statuses(r.ID))
	_, err := n.Approvals.Approve(t.Context(), anna, r.Items[0].ID, "fine")
	ok(t, err)
	equal(t, "after A", "PENDING: APPROVED PENDING NOT_READY", n.statuses(r.ID))
	_, err = n.Approvals.Approve(t.Context(), bert, r.Items[1].ID, "")
	ok(t, err)
	_, err = n.Approvals.Reject(t.Context(), cara, r.Items[2].ID, " ")
	refused(t, err, isc.CodeRequired, "comment")
	equal(t, "before C", "PENDING: APPROVED APPROVED PENDING", n.statuses(r.ID))
	_, err = n.Approvals.Reject(t.Context(), cara, r.Items[2].ID, "no budget")
	ok(t, err)
	equal(t, "after C", "REJECTED: APPROVED APPROVED REJECTED", n.statuses(r.ID))
	equal(t, "records", 0, len(n.records(s)))
}

func TestCase02OutOfTurn(t *testing.T) {
	n := newTenant(t, nonemployee.NewMemory())
	r := n.request(n.source("Retail", "anna", "bert"), "will")
	_, err := n.Approvals.Approve(t.Context(), bert, r.Items[1].ID, "")
	refused(t, err, isc.CodeBadRequest, "NOT_READY")
	for _, a := range []nonemployee.Actor{bert, manager, other, admin} {
		_, err = n.Approvals.Approve(t.Context(), a, r.Items[0].ID, "")
		refused(t, err, isc.CodeForbidden)
	}
	equal(t, "nothing changed", "PENDING: PENDING NOT_READY", n.statuses(r.ID))
}

func TestCase03RejectCancelsTheRest(t *testing.T) {
	n := newTenant(t, nonemployee.NewMemory())
	r := n.request(n.source("Retail", "anna", "bert", "cara"), "will")
	equal(t, "mails", []string{
		"Non-Employee Account Request > manager", "Non-Employee Account Review > anna",
	}, n.sent())
	_, err := n.Approvals.Reject(t.Context(), anna, r.Items[0].ID, "no")
	ok(t, err)
	equal(t, "states", "REJECTED: REJECTED CANCELLED CANCELLED", n.statuses(r.ID))
	equal(t, "one decision mail", []string{"Non-Employee Account Request Decision > manager"}, n.sent())
}

func TestCase04MissingValues(t *testing.T) {
	n := newTenant(t, nonemployee.NewMemory())
	b := body(n.source("Retail"), "")
	b.FirstName = "  "
	_, _, err := n.Records.Create(t.Context(), admin, b)
	refused(t, err, isc.CodeBadRequest, "firstName is required;", "accountName is required;")
}

func TestCase05NameInUse(t *testing.T) {
	n := newTenant(t, nonemployee.NewMemory())
	s := n.source("Retail", "anna")
	n.record(s, "William.Smith")
	_, _, err := n.Records.Create(t.Context(), admin, body(s, "william.smith"))
	refused(t, err, isc.CodeConflict, `Unable to create Non-Employee because the accountName "william.smith" is already being used.`)
	n.request(s, "open")
	_, _, err = n.Records.Create(t.Context(), admin, body(s, "OPEN"))
	refused(t, err, isc.CodeConflict, `"OPEN"`)
	n.record(n.source("Other"), "william.smith") // names are per source
}

func TestCase06OneBadDate(t *testing.T) {
	n := newTenant(t, nonemployee.NewMemory())
	s := n.source("Retail")
	lines := strings.Split(csvRows(1, 1000), "\n")
	lines[6] = strings.Replace(lines[6], "2026-12-31", "31.12.2026", 1)
	err := n.upload(s, strings.Join(lines, "\n"))
	refused(t, err, isc.CodeBadRequest, "line 7: column 8 (endDate): ")
	var e *nonemployee.Problems
	if !errors.As(err, &e) || len(e.List) != 1 {
		t.Fatalf("problems: %v", err)
	}
	n.tick()
	equal(t, "records", 0, len(n.records(s)))
}

func TestCase07TooManyRows(t *testing.T) {
	n := newTenant(t, nonemployee.NewMemory())
	s := n.source("Retail")
	refused(t, n.upload(s, csvRows(1, 20_001)), isc.CodeLimit)
	ok(t, n.upload(s, csvRows(1, 20_000)))
	equal(t, "imports", nonemployee.JobCompleted, n.tick().Imports[0].Status)
	refused(t, n.upload(s, csvRows(20_001, 1)), isc.CodeLimit)
	ok(t, n.upload(s, csvRows(20_000, 1))) // an update
	_, _, err := n.Records.Create(t.Context(), admin, body(s, "one.more"))
	refused(t, err, isc.CodeLimit)
	_, _, err = n.Requests.Create(t.Context(), manager, body(s, "one.more"))
	refused(t, err, isc.CodeLimit)
}

func TestCase08SecondUpload(t *testing.T) {
	n := newTenant(t, nonemployee.NewMemory())
	s, s2 := n.source("Retail"), n.source("Other")
	ok(t, n.upload(s, csvRows(1, 3)))
	refused(t, n.upload(s, csvRows(4, 3)), isc.CodeConflict)
	_, err := n.Sources.DryRun(t.Context(), admin, s.SourceID, strings.NewReader(csvRows(4, 3)))
	refused(t, err, isc.CodeConflict)
	ok(t, n.upload(s2, csvRows(1, 3))) // one at a time per source
	n.tick()
	ok(t, n.upload(s, csvRows(4, 3)))
}

func TestCase09AccountManagerChangesEndDateOnly(t *testing.T) {
	n := newTenant(t, nonemployee.NewMemory())
	r := n.record(n.source("Retail"), "will")
	got, _, err := n.Records.Patch(t.Context(), manager, r.ID, patch(`[{"op":"replace","path":"/endDate","value":"2027-01-31"}]`))
	ok(t, err)
	equal(t, "end date", "2027-01-31T00:00:00.000Z", got.EndDate.String())
	for _, p := range []string{
		`[{"op":"replace","path":"/email","value":"x@example.com"}]`,
		`[{"op":"replace","path":"/endDate","value":"2027-02-28"},{"op":"remove","path":"/data/team"}]`,
		`[{"op":"move","from":"/startDate","path":"/endDate"}]`,
		`[{"op":"test","path":"/email","value":"will@example.com"}]`,
	} {
		_, _, err = n.Records.Patch(t.Context(), manager, r.ID, patch(p))
		refused(t, err, isc.CodeForbidden)
	}
	_, _, err = n.Records.Patch(t.Context(), manager, r.ID, patch(`[{"op":"replace","path":"/email","value":"x"}]`))
	refused(t, err, isc.CodeForbidden, "/email")
	_, _, err = n.Records.Patch(t.Context(), other, r.ID, patch(`[{"op":"replace","path":"/endDate","value":"2027-02-28"}]`))
	refused(t, err, isc.CodeForbidden)
	b := body(nonemployee.Source{SourceID: r.SourceID}, "will")
	b.EndDate = "2027-03-31"
	_, _, err = n.Records.Put(t.Context(), manager, r.ID, b)
	ok(t, err)
	b.Phone = "+1 512 555 0199"
	_, _, err = n.Records.Put(t.Context(), manager, r.ID, b)
	refused(t, err, isc.CodeForbidden, "phone")
	got, err = n.Records.Get(t.Context(), manager, r.ID)
	ok(t, err)
	equal(t, "end date", "2027-03-31T00:00:00.000Z", got.EndDate.String())
}

func TestCase10RequiredLater(t *testing.T) {
	n := newTenant(t, nonemployee.NewMemory())
	s := n.source("Retail")
	var last nonemployee.Record
	for _, name := range []string{"a", "b", "c"} {
		last = n.record(s, name)
	}
	at, err := n.Schema.Create(t.Context(), admin, s.SourceID, nonemployee.AttributeBody{Label: "Cost Center", Required: true})
	ok(t, err)
	equal(t, "technical name", "costCenter", at.TechnicalName)
	_, _, err = n.Records.Patch(t.Context(), admin, last.ID, patch(`[{"op":"replace","path":"/phone","value":"+1 512 555 0000"}]`))
	refused(t, err, isc.CodeBadRequest, "costCenter is required")
	_, _, err = n.Records.Patch(t.Context(), manager, last.ID, patch(`[{"op":"replace","path":"/endDate","value":"2027-01-01"}]`))
	refused(t, err, isc.CodeBadRequest, "costCenter is required")
	refused(t, n.upload(s, csvRows(1, 1)), isc.CodeBadRequest, "line 1: the column costCenter is missing")
	missing, err := n.Schema.RecordsMissing(t.Context(), admin, s.SourceID, "costCenter")
	ok(t, err)
	equal(t, "records missing", 3, len(missing))
	_, _, err = n.Records.Patch(t.Context(), admin, last.ID, patch(`[{"op":"replace","path":"/data/costCenter","value":"42"}]`))
	ok(t, err)
	missing, err = n.Schema.RecordsMissing(t.Context(), admin, s.SourceID, "costCenter")
	ok(t, err)
	equal(t, "records missing", 2, len(missing))
}

func TestCase11Reminder(t *testing.T) {
	zone, err := time.LoadLocation("America/New_York")
	ok(t, err)
	n := newTenant(t, nonemployee.NewMemory(), nonemployee.WithZone(zone))
	s := n.source("Retail")
	b := body(s, "will")
	b.EndDate = "2026-03-10T23:30-05:00"
	_, _, err = n.Records.Create(t.Context(), admin, b)
	ok(t, err)
	n.sent()
	for _, step := range []struct {
		at   string
		want []string
	}{
		{"2026-03-02T23:59:00-05:00", []string{}},
		{"2026-03-03T00:01:00-05:00", []string{"Non-Employee End Date Reminder > manager"}},
		{"2026-03-03T12:00:00-05:00", []string{}},
		{"2026-03-04T00:01:00-05:00", []string{}},
		{"2026-03-11T12:00:00-05:00", []string{}},
	} {
		n.now, err = time.Parse(time.RFC3339, step.at)
		ok(t, err)
		n.tick()
		equal(t, step.at, step.want, n.sent())
	}
}

func TestCase12EpochSeconds(t *testing.T) {
	n := newTenant(t, nonemployee.NewMemory())
	b := body(n.source("Retail"), "will")
	b.StartDate = "1610524800"
	r, _, err := n.Records.Create(t.Context(), admin, b)
	ok(t, err)
	equal(t, "start", "2021-01-13T08:00:00.000Z", r.StartDate.String())
}
