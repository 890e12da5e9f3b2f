package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestVerifyForms: each form of verify says how values differ.
func TestVerifyForms(t *testing.T) {
	t.Chdir("../..")
	snap := filepath.Join(t.TempDir(), "snap.json")
	if err := os.WriteFile(snap, []byte(`[{"id":"x","name":"2358","alias":"2358","attributes":{"uid":"SWALKER"}}]`), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, form := range []string{"text", "json", "markdown", "csv", "html"} {
		code, out, errs := invoke(t, "verify", "examples/acme", "--identities", snap, "--format", form, "--fail-on", "difference")
		if code != exitFailed || !strings.Contains(out, "letter case") || !strings.Contains(out, "swalker") {
			t.Errorf("%s: code %d\n%s%s", form, code, out, errs)
		}
		if form == "text" && !strings.Contains(out, "preview explain examples/acme --identity 2358 --attribute uid --now 2026-01-15T09:00:00Z") {
			t.Errorf("the first is not explained:\n%s", out)
		}
	}
}

// TestVerifyCSV: a name that a spreadsheet would take for a formula is text in CSV, unless asked.
func TestVerifyCSV(t *testing.T) {
	dir := t.TempDir()
	snap := filepath.Join(t.TempDir(), "snap.json")
	if err := os.Mkdir(filepath.Join(dir, "accounts"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		snap:                                     `[{"id": "x", "name": "=1+1", "alias": "=1+1", "attributes": {"uid": "=1+1", "lastname": "Roe"}}]`,
		filepath.Join(dir, "accounts", "HR.csv"): "id,last\n=1+1,Doe\n",
		filepath.Join(dir, "p.json"): `{"id": "p", "name": "P", "priority": 1, "authoritativeSource": {"type": "SOURCE", "id": "s", "name": "HR"},
			"identityAttributeConfig": {"enabled": true, "attributeTransforms": [
			{"identityAttributeName": "uid", "transformDefinition": {"type": "accountAttribute", "attributes": {"sourceName": "HR", "attributeName": "id"}}},
			{"identityAttributeName": "lastname", "transformDefinition": {"type": "accountAttribute", "attributes": {"sourceName": "HR", "attributeName": "last"}}}]}}`,
		filepath.Join(dir, "s.json"): `{"id": "s", "name": "HR", "connector": "x", "schemas": [{"name": "account", "identityAttribute": "id",
			"displayAttribute": "id", "attributes": [{"name": "id"}, {"name": "last"}]}]}`,
	} {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}

	for _, tc := range []struct {
		flags []string
		want  string
	}{{nil, ",'=1+1,"}, {[]string{"--raw-csv"}, ",=1+1,"}} {
		_, out, errs := invoke(t, append([]string{"verify", dir, "--identities", snap, "--format", "csv"}, tc.flags...)...)
		if !strings.Contains(out, tc.want) {
			t.Errorf("%q: no %s in\n%s%s", tc.flags, tc.want, out, errs)
		}
	}
}
