package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestAttributeHistory: a published transform keeps former departments in three
// runs when a switch of the dialect is on, and raises without one.
func TestAttributeHistory(t *testing.T) {
	for _, option := range []string{"", "firstValidIgnoresErrors", "splitThrow"} {
		dir := t.TempDir()
		if err := os.CopyFS(dir, os.DirFS("testdata/cases/attribute-history")); err != nil {
			t.Fatal(err)
		}
		write := func(name, text string) {
			t.Helper()
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if option != "" {
			write("idprofile.json", `{"dialect":{"`+option+`":true}}`)
		}
		state := filepath.Join(t.TempDir(), "state.json")
		run := func() string {
			t.Helper()
			identities := filepath.Join(t.TempDir(), "identities.jsonl")
			if code, out, errs := invoke(t, "run", dir, "--state", state, "--identities", identities); code != 0 {
				t.Fatalf("code %d: %s%s", code, out, errs)
			}
			src, err := os.ReadFile(identities)
			if err != nil {
				t.Fatal(err)
			}
			return string(src)
		}
		wants := []string{`"[Sales]"`, `"[Sales]"`, `"[Legal]/2099/[Sales]"`}
		for i, want := range wants {
			if i == 2 {
				write("accounts/HR.csv", "id,mail,ln,dept\n1,a@x.example,A,Legal\n")
			}
			out := run()
			if option == "" && i > 0 {
				if !strings.Contains(out, "Split resulted in 1 items") {
					t.Errorf("run %d without a switch has no error of split:\n%s", i+1, out)
				}
				break
			}
			if !strings.Contains(out, want) {
				t.Errorf("%q, run %d: no %s in\n%s", option, i+1, want, out)
			}
		}
	}
}
