package preview_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/feed"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/preview"
)

var now = time.Date(2026, 1, 15, 9, 0, 0, 0, time.UTC)

// small is a configuration of one profile on the source HR; a second source AD
// correlates by number. Mappings are "attribute=accountAttribute" or
// "attribute={transform}".
func small(t testing.TB, mappings ...string) *config.Bundle {
	t.Helper()
	var list []string
	for _, m := range mappings {
		name, def, _ := strings.Cut(m, "=")
		if !strings.HasPrefix(def, "{") {
			def = fmt.Sprintf(`{"type":"accountAttribute","attributes":{"sourceName":"HR","attributeName":%q}}`, def)
		}
		list = append(list, fmt.Sprintf(`{"identityAttributeName":%q,"transformDefinition":%s}`, name, def))
	}
	b, found := config.LoadFile("tenant.json", fmt.Appendf(nil, `[
{"id":"p1","name":"Employees","priority":10,"authoritativeSource":{"type":"SOURCE","name":"HR"},
 "identityAttributeConfig":{"enabled":true,"attributeTransforms":[%s]}},
{"id":"s1","name":"HR","connector":"delimited","deleteThreshold":0},
{"id":"s2","name":"AD","connector":"delimited","deleteThreshold":0,"correlationConfigDetails":{"attributeAssignments":[{"property":"number","value":"number","operation":"EQ"}]}}]`,
		strings.Join(list, ",")))
	if found.HasErrors() {
		t.Fatal(found)
	}
	return b
}

func account(id string, attributes ...string) identity.Account {
	values := map[string]identity.Value{"id": identity.StringValue(id)}
	for _, a := range attributes {
		name, v, _ := strings.Cut(a, "=")
		values[name] = identity.StringValue(v)
	}
	return identity.Account{NativeIdentity: id, Attributes: identity.NewAttributes(values)}
}

var base = []string{"uid=id", "email=mail", "lastname=sn", "number=id"}

func with(more ...string) []string { return append(append([]string(nil), base...), more...) }

var people = feed.Slice("HR", account("1", "mail=ann@x", "sn=Lee", "town=Rome"), account("2", "mail=bob@x", "sn=Fox", "town=Oslo"), account("3", "mail=cy@x", "sn=Day"))

