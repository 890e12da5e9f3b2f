package main

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
)

func TestWhere(t *testing.T) {
	dir := testdata(t)
	for _, c := range []struct{ file, args string }{
		{"where-transform.golden", "where|Employee Email|examples/acme"},
		{"where-account-attribute.golden", "where|Active Directory.mail|examples/acme"},
		{"where-unused.golden", "where|--unused|examples/acme"},
	} {
		t.Run(c.file, func(t *testing.T) {
			code, out, errs := command(t, strings.Split(c.args, "|")...)
			if code != exitDone || errs != "" {
				t.Fatalf("exit %d: %s", code, errs)
			}
			golden(t, filepath.Join(dir, c.file), out)
		})
	}
}

// TestWhereJSON: each line is an object of the documented shape, and what is far away
// says by which way it is used.
func TestWhereJSON(t *testing.T) {
	code, out, errs := command(t, "where", "HR.workEmail", "examples/acme", "--json")
	if code != exitDone {
		t.Fatalf("exit %d: %s", code, errs)
	}
	far := false
	for line := range strings.Lines(out) {
		var w whereLine
		if err := json.Unmarshal([]byte(line), &w); err != nil {
			t.Fatal(err)
		}
		if w.Kind == "" || w.Name == "" || w.Relation == "" || w.Relation != "is" && w.Line == 0 {
			t.Errorf("%s", line)
		}
		far = far || w.Relation == "usedBy" && w.Name == "email" && w.Depth == 2 && w.Via == "Employees/email"
	}
	if !far {
		t.Errorf("email is not among the users:\n%s", out)
	}
}

func TestWhereUnknown(t *testing.T) {
	for args, want := range map[string]string{
		"where|emial|examples/acme": `did you mean "email"?`,
		"where":                     "needs a name, or --unused",
		"where|email|nowhere":       "nowhere",
	} {
		code, _, errs := command(t, strings.Split(args, "|")...)
		if code != exitCannotRun || !strings.Contains(errs, want) {
			t.Errorf("%s: exit %d, said %s", args, code, errs)
		}
		t.Chdir(filepath.Join("examples", "preview"))
	}
}
