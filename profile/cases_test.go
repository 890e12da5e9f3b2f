package profile_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/store"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/internal/fixture"
)

func text(r *profile.Result, attribute string) string {
	v := r.Identity.Attribute(attribute)
	if v.IsNull() {
		return "(null)"
	}
	return v.Text()
}

func codes(r *profile.Result) string {
	var list []string
	for _, e := range r.Exceptions {
		list = append(list, e.Code+"["+strings.Join(e.Attributes, ";")+"]")
	}
	return strings.Join(list, " ")
}

// Cases 1 and 2 of DECISION 63.
func TestCaseMoves(t *testing.T) {
	st := store.NewMemory()
	e, _ := fixture.People(10, 20).Engine(t, profile.Options{})
	first := fixture.Aggregate(t, e, st, profile.RunOptions{}, map[string][]identity.Account{"HR": {fixture.AnnHR}, "VMS": {fixture.AnnVMS}})
	ann := first.Get(t, "1001")
	if ann.Identity.Profile != "Employees" || text(ann, "lastname") != "Lee" || len(ann.Identity.Accounts) != 2 {
		t.Fatalf("got %s %s %v", ann.Identity.Profile, text(ann, "lastname"), ann.Identity.Accounts)
	}

	swapped, _ := fixture.People(20, 10).Engine(t, profile.Options{})
	after := fixture.Aggregate(t, swapped, store.NewOverlay(st), profile.RunOptions{}, nil).Get(t, "1001")
	if diff := cmp.Diff(&profile.Move{From: "Employees", To: "Contractors", Reason: profile.PriorityChange}, after.Move); diff != "" {
		t.Errorf("swapped priorities: mismatch (-want +got)\n%s", diff)
	}

	removed := fixture.Aggregate(t, e, st, profile.RunOptions{}, map[string][]identity.Account{"HR": {}}).Get(t, "1001")
	if diff := cmp.Diff(&profile.Move{From: "Employees", To: "Contractors", Reason: profile.AccountRemoved}, removed.Move); diff != "" {
		t.Errorf("removed account: mismatch (-want +got)\n%s", diff)
	}
	if text(removed, "lastname") != "Leigh" || removed.Identity.ID != ann.Identity.ID {
		t.Errorf("got lastname %s, id %s", text(removed, "lastname"), removed.Identity.ID)
	}

	gone := fixture.Aggregate(t, e, st, profile.RunOptions{}, map[string][]identity.Account{"VMS": {}}).Get(t, "1001")
	if !gone.Orphaned || gone.Identity.Profile != "Contractors" || gone.Account != (identity.AccountKey{}) {
		t.Errorf("without accounts: orphaned %v, profile %s, account %v", gone.Orphaned, gone.Identity.Profile, gone.Account)
	}
}

// Case 3.
func TestCaseEmailFromUncorrelatedAccount(t *testing.T) {
	c := &fixture.Tenant{
		Profiles: []string{fixture.Profile("Employees", 10, "HR", "uid=HR.id", "email=AD.mail", "lastname=HR.sn", "number=HR.id")},
		Sources:  []string{fixture.Source("HR"), fixture.Source("AD", "number=emp")},
	}
	e, _ := c.Engine(t, profile.Options{})
	st := store.NewMemory()
	ad := fixture.Account("ann", "mail=ann@x", "emp=")
	before := fixture.Aggregate(t, e, st, profile.RunOptions{}, map[string][]identity.Account{"HR": {fixture.AnnHR}, "AD": {ad}})
	if got := codes(before.Get(t, "1001")); got != "MISSING_REQUIRED[email]" {
		t.Errorf("got %q", got)
	}
	ad = fixture.Account("ann", "mail=ann@x", "emp=1001")
	after := fixture.Aggregate(t, e, st, profile.RunOptions{}, map[string][]identity.Account{"AD": {ad}})
	if got := codes(after.Get(t, "1001")); got != "" || text(after.Get(t, "1001"), "email") != "ann@x" {
		t.Errorf("got %q, email %s", got, text(after.Get(t, "1001"), "email"))
	}
}

