package config_test

import (
	"strings"
	"testing"

	"github.com/idprofile/engine/profile/config"
)

// TestActionSources: an action on a source that no file has is told, as an id and as a
// reference; sources without ids and parts of a configuration say nothing of it.
func TestActionSources(t *testing.T) {
	const profile = `{"name":"P","priority":10,"authoritativeSource":{"type":"SOURCE","id":"s1","name":"HR"},"identityAttributeConfig":{"enabled":true,"attributeTransforms":[]},
 "lifecycleStates":[{"name":"Gone","technicalName":"gone","enabled":true,ACTIONS}]}`
	for name, tc := range map[string]struct {
		sources, actions, want string
	}{
		"known":     {`{"name":"HR","id":"s1","connector":"x"}`, `"accountActions":[{"action":"DISABLE","sourceIds":["s1"]}]`, ""},
		"id":        {`{"name":"HR","id":"s1","connector":"x"}`, `"accountActions":[{"action":"DISABLE","sourceIds":["s1","s9"]}]`, `acts on source "s9"`},
		"excluded":  {`{"name":"HR","id":"s1","connector":"x"}`, `"accountActions":[{"action":"DISABLE","excludeSourceIds":["s8"]}]`, `acts on source "s8"`},
		"reference": {`{"name":"HR","id":"s1","connector":"x"}`, `"accountActionRefs":[{"action":"DISABLE","sourceIdsRefs":[{"type":"SOURCE","id":"s9","name":"Mail"}]}]`, `acts on source "Mail"`},
		"by name":   {`{"name":"HR","id":"s1","connector":"x"}`, `"accountActionRefs":[{"action":"DISABLE","sourceIdsRefs":[{"type":"SOURCE","id":"other","name":"HR"}]}]`, ""},
		"no ids":    {`{"name":"HR","connector":"x"}`, `"accountActions":[{"action":"DISABLE","sourceIds":["s9"]}]`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			src := "[" + tc.sources + "," + strings.ReplaceAll(profile, "ACTIONS", tc.actions) + "]"
			_, found := config.LoadFiles(config.File{Name: "t.json", Data: []byte(src)})
			got := ""
			for _, d := range found {
				if d.Code == "source-unknown" {
					got += d.Message
				}
			}
			if tc.want == "" && got != "" || !strings.Contains(got, tc.want) {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}
