package main

import (
	"bytes"
	"context"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files")

// command runs a command line in the folder of the repository.
func command(t *testing.T, args ...string) (code int, out, errs string) {
	t.Helper()
	t.Chdir("../..")
	return invoke(t, args...)
}

func invoke(t *testing.T, args ...string) (code int, out, errs string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	clock := time.Date(2026, 1, 15, 9, 0, 0, 0, time.UTC)
	a := &app{ctx: t.Context(), out: &stdout, err: &stderr, clock: func() time.Time { return clock }}
	code = a.run(args)
	return code, stdout.String(), stderr.String()
}

// golden compares with a file of testdata.
func golden(t *testing.T, file, got string) {
	t.Helper()
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
		t.Errorf("%s: mismatch (-want +got):\n%s", file, diff)
	}
}

// testdata is the folder of golden files, seen from anywhere.
func testdata(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("testdata")
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestOutput(t *testing.T) {
	dir := testdata(t)
	for _, tc := range []struct {
		name string
		args []string
		code int
	}{
		{name: "run", args: []string{"run", "examples/acme"}},
		{name: "run-all", args: []string{"run", "examples/acme", "--all"}},
		{name: "run-strict", args: []string{"run", "examples/acme", "--strict", "--json"}, code: exitFailed},
		{name: "run-later", args: []string{"run", "examples/acme", "--now", "2027-03-01T00:00:00+02:00", "--snapshot-order", "--json"}},
		{name: "lint", args: []string{"lint", "examples/acme"}},
		{name: "lint-file", args: []string{"lint", "examples/acme/transforms/employee-email.json"}},
		{name: "lint-json", args: []string{"lint", "examples/acme/transforms/employee-email.json", "--json", "--severity", "warning"}},
		{name: "eval", args: []string{"eval", "examples/preview/testdata/vectors.json"}, code: exitFailed},
		{name: "eval-json", args: []string{"eval", "examples/preview/testdata/vectors.json", "--json"}, code: exitFailed},
		{name: "help", args: []string{"--help"}},
		{name: "help-run", args: []string{"run", "--help"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			code, out, errs := command(t, tc.args...)
			if code != tc.code || errs != "" {
				t.Errorf("exit code %d, want %d; standard error: %s", code, tc.code, errs)
			}
			golden(t, filepath.Join(dir, tc.name+".golden"), out)
		})
	}
}

func TestExitCodes(t *testing.T) {
	notJSON := filepath.Join(t.TempDir(), "x.json")
	if err := os.WriteFile(notJSON, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name string
		args []string
		code int
		errs string // part of standard error
	}{
		{name: "unknown command", args: []string{"dance"}, code: exitCannotRun, errs: "dance"},
		{name: "unknown flag", args: []string{"run", "--wat"}, code: exitCannotRun, errs: "--wat"},
		{name: "no such folder", args: []string{"run", "nowhere"}, code: exitCannotRun, errs: "nowhere"},
		{name: "a file", args: []string{"run", "README.md"}, code: exitCannotRun, errs: "README.md is a file"},
		{name: "nothing to run", args: []string{"run", t.TempDir()}, code: exitCannotRun, errs: "config-empty"},
		{name: "output cannot be written", args: []string{"run", "examples/acme", "--identities", "nowhere/x.jsonl"}, code: exitCannotRun, errs: "nowhere"},
		{name: "exceptions are no failure", args: []string{"run", "examples/acme", "--no-progress"}, code: exitDone},
		{name: "unless strict", args: []string{"run", "examples/acme", "--strict"}, code: exitFailed},
		{name: "links recomputed", args: []string{"run", "examples/acme", "--links", "recompute", "--workers", "3", "--seed", "5"}, code: exitDone},
		{name: "bad choice", args: []string{"run", "examples/acme", "--links", "none"}, code: exitCannotRun, errs: "--links"},
		{name: "lint of nothing", args: []string{"lint", "nowhere"}, code: exitCannotRun, errs: "nowhere"},
		{name: "lint error", args: []string{"lint", notJSON}, code: exitFailed},
		{name: "eval of nothing", args: []string{"eval", "nowhere"}, code: exitCannotRun, errs: "nowhere"},
		{name: "eval of an empty folder", args: []string{"eval", t.TempDir()}, code: exitCannotRun, errs: "no JSON files"},
		{name: "eval of no vectors", args: []string{"eval", notJSON}, code: exitCannotRun, errs: "json-syntax"},
		{name: "eval passes", args: []string{"eval", "profile/profiletest/testdata/vectors"}, code: exitDone},
		{name: "generate nobody", args: []string{"generate", "-n", "0", filepath.Join(t.TempDir(), "x")}, code: exitCannotRun, errs: "at least 1"},
		{name: "generate over something", args: []string{"generate", "-n", "1", "examples"}, code: exitCannotRun, errs: "not empty"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			code, _, errs := command(t, tc.args...)
			if code != tc.code || !strings.Contains(errs, tc.errs) {
				t.Errorf("exit code %d, want %d; standard error: %s, want %q", code, tc.code, errs, tc.errs)
			}
		})
	}
}