// Case 4.
func TestCaseDuplicateUID(t *testing.T) {
	c := &fixture.Tenant{Profiles: []string{fixture.Profile("Employees", 10, "HR", "uid=HR.login", "email=HR.login", "lastname=HR.login")}, Sources: []string{fixture.Source("HR")}}
	e, _ := c.Engine(t, profile.Options{})
	out := fixture.Aggregate(t, e, store.NewMemory(), profile.RunOptions{}, map[string][]identity.Account{"HR": {
		fixture.At(1, fixture.Account("1001", "login=Jdoe")), fixture.At(2, fixture.Account("1002", "login=jdoe")),
	}})
	loser, winner := out.Get(t, "1002"), out.Get(t, "1001")
	if codes(loser) != "DUPLICATE_UID[uid]" || loser.Exceptions[0].Conflicting != winner.Identity.ID || text(loser, "uid") != "(null)" {
		t.Errorf("loser: %s %v, uid %s", codes(loser), loser.Exceptions, text(loser, "uid"))
	}
	if codes(winner) != "" || text(winner, "uid") != "Jdoe" {
		t.Errorf("winner: %s, uid %s", codes(winner), text(winner, "uid"))
	}
}

// Case 5.
func TestCaseOldestNull(t *testing.T) {
	first := `phone2={"type":"accountAttribute","attributes":{"sourceName":"HR","attributeName":"phone","accountReturnFirstLink":true}}`
	c := &fixture.Tenant{Profiles: []string{fixture.Profile("Employees", 10, "HR", "uid=HR.id", "email=HR.id", "lastname=HR.id", "number=HR.number", "phone=HR.phone", first)}, Sources: []string{fixture.Source("HR", "number=number")}}
	e, _ := c.Engine(t, profile.Options{})
	out := fixture.Aggregate(t, e, store.NewMemory(), profile.RunOptions{}, map[string][]identity.Account{"HR": {
		fixture.At(2, fixture.Account("b", "id=b", "number=7", "phone=1")), fixture.At(1, fixture.Account("a", "id=a", "number=7")),
	}})
	r := out.Get(t, "a")
	if text(r, "phone") != "1" || text(r, "phone2") != "(null)" {
		t.Errorf("phone %s, first link %s", text(r, "phone"), text(r, "phone2"))
	}
}

// Case 6.
func TestCaseEvaluationOrder(t *testing.T) {
	name := `displayName={"type":"concat","attributes":{"values":[{"type":"identityAttribute","attributes":{"name":"firstname"}}," ",{"type":"identityAttribute","attributes":{"name":"lastname"}}]}}`
	c := &fixture.Tenant{Profiles: []string{fixture.Profile("Employees", 10, "HR", name, "uid=HR.id", "email=HR.id", "firstname=HR.given", "lastname=HR.sn")}, Sources: []string{fixture.Source("HR")}}
	data := map[string][]identity.Account{"HR": {fixture.Account("1", "id=1", "given=Ann", "sn=Lee")}}
	e, _ := c.Engine(t, profile.Options{})
	if got := text(fixture.Aggregate(t, e, store.NewMemory(), profile.RunOptions{}, data).Get(t, "1"), "displayName"); got != "Ann Lee" {
		t.Errorf("dependency order: got %q", got)
	}
	e, _ = c.Engine(t, profile.Options{SnapshotOrder: true})
	st := store.NewMemory()
	if got := text(fixture.Aggregate(t, e, st, profile.RunOptions{}, data).Get(t, "1"), "displayName"); got != " " {
		t.Errorf("snapshot order, first pass: got %q", got)
	}
	if got := text(fixture.Aggregate(t, e, st, profile.RunOptions{}, data).Get(t, "1"), "displayName"); got != "Ann Lee" {
		t.Errorf("snapshot order, second pass: got %q", got)
	}
}

// Case 7.
func TestCaseLifecycleCase(t *testing.T) {
	c := &fixture.Tenant{Profiles: []string{fixture.Profile("Employees", 10, "HR", fixture.HR("cloudLifecycleState=HR.state")...)}, Sources: []string{fixture.Source("HR")}}
	e, _ := c.Engine(t, profile.Options{})
	for value, want := range map[string]profile.LifecycleResult{
		"Active": {Value: "Active", Status: profile.LifecycleWrongCase},
		"active": {Value: "active", Status: profile.LifecycleActive, State: "active", Entered: true, FromNull: true},
		"gone":   {Value: "gone", Status: profile.LifecycleNotValid},
		" ":      {Value: " ", Status: profile.LifecycleNotSet},
	} {
		out := fixture.Aggregate(t, e, store.NewMemory(), profile.RunOptions{}, map[string][]identity.Account{"HR": {fixture.Account("1", "id=1", "mail=m", "sn=s", "state="+value)}})
		if diff := cmp.Diff(want, out.Get(t, "1").Lifecycle); diff != "" {
			t.Errorf("%q: mismatch (-want +got)\n%s", value, diff)
		}
	}
}

