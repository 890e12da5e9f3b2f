package profile_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/store"
	"github.com/idprofile/engine/profile"
)

// Each finding has a configuration that gives it and one that does not.
func TestLint(t *testing.T) {
	base := hr()
	with := func(mappings ...string) *tenant {
		return &tenant{profiles: []string{prof("P", 10, "HR", append(base[:3:3], mappings...)...)}, sources: []string{src("HR"), src("AD")}}
	}
	edit := func(c *tenant, f func(c *tenant)) *tenant { f(c); return c }
	states := func(c *tenant) {
		c.profiles[0] = strings.Replace(c.profiles[0], `"enabled":true}],`, `"enabled":true,"accessProfileIds":["a"]}],`, 1)
	}
	manager := func(c *tenant) {
		c.sources[0] = strings.Replace(c.sources[0], `"connector"`, `"managerCorrelationMapping":{"accountAttributeName":"boss","identityAttributeName":"uid"},"connector"`, 1)
	}
	read := func(more string) string {
		return `title={"type":"accountAttribute","attributes":{"sourceName":"HR","attributeName":"t",` + more + `}}`
	}
	clock := func(flag string) func(c *tenant) {
		return func(c *tenant) {
			c.more = append(c.more, `{"name":"T","type":"dateMath","attributes":{"expression":"now/d"}`+flag+`}`)
		}
	}
	fixed := func(c *tenant) {
		c.more = append(c.more, `{"name":"F","type":"upper","attributes":{},"requiresPeriodicRefresh":true}`)
	}
	ref := func(attribute, id string) string {
		return attribute + `={"type":"reference","attributes":{"id":"` + id + `","input":{"type":"accountAttribute","attributes":{"sourceName":"HR","attributeName":"t"}}}}`
	}
	searchable := func(flag string) func(c *tenant) {
		return func(c *tenant) {
			c.sources[1] = src("AD", "badge=b")
			c.more = append(c.more, `{"name":"badge","searchable":`+flag+`}`)
		}
	}
	many := func(n int) func(c *tenant) {
		return func(c *tenant) {
			for i := range n {
				c.more = append(c.more, fmt.Sprintf(`{"name":"a%d","searchable":true}`, i))
			}
		}
	}
	tests := []struct {
		code     string
		severity diag.Severity
		bad      *tenant
		good     *tenant
	}{
		{"lifecycle-unmapped", diag.Warning, edit(with(), states), edit(with("cloudLifecycleState=HR.s"), states)},
		{"manager-unmapped", diag.Warning, edit(with(), manager), edit(with("manager=HR.boss"), manager)},
		{"manager-unmapped", diag.Warning, with("manager=HR.boss"), with()},
		{"phone-not-e164", diag.Info, with("workPhone=HR.p"), edit(with(ref("workPhone", "E")), func(c *tenant) {
			c.more = append(c.more, `{"name":"E","type":"reference","attributes":{"id":"E2"}}`, `{"name":"E2","type":"e164phone","attributes":{}}`)
		})},
		{"inline-transform", diag.Warning, with(`title={"type":"upper","attributes":{"input":"x"}}`), with("title=HR.t")},
		{"source-mismatch", diag.Warning, with(read(`"sourceId":"s-AD"`)), with(read(`"sourceId":"s-HR"`))},
		{"source-mismatch", diag.Warning, with(read(`"applicationName":"AD [source]"`)), with(read(`"applicationName":"HR [source]"`))},
		{"source-mismatch", diag.Warning, with(read(`"applicationId":"of another tenant"`)), with(read(`"applicationId":"s-HR"`))},
		{"attribute-system", diag.Warning, with("identityState=HR.s"), with("title=HR.s")},
		{"refresh-missing", diag.Warning, edit(with(ref("day", "T")), clock("")), edit(with(ref("day", "T")), clock(`,"requiresPeriodicRefresh":true`))},
		{"flag-useless", diag.Warning, edit(with(ref("title", "F")), fixed), edit(with(ref("day", "T")), clock(`,"requiresPeriodicRefresh":"true"`))},
		{"correlation-not-searchable", diag.Warning, edit(with("badge=HR.b"), searchable("false")), edit(with("badge=HR.b"), searchable("true"))},
		{"searchable-limit", diag.Warning, edit(with(), many(16)), edit(with(), many(15))},
		{"attribute-name", diag.Warning, edit(with(), func(c *tenant) { c.more = append(c.more, `{"name":"e-mail","searchable":false}`) }), edit(with(), many(1))},
		{"lifecycle-state", diag.Warning, edit(with(), func(c *tenant) {
			c.profiles[0] = strings.Replace(c.profiles[0], `"enabled":true}],`, `"enabled":true,"accountActions":[{"action":"DISABLE"}]}],`, 1)
		}), with()},
		{"priority-mirror", diag.Warning, edit(with(), func(c *tenant) {
			c.sources[0] = strings.Replace(c.sources[0], `"connector"`, `"connectorAttributes":{"cloudAuthoritativeSourcePrecedence":20},"connector"`, 1)
		}), edit(with(), func(c *tenant) {
			c.sources[0] = strings.Replace(c.sources[0], `"connector"`, `"connectorAttributes":{"cloudAuthoritativeSourcePrecedence":10},"connector"`, 1)
		})},
		{"attribute-cycle", diag.Warning,
			with(`a={"type":"identityAttribute","attributes":{"name":"b"}}`, `b={"type":"identityAttribute","attributes":{"name":"a"}}`),
			with(`a={"type":"identityAttribute","attributes":{"name":"a"}}`, `b={"type":"identityAttribute","attributes":{"name":"a"}}`)},
		{"attribute-dependency", diag.Info, with(`a={"type":"identityAttribute","attributes":{"name":"uid"}}`), with("a=HR.a")},
		{"required-unmapped", diag.Error, &tenant{profiles: []string{prof("P", 10, "HR", "uid=HR.id", "email=HR.m")}, sources: []string{src("HR")}}, with()},
	}
	for i, tt := range tests {
		t.Run(fmt.Sprintf("%d %s", i, tt.code), func(t *testing.T) {
			_, found := tt.bad.engine(t, profile.Options{})
			if d := find(found, tt.code); d == nil || d.Severity != tt.severity {
				t.Errorf("got %v in %v", d, found)
			}
			_, found = tt.good.engine(t, profile.Options{})
			if d := find(found, tt.code); d != nil {
				t.Errorf("without cause: %s", d)
			}
		})
	}
}

