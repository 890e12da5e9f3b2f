package transform_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/idprofile/engine/transform/builtin"
)

// validator is the part of JSON Schema that the schema uses.
type validator struct{ defs map[string]any }

func (v *validator) valid(schema map[string]any, value any) bool {
	if ref, ok := schema["$ref"].(string); ok {
		def, ok := v.defs[strings.TrimPrefix(ref, "#/$defs/")].(map[string]any)
		if !ok || !v.valid(def, value) {
			return false
		}
	}
	if c, ok := schema["const"]; ok && c != value {
		return false
	}
	return v.typed(schema["type"], value) && v.combined(schema, value) && v.object(schema, value) && v.list(schema, value) && v.text(schema, value)
}

func (v *validator) typed(want any, value any) bool {
	var types []any
	switch want := want.(type) {
	case nil:
		return true
	case string:
		types = []any{want}
	case []any:
		types = want
	}
	is := map[string]bool{"null": value == nil}
	switch n := value.(type) {
	case string:
		is["string"] = true
	case bool:
		is["boolean"] = true
	case float64:
		is["number"], is["integer"] = true, n == float64(int64(n))
	case []any:
		is["array"] = true
	case map[string]any:
		is["object"] = true
	}
	return slices.ContainsFunc(types, func(t any) bool { return is[t.(string)] })
}

func (v *validator) combined(schema map[string]any, value any) bool {
	count := func(key string) (ok, all int) {
		list, _ := schema[key].([]any)
		for _, s := range list {
			if v.valid(s.(map[string]any), value) {
				ok++
			}
		}
		return ok, len(list)
	}
	if ok, all := count("anyOf"); all > 0 && ok == 0 {
		return false
	}
	if ok, all := count("oneOf"); all > 0 && ok != 1 {
		return false
	}
	if ok, all := count("allOf"); ok != all {
		return false
	}
	condition, ok := schema["if"].(map[string]any)
	return !ok || !v.valid(condition, value) || v.valid(schema["then"].(map[string]any), value)
}

func (v *validator) object(schema map[string]any, value any) bool {
	o, ok := value.(map[string]any)
	if !ok {
		return true
	}
	required, _ := schema["required"].([]any)
	for _, name := range required {
		if _, ok := o[name.(string)]; !ok {
			return false
		}
	}
	props, _ := schema["properties"].(map[string]any)
	rest, _ := schema["additionalProperties"].(map[string]any)
	for name, member := range o {
		s, ok := props[name].(map[string]any)
		if !ok {
			s = rest
		}
		if s != nil && !v.valid(s, member) {
			return false
		}
	}
	return true
}

func (v *validator) list(schema map[string]any, value any) bool {
	list, isList := value.([]any)
	items, ok := schema["items"].(map[string]any)
	return !isList || !ok || !slices.ContainsFunc(list, func(item any) bool { return !v.valid(items, item) })
}

func (v *validator) text(schema map[string]any, value any) bool {
	s, ok := value.(string)
	if !ok {
		return true
	}
	if p, ok := schema["pattern"].(string); ok && !regexp.MustCompile(p).MatchString(s) {
		return false
	}
	most, ok := schema["maxLength"].(float64)
	return !ok || utf8.RuneCountInString(s) <= int(most)
}

func schemaOf(t *testing.T) (root map[string]any, v *validator) {
	t.Helper()
	if err := json.Unmarshal(builtin.Library().JSONSchema(), &root); err != nil {
		t.Fatal(err)
	}
	return root, &validator{root["$defs"].(map[string]any)}
}

func TestJSONSchema(t *testing.T) {
	root, v := schemaOf(t)
	for _, tc := range []struct {
		name, config string
		want         bool
	}{
		{"lower", `{"type":"lower"}`, true},
		{"nested", `{"type":"lower","attributes":{"input":{"type":"concat","attributes":{"values":["a",{"type":"uuid"}]}}}}`, true},
		{"variables", `{"type":"static","attributes":{"value":"$a","a":{"type":"upper"}}}`, true},
		{"numbers as text", `{"type":"leftPad","attributes":{"length":" 8 "}}`, true},
		{"unknown operation", `{"type":"lwer"}`, false},
		{"no type", `{}`, false},
		{"required attribute", `{"type":"concat","attributes":{}}`, false},
		{"no attributes", `{"type":"concat"}`, false},
		{"list that is text", `{"type":"concat","attributes":{"values":"a"}}`, false},
		{"nested mistake", `{"type":"lower","attributes":{"input":{"type":"concat","attributes":{"values":[{"type":"nope"}]}}}}`, false},
		{"table value without type", `{"type":"lookup","attributes":{"table":{"a":{"b":"c"}}}}`, false},
		{"number that is a word", `{"type":"leftPad","attributes":{"length":"x"}}`, false},
		{"long name", `{"type":"lower","name":"` + name51 + `"}`, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var value any
			if err := json.Unmarshal([]byte(tc.config), &value); err != nil {
				t.Fatal(err)
			}
			if got := v.valid(root, value); got != tc.want {
				t.Errorf("valid: %t, want %t", got, tc.want)
			}
		})
	}
}

// TestJSONSchemaAcceptsTransforms: what works is valid.
func TestJSONSchemaAcceptsTransforms(t *testing.T) {
	root, v := schemaOf(t)
	files, err := filepath.Glob("../examples/acme/transforms/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no transforms: %v", err)
	}
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var value any
		if err := json.Unmarshal(src, &value); err != nil {
			t.Fatal(err)
		}
		if !v.valid(root, value) {
			t.Errorf("%s is not valid", file)
		}
	}
}
