package config_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/profile/config"
)

// Rules that a connector runs while it reads accounts are said, those that write are not.
func TestConnectorRules(t *testing.T) {
	for _, tc := range []struct {
		name, source string
		want         []string
	}{
		{"none", `"connectorAttributes":{"file":"a.csv"}`, nil},
		{"empty", `"connectorAttributes":{"buildMapRule":"","preIterateRule":null,"mergeRule":true}`, nil},
		{"delimited file", `"connectorAttributes":{"buildMapRule":"Build HR","preIterateRule":"Sort"}`, []string{
			`s.json:1:1: connector-rule "HR": used "accounts as the file has them" instead of "what the buildMapRule Build HR makes of them"`,
			`s.json:1:1: connector-rule "HR": used "accounts as the file has them" instead of "what the preIterateRule Sort makes of them"`}},
		{"by reference", `"connectorAttributes":{"buildMapRule":{"type":"RULE","id":"7","name":"Build"}}`, []string{
			`s.json:1:1: connector-rule "HR": used "accounts as the file has them" instead of "what the buildMapRule Build makes of them"`}},
		{"writing", `"connectorAttributes":{"jdbcProvisionRule":"P","createRule":"C","nativeRules":["x"]}`, nil},
		{"endpoints", `"connectorAttributes":{"connectionParameters":[
			{"operationType":"Account Aggregation","afterRule":"Flatten"},{"operationType":"Create Account","beforeRule":"Fill"}]}`, []string{
			`s.json:2:1: connector-rule "HR": used "accounts as the file has them" instead of "what the afterRule Flatten makes of them"`}},
		{"schema", `"schemas":[{"name":"account","customizationRule":"Tidy"}]`, []string{
			`s.json:1:1: connector-rule "HR": used "accounts as the file has them" instead of "what the customizationRule Tidy makes of them"`}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			files := []config.File{{Name: "s.json", Data: []byte(`{"id":"1","name":"HR","connector":"csv",` + tc.source + `}`)}}
			if diff := cmp.Diff(tc.want, said(files, "connector-rule")); diff != "" {
				t.Errorf("mismatch (-want +got):\n%s", diff)
			}
		})
	}
}
