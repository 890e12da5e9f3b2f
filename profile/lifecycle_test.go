package profile_test

import (
	"strings"
	"testing"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/store"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/internal/fixture"
)

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
		for state, want := range map[string]bool{"": tt.active, config.StateActive: tt.active, config.StateInactiveShort: tt.short, config.StateInactiveLong: tt.long} {
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
	c := fixture.LifecycleTenant()
	c.Profiles[0] = strings.Replace(fixture.Profile("Employees", 10, "HR", fixture.HR(state, "startDate=HR.start")...),
		`{"name":"Active","technicalName":"active","enabled":true}`, `{"name":"Active","technicalName":"active","enabled":true},{"name":"Leave","technicalName":"leave","enabled":true}`, 1)
	e, _ := c.Engine(t, profile.Options{})
	out := fixture.Aggregate(t, e, store.NewMemory(), profile.RunOptions{}, map[string][]identity.Account{"HR": {
		fixture.Account("1", "id=1", "mail=m", "sn=s", "start=2026-01-14T00:00:00.000Z"), fixture.Account("2", "id=2", "mail=m", "sn=s", "start=2026-02-01T00:00:00.000Z"),
	}})
	for alias, want := range map[string]string{"1": "active", "2": "leave"} {
		if got := out.Get(t, alias); got.Identity.Lifecycle.State != want || got.Lifecycle.Status != profile.LifecycleActive {
			t.Errorf("%s: got %+v %v", alias, got.Lifecycle, got.Errors)
		}
	}
}
