package main

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestReadme runs the commands of README.md below which it shows what they
// print. A last line of three dots stands for the rest.
func TestReadme(t *testing.T) {
	t.Chdir("../..")
	src, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	shown := 0
	for i, block := range strings.Split(string(src), "```") {
		first, want, _ := strings.Cut(strings.TrimPrefix(block, "\n"), "\n")
		args, ok := strings.CutPrefix(first, "$ go run ./examples/preview ")
		if i%2 == 0 || !ok || strings.HasPrefix(want, "$ ") {
			continue
		}
		shown++

		_, out, errs := invoke(t, strings.Fields(args)...)
		if head, cut := strings.CutSuffix(want, "...\n"); cut {
			want = head
			out = out[:min(len(out), len(head))]
		}
		if diff := cmp.Diff(want, out); diff != "" {
			t.Errorf("preview %s (-README +printed):\n%s%s", args, diff, errs)
		}
	}
	if shown < 2 {
		t.Errorf("%d commands with what they print, want those of run and diff", shown)
	}
}
