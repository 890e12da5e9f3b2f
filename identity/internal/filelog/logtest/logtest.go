// Package logtest holds the tests that every store on a log must pass: cuts and
// flipped bits, locks between handles and processes, killed writers.
package logtest

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/identity/internal/filelog"
)

var (
	kills    = flag.Int("kills", 4, "how often a process that writes to a store is killed")
	campaign = flag.Duration("campaign", time.Second, "how long stress tests of stores last")
)

// Store is a store on a log that holds numbers by name.
type Store interface {
	Put(name string, n int) error // one batch
	All() (map[string]int, error)
	Cut() *filelog.Cut
	Close() error
}

// Open opens a store.
type Open func(path string, readOnly bool) (Store, error)

// Run runs all tests. The test that calls it is started again, alone, in processes that
// it makes.
func Run(t *testing.T, open Open) {
	if child(open) {
		return
	}
	t.Run("cuts", func(t *testing.T) { testCuts(t, open) })
	t.Run("flipped bits", func(t *testing.T) { testFlips(t, open) })
	t.Run("cut is kept", func(t *testing.T) { testKept(t, open) })
	t.Run("foreign files", func(t *testing.T) { testForeign(t, open) })
	t.Run("no trace", func(t *testing.T) { testNoTrace(t, open) })
	t.Run("locks", func(t *testing.T) { testLocks(t, open) })
	t.Run("locks of a process", func(t *testing.T) { testLockOfProcess(t, open) })
	t.Run("killed", func(t *testing.T) { testKilled(t, open) })
	t.Run("two processes", func(t *testing.T) { testTwoProcesses(t, open) })
}

// batches is how many batches the file of a test has.
const batches = 12

// sample makes a file and returns its content, and what the store holds by the
// length of the file.
func sample(t *testing.T, open Open) (content []byte, states map[int]map[string]int) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "s")
	states = map[int]map[string]int{}
	for n := range batches {
		s := mustOpen(t, open, path)
		put(t, s, fmt.Sprint("n", n%5), n)
		all, err := s.All()
		if err := errors.Join(err, s.Close()); err != nil {
			t.Fatal(err)
		}
		content = mustRead(t, path)
		states[len(content)] = all
	}

	return content, states
}

// lastWhole is the state of the last batch that ends within so many bytes.
func lastWhole(states map[int]map[string]int, size int) (state map[string]int, end int) {
	state = map[string]int{}
	for at := range states {
		if at <= size && at > end {
			state, end = states[at], at
		}
	}

	return state, end
}

// A file that was cut anywhere has the last batch that is whole, and says what is
// left out.
func testCuts(t *testing.T, open Open) {
	content, states := sample(t, open)
	r := rand.New(rand.NewPCG(1, 300))
	for trial := range 300 {
		size := r.IntN(len(content) + 1)
		switch trial {
		case 0:
			size = len(content) - 1
		case 1:
			size = len(content)
		}

		path := write(t, content[:size])
		want, end := lastWhole(states, size)

		s := mustOpen(t, open, path)
		got, err := s.All()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("cut at byte %d: mismatch (-want +got):\n%s", size, diff)
		}
		// A file with nothing but its magic holds nothing that could be missing.
		said := s.Cut() != nil
		if size != end && size != 8 && !said || size == end && said {
			t.Errorf("cut at byte %d, the last batch ends at %d, said: %v", size, end, s.Cut())
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		unchanged(t, path, content[:size])
	}
}

