package profile_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/feed"
	"github.com/idprofile/engine/identity/store"
	"github.com/idprofile/engine/profile"
)

var now = time.Date(2026, 1, 15, 9, 0, 0, 0, time.UTC)

// tenant is a small configuration: profiles with plain mappings, and sources.
type tenant struct {
	profiles []string
	sources  []string
	more     []string
}

func (c *tenant) engine(t *testing.T, o profile.Options) (*profile.Engine, diag.List) {
	t.Helper()
	objects := slices.Concat(c.profiles, c.sources, c.more)
	b, found := profile.LoadFile("tenant.json", []byte("["+strings.Join(objects, ",")+"]"))
	e, more := profile.Compile(b, o)
	return e, append(found, more...)
}

// prof returns a profile on a source; mappings are "attribute=Source.attribute" or
// "attribute={transform}".
func prof(name string, priority int, source string, mappings ...string) string {
	var list []string
	for _, m := range mappings {
		attr, def, _ := strings.Cut(m, "=")
		if !strings.HasPrefix(def, "{") {
			src, name, _ := strings.Cut(def, ".")
			def = fmt.Sprintf(`{"type":"accountAttribute","attributes":{"sourceName":%q,"attributeName":%q}}`, src, name)
		}
		list = append(list, fmt.Sprintf(`{"identityAttributeName":%q,"transformDefinition":%s}`, attr, def))
	}
	return fmt.Sprintf(`{"id":"p-%s","name":%q,"priority":%d,"authoritativeSource":{"type":"SOURCE","name":%q},
		"configuredStates":[{"name":"Active","technicalName":"active","enabled":true}],
		"identityAttributeConfig":{"enabled":true,"attributeTransforms":[%s]}}`, name, name, priority, source, strings.Join(list, ","))
}

// src returns a source; criteria are "identityAttribute=accountAttribute".
func src(name string, criteria ...string) string {
	var list []string
	for _, c := range criteria {
		property, value, _ := strings.Cut(c, "=")
		list = append(list, fmt.Sprintf(`{"property":%q,"value":%q,"operation":"EQ"}`, property, value))
	}
	return fmt.Sprintf(`{"id":"s-%s","name":%q,"connector":"delimited","deleteThreshold":0,
		"correlationConfigDetails":{"attributeAssignments":[%s]}}`, name, name, strings.Join(list, ","))
}

func acct(id string, attributes ...string) identity.Account {
	values := map[string]identity.Value{}
	for _, a := range attributes {
		name, v, _ := strings.Cut(a, "=")
		values[name] = identity.StringValue(v)
	}
	return identity.Account{NativeIdentity: id, Attributes: identity.NewAttributes(values)}
}

func at(day int, a identity.Account) identity.Account {
	a.Created = time.Date(2025, 1, day, 0, 0, 0, 0, time.UTC)
	return a
}

type outcome struct {
	byAlias      map[string]*profile.Result
	uncorrelated map[string]profile.Unlinked
	findings     diag.List
	stats        profile.Stats
}

// aggregate runs accounts into a store.
func aggregate(t *testing.T, e *profile.Engine, st identity.Store, o profile.RunOptions, data map[string][]identity.Account) outcome {
	t.Helper()
	out := outcome{byAlias: map[string]*profile.Result{}, uncorrelated: map[string]profile.Unlinked{}}
	o.Now = now
	o.OnFinding = func(d diag.Diagnostic) { out.findings.Add(d) }
	o.OnUncorrelated = func(a identity.Account, u profile.Unlinked) { out.uncorrelated[a.Key().String()] = u }
	var sources []identity.Source
	for _, s := range e.Bundle().Sources {
		if list, ok := data[s.Name]; ok {
			sources = append(sources, feed.Slice(s.Name, list...))
		}
	}
	stats, err := e.Aggregate(t.Context(), st, o, func(r *profile.Result) { out.byAlias[r.Identity.Alias] = r }, sources...)
	if err != nil {
		t.Fatal(err)
	}
	out.stats = stats
	return out
}

func (o outcome) get(t *testing.T, alias string) *profile.Result {
	t.Helper()
	r := o.byAlias[alias]
	if r == nil {
		t.Fatalf("there is no identity %q", alias)
	}
	return r
}

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

func hr(attr ...string) []string {
	return append([]string{"uid=HR.id", "email=HR.mail", "lastname=HR.sn"}, attr...)
}

func people(hrPriority, contractorPriority int) *tenant {
	return &tenant{
		profiles: []string{
			prof("Employees", hrPriority, "HR", "uid=HR.id", "email=HR.mail", "lastname=HR.sn", "number=HR.id"),
			prof("Contractors", contractorPriority, "VMS", "uid=VMS.id", "email=VMS.mail", "lastname=VMS.sn", "number=VMS.emp"),
		},
		sources: []string{src("HR"), src("VMS", "number=emp"), src("AD", "number=emp")},
	}
}

