package profiletest_test

import (
	"bytes"
	"encoding/xml"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/profiletest"
)

var update = flag.Bool("update", false, "rewrite golden files")

// golden compares text with a file under testdata/golden.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", "golden", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
}

// options announce the custom rule of the tenant.
var options = profiletest.Options{Compile: profile.Options{Rules: []string{"Mail Maker"}}}

func tenant(t testing.TB) (fs.FS, *config.Bundle, *profile.Engine) {
	t.Helper()
	fsys := os.DirFS("testdata/tenant")
	b, found := config.Load(fsys)
	if err := found.Err(); err != nil {
		t.Fatal(err)
	}
	e, _ := profile.Compile(b, options.Compile)
	return fsys, b, e
}

func suite(t testing.TB, folder string) *profiletest.Suite {
	t.Helper()
	s, found := profiletest.Load(os.DirFS(folder), "")
	if len(found) > 0 {
		t.Fatal(found)
	}
	return s
}

func TestHelper(t *testing.T) {
	fsys, _, e := tenant(t)
	profiletest.TestWith(t, e, fsys, "./...", options)
}

func TestFailures(t *testing.T) {
	_, _, e := tenant(t)
	o := options
	tick := time.Unix(0, 0)
	o.Clock = func() time.Time { tick = tick.Add(time.Millisecond); return tick }
	s := suite(t, "testdata/failing")
	r, found, err := s.Run(t.Context(), e, o)
	if err != nil || len(found) > 0 {
		t.Fatal(err, found)
	}
	var text, js, junit bytes.Buffer
	for _, err := range []error{r.WriteText(&text, profiletest.TextOptions{Folder: "tenant", Verbose: true}), r.WriteJSON(&js), r.WriteJUnit(&junit, "tenant")} {
		if err != nil {
			t.Fatal(err)
		}
	}
	golden(t, "failures.txt", text.String())
	golden(t, "failures.json", js.String())
	golden(t, "failures.xml", junit.String())
	if err := checkJUnit(junit.Bytes()); err != nil {
		t.Error(err)
	}
}

func TestJUnitOfPasses(t *testing.T) {
	fsys, _, e := tenant(t)
	r, _, err := profiletest.Run(t.Context(), e, fsys, "", options)
	if err != nil {
		t.Fatal(err)
	}
	r.Cases[0].Name = "a \x01 control & a < bracket"
	var b bytes.Buffer
	if err := r.WriteJUnit(&b, ""); err != nil {
		t.Fatal(err)
	}
	if err := checkJUnit(b.Bytes()); err != nil {
		t.Error(err)
	}
}

// element says what an element of the JUnit form may hold.
type element struct {
	attributes map[string]string // name to pattern; all must be there
	optional   []string
	children   []string
	text       bool
}

var junitForm = map[string]element{
	"testsuites": {attributes: map[string]string{"name": ".+", "tests": `\d+`, "failures": `\d+`, "errors": `\d+`, "time": `\d+\.\d+`}, children: []string{"testsuite"}},
	"testsuite": {attributes: map[string]string{"name": ".+", "tests": `\d+`, "failures": `\d+`, "errors": `\d+`, "skipped": `\d+`, "time": `\d+\.\d+`}, optional: []string{"file"},
		children: []string{"testcase"}},
	"testcase": {attributes: map[string]string{"name": ".+", "classname": ".+", "time": `\d+\.\d+`}, optional: []string{"file", "line"}, children: []string{"failure"}},
	"failure":  {attributes: map[string]string{"message": ".+", "type": ".+"}, text: true},
}

// checkJUnit checks the structure strictly: elements, attributes, counts.
func checkJUnit(src []byte) error {
	dec := xml.NewDecoder(bytes.NewReader(src))
	var stack []string
	cases, failures, declared := 0, 0, ""
	for {
		token, err := dec.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		switch x := token.(type) {
		case xml.StartElement:
			parent := ""
			if n := len(stack); n > 0 {
				parent = stack[n-1]
			}
			if err := checkElement(parent, x); err != nil {
				return err
			}
			switch x.Name.Local {
			case "testsuites":
				declared = fmt.Sprint(x.Attr[1].Value, " ", x.Attr[2].Value)
			case "testcase":
				cases++
			case "failure":
				failures++
			}
			stack = append(stack, x.Name.Local)
		case xml.EndElement:
			stack = stack[:len(stack)-1]
		case xml.CharData:
			if n := len(stack); n > 0 && !junitForm[stack[n-1]].text && strings.TrimSpace(string(x)) != "" {
				return fmt.Errorf("text in %s", stack[n-1])
			}
		}
	}
	if got := fmt.Sprint(cases, " ", failures); got != declared {
		return fmt.Errorf("declares %s, has %s", declared, got)
	}
	return nil
}

func checkElement(parent string, x xml.StartElement) error {
	form, ok := junitForm[x.Name.Local]
	if !ok || parent == "" && x.Name.Local != "testsuites" || parent != "" && !slices.Contains(junitForm[parent].children, x.Name.Local) {
		return fmt.Errorf("element %s in %q", x.Name.Local, parent)
	}
	seen := map[string]bool{}
	for _, a := range x.Attr {
		pattern, required := form.attributes[a.Name.Local]
		if !required && !slices.Contains(form.optional, a.Name.Local) || seen[a.Name.Local] {
			return fmt.Errorf("attribute %s of %s", a.Name.Local, x.Name.Local)
		}
		if required && !regexp.MustCompile(`(?s)^(`+pattern+`)$`).MatchString(a.Value) {
			return fmt.Errorf("%s of %s is %q", a.Name.Local, x.Name.Local, a.Value)
		}
		seen[a.Name.Local] = true
	}
	for name := range form.attributes {
		if !seen[name] {
			return fmt.Errorf("%s has no %s", x.Name.Local, name)
		}
	}
	return nil
}

