package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// testFolder is a configuration with one test file.
func testFolder(t *testing.T, want string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"profile.json": `{"name": "Staff", "priority": 10, "authoritativeSource": {"name": "HR"}, "identityAttributeConfig": {"enabled": true, "attributeTransforms": [
 {"identityAttributeName": "uid", "transformDefinition": {"type": "lower", "attributes": {"input": {"type": "accountAttribute", "attributes": {"sourceName": "HR", "attributeName": "login"}}}}}]}}`,
		"hr.json":         `{"name": "HR", "connector": "delimited-file"}`,
		"uid_test.json":   `{"cases": [{"name": "lower case", "accounts": [{"source": "HR", "nativeIdentity": "1", "attributes": {"login": "ANN"}}], "expect": {"attributes": {"uid": "` + want + `"}}}]}`,
		"accounts/HR.csv": "id,login\n1,ANN\n2,\n",
	} {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func runTest(t *testing.T, args ...string) (code int, out, errOut string) {
	t.Helper()
	var o, e bytes.Buffer
	a := &app{ctx: t.Context(), out: &o, err: &e, clock: func() time.Time { return time.Unix(0, 0) }}
	return a.run(append([]string{"test"}, args...)), o.String(), e.String()
}

func TestTestCommand(t *testing.T) {
	good, bad := testFolder(t, "ann"), testFolder(t, "Ann")
	broken := testFolder(t, "ann")
	if err := os.WriteFile(filepath.Join(broken, "uid_test.json"), []byte(`{"casses": []}`), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name string
		args []string
		code int
		want string // in the output
	}{
		{"passes", []string{good}, exitDone, "1 case, 1 passed, 0 failed"},
		{"go pattern", []string{good + "/..."}, exitDone, "1 passed"},
		{"names passes", []string{good, "-v"}, exitDone, "ok   "},
		{"fails", []string{bad}, exitFailed, `want "Ann"`},
		{"JSON", []string{bad, "--json"}, exitFailed, `"failed": 1`},
		{"broken file", []string{broken}, exitCannotRun, `did you mean "cases"?`},
		{"no cases", []string{good, "--run", "nothing"}, exitCannotRun, "no test cases"},
		{"no folder", []string{good + "/none"}, exitCannotRun, "no such file"},
		{"a bad expression", []string{good, "--run", "("}, exitCannotRun, "--run"},
		{"coverage", []string{good, "--cover", "--min", "100"}, exitDone, "mappings 100.0 % (1 of 1)"},
		{"mutants", []string{good, "--mutate", "--min-score", "100"}, exitDone, "mutation score: 100.0 %"},
		{"from data", []string{"--from-data", good, "--identity", "1"}, exitDone, `"uid": "ann"`},
		{"nobody", []string{"--from-data", good, "--identity", "zoe"}, exitCannotRun, "zoe"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			code, out, errOut := runTest(t, tc.args...)
			if code != tc.code || !strings.Contains(out+errOut, tc.want) {
				t.Errorf("exit code %d, want %d with %q\n%s%s", code, tc.code, tc.want, out, errOut)
			}
		})
	}
}

func TestTestCommandFiles(t *testing.T) {
	dir := testFolder(t, "Ann")
	file := func(name string) string { return filepath.Join(dir, "out", name) }
	code, _, _ := runTest(t, dir, "--junit", file("j.xml"), "--cover-html", file("c.html"), "--cover-json", file("c.json"), "--min", "100")
	if code != exitFailed {
		t.Errorf("exit code %d", code)
	}
	for name, want := range map[string]string{"j.xml": "<failure", "c.html": "<!DOCTYPE html>", "c.json": `"summary"`} {
		src, err := os.ReadFile(file(name))
		if err != nil || !bytes.Contains(src, []byte(want)) {
			t.Errorf("%s: %v\n%s", name, err, src)
		}
	}
	if code, _, errOut := runTest(t, dir, "--update"); code != exitDone || !strings.Contains(errOut, "updated") {
		t.Errorf("update: exit code %d, %s", code, errOut)
	}
	if code, out, _ := runTest(t, dir); code != exitDone {
		t.Errorf("after the update: exit code %d\n%s", code, out)
	}
}

// script is a writer that acts on what is written to it.
type script func(text string)

func (s script) Write(p []byte) (int, error) {
	s(string(p))
	return len(p), nil
}

func TestTestCommandWatch(t *testing.T) {
	dir := testFolder(t, "ann")
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	runs := 0
	a := &app{ctx: ctx, err: &bytes.Buffer{}, clock: func() time.Time { return time.Unix(0, 0) }}
	a.out = script(func(text string) {
		if !strings.Contains(text, " passed, ") {
			return
		}
		if runs++; runs == 2 {
			stop()
			return
		}
		if err := os.WriteFile(filepath.Join(dir, "more_test.json"), []byte(`{"cases": [{"name": "a", "transform": {"type": "upper"}, "input": "a", "expect": {"value": "A"}}]}`), 0o644); err != nil {
			t.Error(err)
		}
	})
	if err := (&testCommand{Folder: dir}).watch(a, time.Millisecond); err != nil || runs != 2 {
		t.Errorf("%d runs, %v", runs, err)
	}
}
