package main

import (
	"archive/zip"
	"bufio"
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestIdentitiesJSONLines(t *testing.T) {
	code, out, errs := command(t, "run", "examples/acme", "--identities", "-")
	if code != exitDone || !strings.Contains(errs, "Employees") {
		t.Errorf("exit code %d; the summary is not on standard error: %s", code, errs)
	}
	type key struct{ Source, NativeIdentity string }
	type object struct {
		Account    *key
		Profile    string
		Attributes map[string]any
		Exceptions []struct {
			Code       string
			Attributes []string
		}
		Errors   []struct{ Attribute, Message string }
		Accounts []key
	}
	n, exceptions, problems, last := 0, 0, 0, key{}
	s := bufio.NewScanner(strings.NewReader(out))
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		var o object
		if err := json.Unmarshal(s.Bytes(), &o); err != nil {
			t.Fatalf("%v: %s", err, s.Text())
		}
		n++
		exceptions += len(o.Exceptions)
		problems += len(o.Errors)
		if k := *o.Account; k.Source < last.Source || k.Source == last.Source && k.NativeIdentity <= last.NativeIdentity {
			t.Errorf("%v comes after %v", k, last)
		}
		last = *o.Account
		if o.Exceptions == nil || o.Errors == nil || len(o.Accounts) == 0 {
			t.Errorf("a list is null: %s", s.Text())
		}
		for name, v := range o.Attributes {
			if v == nil {
				t.Errorf("attribute %s is null, should be left out", name)
			}
		}
	}
	if n != 284 || exceptions != 13 || problems != 1 {
		t.Errorf("%d identities, %d exceptions, %d errors, want 284, 13, 1", n, exceptions, problems)
	}
}

// What is no font is refused, and nothing is
// written then.
func TestReportFont(t *testing.T) {
	for font, want := range map[string]string{"go.mod": "font", "none.ttf": "none.ttf"} {
		t.Run(font, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "reports")
			if code, _, errs := command(t, "run", "examples/acme", "--report", dir, "--font", font); code != exitCannotRun || !strings.Contains(errs, want) {
				t.Errorf("code %d: %s", code, errs)
			}
			if found, _ := filepath.Glob(filepath.Join(dir, "*")); len(found) > 0 {
				t.Errorf("written: %q", found)
			}
		})
	}
}

