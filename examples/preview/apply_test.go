package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// planFile writes a plan.
func planFile(t *testing.T, src string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "plan.json")
	if err := os.WriteFile(file, []byte(src), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

const threeChanges = `{"changes": [
 {"do": "patchProfile", "profile": "Contractors", "patch": [{"op": "replace", "path": "/priority", "value": 5}]},
 {"do": "setMapping", "profile": "Employees", "attribute": "phone", "transform": {"type":"accountAttribute","attributes":{"sourceName":"HR","attributeName":"mobile"}}},
 {"do": "deleteAttribute", "attribute": "adGroups", "force": true}
]}`

// acmeCopy is a folder like examples/acme that a test may change.
func acmeCopy(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "acme")
	if err := os.CopyFS(dir, os.DirFS("../acme")); err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestApplyShows: without --yes the plan is shown, and nothing is written.
func TestApplyShows(t *testing.T) {
	dir := testdata(t)
	code, out, errs := command(t, "apply", planFile(t, threeChanges), "examples/acme", "--examples", "2")
	if code != exitDone || errs != "" {
		t.Fatalf("exit %d: %s", code, errs)
	}
	golden(t, filepath.Join(dir, "apply.golden"), out)
}

// TestApplyWrites: the files say what was planned, and what was shown is a patch that makes
// them so.
func TestApplyWrites(t *testing.T) {
	plan, folder, patched := planFile(t, threeChanges), acmeCopy(t), acmeCopy(t)
	_, shown, _ := invoke(t, "apply", plan, folder)
	code, out, errs := invoke(t, "apply", plan, folder, "--yes", "--json")
	if code != exitDone || errs != "" {
		t.Fatalf("exit %d: %s", code, errs)
	}
	kinds := ""
	for line := range strings.Lines(out) {
		var l struct {
			Kind, Do, Change string
			Written          bool
			Plan             struct{ Reassigned []any }
		}
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Fatal(err)
		}
		kinds += l.Kind + " " + l.Do + l.Change + "\n"
		if l.Do == "patchProfile" && len(l.Plan.Reassigned) != 12 || l.Kind == "file" && !l.Written {
			t.Errorf("%s", line)
		}
	}
	if want := "plan patchProfile\nplan setMapping\nplan deleteAttribute\nfile changed\n"; kinds != want {
		t.Errorf("got %s, want %s", kinds, want)
	}
	now, err := os.ReadFile(filepath.Join(folder, "tenant.json"))
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]int{`"priority": 5`: 1, `"adGroups"`: 0, `"Mobile Phone E164"`: 0} {
		if n := strings.Count(string(now), text); n != want {
			t.Errorf("%s: %d times, want %d", text, n, want)
		}
	}
	if _, out, _ := invoke(t, "diff", "../acme", folder, "--json"); !strings.Contains(out, `"priority"`) {
		t.Errorf("diff: %.500s", out)
	}

	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("no git")
	}
	_, patch, _ := strings.Cut(shown, "\n\ndiff --git")
	patch, _, _ = strings.Cut("diff --git"+patch, "\n\n3 changes")
	cmd := exec.Command("git", "apply", "-")
	cmd.Dir, cmd.Stdin = patched, strings.NewReader(patch+"\n")
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	same, err := os.ReadFile(filepath.Join(patched, "tenant.json"))
	if err != nil || string(same) != string(now) {
		t.Error("the patch that was shown gives other files")
	}
}

// TestApplyRefuses: nothing is written when one change is not possible.
func TestApplyRefuses(t *testing.T) {
	for src, want := range map[string]string{
		`{"changes":[{"do":"deleteAttribute","attribute":"email"}]}`:                          "standard attribute",
		`{"changes":[{"do":"deleteTransform","name":"Country Code"}]}`:                        "refused",
		`{"changes":[{"do":"setMapping","profile":"Nobody","attribute":"a","transform":{}}]}`: "Nobody",
		`{"changes":[]}`:                     "nothing to change",
		`{"changes":[{"do":"patchProfil"}]}`: `did you mean "patchProfile"?`,
	} {
		folder := acmeCopy(t)
		code, out, errs := invoke(t, "apply", planFile(t, src), folder, "--yes", "--no-data")
		if code == exitDone || !strings.Contains(out+errs, want) {
			t.Errorf("%s: exit %d, printed %s, said %s", src, code, out, errs)
		}
		was, _ := os.ReadFile("../acme/tenant.json")
		now, err := os.ReadFile(filepath.Join(folder, "tenant.json"))
		if err != nil || string(was) != string(now) {
			t.Errorf("%s: the files were changed", src)
		}
	}
}

// TestSuggestionsAsPlan: what correlate suggests can be carried out.
func TestSuggestionsAsPlan(t *testing.T) {
	plan := filepath.Join(t.TempDir(), "plan.json")
	if code, _, errs := command(t, "correlate", "examples/acme", "--suggest", "--plan-out", plan); code != exitDone {
		t.Fatalf("exit %d: %s", code, errs)
	}
	code, out, errs := invoke(t, "apply", plan, "examples/acme")
	if code != exitDone || !strings.Contains(out, "setCorrelation") || !strings.Contains(out, "+            ") {
		t.Errorf("exit %d: %s%s", code, out, errs)
	}
	if code, _, errs := invoke(t, "correlate", "examples/acme", "--plan-out", plan); code != exitCannotRun || !strings.Contains(errs, "--suggest") {
		t.Errorf("exit %d: %s", code, errs)
	}
}
