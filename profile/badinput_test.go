package profile_test

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/feed"
	"github.com/idprofile/engine/identity/store"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/internal/fixture"
)

func find(found diag.List, code string) *diag.Diagnostic {
	for i := range found {
		if string(found[i].Code) == code {
			return &found[i]
		}
	}
	return nil
}

// The rows of DECISION 61 that are about configuration.
func TestBadConfiguration(t *testing.T) {
	one := func(mapping string) string {
		return `{"name":"P","priority":10,"authoritativeSource":{"name":"HR"},"identityAttributeConfig":{"enabled":true,"attributeTransforms":[
			{"identityAttributeName":"uid","transformDefinition":{"type":"accountAttribute","attributes":{"sourceName":"HR","attributeName":"id"}}},` + mapping + `]}}`
	}
	mapping := func(attribute, def string) string {
		return one(`{"identityAttributeName":"` + attribute + `","transformDefinition":` + def + `}`)
	}
	source := `{"id":"s-HR","name":"HR","connector":"x","schemas":[{"name":"account","attributes":[{"name":"id"},{"name":"mail"}]}]}`
	tests := []struct {
		name, config, code string
		strict             bool // an error in a strict load only
		pos, text          string
		value              string // of the attribute x afterwards; ! is an error
	}{
		{name: "no JSON", config: `[{"name":}]`, code: "json-syntax", pos: "t.json:1:10"},
		{name: "wrong top level", config: `"text"`, code: "shape-unknown", pos: "t.json:1:1", text: "expected an object"},
		{name: "unknown shape", config: `{"colour":"red"}`, code: "shape-unknown", strict: true, text: "kept and not evaluated"},
		{name: "name of another type", config: `[{"name":{},"authoritativeSource":{"name":"HR"}}]`, code: "field-type", text: "/0/name is a object, expected a text"},
		{name: "priority of another type", config: `{"version":1,"objects":[{"self":{"type":"IDENTITY_PROFILE","name":"P"},"object":{"name":"P","priority":"high","authoritativeSource":{"name":"HR"}}}]}`, code: "field-type", text: `/objects/0/object/priority is "high", expected a whole number`},
		{name: "mappings of another type", config: `{"name":"P","authoritativeSource":{"name":"HR"},"identityAttributeConfig":{"attributeTransforms":{}}}`, code: "field-type", text: "/identityAttributeConfig/attributeTransforms is a object"},
		{name: "no source", config: `{"name":"P","identityAttributeConfig":{"enabled":true}}`, code: "profile-no-source", strict: true},
		{name: "unknown source", config: `{"name":"P","authoritativeSource":{"name":"Nix"}}`, code: "source-unknown"},
		{name: "unknown identity attribute", config: `[` + mapping("x", `{"type":"static","attributes":{"value":"v"}}`) + `,{"name":"known","searchable":true}]`, code: "identity-attribute-unknown", value: "v"},
		{name: "unknown account attribute", config: mapping("x", `{"type":"accountAttribute","attributes":{"sourceName":"HR","attributeName":"nix"}}`), code: "account-attribute-unknown", value: "(null)"},
		{name: "unknown transform", config: mapping("x", `{"type":"reference","attributes":{"id":"Nix"}}`), code: "reference-unknown", value: "!"},
		{name: "reference cycle", config: `[` + mapping("x", `{"type":"reference","attributes":{"id":"A"}}`) + `,{"name":"A","type":"reference","attributes":{"id":"B"}},{"name":"B","type":"reference","attributes":{"id":"A"}}]`, code: "reference-cycle", value: "!"},
		{name: "unknown rule", config: mapping("x", `{"type":"rule","attributes":{"name":"Mine"}}`), code: "rule-unknown", value: "!"},
		{name: "unknown source in a mapping", config: mapping("x", `{"type":"accountAttribute","attributes":{"sourceName":"Hr","attributeName":"id"}}`), code: "source-unknown", value: "(null)"},
		{name: "mapped twice", config: one(`{"identityAttributeName":"x","transformDefinition":{"type":"static","attributes":{"value":"1"}}},{"identityAttributeName":"x","transformDefinition":{"type":"static","attributes":{"value":"2"}}}`), code: "mapping-duplicate", value: "2"},
		{name: "system attribute", config: mapping("isManager", `{"type":"static","attributes":{"value":"v"}}`), code: "attribute-system"},
		{name: "delete threshold", config: `{"name":"S","connector":"x","deleteThreshold":101}`, code: "delete-threshold", text: "400.1.3"},
		{name: "negative delete threshold", config: `{"name":"S","connector":"x","deleteThreshold":-1}`, code: "delete-threshold", text: "400.1.3"},
		{name: "correlation property", config: `[` + one("") + `,{"name":"AD","connector":"x","correlationConfigDetails":{"attributeAssignments":[{"property":"nix","value":"a","operation":"EQ"}]}}]`, code: "correlation-property"},
		{name: "priority tie", config: `[{"name":"A","priority":10,"authoritativeSource":{"name":"HR"}},{"name":"B","priority":10,"authoritativeSource":{"name":"AD"}}]`, code: "priority-tie", strict: true},
		{name: "priority range", config: `{"name":"A","priority":0,"authoritativeSource":{"name":"HR"}}`, code: "priority-range", strict: true},
		{name: "shared source", config: `[{"name":"A","priority":10,"authoritativeSource":{"name":"HR"}},{"name":"B","priority":20,"authoritativeSource":{"name":"HR"}}]`, code: "profile-source-taken"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.config = strings.Replace(tt.config, ",]}}", "]}}", 1)
			files := fstest.MapFS{"t.json": {Data: []byte(tt.config)}, "source.json": {Data: []byte(source)}}
			b, found := config.Load(files)
			e, more := profile.Compile(b, profile.Options{})
			d := find(append(slices.Clone(found), more...), tt.code)
			if d == nil {
				t.Fatalf("no %s in %v %v", tt.code, found, more)
			}
			if tt.pos != "" && d.Pos.String() != tt.pos || !strings.Contains(d.Message, tt.text) {
				t.Errorf("got %s", d)
			}
			if tt.strict {
				_, strict := config.LoadStrict(files)
				if s := find(strict, tt.code); d.Severity == diag.Error || s == nil || s.Severity != diag.Error {
					t.Errorf("tolerant %v, strict %v", d, s)
				}
			}
			if tt.value == "" {
				return
			}
			r := fixture.Aggregate(t, e, store.NewMemory(), profile.RunOptions{}, map[string][]identity.Account{"HR": {fixture.Account("1", "id=1")}}).Get(t, "1")
			got := text(r, "x")
			if len(r.Errors) > 0 {
				got = "!"
			}
			if got != tt.value {
				t.Errorf("x is %s (%v), want %s", got, r.Errors, tt.value)
			}
		})
	}
}

