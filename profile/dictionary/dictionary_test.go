package dictionary_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/dictionary"
	"github.com/idprofile/engine/profile/survey"
	"github.com/idprofile/engine/transform/builtin"
)

var update = flag.Bool("update", false, "write the golden files")

const tenant = `[
{"name":"HR","id":"1","type":"DelimitedFile","authoritative":true,"schemas":[{"name":"account","nativeObjectType":"User","identityAttribute":"id","displayAttribute":"id",
 "attributes":[{"name":"id","type":"STRING"},{"name":"dept","type":"STRING"}]}]},
{"name":"Staff|A","priority":10,"authoritativeSource":{"type":"SOURCE","id":"1","name":"HR"},"identityAttributeConfig":{"enabled":true,"attributeTransforms":[
 {"identityAttributeName":"uid","transformDefinition":{"type":"accountAttribute","attributes":{"sourceName":"HR","attributeName":"id"}}},
 {"identityAttributeName":"department","transformDefinition":{"type":"reference","attributes":{"id":"Dept <b>","input":{"type":"accountAttribute","attributes":{"sourceName":"HR","attributeName":"dept"}}}}},
 {"identityAttributeName":"email","transformDefinition":{"type":"static","attributes":{"value":"$u@x.example","u":{"type":"identityAttribute","attributes":{"name":"uid"}}}}}
]}},
{"name":"Dept <b>","type":"lookup","attributes":{"table":{"10":"Sales | Field","default":{"type":"lower"}}}},
{"name":"Nobody's","type":"upper"}]`

const test = `{"cases":[
 {"name":"all","profile":"Staff|A","accounts":[],"rows":[{"name":"r","expect":{"email":"a@x.example"}}],"expect":{"attributes":{"uid":"a"}}},
 {"name":"other","profile":"Other","expect":{"attributes":{"uid":"a"}}},
 {"name":"table","transform":"Dept <b>","rows":[{"input":"10","expect":"Sales"}]}]}`

func makeOne(t *testing.T) *dictionary.Dictionary {
	t.Helper()
	fsys := fstest.MapFS{
		"tenant.json":     {Data: []byte(tenant)},
		"accounts/HR.csv": {Data: []byte("id,dept\nann,10\nbob,11\n")},
	}
	b, found := config.Load(fsys)
	if found.HasErrors() {
		t.Fatal(found.Err())
	}
	e, _ := profile.Compile(b, profile.Options{})
	s, err := survey.Take(t.Context(), fsys, b, e, survey.Options{Run: profile.RunOptions{Now: time.Date(2026, 1, 15, 0, 0, 0, 0, time.UTC)}})
	if err != nil {
		t.Fatal(err)
	}
	return dictionary.Make(b, builtin.Library(), dictionary.Options{Survey: s, Tests: map[string][]byte{"a_test.json": []byte(test), "broken_test.json": []byte("{")}})
}

func TestMarkdown(t *testing.T) {
	var b bytes.Buffer
	if err := makeOne(t).WriteMarkdown(&b, "Dictionary of *this*"); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join("testdata", "dictionary.md")
	if *update {
		if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
}

func TestHTML(t *testing.T) {
	var b bytes.Buffer
	if err := makeOne(t).WriteHTML(&b, "<title>"); err != nil {
		t.Fatal(err)
	}
	page := b.String()
	for _, s := range []string{"Dept <b>", "<title><title>", "<script"} {
		if strings.Contains(page, s) {
			t.Errorf("%q is not escaped", s)
		}
	}
	// Every link within the page leads somewhere.
	for _, part := range strings.Split(page, `href="#`)[1:] {
		anchor, _, _ := strings.Cut(part, `"`)
		if !strings.Contains(page, `id="`+anchor+`"`) {
			t.Errorf("nothing has the id %q", anchor)
		}
	}
	if n := strings.Count(page, "<svg"); n < 4 {
		t.Errorf("%d drawings", n)
	}
}
