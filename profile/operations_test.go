package profile_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/idprofile/engine/transform/builtin"
)

// structural are the operations that the language itself rests on: what refers to a
// stored transform, and what reads accounts and attributes.
var structural = []string{"reference", "accountAttribute", "identityAttribute"}

// homonyms are texts that happen to be names of operations, by file.
var homonyms = map[string][]string{
	"profile/config/known_members.go": {"rule"},              // a member of fields
	"profile/provisioning/create.go":  {"static"},            // what a field's template is short for
	"profile/lint.go":                 {"rule", "e164phone"}, // what a tenant's preview takes; what workPhone should have
	"profile/preview/report.go":       {"split"},             // a kind of change
	"profile/profiletest/vector.go":   {"usernameGenerator"}, // it works in an account create profile only
	"profile/tenant/attribute.go":     {"rule"},              // a kind of attribute source
	"profile/tenant/patch.go":         {"replace"},           // an operation of JSON Patch
	"profile/tenant/propose.go":       {"replace"},           // the same
	"transform/facts.go":              {"dateMath"},          // the name of a format
	"transform/lint_template.go":      {"substring"},         // an attribute
}

// attributeNames are names of operations that are attributes of identities or accounts.
var attributeNames = []string{"displayName", "uuid"}

// TestOperationsAreOneFile: what an operation does is known in its definition and
// nowhere else, so that adding one means writing one file.
func TestOperationsAreOneFile(t *testing.T) {
	types := builtin.Library().Types()
	root := os.DirFS("..")
	err := fs.WalkDir(root, ".", func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (p == "transform/builtin" || p == "transform/rule" || path.Base(p) == "internal"):
			return fs.SkipDir // the definitions; languages with functions of their own
		case d.IsDir():
			return skipFolder(root, p)
		case path.Ext(p) != ".go" || strings.HasSuffix(p, "_test.go") ||
			!strings.HasPrefix(p, "transform/") && !strings.HasPrefix(p, "profile/"):
			return nil
		}

		for _, name := range literals(t, p) {
			if slices.Contains(types, name) && !slices.Contains(structural, name) &&
				!slices.Contains(attributeNames, name) && !slices.Contains(homonyms[p], name) {
				t.Errorf("%s knows the operation %s by name; let its definition say what it has to know", p, name)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// literals returns the texts of a file.
func literals(t *testing.T, file string) (list []string) {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join("..", file), nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(parsed, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			text, _ := strconv.Unquote(lit.Value)
			list = append(list, text)
		}
		return true
	})
	return list
}
