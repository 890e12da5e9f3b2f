package pipeline

import (
	"bufio"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// action is what of a composite action the test runs.
type action struct {
	Inputs map[string]struct{ Description, Default string }
	Runs   struct {
		Using string
		Steps []struct {
			ID, Shell, Run string
			Env            map[string]string
		}
	}
}

var expression = regexp.MustCompile(`\$\{\{ *([\w.-]+) *\}\}`)

// runner runs the steps of an action as GitHub's does: bash -e, variables from expressions,
// and files for outputs, the path and the summary.
type runner struct {
	t       *testing.T
	dir     string // where steps run
	temp    string
	values  map[string]string // of expressions
	path    []string
	summary string
}

func newRunner(t *testing.T, dir string, inputs map[string]string) (*runner, action) {
	t.Helper()
	src, err := os.ReadFile(root + "/.github/actions/preview/action.yml")
	if err != nil {
		t.Fatal(err)
	}
	var a action
	if err := yaml.Unmarshal(src, &a); err != nil {
		t.Fatal(err)
	}
	where, err := filepath.Abs(root + "/.github/actions/preview")
	if err != nil {
		t.Fatal(err)
	}
	r := &runner{t: t, dir: dir, temp: t.TempDir(), values: map[string]string{"github.action_path": where}}
	for name, in := range a.Inputs {
		if in.Description == "" {
			t.Errorf("input %s has no description", name)
		}
		r.values["inputs."+name] = in.Default
	}
	for name, value := range inputs {
		if _, ok := a.Inputs[name]; !ok {
			t.Fatalf("there is no input %q", name)
		}
		r.values["inputs."+name] = value
	}
	return r, a
}

// run runs all steps and returns the exit code of the first one that fails.
func (r *runner) run(a action) (code int, out string) {
	r.t.Helper()
	for _, step := range a.Runs.Steps {
		if step.Shell != "bash" {
			r.t.Fatalf("step %q has the shell %q", step.ID, step.Shell)
		}
		outputs := filepath.Join(r.temp, "outputs")
		files := map[string]string{"GITHUB_OUTPUT": outputs, "GITHUB_PATH": filepath.Join(r.temp, "path"),
			"GITHUB_STEP_SUMMARY": filepath.Join(r.temp, "summary"), "RUNNER_TEMP": r.temp}
		cmd := exec.CommandContext(r.t.Context(), "bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step.Run)
		cmd.Dir = r.dir
		cmd.Env = append(os.Environ(), "PATH="+strings.Join(append(r.path, os.Getenv("PATH")), ":"))
		for name, file := range files {
			cmd.Env = append(cmd.Env, name+"="+file)
		}
		for name, value := range step.Env {
			cmd.Env = append(cmd.Env, name+"="+expression.ReplaceAllStringFunc(value, func(e string) string {
				return r.values[expression.FindStringSubmatch(e)[1]]
			}))
		}
		printed, err := cmd.CombinedOutput()
		out += string(printed)
		for _, line := range r.lines(outputs) {
			name, value, _ := strings.Cut(line, "=")
			r.values["steps."+step.ID+".outputs."+name] = value
		}
		r.path = r.lines(files["GITHUB_PATH"])
		summary, _ := os.ReadFile(files["GITHUB_STEP_SUMMARY"])
		r.summary = string(summary)
		os.Remove(outputs)
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			return exit.ExitCode(), out
		} else if err != nil {
			r.t.Fatal(err)
		}
	}
	return 0, out
}

func (r *runner) lines(file string) (list []string) {
	f, err := os.Open(file)
	if err != nil {
		return nil
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		list = append(list, s.Text())
	}
	return list
}

// tenant is a repository with a configuration, and a change that nobody has committed yet.
func tenant(t *testing.T, change string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, "acme"), os.DirFS(root+"/examples/acme")); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"init", "-q", "-b", "main"}, {"add", "-A"},
		{"-c", "user.name=a", "-c", "user.email=a@x.example", "commit", "-q", "-m", "first"}} {
		cmd := exec.CommandContext(t.Context(), "git", args...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	if change != "" {
		if err := os.CopyFS(filepath.Join(dir, "acme", "updates"), os.DirFS(root+"/examples/acme-changes/"+change)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestAction: a good configuration passes, and a change that breaks the gate, or a test, fails; the summary says why.
func TestAction(t *testing.T) {
	gate := filepath.Join(t.TempDir(), "gate.json")
	if err := os.WriteFile(gate, []byte(`{"frozen": ["uid"]}`), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name, change string
		inputs       map[string]string
		code         int
		summary      []string
		out          string
	}{
		{"good", "", map[string]string{"before": "HEAD", "gate": gate}, 0, []string{"## Findings", "## Tests", "nothing changes for anybody"}, "lint 0, test 0, diff 0"},
		{"warnings", "", map[string]string{"fail-on": "info"}, 1, []string{"## Findings", "## Tests"}, "lint 1, test 0, diff 0"},
		{"gate", "priority-swap/updates", map[string]string{"before": "HEAD", "gate": gate}, 1, []string{"12 of 284"}, "diff 1"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			inputs := map[string]string{"folder": "acme"}
			for name, value := range tc.inputs {
				inputs[name] = value
			}
			r, a := newRunner(t, tenant(t, tc.change), inputs)
			code, out := r.run(a)
			if code != tc.code || !strings.Contains(out, tc.out) {
				t.Errorf("code %d, want %d, with %q:\n%s\n%s", code, tc.code, tc.out, out, r.summary)
			}
			for _, part := range tc.summary {
				if !strings.Contains(r.summary, part) {
					t.Errorf("no %q in the summary:\n%s", part, r.summary)
				}
			}
			if junit := r.values["steps.test.outputs.junit"]; junit != "" {
				if _, err := os.Stat(junit); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// TestActionRelease: the binary of a release is fetched and its sum compared.
func TestActionRelease(t *testing.T) {
	releases := t.TempDir()
	release(t, filepath.Join(releases, "v1.2.3"))
	inputs := map[string]string{"folder": "acme", "version": "v1.2.3", "releases": "file://" + releases}
	r, a := newRunner(t, tenant(t, ""), inputs)
	if code, out := r.run(a); code != 0 {
		t.Fatalf("code %d:\n%s", code, out)
	}
	files, _ := filepath.Glob(filepath.Join(releases, "v1.2.3", "preview_*"))
	for _, file := range files {
		if err := os.WriteFile(file, []byte("something else"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	r, a = newRunner(t, r.dir, inputs)
	if code, out := r.run(a); code == 0 || !strings.Contains(out, "FAILED") {
		t.Errorf("a binary with another sum is run: code %d\n%s", code, out)
	}
}

// TestHooks: what pre-commit runs passes on a good configuration and fails on a wrong one.
func TestHooks(t *testing.T) {
	src, err := os.ReadFile(root + "/.pre-commit-hooks.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var hooks []struct {
		ID, Name, Entry, Language, Files string
		PassFilenames                    *bool `yaml:"pass_filenames"`
	}
	if err := yaml.Unmarshal(src, &hooks); err != nil || len(hooks) != 2 {
		t.Fatalf("%d hooks, %v", len(hooks), err)
	}
	good := tenant(t, "")
	wrong := tenant(t, "")
	for file, text := range map[string]string{"wrong.json": `{"name": "W", "type": "lowr"}`,
		"wrong_test.json": `{"cases": [{"name": "w", "transform": {"type": "lower"}, "input": "A", "expect": {"value": "b"}}]}`} {
		if err := os.WriteFile(filepath.Join(wrong, "acme", file), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, h := range hooks {
		re, err := regexp.Compile(h.Files)
		if err != nil || !re.MatchString("acme/transforms/a.json") || h.Language != "golang" || h.PassFilenames == nil || *h.PassFilenames {
			t.Errorf("%s: %v, %+v", h.ID, err, h)
		}
		for dir, want := range map[string]int{good: 0, wrong: 1} {
			args := append(strings.Fields(h.Entry), "acme") // entry, then the args of the user
			cmd := exec.CommandContext(t.Context(), filepath.Join(program(t), args[0]), args[1:]...)
			cmd.Dir = dir
			if out, _ := cmd.CombinedOutput(); cmd.ProcessState.ExitCode() != want {
				t.Errorf("%s: code %d, want %d\n%s", h.ID, cmd.ProcessState.ExitCode(), want, out)
			}
		}
	}
}
