package config_test

import (
	"bytes"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/internal/fixture"
)

// samples are folders with configurations of different shapes.
func samples(t *testing.T) map[string]fs.FS {
	t.Helper()
	return map[string]fs.FS{
		"acme":       os.DirFS(filepath.Join("..", "..", "examples", "acme")),
		"m20":        os.DirFS(filepath.Join("..", "testdata", "m20")),
		"old shape":  os.DirFS(filepath.Join("testdata", "v1")),
		"unknown":    fstest.MapFS{"a.json": {Data: []byte(`{"version":1,"objects":[{"version":1,"self":{"type":"SPACE_SHIP","id":"1","name":"x"},"object":{"b":1,"a":1.0}},{"jwsHeader":null,"jwsSignature":"s","self":{"type":"RULE","name":"r"},"object":{"name":"r","sourceCode":{"script":"x"}}}],"zz":null}`)}},
		"API object": fstest.MapFS{"p.json": {Data: []byte(`{"name":"P","extra":{"k":[]},"authoritativeSource":{"name":"S"},"identityAttributeConfig":null}`)}},
	}
}

// Load, save, load is the identity; files that were not changed stay byte for
// byte as they are.
func TestRoundTrip(t *testing.T) {
	for name, sample := range samples(t) {
		t.Run(name, func(t *testing.T) {
			b, _ := config.Load(sample)
			if len(b.Documents) == 0 {
				t.Fatal("nothing was loaded")
			}
			files := b.Files()
			for path, data := range files {
				if want, err := fs.ReadFile(sample, path); err != nil || !bytes.Equal(want, data) {
					t.Errorf("%s has changed (%v)", path, err)
				}
			}
			again, _ := config.Load(fixture.Folder(files))
			if diff := cmp.Diff(fixture.ViewOf(b), fixture.ViewOf(again)); diff != "" {
				t.Errorf("mismatch (-want +got)\n%s", diff)
			}
			for _, d := range b.Documents { // also when it has to be written anew
				written := d.Root.Indent()
				n, found := jsondoc.Parse(d.Path, written)
				if n == nil || string(n.Append(nil)) != string(d.Root.Append(nil)) {
					t.Errorf("%s: written anew it is another document: %v", d.Path, found)
				}
			}
			if diff := cmp.Diff(fixture.ViewOf(b), fixture.ViewOf(b.Clone())); diff != "" {
				t.Errorf("clone: mismatch (-want +got)\n%s", diff)
			}
		})
	}
}

// An edit changes its object only; undoing it gives the same documents.
func TestEdit(t *testing.T) {
	lower := `{"name":"Z New","type":"lower","attributes":{}}`
	tests := []struct {
		name     string
		do, undo func(t *testing.T, b *config.Bundle, p string) bool
	}{
		{"transform",
			func(t *testing.T, b *config.Bundle, p string) bool {
				return b.PutTransform(fixture.Node(t, lower)) == nil && b.Transforms["Z New"] != nil
			},
			func(t *testing.T, b *config.Bundle, p string) bool {
				return b.RemoveTransform("Z New") && b.Transforms["Z New"] == nil
			}},
		{"mapping",
			func(t *testing.T, b *config.Bundle, p string) bool {
				return b.PutMapping(p, "zz", fixture.Node(t, `{"type":"static","attributes":{"value":"x"}}`)) == nil && fixture.Mapped(b, p, "zz")
			},
			func(t *testing.T, b *config.Bundle, p string) bool {
				return b.RemoveMapping(p, "zz") && !fixture.Mapped(b, p, "zz")
			}},
		{"state",
			func(t *testing.T, b *config.Bundle, p string) bool {
				return b.PutState(p, fixture.Node(t, `{"id":"z","name":"Zed","technicalName":"zed","enabled":true}`)) == nil && slices.Contains(fixture.ViewOf(b).States[p], "zed")
			},
			func(t *testing.T, b *config.Bundle, p string) bool {
				return b.RemoveState(p, "zed") && !slices.Contains(fixture.ViewOf(b).States[p], "zed")
			}},
		{"profile",
			func(t *testing.T, b *config.Bundle, p string) bool {
				return b.PutProfile(fixture.Node(t, `{"id":"zp","name":"Zed","priority":990,"authoritativeSource":{"name":"Nowhere"}}`)) == nil &&
					b.PutState("Zed", fixture.Node(t, `{"name":"Active","technicalName":"active","enabled":true}`)) == nil && b.Profile("Zed") != nil
			},
			func(t *testing.T, b *config.Bundle, p string) bool {
				return b.RemoveProfile("Zed") && b.Profile("Zed") == nil
			}},
		{"attribute",
			func(t *testing.T, b *config.Bundle, p string) bool {
				return b.PutAttribute(fixture.Node(t, `{"name":"zed","searchable":true,"standard":false,"system":false}`)) == nil && slices.Contains(fixture.ViewOf(b).Attributes, "zed")
			},
			func(t *testing.T, b *config.Bundle, p string) bool {
				return b.RemoveAttribute("zed") && !slices.Contains(fixture.ViewOf(b).Attributes, "zed")
			}},
	}
	for name, sample := range samples(t) {
		for _, tt := range tests {
			t.Run(name+"/"+tt.name, func(t *testing.T) {
				b, _ := config.Load(sample)
				if len(b.Profiles) == 0 || name == "API object" && tt.name == "mapping" {
					t.Skip("there is nothing to edit")
				}
				before := fixture.ViewOf(b)
				if !tt.do(t, b, b.Profiles[0].Name) {
					t.Fatal("the edit has no effect")
				}
				saved, _ := config.Load(fixture.Folder(b.Files()))
				if diff := cmp.Diff(fixture.ViewOf(b), fixture.ViewOf(saved)); diff != "" {
					t.Errorf("saved: mismatch (-want +got)\n%s", diff)
				}
				if !tt.undo(t, b, b.Profiles[0].Name) {
					t.Fatal("undoing has no effect")
				}
				if diff := cmp.Diff(before, fixture.ViewOf(b)); diff != "" {
					t.Errorf("undone: mismatch (-want +got)\n%s", diff)
				}
			})
		}
	}
}

