package pipeline

import (
	"encoding/json"
	"flag"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden file anew")

// TestEditor: what VS Code's JSON language service completes, shows, and marks with our
// schemas; and all JSON files of the examples are valid by them.
func TestEditor(t *testing.T) {
	if _, err := os.Stat("editor/node_modules/vscode-json-languageservice"); err != nil {
		if os.Getenv("IDPROFILE_EDITOR") == "1" {
			t.Fatal(err)
		}
		t.Skip("npm ci --prefix editor was not run")
	}
	schemas := t.TempDir()
	preview(t, "schema", "--dir", schemas)
	args := append([]string{"editor/editor.mjs", schemas}, exampleFiles(t)...)
	out, err := exec.CommandContext(t.Context(), "node", args...).Output()
	if err != nil {
		t.Fatalf("%v: %s", err, err.(*exec.ExitError).Stderr)
	}
	var answers struct {
		Completion, Marked, Files map[string][]string
		Hover                     map[string]string
	}
	if err := json.Unmarshal(out, &answers); err != nil {
		t.Fatal(err)
	}

	for file, problems := range answers.Files {
		if len(problems) > 0 {
			t.Errorf("%s: %.500q", file, problems)
		}
	}
	if len(answers.Files) < 30 {
		t.Errorf("only %d files were looked at", len(answers.Files))
	}
	answers.Files = nil
	got, err := json.MarshalIndent(answers, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	const golden = "testdata/editor.golden"
	if *update {
		if err := os.WriteFile(golden, append(got, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)+"\n"); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
}

// notOurs are JSON files of the examples that no schema is for: what a program of the
// examples reads, and accounts.
var notOurs = []string{"nonemployee/config.json", "hr/successfactors/employees.json"}

// exampleFiles returns FILE=KIND for each JSON file of the examples that a schema is for.
func exampleFiles(t *testing.T) (list []string) {
	t.Helper()
	err := fs.WalkDir(os.DirFS(".."), ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() {
			if name == "node_modules" || name == "accounts" || name == "fixtures" || name == "testdata" {
				return fs.SkipDir
			}
			return nil
		}
		if filepath.Ext(name) != ".json" || strings.HasPrefix(name, "package") || strings.HasPrefix(p, "preview/schemas/") {
			return nil
		}
		for _, other := range notOurs {
			if p == other {
				return nil
			}
		}
		kind, err := kindOf(filepath.Join("..", p))
		if err != nil {
			return err
		}
		if kind == "" {
			t.Errorf("%s: which schema is this of?", p)
			return nil
		}
		list = append(list, filepath.Join("..", p)+"="+kind)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	plan := filepath.Join(t.TempDir(), "plan.json")
	preview(t, "diff", "examples/acme", "examples/acme-changes/correlation-change", "--overlay", "--plan-out", plan)
	return append(list, "../preview/testdata/vectors.json=vectors", plan+"=plan")
}

// kindOf tells the kind of a file by its name and its members.
func kindOf(file string) (string, error) {
	src, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	var v any
	if err := json.Unmarshal(src, &v); err != nil {
		return "", err
	}
	members, _ := v.(map[string]any)
	has := func(name string) bool { _, ok := members[name]; return ok }
	switch {
	case strings.HasSuffix(file, "_test.json"):
		return "test", nil
	case filepath.Base(file) == "idprofile.json":
		return "settings", nil
	case members == nil || has("objects") || has("self"):
		return "export", nil
	case has("identityAttributeConfig") || has("authoritativeSource"):
		return "profile", nil
	case has("connector") || has("correlationConfigDetails"):
		return "source", nil
	case has("attributeAssignments"):
		return "correlation", nil
	case has("type"):
		return "transform", nil
	}
	return "", nil
}
