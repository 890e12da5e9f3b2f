package pipeline

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

var all = flag.Bool("release", false, "build the release for all platforms twice, in two places")

// release builds a release for this platform alone.
func release(t *testing.T, to string) {
	t.Helper()
	build(t, root, to, true)
}

// build runs .ci/release of a copy of the repository.
func build(t *testing.T, repository, to string, here bool) {
	t.Helper()
	src, err := os.ReadFile(filepath.Join(repository, ".ci", "release"))
	if err != nil {
		t.Fatal(err)
	}
	script := string(src)
	if here { // six platforms take minutes where nothing is in the cache
		begin, end := strings.Index(script, "for platform in "), strings.Index(script, "; do")
		script = script[:begin] + `for platform in "$(go env GOHOSTOS)/$(go env GOHOSTARCH)"` + script[end:]
	}
	cmd := exec.CommandContext(t.Context(), "bash", "-c", script, filepath.Join(repository, ".ci", "release"), "v1.2.3", to)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

// TestRelease: a release knows its version, and the same source gives the same bytes in another folder.
func TestRelease(t *testing.T) {
	first, second := t.TempDir(), t.TempDir()
	copied := t.TempDir()
	cmd := exec.CommandContext(t.Context(), "bash", "-c", `git ls-files -z --cached --others --exclude-standard | xargs -0 cp --parents -t "$0"`, copied)
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	build(t, root, first, !*all)
	build(t, copied, second, !*all)
	one, err := os.ReadFile(filepath.Join(first, "SHA256SUMS"))
	if err != nil {
		t.Fatal(err)
	}
	two, err := os.ReadFile(filepath.Join(second, "SHA256SUMS"))
	if err != nil || string(one) != string(two) {
		t.Errorf("%v: the sums differ:\n%s\n%s", err, one, two)
	}
	t.Logf("\n%s", one)
	if *all && strings.Count(string(one), "\n") != 6 {
		t.Errorf("expected six platforms:\n%s", one)
	}

	files, _ := filepath.Glob(filepath.Join(first, "preview_linux_amd64"))
	for _, file := range files {
		out, err := exec.CommandContext(t.Context(), file, "--version").CombinedOutput()
		if err != nil || !strings.HasPrefix(string(out), "preview v1.2.3,") {
			t.Errorf("%v: %s", err, out)
		}
	}
}
