package tenant_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/feed"
	"github.com/idprofile/engine/identity/isc"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/identity/report"
	"github.com/idprofile/engine/identity/store"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/internal/fixture"
	"github.com/idprofile/engine/profile/tenant"
)

// site is a tenant with a log of what it told.
type site struct {
	*tenant.Tenant
	events []tenant.Event
	audits []tenant.Audit
}

func newSite(t *testing.T, c *fixture.Tenant, data map[string][]identity.Account) *site {
	t.Helper()
	b, _ := config.LoadFile("tenant.json", []byte("["+strings.Join(slices.Concat(c.Profiles, c.Sources, c.More), ",")+"]"))
	s := &site{}
	s.Tenant = tenant.New(b, store.NewMemory(), tenant.Options{
		Now: func() time.Time { return fixture.Now }, Launcher: config.Ref{Type: "IDENTITY", ID: "admin", Name: "Admin"},
		TrackingID: func() string { return "track" },
		Observer: tenant.Observer{
			OnEvent: func(e tenant.Event) { s.events = append(s.events, e) },
			OnAudit: func(a tenant.Audit) { s.audits = append(s.audits, a) },
		},
	})
	s.load(t, data)
	return s
}

func (s *site) load(t *testing.T, data map[string][]identity.Account) {
	t.Helper()
	var sources []identity.Source
	for _, src := range s.Bundle().Sources {
		if list, ok := data[src.Name]; ok {
			sources = append(sources, feed.Slice(src.Name, list...))
		}
	}
	if len(sources) == 0 {
		return
	}
	if _, err := s.Aggregate(t.Context(), nil, sources...); err != nil {
		t.Fatal(err)
	}
}

func (s *site) byAlias(t *testing.T) map[string]*identity.Identity {
	t.Helper()
	m := map[string]*identity.Identity{}
	for i, err := range s.Store().All(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		m[i.Alias] = i
	}
	return m
}

func (s *site) loose(t *testing.T) []string {
	t.Helper()
	list := []string{}
	for a, err := range s.Store().Uncorrelated(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, a.Key().String())
	}
	return list
}

func (s *site) eventTypes() []string {
	var list []string
	for _, e := range s.events {
		list = append(list, e.Type())
	}
	return list
}

func (s *site) auditNames() []string {
	var list []string
	for _, a := range s.audits {
		list = append(list, a.Name)
	}
	return list
}

