package main

import (
	"errors"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// small is an output that has no room beyond some bytes.
type small struct{ left int }

var errSmall = errors.New("no space left")

func (f *small) Write(p []byte) (int, error) {
	if f.left -= len(p); f.left < 0 {
		return 0, errSmall
	}
	return len(p), nil
}

// TestFullOutput: an answer that does not get out is an error of every command, said once.
func TestFullOutput(t *testing.T) {
	t.Chdir("../..")
	for _, line := range []string{
		"run examples/acme", "lint examples/acme", "lint examples/acme --json", "test examples/acme", "correlate examples/acme",
		"explain examples/acme --identity 1043", "where HR.login examples/acme",
		"timeline examples/acme --from 2026-01-15 --to 2026-01-16", "version", "help", "--help", "manual", "completion bash",
		"diff examples/acme examples/acme-changes/priority-swap --overlay", "diff examples/acme examples/acme --json",
	} {
		for _, room := range []int{0, 10} {
			for _, width := range []int{0, 60} {
				var said strings.Builder
				a := &app{ctx: t.Context(), out: &small{room}, err: &said, clock: time.Now, width: width}
				code := a.run(strings.Fields(line))
				if code != exitCannotRun || strings.Count(said.String(), errSmall.Error()) != 1 {
					t.Errorf("%s: exit code %d, want %d; errors:\n%s", line, code, exitCannotRun, said.String())
				}
			}
		}
	}
}

// TestFullFile: so is one that does not get into its file, though who prints has not looked.
func TestFullFile(t *testing.T) {
	const full = "/dev/full"
	if info, err := os.Stat(full); err != nil || info.Mode().IsRegular() {
		t.Skip("no device that is always full")
	}
	t.Chdir("../..")
	for _, line := range []string{
		"run examples/acme", "run examples/acme --json", "lint examples/acme", "test examples/acme", "correlate examples/acme",
		"data examples/acme", "print examples/acme", "docs examples/acme",
		"explain examples/acme --identity 1043", "where HR.login examples/acme",
		"timeline examples/acme --from 2026-01-15 --to 2026-01-16", "manual",
		"diff examples/acme examples/acme-changes/priority-swap --overlay",
	} {
		code, _, said := invoke(t, append(strings.Fields(line), "-o", full)...)
		if code != exitCannotRun || strings.Count(said, syscall.ENOSPC.Error()) != 1 {
			t.Errorf("%s: exit code %d, want %d; errors:\n%s", line, code, exitCannotRun, said)
		}
	}
}