// Editing one thing leaves all other files byte for byte.
func TestEditLeavesOtherFiles(t *testing.T) {
	b, _ := config.Load(os.DirFS(filepath.Join("testdata", "v1")))
	before := b.Files()
	if err := b.PutMapping("Employees (old)", "email", fixture.Node(t, `{"type":"static","attributes":{"value":"x"}}`)); err != nil {
		t.Fatal(err)
	}
	after := b.Files()
	for path := range maps.Keys(before) {
		if same := bytes.Equal(before[path], after[path]); same != (path != "profiles.json") {
			t.Errorf("%s: unchanged is %v", path, same)
		}
	}
	for _, want := range []string{`"attributeName": "email"`, `"somethingNobodyKnows"`, "1.50", "2e3"} {
		if !bytes.Contains(after["profiles.json"], []byte(want)) {
			t.Errorf("the profile lost %s", want)
		}
	}
	var order []string
	if err := b.Save(func(path string, data []byte) error { order = append(order, path); return nil }); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(after)), order); diff != "" {
		t.Errorf("mismatch (-want +got)\n%s", diff)
	}
}

// The old shape becomes the same typed parts, and an API object.
func TestOldShape(t *testing.T) {
	b, found := config.Load(os.DirFS(filepath.Join("testdata", "v1")))
	if found.HasErrors() {
		t.Fatal(found)
	}
	p := b.Profiles[0]
	if s := b.AuthoritativeSource(p); s == nil || s.Name != "HR Feed" || s.Correlation == nil || len(s.Correlation.Assignments) != 1 {
		t.Fatalf("source: %+v", s)
	}
	if !p.RefreshRequired || p.Status() != config.StatusNeedsProcessing || len(p.States) != 2 || len(p.Mappings) != 4 {
		t.Errorf("refresh %v, %d states, %d mappings", p.RefreshRequired, len(p.States), len(p.Mappings))
	}
	if got := string(p.Mappings[1].Definition.Node.At("attributes", "input", "type").Text()); got != "accountAttribute" {
		t.Errorf("an input without type is %q", got)
	}
	n := b.ProfileObject(p)
	for _, key := range []string{"attributeConfig", "dirtyFlag", "source", "configuredStates"} {
		if n.Get(key) != nil {
			t.Errorf("the API object has %s", key)
		}
	}
	if !n.Get("identityRefreshRequired").IsTrue() || n.At("authoritativeSource", "name").Text() != "HR Feed" || n.Get("blockOffNetwork") == nil {
		t.Errorf("got %s", n.Append(nil))
	}
	if again, found := config.LoadFile("x.json", n.Append(nil)); len(again.Profiles) != 1 || len(again.Profiles[0].Mappings) != 4 {
		t.Errorf("the API object does not load: %v", found)
	}
}

// All sign-in and security settings go through unchanged and can be read.
func TestSecuritySettings(t *testing.T) {
	b, _ := config.Load(os.DirFS(filepath.Join("testdata", "v1")))
	yes, no := true, false
	want := config.SecuritySettings{
		AutoInvite: &yes, AutoInvitationOption: "lifecycle", AutoInviteLifecycleState: "active",
		Authentication: `{"type":"PASS_THROUGH","source":"HR Feed"}`, PassThrough: &yes, AuthenticationError: "Call the help desk",
		BlockOffNetwork: &yes, BlockGeographies: &no,
		PasswordReset:        map[string]string{"MaskPhone": "true", "Methods": `["EMAIL","SMS"]`},
		StrongAuthentication: map[string]string{"KBA": "false"},
	}
	if diff := cmp.Diff(want, b.Profiles[0].Security()); diff != "" {
		t.Errorf("mismatch (-want +got)\n%s", diff)
	}
}
