package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/identity/report"
)

func TestFitted(t *testing.T) {
	for _, tc := range []struct {
		name, in, want string
		width          int
	}{
		{name: "short", in: "one two\n", want: "one two\n", width: 20},
		{name: "broken at words", in: "  one two three four five\n", want: "  one two\n      three\n      four\n      five\n", width: 12},
		{name: "colours have no width", in: "\x1b[31mone\x1b[0m two three\n", want: "\x1b[31mone\x1b[0m two\n    three\n", width: 10},
		{name: "a long word stays whole", in: "a 123456789012345678901234567890 b\n", want: "a 123456789012345678901234567890\n    b\n", width: 20},
		{name: "wide letters", in: "花子 花子 花子\n", want: "花子 花子\n    花子\n", width: 10},
		{name: "blanks between columns stay", in: "a    b\n\n  c\n", want: "a    b\n\n  c\n", width: 10},
		{name: "a number and its unit are one word", in: "one and 100.0 % of 12\n", want: "one and\n    100.0 %\n    of 12\n", width: 13},
		{name: "a question without end of line", in: "really? ", want: "really? ", width: 40},
	} {
		t.Run(tc.name, func(t *testing.T) {
			for _, size := range []int{1, 3, len(tc.in)} {
				var b bytes.Buffer
				f := &fitted{w: &b, width: tc.width}
				for rest := tc.in; rest != ""; {
					n := min(size, len(rest))
					if _, err := io.WriteString(f, rest[:n]); err != nil {
						t.Fatal(err)
					}
					rest = rest[n:]
				}
				if err := f.Flush(); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(tc.want, b.String()); diff != "" {
					t.Errorf("%d bytes at a time: mismatch (-want +got):\n%s", size, diff)
				}
			}
		})
	}
}

