package config_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/idprofile/engine/profile/config"
)

// TestSettingKinds gives settings of the wrong kind: none is silently taken for absent.
func TestSettingKinds(t *testing.T) {
	for _, tc := range []struct{ settings, want string }{
		{`[]`, "1:1: error settings-value: the file of settings is of the kind list, expected object"},
		{`null`, "1:1: error settings-value"},
		{`{"seed": "x"}`, "1:10: error settings-value: seed"},
		{`{"seed": 1.5}`, "1:10: error settings-value: seed is 1.5, expected a whole number"},
		{`{"sources": []}`, "1:13: error settings-value: sources"},
		{`{"sources": {"HR": "x.csv"}}`, `1:20: error settings-value: source "HR" is of the kind text, expected object`},
		{`{"sources": {"HR": {"delimiter": 5}}}`, `: source "HR" > delimiter is of the kind number, expected text`},
		{`{"sources": {"HR": {"keepEmpty": "yes"}}}`, "1:34: error settings-value"},
		{`{"sources": {"HR": {"mergeColumns": "groups"}}}`, "1:37: error settings-value"},
		{`{"sources": {"HR": {"mergeColumns": ["groups", 1]}}}`, "1:48: error settings-value"},
		{`{"rules": ["x"]}`, "1:11: error settings-value: rules"},
		{`{"rules": {"R": 1}}`, `1:17: error settings-value: rule "R"`},
		{`{"dialect": true}`, "1:13: error settings-value: dialect"},
		{`{"linkage": "off"}`, "1:13: error settings-value: linkage"},
		{`{}`, ""},
		{`{"now": null, "seed": null, "sources": {"HR": {"file": null, "hasHeader": null, "columnNames": ["id"]}}}`, ""},
	} {
		_, found := config.Load(fstest.MapFS{"idprofile.json": {Data: []byte(tc.settings)}})
		var got []string
		for _, d := range found {
			if d.Code == "settings-value" {
				got = append(got, d.String())
			}
		}
		if len(got) > 1 || (len(got) == 1) != (tc.want != "") || len(got) == 1 && !strings.Contains(got[0], tc.want) {
			t.Errorf("%s: got %q, want %q", tc.settings, got, tc.want)
		}
	}
}
