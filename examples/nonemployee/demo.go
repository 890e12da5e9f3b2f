package main

import (
	"cmp"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/idprofile/engine/identity/nonemployee"
	"github.com/idprofile/engine/profile"
)

// demoStart is the day the demonstration begins.
var demoStart = time.Date(2026, 1, 15, 9, 0, 0, 0, time.UTC)

// life is what one step of the demonstration tells the next.
type life struct {
	*player
	source  string // path of the source
	id      string // its sourceId
	request requestAnswer
	records map[string]string // account name to record id
}

type requestAnswer struct {
	ID             string `json:"id"`
	ApprovalStatus string `json:"approvalStatus"`
	ApprovalItems  []struct {
		ID             string          `json:"id"`
		Approver       nonemployee.Ref `json:"approver"`
		ApprovalStatus string          `json:"approvalStatus"`
	} `json:"approvalItems"`
}

// demo plays the life of some non-employees over HTTP, on a store in memory and with a
// clock of its own, and prints every step.
func demo(ctx context.Context, c *Config, out io.Writer) (err error) {
	// The demonstration must not touch the store of the configuration.
	own := *c
	own.Store = "sqlite::memory:"
	p, stop, err := newPlayer(ctx, &own, out, demoStart)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()
	l := &life{player: p, records: map[string]string{}}
	for _, step := range []func(){
		l.createSource, l.addAttributes, l.uploadFile, l.requestPerson, l.approve, l.identitiesAppear,
		l.remind, l.extend, l.endDatePasses, l.deleteRecord, l.keepSource, l.audit,
	} {
		step()
	}

	return l.err
}

func (l *life) createSource() {
	l.step("a source with an account manager and three approvers")
	var made nonemployee.Source
	l.send("ada.almeida", "POST", "/v3/non-employee-sources", sampleSource(), 200, &made)
	l.id, l.source = made.SourceID, "/v3/non-employee-sources/"+made.SourceID
	names := []string{}
	for _, a := range made.Approvers {
		names = append(names, a.Name)
	}
	l.printf("    %s, approved by %s", made.Name, strings.Join(names, ", then "))
}

func (l *life) addAttributes() {
	l.step("attributes of its own")
	for _, a := range sampleAttributes() {
		l.send("kim.desk", "POST", l.source+"/schema-attributes", a, 200, nil)
	}
	var template string
	l.get("ada.almeida", l.source+"/schema-attributes-template/download", &template)
	l.printf("    %s", strings.TrimSpace(template))
}

func (l *life) uploadFile() {
	l.step("an upload with mistakes, the same file corrected")
	file, err := sampleFile(l.clock())
	if err != nil {
		l.fail("sample file: %w", err)
	}
	upload := l.source + "/non-employee-bulk-upload"
	var problems refusal

	// Two mistakes of different kinds, so that the answer shows that all are reported at once.
	bad := strings.Replace(strings.Replace(file, "Umbrella Temps", "", 1), "ben.okafor", "ben.okafr", 1)
	l.upload("ada.almeida", upload, bad, 400, &problems)
	l.lines(problems)
	var plan nonemployee.ImportPlan
	l.upload("ada.almeida", upload+"?dry-run=true", file, 200, &plan)
	l.printf("    would create %d, update %d", plan.Created, plan.Updated)
	var job, done nonemployee.Job
	l.upload("ada.almeida", upload, file, 202, &job)
	l.tick()
	l.get("ada.almeida", upload+"/status", &done)
	l.printf("    %s, then %s", job.Status, done.Status)
}

// lines prints the texts of a refusal.
func (l *life) lines(r refusal) {
	for _, m := range r.Messages {
		for line := range strings.SplitSeq(m.Text, "\n") {
			l.printf("    %s: %s", r.DetailCode, line)
		}
	}
}

func (l *life) requestPerson() {
	l.step("an account manager asks for a person")
	l.newMails()
	l.send("mia.moreno", "POST", "/v3/non-employee-requests", map[string]any{
		"sourceId": l.id, "accountName": "w.smith", "firstName": "Will", "lastName": "Smith",
		"phone": "+1 512 555 0100",
		"email": "w.smith@vendor.example", "manager": "mia.moreno", "startDate": "2026-01-15", "endDate": "2026-07-31",
		"data": map[string]string{"vendor": "Globex"},
	}, 200, &l.request)
	l.printf("    request %s, %d approvals to come", l.request.ApprovalStatus, len(l.request.ApprovalItems))
	l.showMails()
	var early refusal

	// The second of three approvals cannot be given before the first.
	if len(l.request.ApprovalItems) == 3 {
		l.send("chloe.meyer", "POST", "/v3/non-employee-approvals/"+l.request.ApprovalItems[1].ID+"/approve",
			map[string]string{}, 400, &early)
	}
	l.lines(early)
}