func lines(l diag.List) string {
	var b strings.Builder
	for _, d := range l {
		b.WriteString(d.String() + "\n")
	}
	return b.String()
}

func TestBroken(t *testing.T) {
	fsys := os.DirFS("testdata/broken")
	_, found := profiletest.Load(fsys, "keys*")
	golden(t, "keys.txt", lines(found))
	s, found := profiletest.Load(fsys, "names*")
	if len(found) > 0 {
		t.Fatal(found)
	}
	_, _, e := tenant(t)
	r, found, err := s.Run(t.Context(), e, options)
	if r != nil || err != nil {
		t.Error("a broken suite was run", err)
	}
	golden(t, "names.txt", lines(found))
}

func TestBrokenFiles(t *testing.T) {
	for _, tc := range []struct{ name, src, csv, want string }{
		{"no JSON", `{"cases": [}`, "", "x_test.json:1:12: error json-syntax: found '}', expected a JSON value"},
		{"a list", `[]`, "", "x_test.json:1:1: error test-type: a test file is a list, expected an object"},
		{"no cases", `{}`, "", "x_test.json:1:1: error test-missing: a test file has no \"cases\""},
		{"empty", `{"cases": []}`, "", "x_test.json:1:11: error test-empty: the file has no cases"},
		{"short row", `{"cases": [{"name": "t", "csv": "t.csv"}]}`, "name,uid\na\n", "t.csv:2:1: error test-table: wrong number of fields"},
		{"bad pattern", `{"cases": [{"name": "t", "csv": "t.csv"}]}`, "name,uid\na,/(/\n", "t.csv:2:3: error test-value: \"/(/\" is no regular expression: error parsing regexp: missing closing ): `\\A(?s:()\\z`"},
		{"column twice", `{"cases": [{"name": "t", "csv": "t.csv"}]}`, "uid,uid\na,b\n", "t.csv:1: error test-table: column \"uid\" occurs twice"},
		{"no column", `{"cases": [{"name": "t", "transform": "T", "csv": "t.csv"}]}`, "input\na\n", "t.csv:1: error test-table: there is no column \"expect\""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			fsys := fstest.MapFS{"x_test.json": {Data: []byte(tc.src)}}
			if tc.csv != "" {
				fsys["t.csv"] = &fstest.MapFile{Data: []byte(tc.csv)}
			}
			_, found := profiletest.Load(fsys, "")
			if len(found) == 0 || !strings.HasPrefix(strings.Replace(found[0].String(), "t.csv:1:0:", "t.csv:1:", 1), tc.want) {
				t.Errorf("got %v\nwant %s", lines(found), tc.want)
			}
		})
	}
}

func TestPattern(t *testing.T) {
	file := &fstest.MapFile{Data: []byte(`{"cases": [{"name": "x", "expect": {}}]}`)}
	fsys := fstest.MapFS{"a_test.json": file, "sub/b_test.json": file, "sub/c.json": file, ".git/d_test.json": file, "accounts/e_test.json": file}
	for pattern, want := range map[string]int{"": 2, "./...": 2, "sub/...": 1, "a*": 1, "b_test.json": 1, "sub/*": 1, "c*": 0} {
		if s, _ := profiletest.Load(fsys, pattern); s.Len() != want {
			t.Errorf("%q finds %d cases, want %d", pattern, s.Len(), want)
		}
	}
	if _, found := profiletest.Load(fsys, "["); !found.HasErrors() {
		t.Error("a broken pattern is no finding")
	}
}

func TestUpdate(t *testing.T) {
	_, _, e := tenant(t)
	s := suite(t, "testdata/failing")
	r, _, err := s.Run(t.Context(), e, options)
	if err != nil {
		t.Fatal(err)
	}
	files, left := s.Update(r)
	golden(t, "updated.json", string(files["fail_test.json"]))
	var names []string
	for _, f := range left {
		names = append(names, f.What)
	}
	if diff := cmp.Diff([]string{"identity", `attribute "cloudLifecycleState"`, "exceptions"}, names); diff != "" {
		t.Errorf("left: mismatch (-want +got):\n%s", diff)
	}
	again, found := profiletest.Load(fstest.MapFS{"fail_test.json": {Data: files["fail_test.json"]}}, "")
	if len(found) > 0 {
		t.Fatal(found)
	}
	if r, _, _ = again.Run(t.Context(), e, options); r.Failed != 2 {
		t.Errorf("%d cases fail after the update, want the two that cannot be updated", r.Failed)
	}
}

func TestFilter(t *testing.T) {
	s := suite(t, "testdata/tenant").Filter(regexp.MustCompile("rows/|upper-1"))
	if s.Len() != 4 {
		t.Errorf("%d cases, want 4", s.Len())
	}
}

// The reports are valid by the schema, where there is a tool that checks one.
func TestJUnitSchema(t *testing.T) {
	tool, err := exec.LookPath("xmllint")
	if err != nil {
		t.Skip("there is no xmllint; TestFailures checks the structure")
	}
	out, err := exec.Command(tool, "--noout", "--schema", "testdata/junit.xsd", "testdata/golden/failures.xml").CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