var (
	annHR  = acct("1001", "id=1001", "mail=ann@x", "sn=Lee")
	annVMS = acct("c1", "id=c1", "mail=ann@vms", "sn=Leigh", "emp=1001")
)

// Cases 1 and 2 of identity-profile.md 18.
func TestCaseMoves(t *testing.T) {
	st := store.NewMemory()
	e, _ := people(10, 20).engine(t, profile.Options{})
	first := aggregate(t, e, st, profile.RunOptions{}, map[string][]identity.Account{"HR": {annHR}, "VMS": {annVMS}})
	ann := first.get(t, "1001")
	if ann.Identity.Profile != "Employees" || text(ann, "lastname") != "Lee" || len(ann.Identity.Accounts) != 2 {
		t.Fatalf("got %s %s %v", ann.Identity.Profile, text(ann, "lastname"), ann.Identity.Accounts)
	}

	swapped, _ := people(20, 10).engine(t, profile.Options{})
	after := aggregate(t, swapped, store.NewOverlay(st), profile.RunOptions{}, nil).get(t, "1001")
	if diff := cmp.Diff(&profile.Move{From: "Employees", To: "Contractors", Reason: profile.PriorityChange}, after.Move); diff != "" {
		t.Errorf("swapped priorities: mismatch (-want +got)\n%s", diff)
	}

	removed := aggregate(t, e, st, profile.RunOptions{}, map[string][]identity.Account{"HR": {}}).get(t, "1001")
	if diff := cmp.Diff(&profile.Move{From: "Employees", To: "Contractors", Reason: profile.AccountRemoved}, removed.Move); diff != "" {
		t.Errorf("removed account: mismatch (-want +got)\n%s", diff)
	}
	if text(removed, "lastname") != "Leigh" || removed.Identity.ID != ann.Identity.ID {
		t.Errorf("got lastname %s, id %s", text(removed, "lastname"), removed.Identity.ID)
	}

	gone := aggregate(t, e, st, profile.RunOptions{}, map[string][]identity.Account{"VMS": {}}).get(t, "1001")
	if !gone.Orphaned || gone.Identity.Profile != "Contractors" || gone.Account != (identity.AccountKey{}) {
		t.Errorf("without accounts: orphaned %v, profile %s, account %v", gone.Orphaned, gone.Identity.Profile, gone.Account)
	}
}

// Case 3.
func TestCaseEmailFromUncorrelatedAccount(t *testing.T) {
	c := &tenant{
		profiles: []string{prof("Employees", 10, "HR", "uid=HR.id", "email=AD.mail", "lastname=HR.sn", "number=HR.id")},
		sources:  []string{src("HR"), src("AD", "number=emp")},
	}
	e, _ := c.engine(t, profile.Options{})
	st := store.NewMemory()
	ad := acct("ann", "mail=ann@x", "emp=")
	before := aggregate(t, e, st, profile.RunOptions{}, map[string][]identity.Account{"HR": {annHR}, "AD": {ad}})
	if got := codes(before.get(t, "1001")); got != "MISSING_REQUIRED[email]" {
		t.Errorf("got %q", got)
	}
	ad = acct("ann", "mail=ann@x", "emp=1001")
	after := aggregate(t, e, st, profile.RunOptions{}, map[string][]identity.Account{"AD": {ad}})
	if got := codes(after.get(t, "1001")); got != "" || text(after.get(t, "1001"), "email") != "ann@x" {
		t.Errorf("got %q, email %s", got, text(after.get(t, "1001"), "email"))
	}
}

// Case 4.
func TestCaseDuplicateUID(t *testing.T) {
	c := &tenant{profiles: []string{prof("Employees", 10, "HR", "uid=HR.login", "email=HR.login", "lastname=HR.login")}, sources: []string{src("HR")}}
	e, _ := c.engine(t, profile.Options{})
	out := aggregate(t, e, store.NewMemory(), profile.RunOptions{}, map[string][]identity.Account{"HR": {
		at(1, acct("1001", "login=Jdoe")), at(2, acct("1002", "login=jdoe")),
	}})
	loser, winner := out.get(t, "1002"), out.get(t, "1001")
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
	c := &tenant{profiles: []string{prof("Employees", 10, "HR", "uid=HR.id", "email=HR.id", "lastname=HR.id", "number=HR.number", "phone=HR.phone", first)}, sources: []string{src("HR", "number=number")}}
	e, _ := c.engine(t, profile.Options{})
	out := aggregate(t, e, store.NewMemory(), profile.RunOptions{}, map[string][]identity.Account{"HR": {
		at(2, acct("b", "id=b", "number=7", "phone=1")), at(1, acct("a", "id=a", "number=7")),
	}})
	r := out.get(t, "a")
	if text(r, "phone") != "1" || text(r, "phone2") != "(null)" {
		t.Errorf("phone %s, first link %s", text(r, "phone"), text(r, "phone2"))
	}
}