func TestFiles(t *testing.T) {
	dir := t.TempDir()
	file := func(name string) string { return filepath.Join(dir, name) }
	code, _, errs := command(t, "run", "examples/acme", "--identities", file("i.csv"), "--exceptions", file("e.csv"),
		"--uncorrelated", file("u.csv"), "--report", file("reports"))
	if code != exitDone {
		t.Fatal(errs)
	}
	for _, tc := range []struct {
		file   string
		rows   int
		header string
	}{
		{"i.csv", 284, "Identity Profile,Source,Account ID,Identity ID,Name,uid,email,"},
		{"e.csv", 13, "Identity Profile,Source,Account ID,Account Name,Identity ID,Display Name,Exception,Attributes,Value,Conflicting Identity,Message,First Seen\r\n"},
		{"u.csv", 18, "Source,Account ID,Account Name,Reason,"},
	} {
		src, err := os.ReadFile(file(tc.file))
		if err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(strings.NewReader(string(src))).ReadAll()
		if err != nil || len(rows)-1 != tc.rows || !strings.HasPrefix(string(src), tc.header) {
			t.Errorf("%s: %d rows (%v), want %d; it begins with %.150q", tc.file, len(rows)-1, err, tc.rows, src)
		}
	}
	z, err := zip.OpenReader(file("reports/reports.zip"))
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	for _, f := range z.File {
		for _, ext := range []string{".html", ".pdf"} {
			name := strings.TrimSuffix(f.Name, ".csv") + ext
			if info, err := os.Stat(file("reports/" + name)); err != nil || info.Size() == 0 {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	for name, want := range map[string]string{
		"u.csv": "is nearly", "reports/Uncorrelated Accounts.html": "would match with leadingZeros", "reports/index.html": `<a href="Uncorrelated%20Accounts.html">`,
	} {
		if src, err := os.ReadFile(file(name)); err != nil || !strings.Contains(string(src), want) {
			t.Errorf("%s: no %q (%v)", name, want, err)
		}
	}
	if len(z.File) != 8 {
		t.Errorf("%d reports, want 8", len(z.File))
	}
}

func TestSameOnAnyNumberOfWorkers(t *testing.T) {
	t.Chdir("../..")
	_, one, _ := invoke(t, "run", "examples/acme", "--identities", "-", "--workers", "1")
	_, many, _ := invoke(t, "run", "examples/acme", "--identities", "-", "--workers", "7")
	if one != many {
		t.Error("the identities depend on the number of workers")
	}
}

func TestGenerateAndRun(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "tenant")
	if code, _, errs := invoke(t, "generate", "-n", "2840", dir); code != exitDone {
		t.Fatal(errs)
	}
	code, out, errs := invoke(t, "run", dir, "--json", "--stats")
	if code != exitDone {
		t.Fatal(errs)
	}
	var got struct {
		Identities   int
		Exceptions   map[string]int
		Uncorrelated map[string]int
		Managers     map[string]int
		Findings     map[string]int
		Stats        struct{ Stages []struct{ Stage string } }
	}
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatal(err)
	}
	if got.Identities != 2840 {
		t.Errorf("%d identities, want 2840", got.Identities)
	}
	for _, tc := range []struct {
		name     string
		got      int
		min, max int
	}{
		{"MISSING_REQUIRED", got.Exceptions["MISSING_REQUIRED"], 40, 130},
		{"DUPLICATE_UID", got.Exceptions["DUPLICATE_UID"], 25, 100},
		{"uncorrelated", got.Uncorrelated["NO_MATCH"], 100, 350},
		{"MANAGER_NOT_FOUND", got.Managers["MANAGER_NOT_FOUND"], 40, 200},
		{"errors", got.Findings["error"], 0, 0},
	} {
		if tc.got < tc.min || tc.got > tc.max {
			t.Errorf("%s: %d, want %d to %d", tc.name, tc.got, tc.min, tc.max)
		}
	}
	if len(got.Stats.Stages) != 7 {
		t.Errorf("stages %v, want load, compile, read, correlate, evaluate, settle, write", got.Stats.Stages)
	}
}

// Flags that name one file for two things are refused before anything is read, and a run that lacks the accounts
// of a source leaves every file as it was.
func TestOutputsStay(t *testing.T) {
	const acme = "../acme"
	readText := func(name string) string {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Error(err)
		}
		return string(text)
	}
	dir := t.TempDir()
	state, list, link := filepath.Join(dir, "state"), filepath.Join(dir, "list"), filepath.Join(dir, "link")
	if code, _, errs := invoke(t, "run", acme, "--state", state, "--identities", list); code != exitDone {
		t.Fatalf("exit %d: %s", code, errs)
	}
	if err := os.Symlink(state, link); err != nil {
		t.Fatal(err)
	}
	before := map[string]string{state: readText(state), list: readText(list)}

	broken := filepath.Join(dir, "broken")
	if err := os.CopyFS(broken, os.DirFS(acme)); err != nil {
		t.Fatal(err)
	}
	writeText(t, filepath.Join(broken, "idprofile.json"), `{"sources": {"HR": {"file": "gone.csv"}}}`)

	for _, tc := range []struct {
		args []string
		want string
	}{
		{[]string{"run", acme, "--state", state, "-o", state}, "--out and --state name the same file"},
		{[]string{"run", acme, "--state", state, "--uncorrelated", link}, "--uncorrelated and --state name the same file"},
		{[]string{"run", acme, "--identities", list, "--exceptions", dir + "/broken/../list"},
			"--identities and --exceptions name the same file"},
		{[]string{"run", broken, "--state", state, "--identities", list, "-o", filepath.Join(dir, "out")}, "gone.csv"},
		{[]string{"run", broken, "--exceptions", list, "--uncorrelated", filepath.Join(dir, "out")}, "gone.csv"},
		{[]string{"correlate", acme, "-o", filepath.Join(dir, "out.jsonl")}, "jsonl needs --probable"},
	} {
		code, _, errs := invoke(t, tc.args...)
		if code != exitCannotRun || !strings.Contains(errs, tc.want) {
			t.Errorf("%v: exit %d, %q, want %q", tc.args, code, errs, tc.want)
		}
		for name, text := range before {
			if readText(name) != text {
				t.Errorf("%v: %s is another one", tc.args, name)
			}
		}
		entries, err := os.ReadDir(dir)
		if err != nil || len(entries) != 4 {
			t.Fatalf("%v: there are %v (%v)", tc.args, entries, err)
		}
	}
}
