package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestDiff(t *testing.T) {
	dir := filepath.Join(testdata(t), "diff")
	changes := "examples/acme-changes/"
	for _, tc := range []struct {
		name string
		args []string
		code int
	}{
		{name: "same", args: []string{"examples/acme", "examples/acme", "--exit-code"}},
		{name: "time", args: []string{"examples/acme", "examples/acme", "--before-now", "2026-01-15", "--after-now", "2026-03-01", "--examples", "2"}},
		{name: "domain", args: []string{"examples/acme", changes + "domain-change", "--overlay", "--examples", "2"}},
		{name: "domain-masked", args: []string{"examples/acme", changes + "domain-change", "--overlay", "--examples", "1", "--mask", "--exit-code"}, code: exitFailed},
		{name: "gate", args: []string{"examples/acme", changes + "broken-transform", "--overlay", "--format", "markdown", "--max-new-errors", "5", "--frozen", "uid,department"}, code: exitFailed},
		{name: "gate-holds", args: []string{"examples/acme", changes + "broken-transform", "--overlay", "--max-new-errors", "6%", "--frozen", "uid", "--examples", "1"}},
		{name: "linked", args: []string{"examples/acme", changes + "correlation-change", "--overlay"}},
		{name: "fresh", args: []string{"examples/acme", changes + "correlation-change", "--overlay", "--fresh", "--people"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			code, out, errs := command(t, append([]string{"diff"}, tc.args...)...)
			if code != tc.code {
				t.Errorf("exit code %d, want %d: %s", code, tc.code, errs)
			}
			golden(t, filepath.Join(dir, tc.name+".golden"), out)
		})
	}
}

func TestDiffErrors(t *testing.T) {
	t.Chdir("../..")
	gate := filepath.Join(t.TempDir(), "gate.json")
	if err := os.WriteFile(gate, []byte(`{"maxChange":1}`), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name string
		args []string
		want string
	}{
		{"no folder", []string{"diff", "examples/acme", "examples/none"}, "examples/none"},
		{"no revision", []string{"diff", "no-such-revision", "examples/acme"}, "no-such-revision is no folder"},
		{"an option as revision", []string{"diff", "--", "--output=x", "examples/acme"}, "neither a folder nor a git revision"},
		{"bad gate", []string{"diff", "examples/acme", "examples/acme", "--gate", gate}, `"maxChange"`},
		{"bad limit", []string{"diff", "examples/acme", "examples/acme", "--max-moves", "many"}, `"many"`},
		{"no profile", []string{"diff", "examples/acme", "examples/acme/accounts"}, "no identity profile"},
		{"nobody", []string{"explain", "examples/acme", "--identity", "nobody"}, `no identity "nobody"`},
		{"no snapshot", []string{"verify", "examples/acme", "--identities", "none.json"}, "none.json"},
		{"no identities", []string{"verify", "examples/acme", "--identities", gate}, "without id and name"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if code, _, errs := invoke(t, tc.args...); code != exitCannotRun || !strings.Contains(errs, tc.want) {
				t.Errorf("exit code %d: %s", code, errs)
			}
		})
	}
}

// BEFORE can be the folder as it was in a revision.
func TestDiffRevision(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not installed")
	}
	repo := t.TempDir()
	folder := filepath.Join(repo, "tenant")
	if err := os.CopyFS(folder, os.DirFS("../acme")); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"init", "-q"}, {"add", "."}, {"-c", "user.name=a", "-c", "user.email=a@example", "commit", "-q", "-m", "x", "--no-gpg-sign"}} {
		if out, err := exec.Command("git", append([]string{"-C", repo}, args...)...).CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v: %s", args, err, out)
		}
	}
	file := filepath.Join(folder, "transforms", "generated-email.json")
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(strings.Replace(string(src), "@acme.example", "@acme.test", 1)), 0o644); err != nil {
		t.Fatal(err)
	}
	code, out, errs := invoke(t, "diff", "HEAD", folder, "--format", "json")
	var r struct {
		Before string
		Totals struct{ PeopleChanged int }
		Causes []struct {
			Name   string
			Places []struct{ Before, After struct{ File string } }
		}
	}
	if err := json.Unmarshal([]byte(out), &r); err != nil || code != exitDone {
		t.Fatalf("exit code %d, %v: %s", code, err, errs)
	}
	if r.Before != "HEAD" || r.Totals.PeopleChanged == 0 || len(r.Causes) != 1 || r.Causes[0].Name != "Generated Email" || r.Causes[0].Places[0].Before.File != "transforms/generated-email.json" {
		t.Errorf("got %+v", r)
	}
}

