package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestJUnit: what test and lint write as JUnit's report is valid by the schema of the format,
// whatever passes, fails and stands in it.
func TestJUnit(t *testing.T) {
	if _, err := exec.LookPath("xmllint"); err != nil {
		if os.Getenv("IDPROFILE_XMLLINT") != "" {
			t.Fatal(err)
		}
		t.Skip("no xmllint (libxml2-utils)")
	}

	t.Chdir("../..")
	odd := t.TempDir()
	for name, text := range map[string]string{
		"up.json": `{"name": "Up", "type": "upper", "attributes": {}}`,
		"odd_test.json": `{"cases": [{"name": "a <b> & \"c\" ]]> \u0007 \ud83d\ude00", "transform": "Up", "rows": [
			{"input": "x", "expect": "<&>"}, {"input": "x", "expect": "X"}]}]}`,
	} {
		if err := os.WriteFile(filepath.Join(odd, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}

	report := filepath.Join(t.TempDir(), "report.xml")
	check := func(name string, src []byte) error {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "xmllint", "--noout", "--nonet", "--schema", "examples/preview/testdata/junit.xsd", "-")
		cmd.Stdin = bytes.NewReader(src)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Logf("%s: %s", name, out)
		}
		return err
	}
	for _, folder := range []string{"examples/acme", odd} {
		if code, _, errs := invoke(t, "test", folder, "--junit", report); code > exitFailed {
			t.Fatal(errs)
		}
		src, err := os.ReadFile(report)
		if err != nil {
			t.Fatal(err)
		}
		if err := check("test "+folder, src); err != nil {
			t.Error(err)
		}
		if folder == odd && !bytes.Contains(src, []byte("<failure")) {
			t.Errorf("nothing fails in\n%s", src)
		}
	}
	for _, folder := range []string{"examples/acme", "examples/preview/testdata/lint", "examples/acme-changes/broken-transform", odd} {
		_, src, _ := invoke(t, "lint", folder, "--format", "junit", "--severity", "info")
		if err := check("lint "+folder, []byte(src)); err != nil {
			t.Error(err)
		}
		wrong := strings.Replace(src, ` tests="`, ` tests="no `, 1)
		if check("with a wrong number (wanted)", []byte(wrong)) == nil {
			t.Error("a count that is no number is valid")
		}
	}
}
