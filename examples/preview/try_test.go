package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestTry: each call with its exit code and what it prints.
func TestTry(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		t.Helper()
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	bare := write("bare.json", `{"type":"upper"}`)
	fixed := write("fixed.json", `{"name":"Fixed","type":"static","attributes":{"value":"x"}}`)
	mapped := write("mapped.json", `{"identityAttributeName":"country","transformDefinition":{"type":"reference","attributes":{"id":"ISO3166 Country Format"}}}`)
	both := write("both.json", `[{"name":"A","type":"upper","attributes":{}},{"name":"B","type":"lower","attributes":{}}]`)
	raises := write("raises.json", `{"name":"R","type":"static","attributes":{"value":"${a}"}}`)
	today := write("today.json", `{"name":"T","type":"dateMath","attributes":{"expression":"now/d"}}`)
	lines := write("lines.txt", "a\r\n\r\nb")
	values := write("values.jsonl", "\"a\"\nnull\n7\n")
	here := t.TempDir() // a folder without a configuration

	for _, c := range []struct {
		name, args, in string
		code           int
		out, errs      string
	}{
		{name: "bare", args: bare + " --input ab", out: "AB\n"},
		{name: "null", args: bare, out: "null\n"},
		{name: "a folder before the name", args: "ACME ToUpper --input ab", out: "AB\n"},
		{name: "a ready-made transform", args: "ToUpper ACME --input ab", out: "AB\n"},
		{name: "a mapping in a file, with a reference", args: mapped + " ACME --input Germany", out: "DE\n"},
		{name: "no folder with a configuration", args: bare + " HERE --input ab", out: "AB\n"},
		{name: "input that is not read", args: fixed + " --input ab", out: "x\n", errs: "does not read an input"},
		{name: "error", args: raises + " HERE", code: exitFailed, out: "error: ", errs: "template-undefined"},
		{name: "now", args: today + " HERE --now 2026-03-01", out: "2026-03-01", errs: "now is 2026-03-01T00:00:00Z"},
		{name: "lines of a file", args: bare + " --inputs " + lines, out: `{"input":"a","value":"A"}` + "\n" + `{"input":"","value":""}` + "\n" + `{"input":"b","value":"B"}` + "\n"},
		{name: "values of a file", args: bare + " --inputs " + values, out: `{"input":"a","value":"A"}` + "\n" + `{"input":null,"value":null}` + "\n" + `{"input":7,"value":"7"}` + "\n"},
		{name: "lines of a pipe", args: bare, in: "a\n", out: `{"input":"a","value":"A"}` + "\n"},
		{name: "two transforms", args: both + " HERE", code: exitCannotRun, errs: "holds 2 transforms (A, B)"},
		{name: "unknown", args: "TooUpper ACME", code: exitCannotRun, errs: `did you mean "ToUpper"?`},
		{name: "unknown mapping", args: "Employees/emial ACME", code: exitCannotRun, errs: `did you mean "Employees/email"?`},
		{name: "an identity", args: "Employees/lastname ACME --identity HR/4799", out: "Nowak\n"},
		{name: "nobody", args: "Employees/lastname ACME --identity nobody", code: exitCannotRun, errs: `no identity "nobody"`},
		{name: "an account", args: "Employees/lastname ACME --account HR/4799", out: "Nowak\n"},
		{name: "no account", args: "Employees/lastname ACME --account HR/nobody", code: exitCannotRun, errs: "expected a source and an account id"},
		{name: "steps", args: bare + " --input ab --steps", out: "AB\nupper of \"ab\" → \"AB\"\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			acme := filepath.Join("..", "acme")
			args := []string{"try"}
			for _, w := range strings.Fields(c.args) {
				switch w {
				case "ACME":
					w = acme
				case "HERE":
					w = here
				}
				args = append(args, w)
			}
			a := &app{
				ctx: t.Context(), in: strings.NewReader(c.in), piped: c.in != "", out: &stdout, err: &stderr,
				clock: func() time.Time { return time.Date(2026, 1, 15, 9, 0, 0, 0, time.UTC) },
			}
			if code := a.run(args); code != c.code {
				t.Errorf("exit %d, want %d", code, c.code)
			}
			if got := stdout.String(); c.out == "" && got != "" || !strings.HasPrefix(got, c.out) {
				t.Errorf("printed %q, want %q", got, c.out)
			}
			if got := stderr.String(); c.errs == "" && got != "" || !strings.Contains(got, c.errs) {
				t.Errorf("said %q, want %q", got, c.errs)
			}
		})
	}
}
