package main

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/examples/preview/workbench"
)

// lintFolder is a copy of the folder with faults.
func lintFolder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata/lint")); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestLintForms(t *testing.T) {
	t.Chdir("testdata")
	for form, file := range map[string]string{"text": "lint-faults.golden", "github": "lint-github.golden", "junit": "lint-junit.golden", "sarif": "lint-sarif.golden"} {
		code, out, errs := invoke(t, "lint", "lint", "--format", form)
		if code != exitFailed || errs != "" {
			t.Errorf("%s: code %d: %s", form, code, errs)
		}
		golden(t, file, out)
	}
}

// TestLintFormsAreRead: what programs read can be read, and has each finding once.
func TestLintFormsAreRead(t *testing.T) {
	_, src, _ := invoke(t, "lint", "testdata/lint", "--format", "sarif")
	var log sarifLog
	if err := json.Unmarshal([]byte(src), &log); err != nil {
		t.Fatal(err)
	}
	_, src, _ = invoke(t, "lint", "testdata/lint", "--format", "junit")
	var suites lintSuites
	if err := xml.Unmarshal([]byte(src), &suites); err != nil {
		t.Fatal(err)
	}
	suppressed := 0
	for _, r := range log.Runs[0].Results {
		if log.Runs[0].Tool.Driver.Rules[r.RuleIndex].ID != r.RuleID {
			t.Errorf("rule %d is not %s", r.RuleIndex, r.RuleID)
		}
		suppressed += len(r.Suppressions)
	}
	if got := len(log.Runs[0].Results) - suppressed; got != suites.Tests || suppressed != 1 {
		t.Errorf("SARIF has %d findings and %d that are suppressed, JUnit %d", got, suppressed, suites.Tests)
	}
	if _, src, _ = invoke(t, "lint", "../acme", "--format", "junit", "--severity", "error"); !strings.Contains(src, `tests="1" failures="0"`) {
		t.Errorf("without a finding:\n%s", src)
	}
}

func TestLintFix(t *testing.T) {
	home, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(lintFolder(t))
	before, _ := os.ReadFile("tenant.json")
	code, out, errs := invoke(t, "lint", "--fix")
	if code != exitDone || errs != "" {
		t.Fatalf("code %d: %s", code, errs)
	}
	if after, _ := os.ReadFile("tenant.json"); string(before) != string(after) {
		t.Error("the file was written without --write")
	}
	_, written, _ := invoke(t, "lint", "--fix", "--write")
	after, err := os.ReadFile("tenant.json")
	if err != nil {
		t.Fatal(err)
	}
	_, again, _ := invoke(t, "lint", "--fix")
	_, rest, _ := invoke(t, "lint")
	if code, _, errs := invoke(t, "lint", "--write"); code != exitCannotRun || !strings.Contains(errs, "--fix") {
		t.Errorf("--write alone: code %d, %s", code, errs)
	}
	t.Chdir(filepath.Join(home, "testdata"))
	golden(t, "lint-fix.golden", strings.Join([]string{out, written[strings.LastIndex(strings.TrimSpace(written), "\n")+1:], again, rest}, "\n"))
	golden(t, "lint-fixed.golden", string(after))
}

// TestLintFixJSON: the answer in JSON is JSON alone, and says of the same findings what the text says.
func TestLintFixJSON(t *testing.T) {
	t.Chdir(lintFolder(t))
	before := must(os.ReadFile("tenant.json"))
	type answer struct {
		Written bool
		Mended  []any
		Files   []string
		Patch   string
		Left    []any
	}
	ask := func(args ...string) (a answer, text string) {
		t.Helper()
		code, out, errs := invoke(t, append([]string{"lint", "--fix", "--format", "json"}, args...)...)
		if code != exitDone || errs != "" {
			t.Fatalf("code %d: %s", code, errs)
		}
		dec := json.NewDecoder(strings.NewReader(out))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&a); err != nil || dec.More() {
			t.Fatalf("no JSON, or more than that: %v: %s", err, out)
		}
		return a, out
	}

	_, text, _ := invoke(t, "lint", "--fix")
	patch, last, _ := cutLast(text)
	shown, _ := ask()
	says := fmt.Sprintf("%d findings of %d can be mended in %d file", len(shown.Mended), len(shown.Mended)+len(shown.Left), len(shown.Files))
	if shown.Written || shown.Patch != patch || !strings.HasPrefix(last, says) {
		t.Errorf("the text says %q and has %d bytes of patch; JSON says %q and has %d", last, len(patch), says, len(shown.Patch))
	}
	if string(must(os.ReadFile("tenant.json"))) != string(before) {
		t.Error("the file was written without --write")
	}

	written, _ := ask("--write")
	after := must(os.ReadFile("tenant.json"))
	if want := string(workbench.Patch(map[string][]byte{"tenant.json": before}, map[string][]byte{"tenant.json": after})); !written.Written || written.Patch != want {
		t.Errorf("written %v; patch: mismatch (-want +got):\n%s", written.Written, cmp.Diff(want, written.Patch))
	}
	if len(written.Mended) < len(shown.Mended) || len(written.Left) == 0 {
		t.Errorf("%d mended, %d shown before, %d left", len(written.Mended), len(shown.Mended), len(written.Left))
	}
	again, raw := ask("--write")
	if len(again.Mended)+len(again.Files) != 0 || again.Patch != "" || len(again.Left) != len(written.Left) || strings.Contains(raw, "null") {
		t.Errorf("once more: %s", raw)
	}
	for _, form := range []string{"sarif", "github", "junit"} {
		if code, out, errs := invoke(t, "lint", "--fix", "--format", form); code != exitCannotRun || out != "" || !strings.Contains(errs, "--fix answers as text or json") {
			t.Errorf("%s: code %d: %s%s", form, code, out, errs)
		}
	}
}

// cutLast takes the last line off a text.
func cutLast(text string) (rest, last string, found bool) {
	at := strings.LastIndex(strings.TrimSuffix(text, "\n"), "\n") + 1
	return text[:at], text[at:], at > 0
}

// TestLintFailOn: what fails is what is asked for.
func TestLintFailOn(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("t.json", `{"name":"Region","type":"lookup","attributes":{"table":{"US":"AMER"}}}`)
	got := map[string]int{}
	for _, on := range []string{"error", "warning", "info", "never"} {
		got[on], _, _ = invoke(t, "lint", dir, "--fail-on", on)
	}
	write("t.lint.json", `{"$schema":"x","suppress":[{"code":"lookup-default","reason":"all are in it"}]}`)
	got["suppressed"], _, _ = invoke(t, "lint", dir, "--fail-on", "warning")
	write("t.lint.json", `{"suppress":[{"code":"lookup-default"}]}`)
	got["no reason"], _, _ = invoke(t, "lint", dir)
	if diff := cmp.Diff(map[string]int{"error": 0, "warning": 1, "info": 1, "never": 0, "suppressed": 0, "no reason": 1}, got); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
}
