package profile_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/identity/store"
	"github.com/idprofile/engine/profile"
)

// A changed transform makes the profiles that reach it need processing.
func TestPlanTransform(t *testing.T) {
	c := people(10, 20)
	c.profiles[1] = prof("Contractors", 20, "VMS", "uid=VMS.id", "email=VMS.mail", "lastname=VMS.sn", "number=VMS.emp", `title={"type":"reference","attributes":{"id":"Outer"}}`)
	c.more = []string{`{"name":"Outer","type":"upper","attributes":{"input":{"type":"reference","attributes":{"id":"Inner"}}}}`, `{"name":"Inner","type":"static","attributes":{"value":"a"}}`}
	s := newSite(t, c, staff())
	p, err := s.PlanTransform(node(t, `{"name":"Inner","type":"static","attributes":{"value":"b"}}`))
	s.apply(t, p, err)
	if diff := cmp.Diff([]string{"Contractors"}, p.Dirty); diff != "" {
		t.Errorf("dirty: mismatch (-want +got)\n%s", diff)
	}
	if _, err := s.Process(t.Context(), profile.Selection{Profiles: p.Dirty}, nil); err != nil {
		t.Fatal(err)
	}
	if got := s.byAlias(t)["c9"].Attribute("title").Text(); got != "B" {
		t.Errorf("got %q", got)
	}
	for body, code := range map[string]profile.Code{
		`{"name":"Inner","type":"upper"}`: profile.CodeIllegalUpdate,
		`{"type":"upper"}`:                profile.CodeRequired,
		`{"name":"0123456789012345678901234567890123456789012345678901","type":"upper"}`: profile.CodeLength,
	} {
		_, err := s.PlanTransform(node(t, body))
		refused(t, body, err, code)
	}
	_, err = s.PlanDeleteTransform("Inner")
	refused(t, "in use", err, profile.CodeConflict)
	var oe *profile.OperationError
	if !errors.As(err, &oe) || len(oe.Causes) != 1 {
		t.Errorf("got %v", err)
	}
	_, err = s.PlanDeleteTransform("Nix")
	refused(t, "unknown", err, profile.CodeNotFound)
	p, err = s.PlanTransform(node(t, `{"name":"New","type":"upper","attributes":{}}`))
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
	s := newSite(t, people(10, 20), nil)
	old, _ := profile.Load(os.DirFS(filepath.Join("testdata", "v1"))) // has it in a file of its own
	alone := &site{Tenant: profile.NewTenant(old, store.NewMemory(), profile.TenantOptions{})}
	for source, s := range map[string]*site{"AD": s, "HR Feed": alone} {
		p, err := s.PlanCorrelation(source, node(t, criteria))
		s.apply(t, p, err)
		again, _ := profile.Load(folder(s.Bundle().Files()))
		for _, b := range []*profile.Bundle{s.Bundle(), again} {
			if a := b.Source(source).Correlation.Assignments; len(a) != 1 || a[0].Property != "uid" || a[0].Value != "login" {
				t.Errorf("%s: got %+v", source, a)
			}
		}
	}
	if !slices.Contains(s.auditNames(), profile.AuditCorrelationUpdated) {
		t.Errorf("audits %v", s.auditNames())
	}
	_, err := s.PlanCorrelation("Nix", node(t, criteria))
	refused(t, "unknown source", err, profile.CodeNotFound)
	_, err = s.PlanCorrelation("AD", node(t, `{"attributeAssignments":[{"property":"uid","value":"login","operation":"NE"}]}`))
	refused(t, "operation", err, profile.CodeIllegalValue)
}
