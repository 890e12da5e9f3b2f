package logtest

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/identity/internal/filelog"
)

// Environment of the processes that a test makes.
const (
	childTask = "IDPROFILE_LOGTEST_TASK"
	childPath = "IDPROFILE_LOGTEST_PATH"
)

// child does the task of a process that a test made, if this is one.
func child(open Open) bool {
	path := os.Getenv(childPath)
	var err error
	switch task := os.Getenv(childTask); task {
	case "":
		return false
	case "hold":
		err = hold(open, path)
	case "write":
		err = writeOn(open, path)
	default:
		err = share(open, path, task)
	}

	if err != nil {
		fmt.Println("error", err)
	}
	return true
}

// hold keeps the store open until its input ends.
func hold(open Open, path string) error {
	s, err := open(path, false)
	if err != nil {
		return err
	}
	fmt.Println("done 0")
	_, err = io.Copy(io.Discard, os.Stdin)
	return errors.Join(err, s.Close())
}

// names is how many names the numbers of a test take turns on: old numbers become out of
// date, so that the file is written anew now and then.
const names = 40

// writeOn puts one number after the other, and prints each when it is stored.
func writeOn(open Open, path string) error {
	s, err := open(path, false)
	if err != nil {
		return err
	}
	all, err := s.All()
	if err != nil {
		return err
	}
	for n := len(all) + 1; ; n++ {
		if len(all) == names {
			n = max(n, highest(all)+1)
		}
		if err := s.Put(fmt.Sprint("n", n%names), n); err != nil {
			return err
		}
		fmt.Println("done", n)
		all[fmt.Sprint("n", n%names)] = n
	}
}

func highest(all map[string]int) int {
	top := 0
	for n := range maps.Values(all) {
		top = max(top, n)
	}
	return top
}

// share counts the number of a name up, opening the store anew each time, until
// its input ends.
func share(open Open, path, name string) error {
	// The end of the input is the sign to stop, so that the process ends with its parent whatever
	// becomes of that.
	ended := make(chan struct{})
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		close(ended)
	}()
	for {
		select {
		case <-ended:
			return nil
		default:
		}

		s, err := open(path, false)
		if errors.Is(err, filelog.ErrInUse) {
			time.Sleep(time.Duration(rand.IntN(1000)) * time.Microsecond)
			continue
		}

		if err != nil {
			return err
		}
		all, err := s.All()
		if err == nil {
			err = s.Put(name, all[name]+1)
		}
		if err := errors.Join(err, s.Close()); err != nil {
			return err
		}
		fmt.Println("done", all[name]+1)
	}
}

// process is one that runs this test.
type process struct {
	t     *testing.T
	cmd   *exec.Cmd
	input io.WriteCloser
	lines *bufio.Scanner
}

// start runs the test that runs now in a process of its own, which does a task.
func start(t *testing.T, task, path string) *process {
	t.Helper()
	if testing.Short() {
		t.Skip("makes processes")
	}
	name, _, _ := strings.Cut(t.Name(), "/")
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+name+"$")
	cmd.Env = append(os.Environ(), childTask+"="+task, childPath+"="+path)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return &process{t: t, cmd: cmd, input: in, lines: bufio.NewScanner(out)}
}

// next returns the next number that the process says is stored; ok is false when it
// ended.
func (p *process) next() (n int, ok bool) {
	for p.lines.Scan() {
		word, rest, _ := strings.Cut(p.lines.Text(), " ")
		switch word {
		case "done":
			n, err := strconv.Atoi(rest)
			return n, err == nil // a line may be cut
		case "error":
			p.t.Error(rest)
		}
	}

	return 0, false
}

// end lets the process come to its end, and returns the last number it stored.
func (p *process) end() (last int) {
	p.t.Helper()
	if err := p.input.Close(); err != nil {
		p.t.Error(err)
	}
	for n, ok := p.next(); ok; n, ok = p.next() {
		last = n
	}
	if err := p.cmd.Wait(); err != nil {
		p.t.Error(err)
	}
	return last
}

