package tenant_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/isc"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/internal/fixture"
	"github.com/idprofile/engine/profile/tenant"
	"github.com/idprofile/engine/transform"
)

func key(source, id string) identity.AccountKey {
	return identity.AccountKey{Source: source, NativeIdentity: id}
}

// Manual correlation moves accounts, sets the mark and evaluates both sides.
func TestManualCorrelation(t *testing.T) {
	s := newSite(t, fixture.People(10, 20), staff())
	all := s.byAlias(t)
	patch := func(account, text string) *tenant.Plan {
		t.Helper()
		source, id, _ := strings.Cut(account, "/")
		p, err := s.PlanAccountPatch(t.Context(), key(source, id), ops(t, text))
		s.apply(t, p, err)
		return p
	}
	// an account without identity gets one
	patch("AD/svc", `[{"op":"replace","path":"/identityId","value":"`+all["1001"].ID+`"}]`)
	ann := s.byAlias(t)["1001"]
	if n := len(ann.Accounts); n != 3 || ann.Accounts[2].NativeIdentity != "svc" || !ann.Accounts[2].ManuallyCorrelated {
		t.Errorf("got %+v", ann.Accounts)
	}
	// it stays there in the next aggregation
	s.load(t, staff())
	if got := s.byAlias(t)["1001"]; len(got.Accounts) != 3 {
		t.Errorf("aggregation took the account away: %+v", got.Accounts)
	}
	// the same identity again changes nothing, the mark alone can be taken away
	if p := patch("AD/svc", `[{"op":"replace","path":"/identityId","value":"`+ann.ID+`"}]`); len(p.Results) != 0 {
		t.Errorf("no change: %+v", p.Results)
	}
	patch("AD/svc", `[{"op":"replace","path":"/manuallyCorrelated","value":"false"}]`)
	if a := s.byAlias(t)["1001"].Accounts[2]; a.ManuallyCorrelated {
		t.Error("the text \"false\" did not clear the mark")
	}
	// removing the identity marks the account, and it never correlates again
	patch("AD/ad2", `[{"op":"remove","path":"/identityId"}]`)
	s.load(t, staff())
	if diff := cmp.Diff([]string{"AD/ad2"}, s.loose(t)); diff != "" {
		t.Errorf("uncorrelated: mismatch (-want +got)\n%s", diff)
	}
	patch("AD/ad2", `[{"op":"replace","path":"/manuallyCorrelated","value":"false"}]`)
	s.load(t, staff())
	if got := s.loose(t); len(got) != 0 {
		t.Errorf("without the mark: %v", got)
	}
}

// Moving the authoritative account moves the profile of one identity and orphans
// the other, which the nightly clean-up deletes.
func TestManualCorrelationOfAuthority(t *testing.T) {
	s := newSite(t, fixture.People(10, 20), staff())
	all := s.byAlias(t)
	zoe, bob := all["c9"], all["1002"]
	p, err := s.PlanAccountPatch(t.Context(), key("HR", "1002"), ops(t, `[{"op":"replace","path":"/identityId","value":"`+zoe.ID+`"}]`))
	s.apply(t, p, err)
	if len(p.Reassigned) != 1 || p.Reassigned[0].To != "Employees" || p.Reassigned[0].Reason != profile.ManualCorrelation {
		t.Errorf("reassigned %+v", p.Reassigned)
	}
	if len(p.Orphaned) != 1 || p.Orphaned[0].ID != bob.ID {
		t.Errorf("orphaned %+v", p.Orphaned)
	}
	after := s.byAlias(t)
	if got := after["c9"]; got.Profile != "Employees" || got.ID != zoe.ID || got.Attribute("lastname").Text() != "Bo" {
		t.Errorf("got %s %v", got.Profile, got.Attributes.Map())
	}
	clean, err := s.PlanCleanup(t.Context())
	if err != nil || len(clean.Deleted) != 0 {
		t.Errorf("with an AD account left: %+v, %v", clean, err)
	}
	p, err = s.PlanAccountPatch(t.Context(), key("AD", "ad2"), ops(t, `[{"op":"remove","path":"/identityId"}]`))
	s.apply(t, p, err)
	clean, err = s.PlanCleanup(t.Context())
	s.apply(t, clean, err)
	if len(clean.Deleted) != 1 || s.byAlias(t)["1002"] != nil {
		t.Errorf("clean-up: %+v", clean.Deleted)
	}
}

func TestAccountPatchRefusals(t *testing.T) {
	s := newSite(t, fixture.People(10, 20), staff())
	tests := []struct {
		name, account, ops string
		code               isc.Code
	}{
		{"unknown account", "nix", `[]`, isc.CodeNotFound},
		{"unknown identity", "ad2", `[{"op":"replace","path":"/identityId","value":"nix"}]`, isc.CodeReferenceNotFound},
		{"other field", "ad2", `[{"op":"replace","path":"/nativeIdentity","value":"x"}]`, isc.CodeIllegalUpdate},
		{"no text", "ad2", `[{"op":"replace","path":"/identityId","value":7}]`, isc.CodeIllegalValue},
		{"no boolean", "ad2", `[{"op":"replace","path":"/manuallyCorrelated","value":"perhaps"}]`, isc.CodeIllegalValue},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := s.PlanAccountPatch(t.Context(), key("AD", tt.account), ops(t, tt.ops))
			fixture.Refused(t, "patch", err, tt.code)
		})
	}
}