// Flags in rules and in nested and referenced transforms count.
func TestTimeBased(t *testing.T) {
	rule := `{"self":{"type":"RULE","name":"R"},"object":{"name":"R","sourceCode":{"script":"// @requiresPeriodicRefresh\nreturn 1;"}}}`
	tests := []struct {
		name, mapping string
		more          []string
		want          bool
	}{
		{"nothing", "day=HR.d", nil, false},
		{"rule", `day={"type":"rule","attributes":{"name":"R"}}`, []string{rule}, true},
		{"rule that is not called", "day=HR.d", []string{rule}, false},
		{"inline", `day={"type":"static","attributes":{"value":"x"},"requiresPeriodicRefresh":true}`, nil, true},
		{"inside attributes", `day={"type":"static","attributes":{"value":"x","requiresPeriodicRefresh":"True"}}`, nil, true},
		{"reference", `day={"type":"reference","attributes":{"id":"A"}}`, []string{`{"name":"A","type":"reference","attributes":{"id":"B"}}`, `{"name":"B","type":"static","attributes":{"value":"x"},"requiresPeriodicRefresh":true}`}, true},
		{"false", `day={"type":"static","attributes":{"value":"x"},"requiresPeriodicRefresh":"false"}`, nil, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := &tenant{profiles: []string{prof("P", 10, "HR", hr(tt.mapping)...)}, sources: []string{src("HR")}, more: tt.more}
			e, _ := c.engine(t, profile.Options{})
			if got := e.TimeBased("P"); got != tt.want {
				t.Errorf("got %v", got)
			}
		})
	}
}

// Both evaluation orders side by side (case 6 of identity-profile.md 18).
func TestCompareOrders(t *testing.T) {
	attr := func(name string) string { return `{"type":"identityAttribute","attributes":{"name":"` + name + `"}}` }
	concat := func(name string, parts ...string) string {
		return name + `={"type":"concat","attributes":{"values":[` + strings.Join(parts, ",") + `]}}`
	}
	tests := []struct {
		name      string
		mappings  []string
		want      []profile.OrderDifference
		refreshes int
		unsettled bool
	}{
		{"independent", hr(), nil, 1, false},
		{"one step", hr("firstname=HR.given", concat("displayName", attr("firstname"), `" "`, attr("lastname"))),
			[]profile.OrderDifference{{Attribute: "displayName", Dependency: identity.StringValue("Ann Lee"), Snapshot: identity.StringValue(" ")}}, 2, false},
		{"two steps", hr(concat("a", attr("b")), concat("b", attr("lastname"))), []profile.OrderDifference{
			{Attribute: "a", Dependency: identity.StringValue("Lee"), Snapshot: identity.StringValue("")},
			{Attribute: "b", Dependency: identity.StringValue("Lee"), Snapshot: identity.StringValue("")}}, 3, false},
		{"grows for ever", hr(concat("a", attr("a"), `"x"`)), nil, 5, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := &tenant{profiles: []string{prof("P", 10, "HR", tt.mappings...)}, sources: []string{src("HR")}}
			e, _ := c.engine(t, profile.Options{})
			a := acct("1", "id=1", "mail=m", "sn=Lee", "given=Ann")
			a.Source = "HR"
			got, err := e.NewRun(profile.RunOptions{Now: now}).CompareOrders(t.Context(), &identity.Identity{ID: "1", Alias: "1", Accounts: []identity.Account{a}})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got.Dependent, cmp.Comparer(identity.Value.Equal)); diff != "" {
				t.Errorf("mismatch (-want +got)\n%s", diff)
			}
			if got.Refreshes != tt.refreshes || got.Unsettled != tt.unsettled {
				t.Errorf("%d refreshes, unsettled %v", got.Refreshes, got.Unsettled)
			}
			if found := got.Findings("1"); len(found) != len(tt.want) || len(found) > 0 && (found[0].Code != "attribute-order-dependent" || !strings.Contains(found[0].Message, fmt.Sprint(tt.refreshes))) {
				t.Errorf("findings %v", found)
			}
		})
	}
}