func (s *site) apply(t *testing.T, p *tenant.Plan, err error) tenant.Outcome {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	out, err := s.Apply(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func ops(t *testing.T, text string) []isc.PatchOp {
	t.Helper()
	list, err := isc.ParsePatch([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// staff are Ann (both sources), Bob (HR and AD), Carl (HR, VMS, AD).
func staff() map[string][]identity.Account {
	return map[string][]identity.Account{
		"HR": {fixture.AnnHR, fixture.Account("1002", "id=1002", "mail=bob@x", "sn=Bo"), fixture.Account("1003", "id=1003", "mail=carl@x", "sn=Ca")},
		"VMS": {fixture.AnnVMS, fixture.Account("c3", "id=c3", "mail=carl@vms", "sn=Ca", "emp=1003"),
			fixture.Account("c9", "id=c9", "mail=zoe@vms", "sn=Ze", "emp=9")},
		"AD": {fixture.Account("ad2", "emp=1002"), fixture.Account("ad3", "emp=1003"), fixture.Account("svc")},
	}
}

// Case 12 of DECISION 63, and the rest of a profile deletion.
func TestCaseDeleteProfile(t *testing.T) {
	s := newSite(t, fixture.People(10, 20), staff())
	before := s.byAlias(t)
	s.events, s.audits = nil, nil
	p, err := s.PlanDelete(t.Context(), "p-Employees")
	if err != nil {
		t.Fatal(err)
	}
	names := func(list []config.Ref) []string {
		out := []string{}
		for _, r := range list {
			out = append(out, r.Name)
		}
		slices.Sort(out)
		return out
	}
	var moved []string
	for _, r := range p.Reassigned {
		moved = append(moved, r.Identity.Name+" "+r.From+" "+r.To+" "+r.Reason)
	}
	slices.Sort(moved)
	if diff := cmp.Diff([]string{"1001 Employees Contractors PROFILE_DELETED", "1003 Employees Contractors PROFILE_DELETED"}, moved); diff != "" {
		t.Errorf("moved: mismatch (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff([]string{"1002"}, names(p.Deleted)); diff != "" {
		t.Errorf("deleted: mismatch (-want +got)\n%s", diff)
	}
	if len(s.byAlias(t)) != 4 || len(s.events) != 0 {
		t.Fatal("planning has changed something")
	}
	out := s.apply(t, p, nil)
	if out.Status != 202 || out.Task == nil || out.Task.CompletionStatus != "SUCCESS" || out.Task.Launcher != "Admin" || !out.Task.Launched.Equal(fixture.Now) {
		t.Errorf("got %+v %+v", out, out.Task)
	}
	after := s.byAlias(t)
	if after["1002"] != nil || after["1003"].Profile != "Contractors" || after["1003"].ID != before["1003"].ID || after["1003"].Attribute("email").Text() != "carl@vms" {
		t.Errorf("after: %+v", after)
	}
	if diff := cmp.Diff([]string{"AD/ad2", "AD/svc", "HR/1002"}, s.loose(t)); diff != "" {
		t.Errorf("uncorrelated: mismatch (-want +got)\n%s", diff)
	}
	hr := s.Bundle().Source("HR")
	if hr == nil || hr.Node.Get("authoritative").IsTrue() || s.Bundle().Profile("Employees") != nil {
		t.Error("the source is gone or still authoritative, or the profile is still there")
	}
	if got := s.auditNames(); !slices.Contains(got, tenant.AuditProfileDelete) || !slices.Contains(got, tenant.AuditIdentityDelete) {
		t.Errorf("audits %v", got)
	}
	for _, want := range []string{"idn:identity-deleted", "idn:account-uncorrelated", "idn:identity-attributes-changed", "idprofile:profile-moved"} {
		if !slices.Contains(s.eventTypes(), want) {
			t.Errorf("no event %s in %v", want, s.eventTypes())
		}
	}
}

func TestDeleteBlockers(t *testing.T) {
	data := staff()
	c := fixture.People(10, 20)
	s := newSite(t, c, data)
	bob := s.byAlias(t)["1002"]
	c.Sources[1] = strings.Replace(c.Sources[1], `"connector"`, fmt.Sprintf(`"owner":{"id":%q},"connector"`, bob.ID), 1)
	s = newSite(t, c, data)
	p, err := s.PlanDelete(t.Context(), "Employees")
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Blockers) != 1 || p.Blockers[0].Identity.ID != bob.ID || p.Blockers[0].Reason != "it owns source VMS" {
		t.Errorf("got %+v", p.Blockers)
	}
	_, err = s.Apply(t.Context(), p)
	fixture.Refused(t, "delete", err, isc.CodeConflict)
	if s.Bundle().Profile("Employees") == nil || s.byAlias(t)["1002"] == nil {
		t.Error("a blocked plan has changed something")
	}
}

// Bulk delete: nobody is left to take the identities.
func TestBulkDelete(t *testing.T) {
	s := newSite(t, fixture.People(10, 20), staff())
	p, err := s.PlanDelete(t.Context(), "Employees", "Contractors")
	s.apply(t, p, err)
	if len(s.byAlias(t)) != 0 || len(s.Bundle().Profiles) != 0 || len(s.loose(t)) != 9 {
		t.Errorf("%d identities, %d profiles, uncorrelated %v", len(s.byAlias(t)), len(s.Bundle().Profiles), s.loose(t))
	}
	_, err = s.PlanDelete(t.Context(), "Nobody")
	fixture.Refused(t, "unknown", err, isc.CodeNotFound)
}

func TestDeleteTakesManagers(t *testing.T) {
	c := fixture.People(10, 20)
	c.Profiles[1] = fixture.Profile("Contractors", 20, "VMS", "uid=VMS.id", "email=VMS.mail", "lastname=VMS.sn", "manager=VMS.boss")
	c.Sources[1] = strings.Replace(fixture.Source("VMS"), `"connector"`, `"managerCorrelationMapping":{"accountAttributeName":"boss","identityAttributeName":"uid"},"connector"`, 1)
	s := newSite(t, c, map[string][]identity.Account{"HR": {fixture.AnnHR}, "VMS": {fixture.Account("c7", "id=c7", "mail=m", "sn=s", "boss=1001")}})
	if s.byAlias(t)["c7"].ManagerID == "" {
		t.Fatal("there is no manager to take")
	}
	p, err := s.PlanDelete(t.Context(), "Employees")
	s.apply(t, p, err)
	if got := s.byAlias(t)["c7"]; len(p.Unmanaged) != 1 || got.ManagerID != "" || !got.Attribute("manager").IsNull() {
		t.Errorf("plan %v, manager %q %v", p.Unmanaged, got.ManagerID, got.Attribute("manager"))
	}
}

func TestCreateProfile(t *testing.T) {
	schema := `"schemas":[{"name":"account","identityAttribute":"id","displayAttribute":"login","attributes":[{"name":"id"},{"name":"login"},{"name":"E-Mail"},{"name":"family_name"},{"name":"givenName"},{"name":"firstName"},{"name":"cost center"},{"name":"Title"}]}]`
	c := &fixture.Tenant{
		Profiles: fixture.People(10, 20).Profiles,
		Sources:  append(fixture.People(10, 20).Sources, strings.Replace(fixture.Source("New"), `"connector"`, schema+`,"connector"`, 1), `{"id":"s-NE","name":"NE","connector":"non-employee",`+schema+`}`),
	}
	data := staff()
	data["New"] = []identity.Account{fixture.Account("n1", "login=n1")}
	s := newSite(t, c, data)
	body := fixture.Node(t, `{"name":"News","authoritativeSource":{"type":"SOURCE","id":"s-New"},"description":"d","id":"forged","identityCount":99,"custom":{"x":1}}`)
	p, err := s.PlanCreate(t.Context(), body)
	out := s.apply(t, p, err)
	o := out.Object
	if out.Status != 201 || o.Get("id").Text() == "forged" || o.Get("priority").Text() != "30" || !o.Get("identityRefreshRequired").IsTrue() ||
		o.Get("identityCount").Text() != "0" || o.At("custom", "x").Text() != "1" || o.At("owner", "id").Text() != "admin" {
		t.Errorf("got %d %s", out.Status, o.Append(nil))
	}
	var got []string
	for _, m := range s.Bundle().Profile("News").Mappings {
		got = append(got, m.Attribute+"="+m.Definition.Node.At("attributes", "attributeName").Text())
	}
	// givenName and firstName are both candidates for firstname, so it is not mapped
	want := []string{"uid=login", "email=E-Mail", "lastname=family_name", "identificationNumber=id", "title=Title", "costCenter=cost center"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("default mapping: mismatch (-want +got)\n%s", diff)
	}
	prof := s.Bundle().Profile("News")
	if len(prof.States) != 2 || prof.States[0].TechnicalName != "active" || prof.States[1].TechnicalName != "inactive" || prof.States[0].Enabled {
		t.Errorf("states %+v", prof.States)
	}
	if !s.Bundle().Source("New").Node.Get("authoritative").IsTrue() || p.NewIdentities != 1 {
		t.Errorf("authoritative %v, %d new identities", s.Bundle().Source("New").Node.Get("authoritative").IsTrue(), p.NewIdentities)
	}
	if got := config.DefaultMapping(s.Bundle().Source("NE")); len(got.Get("attributeTransforms").Items()) != 0 {
		t.Errorf("a non-employee source got the mapping %s", got.Append(nil))
	}
	s.load(t, map[string][]identity.Account{"New": data["New"]})
	if s.byAlias(t)["n1"] == nil || s.byAlias(t)["n1"].Profile != "News" {
		t.Error("the account of the new source made no identity")
	}
}

func TestCreateRefusals(t *testing.T) {
	schema := `"schemas":[{"name":"account","attributes":[{"name":"id"}]}],"connector"`
	c := fixture.People(10, 20)
	c.Sources = append(c.Sources, strings.Replace(fixture.Source("New"), `"connector"`, schema, 1))
	s := newSite(t, c, nil)
	mappings := func(entries string) string {
		return `{"name":"N","authoritativeSource":{"id":"s-New"},"identityAttributeConfig":{"enabled":true,"attributeTransforms":[` + entries + `]}}`
	}
	read := func(attribute, source, name string) string {
		return fmt.Sprintf(`{"identityAttributeName":%q,"transformDefinition":{"type":"accountAttribute","attributes":{"sourceName":%q,"attributeName":%q}}}`, attribute, source, name)
	}
	tests := []struct {
		name, body string
		code       isc.Code
	}{
		{"no name", `{"authoritativeSource":{"id":"s-New"}}`, isc.CodeRequired},
		{"blank name", `{"name":" ","authoritativeSource":{"id":"s-New"}}`, isc.CodeRequired},
		{"name of another type", `{"name":7,"authoritativeSource":{"id":"s-New"}}`, isc.CodeRequired},
		{"long name", `{"name":"` + strings.Repeat("x", 129) + `","authoritativeSource":{"id":"s-New"}}`, isc.CodeLength},
		{"name in other case", `{"name":"EMPLOYEES","authoritativeSource":{"id":"s-New"}}`, isc.CodeConflict},
		{"no source", `{"name":"N"}`, isc.CodeRequired},
		{"unknown source", `{"name":"N","authoritativeSource":{"id":"zz"}}`, isc.CodeReferenceNotFound},
		{"taken source", `{"name":"N","authoritativeSource":{"id":"s-HR"}}`, isc.CodeConflict},
		{"priority", `{"name":"N","priority":"first","authoritativeSource":{"id":"s-New"}}`, isc.CodeIllegalValue},
		{"no object", `[]`, isc.CodeBadRequest},
		{"unknown account attribute", mappings(read("uid", "New", "nix")), isc.CodeIllegalValue},
		{"unknown source in a mapping", mappings(read("uid", "Nix", "id")), isc.CodeReferenceNotFound},
		{"system attribute", mappings(read("isManager", "New", "id")), isc.CodeIllegalValue},
		{"mapped twice", mappings(read("uid", "New", "id") + "," + read("uid", "New", "id")), isc.CodeIllegalValue},
		{"unknown transform", mappings(`{"identityAttributeName":"uid","transformDefinition":{"type":"reference","attributes":{"id":"Nix"}}}`), isc.CodeReferenceNotFound},
		{"no attribute name", mappings(`{"transformDefinition":null}`), isc.CodeRequired},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := s.PlanCreate(t.Context(), fixture.Node(t, tt.body))
			fixture.Refused(t, "create", err, tt.code)
		})
	}
	if len(s.Bundle().Profiles) != 2 {
		t.Error("a refused profile was created")
	}
}

func TestErrorBody(t *testing.T) {
	_, err := newSite(t, fixture.People(10, 20), nil).PlanCreate(t.Context(), fixture.Node(t, `{}`))
	got, _ := json.Marshal(err)
	want := `{"detailCode":"400.1.0 Required Data Missing Or Empty","trackingId":"track","messages":[{"locale":"en-US","localeOrigin":"DEFAULT","text":"name is missing"}],"causes":[]}`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if err.Error() != "400.1.0 Required Data Missing Or Empty: name is missing" {
		t.Errorf("got %s", err)
	}
}

func TestPatchProfile(t *testing.T) {
	c := fixture.People(10, 20)
	c.Sources = append(c.Sources, fixture.Source("Free"))
	s := newSite(t, c, staff())
	tests := []struct {
		name, ops string
		code      isc.Code
	}{
		{"id", `[{"op":"replace","path":"/id","value":"x"}]`, isc.CodeIllegalUpdate},
		{"created", `[{"op":"add","path":"/created","value":"x"}]`, isc.CodeIllegalUpdate},
		{"modified", `[{"op":"add","path":"/modified","value":"x"}]`, isc.CodeIllegalUpdate},
		{"identityCount", `[{"op":"add","path":"/identityCount","value":1}]`, isc.CodeIllegalUpdate},
		{"identityRefreshRequired", `[{"op":"add","path":"/identityRefreshRequired","value":false}]`, isc.CodeIllegalUpdate},
		{"same value", `[{"op":"replace","path":"/id","value":"p-Employees"}]`, isc.CodeIllegalUpdate},
		{"by move", `[{"op":"move","from":"/id","path":"/description"}]`, isc.CodeIllegalUpdate},
		{"below", `[{"op":"add","path":"/id/x","value":"x"}]`, isc.CodeBadRequest},
		{"whole document", `[{"op":"replace","path":"","value":{"name":"x"}}]`, isc.CodeIllegalUpdate},
		{"source and config", `[{"op":"replace","path":"/authoritativeSource","value":{"type":"SOURCE","id":"s-Free"}},{"op":"replace","path":"/identityAttributeConfig/enabled","value":false}]`, isc.CodeIllegalUpdate},
		{"taken source", `[{"op":"replace","path":"/authoritativeSource","value":{"type":"SOURCE","id":"s-VMS"}}]`, isc.CodeConflict},
		{"failed test", `[{"op":"test","path":"/name","value":"x"},{"op":"replace","path":"/name","value":"y"}]`, isc.CodeBadRequest},
		{"name taken", `[{"op":"replace","path":"/name","value":"contractors"}]`, isc.CodeConflict},
		{"no name", `[{"op":"remove","path":"/name"}]`, isc.CodeRequired},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := s.PlanPatch(t.Context(), "p-Employees", ops(t, tt.ops))
			fixture.Refused(t, "patch", err, tt.code)
		})
	}
	_, err := s.PlanPatch(t.Context(), "nobody", nil)
	fixture.Refused(t, "unknown profile", err, isc.CodeNotFound)

	p, err := s.PlanPatch(t.Context(), "p-Employees", ops(t, `[{"op":"add","path":"/description","value":"new"}]`))
	out := s.apply(t, p, err)
	if out.Object.Get("description").Text() != "new" || len(p.Dirty) != 0 || s.Bundle().Profile("Employees").RefreshRequired {
		t.Errorf("description: %s, dirty %v", out.Object.Append(nil), p.Dirty)
	}
	if out.Object.Get("modified").Text() != "2026-01-15T09:00:00.000Z" {
		t.Errorf("modified %s", out.Object.Get("modified").Text())
	}
	p, err = s.PlanPatch(t.Context(), "p-Employees", ops(t, `[{"op":"remove","path":"/identityAttributeConfig/attributeTransforms/3"}]`))
	s.apply(t, p, err)
	if diff := cmp.Diff([]string{"Employees"}, p.Dirty); diff != "" || s.Bundle().Profile("Employees").Status() != config.StatusNeedsProcessing {
		t.Errorf("unmapped: mismatch (-want +got)\n%s", diff)
	}
	if !slices.Contains(s.auditNames(), tenant.AuditAttributesUpdated) {
		t.Errorf("audits %v", s.auditNames())
	}
}

// A new priority makes the profiles need processing that it passes; processing
// moves people, with their ids.
func TestPatchPriority(t *testing.T) {
	s := newSite(t, fixture.People(10, 20), staff())
	ann := s.byAlias(t)["1001"]
	p, err := s.PlanPatch(t.Context(), "Employees", ops(t, `[{"op":"replace","path":"/priority","value":30}]`))
	s.apply(t, p, err)
	slices.Sort(p.Dirty)
	if diff := cmp.Diff([]string{"Contractors", "Employees"}, p.Dirty); diff != "" {
		t.Errorf("dirty: mismatch (-want +got)\n%s", diff)
	}
	var moves []string
	for _, r := range p.Reassigned {
		moves = append(moves, r.Identity.Name+" "+r.To)
	}
	slices.Sort(moves)
	if diff := cmp.Diff([]string{"1001 Contractors", "1003 Contractors"}, moves); diff != "" {
		t.Errorf("plan: mismatch (-want +got)\n%s", diff)
	}
	if s.byAlias(t)["1001"].Profile != "Employees" {
		t.Error("the change of priority moved somebody before processing")
	}
	stats, err := s.Process(t.Context(), tenant.Selection{Profiles: []string{"Employees"}}, nil)
	if err != nil || stats.Moved != 2 {
		t.Errorf("got %+v, %v", stats, err)
	}
	if got := s.byAlias(t)["1001"]; got.Profile != "Contractors" || got.ID != ann.ID {
		t.Errorf("got %s %s", got.Profile, got.ID)
	}
	if b := s.Bundle(); b.Profile("Employees").RefreshRequired || !b.Profile("Contractors").RefreshRequired {
		t.Error("only the processed profile is Active")
	}
	if !slices.Contains(s.auditNames(), tenant.AuditProcessingPassed) {
		t.Errorf("audits %v", s.auditNames())
	}
	p, err = s.PlanPatch(t.Context(), "Employees", ops(t, `[{"op":"replace","path":"/priority","value":35}]`))
	if err != nil || len(p.Dirty) != 0 {
		t.Errorf("a priority that passes nobody made %v dirty (%v)", p.Dirty, err)
	}
}

func TestPatchSource(t *testing.T) {
	c := fixture.People(10, 20)
	c.Sources = append(c.Sources, fixture.Source("Free"))
	s := newSite(t, c, staff())
	p, err := s.PlanPatch(t.Context(), "Employees", ops(t, `[{"op":"replace","path":"/authoritativeSource","value":{"type":"SOURCE","id":"s-Free"}}]`))
	out := s.apply(t, p, err)
	b := s.Bundle()
	if out.Object.At("authoritativeSource", "name").Text() != "Free" || b.Source("HR").Node.Get("authoritative").IsTrue() || !b.Source("Free").Node.Get("authoritative").IsTrue() {
		t.Errorf("got %s", out.Object.Append(nil))
	}
	if len(p.Orphaned) != 1 || len(p.Reassigned) != 2 || !b.Profile("Employees").RefreshRequired {
		t.Errorf("orphaned %v, reassigned %v", p.Orphaned, p.Reassigned)
	}
}

func TestRenameProfile(t *testing.T) {
	s := newSite(t, fixture.People(10, 20), staff())
	p, err := s.PlanPatch(t.Context(), "Employees", ops(t, `[{"op":"replace","path":"/name","value":"Staff"}]`))
	s.apply(t, p, err)
	if got := s.byAlias(t)["1001"]; got.Profile != "Staff" || len(p.Reassigned) != 0 || len(s.Bundle().Profile("Staff").States) != 1 {
		t.Errorf("got %s, reassigned %v", got.Profile, p.Reassigned)
	}
}

// slowSource waits before its first account.
type slowSource struct {
	identity.Source
	entered, release chan struct{}
}

func (s slowSource) Accounts(ctx context.Context) iter.Seq2[identity.Account, error] {
	return func(yield func(identity.Account, error) bool) {
		close(s.entered)
		<-s.release
		s.Source.Accounts(ctx)(yield)
	}
}

func TestAggregationLock(t *testing.T) {
	s := newSite(t, fixture.People(10, 20), staff())
	ready, err := s.PlanDelete(t.Context(), "Contractors")
	if err != nil {
		t.Fatal(err)
	}
	src := slowSource{feed.Slice("HR", staff()["HR"]...), make(chan struct{}), make(chan struct{})}
	done := make(chan error)
	go func() {
		_, err := s.Aggregate(t.Context(), nil, src)
		done <- err
	}()
	<-src.entered
	if !s.Aggregating() {
		t.Error("the aggregation does not show")
	}
	_, err = s.PlanCreate(t.Context(), fixture.Node(t, `{"name":"N","authoritativeSource":{"id":"s-AD"}}`))
	for what, err := range map[string]error{
		"create": err,
		"delete": second(s.PlanDelete(t.Context(), "Employees")),
		"apply":  second(s.Apply(t.Context(), ready)),
	} {
		if !errors.Is(err, config.ErrAggregationRunning) {
			t.Errorf("%s: got %v", what, err)
		}
	}
	if _, err := s.Process(t.Context(), tenant.Selection{}, nil); !errors.Is(err, config.ErrAggregationRunning) {
		t.Errorf("process: got %v", err)
	}
	close(src.release)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if _, err := s.Apply(t.Context(), ready); !errors.Is(err, config.ErrStale) {
		t.Errorf("a plan from before the aggregation: got %v", err)
	}
	if _, err := s.PlanCreate(t.Context(), fixture.Node(t, `{"name":"N","authoritativeSource":{"id":"s-AD"}}`)); err != nil {
		t.Errorf("after the aggregation: %v", err)
	}
}

func second[T any](_ T, err error) error { return err }

func TestEventsAndRows(t *testing.T) {
	data := staff()
	c := fixture.People(10, 20)
	s := newSite(t, c, data)
	created := 0
	for _, e := range s.events {
		if e.Type() == "idn:identity-created" {
			created++
		}
	}
	last := s.events[len(s.events)-1-created-strings.Count(strings.Join(s.eventTypes(), " "), "account-correlated")]
	if e, ok := last.(tenant.AggregationCompleted); !ok || e.Status != "Success" || e.Stats.Added != 9 || e.Stats.Scanned != 9 {
		t.Errorf("got %+v", last)
	}
	if created != 4 {
		t.Errorf("%d identities created, want 4", created)
	}
	s.events, s.audits = nil, nil
	data["HR"][1] = fixture.Account("1002", "id=1002", "sn=Bo")
	s.load(t, map[string][]identity.Account{"HR": data["HR"]})
	var change tenant.AttributesChanged
	for _, e := range s.events {
		if c, ok := e.(tenant.AttributesChanged); ok {
			change = c
		}
	}
	got, _ := json.Marshal(change)
	want := `{"identity":{"type":"IDENTITY","id":"` + s.byAlias(t)["1002"].ID + `","name":"1002"},"changes":[{"attribute":"email","oldValue":"bob@x","newValue":null}]}`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	rows, err := s.ProfileRows(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	wantRows := []report.ProfileRow{
		{Name: "Employees", Source: "HR", Priority: 10, Identities: 3, Exceptions: 1},
		{Name: "Contractors", Source: "VMS", Priority: 20, Identities: 1},
	}
	if diff := cmp.Diff(wantRows, rows); diff != "" {
		t.Errorf("mismatch (-want +got)\n%s", diff)
	}
	b := s.Bundle()
	if n := b.Profile("Employees").Node; n.Get("identityCount").Text() != "3" || n.Get("identityExceptionReportReference").IsNull() {
		t.Errorf("counts: %s", n.Append(nil))
	}
	if n := b.Profile("Contractors").Node; !n.Get("identityExceptionReportReference").IsNull() {
		t.Error("a profile without exceptions has an exception report")
	}
	s.load(t, map[string][]identity.Account{"HR": {fixture.AnnHR}}) // Bob and Carl lose their account
	if !slices.Contains(s.eventTypes(), "idn:account-uncorrelated") {
		t.Errorf("events %v", s.eventTypes())
	}
}

func TestProcessSelection(t *testing.T) {
	s := newSite(t, fixture.People(10, 20), staff())
	all := s.byAlias(t)
	stats, err := s.Process(t.Context(), tenant.Selection{Identities: []string{all["1001"].ID}}, nil)
	if err != nil || stats.Processed != 1 {
		t.Errorf("one: %+v, %v", stats, err)
	}
	_, err = s.Process(t.Context(), tenant.Selection{Identities: make([]string, 251)}, nil)
	fixture.Refused(t, "251", err, isc.CodeLimit)
	_, err = s.Process(t.Context(), tenant.Selection{Profiles: []string{"Nobody"}}, nil)
	fixture.Refused(t, "unknown", err, isc.CodeNotFound)
	stats, err = s.Process(t.Context(), tenant.Selection{}, nil)
	if err != nil || stats.Processed != 4 {
		t.Errorf("all: %+v, %v", stats, err)
	}
	stats, err = s.Process(t.Context(), tenant.Selection{Scheduled: true}, nil)
	if err != nil || stats.Processed != 0 {
		t.Errorf("scheduled without time based attributes: %+v, %v", stats, err)
	}
}

// The scheduled run takes profiles with time based attributes, and leaves out
// people whose state is inactive for long.
func TestScheduled(t *testing.T) {
	state := `"configuredStates":[{"name":"Active","technicalName":"active","enabled":true},{"name":"Gone","technicalName":"gone","enabled":true,"identityState":"INACTIVE_LONG_TERM"}]`
	timed := fixture.Profile("Timed", 10, "HR", "uid=HR.id", "email=HR.id", "lastname=HR.id", "cloudLifecycleState=HR.state", `day={"type":"reference","attributes":{"id":"Day"}}`)
	timed = strings.Replace(timed, `"configuredStates":[{"name":"Active","technicalName":"active","enabled":true}]`, state, 1)
	c := &fixture.Tenant{
		Profiles: []string{timed, fixture.Profile("Other", 20, "VMS", "uid=VMS.id", "email=VMS.id", "lastname=VMS.id")},
		Sources:  []string{fixture.Source("HR"), fixture.Source("VMS")},
		More: []string{`{"name":"Day","type":"reference","attributes":{"id":"Inner"}}`,
			`{"name":"Inner","type":"dateMath","attributes":{"expression":"now/d"},"requiresPeriodicRefresh":"true"}`},
	}
	s := newSite(t, c, map[string][]identity.Account{
		"HR":  {fixture.Account("1", "id=1", "state=active"), fixture.Account("2", "id=2", "state=gone")},
		"VMS": {fixture.Account("9", "id=9")},
	})
	e, _ := s.Engine()
	if !e.TimeBased("Timed") || e.TimeBased("Other") {
		t.Errorf("time based: %v %v", e.TimeBased("Timed"), e.TimeBased("Other"))
	}
	stats, err := s.Process(t.Context(), tenant.Selection{Scheduled: true}, nil)
	if err != nil || stats.Processed != 1 {
		t.Errorf("got %+v, %v", stats, err)
	}
	stats, err = s.Process(t.Context(), tenant.Selection{Profiles: []string{"Timed"}}, nil)
	if err != nil || stats.Processed != 2 {
		t.Errorf("apply changes: %+v, %v", stats, err)
	}
}

func TestList(t *testing.T) {
	b, _ := config.LoadFile("p.json", []byte(`[{"id":"1","name":"Alpha","identityAttributeConfig":{},"priority":30,"owner":{"id":"o2","name":"Zed"}},{"id":"2","name":"Beta","identityAttributeConfig":{},"priority":10,"owner":{"id":"o1","name":"Amy"}},{"id":"3","name":"Alps, and","identityAttributeConfig":{},"priority":20}]`))
	tests := []struct {
		name  string
		o     config.ListOptions
		want  string
		total int
		code  isc.Code
	}{
		{name: "all", want: "2 3 1", total: 3},
		{name: "sw", o: config.ListOptions{Filters: `name sw "Al"`, Sorters: "name"}, want: "1 3", total: 2},
		{name: "eq and ne", o: config.ListOptions{Filters: `name eq "Beta" and priority ne 30`}, want: "2", total: 1},
		{name: "in", o: config.ListOptions{Filters: `name in ("Alps, and","Beta") and id ne "2"`}, want: "3", total: 1},
		{name: "ge gt le", o: config.ListOptions{Filters: `id ge "2" and id gt "1" and name le "Beta"`}, want: "2 3", total: 2},
		{name: "sorters", o: config.ListOptions{Sorters: "-priority"}, want: "1 3 2", total: 3},
		{name: "two sorters", o: config.ListOptions{Sorters: "owner.name,-id"}, want: "3 2 1", total: 3},
		{name: "page", o: config.ListOptions{Sorters: "id", Limit: 1, Offset: 1}, want: "2", total: 3},
		{name: "past the end", o: config.ListOptions{Offset: 9}, total: 3},
		{name: "limit", o: config.ListOptions{Limit: 251}, code: isc.CodeLimit},
		{name: "offset", o: config.ListOptions{Offset: -1}, code: isc.CodeLimit},
		{name: "sorter", o: config.ListOptions{Sorters: "colour"}, code: isc.CodeIllegalValue},
		{name: "priority gt", o: config.ListOptions{Filters: "priority gt 10"}, code: isc.CodeIllegalValue},
		{name: "unknown field", o: config.ListOptions{Filters: `owner.id eq "x"`}, code: isc.CodeIllegalValue},
		{name: "half", o: config.ListOptions{Filters: `name eq`}, code: isc.CodeIllegalValue},
		{name: "or", o: config.ListOptions{Filters: `name eq "Beta" or id eq "1"`, Sorters: "id"}, want: "1 2", total: 2},
		{name: "not closed", o: config.ListOptions{Filters: `name eq "a`}, code: isc.CodeIllegalValue},
		{name: "list not closed", o: config.ListOptions{Filters: `name in ("a"`}, code: isc.CodeIllegalValue},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			page, total, err := b.List(tt.o)
			if tt.code != "" {
				fixture.Refused(t, "list", err, tt.code)
				return
			}
			var ids []string
			for _, p := range page {
				ids = append(ids, p.ID)
			}
			if err != nil || strings.Join(ids, " ") != tt.want || total != tt.total {
				t.Errorf("got %v of %d (%v), want %s of %d", ids, total, err, tt.want, tt.total)
			}
		})
	}
}

