package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// healthy is a small tenant; the cases below put one bad thing beside it or in
// the place of one of its files.
var healthy = map[string]string{
	"source.json": `{"id": "s1", "name": "HR", "connector": "delimited-file-angularsc", "schemas": [
  {"name": "account", "identityAttribute": "id", "displayAttribute": "id",
   "attributes": [{"name": "id"}, {"name": "mail"}, {"name": "sn"}]}]}`,
	"profile.json": `{"id": "p1", "name": "People", "priority": 10, "authoritativeSource": {"type": "SOURCE", "id": "s1", "name": "HR"},
 "identityAttributeConfig": {"enabled": true, "attributeTransforms": [
  {"identityAttributeName": "uid", "transformDefinition": {"type": "accountAttribute", "attributes": {"sourceName": "HR", "attributeName": "id"}}},
  {"identityAttributeName": "email", "transformDefinition": {"type": "reference", "attributes": {"id": "Mail"}}},
  {"identityAttributeName": "lastname", "transformDefinition": {"type": "accountAttribute", "attributes": {"sourceName": "HR", "attributeName": "sn"}}}]}}`,
	"mail.json":       `{"name": "Mail", "type": "lower", "attributes": {"input": {"type": "accountAttribute", "attributes": {"sourceName": "HR", "attributeName": "mail"}}}}`,
	"accounts/HR.csv": "id,mail,sn\n1,A@x.example,One\n2,B@x.example,Two\n",
}