// A file with a wrong bit is refused, or has the last batch that is whole and
// says so.
func testFlips(t *testing.T, open Open) {
	content, states := sample(t, open)
	r := rand.New(rand.NewPCG(2, 400))
	last, refused := 0, 0
	for at := range states {
		if at < len(content) {
			last = max(last, at)
		}
	}

	for trial := range 400 {
		bit := r.IntN(8 * len(content))
		if trial%2 == 0 { // in the last batch, that nothing vouches for but itself
			bit = 8*last + r.IntN(8*(len(content)-last))
		}
		bad := append([]byte{}, content...)
		bad[bit/8] ^= 1 << (bit % 8)
		path := write(t, bad)

		s, err := open(path, false)
		if err != nil {
			refused++
			if !errors.Is(err, filelog.ErrDamaged) && !errors.Is(err, filelog.ErrForeign) {
				t.Errorf("bit %d: error %v", bit, err)
			}
			unchanged(t, path, bad)
			continue
		}

		got, err := s.All()
		if err := errors.Join(err, s.Close()); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(states[last], got); diff != "" || s.Cut() == nil {
			t.Errorf("bit %d: said %v, mismatch (-want +got):\n%s", bit, s.Cut(), diff)
		}
	}

	if refused < 390 {
		t.Errorf("%d of 400 files were refused", refused)
	}
}

// What is cut off lies beside the store after the next write, also when that
// happens again.
func testKept(t *testing.T, open Open) {
	content, states := sample(t, open)
	path := write(t, content[:len(content)-1])
	_, end := lastWhole(states, len(content)-1)

	for _, kept := range []string{path + ".cut", path + ".cut1"} {
		s := mustOpen(t, open, path)
		put(t, s, "new", 1)
		if c := s.Cut(); c == nil || c.Kept != kept {
			t.Errorf("cut: %v, want it in %s", c, kept)
		}
		if diff := cmp.Diff(string(content[end:len(content)-1]), string(mustRead(t, kept))); diff != "" {
			t.Errorf("%s: mismatch (-want +got):\n%s", kept, diff)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, content[:len(content)-1], 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// What is no store is refused, and stays as it is.
func testForeign(t *testing.T, open Open) {
	for _, text := range []string{
		// Among them is what a later version may write, which is as foreign as the rest.
		"precious", `{"one":"line"}` + "\n", "two\nlines\n", "\x00\x00\x00\x00\x00\x00\x00\x00\x00",
		"idpstor9, from the future", "idpnemp9, from the future",
		"\x89PNG\r\n\x1a\n", "SQLite format 3\x00", "x", "0123abcd something else\n", "00000000 []\n",
	} {
		path := write(t, []byte(text))
		if s, err := open(path, false); !errors.Is(err, filelog.ErrForeign) {
			t.Errorf("%q: error %v, want ErrForeign", text, err)
			if err == nil {
				_ = s.Close()
			}
		}

		unchanged(t, path, []byte(text))
	}

	if _, err := open(t.TempDir(), false); !errors.Is(err, filelog.ErrForeign) {
		t.Errorf("a folder: error %v, want ErrForeign", err)
	}
	if _, err := os.Stat(os.DevNull); err == nil {
		if _, err := open(os.DevNull, false); !errors.Is(err, filelog.ErrForeign) {
			t.Errorf("a device: error %v, want ErrForeign", err)
		}
	}
}

// A store that was opened and never written to leaves nothing behind.
func testNoTrace(t *testing.T, open Open) {
	folder := t.TempDir()
	s := mustOpen(t, open, filepath.Join(folder, "s"))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := open(filepath.Join(folder, "s"), true); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("reading what is not there: error %v", err)
	}
	left, err := os.ReadDir(folder)
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, error %v", left, err)
	}
}

func mustOpen(t *testing.T, open Open, path string) Store {
	t.Helper()
	s, err := open(path, false)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func put(t *testing.T, s Store, name string, n int) {
	t.Helper()
	if err := s.Put(name, n); err != nil {
		t.Fatal(err)
	}
}

func mustRead(t *testing.T, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func write(t *testing.T, content []byte) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "s")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func unchanged(t *testing.T, path string, want []byte) {
	t.Helper()
	if got := mustRead(t, path); string(got) != string(want) {
		t.Errorf("the file was changed: %d bytes, had %d", len(got), len(want))
	}
}
