package main

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/idprofile/engine/correlate/linkage"
	"github.com/idprofile/engine/identity/report"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/tenant"
	"github.com/idprofile/engine/transform"
	"github.com/idprofile/engine/transform/builtin"
)

// schemaCommand prints JSON Schemas for editors.
type schemaCommand struct {
	Kind string `arg:"" optional:"" enum:",transform,export,profile,source,correlation,state,accountschema,policy,attribute,rule,settings,suppressions,test,gate,plan,vectors" default:"" help:"Kind of file. Default: tell which there are."`
	Dir  string `placeholder:"FOLDER" help:"Write the schemas of all kinds as FOLDER/KIND.schema.json, and print what to tell an editor."`
	Out  string `short:"o" placeholder:"FILE" help:"Write the answer to a file."`
}

// fileKinds are the kinds of files that have a schema, with the files that are of them.
var fileKinds = []struct{ kind, files, what string }{
	{kind: "transform", files: "transforms/*.json", what: "one stored transform"},
	{kind: "export", files: "tenant.json", what: "an SP-Config export"},
	{kind: "profile", files: "identity-profiles/*.json", what: "one identity profile, as the API has it"},
	{kind: "source", files: "sources/*.json", what: "one source, as the API has it"},
	{kind: "correlation", files: "correlation-configs/*.json", what: "the account correlation of a source"},
	{kind: "state", files: "lifecycle-states/*.json", what: "one lifecycle state"},
	{kind: "accountschema", files: "account-schemas/*.json", what: "the account schema of a source"},
	{kind: "policy", files: "provisioning-policies/*.json", what: "one provisioning policy of a source"},
	{kind: "attribute", files: "identity-attributes/*.json", what: "an identity attribute, or the list of them"},
	{kind: "rule", files: "rules/*.json", what: "one rule"},
	{kind: "settings", files: "idprofile.json", what: "settings of a folder"},
	{kind: "suppressions", files: "*.lint.json", what: "findings of the file beside it that are right"},
	{kind: "test", files: "*_test.json", what: "unit tests of mappings and transforms"},
	{kind: "gate", files: "gate.json", what: "what a change may do, for diff --gate"},
	{kind: "plan", files: "plan.json", what: "a change, for apply"},
	{kind: "vectors", files: "vectors.json", what: "transform vectors, for eval"},
}

//go:embed schemas/*.json
var schemaTexts embed.FS

// Run prints one schema, all of them, or which there are.
func (c *schemaCommand) Run(a *app) error {
	if c.Dir != "" {
		return c.write(a)
	}
	out := outputFlags{Out: c.Out}
	return out.answer(a, func(a *app) error {
		if c.Kind == "" {
			return c.list(a)
		}
		src, err := schemaOf(c.Kind)
		if err != nil {
			return err
		}
		_, err = a.unfitted().out.Write(src)
		return err
	})
}

func (c *schemaCommand) list(a *app) error {
	for _, k := range fileKinds {
		report.Fprintf(a.out, "%-13s %-29s %s\n", k.kind, k.files, k.what)
	}
	report.Fprintf(a.out, "\n\"$schema\" in a file names its schema: preview schema --dir schemas writes them all.\n")
	return nil
}

// write writes all schemas, and prints the settings of an editor.
func (c *schemaCommand) write(a *app) error {
	if err := os.MkdirAll(c.Dir, 0o755); err != nil {
		return err
	}

	// The form is that of the settings of an editor, to be pasted as it is.
	type association struct {
		Files []string `json:"fileMatch"`
		URL   string   `json:"url"`
	}
	var list []association
	for _, k := range fileKinds {
		src, err := schemaOf(k.kind)
		if err != nil {
			return err
		}
		name := k.kind + ".schema.json"
		err = writeFile(filepath.Join(c.Dir, name), func(w io.Writer) error {
			_, err := w.Write(src)
			return err
		})
		if err != nil {
			return err
		}
		list = append(list, association{[]string{k.files}, "./" + filepath.ToSlash(filepath.Join(c.Dir, name))})
	}

	return writeJSON(a.unfitted().out, map[string]any{"json.schemas": list})
}

