package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// completionScript writes the completion script of a shell.
func completionScript(t *testing.T, shell string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "preview."+shell)
	code, out, errs := invoke(t, "completion", shell)
	if code != exitDone || errs != "" {
		t.Fatalf("exit code %d: %s", code, errs)
	}
	if err := os.WriteFile(file, []byte(out), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// shell runs a script in a shell that may be missing.
func shell(t *testing.T, name string, args ...string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("%s is not installed", name)
	}
	out, err := exec.CommandContext(t.Context(), path, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v: %s", name, err, out)
	}
	return string(out)
}

// completions are command lines and some of what completes them.
var completions = []struct {
	name string
	line []string // the last word is completed
	want []string
	not  []string
}{
	{name: "commands", line: []string{"preview", ""}, want: []string{"run", "lint", "verify"}, not: []string{"--json"}},
	{name: "begun command", line: []string{"preview", "ve"}, want: []string{"verify", "version"}, not: []string{"run"}},
	{name: "flags", line: []string{"preview", "run", "--"}, want: []string{"--identities", "--no-progress"}, not: []string{"--identity"}},
	{name: "values", line: []string{"preview", "run", "--links", "r"}, want: []string{"recompute"}, not: []string{"stored"}},
	{name: "choices", line: []string{"preview", "completion", ""}, want: []string{"bash", "zsh", "fish"}},
	{name: "commands of help", line: []string{"preview", "help", "co"}, want: []string{"correlate", "completion"}, not: []string{"run"}},
}

func TestBashCompletion(t *testing.T) {
	file := completionScript(t, "bash")
	for _, tc := range append(completions, struct {
		name string
		line []string
		want []string
		not  []string
	}{name: "value after =", line: []string{"preview", "diff", "--format", "=", "m"}, want: []string{"markdown"}, not: []string{"html"}}) {
		t.Run(tc.name, func(t *testing.T) {
			var quoted []string
			for _, w := range tc.line {
				quoted = append(quoted, "'"+w+"'")
			}
			out := shell(t, "bash", "--norc", "-c", `source "$0"; COMP_WORDS=(`+strings.Join(quoted, " ")+`); COMP_CWORD=$((${#COMP_WORDS[@]}-1)); _preview; printf '%s\n' "${COMPREPLY[@]}"`, file)
			holds(t, strings.Fields(out), tc.want, tc.not)
		})
	}
}

func TestFishCompletion(t *testing.T) {
	file := completionScript(t, "fish")
	for _, tc := range completions {
		t.Run(tc.name, func(t *testing.T) {
			out := shell(t, "fish", "--no-config", "-c", "source "+file+"; complete -C '"+strings.Join(tc.line, " ")+"'")
			var words []string
			for line := range strings.Lines(out) {
				words = append(words, strings.TrimSpace(strings.Split(line, "\t")[0]))
			}
			holds(t, words, tc.want, tc.not)
		})
	}
}

// zshDriver types a line into a zsh and prints what it shows.
const zshDriver = `zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell "PROMPT=; PS2=; TERM=dumb; autoload -U compinit; compinit -u -D; zstyle ':completion:*' list-separator :; setopt autolist; source $1; print READY"
zpty -r -m shell line '*READY*READY*'
zpty -w -n shell "$2"$'\t\t'
for i in {1..20}; do zpty -r -t shell line && print -r -- "$line"; sleep 0.05; done
zpty -d shell`

func TestZshCompletion(t *testing.T) {
	t.Parallel() // the shell takes its time
	file := completionScript(t, "zsh")
	for _, tc := range []struct{ name, line, want string }{
		{name: "begun command", line: "preview corr", want: "correlate"},
		{name: "value", line: "preview run --links=rec", want: "recompute"},
		{name: "flag", line: "preview verify --identit", want: "--identities"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if out := shell(t, "zsh", "-f", "-c", zshDriver, "zsh", file, tc.line); !strings.Contains(out, tc.want) {
				t.Errorf("found %q, expected %s", out, tc.want)
			}
		})
	}
}

// holds checks that some words are there and others are not.
func holds(t *testing.T, got, want, not []string) {
	t.Helper()
	has := map[string]bool{}
	for _, w := range got {
		has[strings.TrimSuffix(w, "=")] = true
	}
	for _, w := range want {
		if !has[w] {
			t.Errorf("%s is missing among %v", w, got)
		}
	}
	for _, w := range not {
		if has[w] {
			t.Errorf("%s is among %v", w, got)
		}
	}
}

// TestManual compares the page in docs with the model of the command line; -update
// writes it.
func TestManual(t *testing.T) {
	file, err := filepath.Abs("docs/COMMANDS.md")
	if err != nil {
		t.Fatal(err)
	}
	code, out, errs := invoke(t, "manual")
	if code != exitDone {
		t.Fatal(errs)
	}
	golden(t, file, out)
}

// TestManPage has the man page checked by mandoc, or groff, where there is one.
func TestManPage(t *testing.T) {
	file := filepath.Join(t.TempDir(), "preview.1")
	if code, _, errs := invoke(t, "manual", "--out", file); code != exitDone {
		t.Fatal(errs)
	}
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(string(src), ".TH PREVIEW 1 ") {
		t.Fatalf("found %.60q, expected a man page", src)
	}
	if _, err := exec.LookPath("mandoc"); err != nil {
		t.Skip("mandoc is not installed")
	}
	if diff := cmp.Diff("", shell(t, "mandoc", "-T", "lint", "-W", "error", file)); diff != "" {
		t.Errorf("mandoc finds errors (-want +got):\n%s", diff)
	}
}
