package main

import (
	"archive/zip"
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCorrelateOutput(t *testing.T) {
	dir := testdata(t)
	for _, tc := range []struct {
		name string
		args []string
	}{
		{name: "correlate"},
		{name: "correlate-json", args: []string{"--source", "Active Directory", "--json"}},
		{name: "correlate-recompute", args: []string{"--source", "Contractors", "--links", "recompute", "--all"}},
		{name: "correlate-explain", args: []string{"--explain", "psoederberg_1"}},
		{name: "correlate-explain-ambiguous", args: []string{"--explain", "Active Directory/CN=shared.gwilson,OU=Berlin,OU=People,DC=acme,DC=example", "--json"}},
		{name: "correlate-explain-default", args: []string{"--explain", "gwojcik"}},
		{name: "correlate-explain-linked", args: []string{"--explain", "40012557"}},
		{name: "correlate-explain-new", args: []string{"--explain", "HR/6530"}},
		{name: "correlate-pair", args: []string{"--pair", "40013719=3878"}},
		{name: "correlate-pair-json", args: []string{"--pair", "CN=x0033,OU=External,OU=People,DC=acme,DC=example=C-0033", "--json"}},
		{name: "correlate-suggest", args: []string{"--suggest"}},
		{name: "correlate-suggest-one", args: []string{"--suggest", "--source", "Badge System", "--all", "--json"}},
		{name: "correlate-managers", args: []string{"--managers"}},
		{name: "correlate-managers-json", args: []string{"--managers", "--json"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			code, out, errs := command(t, append([]string{"correlate", "examples/acme"}, tc.args...)...)
			if code != exitDone || errs != "" {
				t.Errorf("exit code %d; standard error: %s", code, errs)
			}
			golden(t, filepath.Join(dir, tc.name+".golden"), out)
		})
	}
}

func TestCorrelateErrors(t *testing.T) {
	for _, tc := range []struct {
		name string
		args []string
		errs string // part of standard error
	}{
		{name: "no such folder", args: []string{"nowhere"}, errs: "nowhere"},
		{name: "no such source", args: []string{"examples/acme", "--source", "Nix"}, errs: `there is no source "Nix", expected one of Active Directory`},
		{name: "no such account", args: []string{"examples/acme", "--explain", "nobody"}, errs: `account "nobody": there is no such account`},
		{name: "an account of another source", args: []string{"examples/acme", "--source", "HR", "--explain", "40012557"}, errs: "there is no such account"},
		{name: "no pair", args: []string{"examples/acme", "--pair", "40013719"}, errs: "expected ACCOUNT=IDENTITY"},
		{name: "no such identity", args: []string{"examples/acme", "--pair", "40013719=nobody"}, errs: `there is no identity "nobody"`},
		{name: "two questions", args: []string{"examples/acme", "--suggest", "--managers"}, errs: "--managers"},
		{name: "reports cannot be written", args: []string{"examples/acme", "--report", "README.md/x"}, errs: "README.md"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			code, _, errs := command(t, append([]string{"correlate"}, tc.args...)...)
			if code != exitCannotRun || !strings.Contains(errs, tc.errs) {
				t.Errorf("exit code %d, want %d; standard error: %s, want %q", code, exitCannotRun, errs, tc.errs)
			}
		})
	}
}

// TestCorrelateAgrees compares the summary with what the run says: the rules,
// asked again after the run, must link as many accounts.
func TestCorrelateAgrees(t *testing.T) {
	code, out, errs := command(t, "correlate", "examples/acme", "--json")
	if code != exitDone {
		t.Fatal(errs)
	}
	var got struct {
		Sources []struct {
			Name                   string
			Authoritative          bool
			Accounts, Uncorrelated int
			Methods                map[string]int
			Rules                  []struct {
				Rule    string
				Decides int
			}
			Reasons []struct{ Accounts int }
		}
	}
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Sources) != 4 {
		t.Errorf("%d sources, want 4", len(got.Sources))
	}
	for _, s := range got.Sources {
		if s.Authoritative {
			continue
		}
		decided, config := 0, 0
		for _, r := range s.Rules {
			decided += r.Decides
			if strings.HasPrefix(r.Rule, "config ") {
				config += r.Decides
			}
		}
		if decided != s.Accounts-s.Uncorrelated || config != s.Methods["CONFIG"] {
			t.Errorf("%s: the rules decide %d accounts, %d by criteria; the run %d and %d", s.Name, decided, config, s.Accounts-s.Uncorrelated, s.Methods["CONFIG"])
		}
		reasons := 0
		for _, r := range s.Reasons {
			reasons += r.Accounts
		}
		if reasons != s.Uncorrelated {
			t.Errorf("%s: %d reasons for %d accounts", s.Name, reasons, s.Uncorrelated)
		}
	}
}

func TestCorrelateReport(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	if code, _, errs := command(t, "correlate", "examples/acme", "--report", dir); code != exitDone {
		t.Fatal(errs)
	}
	z, err := zip.OpenReader(filepath.Join(dir, "reports.zip"))
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	got := map[string]int{}
	for _, f := range z.File {
		name := strings.TrimSuffix(f.Name, ".csv")
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(r).ReadAll()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got[name] = len(rows) - 1
		if name == "Uncorrelated Accounts" {
			if head, row := rows[0], rows[1]; head[len(head)-1] != "Likely" || row[len(row)-1] == "" {
				t.Errorf("the last column is %q with %q, want Likely with a class", head[len(head)-1], row[len(row)-1])
			}
		}
		for _, ext := range []string{".html", ".pdf"} {
			if info, err := os.Stat(filepath.Join(dir, name+ext)); err != nil || info.Size() == 0 {
				t.Errorf("%s%s: %v", name, ext, err)
			}
		}
	}
	want := map[string]int{"Uncorrelated Accounts": 18, "Ambiguous Matches": 1, "Identities Without Account": 146, "Links Without Rule": 2, "Conflicting Evidence": 5,
		"Identities Without Manager": 11, "Correlation Coverage HR": 4, "Correlation Coverage Contractors": 4, "Correlation Coverage Active Directory": 4,
		"Correlation Coverage Badge System": 4, "Suggested Criteria Active Directory": 13, "Suggested Criteria Badge System": 7}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rows: mismatch (-want +got):\n%s", diff)
	}

	index, err := os.ReadFile(filepath.Join(dir, "index.html"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Accounts by source, uncorrelated in red", "How accounts found their identity",
		"Why accounts have no identity", "18 (2.4 %) of 745 accounts without identity; 5 accounts whose link other rules contradict."} {
		if !strings.Contains(string(index), want) {
			t.Errorf("the index does not say %q", want)
		}
	}
	if strings.Contains(string(index), ">UNCORRELATED<") {
		t.Error("accounts without identity are said to have found one")
	}
}
