package main

import (
	"strings"
	"testing"
)

// What a flag writes besides the answer goes to standard output when the file is -, alone;
// the answer goes to standard error then.
func TestBesidesOnStandardOutput(t *testing.T) {
	t.Chdir("../..")
	const acme = "examples/acme"
	for _, tc := range []struct {
		args               []string
		begins, errs, none string
	}{
		{args: []string{"test", acme, "--junit", "-"}, begins: "<?xml", errs: "passed", none: "passed,"},
		{args: []string{"test", acme, "--cover-json", "-"}, begins: "{", errs: "passed", none: "passed"},
		{args: []string{"test", acme, "--cover-html", "-"}, begins: "<!DOCTYPE html>", errs: "passed", none: "cases passed"},
		{args: []string{"run", acme, "--exceptions", "-"}, begins: "Identity Profile,", errs: "identities", none: "assumed"},
		{args: []string{"run", acme, "--uncorrelated", "-"}, begins: "Source,Account ID,", errs: "identities", none: "assumed"},
		{args: []string{"correlate", acme, "--suggest", "--plan-out", "-"}, begins: "{", errs: "Active Directory", none: "median"},
	} {
		name := strings.Join(tc.args, " ")
		code, out, errs := invoke(t, tc.args...)
		if code == exitCannotRun || !strings.HasPrefix(out, tc.begins) || !strings.Contains(errs, tc.errs) || strings.Contains(out, tc.none) {
			t.Errorf("%s: exit %d, standard output begins %.200q, standard error %.300q", name, code, out, errs)
		}
	}

	code, out, errs := invoke(t, "run", acme, "--exceptions", "-", "--uncorrelated", "-")
	if want := "--exceptions, --uncorrelated: only one of them can be written to standard output"; code != exitCannotRun || out != "" || !strings.Contains(errs, want) {
		t.Errorf("two of them: exit %d, standard error %q, want %q", code, errs, want)
	}
}
