package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRunState(t *testing.T) {
	dir := tenantWith(t, nil)
	state := filepath.Join(t.TempDir(), "state")
	for _, tc := range []struct{ rows, said string }{
		{"1,A@x.example,One\n2,B@x.example,Two\n", "2 accounts added, 0 changed, 0 removed; 2 of 2 identities evaluated, 2 written"},
		{"1,A@x.example,One\n2,B@x.example,Two\n", "0 accounts added, 0 changed, 0 removed; 0 of 2 identities evaluated, 0 written"},
		{"1,A@x.example,One\n2,B@x.example,Other\n3,C@x.example,Three\n", "1 accounts added, 1 changed, 0 removed; 2 of 3 identities evaluated, 2 written"},
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
