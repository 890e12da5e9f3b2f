package main

import (
	"path/filepath"
	"strings"
	"testing"
)

func TestTimeline(t *testing.T) {
	dir := testdata(t)
	code, out, errs := command(t, "timeline", "examples/acme", "--from", "2026-01-15", "--to", "2026-03-01")
	if code != exitDone || errs != "" {
		t.Fatalf("exit %d: %s", code, errs)
	}
	golden(t, filepath.Join(dir, "timeline.golden"), out)

	code, out, errs = invoke(t, "timeline", "examples/acme", "--from", "2026-01-15", "--to", "2026-01-16", "--json", "--attribute", "cloudLifecycleState")
	if code != exitDone || strings.Count(out, "\n") != 2 || !strings.Contains(out, `"attribute":"cloudLifecycleState","from":"active","to":"inactive","lifecycle":true,"state":"inactive"`) {
		t.Errorf("exit %d: %s%s", code, out, errs)
	}
	for args, want := range map[string]string{
		"--attribute cloudLifecycleStat": `did you mean "cloudLifecycleState"?`,
		"--to 2025-01-01":                "last day after the first one",
		"--to tomorrow":                  "expected an instant",
	} {
		code, _, errs := invoke(t, append([]string{"timeline", "examples/acme"}, strings.Fields(args)...)...)
		if code != exitCannotRun || !strings.Contains(errs, want) {
			t.Errorf("%s: exit %d: %s", args, code, errs)
		}
	}
}
