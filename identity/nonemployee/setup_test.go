package nonemployee_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/idprofile/engine/identity/isc"
	"github.com/idprofile/engine/identity/nonemployee"
)

var (
	admin    = nonemployee.Actor{ID: "admin", Rights: nonemployee.Admin}
	settings = nonemployee.Actor{ID: "settings", Rights: nonemployee.Settings}
	manager  = nonemployee.Actor{ID: "manager"}
	other    = nonemployee.Actor{ID: "other"}
	sub      = nonemployee.Actor{ID: "sub"}
	anna     = nonemployee.Actor{ID: "anna"}
	bert     = nonemployee.Actor{ID: "bert"}
	cara     = nonemployee.Actor{ID: "cara"}
	dora     = nonemployee.Actor{ID: "dora"} // member of group board
)

var staff = nonemployee.NewPeople([]nonemployee.Person{
	{ID: "admin", Alias: "admin"}, {ID: "manager", Alias: "jane.doe", Name: "Jane Doe"},
	{ID: "manager2", Alias: "john.roe", Name: "John Roe"}, {ID: "other", Alias: "other"}, {ID: "sub", Alias: "sub"},
	{ID: "anna", Alias: "anna", Name: "Anna A"}, {ID: "bert", Alias: "bert", Name: "Bert B"},
	{ID: "cara", Alias: "cara", Name: "Cara C"}, {ID: "dora", Alias: "dora"},
}, map[string][]string{"board": {"dora", "bert"}, "subs": {"sub"}})

// tenant is a service with everything it hands out.
type tenant struct {
	*nonemployee.Service
	t     *testing.T
	now   time.Time
	mails []nonemployee.Notification
	log   *nonemployee.EventLog
}

func newTenant(t *testing.T, store nonemployee.Store, opts ...nonemployee.Option) *tenant {
	t.Helper()
	n := &tenant{t: t, now: time.Date(2026, 1, 10, 12, 0, 0, 0, time.UTC), log: nonemployee.NewEventLog(1000)}
	opts = append([]nonemployee.Option{
		nonemployee.WithClock(func() time.Time { return n.now }),
		nonemployee.WithNotifications(func(_ context.Context, m nonemployee.Notification) { n.mails = append(n.mails, m) }),
		nonemployee.WithEvents(n.log.Add),
	}, opts...)
	s, err := nonemployee.New(t.Context(), store, staff, opts...)
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	n.Service = s
	return n
}

func refs(ids ...string) []nonemployee.Ref {
	out := make([]nonemployee.Ref, len(ids))
	for i, id := range ids {
		out[i].ID = id
	}
	return out
}

// source makes a source managed by manager.
func (n *tenant) source(name string, approvers ...string) nonemployee.Source {
	n.t.Helper()
	s, err := n.Sources.Create(n.t.Context(), admin, nonemployee.SourceBody{
		Name: name, Description: "people of " + name, Owner: nonemployee.Ref{ID: "admin"},
		ManagementWorkgroup: "subs", Approvers: refs(approvers...), AccountManagers: refs("manager"),
	})
	if err != nil {
		n.t.Fatalf("create source: %v", err)
	}
	return s
}

func body(s nonemployee.Source, account string) nonemployee.RecordBody {
	return nonemployee.RecordBody{
		SourceID: s.SourceID, AccountName: account, FirstName: "Will", LastName: "Smith",
		Email: account + "@example.com", Phone: "+1 512 555 0100", Manager: "jane.doe",
		StartDate: "2026-01-01", EndDate: "2026-12-31T00:00:00-05:00", Data: map[string]string{},
	}
}

func (n *tenant) record(s nonemployee.Source, account string) nonemployee.Record {
	n.t.Helper()
	r, _, err := n.Records.Create(n.t.Context(), admin, body(s, account))
	if err != nil {
		n.t.Fatalf("create record: %v", err)
	}
	return r
}

func (n *tenant) request(s nonemployee.Source, account string) nonemployee.RequestDetail {
	n.t.Helper()
	r, _, err := n.Requests.Create(n.t.Context(), manager, body(s, account))
	if err != nil {
		n.t.Fatalf("create request: %v", err)
	}
	return r
}

// statuses gives the states of a request and its items, such as "PENDING: PENDING NOT_READY".
func (n *tenant) statuses(id string) string {
	n.t.Helper()
	d, err := n.Requests.Get(n.t.Context(), admin, id)
	if err != nil {
		n.t.Fatalf("get request: %v", err)
	}
	out := string(d.Status) + ":"
	for _, i := range d.Items {
		out += " " + string(i.Status)
	}
	return out
}

func (n *tenant) records(s nonemployee.Source) []nonemployee.Record {
	n.t.Helper()
	p, err := n.Records.List(n.t.Context(), admin, isc.Query{Filters: fmt.Sprintf("sourceId eq %q", s.SourceID)})
	if err != nil {
		n.t.Fatalf("list records: %v", err)
	}
	return p.Items
}

// sent gives the mails since the last call as "template > recipients".
func (n *tenant) sent() []string {
	out := []string{}
	for _, m := range n.mails {
		to := make([]string, len(m.To))
		for i, r := range m.To {
			to[i] = r.ID
		}
		out = append(out, m.Template+" > "+strings.Join(to, " "))
	}
	n.mails = nil
	return out
}

func equal(t *testing.T, what string, want, got any) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s mismatch (-want +got):\n%s", what, d)
	}
}

// refused checks the code of an error and that its text holds the parts.
func refused(t *testing.T, err error, code isc.Code, parts ...string) {
	t.Helper()
	var e *isc.Error
	if !errors.As(err, &e) || e.Code != code {
		t.Errorf("error is %v, want code %s", err, code)
		return
	}
	for _, p := range parts {
		if !strings.Contains(e.Text(), p) {
			t.Errorf("error text %q lacks %q", e.Text(), p)
		}
	}
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func patch(src string) []isc.PatchOp {
	ops, err := isc.ParsePatch([]byte(src))
	if err != nil {
		return nil // the call refuses what the test meant to send
	}
	return ops
}

const header = "accountName,firstName,lastName,phone,email,manager,startDate,endDate"

// csvRows makes a file of n new people.
func csvRows(from, n int) string {
	var b strings.Builder
	b.WriteString(header + "\n")
	for i := from; i < from+n; i++ {
		fmt.Fprintf(&b, "user%d,Will,Smith,+1 512 555 0100,u%d@example.com,jane.doe,2026-01-01,2026-12-31\n", i, i)
	}
	return b.String()
}

func (n *tenant) upload(s nonemployee.Source, file string) error {
	_, _, err := n.Sources.Import(n.t.Context(), admin, s.SourceID, strings.NewReader(file))
	return err
}

func (n *tenant) tick() nonemployee.TickResult {
	n.t.Helper()
	r, err := n.Tick(n.t.Context(), n.now)
	ok(n.t, err)
	return r
}
