package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestUnreadCause: a file that cannot be read is the cause, and what follows from it is not said.
func TestUnreadCause(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"tenant.json": `{"version" 1, "objects": []}`,
		"a_test.json": `{"clock": "2026-01-15T09:00:00Z", "cases": [{"name": "a", "accounts": [{"source": "HR", "nativeIdentity": "1"}],
			"expect": {"attributes": {"uid": "1"}}}]}`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range [][]string{{"test", dir}, {"explain", dir, "--identity", "1"}, {"correlate", dir}, {"diff", dir, dir}} {
		code, _, errs := invoke(t, args...)
		if code != exitCannotRun || !strings.Contains(errs, "cannot be read") || !strings.Contains(errs, "json-syntax") ||
			strings.Contains(errs, "-unknown") || strings.Contains(errs, "there is no") {
			t.Errorf("%s: code %d: %s", args[0], code, errs)
		}
	}
}
