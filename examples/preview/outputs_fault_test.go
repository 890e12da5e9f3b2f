package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/idprofile/engine/identity/report"
)

// entries lists a folder with the content of its files.
func entries(t *testing.T, dir string) []string {
	t.Helper()
	var list []string
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		src, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, f.Name()+"="+string(src))
	}
	return list
}

// Outputs take their places together; when one of them cannot, all places are as they were.
func TestOutputs(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "old"), []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	text := func(s string) func(io.Writer) error {
		return func(w io.Writer) error { _, err := io.WriteString(w, s); return err }
	}
	var o outputs
	for _, name := range []string{"old", "new"} {
		if err := o.write(filepath.Join(dir, name), text("of a run")); err != nil {
			t.Fatal(err)
		}
	}
	if err := o.write(filepath.Join(dir, "new"), func(io.Writer) error { return errors.New("no space") }); err == nil {
		t.Fatal("an error was lost")
	}
	if err := o.commit(); err != nil {
		t.Fatal(err)
	}
	if err := o.rollback(); err != nil {
		t.Fatal(err)
	}
	if got := entries(t, dir); !slices.Equal(got, []string{"old=old"}) {
		t.Errorf("after a rollback: %q", got)
	}

	for _, name := range []string{"old", "new"} {
		if err := writeFile(filepath.Join(dir, name), text("of a run")); err != nil {
			t.Fatal(err)
		}
	}
	if got := entries(t, dir); !slices.Equal(got, []string{"new=of a run", "old=of a run"}) {
		t.Errorf("after a run: %q", got)
	}
	if info, err := os.Stat(filepath.Join(dir, "old")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, error %v", info.Mode(), err)
	}
}

// Each report has a file of its own, whatever the profiles are called.
func TestFileNames(t *testing.T) {
	var tables []*report.Table
	for _, name := range []string{"a/b", "a%2Fb", "A%2fB", strings.Repeat("ä", 300), strings.Repeat("ä", 301), ""} {
		tables = append(tables, &report.Table{Name: name})
	}
	names := fileNames(tables)
	want := []string{"a%2Fb", "a%2Fb (2)", "A%2fB (3)", strings.Repeat("ä", 75), strings.Repeat("ä", 75) + " (2)", "report"}
	if !slices.Equal(names, want) {
		t.Errorf("got %q", names)
	}
}

// A run whose reports cannot be written leaves its state and every other file as it was, so
// that the next run reports the changes.
func TestRunStateLast(t *testing.T) {
	dir, out := tenantWith(t, nil), t.TempDir()
	state, list := filepath.Join(out, "state"), filepath.Join(out, "people.csv")
	rows := func(s string) {
		if err := os.WriteFile(filepath.Join(dir, "accounts", "HR.csv"), []byte("id,mail,sn\n"+s), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	rows("1,a@x.example,One\n")
	if code, _, errs := invoke(t, "run", dir, "--state", state, "--identities", list); code != exitDone {
		t.Fatalf("exit code %d: %s", code, errs)
	}
	before := entries(t, out)

	rows("1,a@x.example,Other\n")
	blocked := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(blocked, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, errs := invoke(t, "run", dir, "--state", state, "--identities", list, "--report", blocked); code != exitCannotRun {
		t.Errorf("exit code %d: %s", code, errs)
	}
	if got := entries(t, out); !slices.Equal(before, got) {
		t.Errorf("a run that failed has changed files: %d of %d", len(got), len(before))
	}

	code, _, errs := invoke(t, "run", dir, "--state", state, "--identities", list)
	if code != exitDone || !strings.Contains(errs, "1 changed") {
		t.Errorf("exit code %d, no change in %s", code, errs)
	}
}

// Values of the identities file are exact, and no cell is a formula unless it is asked for.
func TestRunCSVCells(t *testing.T) {
	dir, out := tenantWith(t, nil), t.TempDir()
	src := "id,mail,sn\n1,a@x.example,\"a\rb\"\n2,b@x.example,=1+1\n"
	if err := os.WriteFile(filepath.Join(dir, "accounts", "HR.csv"), []byte(src), 0o600); err != nil {
		t.Fatal(err)
	}
	for flag, want := range map[string][]string{"": {"\"a\rb\"", ",'=1+1,"}, "--raw-csv": {"\"a\rb\"", ",=1+1,"}} {
		file := filepath.Join(out, "i.csv")
		args := []string{"run", dir, "--identities", file}
		if flag != "" {
			args = append(args, flag)
		}
		if code, _, errs := invoke(t, args...); code != exitDone {
			t.Fatalf("exit code %d: %s", code, errs)
		}
		got, err := os.ReadFile(file)
		for _, w := range want {
			if err != nil || !strings.Contains(string(got), w) {
				t.Errorf("%q: no %q in %q, error %v", flag, w, got, err)
			}
		}
	}
}
