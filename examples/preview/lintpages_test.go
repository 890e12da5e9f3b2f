package main

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/profiletest"
)

// inData are codes of data and of runs: what is wrong on their pages is shown, and tried elsewhere.
var inData = []diag.Code{"account-duplicate", "account-rename-likely", "data-missing", "manual-header", "rule-expression", "vector-shape"}

// TestPages: what stands as wrong on the page of a code has the finding, what stands as right has not.
func TestPages(t *testing.T) {
	for _, c := range codes() {
		if c.Meaning == "" || c.Why == "" {
			t.Errorf("%s: the page says nothing, or not why", c.Code)
		}
		if c.Wrong == "" || slices.Contains(inData, c.Code) {
			continue
		}
		if !has(t, c, c.Wrong) {
			t.Errorf("%s: what is wrong has no such finding:\n%s", c.Code, c.Wrong)
		}
		if c.Right != "" && has(t, c, c.Right) {
			t.Errorf("%s: what is right has the finding:\n%s", c.Code, c.Right)
		}
	}
}

var fileLine = regexp.MustCompile(`^\S+\.(json|csv)$`)

// has reports whether the example of a page has the finding of the page.
func has(t *testing.T, c diag.Page, example string) bool {
	t.Helper()
	files := fstest.MapFS{}
	name := ""
	for line := range strings.Lines(example + "\n") {
		if fileLine.MatchString(strings.TrimSpace(line)) {
			name = strings.TrimSpace(line)
			files[name] = &fstest.MapFile{}
			continue
		}
		if name == "" {
			name = "example.json"
			files[name] = &fstest.MapFile{}
		}
		files[name].Data = append(files[name].Data, line...)
	}

	// A transform alone needs somebody to read, and a name where that is not the point.
	if f := files["example.json"]; f != nil && strings.HasPrefix(string(f.Data), `{"type":`) || f != nil && strings.HasPrefix(string(f.Data), "{\n  \"type\"") {
		files["hr.json"] = &fstest.MapFile{Data: []byte(`{"name": "HR", "connector": "delimited", "schemas": [{"name": "account",
			"identityAttribute": "id", "attributes": [{"name": "id"}, {"name": "dept"}, {"name": "hired"}]}]}`)}
		if strings.HasPrefix(string(c.Code), "username-") && c.Code != "username-in-mapping" || c.Code == "account-in-provisioning" {
			f.Data = []byte(`{"name": "mail", "isRequired": false, "transform": ` + string(f.Data) + `}`)
		} else if c.Code != "name-missing" {
			f.Data = []byte(strings.Replace(string(f.Data), "{", `{"name": "Example", `, 1))
		}
	}
	bundle, found := config.Load(files)
	_, more := profile.Compile(bundle, profile.Options{})
	found = slices.Concat(found, more, bundle.CheckColumns(t.Context(), files))
	found, _ = bundle.Suppress(found)
	return slices.ContainsFunc(found, func(d diag.Diagnostic) bool { return d.Code == c.Code })
}

// TestPageTexts: the texts have as many codes as lines that begin one, in order.
func TestPageTexts(t *testing.T) {
	for name, list := range map[string][]diag.Page{"config": config.Findings(), "profiletest": profiletest.Findings(), "all": codes()} {
		for i, c := range list {
			if i > 0 && list[i-1].Code >= c.Code {
				t.Errorf("%s: %q is out of order", name, c.Code)
			}
		}
	}
}

func TestLintExplain(t *testing.T) {
	code, out, errs := invoke(t, "lint", "--explain", "lookup-default")
	if code != exitDone || errs != "" {
		t.Fatalf("code %d: %s", code, errs)
	}
	golden(t, "testdata/lint-explain.golden", out)
	if code, _, errs = invoke(t, "lint", "--explain", "lookup-defualt"); code != exitCannotRun || !strings.Contains(errs, `did you mean "lookup-default"?`) {
		t.Errorf("code %d: %s", code, errs)
	}
	if _, out, _ = invoke(t, "lint", "--explain", "all"); strings.Count(out, "\n") != len(codes()) {
		t.Errorf("got\n%s", out)
	}
}
