package pipeline_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Whoever gives a run a new finding decides what the pipeline does with it: the README
// has each.
func TestFindingsAreListed(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("../../../profile/*.go")
	if err != nil {
		t.Fatal(err)
	}
	made := regexp.MustCompile(`(?:report\(|reportRule\(source, |return |d = )diag\.Diagnostic\{Severity: diag\.\w+, Code: "([a-z-]+)"`)
	count := 0
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range made.FindAllStringSubmatch(string(text), -1) {
			if count++; !strings.Contains(string(readme), "`"+m[1]+"`") {
				t.Errorf("%s: a run reports %s, of which the README does not say what the pipeline does", filepath.Base(file), m[1])
			}
		}
	}
	if count < 20 {
		t.Errorf("%d findings of a run were seen; expected 20 and more", count)
	}
}