// Case 6.
func TestCaseEvaluationOrder(t *testing.T) {
	name := `displayName={"type":"concat","attributes":{"values":[{"type":"identityAttribute","attributes":{"name":"firstname"}}," ",{"type":"identityAttribute","attributes":{"name":"lastname"}}]}}`
	c := &tenant{profiles: []string{prof("Employees", 10, "HR", name, "uid=HR.id", "email=HR.id", "firstname=HR.given", "lastname=HR.sn")}, sources: []string{src("HR")}}
	data := map[string][]identity.Account{"HR": {acct("1", "id=1", "given=Ann", "sn=Lee")}}
	e, _ := c.engine(t, profile.Options{})
	if got := text(aggregate(t, e, store.NewMemory(), profile.RunOptions{}, data).get(t, "1"), "displayName"); got != "Ann Lee" {
		t.Errorf("dependency order: got %q", got)
	}
	e, _ = c.engine(t, profile.Options{SnapshotOrder: true})
	st := store.NewMemory()
	if got := text(aggregate(t, e, st, profile.RunOptions{}, data).get(t, "1"), "displayName"); got != " " {
		t.Errorf("snapshot order, first pass: got %q", got)
	}
	if got := text(aggregate(t, e, st, profile.RunOptions{}, data).get(t, "1"), "displayName"); got != "Ann Lee" {
		t.Errorf("snapshot order, second pass: got %q", got)
	}
}

// Case 7.
func TestCaseLifecycleCase(t *testing.T) {
	c := &tenant{profiles: []string{prof("Employees", 10, "HR", hr("cloudLifecycleState=HR.state")...)}, sources: []string{src("HR")}}
	e, _ := c.engine(t, profile.Options{})
	for value, want := range map[string]profile.LifecycleResult{
		"Active": {Value: "Active", Status: profile.LifecycleWrongCase},
		"active": {Value: "active", Status: profile.LifecycleActive, State: "active", Entered: true, FromNull: true},
		"gone":   {Value: "gone", Status: profile.LifecycleNotValid},
		" ":      {Value: " ", Status: profile.LifecycleNotSet},
	} {
		out := aggregate(t, e, store.NewMemory(), profile.RunOptions{}, map[string][]identity.Account{"HR": {acct("1", "id=1", "mail=m", "sn=s", "state="+value)}})
		if diff := cmp.Diff(want, out.get(t, "1").Lifecycle); diff != "" {
			t.Errorf("%q: mismatch (-want +got)\n%s", value, diff)
		}
	}
}

// Cases 8, 9 and 10.
func TestCaseCorrelation(t *testing.T) {
	c := &tenant{
		profiles: []string{prof("Employees", 10, "HR", "uid=HR.id", "email=HR.mail", "lastname=HR.sn", "number=HR.number")},
		sources:  []string{src("HR"), src("AD", "email=mail", "number=emp")},
	}
	e, _ := c.engine(t, profile.Options{})
	blocked := acct("manual", "emp=E002")
	blocked.ManuallyCorrelated = true
	out := aggregate(t, e, store.NewMemory(), profile.RunOptions{}, map[string][]identity.Account{
		"HR": {acct("1", "id=1", "mail=team@x", "sn=A", "number=E001"), acct("2", "id=2", "mail=team@x", "sn=B", "number=E002")},
		"AD": {acct("ad1", "mail=team@x", "emp=E001"), acct("ad2", "mail=none", "emp=E001 "), blocked},
	})
	links := out.get(t, "1").Links
	if want := (profile.Link{Account: identity.AccountKey{Source: "AD", NativeIdentity: "ad1"}, Method: correlate.ByConfig, Criterion: 1, New: true}); !slices.Contains(links, want) {
		t.Errorf("got %v, want %v", links, want)
	}
	want := map[string]profile.Unlinked{"AD/ad2": {Reason: profile.NoMatch}, "AD/manual": {Reason: profile.ManualFlagBlock}}
	if diff := cmp.Diff(want, out.uncorrelated); diff != "" {
		t.Errorf("mismatch (-want +got)\n%s", diff)
	}
}

