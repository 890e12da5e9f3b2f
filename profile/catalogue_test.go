package profile_test

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/transform/builtin"
)

// codeLiterals finds the codes of findings in source text.
var codeLiterals = regexp.MustCompile(`(?:diag\.(?:Error|Warning|Info), |Code: )"([a-z0-9-]+)"`)

func TestTechnicalName(t *testing.T) {
	tests := []struct{ display, want string }{
		{"Start Date", "startDate"},
		{"AD Last Logon Date Type", "adLastLogonDateType"},
		{"NE Populations Jobtitles", "nePopulationsJobtitles"},
		{"TeSt1 test2 3", "test1Test23"},
		{"displayName", "displayname"},
		{"  Cost   Center ", "costCenter"},
		{"3rd Party", "3rdParty"},
		{"E-mail", ""}, {"Straße", ""}, {"", ""}, {"   ", ""}, {"a\tb", ""},
		{strings.Repeat("x", 128), strings.Repeat("x", 128)}, {strings.Repeat("x", 129), ""},
	}
	for _, tt := range tests {
		got, err := profile.TechnicalName(tt.display)
		if got != tt.want || (err != nil) != (tt.want == "") || err != nil && !errors.Is(err, profile.CodeIllegalValue) {
			t.Errorf("%q: got %q, %v, want %q", tt.display, got, err, tt.want)
		}
	}
}

func FuzzTechnicalName(f *testing.F) {
	for _, s := range []string{"Start Date", "TeSt1 test2 3", "  ", "É"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, display string) {
		name, err := profile.TechnicalName(display)
		if err != nil {
			return
		}
		if name == "" || strings.ContainsAny(name, " \t") || !strings.EqualFold(name, strings.ReplaceAll(display, " ", "")) {
			t.Errorf("%q became %q", display, name)
		}
	})
}

func TestCatalogue(t *testing.T) {
	list := profile.Catalogue()
	if len(list) != 28 || list[0].Name != "uid" || list[0].DisplayName != "User Name" {
		t.Errorf("got %d entries, first %+v", len(list), list[0])
	}
	if diff := cmp.Diff([]string{"uid", "email", "lastname"}, profile.Required()); diff != "" {
		t.Errorf("mismatch (-want +got)\n%s", diff)
	}
	list[0].Name = "changed"
	if profile.Catalogue()[0].Name != "uid" {
		t.Error("a caller can change the catalogue")
	}
}

func TestAddAttribute(t *testing.T) {
	s := newSite(t, people(10, 20), nil)
	p, err := s.PlanAddAttribute("Start Date", true)
	s.apply(t, p, err)
	got := viewOf(s.Bundle()).Attributes
	if diff := cmp.Diff([]string{"startDate"}, got); diff != "" {
		t.Errorf("mismatch (-want +got)\n%s", diff)
	}
	for name, code := range map[string]profile.Code{
		"start DATE": profile.CodeConflict, "First Name": profile.CodeConflict, "UID": profile.CodeConflict, "E-Mail": profile.CodeIllegalValue,
	} {
		_, err := s.PlanAddAttribute(name, false)
		refused(t, name, err, code)
	}
	p, err = s.PlanSearchable("startDate", false)
	s.apply(t, p, err)
	if s.Bundle().Attributes[0].Searchable {
		t.Error("the attribute is still searchable")
	}
	_, err = s.PlanSearchable("uid", true)
	refused(t, "standard", err, profile.CodeIllegalValue)
	_, err = s.PlanSearchable("nix", true)
	refused(t, "unknown", err, profile.CodeNotFound)
}

func usesTenant() *tenant {
	reads := `{"type":"identityAttribute","attributes":{"name":"badge"}}`
	c := people(10, 20)
	c.profiles[0] = prof("Employees", 10, "HR", "uid=HR.id", "email=HR.mail", "lastname=HR.sn", "badge=HR.badge", "title="+reads)
	c.sources[2] = strings.Replace(src("AD", "badge=number"), `"connector"`, `"managerCorrelationMapping":{"accountAttributeName":"m","identityAttributeName":"badge"},
		"provisioningPolicies":[{"usageType":"CREATE","fields":[{"name":"number","transform":`+reads+`}]}],"connector"`, 1)
	c.more = []string{
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
	refused(t, "in use", err, profile.CodeConflict)
	var oe *profile.OperationError
	if !errors.As(err, &oe) || len(oe.Causes) != 9 {
		t.Errorf("the refusal does not list the uses: %v", err)
	}
	for name, code := range map[string]profile.Code{"uid": profile.CodeIllegalValue, "locked": profile.CodeIllegalValue, "nix": profile.CodeNotFound} {
		_, err := s.PlanDeleteAttribute(name, true)
		refused(t, name, err, code)
	}
	p, err := s.PlanDeleteAttribute("badge", true)
	out := s.apply(t, p, err)
	if out.Status != 204 || len(p.Uses) != 9 || len(p.Dirty) != 2 {
		t.Errorf("status %d, %d uses, dirty %v", out.Status, len(p.Uses), p.Dirty)
	}
	for _, prof := range s.Bundle().Profiles {
		if !prof.RefreshRequired || mapped(s.Bundle(), prof.Name, "badge") {
			t.Errorf("profile %s: needs processing %v", prof.Name, prof.RefreshRequired)
		}
	}
	if slices.Contains(viewOf(s.Bundle()).Attributes, "badge") {
		t.Error("the attribute is still there")
	}
}

// A plan that is not applied changes nothing: cancelling is leaving it.
func TestCancel(t *testing.T) {
	s := newSite(t, usesTenant(), nil)
	before := viewOf(s.Bundle())
	if _, err := s.PlanDeleteAttribute("badge", true); err != nil {
		t.Fatal(err)
	}
	if _, err := s.PlanDelete(t.Context(), "Employees"); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, viewOf(s.Bundle())); diff != "" {
		t.Errorf("mismatch (-want +got)\n%s", diff)
	}
}

// Every finding code in the source of the package is in the table.
func TestFindings(t *testing.T) {
	known := map[string]bool{}
	list := profile.Findings()
	for i, f := range list {
		if f.Meaning == "" || i > 0 && list[i-1].Code >= f.Code {
			t.Errorf("%q has no meaning or is out of order", f.Code)
		}
		known[f.Code] = true
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, code := range codeLiterals.FindAllSubmatch(src, -1) {
			if !known[string(code[1])] {
				t.Errorf("%s: code %s is not in the table", file, code[1])
			}
		}
	}
}