// The accounts may lie elsewhere, and a report may go to a file.
func TestDiffData(t *testing.T) {
	t.Chdir("../..")
	config := t.TempDir()
	if err := os.CopyFS(filepath.Join(config, "transforms"), os.DirFS("examples/acme/transforms")); err != nil {
		t.Fatal(err)
	}
	src, err := os.ReadFile("examples/acme/tenant.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(config, "tenant.json"), src, 0o644); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "report.html")
	code, _, errs := invoke(t, "diff", config, config, "--data", "examples/acme", "--format", "html", "--out", out, "--now", "2026-01-15T09:00:00Z")
	page, err := os.ReadFile(out)
	if err != nil || code != exitDone || !strings.Contains(string(page), "284 → 284") {
		t.Errorf("exit code %d, %v: %s", code, err, errs)
	}
	other := t.TempDir()
	if err := os.CopyFS(other, os.DirFS("examples/acme")); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(other, "accounts", "HR.csv")
	if src, err = os.ReadFile(file); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(strings.ReplaceAll(string(src), "p.wojcik", "piotr.wojcik")), 0o644); err != nil {
		t.Fatal(err)
	}
	code, text, errs := invoke(t, "diff", "examples/acme", "examples/acme", "--after-data", other, "--exit-code")
	if code != exitFailed || !strings.Contains(text, "1 of 284 people change") || !strings.Contains(text, "the accounts differ too") {
		t.Errorf("exit code %d, %s: %s", code, errs, text)
	}
}

func TestExplainAndVerify(t *testing.T) {
	dir := filepath.Join(testdata(t), "diff")
	_, out, _ := command(t, "run", "examples/acme", "--identities", "-")
	file := filepath.Join(t.TempDir(), "tenant.jsonl")
	if err := os.WriteFile(file, []byte(strings.Replace(out, `"department":"Sales"`, `"department":"SALES"`, 2)), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name string
		args []string
		code int
	}{
		{name: "explain", args: []string{"explain", "examples/acme", "--identity", "omacleod", "--attribute", "email,phone,department"}},
		{name: "verify", args: []string{"verify", "examples/acme", "--identities", file}},
		{name: "verify-exit", args: []string{"verify", "examples/acme", "--identities", file, "--exit-code", "--examples", "1", "--json"}, code: exitFailed},
	} {
		t.Run(tc.name, func(t *testing.T) {
			code, out, errs := invoke(t, tc.args...)
			if code != tc.code {
				t.Errorf("exit code %d, want %d: %s", code, tc.code, errs)
			}
			golden(t, filepath.Join(dir, tc.name+".golden"), out)
		})
	}
	code, out, errs := invoke(t, "explain", "examples/acme", "--identity", "HR/6745", "--json")
	if code != exitDone || !json.Valid([]byte(out)) {
		t.Errorf("exit code %d: %s", code, errs)
	}
}

// TestDiffUnreadable: a file that cannot be read is told with the side that it is of.
func TestDiffUnreadable(t *testing.T) {
	for side, args := range map[string]func(broken string) []string{
		"BEFORE": func(broken string) []string { return []string{"diff", broken, "../acme"} },
		"AFTER":  func(broken string) []string { return []string{"diff", "../acme", broken} },
	} {
		broken := acmeCopy(t)
		if err := os.WriteFile(filepath.Join(broken, "transforms", "bad.json"), []byte(`{"name": "x" "type"`), 0o600); err != nil {
			t.Fatal(err)
		}
		code, _, errs := invoke(t, args(broken)...)
		if want := side + " " + filepath.ToSlash(broken) + ": transforms/bad.json cannot be read"; code != exitDone || !strings.Contains(errs, want) {
			t.Errorf("exit %d: %s, want %s", code, errs, want)
		}
	}
}
