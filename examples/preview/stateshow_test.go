package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// stateOfThreeRuns is the state of a small tenant in which somebody changes, comes and goes.
func stateOfThreeRuns(t *testing.T) string {
	t.Helper()
	dir := tenantWith(t, nil)
	state := filepath.Join(t.TempDir(), "state")
	for _, rows := range []string{
		"1,A@x.example,One\n2,B@x.example,Two\n",
		"1,A@x.example,One\n2,B@x.example,Other\n3,C@x.example,Three\n",
		"1,a@y.example,One\n3,C@x.example,Three\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, "accounts", "HR.csv"), []byte("id,mail,sn\n"+rows), 0o600); err != nil {
			t.Fatal(err)
		}
		if code, _, errs := invoke(t, "run", dir, "--state", state); code != exitDone {
			t.Fatalf("exit %d: %s", code, errs)
		}
	}
	return state
}

func TestState(t *testing.T) {
	dir := testdata(t)
	state := stateOfThreeRuns(t)
	before, err := os.ReadFile(state)
	if err != nil {
		t.Fatal(err)
	}
	code, out, errs := invoke(t, "state", state)
	if code != exitDone || errs != "" {
		t.Fatalf("exit %d: %s", code, errs)
	}
	golden(t, filepath.Join(dir, "state.golden"), out)
	if after, err := os.ReadFile(state); err != nil || string(after) != string(before) {
		t.Error("looking into the state has changed it")
	}
}

// TestStateJSON: each line is of one kind, and says what a reader of it needs.
func TestStateJSON(t *testing.T) {
	code, out, errs := invoke(t, "state", stateOfThreeRuns(t), "--json")
	if code != exitDone {
		t.Fatalf("exit %d: %s", code, errs)
	}
	var got []string
	for line := range strings.Lines(out) {
		var l stateLine
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Fatal(err)
		}
		s := l.Kind + " " + l.Name
		if l.Kind == "change" {
			s += " " + l.Change + " " + l.Attribute
		}
		if l.Attribute != "" {
			s += " " + shownValue(l.Before) + " " + shownValue(l.After)
		}
		got = append(got, s)
	}
	want := []string{
		"state ", "profile People", "source HR", "run ",
		"run ", "change 2 changed lastname Two Other", "change 3 created ",
		"run ", "change 1 changed email a@x.example a@y.example",
	}
	if diff := cmp.Diff(want, got[:min(len(got), len(want))]); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s\n%s", diff, out)
	}
}

func TestStateOf(t *testing.T) {
	state := stateOfThreeRuns(t)
	foreign := filepath.Join(t.TempDir(), "x")
	if err := os.WriteFile(foreign, []byte("something else"), 0o600); err != nil {
		t.Fatal(err)
	}
	for args, want := range map[string]string{
		state + "|--identity|HR/1":    "runs that changed something: 2\n",
		state + "|--runs|1":           "runs that changed something: 1\n",
		state + "|--format|html":      "a@y.example",
		foreign:                       "no store of this kind",
		filepath.Dir(foreign):         "expected a file",
		filepath.Dir(state) + "/none": "no such file",
	} {
		_, out, errs := invoke(t, append([]string{"state"}, strings.Split(args, "|")...)...)
		if !strings.Contains(out+errs, want) {
			t.Errorf("%s: printed %s, said %s", args, out, errs)
		}
	}
}
