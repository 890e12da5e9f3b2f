package profile_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
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
			o := profile.RunOptions{
				Hooks: profile.Hooks{
					OnFinding: func(d diag.Diagnostic) {
						if d.Code == "manager-near" {
							said = append(said, d.Message)
						}
					},
				},
			}
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

// Whoever chooses from parts, in whatever order, chooses what a run does: of equal
// texts the first, and no more than a hundred.
func TestFirstLost(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var all []profile.LostManager
	for i := range 1000 {
		l := profile.LostManager{Attribute: []string{"uid", "number", ""}[r.IntN(3)], Text: fmt.Sprint(r.IntN(120)), Order: fmt.Sprintf("%04d", i), Alias: fmt.Sprint(i)}
		if r.IntN(20) == 0 {
			l.Text = " "
		}
		all = append(all, l)
	}
	r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })

	want := profile.FirstLost(all)
	var parts []profile.LostManager
	for part := range slices.Chunk(slices.Clone(all), 90) {
		parts = append(profile.FirstLost(part), parts...)
	}
	if diff := cmp.Diff(want, profile.FirstLost(parts), cmpopts.IgnoreUnexported(profile.LostManager{})); diff != "" {
		t.Errorf("mismatch (-all +parts):\n%s", diff)
	}

	first := map[[2]string]string{}
	for _, l := range all {
		key := [2]string{l.Attribute, l.Text}
		if order := first[key]; l.Attribute != "" && l.Text != " " && (order == "" || l.Order < order) {
			first[key] = l.Order
		}
	}
	orders := slices.Sorted(maps.Values(first))[:100]
	for i, l := range want {
		if l.Order != orders[i] {
			t.Fatalf("number %d is the look-up of %s, want that of %s", i, l.Order, orders[i])
		}
	}
	if len(want) != 100 {
		t.Errorf("%d are chosen, want 100", len(want))
	}
}

// One character is looked for only where people times texts are few.
func TestNearManagersBound(t *testing.T) {
	lost := []profile.LostManager{{Attribute: "uid", Text: "ann.lee"}, {Attribute: "uid", Text: "bob.poe"}, {Attribute: "mail", Text: "cid@x.example"}}
	for _, tc := range []struct {
		people          int
		attribute, text string
		want            []profile.NearManager
	}{
		{100_000, "uid", "anne.lee", []profile.NearManager{{Lost: 0, How: "one character"}}},
		{100_001, "uid", "anne.lee", nil},
		{100_001, "uid", "ANN LEE", []profile.NearManager{{Lost: 0, How: "case, punctuation"}}},
		{200_000, "mail", "cit@x.example", []profile.NearManager{{Lost: 2, How: "one character"}}},
		{200_001, "mail", "cit@x.example", nil},
		{1, "name", "ann.lee", nil},
		{1, "uid", "", nil},
	} {
		got := profile.NewNearManagers(lost, tc.people).Compare(tc.attribute, tc.text)
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%d people, %s %q: mismatch (-want +got):\n%s", tc.people, tc.attribute, tc.text, diff)
		}
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
		{`{"type":"lookup","attributes":{"table":{"Sales":null,"default":"-"},"input":` + read + `}}`, "Sales", `the entry "Sales" is null`},
		{`{"type":"iso3166","attributes":{"input":` + read + `}}`, "UK", `"UK" is no code of ISO 3166; that of the United Kingdom is GB`},
		{`{"type":"iso3166","attributes":{"input":` + read + `}}`, "GER", `no country has the name or code "GER"`},
		{`{"type":"rfc5646","attributes":{"input":` + read + `}}`, "en", `no language has the name or code "en"`},
		{`{"type":"split","attributes":{"delimiter":"-","index":1,"throws":false,"input":` + read + `}}`, "a", `split at "-" it has no piece 1, and throws is false`},
		{`{"type":"rule","attributes":{"name":"Cloud Services Deployment Utility","operation":"getEndOfString","numChars":"4","input":` + read + `}}`, "abc",
			"it has fewer than 4 characters"},
		{`{"type":"dateFormat","attributes":{"inputFormat":"yyyy-MM-dd","input":` + read + `}}`, "soon", `"soon" is no date written as "yyyy-MM-dd"`},
		{`{"type":"dateFormat","attributes":{"inputFormat":"yyyy-MM-dd","input":` + read + `}}`, "2026-13-45",
			"month 13 is out of range and moves the date on; day 45 is out of range and moves the date on; read as 2027-02-14T00:00:00.000Z"},
		{`{"type":"dateFormat","attributes":{"inputFormat":"dd.MM.yyyy","input":` + read + `}}`, "30.02.2026",
			"day 30 is out of range and moves the date on; read as 2026-03-02T00:00:00.000Z"},
		{`{"type":"dateFormat","attributes":{"inputFormat":"d/M/yy","input":` + read + `}}`, "45/1/26",
			"day 45 is out of range and moves the date on"},
		{`{"type":"dateFormat","attributes":{"inputFormat":"HH:mm:ss.SSSSSS","input":` + read + `}}`, "10:11:12.123456",
			"S counts milliseconds, here 123456 of them; read as 1970-01-01T10:13:15.456Z"},
		{`{"type":"dateFormat","attributes":{"inputFormat":"HH:mm:ss.SSS","input":` + read + `}}`, "10:11:12.123", ""},
		{`{"type":"dateFormat","attributes":{"inputFormat":"hh:mm a","input":` + read + `}}`, "12:30 PM", ""},
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