// tenantWith writes the healthy tenant with some files replaced or added.
func tenantWith(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for _, set := range []map[string]string{healthy, files} {
		for name, text := range set {
			file := filepath.Join(dir, filepath.FromSlash(name))
			if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	return dir
}

// TestBadInput puts bad things into a healthy tenant: each gives a finding that
// says where it is, and the two people still come out.
func TestBadInput(t *testing.T) {
	big := `{"name": "Big", "type": "static", "attributes": {"value": "` + strings.Repeat("x", 400<<10) + `"}}`
	for _, tc := range []struct {
		name   string
		files  map[string]string
		code   string
		place  string // file:line:column below the folder
		path   string
		hint   string
		people int
	}{
		{name: "unparsable JSON", files: map[string]string{"bad.json": "{\n  \"a\": [1, 2\n"}, code: "json-syntax", place: "bad.json:3:1", people: 2},
		{name: "name is a number", files: map[string]string{"profile2.json": `{"name": 7, "identityAttributeConfig": {}}`}, code: "field-type", place: "profile2.json:1:10", people: 2},
		{name: "attributeTransforms is an object", files: map[string]string{"profile2.json": `{"name": "Other", "identityAttributeConfig": {"enabled": true, "attributeTransforms": {}}}`},
			code: "field-type", place: "profile2.json:1:87", people: 2},
		{name: "priority is a text", files: map[string]string{"profile2.json": `{"name": "Other", "priority": "first", "identityAttributeConfig": {}}`},
			code: "field-type", place: "profile2.json:1:31", people: 2},
		{name: "unknown source of a profile", files: map[string]string{"profile2.json": `{"name": "Other", "authoritativeSource": {"name": "HRR"}, "identityAttributeConfig": {}}`},
			code: "source-unknown", place: "profile2.json:1:42", people: 2},
		{name: "unknown source of accounts", files: map[string]string{"accounts/HRR.csv": "id\n1\n"}, code: "source-unknown", place: "accounts/HRR.csv", hint: `"HR"`, people: 2},
		{name: "unknown source in a transform", files: map[string]string{"mail.json": `{"name": "Mail", "type": "accountAttribute", "attributes": {"sourceName": "HRR", "attributeName": "mail"}}`},
			code: "source-unknown", place: "mail.json:1:75", path: `transform "Mail" > accountAttribute.sourceName`, hint: `"HR"`, people: 2},
		{name: "unknown account attribute", files: map[string]string{"mail.json": `{"name": "Mail", "type": "accountAttribute", "attributes": {"sourceName": "HR", "attributeName": "mial"}}`},
			code: "account-attribute-unknown", place: "mail.json:1:98", path: `transform "Mail" > accountAttribute.attributeName`, hint: `"mail"`, people: 2},
		{name: "unknown transform", files: map[string]string{"other.json": `{"name": "Other", "type": "reference", "attributes": {"id": "Mial"}}`},
			code: "reference-unknown", place: "other.json:1:61", path: `transform "Other" > reference.id`, hint: `"Mail"`, people: 2},
		{name: "unknown operation", files: map[string]string{"other.json": `{"name": "Other", "type": "uper", "attributes": {"input": "x"}}`},
			code: "type-unknown", place: "other.json:1", path: `transform "Other"`, hint: `"upper"`, people: 2},
		{name: "reference cycle", files: map[string]string{
			"a.json": `{"name": "A", "type": "reference", "attributes": {"id": "B"}}`,
			"b.json": `{"name": "B", "type": "reference", "attributes": {"id": "A"}}`},
			code: "reference-cycle", place: ".json:1:", people: 2},
		{name: "a row without id", files: map[string]string{"accounts/HR.csv": "id,mail,sn\n1,a@x.example,One\n,b@x.example,Two\n"},
			code: "account-id-missing", place: "accounts/HR.csv:3:1", people: 1},
		{name: "a row with too many cells", files: map[string]string{"accounts/HR.csv": "id,mail,sn\n1,a@x.example,One\n2,b@x.example,Two,Three\n"},
			code: "csv-cell-count", place: "accounts/HR.csv:3:1", people: 1},
		{name: "invalid UTF-8 in data", files: map[string]string{"accounts/HR.csv": "id,mail,sn\n1,a@x.example,One\n2,b@x.example,Tw\xff\n"},
			code: "text-utf8", place: "accounts/HR.csv:3:1", people: 2},
		{name: "invalid UTF-8 in configuration", files: map[string]string{"other.json": "{\"name\": \"Other\xff\", \"type\": \"upper\"}"},
			code: "json-utf8", place: "other.json:1:", people: 2},
		{name: "a transform of more than 400 KB", files: map[string]string{"big.json": big}, code: "size-limit", place: "big.json:1:1", people: 2},
		{name: "a transform without name", files: map[string]string{"other.json": `{"type": "upper", "attributes": {}}`}, code: "name-missing", place: "other.json:1:1", people: 2},
		{name: "a duplicate key", files: map[string]string{"other.json": `{"name": "Other", "type": "upper", "type": "lower"}`}, code: "json-duplicate-key", place: "other.json:1:36", people: 2},
		{name: "a setting that is none", files: map[string]string{"idprofile.json": `{"nwo": "2026-01-15T09:00:00Z"}`}, code: "settings-unknown", place: "idprofile.json:1:2", hint: `"now"`, people: 2},
		{name: "no shape", files: map[string]string{"list.json": `{"hello": "world"}`}, code: "shape-unknown", place: "list.json:1:1", people: 2},
		{name: "a file that is no account file", files: map[string]string{"idprofile.json": `{"sources": {"HR": {"file": "nowhere.csv"}}}`}, code: "file-unreadable", place: "idprofile.json:1:1", people: 0},
		{name: "an empty folder of accounts", files: map[string]string{"accounts/HR.csv": "id,mail,sn\n"}, people: 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dir := tenantWith(t, tc.files)
			code, out, errs := invoke(t, "run", dir, "--json", "--all")
			var got struct{ Identities int }
			want := exitDone
			if tc.people == 0 { // a run that evaluates nobody is no success
				want = exitCannotRun
			}
			if err := json.Unmarshal([]byte(out), &got); code != want || err != nil || got.Identities != tc.people {
				t.Errorf("exit code %d, %d identities (%v), want %d; %s", code, got.Identities, err, tc.people, errs)
			}
			if tc.code != "" {
				wantFinding(t, dir, tc.code, tc.place, tc.path, tc.hint)
			}
		})
	}
}

// wantFinding runs the tenant again and looks for a finding in what it prints.
func wantFinding(t *testing.T, dir, code, place, path, hint string) {
	t.Helper()
	_, out, _ := invoke(t, "run", dir, "--all")
	_, group, _ := strings.Cut(out, " "+code+" (")
	for l := range strings.Lines(group) {
		if strings.HasPrefix(l, "  ") && !strings.HasPrefix(l, "    ") {
			break
		}
		if strings.Contains(l, place) && strings.Contains(l, path) && strings.Contains(l, hint) && strings.HasPrefix(strings.TrimSpace(l), filepath.ToSlash(dir)) {
			return
		}
	}
	t.Errorf("no finding %s at %s, path %s, hint %s in\n%s", code, place, path, hint, out)
}

func TestLintFindings(t *testing.T) {
	dir := tenantWith(t, map[string]string{"other.json": `{"name": "Other", "type": "uper"}`})
	code, out, _ := invoke(t, "lint", dir, "--json")
	var raw []map[string]any
	if err := json.Unmarshal([]byte(out), &raw); err != nil || code != exitFailed {
		t.Fatalf("exit code %d, %v: %s", code, err, out)
	}
	for _, d := range raw {
		if d["code"] == "type-unknown" {
			return
		}
	}
	t.Errorf("no type-unknown in %s", out)
}
