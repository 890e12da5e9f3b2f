package main

import (
	"archive/zip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRunState(t *testing.T) {
	dir := tenantWith(t, nil)
	state := filepath.Join(t.TempDir(), "state")
	for _, tc := range []struct {
		rows, said string
		hint       bool // how to learn who has changed
	}{
		{"1,A@x.example,One\n2,B@x.example,Two\n", "2 accounts added, 0 changed, 0 removed; 2 of 2 identities evaluated, 2 written", false},
		{"1,A@x.example,One\n2,B@x.example,Two\n", "0 accounts added, 0 changed, 0 removed; 0 of 2 identities evaluated, 0 written", false},
		{"1,A@x.example,One\n2,B@x.example,Other\n3,C@x.example,Three\n", "1 accounts added, 1 changed, 0 removed; 2 of 3 identities evaluated, 2 written", true},
	} {
		if err := os.WriteFile(filepath.Join(dir, "accounts", "HR.csv"), []byte("id,mail,sn\n"+tc.rows), 0o600); err != nil {
			t.Fatal(err)
		}
		code, plain, _ := invoke(t, "run", dir, "--identities", "-")
		if code != exitDone {
			t.Fatalf("exit code %d", code)
		}
		code, kept, errs := invoke(t, "run", dir, "--identities", "-", "--state", state)
		if code != exitDone || !strings.Contains(errs, tc.said) {
			t.Errorf("exit code %d, want %q in\n%s", code, tc.said, errs)
		}
		if strings.Contains(errs, "preview state "+state+" --runs 1\n") != tc.hint {
			t.Errorf("hint wanted: %t; got\n%s", tc.hint, errs)
		}
		if diff := cmp.Diff(plain, kept); diff != "" {
			t.Errorf("identities: mismatch (-without +with state):\n%s", diff)
		}
	}
}

func TestRunStateUnusable(t *testing.T) {
	dir := tenantWith(t, nil)
	state := filepath.Join(t.TempDir(), "state")
	if err := os.WriteFile(state, []byte("something else"), 0o600); err != nil {
		t.Fatal(err)
	}
	code, _, errs := invoke(t, "run", dir, "--state", state)
	if code != exitCannotRun || !strings.Contains(errs, "no store of this kind") {
		t.Errorf("exit code %d: %s", code, errs)
	}
	if now, err := os.ReadFile(state); err != nil || string(now) != "something else" {
		t.Errorf("the file was changed: %q %v", now, err)
	}
}

// A state that ends with what an interrupted run has left says so, and keeps it.
func TestRunStateCut(t *testing.T) {
	dir := tenantWith(t, nil)
	state := filepath.Join(t.TempDir(), "state")
	if code, _, errs := invoke(t, "run", dir, "--state", state); code != exitDone {
		t.Fatalf("exit code %d: %s", code, errs)
	}
	whole, err := os.ReadFile(state)
	if err != nil {
		t.Fatal(err)
	}

	// Behind the batch stands an outline of it, and whoever cuts that off loses nothing.
	const commit = "\x00commit\x01"
	batch := strings.LastIndex(string(whole), commit) + len(commit) + 16
	for _, size := range []int{batch, batch + 1, batch + 10, len(whole) - 1} {
		if err := os.WriteFile(state, whole[:size], 0o600); err != nil {
			t.Fatal(err)
		}
		code, _, errs := invoke(t, "run", dir, "--state", state)
		if code != exitDone || strings.Contains(errs, "added, 0 changed") && !strings.Contains(errs, " 0 accounts added, 0 changed") {
			t.Errorf("cut to %d bytes: exit code %d\n%s", size, code, errs)
		}
		if err := os.Remove(state + ".cut"); err == nil && size != batch+1 { // which no one can tell from a torn batch
			t.Errorf("cut to %d bytes: something was set aside", size)
		}
	}

	if err := os.WriteFile(state, whole[:batch-1], 0o600); err != nil {
		t.Fatal(err)
	}
	code, _, errs := invoke(t, "run", dir, "--state", state)
	if code != exitDone || !strings.Contains(errs, "warning: "+state+": the last ") {
		t.Errorf("exit code %d, no warning in\n%s", code, errs)
	}
	kept, err := os.ReadFile(state + ".cut")
	if err != nil || string(kept) != string(whole[8:batch-1]) {
		t.Errorf("%d bytes are kept of %d, error %v", len(kept), batch-9, err)
	}
}

