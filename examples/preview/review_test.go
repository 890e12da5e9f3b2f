package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/correlate/linkage"
)

// answering runs a command line and gives it lines to read.
func answering(t *testing.T, lines string, args ...string) (code int, out, errs string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	clock := time.Date(2026, 1, 15, 9, 0, 0, 0, time.UTC)
	a := &app{ctx: t.Context(), in: strings.NewReader(lines), out: &stdout, err: &stderr, clock: func() time.Time { return clock }}
	code = a.run(args)
	return code, stdout.String(), stderr.String()
}

// kept returns the events of a log as "action a b verdict".
func kept(t *testing.T, file string) (list []string) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	cases, found := linkage.ReadCases(file, f)
	if len(found) > 0 {
		t.Fatal(found)
	}
	for _, e := range cases.Log() {
		list = append(list, strings.TrimSpace(string(e.Action)+" "+string(e.Verdict)+" by "+e.By))
	}
	return list
}

// TestReview: answers are kept one by one, can be taken back, count in the next run, and
// are asked again when a value has changed that they rest on.
func TestReview(t *testing.T) {
	dir := companyFolder(t)
	log := filepath.Join(dir, "cases.jsonl")
	review := []string{"correlate", dir, "--probable", "--review", "--cases", log, "--by", "ann"}
	code, text, errs := answering(t, "what\ne 1\n1\nu\nu\nn\n1\ns\nq\n", review...)
	if code != exitDone {
		t.Fatalf("exit %d: %s%s", code, text, errs)
	}
	for _, need := range []string{"Case 1 of ", "Case 2 of ", "Case 4 of ", `"what" is no answer`, "sum", "no answer to take back", "2 answers are kept in"} {
		if !strings.Contains(text, need) {
			t.Errorf("no %q in %.3000s", need, text)
		}
	}
	got := kept(t, log)
	if len(got) < 4 || got[0] != "decide must-link by ann" || got[1] != "undo  by ann" || got[2] != "decide cannot-link by ann" || got[len(got)-1] != "decide must-link by ann" {
		t.Errorf("%q", got)
	}

	// What is decided is not asked again.
	again := func() string {
		t.Helper()
		code, text, errs := answering(t, "q\n", review...)
		if code != exitDone {
			t.Fatalf("exit %d: %s%s", code, text, errs)
		}
		_, rest, _ := strings.Cut(text, "Case 1 of ")
		head, _, _ := strings.Cut(rest, " ")
		return head
	}
	first, _, _ := strings.Cut(text[strings.Index(text, "Case 1 of ")+len("Case 1 of "):], " ")
	if left := again(); left == strings.TrimSuffix(first, ":") {
		t.Errorf("still %s cases", left)
	}

	// An event that was cut off does not count, and is kept beside.
	f, err := os.OpenFile(log, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(`{"at":"2026-01`); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	again()
	if diff := cmp.Diff(got, kept(t, log)); diff != "" {
		t.Error(diff)
	}
	if cut, err := os.ReadFile(log + ".cut"); err != nil || string(cut) != "{\"at\":\"2026-01\n" {
		t.Errorf("%q, %v", cut, err)
	}

	reopens(t, dir, log, review)
}

// reopens changes the telephone numbers of the contractors that were decided about.
func reopens(t *testing.T, dir, log string, review []string) {
	t.Helper()
	file := filepath.Join(dir, "accounts", "VMS.csv")
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.ReplaceAll(string(src), "+1", "+2")
	if err := os.WriteFile(file, []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
	code, text, errs := invoke(t, review[:3]...)
	if code != exitDone || strings.Contains(text, "has changed since") {
		t.Errorf("exit %d: %s%s", code, text, errs)
	}
	code, text, errs = invoke(t, "correlate", dir, "--probable", "--cases", log)
	if code != exitDone || !strings.Contains(text, "has changed since") {
		t.Errorf("exit %d: %s%s", code, text, errs)
	}
	code, text, errs = answering(t, "q\n", review...)
	if got := kept(t, log); code != exitDone || !strings.Contains(got[len(got)-1], "reopen") {
		t.Errorf("exit %d: %s%s; %q", code, text, errs, got)
	}
}

// TestProbableWeights: weights are saved, compared and used again; a pair is explained
// whether it was compared or not.
func TestProbableWeights(t *testing.T) {
	dir := companyFolder(t)
	model, first, second := filepath.Join(dir, "model.json"), filepath.Join(dir, "1.jsonl"), filepath.Join(dir, "2.jsonl")
	run := func(args ...string) (string, string) {
		t.Helper()
		code, text, errs := invoke(t, append([]string{"correlate", dir, "--probable"}, args...)...)
		if code != exitDone {
			t.Fatalf("exit %d: %s%s", code, text, errs)
		}
		return text, errs
	}
	run("--train", model, "--out", first)
	run("--model", model, "--out", second)
	a, err := os.ReadFile(first)
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(second)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(a, b) {
		t.Error("the weights that were saved give other candidates")
	}

	src, err := os.ReadFile(model)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(model, bytes.Replace(src, []byte(`"m": 0.`), []byte(`"m": 0.00`), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, errs := run("--train", model); !strings.Contains(errs, "weights that changed") {
		t.Errorf("%q", errs)
	}
	svg := filepath.Join(dir, "why.svg")
	text, _ := run("--pair", "AD/AD00979=HR/"+firstID(t, dir), "--svg", svg)
	if !strings.Contains(text, "never compared") && !strings.Contains(text, "found by") {
		t.Errorf("%s", text)
	}
	if pic, err := os.ReadFile(svg); err != nil || !bytes.HasPrefix(pic, []byte("<svg")) {
		t.Errorf("%.40s, %v", pic, err)
	}
	if code, _, errs := invoke(t, "correlate", dir, "--probable", "--pair", "AD/AD00979=nobody"); code != exitCannotRun || !strings.Contains(errs, "nobody") {
		t.Errorf("exit %d: %s", code, errs)
	}
}

// firstID is the id of the first employee.
func firstID(t *testing.T, dir string) string {
	t.Helper()
	return readAll(t, filepath.Join(dir, "accounts", "HR.csv"))[1][0]
}

// TestRunCases: what people decided counts in a run, and the state keeps it.
func TestRunCases(t *testing.T) {
	dir := t.TempDir()
	log, state := filepath.Join(dir, "cases.jsonl"), filepath.Join(dir, "state")
	line := `{"at":"2026-01-14T00:00:00Z","action":"decide","a":{"source":"Badge System","nativeIdentity":"40013672"},` +
		`"b":{"source":"HR","nativeIdentity":"1150"},"verdict":"must-link","by":"ann"}` + "\n"
	if err := os.WriteFile(log, []byte(line), 0o600); err != nil {
		t.Fatal(err)
	}
	left := func(args ...string) bool {
		t.Helper()
		file := filepath.Join(dir, "left.csv")
		code, text, errs := invoke(t, append([]string{"run", "../acme", "--uncorrelated", file}, args...)...)
		if code != exitDone {
			t.Fatalf("exit %d: %s%s", code, text, errs)
		}
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Contains(string(src), "40013672")
	}
	if !left() {
		t.Error("the account has an identity without anybody deciding")
	}
	if left("--cases", log) {
		t.Error("the decision has no effect")
	}
	if left("--cases", log, "--state", state) || left("--state", state) {
		t.Error("the state does not keep the decision")
	}
}
