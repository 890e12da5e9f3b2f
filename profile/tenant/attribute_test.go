package tenant_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/idprofile/engine/identity/isc"
	"github.com/idprofile/engine/profile/internal/fixture"
	"github.com/idprofile/engine/transform/builtin"
)

func TestAddAttribute(t *testing.T) {
	s := newSite(t, fixture.People(10, 20), nil)
	p, err := s.PlanAddAttribute("Start Date", true)
	s.apply(t, p, err)
	got := fixture.ViewOf(s.Bundle()).Attributes
	if diff := cmp.Diff([]string{"startDate"}, got); diff != "" {
		t.Errorf("mismatch (-want +got)\n%s", diff)
	}
	for name, code := range map[string]isc.Code{
		"start DATE": isc.CodeConflict, "First Name": isc.CodeConflict, "UID": isc.CodeConflict, "E-Mail": isc.CodeIllegalValue,
	} {
		_, err := s.PlanAddAttribute(name, false)
		fixture.Refused(t, name, err, code)
	}
	p, err = s.PlanSearchable("startDate", false)
	s.apply(t, p, err)
	if s.Bundle().Attributes[0].Searchable {
		t.Error("the attribute is still searchable")
	}
	_, err = s.PlanSearchable("uid", true)
	fixture.Refused(t, "standard", err, isc.CodeIllegalValue)
	_, err = s.PlanSearchable("nix", true)
	fixture.Refused(t, "unknown", err, isc.CodeNotFound)
}

func usesTenant() *fixture.Tenant {
	reads := `{"type":"identityAttribute","attributes":{"name":"badge"}}`
	c := fixture.People(10, 20)
	c.Profiles[0] = fixture.Profile("Employees", 10, "HR", "uid=HR.id", "email=HR.mail", "lastname=HR.sn", "badge=HR.badge", "title="+reads)
	c.Sources[2] = strings.Replace(fixture.Source("AD", "badge=number"), `"connector"`, `"managerCorrelationMapping":{"accountAttributeName":"m","identityAttributeName":"badge"},
		"provisioningPolicies":[{"usageType":"CREATE","fields":[{"name":"number","transform":`+reads+`}]}],"connector"`, 1)
	c.More = []string{
		`{"name":"badge","searchable":true,"standard":false,"system":false}`,
		`{"name":"locked","searchable":false,"standard":false,"system":true}`,
		`{"name":"Reads","type":"concat","attributes":{"values":["B",` + reads + `]}}`,
		`{"name":"Refers","type":"reference","attributes":{"id":"Reads"}}`,
		`{"name":"Template","type":"static","attributes":{"value":"$identity.getAttribute('badge')"}}`,
		`{"self":{"type":"RULE","name":"R"},"object":{"name":"R","sourceCode":{"script":"return identity.getAttribute(\"badge\");"}}}`,
		`{"self":{"type":"ROLE","name":"Badged"},"object":{"name":"Badged","membership":{"criteria":{"key":{"type":"IDENTITY","property":"attribute.badge"}}}}}`,
	}
	return c
}

func TestAttributeUses(t *testing.T) {
	b := newSite(t, usesTenant(), nil).Bundle()
	var got []string
	for _, u := range b.AttributeUses("badge", builtin.Library()) {
		got = append(got, u.Kind+" "+u.Name+": "+u.Detail)
	}
	want := []string{
		"IDENTITY_PROFILE Employees: maps it", "IDENTITY_PROFILE Employees: the mapping of title reads it",
		"TRANSFORM Reads: reads it", "TRANSFORM Template: reads it",
		"CORRELATION AD: compared with number", "MANAGER_CORRELATION AD: compared with m", "CREATE_PROFILE AD: the field number reads it",
		"RULE R: its code names it", "ROLE Badged: names it",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("mismatch (-want +got)\n%s", diff)
	}
}

func TestDeleteAttribute(t *testing.T) {
	s := newSite(t, usesTenant(), nil)
	_, err := s.PlanDeleteAttribute("badge", false)
	fixture.Refused(t, "in use", err, isc.CodeConflict)
	var oe *isc.Error
	if !errors.As(err, &oe) || len(oe.Causes) != 9 {
		t.Errorf("the refusal does not list the uses: %v", err)
	}
	for name, code := range map[string]isc.Code{"uid": isc.CodeIllegalValue, "locked": isc.CodeIllegalValue, "nix": isc.CodeNotFound} {
		_, err := s.PlanDeleteAttribute(name, true)
		fixture.Refused(t, name, err, code)
	}
	p, err := s.PlanDeleteAttribute("badge", true)
	out := s.apply(t, p, err)
	if out.Status != 204 || len(p.Uses) != 9 || len(p.Dirty) != 2 {
		t.Errorf("status %d, %d uses, dirty %v", out.Status, len(p.Uses), p.Dirty)
	}
	for _, prof := range s.Bundle().Profiles {
		if !prof.RefreshRequired || fixture.Mapped(s.Bundle(), prof.Name, "badge") {
			t.Errorf("profile %s: needs processing %v", prof.Name, prof.RefreshRequired)
		}
	}
	if slices.Contains(fixture.ViewOf(s.Bundle()).Attributes, "badge") {
		t.Error("the attribute is still there")
	}
}

// A plan that is not applied changes nothing: cancelling is leaving it.
func TestCancel(t *testing.T) {
	s := newSite(t, usesTenant(), nil)
	before := fixture.ViewOf(s.Bundle())
	if _, err := s.PlanDeleteAttribute("badge", true); err != nil {
		t.Fatal(err)
	}
	if _, err := s.PlanDelete(t.Context(), "Employees"); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, fixture.ViewOf(s.Bundle())); diff != "" {
		t.Errorf("mismatch (-want +got)\n%s", diff)
	}
}
