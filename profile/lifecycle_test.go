package profile_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/store"
	"github.com/idprofile/engine/profile"
)

func TestCheckState(t *testing.T) {
	others := []*profile.LifecycleState{{TechnicalName: "active"}}
	action := func(a string) string { return `{"name":"On Leave","accountActions":[` + a + `]}` }
	tests := []struct {
		name, state string
		code        profile.Code
	}{
		{"good", `{"name":"On Leave","technicalName":"onLeave","identityState":"INACTIVE_SHORT_TERM"}`, ""},
		{"derived name", `{"name":"On Leave"}`, ""},
		{"null identity state", `{"name":"On Leave","identityState":null}`, ""},
		{"no name", `{"technicalName":"x"}`, profile.CodeRequired},
		{"characters", `{"name":"On-Leave"}`, profile.CodeIllegalValue},
		{"characters of the technical name", `{"name":"On Leave","technicalName":"on leave"}`, profile.CodeIllegalValue},
		{"taken", `{"name":"ACTIVE"}`, profile.CodeConflict},
		{"identity state", `{"name":"On Leave","identityState":"ASLEEP"}`, profile.CodeIllegalValue},
		{"all sources", action(`{"action":"DISABLE","allSources":true}`), ""},
		{"all but some", action(`{"action":"DISABLE","allSources":true,"excludeSourceIds":["a"]}`), ""},
		{"some", action(`{"action":"ENABLE","sourceIds":["a"]}`), ""},
		{"all and some", action(`{"action":"DISABLE","allSources":true,"sourceIds":["a"]}`), profile.CodeIllegalValue},
		{"neither", action(`{"action":"DISABLE"}`), profile.CodeRequired},
		{"some and but", action(`{"action":"DISABLE","sourceIds":["a"],"excludeSourceIds":["b"]}`), profile.CodeIllegalValue},
		{"unknown action", action(`{"action":"PAINT","allSources":true}`), profile.CodeIllegalValue},
		{"access profile twice", `{"name":"On Leave","accessProfileIds":["a","b","a"]}`, profile.CodeIllegalValue},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := profile.CheckState(node(t, tt.state), others)
			if tt.code == "" && err == nil {
				return
			}
			refused(t, "state", err, tt.code)
		})
	}
}

func lifecycleTenant() *tenant {
	states := `"configuredStates":[
		{"id":"l1","name":"Active","technicalName":"active","enabled":true,"accessProfileIds":["ap1","ap2"],"accountActions":[{"action":"ENABLE","allSources":true}]},
		{"id":"l2","name":"Leave","technicalName":"leave","enabled":true,"identityState":"INACTIVE_SHORT_TERM","accessProfileIds":["ap2"],
		 "accountActions":[{"action":"DISABLE","allSources":true,"excludeSourceIds":["s-HR"]},{"action":"DELETE","sourceIds":["s-Badge"]}],
		 "emailNotificationOption":{"notifyManagers":true,"notifyAllAdmins":false,"notifySpecificUsers":true,"emailAddressList":["x@y"]}},
		{"id":"l3","name":"Gone","technicalName":"gone","enabled":true,"accessActionConfiguration":{"removeAllAccessEnabled":true}},
		{"id":"l4","name":"Off","technicalName":"off","enabled":false}]`
	p := strings.Replace(prof("Employees", 10, "HR", hr("cloudLifecycleState=HR.state")...), `"configuredStates":[{"name":"Active","technicalName":"active","enabled":true}]`, states, 1)
	return &tenant{profiles: []string{p}, sources: []string{src("HR"), src("AD", "uid=emp"), src("Badge", "uid=emp")}}
}

func worker(state string) map[string][]identity.Account {
	return map[string][]identity.Account{
		"HR": {acct("1", "id=1", "mail=m", "sn=s", "state="+state)}, "AD": {acct("a", "emp=1")}, "Badge": {acct("b", "emp=1")},
	}
}

