package profile_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/store"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/internal/fixture"
)

// Each finding has a configuration that gives it and one that does not.
func TestLint(t *testing.T) {
	base := fixture.HR()
	with := func(mappings ...string) *fixture.Tenant {
		return &fixture.Tenant{Profiles: []string{fixture.Profile("P", 10, "HR", append(base[:3:3], mappings...)...)}, Sources: []string{fixture.Source("HR"), fixture.Source("AD")}}
	}
	edit := func(c *fixture.Tenant, f func(c *fixture.Tenant)) *fixture.Tenant { f(c); return c }
	states := func(c *fixture.Tenant) {
		c.Profiles[0] = strings.Replace(c.Profiles[0], `"enabled":true}],`, `"enabled":true,"accessProfileIds":["a"]}],`, 1)
	}
	manager := func(c *fixture.Tenant) {
		c.Sources[0] = strings.Replace(c.Sources[0], `"connector"`, `"managerCorrelationMapping":{"accountAttributeName":"boss","identityAttributeName":"uid"},"connector"`, 1)
	}
	read := func(more string) string {
		return `title={"type":"accountAttribute","attributes":{"sourceName":"HR","attributeName":"t",` + more + `}}`
	}
	clock := func(flag string) func(c *fixture.Tenant) {
		return func(c *fixture.Tenant) {
			c.More = append(c.More, `{"name":"T","type":"dateMath","attributes":{"expression":"now/d"}`+flag+`}`)
		}
	}
	fixed := func(c *fixture.Tenant) {
		c.More = append(c.More, `{"name":"F","type":"upper","attributes":{},"requiresPeriodicRefresh":true}`)
	}
	ref := func(attribute, id string) string {
		return attribute + `={"type":"reference","attributes":{"id":"` + id + `","input":{"type":"accountAttribute","attributes":{"sourceName":"HR","attributeName":"t"}}}}`
	}
	written := func(format string) string {
		return `nextProcessing={"type":"firstValid","attributes":{"values":[{"type":"dateFormat","attributes":{"inputFormat":"yyyy","outputFormat":"` +
			format + `","input":{"type":"accountAttribute","attributes":{"sourceName":"HR","attributeName":"t"}}}}]}}`
	}
	searchable := func(flag string) func(c *fixture.Tenant) {
		return func(c *fixture.Tenant) {
			c.Sources[1] = fixture.Source("AD", "badge=b")
			c.More = append(c.More, `{"name":"badge","searchable":`+flag+`}`)
		}
	}
	many := func(n int) func(c *fixture.Tenant) {
		return func(c *fixture.Tenant) {
			for i := range n {
				c.More = append(c.More, fmt.Sprintf(`{"name":"a%d","searchable":true}`, i))
			}
		}
	}
	tests := []struct {
		code     string
		severity diag.Severity
		bad      *fixture.Tenant
		good     *fixture.Tenant
	}{
		{"lifecycle-unmapped", diag.Warning, edit(with(), states), edit(with("cloudLifecycleState=HR.s"), states)},
		{"manager-unmapped", diag.Warning, edit(with(), manager), edit(with("manager=HR.boss"), manager)},
		{"manager-unmapped", diag.Warning, with("manager=HR.boss"), with()},
		{"manager-trigger", diag.Warning, edit(with("manager=HR.t"), manager), edit(with("manager=HR.boss"), manager)},
		{"manager-trigger", diag.Warning, edit(with(`manager={"type":"lower","attributes":{"input":{"type":"accountAttribute","attributes":{"sourceName":"HR","attributeName":"boss"}}}}`), manager), edit(with(), manager)},
		{"correlation-property", diag.Error, edit(with("manager=HR.boss"), func(c *fixture.Tenant) {
			manager(c)
			c.Sources[0] = strings.Replace(c.Sources[0], `"identityAttributeName":"uid"`, `"identityAttributeName":"employeeNumber"`, 1)
		}), edit(with("manager=HR.boss"), manager)},
		{"next-processing-form", diag.Warning, with(`nextProcessing={"type":"static","attributes":{"value":"2026-01-15"}}`), with(`nextProcessing={"type":"static","attributes":{"value":"2026-01-15T00:00:00Z"}}`)},
		{"next-processing-form", diag.Warning, with(written("yyyy-MM-dd")), with(written("ISO8601"))},
		{"next-processing-form", diag.Warning, with(written("yyyy-MM-dd'T'HH:mm:ssXXX'Z'")), with(written("yyyy-MM-dd'T'HH:mm:ssXXX"))},
		{"phone-not-e164", diag.Info, with("workPhone=HR.p"), edit(with(ref("workPhone", "E")), func(c *fixture.Tenant) {
			c.More = append(c.More, `{"name":"E","type":"reference","attributes":{"id":"E2"}}`, `{"name":"E2","type":"e164phone","attributes":{}}`)
		})},
		{"inline-transform", diag.Warning, with(`title={"type":"upper","attributes":{"input":"x"}}`), with("title=HR.t")},
		{"source-mismatch", diag.Warning, with(read(`"sourceId":"s-AD"`)), with(read(`"sourceId":"s-HR"`))},
		{"source-mismatch", diag.Warning, with(read(`"applicationName":"AD [source]"`)), with(read(`"applicationName":"HR [source]"`))},
		{"source-mismatch", diag.Warning, with(read(`"applicationId":"of another tenant"`)), with(read(`"applicationId":"s-HR"`))},
		{"attribute-system", diag.Warning, with("identityState=HR.s"), with("title=HR.s")},
		{"refresh-missing", diag.Warning, edit(with(ref("day", "T")), clock("")), edit(with(ref("day", "T")), clock(`,"requiresPeriodicRefresh":true`))},
		{"flag-useless", diag.Warning, edit(with(ref("title", "F")), fixed), edit(with(ref("day", "T")), clock(`,"requiresPeriodicRefresh":"true"`))},
		{"flag-useless", diag.Warning, edit(with(ref("title", "F")), fixed), edit(with(ref("day", "W")), func(c *fixture.Tenant) {
			c.More = append(c.More, `{"name":"W","type":"dateMath","requiresPeriodicRefresh":true,"attributes":{"expression":"now+1w/w"}}`)
		})},
		{"correlation-not-searchable", diag.Warning, edit(with("badge=HR.b"), searchable("false")), edit(with("badge=HR.b"), searchable("true"))},
		{"searchable-limit", diag.Warning, edit(with(), many(16)), edit(with(), many(15))},
		{"attribute-name", diag.Warning, edit(with(), func(c *fixture.Tenant) { c.More = append(c.More, `{"name":"e-mail","searchable":false}`) }), edit(with(), many(1))},
		{"lifecycle-state", diag.Warning, edit(with(), func(c *fixture.Tenant) {
			c.Profiles[0] = strings.Replace(c.Profiles[0], `"enabled":true}],`, `"enabled":true,"accountActions":[{"action":"DISABLE"}]}],`, 1)
		}), with()},
		{"priority-mirror", diag.Warning, edit(with(), func(c *fixture.Tenant) {
			c.Sources[0] = strings.Replace(c.Sources[0], `"connector"`, `"connectorAttributes":{"cloudAuthoritativeSourcePrecedence":20},"connector"`, 1)
		}), edit(with(), func(c *fixture.Tenant) {
			c.Sources[0] = strings.Replace(c.Sources[0], `"connector"`, `"connectorAttributes":{"cloudAuthoritativeSourcePrecedence":10},"connector"`, 1)
		})},
		{"attribute-cycle", diag.Warning,
			with(`a={"type":"identityAttribute","attributes":{"name":"b"}}`, `b={"type":"identityAttribute","attributes":{"name":"a"}}`),
			with(`a={"type":"identityAttribute","attributes":{"name":"a"}}`, `b={"type":"identityAttribute","attributes":{"name":"a"}}`)},
		{"attribute-dependency", diag.Info, with(`a={"type":"identityAttribute","attributes":{"name":"uid"}}`), with("a=HR.a")},
		{"required-unmapped", diag.Error, &fixture.Tenant{Profiles: []string{fixture.Profile("P", 10, "HR", "uid=HR.id", "email=HR.m")}, Sources: []string{fixture.Source("HR")}}, with()},
	}
	for i, tt := range tests {
		t.Run(fmt.Sprintf("%d %s", i, tt.code), func(t *testing.T) {
			_, found := tt.bad.Engine(t, profile.Options{})
			if d := find(found, tt.code); d == nil || d.Severity != tt.severity {
				t.Errorf("got %v in %v", d, found)
			}
			_, found = tt.good.Engine(t, profile.Options{})
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
			c := &fixture.Tenant{Profiles: []string{fixture.Profile("P", 10, "HR", fixture.HR(tt.mapping)...)}, Sources: []string{fixture.Source("HR")}, More: tt.more}
			e, _ := c.Engine(t, profile.Options{})
			if got := e.TimeBased("P"); got != tt.want {
				t.Errorf("got %v", got)
			}
		})
	}
}

