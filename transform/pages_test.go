package transform_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/correlate/linkage"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/profiletest"
	"github.com/idprofile/engine/transform"
	"github.com/idprofile/engine/transform/builtin"
	"github.com/idprofile/engine/transform/rule"
)

var update = flag.Bool("update", false, "write the pages anew")

// golden compares a page with what the code gives now.
func golden(t *testing.T, file string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s is not up to date, run the test with -update (-want +got):\n%s", file, diff)
	}
}

func TestReferencePage(t *testing.T) { golden(t, "REFERENCE.md", builtin.Library().Markdown()) }

// finding is a code in the sources.
type finding struct{ code, severity, where, message string }

// findingFolders are the packages that report findings.
var findingFolders = []string{"../identity/jsondoc", "../transform", "../correlate", "../profile"}

var codeShape = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)+$`)

// reporters are the functions that take a code, with its position among the
// arguments.
var reporters = map[string]int{
	"Errorf": 0, "Warnf": 0, "Infof": 0, "Fail": 0, "Addf": 1, "Report": 1, "report": 1, "ReportAt": 2, "ReportEntry": 2,
	"reportSite": 2, "reportRaise": 2, "reportMember": 2, "fail": 1, "Delegate": 2,
}

var severities = map[string]string{"fail": "error", "Errorf": "error", "Fail": "error", "Warnf": "warning", "Infof": "info", "Delegate": "error"}

// codeFile holds the codes of a package.
const codeFile = "finding_codes.go"

// codesOf returns the constants in the [codeFile] of a folder, by name.
func codesOf(t *testing.T, folder string) map[string]string {
	t.Helper()
	codes := map[string]string{}
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(folder, codeFile), nil, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return codes
	}
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok {
			codes[spec.Names[0].Name], _ = strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		}
		return true
	})
	return codes
}

// literal returns the text of a string literal or a code, or of what is put together
// from them.
func (c *collector) literal(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return c.codes[e.Name]
	case *ast.BasicLit:
		s, _ := strconv.Unquote(e.Value)
		return s
	case *ast.BinaryExpr:
		return c.literal(e.X) + c.literal(e.Y)
	case *ast.CallExpr: // fmt.Sprintf
		if len(e.Args) > 0 {
			return c.literal(e.Args[0])
		}
	}
	return ""
}

func severityOf(e ast.Expr) string {
	if s, ok := e.(*ast.SelectorExpr); ok {
		switch s.Sel.Name {
		case "Error", "Warning", "Info":
			return strings.ToLower(s.Sel.Name)
		}
	}
	return ""
}

// collector gathers the codes in a file.
type collector struct {
	where string
	codes map[string]string // of the package, by constant
	list  []finding
	seen  map[token.Pos]bool
}

func (c *collector) note(code ast.Expr, severity, message string) {
	if text := c.literal(code); codeShape.MatchString(text) {
		c.seen[code.Pos()] = true
		c.list = append(c.list, finding{text, severity, c.where, message})
	}
}

// call takes the code from a call of a reporter.
func (c *collector) call(n *ast.CallExpr) {
	name := ""
	switch f := n.Fun.(type) {
	case *ast.SelectorExpr:
		name = f.Sel.Name
	case *ast.Ident:
		name = f.Name
	}
	at, ok := reporters[name]
	if !ok || at >= len(n.Args) {
		return
	}
	severity, message := severities[name], ""
	for _, arg := range n.Args {
		if s := severityOf(arg); s != "" {
			severity = s
		}
	}
	for _, arg := range n.Args[at+1:] {
		// In report the hint comes first.
		if text := c.literal(arg); strings.Contains(text, " ") && (message == "" || name == "report") {
			message = text
		}
	}
	c.note(n.Args[at], severity, message)
}

// composite takes the code from a diagnostic that is written out.
func (c *collector) composite(n *ast.CompositeLit) {
	var code ast.Expr
	severity, message := "", ""
	for _, e := range n.Elts {
		kv, ok := e.(*ast.KeyValueExpr)
		if !ok {
			continue
		}
		switch fmt.Sprint(kv.Key) {
		case "Code":
			code = kv.Value
		case "Severity":
			severity = severityOf(kv.Value)
		case "Message":
			message = c.literal(kv.Value)
		}
	}
	if code != nil {
		c.note(code, severity, message)
	}
}

// text takes codes that are chosen before they are reported.
func (c *collector) text(e ast.Expr) {
	if c.seen[e.Pos()] {
		return
	}
	for _, prefix := range []string{"template-", "regex-", "type-"} {
		if text := c.literal(e); strings.HasPrefix(text, prefix) && codeShape.MatchString(text) {
			c.list = append(c.list, finding{text, "", c.where, ""})
		}
	}
}

// collect finds the codes in a file.
func collect(file *ast.File, where string, codes map[string]string) []finding {
	c := &collector{where: where, codes: codes, seen: map[token.Pos]bool{}}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			c.call(n)
		case *ast.CompositeLit:
			c.composite(n)
		case *ast.BasicLit, *ast.Ident: // behind what is around it
			c.text(n.(ast.Expr))
		}
		return true
	})
	return c.list
}

func allFindings(t *testing.T) []finding {
	t.Helper()
	var list []finding
	for _, folder := range findingFolders {
		err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") ||
				d.Name() == codeFile || strings.Contains(path, "/internal/") && !strings.HasSuffix(path, "/javaregex/doubt.go") {
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			list = append(list, collect(file, strings.TrimPrefix(filepath.ToSlash(filepath.Dir(path)), "../"), codesOf(t, filepath.Dir(path)))...)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return list
}

// TestFindingsPage keeps the page of all finding codes complete.
func TestFindingsPage(t *testing.T) {
	byCode := map[string][]finding{}
	for _, f := range allFindings(t) {
		byCode[f.code] = append(byCode[f.code], f)
	}
	var codes []string
	for code := range byCode {
		codes = append(codes, code)
	}
	slices.Sort(codes)
	var b bytes.Buffer
	b.WriteString("# Findings\n\nMade from the code. `preview lint --explain CODE` prints the page of a code.\n\n" + switchOff +
		"\nOne code can have several causes; the messages fill in what stands as %s, %q and %d here.\n\n" +
		"| code | severity | package | message |\n| --- | --- | --- | --- |\n")
	for _, code := range codes {
		var severity, where, message []string
		for _, f := range byCode[code] {
			for to, text := range map[*[]string]string{&severity: f.severity, &where: f.where, &message: f.message} {
				if text != "" && !slices.Contains(*to, text) {
					*to = append(*to, text)
				}
			}
		}
		if severity == nil {
			severity = append(severity, caseSeverity(code))
		}
		if message == nil {
			message = append(message, "(the message names the fault)")
		}
		slices.Sort(severity)
		fmt.Fprintf(&b, "| [`%s`](#%[1]s) | %s | %s | %s |\n", code, strings.Join(severity, ", "), strings.Join(where, ", "), strings.ReplaceAll(strings.Join(message, "<br>"), "|", `\|`))
	}

	// Pages of the same order follow the table, and each code of it has one.
	pages := map[string]diag.Page{}
	for _, page := range allPages() {
		pages[string(page.Code)] = page
	}
	for _, code := range codes {
		page, ok := pages[code]
		if !ok || page.Meaning == "" {
			t.Errorf("%s has no page: describe it in the findings.txt of its package", code)
		}
		fmt.Fprintf(&b, "\n## %s\n\n%s", code, page.Markdown())
	}
	golden(t, "findings.md", b.Bytes())
}

const switchOff = "## Switch a finding off\n\nIn `idprofile.json`, with a reason, for an object (the name of a transform, profile or source, or " +
	"`Profile/attribute` for a mapping),\nfor a file, a folder or a pattern of files, or everywhere:\n\n```json\n" +
	`{"suppress": [{"code": "lookup-default", "object": "Region", "reason": "the source lets nothing else in"}]}` + "\n```\n\n" +
	"The same list may stand beside a file: `region.lint.json` is for `region.json`. A suppression that fits nothing is a finding itself.\n"