// Cases 8, 9 and 10.
func TestCaseCorrelation(t *testing.T) {
	c := &fixture.Tenant{
		Profiles: []string{fixture.Profile("Employees", 10, "HR", "uid=HR.id", "email=HR.mail", "lastname=HR.sn", "number=HR.number")},
		Sources:  []string{fixture.Source("HR"), fixture.Source("AD", "email=mail", "number=emp")},
	}
	e, _ := c.Engine(t, profile.Options{})
	blocked := fixture.Account("manual", "emp=E002")
	blocked.ManuallyCorrelated = true
	out := fixture.Aggregate(t, e, store.NewMemory(), profile.RunOptions{}, map[string][]identity.Account{
		"HR": {fixture.Account("1", "id=1", "mail=team@x", "sn=A", "number=E001"), fixture.Account("2", "id=2", "mail=team@x", "sn=B", "number=E002")},
		"AD": {fixture.Account("ad1", "mail=team@x", "emp=E001"), fixture.Account("ad2", "mail=none", "emp=E001 "), blocked},
	})
	links := out.Get(t, "1").Links
	if want := (profile.Link{Account: identity.AccountKey{Source: "AD", NativeIdentity: "ad1"}, Method: correlate.ByConfig, Criterion: 1, New: true}); !slices.Contains(links, want) {
		t.Errorf("got %v, want %v", links, want)
	}
	want := map[string]profile.Unlinked{"AD/ad2": {Reason: profile.NoMatch}, "AD/manual": {Reason: profile.ManualFlagBlock}}
	if diff := cmp.Diff(want, out.Uncorrelated); diff != "" {
		t.Errorf("mismatch (-want +got)\n%s", diff)
	}
}

// Case 11.
func TestCaseManagerTrigger(t *testing.T) {
	source := strings.Replace(fixture.Source("HR"), `"connector"`, `"managerCorrelationMapping":{"accountAttributeName":"boss","identityAttributeName":"uid"},"connector"`, 1)
	c := &fixture.Tenant{Profiles: []string{fixture.Profile("Employees", 10, "HR", fixture.HR("manager=HR.trigger")...)}, Sources: []string{source}}
	e, _ := c.Engine(t, profile.Options{})
	out := fixture.Aggregate(t, e, store.NewMemory(), profile.RunOptions{}, map[string][]identity.Account{"HR": {
		fixture.Account("1", "id=1", "mail=m", "sn=s"),
		fixture.Account("2", "id=2", "mail=m", "sn=s", "boss=1", "trigger=x"), fixture.Account("3", "id=3", "mail=m", "sn=s", "boss=1"),
	}})
	if got := out.Get(t, "2").Manager; got.State != profile.ManagerResolved || got.ID != out.Get(t, "1").Identity.ID {
		t.Errorf("with trigger: %+v", got)
	}
	if got := out.Get(t, "3"); got.Manager.State != "" || text(got, "manager") != "(null)" {
		t.Errorf("without trigger: %+v", got.Manager)
	}
}

// Cases 13, 14 and 15.
func TestCaseValues(t *testing.T) {
	noID := `title={"type":"reference","attributes":{"input":{"type":"accountAttribute","attributes":{"sourceName":"HR","attributeName":"title"}}}}`
	c := &fixture.Tenant{Profiles: []string{fixture.Profile("Employees", 10, "HR", fixture.HR(noID)...)}, Sources: []string{fixture.Source("HR")}}
	e, found := c.Engine(t, profile.Options{})
	if !slices.ContainsFunc(found, func(d diag.Diagnostic) bool { return d.Code == "reference-no-id" }) {
		t.Errorf("no finding reference-no-id in %v", found)
	}
	out := fixture.Aggregate(t, e, store.NewMemory(), profile.RunOptions{}, map[string][]identity.Account{"HR": {fixture.Account("a.b(c)", "id=a.b(c)", "mail=not-an-email", "sn=s", "title=Boss")}})
	r := out.Get(t, "a.b(c)")
	if codes(r) != "" || len(r.Warnings) != 1 || !strings.Contains(r.Warnings[0], ". ( )") || text(r, "title") != "Boss" {
		t.Errorf("exceptions %q, warnings %q, title %s", codes(r), r.Warnings, text(r, "title"))
	}
}

