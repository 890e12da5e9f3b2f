package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/examples/preview/tenant"
	"github.com/idprofile/engine/identity/store"
)

var kills = flag.Int("kills", 6, "how often a run with a state is killed")

const childLine = "IDPROFILE_CHILD_LINE" // the command line of a process that a test makes, as JSON

// childTold is what such a process says on its standard error when a signal has ended its context.
const childTold = "told to end"

// TestMain makes the test program serve as the program that is killed.
func TestMain(m *testing.M) {
	if line := os.Getenv(childLine); line != "" {
		var args []string
		if err := json.Unmarshal([]byte(line), &args); err != nil {
			panic(err)
		}
		os.Args = append(os.Args[:1], args...)
		os.Exit(mainWith(func() { fmt.Fprintln(os.Stderr, childTold) }))
	}
	os.Exit(m.Run())
}

// process is a command line in a process of its own.
func process(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	line, err := json.Marshal(args)
	if err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), os.Args[0])
	c.Env = append(os.Environ(), childLine+"="+string(line))
	return c
}

// victims are a made-up tenant, and the same with other data.
func victims(t *testing.T, people int) (before, after string) {
	t.Helper()
	before, after = filepath.Join(t.TempDir(), "before"), filepath.Join(t.TempDir(), "after")
	for _, dir := range []string{before, after} {
		if _, err := tenant.Write(t.Context(), dir, tenant.Options{People: people, Seed: 1}); err != nil {
			t.Fatal(err)
		}
	}

	name := filepath.Join(after, "accounts", "HR.csv")
	src, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, bytes.ReplaceAll(src, []byte("Executive"), []byte("Director")), 0o600); err != nil {
		t.Fatal(err)
	}
	return before, after
}

// content is what a state holds, as text.
func content(t *testing.T, state string) string {
	t.Helper()
	s, err := store.OpenFile(state)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var b strings.Builder
	for i, err := range s.All(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		src, err := json.Marshal(i)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(src)
	}
	return b.String()
}

// TestRunStateKilled kills runs. The state is that before or after the run, lists are whole, and
// are those of the run wherever the state is; the same run again gives what it should.
func TestRunStateKilled(t *testing.T) {
	before, after := victims(t, 1500)
	out := t.TempDir()
	state, list := filepath.Join(out, "state"), filepath.Join(out, "list.jsonl")
	line := func(folder string) []string {
		return []string{"run", folder, "--state", state, "--identities", list, "--now", "2026-01-15T09:00:00Z", "--no-progress"}
	}

	// What each run should leave, on the state that the other one has left.
	type outcome struct{ state, list string }
	var want [2]outcome
	folders := [2]string{before, after}
	began := time.Now()
	for _, i := range []int{0, 1, 0, 1, 0} { // names that were given once stay: the first ones differ
		if said, err := process(t, line(folders[i])...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, said)
		}
		want[i] = outcome{content(t, state), string(must(os.ReadFile(list)))}
	}
	took := time.Since(began) / 5
	if want[0].state == want[1].state || want[0].list == want[1].list {
		t.Fatal("the runs do not differ")
	}
	whole := must(os.ReadFile(state))

	r, tally := rand.New(rand.NewPCG(1, 2)), [2]int{}
	for round := range *kills {
		to := 1 - round%2
		c := process(t, line(folders[to])...)
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(r.Int64N(int64(took) * 5 / 4)))
		_ = c.Process.Kill() // it may have ended
		_ = c.Wait()

		got := outcome{content(t, state), string(must(os.ReadFile(list)))}
		switch {
		case got.state != want[0].state && got.state != want[1].state:
			t.Fatalf("round %d: the state is neither that before nor that after the run", round)
		case got.list != want[0].list && got.list != want[1].list:
			t.Fatalf("round %d: the list is neither that before nor that after the run", round)
		case got.state == want[to].state && got.list != want[to].list:
			t.Fatalf("round %d: the state counts, and the list is the old one", round)
		case got.state == want[to].state:
			tally[1]++
		default:
			tally[0]++
		}

		// The same run once more ends well; then the next round goes the other way.
		if said, err := process(t, line(folders[to])...).CombinedOutput(); err != nil {
			t.Fatalf("round %d: again: %v: %s", round, err, said)
		}
		if diff := cmp.Diff(want[to], outcome{content(t, state), string(must(os.ReadFile(list)))}, cmp.AllowUnexported(outcome{})); diff != "" {
			t.Fatalf("round %d: again: mismatch (-want +got):\n%.2000s", round, diff)
		}
	}
	t.Logf("%d runs were killed before their state counted, %d after; the first state has %d bytes", tally[0], tally[1], len(whole))
}

