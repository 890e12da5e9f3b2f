package main

import (
	"strings"
	"testing"
)

// TestManagerWithoutCorrelation maps manager on a source whose manager
// correlation is a rule that nothing stands for: the summary says so and shows no empty value.
func TestManagerWithoutCorrelation(t *testing.T) {
	mapping := `{"identityAttributeName": "manager", "transformDefinition": {"type": "accountAttribute", "attributes": {"sourceName": "HR", "attributeName": "sn"}}}, `
	rule := `"managerCorrelationRule": {"type": "RULE", "id": "r1", "name": "Find Manager"}, `
	dir := tenantWith(t, map[string]string{
		"source.json":  strings.Replace(healthy["source.json"], `"schemas"`, rule+`"schemas"`, 1),
		"profile.json": strings.Replace(healthy["profile.json"], `{"identityAttributeName": "uid"`, mapping+`{"identityAttributeName": "uid"`, 1),
	})
	_, out, errs := invoke(t, "run", dir)
	if !strings.Contains(out, "1: no manager correlation of its source") || strings.Contains(out, `1: ""`) {
		t.Errorf("%s%s", out, errs)
	}
}
