package config_test

import (
	"fmt"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
)

// TestSuppress: a suppression fits an object, a mapping, a file, a folder or a pattern, and nothing beside it.
func TestSuppress(t *testing.T) {
	lookup := func(name string) *fstest.MapFile {
		return &fstest.MapFile{Data: []byte(`{"name": "` + name + `", "type": "lookup", "attributes": {"table": {"a": "b"}}}`)}
	}
	tenant := &fstest.MapFile{Data: []byte(`[{"name": "HR", "connector": "x"}, {"name": "People", "priority": 10, "authoritativeSource": {"name": "HR"},
		"identityAttributeConfig": {"enabled": true, "attributeTransforms": [
			{"identityAttributeName": "uid", "transformDefinition": {"type": "lookup", "attributes": {"table": {"a": "b"}}}},
			{"identityAttributeName": "email", "transformDefinition": {"type": "lookup", "attributes": {"table": {"a": "b"}}}}]}}]`)}
	for _, tc := range []struct {
		name, suppress string
		beside         bool // in a.lint.json
		left           []string
		unused         int
	}{
		{"nothing", ``, false, []string{"a.json", "t/b.json", "tenant.json:3", "tenant.json:4"}, 0},
		{"everything", `{"code": "lookup-default", "reason": "r"}`, false, nil, 0},
		{"transform", `{"code": "lookup-default", "object": "B", "reason": "r"}`, false, []string{"a.json", "tenant.json:3", "tenant.json:4"}, 0},
		{"mapping", `{"code": "lookup-default", "object": "People/uid", "reason": "r"}`, false, []string{"a.json", "t/b.json", "tenant.json:4"}, 0},
		{"profile", `{"code": "lookup-default", "object": "People", "reason": "r"}`, false, []string{"a.json", "t/b.json"}, 0},
		{"file", `{"code": "lookup-default", "file": "a.json", "reason": "r"}`, false, []string{"t/b.json", "tenant.json:3", "tenant.json:4"}, 0},
		{"folder", `{"code": "lookup-default", "file": "t", "reason": "r"}`, false, []string{"a.json", "tenant.json:3", "tenant.json:4"}, 0},
		{"pattern", `{"code": "lookup-default", "file": "t/*.json", "reason": "r"}`, false, []string{"a.json", "tenant.json:3", "tenant.json:4"}, 0},
		{"beside", `{"code": "lookup-default", "reason": "r"}`, true, []string{"t/b.json", "tenant.json:3", "tenant.json:4"}, 0},
		{"another code", `{"code": "lookup-case", "reason": "r"}`, false, []string{"a.json", "t/b.json", "tenant.json:3", "tenant.json:4"}, 1},
		{"another object", `{"code": "lookup-default", "object": "C", "reason": "r"}`, false, []string{"a.json", "t/b.json", "tenant.json:3", "tenant.json:4"}, 1},
		{"no reason", `{"code": "lookup-default", "reason": " "}`, false, []string{"a.json", "t/b.json", "tenant.json:3", "tenant.json:4"}, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			file := map[bool]string{false: "idprofile.json", true: "a.lint.json"}[tc.beside]
			b, found := config.Load(fstest.MapFS{"a.json": lookup("A"), "t/b.json": lookup("B"), "tenant.json": tenant,
				file: {Data: []byte(`{"suppress": [` + tc.suppress + `]}`)}})
			_, more := profile.Compile(b, profile.Options{})
			kept, suppressed := b.Suppress(append(found, more...))
			kept.Sort()

			var left []string
			unused := 0
			for _, d := range kept {
				switch {
				case d.Code == "suppression-unused":
					unused++
				case d.Code == "lookup-default" && d.Pos.File == "tenant.json":
					left = append(left, fmt.Sprintf("%s:%d", d.Pos.File, d.Pos.Line))
				case d.Code == "lookup-default":
					left = append(left, d.Pos.File)
				}
			}
			if diff := cmp.Diff(tc.left, left); diff != "" || unused != tc.unused {
				t.Errorf("%d unused, want %d; mismatch (-want +got):\n%s", unused, tc.unused, diff)
			}
			for _, s := range suppressed {
				if s.By.Reason != "r" {
					t.Errorf("suppressed by %+v", s.By)
				}
			}
		})
	}
}
