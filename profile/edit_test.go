package profile_test

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
	"github.com/idprofile/engine/profile"
)

// samples are folders with configurations of different shapes.
func samples(t *testing.T) map[string]fs.FS {
	t.Helper()
	return map[string]fs.FS{
		"acme":       os.DirFS(filepath.Join("..", "examples", "acme")),
		"m20":        os.DirFS(filepath.Join("testdata", "m20")),
		"old shape":  os.DirFS(filepath.Join("testdata", "v1")),
		"unknown":    fstest.MapFS{"a.json": {Data: []byte(`{"version":1,"objects":[{"version":1,"self":{"type":"SPACE_SHIP","id":"1","name":"x"},"object":{"b":1,"a":1.0}},{"jwsHeader":null,"jwsSignature":"s","self":{"type":"RULE","name":"r"},"object":{"name":"r","sourceCode":{"script":"x"}}}],"zz":null}`)}},
		"API object": fstest.MapFS{"p.json": {Data: []byte(`{"name":"P","extra":{"k":[]},"authoritativeSource":{"name":"S"},"identityAttributeConfig":null}`)}},
	}
}

// view is what can be compared of a bundle: everything but nodes.
type view struct {
	Profiles   []string
	Mappings   map[string]string
	States     map[string][]string
	Sources    []string
	Transforms map[string]string
	Attributes []string
	Documents  map[string]string
}

func viewOf(b *profile.Bundle) view {
	v := view{Mappings: map[string]string{}, States: map[string][]string{}, Transforms: map[string]string{}, Documents: map[string]string{}}
	for _, p := range b.Profiles {
		v.Profiles = append(v.Profiles, p.ID+" "+p.Name+" "+p.Source.ID+p.Source.Name+" "+p.Status())
		for _, m := range p.Mappings {
			v.Mappings[p.Name+"."+m.Attribute] = string(m.Definition.Node.Append(nil))
		}
		for _, s := range p.States {
			v.States[p.Name] = append(v.States[p.Name], s.TechnicalName)
		}
	}
	for _, s := range b.Sources {
		v.Sources = append(v.Sources, s.Name+" "+s.ApplicationName)
	}
	for name, def := range b.Transforms {
		v.Transforms[name] = string(def.Node.Append(nil))
	}
	for _, a := range b.Attributes {
		v.Attributes = append(v.Attributes, a.Name)
	}
	for _, d := range b.Documents {
		v.Documents[d.Path] = string(d.Root.Append(nil))
	}
	return v
}

func folder(files map[string][]byte) fs.FS {
	m := fstest.MapFS{}
	for path, data := range files {
		m[path] = &fstest.MapFile{Data: data}
	}
	return m
}

// Load, save, load is the identity; files that were not changed stay byte for
// byte as they are.
func TestRoundTrip(t *testing.T) {
	for name, sample := range samples(t) {
		t.Run(name, func(t *testing.T) {
			b, _ := profile.Load(sample)
			if len(b.Documents) == 0 {
				t.Fatal("nothing was loaded")
			}
			files := b.Files()
			for path, data := range files {
				if want, err := fs.ReadFile(sample, path); err != nil || !bytes.Equal(want, data) {
					t.Errorf("%s has changed (%v)", path, err)
				}
			}
			again, _ := profile.Load(folder(files))
			if diff := cmp.Diff(viewOf(b), viewOf(again)); diff != "" {
				t.Errorf("mismatch (-want +got)\n%s", diff)
			}
			for _, d := range b.Documents { // also when it has to be written anew
				written := d.Root.Indent()
				n, found := jsondoc.Parse(d.Path, written)
				if n == nil || string(n.Append(nil)) != string(d.Root.Append(nil)) {
					t.Errorf("%s: written anew it is another document: %v", d.Path, found)
				}
			}
			if diff := cmp.Diff(viewOf(b), viewOf(b.Clone())); diff != "" {
				t.Errorf("clone: mismatch (-want +got)\n%s", diff)
			}
		})
	}
}

func node(t *testing.T, text string) *jsondoc.Node {
	t.Helper()
	n, found := jsondoc.Parse("test", []byte(text))
	if n == nil {
		t.Fatal(found)
	}
	return n
}

