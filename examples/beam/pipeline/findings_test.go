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
	codes, err := os.ReadFile("../../../profile/finding_codes.go")
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	for _, m := range regexp.MustCompile(`(code\w+) +diag\.Code = "([a-z-]+)"`).FindAllStringSubmatch(string(codes), -1) {
		texts[m[1]] = m[2]
	}

	made := regexp.MustCompile(`(?:report\(|reportRule\(source, |return |d = )diag\.Diagnostic\{Severity: diag\.\w+, Code: (code\w+)`)
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
			if count++; !strings.Contains(string(readme), "`"+texts[m[1]]+"`") {
				t.Errorf("%s: a run reports %s, of which the README does not say what the pipeline does", filepath.Base(file), texts[m[1]])
			}
		}
	}
	if count < 20 {
		t.Errorf("%d findings of a run were seen; expected 20 and more", count)
	}
}
