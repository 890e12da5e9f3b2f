package sqlstate_test

import (
	"context"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	sqlstate "github.com/idprofile/engine/examples/sql"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/store"
)

var kills = flag.Int("kills", 10, "how often the program is stopped while it aggregates")

const childStore = "IDPROFILE_CHILD_STORE" // file of the store that a child aggregates into

// TestMain makes the test program serve as the one that is stopped.
func TestMain(m *testing.M) {
	if file := os.Getenv(childStore); file != "" {
		if err := child(file, os.Getenv("IDPROFILE_CHILD_FOLDER")); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// childStart makes a child wait, when it is ready, for the end of its standard input.
const childStart = "IDPROFILE_CHILD_START"

// child says that it is ready, and aggregates.
func child(file, folder string) error {
	s, done, err := openStore(context.Background(), file)
	if err != nil {
		return err
	}
	defer done()
	fmt.Println("ready")
	if os.Getenv(childStart) != "" {
		if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
			return err
		}
	}
	_, err = sqlstate.Aggregate(context.Background(), s, os.DirFS(folder), true)
	return err
}

// openStore opens a SQLite file, or a file store by its extension.
func openStore(ctx context.Context, file string) (identity.Store, func() error, error) {
	if filepath.Ext(file) == ".db" {
		db, s, err := sqlstate.OpenSQLite(ctx, file)
		if err != nil {
			return nil, nil, err
		}
		return s, db.Close, nil
	}
	s, err := store.OpenFile(file)
	if err != nil {
		return nil, nil, err
	}
	return s, s.Close, nil
}

// The program is stopped without warning at random moments of its first and
// second aggregation. Each time the state is the one before or the one after,
// never something between; and when it runs again, it ends with the state of a
// run that nobody stopped.
func TestKilled(t *testing.T) {
	second := changedAcme(t)
	plain := store.NewMemory()
	states := [][]string{{}, nil, nil}
	states[0] = mustDump(t, plain)
	for n, folder := range []string{acme, second} {
		if _, err := sqlstate.Aggregate(t.Context(), plain, os.DirFS(folder), false); err != nil {
			t.Fatal(err)
		}
		states[n+1] = mustDump(t, plain)
	}
	for _, file := range []string{"s.db", "s.idp"} {
		t.Run(file, func(t *testing.T) {
			r := rand.New(rand.NewPCG(1, uint64(*kills)))
			took := undisturbed(t, filepath.Join(t.TempDir(), file))
			var early, late int
			for n := range *kills {
				path := filepath.Join(t.TempDir(), file)
				step := n % 2
				if step == 1 {
					finish(t, path, acme)
				}
				folder := []string{acme, second}[step]
				kill(t, path, folder, time.Duration(r.Int64N(int64(took)+1)))
				switch got := stateOf(t, path); {
				case cmp.Equal(got, states[step]):
					early++
				case cmp.Equal(got, states[step+1]):
					late++
				default:
					t.Fatalf("stop %d: the state is neither the one before nor the one after:\n%s", n, cmp.Diff(states[step], got))
				}
				finish(t, path, folder)
				if diff := cmp.Diff(states[step+1], stateOf(t, path)); diff != "" {
					t.Fatalf("stop %d, run again: mismatch (-want +got):\n%s", n, diff)
				}
			}
			t.Logf("stopped %d times: %d before, %d after the batch counted", *kills, early, late)
		})
	}
}

// changedAcme copies the example tenant and changes its accounts.
func changedAcme(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "acme")
	if err := os.CopyFS(dir, os.DirFS(acme)); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "accounts", "HR.csv")
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for n := range src { // every fifth lower-case e becomes an o, after the header
		if n > 2000 && n%5 == 0 && src[n] == 'e' {
			src[n] = 'o'
		}
	}
	if err := os.WriteFile(file, src, 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

func command(t *testing.T, path, folder string) (*exec.Cmd, io.Reader) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(self)
	c.Env = append(os.Environ(), childStore+"="+path, "IDPROFILE_CHILD_FOLDER="+folder)
	c.Stderr = os.Stderr
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	return c, out
}

// undisturbed measures how long an aggregation takes, from the moment the
// program is ready.
func undisturbed(t *testing.T, path string) time.Duration {
	t.Helper()
	c, out := command(t, path, acme)
	if _, err := io.ReadFull(out, make([]byte, len("ready\n"))); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	if err := c.Wait(); err != nil {
		t.Fatal(err)
	}
	return time.Since(start)
}

// kill stops an aggregation some time after it began.
func kill(t *testing.T, path, folder string, after time.Duration) {
	t.Helper()
	c, out := command(t, path, folder)
	if _, err := io.ReadFull(out, make([]byte, len("ready\n"))); err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(after, func() { c.Process.Kill() })
	defer timer.Stop()
	if err := c.Wait(); err != nil && c.ProcessState.Exited() {
		t.Fatal(err) // it was not stopped, it failed
	}
}

// finish aggregates to the end.
func finish(t *testing.T, path, folder string) {
	t.Helper()
	s, done, err := openStore(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sqlstate.Aggregate(t.Context(), s, os.DirFS(folder), true); err != nil {
		t.Fatal(err)
	}
	if err := done(); err != nil {
		t.Fatal(err)
	}
}

func stateOf(t *testing.T, path string) []string {
	t.Helper()
	s, done, err := openStore(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	list := mustDump(t, s)
	if err := done(); err != nil {
		t.Fatal(err)
	}
	return list
}