// Both evaluation orders side by side (case 6 of DECISION 63).
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
		{"independent", fixture.HR(), nil, 1, false},
		{"one step", fixture.HR("firstname=HR.given", concat("displayName", attr("firstname"), `" "`, attr("lastname"))),
			[]profile.OrderDifference{{Attribute: "displayName", Dependency: identity.StringValue("Ann Lee"), Snapshot: identity.StringValue(" ")}}, 2, false},
		{"two steps", fixture.HR(concat("a", attr("b")), concat("b", attr("lastname"))), []profile.OrderDifference{
			{Attribute: "a", Dependency: identity.StringValue("Lee"), Snapshot: identity.StringValue("")},
			{Attribute: "b", Dependency: identity.StringValue("Lee"), Snapshot: identity.StringValue("")}}, 3, false},
		{"grows for ever", fixture.HR(concat("a", attr("a"), `"x"`)), nil, 5, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := &fixture.Tenant{Profiles: []string{fixture.Profile("P", 10, "HR", tt.mappings...)}, Sources: []string{fixture.Source("HR")}}
			e, _ := c.Engine(t, profile.Options{})
			a := fixture.Account("1", "id=1", "mail=m", "sn=Lee", "given=Ann")
			a.Source = "HR"
			got, err := e.NewRun(profile.RunOptions{Now: fixture.Now}).CompareOrders(t.Context(), &identity.Identity{ID: "1", Alias: "1", Accounts: []identity.Account{a}})
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
	c := &fixture.Tenant{Profiles: []string{fixture.Profile("P", 10, "HR", "uid=HR.login", "email=HR.login", "lastname=HR.login")}, Sources: []string{fixture.Source("HR")}}
	e, _ := c.Engine(t, profile.Options{})
	st := store.NewMemory()
	for _, step := range []struct{ login, want string }{
		{"ann", ""}, {"ann", ""}, {"ann ", "uid-space uid-change"}, {"a.nn", "username-chars uid-change"},
	} {
		r := fixture.Aggregate(t, e, st, profile.RunOptions{}, map[string][]identity.Account{"HR": {fixture.Account("1", "login="+step.login)}}).Get(t, "1")
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
