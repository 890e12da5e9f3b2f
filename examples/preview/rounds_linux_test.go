package main

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"
)

var (
	inRounds   = flag.Int("rounds", 0, "rounds in which whole commands are measured; 0: they are not")
	otherBuild = flag.String("before", "", "another build of preview, which is measured in the same rounds")
	population = flag.Int("population", 30_000, "people of the made-up tenant that is measured")
)

// measured is one command in all rounds.
type measured struct {
	name, build string
	args        []string
	prepare     func() // before each round; nil: nothing
	cpu, wall   []time.Duration
	peak        int64 // KiB, the most of all rounds
}

func (m *measured) median() time.Duration { return medianOf(m.cpu) }

func medianOf(list []time.Duration) time.Duration {
	slices.Sort(list)
	return list[len(list)/2]
}

func (m *measured) round(t *testing.T) {
	if m.prepare != nil {
		m.prepare()
	}
	cmd := exec.CommandContext(t.Context(), m.build, m.args...)
	start := time.Now()
	if out, err := cmd.CombinedOutput(); err != nil && cmd.ProcessState.ExitCode() > exitFailed {
		t.Fatalf("%s: %v\n%s", m.name, err, out)
	}
	m.wall = append(m.wall, time.Since(start))
	u := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	m.cpu = append(m.cpu, cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime())
	m.peak = max(m.peak, u.Maxrss)
}

// TestRounds measures whole commands on a made-up tenant: processor time, medians of rounds
// in which every command comes once, and peak memory. Nothing is asserted.
func TestRounds(t *testing.T) {
	if *inRounds == 0 {
		t.Skip("for measuring: -rounds 5 -v, with -before FILE beside another build")
	}

	dir := t.TempDir()
	now := filepath.Join(dir, "preview")
	buildPreview(t, now)
	folder, other, altered := filepath.Join(dir, "a"), filepath.Join(dir, "b"), filepath.Join(dir, "c")
	for _, to := range []string{folder, other, altered} {
		execute(t, now, "generate", "-n", strconv.Itoa(*population), to)
	}

	// One more transform that nobody uses changes nothing; the other change is one of an attribute.
	writeText(t, filepath.Join(other, "transforms", "spare.json"), `{"name": "Spare", "type": "trim", "attributes": {}}`)
	writeText(t, filepath.Join(altered, "transforms", "mail-nickname.json"), `{"name": "Mail Nickname", "type": "upper", "attributes":
		{"input": {"type": "identityAttribute", "attributes": {"name": "email"}}}}`)

	// In the last one a hundredth of the accounts of one source have another title.
	aged := filepath.Join(dir, "f")
	if err := os.CopyFS(aged, os.DirFS(folder)); err != nil {
		t.Fatal(err)
	}
	alterAccounts(t, filepath.Join(aged, "accounts", "Active Directory.csv"), "title")

	indented, inOneLine := filepath.Join(dir, "d"), filepath.Join(dir, "e")
	writeCases(t, indented, 4000, "  ")
	writeCases(t, inOneLine, 4000, "")

	var list []*measured
	builds := []string{now}
	if *otherBuild != "" {
		builds = append(builds, *otherBuild)
	}
	for i, b := range builds {
		state := filepath.Join(dir, fmt.Sprint("state", i))
		add := func(name string, args ...string) *measured {
			m := &measured{name: name, build: b, args: args}
			list = append(list, m)
			return m
		}
		add("run", "run", "--workers", "1", folder)
		add("run, two workers", "run", "--workers", "2", folder)
		add("first run with a state", "run", "--workers", "1", "--state", state, folder).prepare = func() { _ = os.Remove(state) }
		add("second run with a state", "run", "--workers", "1", "--state", state, folder)
		later := state + "later"
		add("a hundredth of a source changed", "run", "--workers", "1", "--state", later, aged).prepare = func() { copyFile(t, state, later) }
		add("diff, nothing changes", "diff", folder, other)
		add("diff, one attribute", "diff", folder, altered)
		add("correlate", "correlate", folder)
		add("correlate --suggest", "correlate", "--suggest", folder)
		add("test, indented", "test", indented)
		add("test, in one line", "test", inOneLine)
	}

	var spin [2]time.Duration
	for range *inRounds {
		for _, m := range list {
			m.round(t)
		}
		for i := range spin {
			spin[i] += spinning(i + 1)
		}
	}

	// What two workers gain, beside what two processors give to a loop that shares nothing.
	for i, m := range list {
		if m.name == "run, two workers" && m.build == now {
			gain := float64(medianOf(list[i-1].wall)) / float64(medianOf(m.wall))
			most := float64(spin[0]) / float64(spin[1])
			t.Logf("two workers: %.2f times as fast by the clock, a loop that shares nothing %.2f times: %.2f of its gain",
				gain, most, (gain-1)/(most-1))
		}
	}

	// The two files of test cases differ in white space alone.
	for i, m := range list {
		if m.name == "test, in one line" {
			t.Logf("test of 4,000 cases, in one line against indented: %.2f", float64(m.median())/float64(list[i-1].median()))
		}
	}

	t.Logf("%d people, %d rounds; processor time, against a run of the same build, peak memory", *population, *inRounds)
	var run time.Duration
	for i, m := range list {
		if m.name == "run" {
			run = m.median()
		}
		line := fmt.Sprintf("%-32s %6.2f s  %5.2f  %5d MiB", m.name, m.median().Seconds(), float64(m.median())/float64(run), m.peak>>10)
		if n := len(list) / 2; *otherBuild != "" && i < n {
			line += fmt.Sprintf("  %5.2f of the other build, memory %.2f", float64(m.median())/float64(list[i+n].median()),
				float64(m.peak)/float64(list[i+n].peak))
		}
		t.Log(line)
	}
}

