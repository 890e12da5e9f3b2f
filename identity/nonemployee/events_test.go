package nonemployee_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/idprofile/engine/identity/isc"
	"github.com/idprofile/engine/identity/nonemployee"
)

func TestReminders(t *testing.T) {
	n := newTenant(t, nonemployee.NewMemory())
	s := n.source("Retail")
	ends := map[string]string{"soon": "2026-01-13", "a": "2026-02-10T10:00:00Z", "b": "2026-02-10T23:00:00Z", "c": "2026-02-11", "never": "2026-12-31"}
	byName := map[string]nonemployee.Record{}
	for name, end := range ends {
		b := body(s, name)
		b.EndDate = end
		r, _, err := n.Records.Create(t.Context(), admin, b)
		ok(t, err)
		byName[name] = r
	}
	step := func(at string, want ...string) {
		t.Helper()
		var err error
		n.now, err = time.Parse(time.RFC3339, at)
		ok(t, err)
		n.sent()
		got := map[string]bool{}
		for _, r := range n.tick().Reminders {
			got[r.AccountName] = true
		}
		wanted := map[string]bool{}
		for _, w := range want {
			wanted[w] = true
		}
		equal(t, at, wanted, got)
		equal(t, at+" mails", min(len(want), 1), len(n.sent()))
	}
	step("2026-01-10T13:00:00Z") // "soon" was made after its reminder day
	step("2026-02-02T23:59:00Z")
	step("2026-02-05T08:00:00Z", "a", "b", "c") // two days were missed
	step("2026-02-05T09:00:00Z")
	_, _, err := n.Records.Patch(t.Context(), manager, byName["a"].ID, patch(`[{"op":"replace","path":"/endDate","value":"2026-02-20"}]`))
	ok(t, err)
	step("2026-02-05T10:00:00Z")
	step("2026-02-13T10:00:00Z", "a") // once for each end date
	step("2026-03-13T10:00:00Z")
}

// Seven days are 168 hours, whatever clocks do in between (DECISION N28).
func TestReminderDayIs168Hours(t *testing.T) {
	zone, err := time.LoadLocation("America/New_York")
	ok(t, err)
	for end, day := range map[string]string{
		"2026-03-10T23:30:00-05:00": "2026-03-03", // clocks go forward on the 8th: the end is on the 11th
		"2026-03-10T23:30:00-04:00": "2026-03-03",
		"2026-11-03T23:30:00-05:00": "2026-10-28", // clocks go back on the 1st
		"2026-11-03T22:30:00-05:00": "2026-10-27",
	} {
		n := newTenant(t, nonemployee.NewMemory(), nonemployee.WithZone(zone))
		b := body(n.source("Retail"), "will")
		b.EndDate = end
		_, _, err := n.Records.Create(t.Context(), admin, b)
		ok(t, err)
		at, err := time.ParseInLocation(time.DateOnly, day, zone)
		ok(t, err)
		n.now = at.Add(-time.Minute)
		equal(t, end+" the day before", 0, len(n.tick().Reminders))
		n.now = at.Add(time.Minute)
		equal(t, end, 1, len(n.tick().Reminders))
	}
}

func TestReminderMail(t *testing.T) {
	n := newTenant(t, nonemployee.NewMemory(), nonemployee.WithTemplates(map[string]nonemployee.Template{
		nonemployee.TemplateReminder: {Subject: "Soon over", Body: "..."},
	}))
	b := body(n.source("Retail"), "will")
	b.EndDate = "2026-01-17T13:00:00Z"
	_, _, err := n.Records.Create(t.Context(), admin, b)
	ok(t, err)
	n.tick()
	if len(n.mails) != 1 {
		t.Fatalf("mails %v", n.mails)
	}
	m := n.mails[0]
	equal(t, "data", []string{"Soon over", "Retail", "will", "jane.doe", "2026-01-17T13:00:00.000Z"},
		[]string{m.Custom.Subject, m.Source.Name, m.Records[0].AccountName, m.Records[0].Manager, m.Records[0].EndDate.String()})
}

