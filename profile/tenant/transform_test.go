package tenant_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/idprofile/engine/identity/isc"
	"github.com/idprofile/engine/identity/store"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/internal/fixture"
	"github.com/idprofile/engine/profile/tenant"
)

// A changed transform makes the profiles that reach it need processing.
func TestPlanTransform(t *testing.T) {
	c := fixture.People(10, 20)
	c.Profiles[1] = fixture.Profile("Contractors", 20, "VMS", "uid=VMS.id", "email=VMS.mail", "lastname=VMS.sn", "number=VMS.emp", `title={"type":"reference","attributes":{"id":"Outer"}}`)
	c.More = []string{`{"name":"Outer","type":"upper","attributes":{"input":{"type":"reference","attributes":{"id":"Inner"}}}}`, `{"name":"Inner","type":"static","attributes":{"value":"a"}}`}
	s := newSite(t, c, staff())
	p, err := s.PlanTransform(fixture.Node(t, `{"name":"Inner","type":"static","attributes":{"value":"b"}}`))
	s.apply(t, p, err)
	if diff := cmp.Diff([]string{"Contractors"}, p.Dirty); diff != "" {
		t.Errorf("dirty: mismatch (-want +got)\n%s", diff)
	}
	if _, err := s.Process(t.Context(), tenant.Selection{Profiles: p.Dirty}, nil); err != nil {
		t.Fatal(err)
	}
	if got := s.byAlias(t)["c9"].Attribute("title").Text(); got != "B" {
		t.Errorf("got %q", got)
	}
	for body, code := range map[string]isc.Code{
		`{"name":"Inner","type":"upper"}`: isc.CodeIllegalUpdate,
		`{"type":"upper"}`:                isc.CodeRequired,
		`{"name":"0123456789012345678901234567890123456789012345678901","type":"upper"}`: isc.CodeLength,
	} {
		_, err := s.PlanTransform(fixture.Node(t, body))
		fixture.Refused(t, body, err, code)
	}
	_, err = s.PlanDeleteTransform("Inner")
	fixture.Refused(t, "in use", err, isc.CodeConflict)
	var oe *isc.Error
	if !errors.As(err, &oe) || len(oe.Causes) != 1 {
		t.Errorf("got %v", err)
	}
	_, err = s.PlanDeleteTransform("Nix")
	fixture.Refused(t, "unknown", err, isc.CodeNotFound)
	p, err = s.PlanTransform(fixture.Node(t, `{"name":"New","type":"upper","attributes":{}}`))
	if out := s.apply(t, p, err); out.Status != 201 || len(p.Dirty) != 0 {
		t.Errorf("new: %+v, dirty %v", out, p.Dirty)
	}
	p, err = s.PlanDeleteTransform("New")
	s.apply(t, p, err)
	if s.Bundle().Transforms["New"] != nil {
		t.Error("the transform is still there")
	}
}

// A correlation configuration is changed where it stands.
func TestPlanCorrelation(t *testing.T) {
	criteria := `{"attributeAssignments":[{"property":"uid","value":"login","operation":"EQ"}]}`
	s := newSite(t, fixture.People(10, 20), nil)
	old, _ := config.Load(os.DirFS(filepath.Join("..", "config", "testdata", "v1"))) // has it in a file of its own
	alone := &site{Tenant: tenant.New(old, store.NewMemory(), tenant.Options{})}
	for source, s := range map[string]*site{"AD": s, "HR Feed": alone} {
		p, err := s.PlanCorrelation(source, fixture.Node(t, criteria))
		s.apply(t, p, err)
		again, _ := config.Load(fixture.Folder(s.Bundle().Files()))
		for _, b := range []*config.Bundle{s.Bundle(), again} {
			if a := b.Source(source).Correlation.Assignments; len(a) != 1 || a[0].Property != "uid" || a[0].Value != "login" {
				t.Errorf("%s: got %+v", source, a)
			}
		}
	}
	if !slices.Contains(s.auditNames(), tenant.AuditCorrelationUpdated) {
		t.Errorf("audits %v", s.auditNames())
	}
	_, err := s.PlanCorrelation("Nix", fixture.Node(t, criteria))
	fixture.Refused(t, "unknown source", err, isc.CodeNotFound)
	_, err = s.PlanCorrelation("AD", fixture.Node(t, `{"attributeAssignments":[{"property":"uid","value":"login","operation":"NE"}]}`))
	fixture.Refused(t, "operation", err, isc.CodeIllegalValue)
}
