package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestLinkJSON: records of JSON are linked as those of CSV are, and what a name holds gives no
// commands to the terminal.
func TestLinkJSON(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"a.csv":   "id,name,mail\n1,Ann Lee,ann.lee@x.example\n2,Bo Yu,bo.yu@x.example\n",
		"b.jsonl": `{"id":"x","name":"Ann Lee","mail":"ann.lee@x.example"}` + "\n" + `{"id":"\u001b[31my\u202e","name":"Bo Yu","mail":"bo.yu@x.example"}`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}

	code, out, errs := invoke(t, "link", filepath.Join(dir, "a.csv"), filepath.Join(dir, "b.jsonl"), "--format", "csv", "--key", "id")
	if code != exitDone || !strings.Contains(out, "1,x,") {
		t.Errorf("exit code %d, output %q, errors %q: want 1 and x linked", code, out, errs)
	}

	_, out, errs = invoke(t, "link", filepath.Join(dir, "a.csv"), filepath.Join(dir, "b.jsonl"), "--key", "id", "--explain", "2=\x1b[31my\u202e")
	if strings.ContainsAny(out+errs, "\x1b\u202e") || !strings.Contains(out, "\u241b[31my") {
		t.Errorf("output %q, errors %q: want the escape as a picture", out, errs)
	}
}