// allPages are the pages of all packages, and of what is taken for granted.
func allPages() []diag.Page {
	var assumed []diag.Page
	for _, a := range config.Assumptions() {
		assumed = append(assumed, diag.Page{Code: a.Code, Meaning: a.Meaning})
	}
	return diag.MergePages(jsondoc.Findings(), transform.Findings(), builtin.Findings(), rule.Findings(), correlate.Findings(),
		linkage.Findings(), config.Findings(), profiletest.Findings(), assumed)
}

// caseSeverity is the severity of a code that is chosen before it is reported.
func caseSeverity(code string) string {
	for _, c := range lintCases() {
		if c.code == code {
			return c.severity.String()
		}
	}
	return ""
}

// TestEveryRuleIsTested: each code of this package has a lint case.
func TestEveryRuleIsTested(t *testing.T) {
	tested := map[string]bool{"name-missing": true, "name-too-long": true, "size-limit": true,
		"compile-limit": true} // see TestAllowance
	for _, c := range append(lintCases(), provisioningCases()...) {
		tested[c.code] = tested[c.code] || len(c.bad) > 0 && len(c.good) > 0
	}
	for _, f := range allFindings(t) {
		if f.where == "transform" || f.where == "transform/builtin" {
			if !tested[f.code] {
				t.Errorf("%s has no lint case", f.code)
			}
		}
	}
}