// TestRunStateChanges: a run that goes on from an earlier one reports what has
// become of people; the first run has nothing to compare with.
func TestRunStateChanges(t *testing.T) {
	dir, out := tenantWith(t, nil), t.TempDir()
	run := func(rows string) map[string]string {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, "accounts", "HR.csv"), []byte("id,mail,sn\n"+rows), 0o600); err != nil {
			t.Fatal(err)
		}
		if code, _, errs := invoke(t, "run", dir, "--state", filepath.Join(out, "state"), "--report", filepath.Join(out, "reports")); code != exitDone {
			t.Fatal(errs)
		}
		return unzip(t, filepath.Join(out, "reports", "reports.zip"))
	}
	first := run("1,A@x.example,One\n2,B@x.example,Two\n")
	if changes, ok := first["Changes Since the Last Run.csv"]; ok {
		t.Errorf("the first run reports changes:\n%s", changes)
	}
	var got []string
	for line := range strings.Lines(run("1,A@x.example,One\n2,B@x.example,Other\n3,C@x.example,Three\n")["Changes Since the Last Run.csv"]) {
		fields := strings.Split(strings.TrimSpace(line), ",")
		got = append(got, strings.Join(append(fields[:1:1], fields[2:]...), ","))
	}
	want := []string{
		"Identity Profile,Display Name,Change,Attribute,Before,After",
		"People,2,ATTRIBUTE_CHANGED,lastname,Two,Other",
		"People,3,IDENTITY_CREATED,,,HR/3",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
}

// unzip returns the files in a zip file by name.
func unzip(t *testing.T, file string) map[string]string {
	t.Helper()
	z, err := zip.OpenReader(file)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	files := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		files[f.Name] = string(text)
	}
	return files
}

// A state that knows a source which the configuration no longer has.
func TestRunStateSourceGone(t *testing.T) {
	folder := func(sources string) string {
		dir := t.TempDir()
		conf := `[{"id":"p","name":"P","priority":1,"authoritativeSource":{"type":"SOURCE","id":"s1","name":"HR"},
			"identityAttributeConfig":{"enabled":true,"attributeTransforms":[{"identityAttributeName":"uid",
			"transformDefinition":{"type":"accountAttribute","attributes":{"sourceName":"HR","attributeName":"id"}}}]}},` + sources + `]`
		for name, text := range map[string]string{"c.json": conf, "accounts/HR.csv": "id\n1\n", "accounts/AD.csv": "id,name\nzz,nobody\n"} {
			file := filepath.Join(dir, name)
			if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		return dir
	}
	const hr, ad = `{"id":"s1","name":"HR","connector":"x"}`, `{"id":"s2","name":"AD","connector":"x"}`
	before, after := folder(hr+","+ad), folder(hr)
	state := filepath.Join(t.TempDir(), "state")

	for _, args := range [][]string{
		{"run", before, "--state", state}, {"run", after, "--state", state}, {"run", before, "--state", state}, {"diff", before, after},
	} {
		if code, _, errs := invoke(t, args...); code != exitDone {
			t.Errorf("%v: exit code %d: %s", args, code, errs)
		}
	}
}

// TestStateInFolder keeps the state in the folder that it is of, under a name
// that configuration has: it is not read as such by any command.
func TestStateInFolder(t *testing.T) {
	dir := tenantWith(t, nil)
	for range 2 {
		code, out, errs := invoke(t, "run", dir, "--strict", "--state", filepath.Join(dir, "s.json"))
		if code != exitDone || strings.Contains(out+errs, "json-syntax") {
			t.Errorf("exit code %d: %s%s", code, out, errs)
		}
	}
	if code, out, errs := invoke(t, "lint", dir); code != exitDone {
		t.Errorf("lint, exit code %d: %s%s", code, out, errs)
	}
}
