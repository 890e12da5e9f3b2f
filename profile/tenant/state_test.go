package tenant_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/isc"
	"github.com/idprofile/engine/identity/store"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/internal/fixture"
	"github.com/idprofile/engine/profile/tenant"
)

func worker(state string) map[string][]identity.Account {
	return map[string][]identity.Account{
		"HR": {fixture.Account("1", "id=1", "mail=m", "sn=s", "state="+state)}, "AD": {fixture.Account("a", "emp=1")}, "Badge": {fixture.Account("b", "emp=1")},
	}
}

// Entering a state asks the host for account and access changes, once.
func TestIntents(t *testing.T) {
	e, _ := fixture.LifecycleTenant().Engine(t, profile.Options{})
	st := store.NewMemory()
	intents := func(state string) []string {
		r := fixture.Aggregate(t, e, st, profile.RunOptions{}, worker(state)).Get(t, "1")
		list := []string{}
		for _, i := range e.Intents(r) {
			text := i.Kind
			if i.Account != (identity.AccountKey{}) {
				text += " " + i.Account.String()
			}
			list = append(list, strings.TrimSpace(text+" "+i.AccessProfile+strings.Join(i.Recipients, ",")))
		}
		return list
	}
	steps := []struct {
		state string
		want  []string
	}{
		{"active", []string{"GRANT_ACCESS_PROFILE ap1", "GRANT_ACCESS_PROFILE ap2"}},
		{"active", []string{}},
		{"leave", []string{"DISABLE_ACCOUNT AD/a", "DISABLE_ACCOUNT Badge/b", "DELETE_ACCOUNT Badge/b", "REVOKE_ACCESS_PROFILE ap1", "GRANT_ACCESS_PROFILE ap2", "NOTIFY MANAGER,x@y"}},
		{"off", []string{}},
		{"nowhere", []string{}},
		{"gone", []string{"REMOVE_ALL_ACCESS"}},
	}
	for _, step := range steps {
		if diff := cmp.Diff(step.want, intents(step.state)); diff != "" {
			t.Errorf("%s: mismatch (-want +got)\n%s", step.state, diff)
		}
	}
}

// A state set by hand holds until the evaluation gives another value, and does
// not survive a move.
func TestManualState(t *testing.T) {
	s := newSite(t, fixture.LifecycleTenant(), worker("active"))
	id := s.byAlias(t)["1"].ID
	p, err := s.PlanSetState(t.Context(), id, "l2")
	s.apply(t, p, err)
	e, _ := s.Engine()
	if got := e.Intents(p.Results[0]); len(got) == 0 || got[0].State != "leave" {
		t.Errorf("intents %+v", got)
	}
	state := func() string {
		l := s.byAlias(t)["1"].Lifecycle
		if l.ManuallyUpdated {
			return l.State + " by hand"
		}
		return l.State
	}
	for _, step := range []struct{ data, want string }{{"active", "leave by hand"}, {"gone", "gone"}, {"active", "active"}} {
		s.load(t, worker(step.data))
		if got := state(); got != step.want {
			t.Errorf("%s: got %q, want %q", step.data, got, step.want)
		}
	}
	for what, code := range map[string]isc.Code{"l4": isc.CodeIllegalValue, "nix": isc.CodeReferenceNotFound} {
		_, err := s.PlanSetState(t.Context(), id, what)
		fixture.Refused(t, what, err, code)
	}
	_, err = s.PlanSetState(t.Context(), "nobody", "active")
	fixture.Refused(t, "nobody", err, isc.CodeNotFound)
}

func TestStateOperations(t *testing.T) {
	s := newSite(t, fixture.LifecycleTenant(), worker("active"))
	p, err := s.PlanCreateState("Employees", fixture.Node(t, `{"name":"Pre Hire","enabled":true,"id":"forged"}`))
	s.apply(t, p, err)
	prof := s.Bundle().Profile("Employees")
	if got := prof.States[len(prof.States)-1]; got.TechnicalName != "preHire" || !got.Enabled || got.ID == "forged" || !prof.RefreshRequired {
		t.Errorf("created %+v", got)
	}
	_, err = s.PlanCreateState("Employees", fixture.Node(t, `{"name":"Pre Hire"}`))
	fixture.Refused(t, "twice", err, isc.CodeConflict)
	p, err = s.PlanPatchState("Employees", "l4", ops(t, `[{"op":"replace","path":"/enabled","value":true},{"op":"add","path":"/priority","value":40}]`))
	s.apply(t, p, err)
	if got := s.Bundle().Profile("Employees").States[3]; !got.Enabled {
		t.Errorf("patched %+v", got)
	}
	for _, field := range []string{"name", "technicalName", "id", "identityCount", "identityState"} {
		_, err := s.PlanPatchState("Employees", "l4", ops(t, `[{"op":"add","path":"/`+field+`","value":"x"}]`))
		fixture.Refused(t, field, err, isc.CodeIllegalUpdate)
	}
	_, err = s.PlanPatchState("Employees", "l4", ops(t, `[{"op":"add","path":"/accountActions","value":[{"action":"ENABLE"}]}]`))
	fixture.Refused(t, "actions", err, isc.CodeRequired)

	p, err = s.PlanDeleteState(t.Context(), "Employees", "active")
	if err != nil || len(p.Blockers) != 1 {
		t.Errorf("a state with people in it: %+v, %v", p, err)
	}
	p, err = s.PlanDeleteState(t.Context(), "Employees", "gone")
	s.apply(t, p, err)
	if slices.ContainsFunc(s.Bundle().Profile("Employees").States, func(l *config.LifecycleState) bool { return l.TechnicalName == "gone" }) {
		t.Error("the state is still there")
	}
	for _, want := range []string{tenant.AuditStateCreate, tenant.AuditStateUpdate, tenant.AuditStateDelete} {
		if !slices.Contains(s.auditNames(), want) {
			t.Errorf("no audit %s in %v", want, s.auditNames())
		}
	}
}
