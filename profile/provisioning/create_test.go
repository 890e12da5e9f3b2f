package provisioning_test

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
	"github.com/idprofile/engine/profile/provisioning"
	"github.com/idprofile/engine/transform"
)

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
	taken := provisioning.TakenValues{}
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
	p, err := provisioning.Create(t.Context(), e, "AD", i, provisioning.Options{Now: fixture.Now, Taken: taken.Taken})
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
	if err := p.Err(); !errors.Is(err, provisioning.ErrFieldRequired) || !errors.Is(err, transform.ErrRange) {
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
	p, err := provisioning.Create(t.Context(), e, "AD", i, provisioning.Options{Taken: all})
	if err != nil || p.Fields[0].Err == nil || checks != 5 {
		t.Errorf("%d checks, %v, %v", checks, p.Fields[0].Err, err)
	}
	if p.Fields[1].Err == nil {
		t.Errorf("a template saw the field that failed: %v", p.Fields[1].Value)
	}
	for _, source := range []string{"HR", "Nowhere"} {
		_, err := provisioning.Create(t.Context(), e, source, i, provisioning.Options{})
		fixture.Refused(t, source, err, isc.CodeNotFound)
	}
}
