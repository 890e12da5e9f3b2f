package profile_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/idprofile/engine/profile/config"
)

// codeLiterals finds the codes of findings in source text.
var codeLiterals = regexp.MustCompile(`(?:diag\.(?:Error|Warning|Info), |Code: )"([a-z0-9-]+)"`)

// Every finding code in the source of profile, config and tenant is in the table.
func TestFindings(t *testing.T) {
	known := map[string]bool{}
	list := config.Findings()
	for i, f := range list {
		if f.Meaning == "" || i > 0 && list[i-1].Code >= f.Code {
			t.Errorf("%q has no meaning or is out of order", f.Code)
		}
		known[string(f.Code)] = true
	}
	for i, a := range config.Assumptions() {
		if a.Meaning == "" || i > 0 && config.Assumptions()[i-1].Code >= a.Code {
			t.Errorf("%q has no meaning or is out of order", a.Code)
		}
		known[string(a.Code)] = true
	}
	files, err := filepath.Glob("*.go")
	for _, folder := range []string{"config", "tenant"} {
		more, _ := filepath.Glob(filepath.Join(folder, "*.go"))
		files = append(files, more...)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, code := range codeLiterals.FindAllSubmatch(src, -1) {
			if !known[string(code[1])] {
				t.Errorf("%s: code %s is not in the table", file, code[1])
			}
		}
	}
}