func TestExportImport(t *testing.T) {
	s := newSite(t, fixture.People(10, 20), staff())
	n, err := s.ExportProfiles(`name eq "Employees"`)
	if err != nil || len(n.Items()) != 1 || n.Items()[0].At("self", "type").Text() != "IDENTITY_PROFILE" || n.Items()[0].Get("version").Text() != "1" {
		t.Fatalf("got %s, %v", n.Append(nil), err)
	}
	_, err = s.ExportProfiles(`name sw "E"`)
	fixture.Refused(t, "filter", err, isc.CodeIllegalValue)

	object := n.Items()[0].Get("object")
	object.Set("priority", jsondoc.NewInt(99))
	object.Set("description", jsondoc.NewString("imported"))
	fresh := `{"version":1,"self":{"type":"IDENTITY_PROFILE","name":"Machines"},"object":{"id":"of-another-tenant","name":"Machines","priority":50,"authoritativeSource":{"type":"SOURCE","id":"of-another-tenant","name":"AD"}}}`
	bad := `{"self":{"type":"IDENTITY_PROFILE","name":"Bad"},"object":{"name":"Bad","authoritativeSource":{"name":"Nowhere"}}}`
	other := `{"self":{"type":"SOURCE","name":"X"},"object":{}}`
	array := fmt.Sprintf("[%s,%s,%s,%s]", n.Items()[0].Append(nil), fresh, bad, other)
	p, r, err := s.PlanImport(t.Context(), []byte(array))
	s.apply(t, p, err)
	if len(r.Imported) != 2 || len(r.Infos) != 2 || len(r.Errors) != 1 || len(r.Warnings) != 1 || r.Errors[0].Details["name"] != "Bad" {
		t.Errorf("got %+v", r)
	}
	b := s.Bundle()
	if e := b.Profile("Employees"); e.Priority != 10 || e.Description != "imported" || e.ID != "p-Employees" || !e.RefreshRequired || len(e.States) != 1 {
		t.Errorf("existing: %+v", e)
	}
	if m := b.Profile("Machines"); m == nil || m.Priority != 50 || m.ID == "of-another-tenant" || b.AuthoritativeSource(m).ID != "s-AD" {
		t.Errorf("new: %+v", m)
	}
	body, err := r.JSON()
	if err != nil || !strings.HasPrefix(string(body), `{"infos":[{"key":"IMPORT_DONE","text":"identity profile Employees was updated","details":{"name":"Employees"}}`) {
		t.Errorf("got %s, %v", body, err)
	}
	_, _, err = s.PlanImport(t.Context(), []byte("{"))
	fixture.Refused(t, "no JSON", err, isc.CodeBadRequest)
}
