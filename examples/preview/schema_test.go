package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/preview"
	"github.com/idprofile/engine/profile/profiletest"
)

// TestSchemas: each kind has one that points to definitions that it has.
func TestSchemas(t *testing.T) {
	for _, k := range fileKinds {
		code, out, errs := invoke(t, "schema", k.kind)
		var root map[string]any
		if err := json.Unmarshal([]byte(out), &root); code != exitDone || err != nil {
			t.Fatalf("%s: code %d, %v: %s", k.kind, code, err, errs)
		}
		defs, _ := root["$defs"].(map[string]any)
		var walk func(any)
		walk = func(n any) {
			switch n := n.(type) {
			case map[string]any:
				if ref, ok := n["$ref"].(string); ok && defs[strings.TrimPrefix(ref, "#/$defs/")] == nil {
					t.Errorf("%s: %s leads nowhere", k.kind, ref)
				}
				if list, ok := n["enum"].([]any); ok && len(list) == 0 {
					t.Errorf("%s: an enumeration is empty", k.kind)
				}
				for _, v := range n {
					walk(v)
				}
			case []any:
				for _, v := range n {
					walk(v)
				}
			}
		}
		walk(root)
	}
	dir := t.TempDir()
	if code, out, errs := invoke(t, "schema", "--dir", dir); code != exitDone || strings.Count(out, "fileMatch") != len(fileKinds) {
		t.Errorf("code %d: %s%s", code, out, errs)
	}
	if files, _ := filepath.Glob(filepath.Join(dir, "*.schema.json")); len(files) != len(fileKinds) {
		t.Errorf("got %v", files)
	}
}

// TestSettingsSchema: the schema of settings has the settings that are read, and no others.
func TestSettingsSchema(t *testing.T) {
	root, err := schemaText("settings")
	if err != nil {
		t.Fatal(err)
	}
	complete(root, root["$defs"].(map[string]any))
	dir := t.TempDir()
	settings := map[string]any{}
	for key := range inside(root, "properties") {
		settings[key] = nil
	}
	source, linkage, dialect := map[string]any{}, map[string]any{}, map[string]any{}
	for key := range inside(root, "properties", "sources", "additionalProperties", "properties") {
		source[key] = nil
	}
	for key := range inside(root, "properties", "linkage", "properties") {
		linkage[key] = nil
	}
	for key := range inside(root, "properties", "dialect", "properties") {
		dialect[key] = true
	}
	settings["sources"], settings["linkage"], settings["dialect"] = map[string]any{"HR": source}, linkage, dialect
	src, err := json.Marshal(settings)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "idprofile.json"), src, 0o644); err != nil {
		t.Fatal(err)
	}
	_, found := config.Load(os.DirFS(dir))
	for _, d := range found {
		if d.Code == "settings-unknown" {
			t.Errorf("the schema has more: %s", d)
		}
	}
	if len(source) < 14 || len(settings) < 8 {
		t.Errorf("the schema has only %d settings, and %d of a source", len(settings), len(source))
	}
}

// TestSchemaMember: a file may name its schema, whatever it is.
func TestSchemaMember(t *testing.T) {
	const name = `"$schema": "x", `
	for file, text := range map[string]string{
		"transform.json": `{` + name + `"name": "L", "type": "lower", "attributes": {}}`,
		"profile.json":   `{` + name + `"name": "P", "priority": 10, "authoritativeSource": {"name": "HR"}}`,
		"source.json":    `{` + name + `"name": "HR", "connector": "x"}`,
		"state.json":     `{` + name + `"name": "A", "technicalName": "a", "enabled": true}`,
		"criteria.json":  `{` + name + `"name": "C", "attributeAssignments": []}`,
		"export.json":    `{` + name + `"version": 1, "objects": []}`,
		"idprofile.json": `{` + name + `"seed": 1}`,
		"a.lint.json":    `{` + name + `"suppress": []}`,
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		_, out, _ := invoke(t, "lint", dir, "--all")
		if strings.Contains(out, "$schema") {
			t.Errorf("%s:\n%s", file, out)
		}
	}
	_, found := profiletest.Parse(os.DirFS("."), "a_test.json", []byte(`{`+name+`"cases": [{"name": "x", "transform": {"type": "lower"}, "input": "A", "expect": {"value": "a"}}]}`))
	vectors, more := profiletest.ParseVectors("v.json", []byte(`{`+name+`"vectors": [{"id": "v", "transform": {"type": "lower"}, "input": "A", "expected": {"value": "a"}}]}`))
	if found.HasErrors() || more.HasErrors() || len(vectors) != 1 {
		t.Errorf("got %v %v", found, more)
	}
	gate, err := preview.ReadGate(strings.NewReader(`{` + name + `"maxChanges": "5%"}`))
	if err != nil || gate.Limits() != 1 {
		t.Errorf("got %v, %v", gate, err)
	}
	if _, err := preview.ReadGate(strings.NewReader(`{"maxChange": 1}`)); err == nil {
		t.Error("an unknown member of a gate is no error")
	}
}
