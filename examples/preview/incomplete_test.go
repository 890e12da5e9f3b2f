package main

import (
	"path/filepath"
	"strings"
	"testing"
)

// other is a second profile on a source of its own.
var other = map[string]string{
	"others.json": `[{"id": "p2", "name": "Guests", "priority": 20, "authoritativeSource": {"type": "SOURCE", "id": "s2", "name": "Guest List"},
 "identityAttributeConfig": {"enabled": true, "attributeTransforms": [
  {"identityAttributeName": "uid", "transformDefinition": {"type": "accountAttribute", "attributes": {"sourceName": "Guest List", "attributeName": "id"}}},
  {"identityAttributeName": "email", "transformDefinition": {"type": "accountAttribute", "attributes": {"sourceName": "Guest List", "attributeName": "id"}}},
  {"identityAttributeName": "lastname", "transformDefinition": {"type": "accountAttribute", "attributes": {"sourceName": "Guest List", "attributeName": "id"}}}]}},
 {"id": "s2", "name": "Guest List", "connector": "delimited-file-angularsc", "schemas": [
  {"name": "account", "identityAttribute": "id", "displayAttribute": "id", "attributes": [{"name": "id"}]}]}]`,
}

// A run that lacks the accounts of a source says so in its end, and so does one whose
// clock is no instant; what follows from a file that cannot be read is left out; an
// attribute of the platform is not computed.
func TestIncompleteRuns(t *testing.T) {
	for _, tc := range []struct {
		name      string
		files     map[string]string
		code      int
		out, errs []string // that are printed
		not       string   // that is not
	}{
		{name: "a configured file is missing", files: map[string]string{"idprofile.json": `{"sources": {"Guest List": {"file": "gone.csv"}}}`}, code: exitCannotRun,
			out: []string{"NEW_IDENTITY 2"}, errs: []string{`the accounts of source "Guest List" cannot be read: gone.csv: no such file`}},
		{name: "the account file is a folder", files: map[string]string{"idprofile.json": `{"sources": {"Guest List": {"file": "accounts"}}}`}, code: exitCannotRun,
			errs: []string{`the accounts of source "Guest List" cannot be read`}},
		{name: "nobody has given accounts", code: exitDone, out: []string{"data-missing"}},
		{name: "now is no instant", files: map[string]string{"idprofile.json": `{"now": "yesterday"}`}, code: exitCannotRun, errs: []string{`idprofile.json:1:9: now is "yesterday"`}},
		{name: "a transform that cannot be read", files: map[string]string{"mail.json": `{"name": "Mail",`}, code: exitDone,
			out: []string{"json-syntax (1)", "findings-left-out (1)"}, not: "reference-unknown"},
		{name: "an attribute of the platform", files: map[string]string{"profile.json": strings.Replace(healthy["profile.json"], `[`,
			`[{"identityAttributeName": "cloudStatus", "transformDefinition": {"type": "accountAttribute", "attributes": {"sourceName": "HR", "attributeName": "sn"}}},`, 1)},
			code: exitDone, out: []string{`"cloudStatus" is set by the platform itself`}, not: `"cloudStatus":"One"`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			files := map[string]string{}
			for _, set := range []map[string]string{other, tc.files} {
				for name, text := range set {
					files[name] = text
				}
			}
			dir := tenantWith(t, files)
			lines := filepath.Join(t.TempDir(), "identities.jsonl")
			code, out, errs := invoke(t, "run", dir, "--all", "--identities", lines)
			if code != tc.code {
				t.Errorf("exit code %d, want %d", code, tc.code)
			}
			for _, text := range tc.out {
				if !strings.Contains(out, text) {
					t.Errorf("no %q in\n%s", text, out)
				}
			}
			for _, text := range tc.errs {
				if !strings.Contains(errs, text) {
					t.Errorf("no %q in\n%s", text, errs)
				}
			}
			if tc.not != "" && strings.Contains(out, tc.not) {
				t.Errorf("%q in\n%s", tc.not, out)
			}
		})
	}
}