func TestColours(t *testing.T) {
	t.Chdir("../..")
	for _, tc := range []struct {
		name     string
		terminal bool
		noColor  string
		want     bool
	}{
		{name: "terminal", terminal: true, want: true},
		{name: "pipe"},
		{name: "NO_COLOR", terminal: true, noColor: "1"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var out bytes.Buffer
			a := &app{ctx: t.Context(), out: &out, err: &out, clock: time.Now, color: colored(tc.terminal, func(string) string { return tc.noColor })}
			a.run([]string{"run", "examples/acme"})
			if got := strings.Contains(out.String(), "\x1b["); got != tc.want {
				t.Errorf("colours: %v, want %v", got, tc.want)
			}
		})
	}
}

// TestProgress runs with a clock that makes every run a long one. Each stage ends at its
// total.
func TestProgress(t *testing.T) {
	t.Chdir("../..")
	tenant := filepath.Join(t.TempDir(), "tenant.jsonl")
	if code, _, errs := invoke(t, "run", "examples/acme", "--identities", tenant); code != exitDone {
		t.Fatal(errs)
	}
	for _, tc := range []struct {
		name string
		args []string
		want []string
	}{
		{name: "run", args: []string{"run", "examples/acme"}, want: []string{"read HR", "[217 in", "correlate Active Directory", "[261 in", "evaluate", "[284 in", "write"}},
		{name: "switched off", args: []string{"run", "examples/acme", "--no-progress"}},
		{name: "diff", args: []string{"diff", "examples/acme", "examples/acme-changes/priority-swap", "--overlay"}, want: []string{"evaluate", "[284 in"}},
		{name: "explain", args: []string{"explain", "examples/acme", "--identity", "4799"}, want: []string{"evaluate", "[284 in"}},
		{name: "correlate", args: []string{"correlate", "examples/acme"}, want: []string{"evaluate", "[284 in", "ask the rules again"}},
		{name: "test", args: []string{"test", "examples/acme"}, want: []string{"run the tests", "in"}},
		{name: "lint", args: []string{"lint", "examples/acme"}, want: []string{"check", "[1 in"}},
		{name: "eval", args: []string{"eval", "profile/profiletest/testdata/vectors"}, want: []string{"evaluate", "in"}},
		{name: "verify", args: []string{"verify", "examples/acme", "--identities", tenant}, want: []string{"read tenant.jsonl, KiB", "evaluate", "[284 in"}},
		{name: "bench", args: []string{"bench", "examples/acme", "--rounds", "2"}, want: []string{"round", "[2 in"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var out, errs bytes.Buffer
			now := time.Date(2026, 1, 15, 9, 0, 0, 0, time.UTC)
			a := &app{ctx: t.Context(), out: &out, err: &errs, terminal: true, clock: func() time.Time { now = now.Add(time.Minute); return now }}
			if code := a.run(tc.args); code != exitDone {
				t.Fatal(errs.String())
			}
			if tc.want == nil && errs.Len() > 0 {
				t.Errorf("found %q, expected nothing", errs.String())
			}
			for _, want := range tc.want {
				if !strings.Contains(errs.String(), want) {
					t.Errorf("%s is missing in %q", want, errs.String())
				}
			}
		})
	}
}

func TestInterrupted(t *testing.T) {
	t.Chdir("../..")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, args := range [][]string{{"run", "examples/acme"}, {"eval", "examples/preview/testdata/vectors.json"}, {"generate", "-n", "10", filepath.Join(t.TempDir(), "x")}} {
		var out, errs bytes.Buffer
		a := &app{ctx: ctx, out: &out, err: &errs, clock: time.Now}
		if code := a.run(args); code != exitCannotRun || !strings.Contains(errs.String(), "preview: interrupted before the end: ") {
			t.Errorf("%s: exit code %d, %s", args[0], code, errs.String())
		}
	}
}
