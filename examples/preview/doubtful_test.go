package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestDoubtfulAnswers asks a tenant whose second source cannot be read, whose
// reference leads nowhere, or one of whose rows is refused: every command that
// answers something else than findings says so on standard error.
func TestDoubtfulAnswers(t *testing.T) {
	tenant := filepath.Join(t.TempDir(), "tenant.jsonl")
	if err := os.WriteFile(tenant, []byte(`{"id": "1", "name": "1", "attributes": {"uid": "1"}}`+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	app := `{"id": "s2", "name": "App", "schemas": [{"name": "account", "identityAttribute": "id", "attributes": [{"name": "id"}]}]}`
	dangling := `{"name": "Other", "type": "reference", "attributes": {"id": "Nowhere"}}`

	for _, bad := range []struct {
		name  string
		files map[string]string
		want  string
	}{
		{"missing file", map[string]string{"app.json": app, "idprofile.json": `{"sources": {"App": {"file": "nowhere.csv"}}}`}, "nowhere.csv: no such file"},
		{"dangling reference", map[string]string{"other.json": dangling}, "other.json:1:"},
		{"refused row", map[string]string{"accounts/HR.csv": "id,mail,sn\n1,a@x.example,One\n2,b,c,d\n"}, "accounts/HR.csv:3:1"},
	} {
		dir := tenantWith(t, bad.files)
		good := tenantWith(t, nil)
		for _, args := range [][]string{
			{"explain", dir, "--identity", "1"}, {"explain", dir, "--identity", "nobody"},
			{"correlate", dir}, {"correlate", dir, "--json"}, {"verify", dir, "--identities", tenant},
			{"bench", dir, "--rounds", "2"}, {"diff", good, dir}, {"diff", good, good, "--after-data", dir},
		} {
			if bad.name != "refused row" && args[len(args)-2] == "--after-data" {
				continue // nothing but rows comes from there
			}
			t.Run(bad.name+" "+args[0], func(t *testing.T) {
				_, _, errs := invoke(t, args...)
				if n := strings.Count(errs, bad.want); n != 1 {
					t.Errorf("standard error names %q %d times, want once: %s", bad.want, n, errs)
				}
				if _, _, errs := invoke(t, "explain", good, "--identity", "1"); errs != "" {
					t.Errorf("a healthy tenant: %s", errs)
				}
			})
		}
	}
}

// TestNoProfileSaysWhere asks a folder without profiles: each finding names its
// file as the caller would.
func TestNoProfileSaysWhere(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "broken.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, _, errs := invoke(t, "explain", dir, "--identity", "1")
	if want := filepath.ToSlash(filepath.Join(dir, "broken.json")) + ":1:"; !strings.Contains(errs, want) {
		t.Errorf("standard error has no %q: %s", want, errs)
	}
}

// TestDiffOfChangedFilesOnly compares with a folder that holds nothing but a
// changed profile: the clock is that of before, and --overlay is advised.
func TestDiffOfChangedFilesOnly(t *testing.T) {
	before := tenantWith(t, map[string]string{"idprofile.json": `{"now": "2025-06-01T09:00:00Z"}`})
	after := t.TempDir()
	if err := os.WriteFile(filepath.Join(after, "profile.json"), []byte(healthy["profile.json"]), 0o600); err != nil {
		t.Fatal(err)
	}
	_, out, errs := invoke(t, "diff", before, after)
	if !strings.Contains(out, "now is 2025-06-01T09:00:00Z") || !strings.Contains(errs, "add --overlay") {
		t.Errorf("%s%s", out, errs)
	}
	_, out, errs = invoke(t, "diff", before, after, "--overlay")
	if !strings.Contains(out, "Nothing changes") || strings.Contains(errs, "--overlay") {
		t.Errorf("with --overlay: %s%s", out, errs)
	}
}
