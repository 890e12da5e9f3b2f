package main

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestMain goes to the folder that the README's commands are for.
func TestMain(m *testing.M) {
	if err := os.Chdir("../.."); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// readme returns the text of the first block of the README after a marker.
func readme(t *testing.T, marker string) string {
	t.Helper()
	src, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(src), marker)
	block, _, closed := strings.Cut(rest, "```")
	if !found || !closed {
		t.Fatalf("README.md has no block %q", marker)
	}
	return block
}

// TestReadmeProgram keeps the program that the README shows the one that runs.
func TestReadmeProgram(t *testing.T) {
	src, err := os.ReadFile("examples/quickstart/main.go")
	if err != nil {
		t.Fatal(err)
	}
	_, program, _ := strings.Cut(string(src), "package main")
	if diff := cmp.Diff("package main"+program, readme(t, "```go\n")); diff != "" {
		t.Errorf("README.md and main.go differ (-main.go +README.md):\n%s", diff)
	}
}

// TestReadmeOutput compares the output that the README shows with the golden
// file of the same command; a line of dots stands for any number of lines.
func TestReadmeOutput(t *testing.T) {
	src, err := os.ReadFile("examples/preview/testdata/run.golden")
	if err != nil {
		t.Fatal(err)
	}
	rest := string(src)
	for part := range strings.SplitSeq(readme(t, "$ go run ./examples/preview run examples/acme\n"), "...\n") {
		_, after, found := strings.Cut(rest, part)
		if !found {
			t.Fatalf("README.md shows what the command does not print:\n%s", part)
		}
		rest = after
	}
}

func Example() {
	if err := run(); err != nil {
		fmt.Println(err)
	}
	// Output:
	// Contractors/C-0004 DUPLICATE_UID [uid] uid "exttesting" is held by C-0007
	// Contractors/C-0051 MISSING_REQUIRED [email] no value for a required attribute
	// Contractors/C-0058 DUPLICATE_UID [uid] uid "pcarter" is held by 1150
	// Contractors/C-0059 MISSING_REQUIRED [lastname] no value for a required attribute
	// HR/2846 MISSING_REQUIRED [uid email lastname] no value for a required attribute
	// HR/4799 MISSING_REQUIRED [uid] no value for a required attribute
	// HR/5304 MISSING_REQUIRED [email] no value for a required attribute
	// HR/5626 MISSING_REQUIRED [lastname] no value for a required attribute
	// HR/6232 MISSING_REQUIRED [lastname] no value for a required attribute
	// HR/6530 DUPLICATE_UID [uid] uid "swalker" is held by 2358
	// HR/7720 DUPLICATE_UID [uid] uid "cprice" is held by 1501
	// HR/9514 DUPLICATE_UID [uid] uid "jalmeida2" is held by 3907
	// HR/9518 MISSING_REQUIRED [email] no value for a required attribute
	// 284 identities, 13 exceptions
}
