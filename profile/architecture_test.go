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
)

const module = "github.com/idprofile/engine/"

// allowed says which packages of this module the non-test files of a folder may
// import; a trailing /... means everything below. The longest prefix of a folder
// counts. Standard library imports are always allowed.
var allowed = map[string][]string{
	"identity":            {},
	"identity/diag":       {},
	"identity/":           {"identity", "identity/diag", "identity/jsondoc", "identity/filter", "identity/..."},
	"transform":           {"identity", "identity/diag", "identity/jsondoc", "transform/internal/..."},
	"transform/internal/": {"transform/internal/...", "identity"},
	"transform/rule":      {"transform", "transform/internal/javatext", "identity", "identity/diag", "identity/jsondoc"},
	"transform/builtin":   {"transform", "transform/rule", "transform/internal/...", "identity", "identity/diag", "identity/jsondoc", "identity/filter"},
	"correlate":           {"transform", "transform/rule", "identity/...", "identity", "correlate/internal/..."},
	"correlate/internal/": {"identity", "correlate/internal/..."},
	"correlate/linkage":   {"identity", "identity/...", "correlate", "correlate/internal/..."},
	"profile":             {"identity", "identity/...", "transform", "transform/rule", "transform/builtin", "correlate", "profile/config", "profile/internal/table"},
	"profile/":            {"identity", "identity/...", "transform", "transform/rule", "transform/builtin", "correlate", "correlate/...", "profile", "profile/..."},
	"examples/":           {"identity", "identity/...", "transform", "transform/rule", "transform/builtin", "correlate", "correlate/...", "profile", "profile/...", "examples/..."},

	"profile/config":         {"identity", "identity/...", "transform", "transform/builtin", "correlate", "correlate/linkage"},
	"profile/internal/table": {"identity"},
	"profile/tenant":         {"identity", "identity/...", "transform", "transform/builtin", "correlate", "profile", "profile/config"},
}

// thirdParty says which folders may import a module.
var thirdParty = map[string][]string{
	"github.com/expr-lang/expr":       {"transform/rule"},
	"github.com/nyaruka/phonenumbers": {"transform/internal/phone"},
	"github.com/klauspost/compress":   {"identity/internal/filelog"},
	"codeberg.org/go-pdf/fpdf":        {"identity/report/pdf"},
	"golang.org/x/image":              {"identity/report/pdf"},
	"golang.org/x/text":               {"transform/internal/", "identity/report/pdf", "correlate", "correlate/linkage"},
	"github.com/google/go-cmp":        {"profile/internal/fixture", "identity/store/storetest", "identity/nonemployee/storetest", "identity/internal/filelog/logtest"},
	"github.com/alecthomas/kong":      {"examples/"},
	"github.com/jedib0t/go-pretty/v6": {"examples/"},
	"golang.org/x/term":               {"examples/"},
}

// The direction of imports is fixed: identity, transform, correlate, profile,
// examples; nothing points back, and heavy modules stay where they are needed.
func TestImports(t *testing.T) {
	root := os.DirFS("..")
	err := fs.WalkDir(root, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			return skipFolder(root, p)
		}
		if path.Ext(p) == ".go" && !strings.HasSuffix(p, "_test.go") {
			checkImports(t, p)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// skipFolder leaves out what is no code of this module.
func skipFolder(root fs.FS, p string) error {
	if p == "." {
		return nil
	}
	if _, err := fs.Stat(root, path.Join(p, "go.mod")); err == nil || strings.HasPrefix(path.Base(p), ".") || path.Base(p) == "testdata" {
		return fs.SkipDir
	}
	return nil
}

func checkImports(t *testing.T, file string) {
	parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join("..", file), nil, parser.ImportsOnly|parser.ParseComments)
	if err != nil {
		t.Error(err)
		return
	}
	for _, g := range parsed.Comments {
		if slices.ContainsFunc(g.List, func(c *ast.Comment) bool { return c.Text == "//go:build ignore" }) {
			return
		}
	}
	folder := path.Dir(file)
	for _, spec := range parsed.Imports {
		name, _ := strconv.Unquote(spec.Path.Value)
		switch {
		case strings.HasPrefix(name, module):
			if !permitted(allowed[longest(folder)], strings.TrimPrefix(name, module)) {
				t.Errorf("%s must not import %s", file, name)
			}
		case strings.Contains(strings.SplitN(name, "/", 2)[0], "."):
			if !thirdPartyAllowed(folder, name) {
				t.Errorf("%s must not import the module of %s", file, name)
			}
		}
	}
}

// longest returns the entry of the table for a folder.
func longest(folder string) string {
	best := ""
	for prefix := range allowed {
		if (prefix == folder || strings.HasSuffix(prefix, "/") && strings.HasPrefix(folder+"/", prefix)) && len(prefix) > len(best) {
			best = prefix
		}
	}
	return best
}

func permitted(list []string, name string) bool {
	return slices.ContainsFunc(list, func(p string) bool {
		return p == name || strings.HasSuffix(p, "/...") && strings.HasPrefix(name, strings.TrimSuffix(p, "..."))
	})
}

func thirdPartyAllowed(folder, name string) bool {
	for mod, folders := range thirdParty {
		if strings.HasPrefix(name, mod) {
			return slices.ContainsFunc(folders, func(f string) bool { return f == folder || strings.HasPrefix(folder+"/", f) })
		}
	}
	return false
}