// The uid is watched: characters, blanks and changes.
func TestUIDWarnings(t *testing.T) {
	c := &tenant{profiles: []string{prof("P", 10, "HR", "uid=HR.login", "email=HR.login", "lastname=HR.login")}, sources: []string{src("HR")}}
	e, _ := c.engine(t, profile.Options{})
	st := store.NewMemory()
	for _, step := range []struct{ login, want string }{
		{"ann", ""}, {"ann", ""}, {"ann ", "uid-space uid-change"}, {"a.nn", "username-chars uid-change"},
	} {
		r := aggregate(t, e, st, profile.RunOptions{}, map[string][]identity.Account{"HR": {acct("1", "login="+step.login)}}).get(t, "1")
		var got []string
		for _, w := range r.Warnings {
			code, _, _ := strings.Cut(w, ":")
			got = append(got, code)
		}
		if strings.Join(got, " ") != step.want {
			t.Errorf("%q: got %v, want %s", step.login, r.Warnings, step.want)
		}
	}
}

// The shapes in which the API and the search show an identity.
func TestIdentityView(t *testing.T) {
	b, _ := profile.LoadFile("t.json", []byte("["+strings.Join(append(people(10, 20).profiles, people(10, 20).sources...), ",")+"]"))
	a := acct("1001", "id=1001")
	a.Source, a.Name = "HR", "lee"
	i := &identity.Identity{
		ID: "i1", Alias: "1001", Profile: "Employees", ManagerID: "i2", Accounts: []identity.Account{a}, Created: now, Modified: now,
		Lifecycle: identity.Lifecycle{State: "active"}, ExceptionCodes: []string{profile.MissingRequired},
		Attributes: identity.NewAttributes(map[string]identity.Value{"displayName": identity.StringValue("Ann Lee"), "uid": identity.StringValue("lee"), "groups": identity.StringsValue("a", "b")}),
	}
	v := profile.IdentityView{Bundle: b, LastRefresh: now.Add(time.Hour),
		Manager:   func(id string) *identity.Identity { return &identity.Identity{ID: id, Alias: "boss"} },
		IsManager: func(string) bool { return true }}
	errs := []profile.AttributeError{{Attribute: "email", Err: profile.CodeIllegalValue}}
	const at = `"2026-01-15T09:00:00.000Z"`
	const head = `{"id":"i1","name":"Ann Lee","created":` + at + `,"modified":` + at + `,`
	want := head + `"alias":"1001","emailAddress":null,"processingState":"ERROR","identityStatus":"ERROR",
		"managerRef":{"type":"IDENTITY","id":"i2","name":"boss"},"isManager":true,"lastRefresh":"2026-01-15T10:00:00.000Z",
		"attributes":{"displayName":"Ann Lee","groups":["a","b"],"uid":"lee"},"lifecycleState":{"stateName":"active","manuallyUpdated":false}}`
	equalJSON(t, want, v.Identity(i, errs).Append(nil))
	want = head + `"_type":"identity","displayName":"Ann Lee","firstName":null,"lastName":null,"email":null,"processingState":"OK","processingDetails":null,
		"status":"ERROR","isManager":true,"manager":{"id":"i2","name":"boss"},"identityProfile":{"id":"p-Employees","name":"Employees"},
		"source":{"id":"s-HR","name":"HR"},"attributes":{"displayName":"Ann Lee","groups":["a","b"],"uid":"lee"},
		"accounts":[{"id":null,"name":"lee","accountId":"1001","source":{"id":"s-HR","name":"HR"},"disabled":false,"locked":false,"manuallyCorrelated":false,"created":null}],"accountCount":1}`
	equalJSON(t, want, v.Search(i, nil).Append(nil))
	details := v.Search(i, errs).Get("processingDetails")
	if details.Get("message").Text() != "email: 400.1.3 Illegal value" || details.Get("date").Text() != "2026-01-15T10:00:00.000Z" {
		t.Errorf("got %s", details.Append(nil))
	}
	if diff := cmp.Diff([]string{"email", "lastname"}, profile.Incomplete(i)); diff != "" {
		t.Errorf("mismatch (-want +got)\n%s", diff)
	}
	if n := (profile.IdentityView{}).Search(&identity.Identity{ID: "x", Alias: "x"}, nil); n.Get("identityProfile").IsNull() != true || n.Get("status").Text() != "UNREGISTERED" {
		t.Errorf("got %s", n.Append(nil))
	}
}

func equalJSON(t *testing.T, want string, got []byte) {
	t.Helper()
	var a, b any
	if err := json.Unmarshal([]byte(want), &a); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(got, &b); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(a, b); diff != "" {
		t.Errorf("mismatch (-want +got)\n%s", diff)
	}
}
