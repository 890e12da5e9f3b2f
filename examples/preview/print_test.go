package main

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/idprofile/engine/profile/config"
)

func TestPrint(t *testing.T) {
	dir := testdata(t)
	for _, c := range []struct{ file, args string }{
		{"print-mapping.golden", "print|Employees/email|examples/acme"},
		{"print-all.golden", "print|examples/acme"},
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

// TestPrintJSON: each line is an object of the documented shape.
func TestPrintJSON(t *testing.T) {
	code, out, errs := command(t, "print", "cloudLifecycleState", "examples/acme", "--json")
	if code != exitDone {
		t.Fatalf("exit %d: %s", code, errs)
	}
	kinds := map[config.LineageKind]int{}
	for line := range strings.Lines(out) {
		var p printedLine
		if err := json.Unmarshal([]byte(line), &p); err != nil {
			t.Fatal(err)
		}
		if p.Name == "" || p.Text == "" || strings.Contains(p.Text, "\n") || p.Line == 0 || p.File == "" {
			t.Errorf("%s", line)
		}
		kinds[p.Kind]++
	}
	if kinds[config.LineageMapping] != 2 || kinds[config.LineageTransform] != 4 {
		t.Errorf("kinds: %v", kinds)
	}
}

func TestPrintNames(t *testing.T) {
	for args, want := range map[string]string{
		"print|examples/acme|ToUpper":                                     "transform ToUpper\n  input → upper case\n",
		"print|examples/acme/transforms/mail-nickname.json|examples/acme": "transform Mail Nickname  examples/acme/transforms/mail-nickname.json:1\n",
		"print|emial|examples/acme":                                       `did you mean "email"?`,
		"print|email|nowhere":                                             "nowhere",
	} {
		_, out, errs := command(t, strings.Split(args, "|")...)
		if !strings.Contains(out+errs, want) {
			t.Errorf("%s: printed %s, said %s", args, out, errs)
		}
		t.Chdir(filepath.Join("examples", "preview"))
	}
}