// schemaOf returns the schema of a kind of files: its text, completed by what the code
// knows, such as the operations with their attributes.
func schemaOf(kind string) ([]byte, error) {
	// The library writes its own, from the tables that it also checks with.
	if kind == "transform" {
		return builtin.Library().JSONSchema(), nil
	}
	root, err := schemaText(kind)
	if err != nil {
		return nil, err
	}
	root["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	defs, _ := root["$defs"].(map[string]any)
	if defs == nil {
		defs = map[string]any{}
		root["$defs"] = defs
	}

	// A schema has the definitions of the others that it points to, so each file is whole.
	// The list is closed under pointing: an export has sources, which have states of profiles.
	for _, other := range map[string][]string{"export": {"profile", "source", "attribute"}, "source": {"profile"},
		"correlation": {"source", "profile"}, "accountschema": {"source", "profile"}, "policy": {"source", "profile"},
		"state": {"profile"}, "plan": {"source", "profile"}, "suppressions": {"settings"}}[kind] {
		more, err := schemaText(other)
		if err != nil {
			return nil, err
		}
		maps.Copy(defs, more["$defs"].(map[string]any))
	}

	// These kinds hold transforms anywhere in them.
	if !slices.Contains([]string{"attribute", "rule", "settings", "suppressions", "gate", "vectors"}, kind) {
		var transforms struct {
			Defs map[string]any `json:"$defs"`
		}
		if err := json.Unmarshal(builtin.Library().JSONSchema(), &transforms); err != nil {
			return nil, err
		}
		maps.Copy(defs, transforms.Defs)
	}

	complete(root, defs)

	// Names are not escaped for HTML, so that patterns stay readable.
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err = e.Encode(root)
	return b.Bytes(), err
}

func schemaText(kind string) (map[string]any, error) {
	src, err := schemaTexts.ReadFile("schemas/" + kind + ".json")
	if err != nil {
		return nil, fmt.Errorf("there is no schema %q", kind)
	}
	var root map[string]any
	err = json.Unmarshal(src, &root)
	return root, err
}

// complete puts names into a schema that the code has: codes, switches, kinds of columns,
// identity attributes, and members of objects of the vendor.
func complete(root, defs map[string]any) {
	var known []any

	// Lists that the code has are put in when the schema is made. Written down they would be out of
	// date with the next code.
	for _, c := range codes() {
		known = append(known, c.Code)
	}
	fill(defs, known, "suppressions", "items", "properties", "code", "enum")
	var attributes []any
	for _, name := range config.Standard() {
		attributes = append(attributes, name)
	}
	if names := inside(defs, "profile", "properties", "identityAttributeConfig", "properties", "attributeTransforms",
		"items",
		"properties", "identityAttributeName"); names != nil {
		// The first alternative is the list of known names, for completion in editors; the second lets
		// any name pass.
		names["anyOf"].([]any)[0] = map[string]any{"enum": attributes}
	}

	if dialect := inside(root, "properties", "dialect", "properties"); dialect != nil {
		for _, o := range transform.DialectOptions() {
			dialect[o.Name] = map[string]any{"type": "boolean", "description": o.Doc}
		}
	}

	if change := inside(defs, "change"); change != nil {
		completeChange(change)
	}

	var kinds []any

	// Kinds are in a row from the first to the last; a new one appears by itself.
	for k := linkage.Ignored; k <= linkage.Text; k++ {
		kinds = append(kinds, k.String())
	}
	fill(root, kinds, "properties", "linkage", "properties", "columns", "additionalProperties", "enum")

	// Members of the vendor's objects are suggestions: unknown ones are allowed, as the vendor adds
	// some at any time.
	for def, shape := range map[string]string{"profile": "IDENTITY_PROFILE", "source": "SOURCE",
		"lifecycleState": "LIFECYCLE_STATE", "correlation": "CORRELATION_CONFIG", "schema": "SCHEMA",
		"policy": "PROVISIONING_POLICY", "identityAttribute": "IDENTITY_ATTRIBUTE"} {
		for at, names := range config.Members(shape) {
			suggest(defs, inside(defs, def), at, names)
		}
	}
}

// completeChange says of each operation of a plan which members it needs and may have.
func completeChange(change map[string]any) {
	var names, rules []any
	for _, o := range tenant.Operations() {
		names = append(names, o.Do)
		properties := map[string]any{"do": true, "why": true}
		needs := []any{}
		for _, name := range o.Needs {
			properties[name] = true
			needs = append(needs, name)
		}
		for _, name := range o.May {
			properties[name] = true
		}
		rules = append(rules, map[string]any{
			"if":   map[string]any{"properties": map[string]any{"do": map[string]any{"const": o.Do}}},
			"then": map[string]any{"required": needs, "properties": properties, "additionalProperties": false},
		})
	}
	fill(change, names, "properties", "do", "enum")
	change["allOf"] = rules
}

// suggest adds names of members to the shape of an object, which stays open.
func suggest(defs, shape map[string]any, at string, names []string) {
	for shape != nil {
		// Pointers and arrays are followed before a step is taken, since a path names neither.
		if ref, ok := shape["$ref"].(string); ok {
			shape = inside(defs, strings.TrimPrefix(ref, "#/$defs/"))
			continue
		}

		if items := inside(shape, "items"); items != nil {
			shape = items
			continue
		}

		if at == "" {
			break
		}
		step, rest, _ := strings.Cut(at, ".")
		shape, at = inside(shape, "properties", step), rest
	}

	properties := inside(shape, "properties")
	if properties == nil {
		return
	}
	for _, name := range names {
		if _, ok := properties[name]; !ok {
			properties[name] = map[string]any{}
		}
	}
}

// inside follows members of objects; nil where there is none.
func inside(n map[string]any, path ...string) map[string]any {
	for _, step := range path {
		n, _ = n[step].(map[string]any)
	}
	return n
}

// fill sets a member where the object around it is there.
func fill(n map[string]any, value any, path ...string) {
	if at := inside(n, path[:len(path)-1]...); at != nil {
		at[path[len(path)-1]] = value
	}
}