// An edit changes its object only; undoing it gives the same documents.
func TestEdit(t *testing.T) {
	lower := `{"name":"Z New","type":"lower","attributes":{}}`
	tests := []struct {
		name     string
		do, undo func(t *testing.T, b *profile.Bundle, p string) bool
	}{
		{"transform",
			func(t *testing.T, b *profile.Bundle, p string) bool {
				return b.PutTransform(node(t, lower)) == nil && b.Transforms["Z New"] != nil
			},
			func(t *testing.T, b *profile.Bundle, p string) bool {
				return b.RemoveTransform("Z New") && b.Transforms["Z New"] == nil
			}},
		{"mapping",
			func(t *testing.T, b *profile.Bundle, p string) bool {
				return b.PutMapping(p, "zz", node(t, `{"type":"static","attributes":{"value":"x"}}`)) == nil && mapped(b, p, "zz")
			},
			func(t *testing.T, b *profile.Bundle, p string) bool {
				return b.RemoveMapping(p, "zz") && !mapped(b, p, "zz")
			}},
		{"state",
			func(t *testing.T, b *profile.Bundle, p string) bool {
				return b.PutState(p, node(t, `{"id":"z","name":"Zed","technicalName":"zed","enabled":true}`)) == nil && slices.Contains(viewOf(b).States[p], "zed")
			},
			func(t *testing.T, b *profile.Bundle, p string) bool {
				return b.RemoveState(p, "zed") && !slices.Contains(viewOf(b).States[p], "zed")
			}},
		{"profile",
			func(t *testing.T, b *profile.Bundle, p string) bool {
				return b.PutProfile(node(t, `{"id":"zp","name":"Zed","priority":990,"authoritativeSource":{"name":"Nowhere"}}`)) == nil &&
					b.PutState("Zed", node(t, `{"name":"Active","technicalName":"active","enabled":true}`)) == nil && b.Profile("Zed") != nil
			},
			func(t *testing.T, b *profile.Bundle, p string) bool {
				return b.RemoveProfile("Zed") && b.Profile("Zed") == nil
			}},
		{"attribute",
			func(t *testing.T, b *profile.Bundle, p string) bool {
				return b.PutAttribute(node(t, `{"name":"zed","searchable":true,"standard":false,"system":false}`)) == nil && slices.Contains(viewOf(b).Attributes, "zed")
			},
			func(t *testing.T, b *profile.Bundle, p string) bool {
				return b.RemoveAttribute("zed") && !slices.Contains(viewOf(b).Attributes, "zed")
			}},
	}
	for name, sample := range samples(t) {
		for _, tt := range tests {
			t.Run(name+"/"+tt.name, func(t *testing.T) {
				b, _ := profile.Load(sample)
				if len(b.Profiles) == 0 || name == "API object" && tt.name == "mapping" {
					t.Skip("there is nothing to edit")
				}
				before := viewOf(b)
				if !tt.do(t, b, b.Profiles[0].Name) {
					t.Fatal("the edit has no effect")
				}
				saved, _ := profile.Load(folder(b.Files()))
				if diff := cmp.Diff(viewOf(b), viewOf(saved)); diff != "" {
					t.Errorf("saved: mismatch (-want +got)\n%s", diff)
				}
				if !tt.undo(t, b, b.Profiles[0].Name) {
					t.Fatal("undoing has no effect")
				}
				if diff := cmp.Diff(before, viewOf(b)); diff != "" {
					t.Errorf("undone: mismatch (-want +got)\n%s", diff)
				}
			})
		}
	}
}

func mapped(b *profile.Bundle, p, attribute string) bool {
	return slices.ContainsFunc(b.Profile(p).Mappings, func(m *profile.Mapping) bool { return m.Attribute == attribute })
}

// Editing one thing leaves all other files byte for byte.
func TestEditLeavesOtherFiles(t *testing.T) {
	b, _ := profile.Load(os.DirFS(filepath.Join("testdata", "v1")))
	before := b.Files()
	if err := b.PutMapping("Employees (old)", "email", node(t, `{"type":"static","attributes":{"value":"x"}}`)); err != nil {
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
	b, found := profile.Load(os.DirFS(filepath.Join("testdata", "v1")))
	if found.HasErrors() {
		t.Fatal(found)
	}
	p := b.Profiles[0]
	if s := b.AuthoritativeSource(p); s == nil || s.Name != "HR Feed" || s.Correlation == nil || len(s.Correlation.Assignments) != 1 {
		t.Fatalf("source: %+v", s)
	}
	if !p.RefreshRequired || p.Status() != profile.StatusNeedsProcessing || len(p.States) != 2 || len(p.Mappings) != 4 {
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
	if again, found := profile.LoadFile("x.json", n.Append(nil)); len(again.Profiles) != 1 || len(again.Profiles[0].Mappings) != 4 {
		t.Errorf("the API object does not load: %v", found)
	}
}

// All sign-in and security settings go through unchanged and can be read.
func TestSecuritySettings(t *testing.T) {
	b, _ := profile.Load(os.DirFS(filepath.Join("testdata", "v1")))
	yes, no := true, false
	want := profile.SecuritySettings{
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
