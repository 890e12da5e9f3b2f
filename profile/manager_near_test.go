package profile_test

import (
	"strings"
	"testing"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/internal/fixture"
)

// A manager whom nobody is, and somebody nearly is, is said: in the findings of the
// run and in the explanation.
func TestManagerNear(t *testing.T) {
	tenant := &fixture.Tenant{
		Profiles: []string{fixture.Profile("P", 10, "HR", fixture.HR("manager=HR.boss", "place=HR.place")...)},
		Sources: []string{strings.Replace(fixture.Source("HR"), `"connector"`,
			`"managerCorrelationMapping":{"accountAttributeName":"boss","identityAttributeName":"place"},"connector"`, 1)},
	}
	for _, tc := range []struct{ name, boss, place, want string }{
		{"another spelling", "cn=Lee\\2C Ann, ou=People", "CN=Lee\\, Ann,OU=People", "the spelling of one directory name"},
		{"a name of the type", "commonName=Ann,OU=P", "CN=Ann,OU=P", "the spelling of one directory name"},
		{"a zero in front", "0042", "42", "leading zero"},
		{"a blank behind", "42 ", "42", "space"},
		{"an accent", "Jose Nunez", "José Núñez", "accent"},
		{"one character", "ann.lee@x.example", "anne.lee@x.example", "one character"},
		{"nobody near", "4711", "42", ""},
		{"found without case", "ANN", "ann", ""},
		{"found", "42", "42", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			e, _ := tenant.Engine(t, profile.Options{})
			sources := fixture.FeedHR(fixture.Account("1", "id=1", "mail=a", "sn=A", "boss="+tc.boss), fixture.Account("2", "id=2", "mail=b", "sn=B", "place="+tc.place))
			var said []string
			o := profile.RunOptions{OnFinding: func(d diag.Diagnostic) {
				if d.Code == "manager-near" {
					said = append(said, d.Message)
				}
			}}
			trace, err := e.Explain(t.Context(), o, func(r *profile.Result) bool { return r.Identity.Alias == "1" }, []string{"manager"}, sources...)
			if err != nil {
				t.Fatal(err)
			}

			said = append(said, trace.Attributes[0].Note)
			if tc.want == "" {
				if len(said) != 1 || strings.Contains(said[0], "differs") {
					t.Errorf("got %q, want nothing near", said)
				}
				return
			}
			if len(said) != 2 || !strings.HasSuffix(said[0], "differs in "+tc.want) || !strings.HasSuffix(said[1], "differs in "+tc.want) {
				t.Errorf("got %q, want %q in the finding and in the note", said, tc.want)
			}
		})
	}
}

// What reads the lifecycle state is explained as it was in the pass that decided.
func TestExplainLifecycleReaders(t *testing.T) {
	reader := `late={"type":"static","attributes":{"s":{"type":"identityAttribute","attributes":{"name":"cloudLifecycleState"}},"value":"is $s"}}`
	after := `later={"type":"concat","attributes":{"values":[{"type":"identityAttribute","attributes":{"name":"late"}},"!"]}}`
	tenant := &fixture.Tenant{Profiles: []string{fixture.Profile("P", 10, "HR", fixture.HR("cloudLifecycleState=HR.s", reader, after)...)}, Sources: []string{fixture.Source("HR")}}
	e, _ := tenant.Engine(t, profile.Options{})
	trace, err := e.Explain(t.Context(), profile.RunOptions{}, func(*profile.Result) bool { return true }, []string{"late", "later"},
		fixture.FeedHR(fixture.Account("1", "id=1", "mail=a", "sn=A", "s=active"))...)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"is active", "is active!"} {
		a := trace.Attributes[i]
		if a.Value.Text() != want || !a.Result.Equal(a.Value) || a.Error != "" || !strings.Contains(a.Note, `cloudLifecycleState "active"`) {
			t.Errorf("%s: %+v", a.Name, a)
		}
	}
}

// An explanation says why an operation or a filter gave nothing.
func TestExplainWhy(t *testing.T) {
	read := `{"type":"accountAttribute","attributes":{"sourceName":"HR","attributeName":"v"}}`
	for _, tc := range []struct{ mapping, value, want string }{
		{`{"type":"iso3166","attributes":{"input":` + read + `}}`, "Germani", `no country has the name or code "Germani"; the nearest is Germany (DE)`},
		{`{"type":"iso3166","attributes":{"input":` + read + `}}`, "Germany", ""},
		{`{"type":"rfc5646","attributes":{"input":` + read + `}}`, "Frensh", `no language has the name or code "Frensh"; the nearest is French (fr)`},
		{`{"type":"e164phone","attributes":{"input":` + read + `}}`, "12", "it is too short for a number dialled in US"},
		{`{"type":"e164phone","attributes":{"input":` + read + `}}`, "+999 123456", "no country has its country code"},
		{`{"type":"e164phone","attributes":{"input":` + read + `}}`, "none", "it is no number"},
		{`{"type":"e164phone","attributes":{"defaultRegion":"DE","input":` + read + `}}`, "+1 5123462000999", "it is too long for a number with country code +1"},
		{`{"type":"lookup","attributes":{"table":{"Sales":"S","default":"-"},"input":` + read + `}}`, "sales", `no entry is exactly "sales", so the entry default counts; the nearest is "Sales"`},
		{`{"type":"lookup","attributes":{"table":{"Sales":"S"},"input":` + read + `}}`, "sales", `no entry is exactly "sales"; the nearest is "Sales"`},
		{`{"type":"dateFormat","attributes":{"inputFormat":"yyyy-MM-dd","input":` + read + `}}`, "soon", `"soon" is no date written as "yyyy-MM-dd"`},
		{`{"type":"accountAttribute","attributes":{"sourceName":"HR","attributeName":"id","accountPropertyFilter":"(v == \"a\")"}}`, "b",
			`accountPropertyFilter (v == "a") passes none of 1: HR/1 has v "b"`},
	} {
		tenant := &fixture.Tenant{Profiles: []string{fixture.Profile("P", 10, "HR", fixture.HR("x="+tc.mapping)...)}, Sources: []string{fixture.Source("HR")}}
		e, _ := tenant.Engine(t, profile.Options{})
		trace, err := e.Explain(t.Context(), profile.RunOptions{}, func(*profile.Result) bool { return true }, []string{"x"},
			fixture.FeedHR([]identity.Account{fixture.Account("1", "id=1", "mail=a", "sn=A", "v="+tc.value)}...)...)
		if err != nil {
			t.Fatal(err)
		}
		if got := trace.Attributes[0].Step.Reason; got != tc.want {
			t.Errorf("%s of %q: %q, want %q", tc.mapping, tc.value, got, tc.want)
		}
	}
}
