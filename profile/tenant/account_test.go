package tenant_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/isc"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/internal/fixture"
	"github.com/idprofile/engine/profile/provisioning"
	"github.com/idprofile/engine/profile/tenant"
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

// What is in a store counts as taken.
func TestTakenIn(t *testing.T) {
	s := newSite(t, fixture.People(10, 20), staff())
	taken, err := provisioning.TakenIn(t.Context(), s.Store(), "AD")
	if err != nil {
		t.Fatal(err)
	}
	for value, want := range map[string]bool{"1002": true, "1003": true, "9999": false} {
		if got, _ := taken.Taken(t.Context(), "emp", value); got != want {
			t.Errorf("%s: got %v", value, got)
		}
	}
}