// An identity that holds a uid keeps it; two can swap.
func TestUIDSwap(t *testing.T) {
	c := &fixture.Tenant{Profiles: []string{fixture.Profile("Employees", 10, "HR", "uid=HR.login", "email=HR.login", "lastname=HR.login")}, Sources: []string{fixture.Source("HR")}}
	e, _ := c.Engine(t, profile.Options{})
	st := store.NewMemory()
	fixture.Aggregate(t, e, st, profile.RunOptions{}, map[string][]identity.Account{"HR": {fixture.Account("1", "login=ann"), fixture.Account("2", "login=bob")}})
	out := fixture.Aggregate(t, e, st, profile.RunOptions{}, map[string][]identity.Account{"HR": {fixture.Account("1", "login=bob"), fixture.Account("2", "login=ann")}})
	if text(out.Get(t, "1"), "uid") != "bob" || text(out.Get(t, "2"), "uid") != "ann" {
		t.Errorf("got %s and %s", text(out.Get(t, "1"), "uid"), text(out.Get(t, "2"), "uid"))
	}
	out = fixture.Aggregate(t, e, st, profile.RunOptions{}, map[string][]identity.Account{"HR": {fixture.Account("1", "login=ann"), fixture.Account("2", "login=ann")}})
	if text(out.Get(t, "1"), "uid") != "bob" || codes(out.Get(t, "1")) != "DUPLICATE_UID[uid]" || text(out.Get(t, "2"), "uid") != "ann" {
		t.Errorf("got %s (%s) and %s", text(out.Get(t, "1"), "uid"), codes(out.Get(t, "1")), text(out.Get(t, "2"), "uid"))
	}
}

// A second aggregation of the same data changes nothing.
func TestAggregateTwice(t *testing.T) {
	e, _ := fixture.People(10, 20).Engine(t, profile.Options{})
	st := store.NewMemory()
	data := map[string][]identity.Account{"HR": {fixture.AnnHR}, "VMS": {fixture.AnnVMS, fixture.Account("c2", "id=c2", "mail=m", "sn=s")}, "AD": {fixture.Account("ann", "emp=1001"), fixture.Account("svc")}}
	first := fixture.Aggregate(t, e, st, profile.RunOptions{}, data)
	second := fixture.Aggregate(t, e, st, profile.RunOptions{}, data)
	if first.Stats.Added != 5 || first.Stats.Saved != 2 {
		t.Errorf("first: %+v", first.Stats)
	}
	if diff := cmp.Diff(profile.Stats{Scanned: 5, Unchanged: 5, Uncorrelated: 1, Identities: 2, Evaluated: 2}, second.Stats); diff != "" {
		t.Errorf("second: mismatch (-want +got)\n%s", diff)
	}
}

// TestManagerStatus: whether one is a manager follows from the others, and is known in
// the first run.
func TestManagerStatus(t *testing.T) {
	source := strings.Replace(fixture.Source("HR"), `"connector"`, `"managerCorrelationMapping":{"accountAttributeName":"boss","identityAttributeName":"uid"},"connector"`, 1)
	status := `status={"type":"static","attributes":{"value":"$identity.managerStatus"}}`
	c := &fixture.Tenant{Profiles: []string{fixture.Profile("Employees", 10, "HR", "uid=HR.uid", "email=HR.uid", "lastname=HR.uid", "manager=HR.boss", status)}, Sources: []string{source}}
	e, _ := c.Engine(t, profile.Options{})
	out := fixture.Aggregate(t, e, store.NewMemory(), profile.RunOptions{}, map[string][]identity.Account{"HR": {
		fixture.Account("1", "uid=ann"), fixture.Account("2", "uid=bob", "boss=ann"),
	}})
	for alias, want := range map[string]string{"1": "true", "2": "false"} {
		if got := out.Get(t, alias).Identity.Attribute("status").Text(); got != want {
			t.Errorf("%s: got %s, want %s", alias, got, want)
		}
	}
}
