package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/idprofile/engine/profile/tenant/tenanttest"
)

// TestInitCommandsRun: the calls that init prints for the API get the folder from a tenant,
// step by step, and a run of it says what a run of the tenant's own folder says.
func TestInitCommandsRun(t *testing.T) {
	for _, tool := range []string{"sh", "curl", "jq"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("no %s", tool)
		}
	}
	folder := filepath.Join(t.TempDir(), "tenant")
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	s := tenanttest.Start(t, "../acme")

	// What is missing is asked for again after each step, since accounts are known to be missing only
	// when there is a configuration.
	for range 2 {
		for _, l := range missingOf(t, folder) {
			for _, get := range l.Get {
				if get.By == "API" {
					inShell(t, folder, s, get.Command)
				}
			}
		}
	}
	for _, l := range missingOf(t, folder) {
		if !strings.HasPrefix(l.Name, "rule ") {
			t.Errorf("still missing: %s: %s", l.Name, l.Text)
		}
	}

	settings, err := os.ReadFile("../acme/idprofile.json")
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, "idprofile.json"), settings, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	counts := func(folder string) string {
		_, out, errs := invoke(t, "run", folder)
		_, table, _ := strings.Cut(out, "Profile")
		table, _, _ = strings.Cut(table, "Source")
		if table == "" {
			t.Fatalf("%s%s", out, errs)
		}
		return table
	}
	if got, want := counts(folder), counts("../acme"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// missingOf is what init finds to be missing.
func missingOf(t *testing.T, folder string) (list []initLine) {
	t.Helper()
	code, out, errs := invoke(t, "init", folder, "--dry-run", "--json")
	if code != exitDone {
		t.Fatalf("exit %d: %s", code, errs)
	}
	for line := range strings.Lines(out) {
		var l initLine
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Fatal(err)
		}
		if l.Kind == "missing" {
			list = append(list, l)
		}
	}
	return list
}

// inShell runs a command as somebody would who pastes it, against the tenant of the test.
func inShell(t *testing.T, folder string, s *tenanttest.Tenant, command string) {
	t.Helper()
	command = strings.ReplaceAll(command, apiHost, s.URL)
	command = strings.ReplaceAll(command, "sleep 2", "sleep 0.05")
	cmd := exec.CommandContext(t.Context(), "sh", "-c", command)
	cmd.Dir, cmd.Env = folder, append(os.Environ(), "TOKEN="+s.Clients.Token("admin"))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s\n%s", err, out, command)
	}
}