// createTenant has a directory with an account create profile.
func createTenant() *fixture.Tenant {
	field := func(name, transform, attributes string, more ...string) string {
		return `{"name":"` + name + `","transform":` + transform + `,"attributes":` + attributes + strings.Join(more, "") + `}`
	}
	policy := `"provisioningPolicies":[{"usageType":"UPDATE","fields":[]},{"name":"Account","usageType":"CREATE","fields":[` + strings.Join([]string{
		field("login", `{"type":"usernameGenerator","attributes":{"patterns":["$fi$ln","$fi$ln${uniqueCounter}"],
			"fi":{"type":"substring","attributes":{"begin":0,"end":1,"input":{"type":"identityAttribute","attributes":{"name":"firstname"}}}},
			"ln":{"type":"identityAttribute","attributes":{"name":"lastname"}}}}`, `{"cloudMaxSize":"6","cloudMaxUniqueChecks":"5","cloudRequired":"true"}`),
		field("mail", `{"type":"static","attributes":{"value":"$login@x.example"}}`, `{}`),
		field("home", `null`, `{"template":"/home/$login"}`),
		`{"name":"type","value":"user"}`, `{"name":"shell","defaultValue":"/bin/sh","isMultiValued":true}`,
		field("phone", `{"type":"identityAttribute","attributes":{"name":"phone"}}`, `{"cloudRequired":"true"}`),
		field("broken", `{"type":"substring","attributes":{"begin":40,"input":"short"}}`, `{}`),
		field("office", `{"type":"reference","attributes":{"id":"Office"}}`, `{}`, `,"isRequired":false`),
	}, ",") + `]}],"connector"`
	return &fixture.Tenant{
		Profiles: []string{fixture.Profile("Employees", 10, "HR", "uid=HR.id", "email=HR.mail", "lastname=HR.sn", "firstname=HR.given")},
		Sources:  []string{fixture.Source("HR"), strings.Replace(fixture.Source("AD"), `"connector"`, policy, 1)},
		More:     []string{`{"name":"Office","type":"static","attributes":{"value":"HQ"}}`},
	}
}

func TestCreateProfileFields(t *testing.T) {
	taken := profile.TakenValues{}
	taken.Add("login", "aleehart") // longer than the limit: not asked for
	taken.Add("login", "ALEEHA")
	taken.Add("login", "aleeh1")
	taken.Add("mail", "aleeh2@x.example") // another attribute: no matter
	i := &identity.Identity{ID: "1", Alias: "1", Attributes: identity.NewAttributes(map[string]identity.Value{
		"firstname": identity.StringValue("ann"), "lastname": identity.StringValue("leehart"),
	})}
	c := createTenant()
	c.Sources[1] = strings.Replace(c.Sources[1], `["$fi$ln",`, `[`, 1)
	e, _ := c.Engine(t, profile.Options{})
	p, err := e.CreateProfile(t.Context(), "AD", i, profile.CreateOptions{Now: fixture.Now, Taken: taken.Taken})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, f := range p.Fields {
		got[f.Name] = f.Value.String()
		if f.Err != nil {
			got[f.Name] = "error"
		}
	}
	want := map[string]string{
		"login": `"aleeh2"`, "mail": `"aleeh2@x.example"`, "home": `"/home/aleeh2"`, "type": `"user"`, "shell": `["/bin/sh"]`,
		"phone": "error", "broken": "error", "office": `"HQ"`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("mismatch (-want +got)\n%s", diff)
	}
	if err := p.Err(); !errors.Is(err, profile.ErrFieldRequired) || !errors.Is(err, transform.ErrRange) {
		t.Errorf("got %v", err)
	}
	if p.Get("login").Text() != "aleeh2" || !p.Get("nix").IsNull() {
		t.Error("Get does not find the fields")
	}
}

func TestCreateProfileLimits(t *testing.T) {
	e, _ := createTenant().Engine(t, profile.Options{})
	i := &identity.Identity{ID: "1", Attributes: identity.NewAttributes(map[string]identity.Value{
		"firstname": identity.StringValue("a"), "lastname": identity.StringValue("b"),
	})}
	checks := 0
	all := func(context.Context, string, string) (bool, error) { checks++; return true, nil }
	p, err := e.CreateProfile(t.Context(), "AD", i, profile.CreateOptions{Taken: all})
	if err != nil || p.Fields[0].Err == nil || checks != 5 {
		t.Errorf("%d checks, %v, %v", checks, p.Fields[0].Err, err)
	}
	if p.Fields[1].Err == nil {
		t.Errorf("a template saw the field that failed: %v", p.Fields[1].Value)
	}
	for _, source := range []string{"HR", "Nowhere"} {
		_, err := e.CreateProfile(t.Context(), source, i, profile.CreateOptions{})
		fixture.Refused(t, source, err, isc.CodeNotFound)
	}
}

// What is in a store counts as taken.
func TestTakenIn(t *testing.T) {
	s := newSite(t, fixture.People(10, 20), staff())
	taken, err := profile.TakenIn(t.Context(), s.Store(), "AD")
	if err != nil {
		t.Fatal(err)
	}
	for value, want := range map[string]bool{"1002": true, "1003": true, "9999": false} {
		if got, _ := taken.Taken(t.Context(), "emp", value); got != want {
			t.Errorf("%s: got %v", value, got)
		}
	}
}
