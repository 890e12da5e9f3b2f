package main

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
)

func TestDocs(t *testing.T) {
	dir := testdata(t)
	code, out, errs := command(t, "docs", "examples/acme", "--attribute", "email")
	if code != exitDone || errs != "" {
		t.Fatalf("exit %d: %s", code, errs)
	}
	golden(t, filepath.Join(dir, "docs.golden"), out)
}

// TestDocsJSON: each line is of one kind, nobody of the data is named, and without data
// there are no figures.
func TestDocsJSON(t *testing.T) {
	for _, data := range []bool{true, false} {
		args := []string{"docs", "examples/acme", "--json"}
		if !data {
			args = append(args, "--no-data")
		}
		code, out, errs := command(t, args...)
		if code != exitDone {
			t.Fatalf("exit %d: %s", code, errs)
		}
		kinds := map[string]int{}
		for line := range strings.Lines(out) {
			var d docsLine
			if err := json.Unmarshal([]byte(line), &d); err != nil {
				t.Fatal(err)
			}
			if (d.Attribute != nil) != (d.Kind == "attribute") || (d.Transform != nil) != (d.Kind == "transform") || (d.Table != nil) != (d.Kind == "table") {
				t.Errorf("%s", line)
			}
			if d.Attribute != nil && len(d.Attribute.Mappings) > 0 && (d.Attribute.Mappings[0].Data != nil) != data {
				t.Errorf("with data %v: %s", data, line)
			}
			kinds[d.Kind]++
		}
		if kinds["attribute"] != 38 || kinds["transform"] != 32 || kinds["table"] != 3 {
			t.Errorf("kinds: %v", kinds)
		}
		t.Chdir(filepath.Join("examples", "preview"))
	}
}

func TestDocsForms(t *testing.T) {
	for args, want := range map[string]string{
		"docs|examples/acme|--format|html|--title|Ours":       "<h1>Ours</h1>",
		"docs|examples/acme|--format|svg":                     `aria-label="Lineage of examples/acme"`,
		"docs|examples/acme|--format|dot|--attribute|email":   "Employees/email",
		"docs|examples/acme|--format|mermaid|--attribute|uid": "flowchart LR",
		"docs|examples/acme|--attribute|emial":                `did you mean "email"?`,
		"docs|examples/acme/accounts":                         "there is no identity profile",
	} {
		_, out, errs := command(t, strings.Split(args, "|")...)
		if !strings.Contains(out+errs, want) {
			t.Errorf("%s: printed %.300s, said %s", args, out, errs)
		}
		t.Chdir(filepath.Join("examples", "preview"))
	}
}