func run(t testing.TB, before, after *config.Bundle, o preview.Options, sources ...identity.Source) *preview.Report {
	t.Helper()
	o.People, o.Run.Now = true, now
	r, err := preview.Compare(t.Context(), before, after, o, sources...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Random values and generated unique ones are the same on both sides.
func TestUnchangedRandom(t *testing.T) {
	mappings := with(`key={"type":"uuid"}`, `code={"type":"randomAlphaNumeric","attributes":{"length":"12"}}`, `pin={"type":"randomNumeric","attributes":{"length":"6"}}`,
		`login={"type":"usernameGenerator","attributes":{"patterns":["${x}","${x}${uniqueCounter}"],"x":"same"}}`)
	for _, full := range []bool{false, true} {
		r := run(t, small(t, mappings...), small(t, mappings...), preview.Options{Full: full}, people)
		if !r.Empty() || r.Totals.After != 3 {
			t.Errorf("full %v: %+v", full, r.Totals)
		}
	}
	// one more mapping must not disturb the random values of the others
	r := run(t, small(t, mappings...), small(t, append(mappings, "town=town")...), preview.Options{Full: true}, people)
	if r.Totals.Changes[preview.Set] != 2 || r.Totals.People != 2 {
		t.Errorf("with another mapping: %+v", r.Totals)
	}
}

func TestChanges(t *testing.T) {
	upper := `{"type":"upper","attributes":{"input":{"type":"accountAttribute","attributes":{"sourceName":"HR","attributeName":"town"}}}}`
	fails := `{"type":"lookup","attributes":{"table":{"Rome":"IT"},"input":{"type":"accountAttribute","attributes":{"sourceName":"HR","attributeName":"town"}}}}`
	for _, tc := range []struct {
		name          string
		before, after []string
		want          string // kind attribute count, of each group
		evaluated     string
	}{
		{name: "set", before: with(), after: with("town=town"), want: "set town 2", evaluated: "town"},
		{name: "cleared", before: with("town=town"), after: with(), want: "cleared town 2", evaluated: "all"},
		{name: "case", before: with("town=town"), after: with("town=" + upper), want: "changed town 2 letter case", evaluated: "town"},
		{name: "error", before: with("town=town"), after: with("town=" + fails), want: "error-appeared town 2 lookup: no match; changed town 1 another value", evaluated: "town"},
		{name: "missing", before: base, after: []string{"uid=id", "email=nothing", "lastname=sn", "number=id"},
			want: "exception-new email 3 MISSING_REQUIRED; cleared email 3", evaluated: "email"},
		{name: "resolved", before: []string{"uid=id", "email=nothing", "lastname=sn", "number=id"}, after: base,
			want: "exception-resolved email 3 MISSING_REQUIRED; set email 3", evaluated: "email"},
		{name: "uid", before: base, after: []string{"uid=sn", "email=mail", "lastname=sn", "number=id"}, want: "uid-changed uid 3 another value", evaluated: "all"},
		{name: "collision", before: base, after: []string{`uid={"type":"static","attributes":{"value":"same"}}`, "email=mail", "lastname=sn", "number=id"},
			want: "exception-new uid 2 DUPLICATE_UID; uid-changed uid 1 another value; cleared uid 2", evaluated: "all"},
		{name: "readers", before: with("town=town", `place={"type":"identityAttribute","attributes":{"name":"town"}}`),
			after: with("town="+upper, `place={"type":"identityAttribute","attributes":{"name":"town"}}`), want: "changed place 2 letter case; changed town 2 letter case", evaluated: "place, town"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := run(t, small(t, tc.before...), small(t, tc.after...), preview.Options{}, people)
			var groups []string
			for _, g := range r.Groups {
				groups = append(groups, strings.TrimSpace(fmt.Sprint(g.Kind, " ", g.Attribute, " ", g.Count, " ", g.Pattern)))
				if len(g.Causes) == 0 {
					t.Errorf("%s %s has no cause", g.Kind, g.Attribute)
				}
			}
			if got := strings.Join(groups, "; "); got != tc.want || r.Evaluated != tc.evaluated {
				t.Errorf("got %s, evaluated %s\nwant %s, evaluated %s", got, r.Evaluated, tc.want, tc.evaluated)
			}
		})
	}
}

// An account that goes from one person to another is seen from both.
func TestAccountMoves(t *testing.T) {
	swapped := []string{"uid=id", "email=mail", "lastname=sn", `number={"type":"lookup","attributes":{"table":{"1":"2","2":"1","default":"3"},"input":{"type":"accountAttribute","attributes":{"sourceName":"HR","attributeName":"id"}}}}`}
	ad := feed.Slice("AD", account("a", "number=1"), account("b", "number=9"))
	r := run(t, small(t, base...), small(t, swapped...), preview.Options{}, people, ad)
	n := r.Totals.Changes
	if n[preview.AccountMovedIn] != 1 || n[preview.AccountMovedOut] != 1 || n[preview.AccountLinked] != 0 || n[preview.Changed] != 2 {
		t.Errorf("got %v", n)
	}
	for _, g := range r.Groups {
		if g.Kind == preview.AccountMovedIn && (g.Examples[0].Name != "2" || g.Examples[0].Before.Text() != "1" || len(g.Causes) != 1) {
			t.Errorf("moved in: %+v", g)
		}
	}
}

// Other accounts are a change like any other; people are the same by their id.
func TestOtherAccounts(t *testing.T) {
	later := feed.Slice("HR", account("2", "mail=bob@y", "sn=Fox", "town=Oslo"), account("3", "sn=Day"), account("4", "mail=di@x", "sn=Orr"))
	r := run(t, small(t, with("town=town")...), small(t, with("town=town")...), preview.Options{AfterSources: []identity.Source{later}}, people)
	want := map[preview.Kind]int{preview.Removed: 1, preview.Created: 1, preview.Changed: 1, preview.Cleared: 1, preview.ExceptionNew: 1, preview.AccountLinked: 1, preview.AccountUnlinked: 1}
	if fmt.Sprint(r.Totals.Changes) != fmt.Sprint(want) || len(r.Causes) != 0 || len(r.Notes) != 1 {
		t.Errorf("got %v, causes %v, notes %v", r.Totals.Changes, r.Causes, r.Notes)
	}
}

func TestCauses(t *testing.T) {
	for _, tc := range []struct {
		name          string
		before, after string
		want          string
	}{
		{"value", `{"name":"T","type":"static","attributes":{"value":"a"}}`, `{"name":"T","type":"static","attributes":{"value":"b"}}`,
			`transform "T" changed: after.json:1:51  attributes.value: "a" → "b"`},
		{"id", `{"id":"1","name":"T","type":"trim"}`, `{"id":"2","name":"T","type":"trim"}`, ``},
		{"new", `[]`, `{"name":"T","type":"trim"}`, `transform "T" added: after.json:1:1  added {"name":"T","type":"trim"}`},
		{"wrapped", `{"name":"T","type":"concat","attributes":{"values":[{"type":"trim","attributes":{}}]}}`,
			`{"name":"T","type":"concat","attributes":{"values":[{"type":"upper","attributes":{"input":{"type":"trim","attributes":{}}}}]}}`,
			`transform "T" changed: after.json:1:53  attributes.values[0]: now wrapped in {"type":"upper","attributes":{}}`},
		{"items", `{"name":"T","type":"concat","attributes":{"values":["a","b","c"]}}`, `{"name":"T","type":"concat","attributes":{"values":["a","c"]}}`,
			`transform "T" changed: was at before.json:1:57  attributes.values[1]: removed "b"`},
		{"priority", `{"name":"P","priority":10,"identityAttributeConfig":{"enabled":true}}`, `{"name":"P","priority":20,"identityAttributeConfig":{"enabled":false}}`,
			`profile "P" changed: after.json:1:24  priority: 10 → 20; after.json:1:64  identityAttributeConfig.enabled: true → false`},
		{"profile", `[]`, `{"name":"P","priority":10,"identityAttributeConfig":{"enabled":true}}`, `profile "P" added: after.json:1:1  profile: added "P"`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			before, _ := config.LoadFile("before.json", []byte(tc.before))
			after, _ := config.LoadFile("after.json", []byte(tc.after))
			var got []string
			for _, c := range preview.Causes(before, after) {
				var places []string
				for i := range c.Places {
					places = append(places, preview.Line(&c.Places[i]))
				}
				title, _, _ := strings.Cut(c.String(), " (")
				got = append(got, title+": "+strings.Join(places, "; "))
			}
			if s := strings.Join(got, "\n"); s != tc.want {
				t.Errorf("got  %s\nwant %s", s, tc.want)
			}
		})
	}
}
