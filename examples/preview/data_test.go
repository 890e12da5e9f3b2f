package main

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
)

func TestData(t *testing.T) {
	dir := testdata(t)
	code, out, errs := command(t, "data", "examples/acme")
	if code != exitDone || errs != "" {
		t.Fatalf("exit %d: %s", code, errs)
	}
	golden(t, filepath.Join(dir, "data.golden"), out)
}

// TestDataJSON: each line is of one kind and has what that kind has.
func TestDataJSON(t *testing.T) {
	code, out, errs := command(t, "data", "examples/acme", "--json", "--examples", "2")
	if code != exitDone {
		t.Fatalf("exit %d: %s", code, errs)
	}
	kinds := map[string]int{}
	for line := range strings.Lines(out) {
		var d dataLine
		if err := json.Unmarshal([]byte(line), &d); err != nil {
			t.Fatal(err)
		}
		has := map[string]bool{"column": d.Column != nil, "missing": d.Missing != nil, "leftOut": d.LeftOut != "", "attribute": d.Attribute != nil, "lookup": d.Lookup != nil}
		for kind, there := range has {
			if there != (kind == d.Kind) {
				t.Errorf("%s: %s", d.Kind, line)
			}
		}
		if d.Column != nil && len(d.Column.Values) > 2 {
			t.Errorf("more examples than asked for: %s", line)
		}
		kinds[d.Kind]++
	}
	if kinds["column"] < 50 || kinds["attribute"] != 46 || kinds["lookup"] == 0 {
		t.Errorf("kinds: %v", kinds)
	}
}

func TestDataOf(t *testing.T) {
	for args, want := range map[string]string{
		"data|examples/acme|--source|HRR":          `there is no source "HRR" (did you mean "HR"?)`,
		"data|examples/acme|--source|Badge System": "Badge System: 186 accounts",
		"data|examples/acme|--format|html":         "<h2>Profile Contractors</h2>",
		"data|nowhere":                             "nowhere",
	} {
		_, out, errs := command(t, strings.Split(args, "|")...)
		if !strings.Contains(out+errs, want) || strings.Contains(out, "HR: 217 accounts") {
			t.Errorf("%s: printed %.300s, said %s", args, out, errs)
		}
		t.Chdir(filepath.Join("examples", "preview"))
	}
}
