package config_test

import (
	"testing"

	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/internal/fixture"
)

func TestCheckState(t *testing.T) {
	others := []*config.LifecycleState{{TechnicalName: "active"}}
	action := func(a string) string { return `{"name":"On Leave","accountActions":[` + a + `]}` }
	tests := []struct {
		name, state string
		code        config.Code
	}{
		{"good", `{"name":"On Leave","technicalName":"onLeave","identityState":"INACTIVE_SHORT_TERM"}`, ""},
		{"derived name", `{"name":"On Leave"}`, ""},
		{"null identity state", `{"name":"On Leave","identityState":null}`, ""},
		{"no name", `{"technicalName":"x"}`, config.CodeRequired},
		{"characters", `{"name":"On-Leave"}`, config.CodeIllegalValue},
		{"characters of the technical name", `{"name":"On Leave","technicalName":"on leave"}`, config.CodeIllegalValue},
		{"taken", `{"name":"ACTIVE"}`, config.CodeConflict},
		{"identity state", `{"name":"On Leave","identityState":"ASLEEP"}`, config.CodeIllegalValue},
		{"all sources", action(`{"action":"DISABLE","allSources":true}`), ""},
		{"all but some", action(`{"action":"DISABLE","allSources":true,"excludeSourceIds":["a"]}`), ""},
		{"some", action(`{"action":"ENABLE","sourceIds":["a"]}`), ""},
		{"all and some", action(`{"action":"DISABLE","allSources":true,"sourceIds":["a"]}`), config.CodeIllegalValue},
		{"neither", action(`{"action":"DISABLE"}`), config.CodeRequired},
		{"some and but", action(`{"action":"DISABLE","sourceIds":["a"],"excludeSourceIds":["b"]}`), config.CodeIllegalValue},
		{"unknown action", action(`{"action":"PAINT","allSources":true}`), config.CodeIllegalValue},
		{"access profile twice", `{"name":"On Leave","accessProfileIds":["a","b","a"]}`, config.CodeIllegalValue},
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