// spinning does a fixed amount of work on so many goroutines and returns how long it took.
func spinning(workers int) time.Duration {
	start := time.Now()
	var wg sync.WaitGroup
	sums := make([]uint64, 64*workers)
	for w := range workers {
		wg.Go(func() {
			x := uint64(w + 1)
			for range 1_000_000_000 / workers {
				x ^= x << 13
				x ^= x >> 7
				x ^= x << 17
			}
			sums[64*w] = x
		})
	}
	wg.Wait()
	return time.Since(start)
}

// alterAccounts gives every hundredth account of a file another value in a column. It goes row
// by row: the peak of a child process is never below that of its parent.
func alterAccounts(t *testing.T, file, column string) {
	t.Helper()
	from, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	to, err := os.Create(file + ".new")
	if err != nil {
		t.Fatal(err)
	}

	r, w := csv.NewReader(from), csv.NewWriter(to)
	at := -1
	for i := 0; ; i++ {
		row, err := r.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			at = slices.Index(row, column)
		} else if i%100 == 0 {
			row[at] += " II"
		}
		if err := w.Write(row); err != nil {
			t.Fatal(err)
		}
	}

	w.Flush()
	if err := errors.Join(w.Error(), from.Close(), to.Close(), os.Rename(file+".new", file)); err != nil {
		t.Fatal(err)
	}
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	r, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	w, err := os.Create(to)
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.Copy(w, r)
	if err := errors.Join(err, r.Close(), w.Close()); err != nil {
		t.Fatal(err)
	}
}

// writeCases writes a folder with a configuration and a file of n test cases, all in one
// line when there is no indent.
func writeCases(t *testing.T, folder string, n int, indent string) {
	t.Helper()
	var cases []map[string]any
	for i := range n {
		cases = append(cases, map[string]any{
			"name": fmt.Sprint("case ", i),
			"accounts": []any{map[string]any{"source": "HR", "nativeIdentity": strconv.Itoa(i),
				"attributes": map[string]any{"login": fmt.Sprint("U", i), "sn": " Müller "}}},
			"expect": map[string]any{"attributes": map[string]any{"uid": fmt.Sprint("u", i), "lastname": "Müller"}},
		})
	}

	text, err := json.MarshalIndent(map[string]any{"cases": cases}, "", indent)
	if indent == "" {
		text, err = json.Marshal(map[string]any{"cases": cases})
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	writeText(t, filepath.Join(folder, "many_test.json"), string(text))
	writeText(t, filepath.Join(folder, "profile.json"), `{"name": "Staff", "priority": 10, "authoritativeSource": {"name": "HR"},
		"identityAttributeConfig": {"enabled": true, "attributeTransforms": [
			{"identityAttributeName": "uid", "transformDefinition": {"type": "lower", "attributes":
				{"input": {"type": "accountAttribute", "attributes": {"sourceName": "HR", "attributeName": "login"}}}}},
			{"identityAttributeName": "lastname", "transformDefinition": {"type": "trim", "attributes":
				{"input": {"type": "accountAttribute", "attributes": {"sourceName": "HR", "attributeName": "sn"}}}}}]}}`)
	writeText(t, filepath.Join(folder, "hr.json"), `{"name": "HR", "connector": "delimited-file"}`)
}

func buildPreview(t *testing.T, to string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", to, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

func execute(t *testing.T, name string, args ...string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", args, err, out)
	}
}

func writeText(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