// FuzzFitted checks that fitting changes nothing but blanks and line ends.
func FuzzFitted(f *testing.F) {
	f.Add("  one two three\n\x1b[1mfour\x1b[0m five", 12)
	f.Add("花子\t\xff  ", 1)
	f.Add("0 0", -40)
	f.Fuzz(func(t *testing.T, s string, width int) {
		var b bytes.Buffer
		w := &fitted{w: &b, width: width}
		if _, err := io.WriteString(w, s); err != nil {
			t.Fatal(err)
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		letters := func(s string) string { return strings.NewReplacer(" ", "", "\n", "").Replace(s) }
		want := letters(strings.ToValidUTF8(s, ""))
		if got := letters(strings.ReplaceAll(b.String(), "\uFFFD", "")); got != strings.ReplaceAll(want, "\uFFFD", "") {
			t.Errorf("found %q, expected %q", got, want)
		}
	})
}

// TestWidths looks at every command that prints tables or long lines, in a narrow and in
// a wide terminal, with colours as the terminal gets them.
func TestWidths(t *testing.T) {
	dir := testdata(t)
	plan, state, snapshot := planFile(t, threeChanges), filepath.Join(t.TempDir(), "state"), filepath.Join(t.TempDir(), "people.jsonl")
	t.Chdir("../..")
	for _, now := range []string{"2026-01-15", "2026-03-01"} {
		if code, _, errs := invoke(t, "run", "examples/acme", "--state", state, "--now", now); code != exitDone {
			t.Fatal(errs)
		}
	}
	if code, _, errs := invoke(t, "run", "examples/acme", "--identities", snapshot, "--now", "2026-03-01"); code != exitDone {
		t.Fatal(errs)
	}
	for name, args := range map[string][]string{
		"try":          {"try", "Contractor Phone E164", "examples/acme", "--identity", "C-0041", "--steps"},
		"print":        {"print", "Employees/email", "examples/acme"},
		"init":         {"init", "examples/acme", "--dry-run"},
		"data":         {"data", "examples/acme", "--source", "HR"},
		"where":        {"where", "Country Code", "examples/acme"},
		"unused":       {"where", "--unused", "examples/acme"},
		"timeline":     {"timeline", "examples/acme", "--from", "2026-01-15", "--to", "2026-02-15"},
		"state":        {"state", state},
		"apply":        {"apply", plan, "examples/acme", "--examples", "2"},
		"lint":         {"lint", "examples/acme", "--all"},
		"fix":          {"lint", "--fix", "examples/preview/testdata/lint"},
		"lint-explain": {"lint", "--explain", "lookup-default"},
		"verify":       {"verify", "examples/acme", "--identities", snapshot},
		"test":         {"test", "examples/acme", "--cover"},
		"schema":       {"schema"},
		"run":          {"run", "examples/acme"},
		"correlate":    {"correlate", "examples/acme", "--source", "Active Directory"},
		"suggest":      {"correlate", "examples/acme", "--suggest"},
		"diff":         {"diff", "examples/acme", "examples/acme-changes/priority-swap", "--overlay", "--examples", "2"},
		"explain":      {"explain", "examples/acme", "--identity", "4799"},
	} {
		for width, short := range map[int]string{80: "80", 160: "160"} {
			t.Run(name+short, func(t *testing.T) {
				var out, errs bytes.Buffer
				clock := time.Date(2026, 1, 15, 9, 0, 0, 0, time.UTC)
				a := &app{ctx: t.Context(), out: &out, err: &errs, clock: func() time.Time { return clock }, color: true, width: width}
				if code := a.run(args); code != exitDone {
					t.Fatal(errs.String())
				}
				golden(t, filepath.Join(dir, "terminal", name+"-"+short+".golden"), strings.ReplaceAll(out.String(), "\x1b", "␛"))
				for l := range strings.Lines(plainText(out.String())) {
					patch := strings.HasPrefix(l, "+") || strings.HasPrefix(l, "-") || strings.HasPrefix(l, "diff ")
					if n := report.DisplayWidth(l); n > width && strings.Contains(strings.TrimSpace(l), " ") && !patch {
						t.Errorf("%d columns: %s", n, l)
					}
				}
			})
		}
	}
}

// TestNotFitted: what programs read is in a narrow terminal as it is in a file.
func TestNotFitted(t *testing.T) {
	t.Chdir("../..")
	for _, args := range [][]string{
		{"docs", "examples/acme"}, {"data", "examples/acme", "--json"}, {"lint", "examples/acme", "--format", "sarif"},
		{"schema", "plan"}, {"manual"}, {"completion", "bash"}, {"diff", "examples/acme", "examples/acme-changes/priority-swap", "--overlay", "--format", "markdown"},
		{"init", "examples/acme", "--dry-run", "--json"},
	} {
		var out, errs bytes.Buffer
		a := &app{ctx: t.Context(), out: &out, err: &errs, clock: time.Now, width: 60}
		a.run(args)
		_, want, _ := invoke(t, args...)
		if out.String() != want || want == "" {
			t.Errorf("%v is another one in a terminal: %.300s", args, cmp.Diff(want, out.String()))
		}
	}
}

// plainText is a text without its colours.
func plainText(s string) string {
	var b strings.Builder
	for i, part := range strings.Split(s, "\x1b[") {
		if i > 0 {
			_, part, _ = strings.Cut(part, "m")
		}
		b.WriteString(part)
	}
	return b.String()
}

func TestAnswerGoesToAFile(t *testing.T) {
	t.Chdir("../..")
	dir := t.TempDir()
	for _, tc := range []struct {
		name, begins string
		args         []string
	}{
		{name: "x.json", begins: "{", args: []string{"run", "examples/acme"}},
		{name: "x.txt", begins: "2 profiles", args: []string{"run", "examples/acme"}},
		{name: "lint.json", begins: "[", args: []string{"lint", "examples/acme"}},
		{name: "x.html", begins: "<!doctype html>", args: []string{"diff", "examples/acme", "examples/acme"}},
		{name: "x.md", begins: "#", args: []string{"diff", "examples/acme", "examples/acme"}},
		{name: "diff.txt", begins: "examples/acme", args: []string{"diff", "examples/acme", "examples/acme"}},
		{name: "explain.json", begins: "{", args: []string{"explain", "examples/acme", "--identity", "4799"}},
		{name: "correlate.json", begins: "{", args: []string{"correlate", "examples/acme"}},
		{name: "junit.xml", begins: "<?xml", args: []string{"test", "examples/acme"}},
		{name: "eval.json", begins: "{", args: []string{"eval", "profile/profiletest/testdata/vectors"}},
		{name: "named.txt", begins: "{", args: []string{"run", "examples/acme", "--format", "json"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			file := filepath.Join(dir, tc.name)
			code, out, errs := invoke(t, append(tc.args, "--out", file)...)
			src, err := os.ReadFile(file)
			if code != exitDone || out != "" || err != nil || !strings.HasPrefix(strings.ToLower(string(src)), tc.begins) {
				t.Errorf("exit code %d, %v, printed %q, written %.40q, want %q; %s", code, err, out, src, tc.begins, errs)
			}
		})
	}
}

func TestFailOn(t *testing.T) {
	t.Chdir("../..")
	for _, tc := range []struct {
		args []string
		code int
	}{
		{args: []string{"run", "examples/acme", "--fail-on", "exception"}, code: exitFailed},
		{args: []string{"run", "examples/acme", "--fail-on", "uncorrelated"}, code: exitFailed},
		{args: []string{"run", "examples/acme", "--fail-on", "warning"}, code: exitFailed},
		{args: []string{"run", "examples/acme", "--fail-on", "error"}},
		{args: []string{"correlate", "examples/acme", "--fail-on", "ambiguous,uncorrelated"}, code: exitFailed},
		{args: []string{"correlate", "examples/acme", "--source", "HR", "--fail-on", "uncorrelated"}},
		{args: []string{"lint", "examples/acme"}},
		{args: []string{"lint", "examples/acme", "--fail-on", "info"}, code: exitFailed},
		{args: []string{"lint", "examples/acme", "--fail-on", "warning"}},
		{args: []string{"diff", "examples/acme", "examples/acme", "--fail-on", "change"}},
		{args: []string{"diff", "examples/acme", "examples/acme-changes/priority-swap", "--overlay", "--fail-on", "change"}, code: exitFailed},
		{args: []string{"run", "examples/acme", "--fail-on", "nothing"}, code: exitCannotRun},
	} {
		if code, _, errs := invoke(t, tc.args...); code != tc.code {
			t.Errorf("%s: exit code %d, want %d; %s", strings.Join(tc.args, " "), code, tc.code, errs)
		}
	}
}