func TestDecisionMail(t *testing.T) {
	n := newTenant(t, nonemployee.NewMemory())
	r := n.request(n.source("Retail", "anna", "bert"), "will")
	n.sent()
	_, err := n.Approvals.Approve(t.Context(), anna, r.Items[0].ID, "fine")
	ok(t, err)
	equal(t, "next approver", []string{"Non-Employee Account Review > bert"}, n.sent())
	_, err = n.Approvals.Reject(t.Context(), bert, r.Items[1].ID, "too dear")
	ok(t, err)
	m := n.mails[0]
	equal(t, "decision", []string{"REJECTED", "too dear", "Bert B", "Jane Doe", "will"},
		[]string{string(m.Decision), m.Comment, m.Approver.Name, m.Requester.Name, m.Records[0].AccountName})
}

func TestEvents(t *testing.T) {
	n := newTenant(t, nonemployee.NewMemory())
	s := n.source("Retail", "anna")
	r := n.request(s, "will")
	_, err := n.Approvals.Approve(t.Context(), anna, r.Items[0].ID, "")
	ok(t, err)
	d := n.request(s, "adam")
	ok(t, n.Requests.Delete(t.Context(), admin, d.ID))
	rec := n.records(s)[0]
	_, _, err = n.Records.Patch(t.Context(), admin, rec.ID, patch(`[{"op":"replace","path":"/phone","value":"+1 512 555 0000"}]`))
	ok(t, err)
	ok(t, n.Records.Delete(t.Context(), admin, rec.ID))
	ok(t, n.upload(s, csvRows(1, 2)))
	n.tick()
	ok(t, n.Sources.Export(t.Context(), admin, s.SourceID, new(strings.Builder), nonemployee.ExportOptions{}))
	_, _, err = n.Records.Create(t.Context(), admin, body(s, "")) // a failure is no event
	refused(t, err, isc.CodeBadRequest)
	ok(t, n.Sources.Delete(t.Context(), admin, s.SourceID))
	events, err := n.log.Search("type:NON_EMPLOYEE")
	ok(t, err)
	actions := []string{}
	for _, e := range events {
		actions = append(actions, e.Action+" "+e.Actor)
	}
	equal(t, "events", []string{
		"NON_EMPLOYEE_SOURCE_CREATED admin", "NON_EMPLOYEE_REQUEST_CREATED manager",
		"NON_EMPLOYEE_CREATE_PASSED anna", "NON_EMPLOYEE_REQUEST_ACTION_COMPLETED anna", "NON_EMPLOYEE_APPROVAL_ACTION_COMPLETED anna",
		"NON_EMPLOYEE_REQUEST_CREATED manager", "NON_EMPLOYEE_REQUEST_DELETED admin",
		"NON_EMPLOYEE_UPDATE_PASSED admin", "NON_EMPLOYEE_DELETE_PASSED admin",
		"NON_EMPLOYEE_BULK_IMPORT_STARTED admin", "NON_EMPLOYEE_BULK_IMPORT_PASSED admin",
		"NON_EMPLOYEE_BULK_EXPORT_STARTED admin", "NON_EMPLOYEE_BULK_EXPORT_PASSED admin",
		"NON_EMPLOYEE_SOURCE_DELETED admin",
	}, actions)
	events, err = n.log.Search(`action:non_employee_bulk_import_passed AND group:"Non-Employee Bulk Operation Event"`)
	ok(t, err)
	equal(t, "counts", "2 0 0", events[0].Attributes["created"]+" "+events[0].Attributes["updated"]+" "+events[0].Attributes["unchanged"])
	_, err = n.log.Search("shoe:9")
	refused(t, err, isc.CodeIllegalValue)
}

func TestEventLogForgets(t *testing.T) {
	l := nonemployee.NewEventLog(3)
	for i := range 10 {
		l.Add(t.Context(), nonemployee.Event{Target: fmt.Sprint(i)})
	}
	events, err := l.Search("")
	ok(t, err)
	equal(t, "kept", []string{"7", "8", "9"}, []string{events[0].Target, events[1].Target, events[2].Target})
}
