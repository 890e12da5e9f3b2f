package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestVerifyForms: each form of verify says how values differ.
func TestVerifyForms(t *testing.T) {
	t.Chdir("../..")
	snap := filepath.Join(t.TempDir(), "snap.json")
	if err := os.WriteFile(snap, []byte(`[{"id":"x","name":"2358","alias":"2358","attributes":{"uid":"SWALKER"}}]`), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, form := range []string{"text", "json", "markdown", "csv", "html"} {
		code, out, errs := invoke(t, "verify", "examples/acme", "--identities", snap, "--format", form, "--fail-on", "difference")
		if code != exitFailed || !strings.Contains(out, "letter case") || !strings.Contains(out, "swalker") {
			t.Errorf("%s: code %d\n%s%s", form, code, out, errs)
		}
		if form == "text" && !strings.Contains(out, "preview explain examples/acme --identity 2358 --attribute uid --now 2026-01-15T09:00:00Z") {
			t.Errorf("the first is not explained:\n%s", out)
		}
	}
}
