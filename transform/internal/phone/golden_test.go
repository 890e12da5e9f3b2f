package phone

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"testing"
)

// golden is one answer of the Java library.
type golden struct {
	ID    string
	Input struct {
		Input  string
		Region string
	}
	Expected         answerOf
	MetadataDisputed bool `json:"metadata_disputed"`
	Newer            *answerOf
}

type answerOf struct{ Value *string }

func (a answerOf) text() string {
	if a.Value == nil {
		return "null"
	}
	return *a.Value
}

func readGoldens(t *testing.T) []golden {
	t.Helper()
	data, err := os.ReadFile("testdata/e164.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	var out []golden
	for in := bufio.NewScanner(bytes.NewReader(data)); in.Scan(); {
		var g golden
		if err := json.Unmarshal(in.Bytes(), &g); err != nil {
			t.Fatal(err)
		}
		out = append(out, g)
	}
	return out
}

func TestGoldens(t *testing.T) {
	goldens := readGoldens(t)
	if len(goldens) != 4715 {
		t.Errorf("%d records, want 4715", len(goldens))
	}
	for _, g := range goldens {
		full, ok := Full(g.Input.Input, g.Input.Region)
		if !ok {
			full = "null"
		}
		fast := "null"
		if out, ok := AppendE164(nil, g.Input.Input, g.Input.Region); ok {
			fast = string(out)
		}
		if fast != full {
			t.Errorf("%s: %q in %q: fast %s, full %s", g.ID, g.Input.Input, g.Input.Region, fast, full)
		}
		if full != g.Expected.text() && !(g.MetadataDisputed && g.Newer != nil && full == g.Newer.text()) {
			t.Errorf("%s: %q in %q: got %s, want %s", g.ID, g.Input.Input, g.Input.Region, full, g.Expected.text())
		}
	}
}