// TestRunTerminated: a run that is told to end leaves its state and its files as they were, and
// ends with the code of what could not be done.
func TestRunTerminated(t *testing.T) {
	before, after := victims(t, 4000)
	out := t.TempDir()
	state, list := filepath.Join(out, "state"), filepath.Join(out, "exceptions.csv")
	line := func(folder string) []string {
		return []string{"run", folder, "--state", state, "--exceptions", list, "--identities", "-", "--now", "2026-01-15T09:00:00Z", "--no-progress"}
	}
	if said, err := process(t, line(before)...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %.2000s", err, said)
	}
	want := entries(t, out)

	for _, signal := range []os.Signal{syscall.SIGTERM, os.Interrupt} {
		terminated(t, signal, line(after))
		if diff := cmp.Diff(want, entries(t, out)); diff != "" {
			t.Errorf("%v: files: mismatch (-before +after):\n%.2000s", signal, diff)
		}
	}
}

// terminated starts a run that writes much to its standard output, and sends it a signal in the
// middle of that. Nothing more is read of the output until the run knows of the signal, so it cannot
// come to its end before.
func terminated(t *testing.T, signal os.Signal, line []string) {
	t.Helper()
	c := process(t, line...)
	stdout, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	stderr, err := c.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}

	// Its first line is there, and a pipe has no room for the others.
	lines, says := bufio.NewReaderSize(stdout, 16), bufio.NewReader(stderr)
	if _, err := lines.ReadByte(); err != nil {
		said, _ := io.ReadAll(says)
		t.Fatalf("%v: %s", err, said)
	}
	if err := c.Process.Signal(signal); err != nil {
		t.Fatal(err)
	}
	for said := ""; said != childTold; {
		text, err := says.ReadString('\n')
		if err != nil {
			t.Fatalf("%v: it did not learn of the signal: %v", signal, err)
		}
		said = strings.TrimSuffix(text, "\n")
	}

	size, _ := io.Copy(io.Discard, lines)
	rest, _ := io.ReadAll(says)
	var ended *exec.ExitError
	if err := c.Wait(); !errors.As(err, &ended) || ended.ExitCode() != exitCannotRun {
		t.Errorf("%v: %v after %d bytes of output, want exit code %d; %s", signal, err, size, exitCannotRun, rest)
	}
}

// TestSecondSignal: a command that waits for something that does not end, and so never looks at its
// context, ends at the second signal.
func TestSecondSignal(t *testing.T) {
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		t.Run(signal.String(), func(t *testing.T) {
			fifo := filepath.Join(t.TempDir(), "config.json")
			if err := syscall.Mkfifo(fifo, 0o600); err != nil {
				t.Skip(err)
			}
			c := process(t, "lint", fifo, "--no-progress")
			if err := c.Start(); err != nil {
				t.Fatal(err)
			}

			// Opening waits for the reader, which the command is from here on: until the end of the test,
			// as nobody writes.
			pipe, err := os.OpenFile(fifo, os.O_WRONLY, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer pipe.Close()
			ended := make(chan error, 1)
			go func() { ended <- c.Wait() }()
			for n := 0; ; n++ {
				select {
				case err := <-ended:
					var exit *exec.ExitError
					if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != signal || n < 2 {
						t.Errorf("after %d signals: %v, want an end by %v at the second", n, err, signal)
					}
					return
				case <-time.After(20 * time.Millisecond):
				}
				if n == 500 {
					t.Fatal("it goes on after 500 signals")
				}
				_ = c.Process.Signal(signal) // it may have ended
			}
		})
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(fmt.Sprint(err))
	}
	return v
}