// A profile without source has no members; everything else works.
func TestProfileWithoutSource(t *testing.T) {
	c := fixture.People(10, 20)
	c.Profiles = append(c.Profiles, `{"name":"Nobody","priority":5,"identityAttributeConfig":{"enabled":true}}`)
	e, _ := c.Engine(t, profile.Options{})
	out := fixture.Aggregate(t, e, store.NewMemory(), profile.RunOptions{}, map[string][]identity.Account{"HR": {fixture.AnnHR}})
	if got := out.Get(t, "1001").Identity.Profile; got != "Employees" {
		t.Errorf("got %s", got)
	}
}

// refusing is a source that refused a row.
type refusing struct{ identity.Source }

func (refusing) Refused() int { return 1 }

// The rows of DECISION 61 that are about accounts.
func TestBadAccounts(t *testing.T) {
	e, _ := fixture.People(10, 20).Engine(t, profile.Options{})
	st := store.NewMemory()
	data := map[string][]identity.Account{"HR": {fixture.AnnHR, fixture.Account("1002", "id=1002", "mail=old", "sn=B")}}
	fixture.Aggregate(t, e, st, profile.RunOptions{}, data)

	t.Run("two accounts with one id: the last counts", func(t *testing.T) {
		data := map[string][]identity.Account{"HR": {fixture.Account("1001", "id=1001", "mail=first", "sn=x"), fixture.AnnHR, data["HR"][1]}}
		out := fixture.Aggregate(t, e, store.NewOverlay(st), profile.RunOptions{}, data)
		if find(out.Findings, "account-duplicate") == nil || text(out.Get(t, "1001"), "email") != "ann@x" {
			t.Errorf("email %s, findings %v", text(out.Get(t, "1001"), "email"), out.Findings)
		}
	})
	t.Run("refused rows: nothing is removed", func(t *testing.T) {
		var found diag.List
		stats, err := e.Aggregate(t.Context(), store.NewOverlay(st), profile.RunOptions{Hooks: profile.Hooks{OnFinding: func(d diag.Diagnostic) { found.Add(d) }}}, nil, refusing{feed.Slice("HR", fixture.AnnHR)})
		if err != nil || stats.Removed != 0 || find(found, "removal-skipped") == nil {
			t.Errorf("removed %d, %v, %v", stats.Removed, found, err)
		}
	})
	t.Run("unknown source: left out", func(t *testing.T) {
		var found diag.List
		stats, err := e.Aggregate(t.Context(), store.NewOverlay(st), profile.RunOptions{Hooks: profile.Hooks{OnFinding: func(d diag.Diagnostic) { found.Add(d) }}}, nil, feed.Slice("Nix", fixture.Account("1")))
		if err != nil || stats.Scanned != 0 || find(found, "source-unknown") == nil {
			t.Errorf("%+v, %v, %v", stats, found, err)
		}
	})
	t.Run("account without id, bad UTF-8", func(t *testing.T) {
		files := fstest.MapFS{"a.csv": {Data: []byte("id,mail,sn\n1001,a\xff,x\n,b,y\n")}}
		var found diag.List
		src, err := feed.Open(files, "a.csv", feed.Options{Name: "HR", NativeIdentity: "id", OnFinding: func(d diag.Diagnostic) { found.Add(d) }})
		if err != nil {
			t.Fatal(err)
		}
		var r *profile.Result
		stats, err := e.Aggregate(t.Context(), store.NewOverlay(st), profile.RunOptions{Hooks: profile.Hooks{OnFinding: func(d diag.Diagnostic) { found.Add(d) }}}, func(x *profile.Result) {
			if x.Identity.Alias == "1001" {
				r = x
			}
		}, src)
		if err != nil || stats.Removed != 0 || r == nil || text(r, "email") != "a\uFFFD" {
			t.Errorf("%+v, %v, findings %v", stats, err, found)
		}
		if find(found, "account-id-missing") == nil || find(found, "removal-skipped") == nil {
			t.Errorf("findings %v", found)
		}
	})
}

