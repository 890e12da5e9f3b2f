package config_test

import (
	"testing"

	"github.com/idprofile/engine/identity/isc"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/internal/fixture"
)

func TestCheckState(t *testing.T) {
	others := []*config.LifecycleState{{TechnicalName: "active"}}
	action := func(a string) string { return `{"name":"On Leave","accountActions":[` + a + `]}` }
	tests := []struct {
		name, state string
		code        isc.Code
	}{
		{"good", `{"name":"On Leave","technicalName":"onLeave","identityState":"INACTIVE_SHORT_TERM"}`, ""},
		{"derived name", `{"name":"On Leave"}`, ""},
		{"null identity state", `{"name":"On Leave","identityState":null}`, ""},
		{"no name", `{"technicalName":"x"}`, isc.CodeRequired},
		{"characters", `{"name":"On-Leave"}`, isc.CodeIllegalValue},
		{"characters of the technical name", `{"name":"On Leave","technicalName":"on leave"}`, isc.CodeIllegalValue},
		{"taken", `{"name":"ACTIVE"}`, isc.CodeConflict},
		{"identity state", `{"name":"On Leave","identityState":"ASLEEP"}`, isc.CodeIllegalValue},
		{"all sources", action(`{"action":"DISABLE","allSources":true}`), ""},
		{"all but some", action(`{"action":"DISABLE","allSources":true,"excludeSourceIds":["a"]}`), ""},
		{"some", action(`{"action":"ENABLE","sourceIds":["a"]}`), ""},
		{"all and some", action(`{"action":"DISABLE","allSources":true,"sourceIds":["a"]}`), isc.CodeIllegalValue},
		{"neither", action(`{"action":"DISABLE"}`), isc.CodeRequired},
		{"some and but", action(`{"action":"DISABLE","sourceIds":["a"],"excludeSourceIds":["b"]}`), isc.CodeIllegalValue},
		{"unknown action", action(`{"action":"PAINT","allSources":true}`), isc.CodeIllegalValue},
		{"access profile twice", `{"name":"On Leave","accessProfileIds":["a","b","a"]}`, isc.CodeIllegalValue},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := config.CheckState(fixture.Node(t, tt.state), others)
			if tt.code == "" && err == nil {
				return
			}
			fixture.Refused(t, "state", err, tt.code)
		})
	}
}