// Entering a state asks the host for account and access changes, once.
func TestIntents(t *testing.T) {
	e, _ := lifecycleTenant().engine(t, profile.Options{})
	st := store.NewMemory()
	intents := func(state string) []string {
		r := aggregate(t, e, st, profile.RunOptions{}, worker(state)).get(t, "1")
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
	s := newSite(t, lifecycleTenant(), worker("active"))
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
	for what, code := range map[string]profile.Code{"l4": profile.CodeIllegalValue, "nix": profile.CodeReferenceNotFound} {
		_, err := s.PlanSetState(t.Context(), id, what)
		refused(t, what, err, code)
	}
	_, err = s.PlanSetState(t.Context(), "nobody", "active")
	refused(t, "nobody", err, profile.CodeNotFound)
}

func TestStateOperations(t *testing.T) {
	s := newSite(t, lifecycleTenant(), worker("active"))
	p, err := s.PlanCreateState("Employees", node(t, `{"name":"Pre Hire","enabled":true,"id":"forged"}`))
	s.apply(t, p, err)
	prof := s.Bundle().Profile("Employees")
	if got := prof.States[len(prof.States)-1]; got.TechnicalName != "preHire" || !got.Enabled || got.ID == "forged" || !prof.RefreshRequired {
		t.Errorf("created %+v", got)
	}
	_, err = s.PlanCreateState("Employees", node(t, `{"name":"Pre Hire"}`))
	refused(t, "twice", err, profile.CodeConflict)
	p, err = s.PlanPatchState("Employees", "l4", ops(t, `[{"op":"replace","path":"/enabled","value":true},{"op":"add","path":"/priority","value":40}]`))
	s.apply(t, p, err)
	if got := s.Bundle().Profile("Employees").States[3]; !got.Enabled {
		t.Errorf("patched %+v", got)
	}
	for _, field := range []string{"name", "technicalName", "id", "identityCount", "identityState"} {
		_, err := s.PlanPatchState("Employees", "l4", ops(t, `[{"op":"add","path":"/`+field+`","value":"x"}]`))
		refused(t, field, err, profile.CodeIllegalUpdate)
	}
	_, err = s.PlanPatchState("Employees", "l4", ops(t, `[{"op":"add","path":"/accountActions","value":[{"action":"ENABLE"}]}]`))
	refused(t, "actions", err, profile.CodeRequired)

	p, err = s.PlanDeleteState(t.Context(), "Employees", "active")
	if err != nil || len(p.Blockers) != 1 {
		t.Errorf("a state with people in it: %+v, %v", p, err)
	}
	p, err = s.PlanDeleteState(t.Context(), "Employees", "gone")
	s.apply(t, p, err)
	if slices.ContainsFunc(s.Bundle().Profile("Employees").States, func(l *profile.LifecycleState) bool { return l.TechnicalName == "gone" }) {
		t.Error("the state is still there")
	}
	for _, want := range []string{profile.AuditStateCreate, profile.AuditStateUpdate, profile.AuditStateDelete} {
		if !slices.Contains(s.auditNames(), want) {
			t.Errorf("no audit %s in %v", want, s.auditNames())
		}
	}
}

func TestTakes(t *testing.T) {
	tests := []struct {
		activity            string
		active, short, long bool
	}{
		{profile.ActivityScheduled, true, true, false},
		{profile.ActivityProcessing, true, true, true},
		{profile.ActivityPickList, true, false, false},
	}
	for _, tt := range tests {
		for state, want := range map[string]bool{"": tt.active, profile.StateActive: tt.active, profile.StateInactiveShort: tt.short, profile.StateInactiveLong: tt.long} {
			if got := profile.Takes(tt.activity, state); got != want {
				t.Errorf("%s in %q: got %v", tt.activity, state, got)
			}
		}
	}
}

// A transform of a start date gives the lifecycle state, which is evaluated last
// and sees the other attributes.
func TestLifecycleFromDate(t *testing.T) {
	state := `cloudLifecycleState={"type":"dateCompare","attributes":{"operator":"LTE","positiveCondition":"active","negativeCondition":"leave",
		"firstDate":{"type":"identityAttribute","attributes":{"name":"startDate"}},"secondDate":"now"},"requiresPeriodicRefresh":true}`
	c := lifecycleTenant()
	c.profiles[0] = strings.Replace(prof("Employees", 10, "HR", hr(state, "startDate=HR.start")...),
		`{"name":"Active","technicalName":"active","enabled":true}`, `{"name":"Active","technicalName":"active","enabled":true},{"name":"Leave","technicalName":"leave","enabled":true}`, 1)
	e, _ := c.engine(t, profile.Options{})
	out := aggregate(t, e, store.NewMemory(), profile.RunOptions{}, map[string][]identity.Account{"HR": {
		acct("1", "id=1", "mail=m", "sn=s", "start=2026-01-14T00:00:00.000Z"), acct("2", "id=2", "mail=m", "sn=s", "start=2026-02-01T00:00:00.000Z"),
	}})
	for alias, want := range map[string]string{"1": "active", "2": "leave"} {
		if got := out.get(t, alias); got.Identity.Lifecycle.State != want || got.Lifecycle.Status != profile.LifecycleActive {
			t.Errorf("%s: got %+v %v", alias, got.Lifecycle, got.Errors)
		}
	}
}