// The delete threshold is exceeded by more than its percentage only; absent is
// 10, and 0 switches the check off.
func TestDeleteThresholdBounds(t *testing.T) {
	tests := []struct {
		name, threshold string
		remove, want    int
	}{
		{"absent, at 10 %", ``, 1, 1}, {"absent, above", ``, 2, 0},
		{"30, at", `"deleteThreshold":30,`, 3, 3}, {"30, above", `"deleteThreshold":30,`, 4, 0},
		{"0: no check", `"deleteThreshold":0,`, 10, 10}, {"100: everything", `"deleteThreshold":100,`, 10, 10},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := fixture.People(10, 20)
			c.Sources[0] = strings.Replace(fixture.Source("HR"), `"deleteThreshold":0,`, tt.threshold, 1)
			e, _ := c.Engine(t, profile.Options{})
			st := store.NewMemory()
			var list []identity.Account
			for _, id := range "0123456789" {
				list = append(list, fixture.Account(string(id), "id="+string(id), "mail=m", "sn=s"))
			}
			fixture.Aggregate(t, e, st, profile.RunOptions{}, map[string][]identity.Account{"HR": list})
			out := fixture.Aggregate(t, e, st, profile.RunOptions{}, map[string][]identity.Account{"HR": list[tt.remove:]})
			if out.Stats.Removed != tt.want || (find(out.Findings, "delete-threshold") != nil) != (tt.want == 0) {
				t.Errorf("removed %d, findings %v", out.Stats.Removed, out.Findings)
			}
		})
	}
}

// Values of another type than the schema says stay, and are reported once.
func TestCheckTypes(t *testing.T) {
	b, _ := config.LoadFile("s.json", []byte(`{"name":"HR","connector":"x","schemas":[{"name":"account","attributes":[
		{"name":"n","type":"LONG"},{"name":"b","type":"BOOLEAN"},{"name":"s","type":"STRING"},{"name":"m","type":"INT","isMulti":true},{"name":"d","type":"DATE"}]}]}`))
	list := []identity.Account{
		fixture.Account("1", "n=12", "b=true", "s=x", "d=2026-01-15"), fixture.Account("2", "n=twelve", "b=yes", "d=2026-01-15T09:00:00.000Z"), fixture.Account("3", "n=1.5", "d=31.12.2026"),
		{NativeIdentity: "4", Attributes: identity.NewAttributes(map[string]identity.Value{"m": identity.StringsValue("1", "2"), "s": identity.StringsValue("a")})},
	}
	var got []string
	src := b.CheckTypes(feed.Slice("HR", list...), func(d diag.Diagnostic) {
		if d.Code != "value-type" {
			t.Errorf("got %s", d)
		}
		got = append(got, d.Message)
	})
	count := 0
	for a, err := range src.Accounts(t.Context()) {
		if err != nil || a.NativeIdentity != list[count].NativeIdentity {
			t.Fatal(a, err)
		}
		count++
	}
	want := []string{
		`attribute "n" of source "HR" is LONG, but 2 accounts have other values, first "2" with "twelve"; the text is used`,
		`attribute "b" of source "HR" is BOOLEAN, but 1 accounts have other values, first "2" with "yes"; the text is used`,
		`attribute "s" of source "HR" is STRING, but 1 accounts have other values, first "4" with ["a"]; the text is used`,
		`attribute "d" of source "HR" is DATE, but 1 accounts have other values, first "3" with "31.12.2026"; the text is used`,
	}
	if diff := cmp.Diff(want, got); diff != "" || count != 4 {
		t.Errorf("%d accounts, mismatch (-want +got)\n%s", count, diff)
	}
	if r := b.CheckTypes(refusing{feed.Slice("HR")}, nil).(identity.Refuser).Refused(); r != 1 {
		t.Errorf("refused rows are not counted: %d", r)
	}
	for range b.CheckTypes(feed.Slice("HR", list...), nil).Accounts(t.Context()) {
		break // early end: nothing is reported
	}
}