// kill ends the process at once, and returns the last number it stored.
func (p *process) kill() (last int) {
	p.t.Helper()
	if err := p.cmd.Process.Kill(); err != nil {
		p.t.Error(err)
	}
	for n, ok := p.next(); ok; n, ok = p.next() {
		last = n
	}
	_ = p.cmd.Wait() // it was killed
	return last
}

// While a handle may write nobody else gets one; readers get on with each other.
func testLocks(t *testing.T, open Open) {
	path := filepath.Join(t.TempDir(), "s")
	s := mustOpen(t, open, path)
	put(t, s, "a", 1)
	before := mustRead(t, path)

	// The error has the number of the process, by which somebody finds out who holds the file.
	for _, readOnly := range []bool{false, true} {
		_, err := open(path, readOnly)
		if !errors.Is(err, filelog.ErrInUse) || !strings.Contains(err.Error(), strconv.Itoa(os.Getpid())) {
			t.Errorf("read only %v: error %v, want ErrInUse and our number", readOnly, err)
		}
	}

	unchanged(t, path, before)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	for range 2 {
		r, err := open(path, true)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		if err := r.Put("b", 2); !errors.Is(err, filelog.ErrReadOnly) {
			t.Errorf("writing to a file open for reading: %v", err)
		}
	}

	if _, err := open(path, false); !errors.Is(err, filelog.ErrInUse) {
		t.Errorf("error %v, want ErrInUse", err)
	}
	unchanged(t, path, before)
}

// The error names the process that holds the file; when it is killed the file is free.
func testLockOfProcess(t *testing.T, open Open) {
	path := filepath.Join(t.TempDir(), "s")
	p := start(t, "hold", path)
	if _, ok := p.next(); !ok {
		t.Fatal("the process does not hold the store")
	}
	want := fmt.Sprint("in use by process ", p.cmd.Process.Pid)
	if _, err := open(path, false); !errors.Is(err, filelog.ErrInUse) || !strings.Contains(err.Error(), want) {
		t.Errorf("error %v, want %q", err, want)
	}
	p.kill()

	s := mustOpen(t, open, path)
	put(t, s, "a", 1)
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// A process is killed while it writes. What it was told to be stored is there, and at
// most one batch more.
func testKilled(t *testing.T, open Open) {
	path := filepath.Join(t.TempDir(), "s")
	r := rand.New(rand.NewPCG(3, 0))
	for range *kills {
		p := start(t, "write", path)

		// It is killed at another place each time, most often in the middle of a write.
		wait, last := r.IntN(200), 0
		for range wait {
			n, ok := p.next()
			if !ok {
				t.Fatal("the process ended by itself")
			}
			last = n
		}

		last = max(last, p.kill())

		s := mustOpen(t, open, path)
		got, err := s.All()
		if err := errors.Join(err, s.Close()); err != nil {
			t.Fatal(err)
		}

		// A batch may have been written whole before its answer came through; half of one must not be
		// there.
		want := numbersUpTo(max(last, highest(got)))
		if top := highest(got); top < last || last > 0 && top > last+1 {
			t.Errorf("%d were stored, %d are there", last, top)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("mismatch (-want +got):\n%s", diff)
		}
	}
}

// numbersUpTo is what writeOn has stored after so many numbers.
func numbersUpTo(n int) map[string]int {
	all := map[string]int{}
	for i := max(1, n-names+1); i <= n; i++ {
		all[fmt.Sprint("n", i%names)] = i
	}
	return all
}

// Two processes change one store, turn by turn: nothing that was stored is lost.
func testTwoProcesses(t *testing.T, open Open) {
	path := filepath.Join(t.TempDir(), "s")
	a, b := start(t, "a", path), start(t, "b", path)
	time.Sleep(*campaign)
	want := map[string]int{"a": a.end(), "b": b.end()}
	t.Logf("%v", want)

	s, err := open(path, true)
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.All()
	if err := errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" || want["a"] == 0 || want["b"] == 0 {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
}
