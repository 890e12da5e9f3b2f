package pipeline

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	_ "github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif" // has the schema
	"github.com/xeipuuv/gojsonschema"
)

// TestSARIF: findings are valid by the public schema of SARIF 2.1.0, which allows no other members.
func TestSARIF(t *testing.T) {
	schema := gojsonschema.NewStringLoader(sarifSchema(t))
	for _, folder := range []string{"examples/preview/testdata/lint", "examples/acme", "examples/acme-changes/broken-transform"} {
		src := preview(t, "lint", folder, "--format", "sarif", "--all")
		result, err := gojsonschema.Validate(schema, gojsonschema.NewBytesLoader(src))
		if err != nil {
			t.Fatalf("%s: %v", folder, err)
		}
		for _, e := range result.Errors() {
			t.Errorf("%s: %s", folder, e)
		}
	}

	// The schema finds what is wrong.
	src := strings.Replace(string(preview(t, "lint", "examples/preview/testdata/lint", "--format", "sarif")), `"ruleId"`, `"ruleID"`, 1)
	if result, err := gojsonschema.Validate(schema, gojsonschema.NewStringLoader(src)); err != nil || result.Valid() {
		t.Errorf("a wrong member is valid: %v", err)
	}
}

// sarifSchema returns the public schema of SARIF 2.1.0 as the library has it in its source. What
// the library itself validates is its own struct, where members that are absent are empty ones.
func sarifSchema(t *testing.T) string {
	t.Helper()
	dir, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "github.com/owenrumney/go-sarif/v3").Output()
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(strings.TrimSpace(string(dir)), "pkg", "report", "v210", "sarif", "schema.go")
	file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	text := ""
	ast.Inspect(file, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING && len(lit.Value) > len(text) {
			text, _ = strconv.Unquote(lit.Value)
		}
		return true
	})
	if !strings.Contains(text, "sarif-schema-2.1.0") {
		t.Fatalf("%s has no schema of SARIF 2.1.0", name)
	}
	return text
}