// Case 11.
func TestCaseManagerTrigger(t *testing.T) {
	source := strings.Replace(src("HR"), `"connector"`, `"managerCorrelationMapping":{"accountAttributeName":"boss","identityAttributeName":"uid"},"connector"`, 1)
	c := &tenant{profiles: []string{prof("Employees", 10, "HR", hr("manager=HR.trigger")...)}, sources: []string{source}}
	e, _ := c.engine(t, profile.Options{})
	out := aggregate(t, e, store.NewMemory(), profile.RunOptions{}, map[string][]identity.Account{"HR": {
		acct("1", "id=1", "mail=m", "sn=s"),
		acct("2", "id=2", "mail=m", "sn=s", "boss=1", "trigger=x"), acct("3", "id=3", "mail=m", "sn=s", "boss=1"),
	}})
	if got := out.get(t, "2").Manager; got.State != profile.ManagerResolved || got.ID != out.get(t, "1").Identity.ID {
		t.Errorf("with trigger: %+v", got)
	}
	if got := out.get(t, "3"); got.Manager.State != "" || text(got, "manager") != "(null)" {
		t.Errorf("without trigger: %+v", got.Manager)
	}
}

// Cases 13, 14 and 15.
func TestCaseValues(t *testing.T) {
	noID := `title={"type":"reference","attributes":{"input":{"type":"accountAttribute","attributes":{"sourceName":"HR","attributeName":"title"}}}}`
	c := &tenant{profiles: []string{prof("Employees", 10, "HR", hr(noID)...)}, sources: []string{src("HR")}}
	e, found := c.engine(t, profile.Options{})
	if !slices.ContainsFunc(found, func(d diag.Diagnostic) bool { return d.Code == "reference-no-id" }) {
		t.Errorf("no finding reference-no-id in %v", found)
	}
	out := aggregate(t, e, store.NewMemory(), profile.RunOptions{}, map[string][]identity.Account{"HR": {acct("a.b(c)", "id=a.b(c)", "mail=not-an-email", "sn=s", "title=Boss")}})
	r := out.get(t, "a.b(c)")
	if codes(r) != "" || len(r.Warnings) != 1 || !strings.Contains(r.Warnings[0], ". ( )") || text(r, "title") != "Boss" {
		t.Errorf("exceptions %q, warnings %q, title %s", codes(r), r.Warnings, text(r, "title"))
	}
}

// An identity that holds a uid keeps it; two can swap.
func TestUIDSwap(t *testing.T) {
	c := &tenant{profiles: []string{prof("Employees", 10, "HR", "uid=HR.login", "email=HR.login", "lastname=HR.login")}, sources: []string{src("HR")}}
	e, _ := c.engine(t, profile.Options{})
	st := store.NewMemory()
	aggregate(t, e, st, profile.RunOptions{}, map[string][]identity.Account{"HR": {acct("1", "login=ann"), acct("2", "login=bob")}})
	out := aggregate(t, e, st, profile.RunOptions{}, map[string][]identity.Account{"HR": {acct("1", "login=bob"), acct("2", "login=ann")}})
	if text(out.get(t, "1"), "uid") != "bob" || text(out.get(t, "2"), "uid") != "ann" {
		t.Errorf("got %s and %s", text(out.get(t, "1"), "uid"), text(out.get(t, "2"), "uid"))
	}
	out = aggregate(t, e, st, profile.RunOptions{}, map[string][]identity.Account{"HR": {acct("1", "login=ann"), acct("2", "login=ann")}})
	if text(out.get(t, "1"), "uid") != "bob" || codes(out.get(t, "1")) != "DUPLICATE_UID[uid]" || text(out.get(t, "2"), "uid") != "ann" {
		t.Errorf("got %s (%s) and %s", text(out.get(t, "1"), "uid"), codes(out.get(t, "1")), text(out.get(t, "2"), "uid"))
	}
}

// A second aggregation of the same data changes nothing.
func TestAggregateTwice(t *testing.T) {
	e, _ := people(10, 20).engine(t, profile.Options{})
	st := store.NewMemory()
	data := map[string][]identity.Account{"HR": {annHR}, "VMS": {annVMS, acct("c2", "id=c2", "mail=m", "sn=s")}, "AD": {acct("ann", "emp=1001"), acct("svc")}}
	first := aggregate(t, e, st, profile.RunOptions{}, data)
	second := aggregate(t, e, st, profile.RunOptions{}, data)
	if first.stats.Added != 5 || first.stats.Saved != 2 {
		t.Errorf("first: %+v", first.stats)
	}
	if diff := cmp.Diff(profile.Stats{Scanned: 5, Unchanged: 5, Uncorrelated: 1, Identities: 2, Evaluated: 2}, second.stats); diff != "" {
		t.Errorf("second: mismatch (-want +got)\n%s", diff)
	}
}