func (l *life) approve() {
	l.step("three approvals, one after another")
	for _, item := range l.request.ApprovalItems {
		path := "/v3/non-employee-approvals/" + item.ID + "/approve"
		l.send(l.names[item.Approver.ID], "POST", path, map[string]string{"comment": "fine with me"}, 200, nil)
		l.showMails()
	}

	l.get("mia.moreno", "/v3/non-employee-requests/"+l.request.ID, &l.request)
	l.printf("    request %s", l.request.ApprovalStatus)
	var all []struct {
		ID          string `json:"id"`
		AccountName string `json:"accountName"`
	}
	l.get("ada.almeida", "/v3/non-employee-records?sorters=accountName", &all)
	for _, r := range all {
		l.records[r.AccountName] = r.ID
	}
	l.printf("    %d records", len(all))
}

func (l *life) identitiesAppear() {
	l.step("an aggregation: the records become identities")
	l.aggregate()
	l.people()
}

func (l *life) aggregate() {
	var stats profile.Stats
	l.do("ada.almeida", "POST", "/aggregate", "", "", 200, &stats)
	l.printf("    %d accounts scanned, %d new, %d removed; %d identities, %d new, %d with exceptions",
		stats.Scanned, stats.Added, stats.Removed, stats.Identities, stats.Created, stats.Exceptions)
}

func (l *life) remind() {
	l.setClock(time.Date(2026, 7, 24, 9, 0, 0, 0, time.UTC))
	l.step("seven days before the end of w.smith")
	l.tick()
	l.showMails()
	l.tick() // nobody is reminded twice
}

func (l *life) extend() {
	l.step("the manager gives c.ruiz more time, and w.smith none")
	l.send("mia.moreno", "PATCH", "/v3/non-employee-records/"+l.records["c.ruiz"],
		[]map[string]string{{"op": "replace", "path": "/endDate", "value": "2027-12-31"}}, 200, nil)
}

func (l *life) endDatePasses() {
	l.setClock(time.Date(2026, 9, 30, 9, 0, 0, 0, time.UTC))
	l.step("end dates have passed: the lifecycle states follow, the records stay")
	l.tick()
	l.aggregate()
	l.people()
	var csv string
	l.get("ada.almeida", l.source+"/non-employees/download", &csv)
	l.printf("    the export has %d lines", strings.Count(csv, "\n"))
}

func (l *life) deleteRecord() {
	l.step("the record of p.varga is deleted; account and identity go")
	l.do("ada.almeida", "DELETE", "/v3/non-employee-records/"+l.records["p.varga"], "", "", 204, nil)
	l.aggregate()
	if l.err != nil {
		return
	}
	gone, err := l.site.cleanUp(l.ctx)
	if err != nil {
		l.fail("clean-up: %w", err)
	}
	for _, who := range gone {
		l.printf("  server      nightly clean-up deletes the identity %s", who.Name)
	}
	l.people()
}

func (l *life) keepSource() {
	l.step("a source with an identity profile cannot be deleted")
	var why refusal
	l.do("ada.almeida", "DELETE", l.source, "", "", 400, &why)
	l.lines(why)
}

func (l *life) audit() {
	l.step("what the audit log holds")
	if l.err != nil {
		return
	}
	events, err := l.site.events.Search("type:NON_EMPLOYEE")
	if err != nil {
		l.fail("audit log: %w", err)
	}
	counts := map[string]int{}
	actions := []string{}
	for _, e := range events {
		if counts[e.Action]++; counts[e.Action] == 1 {
			actions = append(actions, e.Action)
		}
	}

	// Frequent actions come first, and equal ones by name.
	slices.SortFunc(actions, func(a, b string) int { return cmp.Or(counts[b]-counts[a], strings.Compare(a, b)) })
	for _, a := range actions {
		l.printf("    %3d %s", counts[a], a)
	}
}
