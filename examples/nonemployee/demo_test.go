package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The whole life of non-employees, over HTTP: every status is checked by the steps
// themselves, everything else by the golden file.
func TestDemo(t *testing.T) {
	c, err := readConfig("config.json")
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	if err := demo(t.Context(), c, &got); err != nil {
		t.Fatalf("%v\n%s", err, &got)
	}
	golden := filepath.Join("testdata", "demo.txt")
	if *update {
		if err := os.WriteFile(golden, got.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got.String()); d != "" {
		t.Errorf("mismatch (-want +got):\n%s", d)
	}
}

// A step that fails ends the demonstration with its error.
func TestDemoFails(t *testing.T) {
	c, err := readConfig("config.json")
	if err != nil {
		t.Fatal(err)
	}
	c.Tokens[0].Rights = nil
	var got bytes.Buffer
	if err := demo(t.Context(), c, &got); err == nil {
		t.Errorf("no error:\n%s", &got)
	}
}
