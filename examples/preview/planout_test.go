package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestPlanOut: each command that proposes a change writes it as a plan, apply carries it, and
// nothing is proposed any more then.
func TestPlanOut(t *testing.T) {
	replaced := func(file, from, to string) func(t *testing.T, folder string) {
		return func(t *testing.T, folder string) {
			name := filepath.Join(folder, file)
			src, err := os.ReadFile(name)
			if err != nil || !strings.Contains(string(src), from) {
				t.Fatalf("%s has no %s: %v", file, from, err)
			}
			if err := os.WriteFile(name, []byte(strings.ReplaceAll(string(src), from, to)), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, tc := range map[string]struct {
		damage func(t *testing.T, folder string)
		args   []string // FOLDER stands for the copy
		plan   []string // what the plan has
		errs   string   // what is said of it
		after  string   // what the same command says of it afterwards
	}{
		"diff, a priority": {
			args: []string{"diff", "FOLDER", "../acme-changes/priority-swap", "--overlay"},
			plan: []string{`"patchProfile"`, `"/priority"`}, errs: "plan.json: 1 change for preview apply", after: "0 changes",
		},
		"diff, a transform": {
			args: []string{"diff", "FOLDER", "../acme-changes/domain-change", "--overlay"},
			plan: []string{`"putTransform"`, `@acme-group.example`}, errs: "1 change", after: "0 changes",
		},
		"correlate --suggest": {
			args: []string{"correlate", "FOLDER", "--suggest"},
			plan: []string{`"setCorrelation"`, `"suggested by the data"`}, errs: "2 changes", after: "0 changes",
		},
		"where --unused": {
			damage: func(t *testing.T, folder string) {
				file := filepath.Join(folder, "transforms", "old.json")
				src := `[{"name":"Outer","type":"upper","attributes":{"input":{"type":"reference","attributes":{"id":"Inner"}}}},
 {"name":"Inner","type":"trim"}]`
				if err := os.WriteFile(file, []byte(src), 0o600); err != nil {
					t.Fatal(err)
				}
			},
			args: []string{"where", "--unused", "FOLDER"},
			plan: []string{`"deleteTransform"`, `"Outer"`, `"Inner"`, `"nobody uses it"`}, errs: "2 changes", after: "0 changes",
		},
		"lint --fix": {
			damage: replaced("transforms/employee-email.json", `"sourceName": "HR"`, `"sourceName": "hr"`),
			args:   []string{"lint", "--fix", "FOLDER"},
			plan:   []string{`"putTransform"`, `"sourceName": "HR"`}, errs: "1 change", after: "0 changes",
		},
		"lint --fix, what has no operation": {
			damage: replaced("transforms/employee-email.json", `"type": "lower"`, `"type": "Lower"`),
			args:   []string{"lint", "--fix", "FOLDER"},
			errs:   `not in the plan, it has no operation: transform "Employee Email" changed`,
			after:  "0 changes",
		},
	} {
		t.Run(name, func(t *testing.T) {
			folder := acmeCopy(t)
			if tc.damage != nil {
				tc.damage(t, folder)
			}
			plan := filepath.Join(t.TempDir(), "plan.json")
			var args []string
			for _, a := range tc.args {
				args = append(args, strings.ReplaceAll(a, "FOLDER", folder))
			}

			args = append(args, "--plan-out", plan)
			code, out, errs := invoke(t, args...)
			if code != exitDone || !strings.Contains(errs, tc.errs) {
				t.Fatalf("exit %d: %s%s, want %s", code, out, errs, tc.errs)
			}
			src, err := os.ReadFile(plan)
			if err != nil {
				t.Fatal(err)
			}
			for _, text := range tc.plan {
				if !strings.Contains(string(src), text) {
					t.Errorf("the plan has no %s:\n%s", text, src)
				}
			}
			if tc.plan == nil {
				return
			}
			if code, out, errs := invoke(t, "apply", plan, folder, "--yes"); code != exitDone || !strings.Contains(out, ": written") {
				t.Fatalf("apply: exit %d: %s%s", code, out, errs)
			}
			if code, _, errs := invoke(t, args...); code != exitDone || !strings.Contains(errs, tc.after) {
				t.Errorf("afterwards: exit %d: %s, want %s", code, errs, tc.after)
			}
		})
	}
}

// TestPlanOutWhere: where a plan makes no sense the command says what it needs.
func TestPlanOutWhere(t *testing.T) {
	other := acmeCopy(t)
	name := filepath.Join(other, "tenant.json")
	src, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(strings.ReplaceAll(string(src), `"2c91808`, `"9f91808`)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		args []string
		want string
	}{
		{args: []string{"where", "HR", "../acme"}, want: "--plan-out needs --unused"},
		{args: []string{"lint", "../acme"}, want: "--plan-out needs --fix"},
		{args: []string{"lint", "--fix", "../acme", "testdata/lint"}, want: "one folder"},
		{args: []string{"correlate", "../acme"}, want: "--plan-out needs --suggest"},
		{args: []string{"diff", "../acme", other}, want: "two tenants"},
	} {
		plan := filepath.Join(t.TempDir(), "plan.json")
		code, _, errs := invoke(t, append(tc.args, "--plan-out", plan)...)
		if _, err := os.Stat(plan); code != exitCannotRun || !strings.Contains(errs, tc.want) || err == nil {
			t.Errorf("%v: exit %d, %s, want %s", tc.args, code, errs, tc.want)
		}
	}
}
