package nonemployee_test

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// TestDecisions: every decision that a comment names is on the page, each once.
func TestDecisions(t *testing.T) {
	page, err := os.ReadFile("DECISIONS.md")
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, row := range regexp.MustCompile(`(?m)^\| (N\d+) \|`).FindAllStringSubmatch(string(page), -1) {
		if known[row[1]] {
			t.Errorf("%s is on the page twice", row[1])
		}
		known[row[1]] = true
	}

	named := 0
	for _, pattern := range []string{"*.go", "rest/*.go", "storetest/*.go", "../nerm/*.go", "../nerm/nermtest/*.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			src, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, name := range regexp.MustCompile(`\bN\d+\b`).FindAllString(string(src), -1) {
				named++
				if !known[name] {
					t.Errorf("%s names decision %s, which is not on the page", file, name)
				}
			}
			if outside := regexp.MustCompile(`(identity-profile|transforms|non-employee)\.md`).FindString(string(src)); outside != "" && file != "decisions_test.go" {
				t.Errorf("%s refers to %s, which is not in the repository", file, outside)
			}
		}
	}
	if named < 30 {
		t.Errorf("%d references found, expected at least 30", named)
	}
}
