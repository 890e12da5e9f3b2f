package sqlstate_test

import (
	"database/sql"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	sqlstate "github.com/idprofile/engine/examples/sql"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/store"
	"github.com/idprofile/engine/identity/store/storetest"
)

var campaign = flag.Duration("campaign", 500*time.Millisecond, "how long the stress test of a database lasts, for each way to begin transactions")

// Several handles change one database at once, as processes do: each batch brings names of
// attributes that nobody has seen. No batch fails because of another one, and all are there.
func TestSQLSeveralWriters(t *testing.T) {
	for _, begin := range []string{"immediate", "deferred"} {
		t.Run(begin, func(t *testing.T) {
			dsn := strings.Replace(sqlstate.SQLiteDSN(filepath.Join(t.TempDir(), "s.db")), "_txlock=immediate", "_txlock="+begin, 1)
			deadline := time.Now().Add(*campaign)
			var stored [3]int
			var wait sync.WaitGroup
			for w := range stored {
				wait.Go(func() { stored[w] = writeUntil(t, dsn, w, deadline) })
			}
			wait.Wait()
			t.Logf("%v batches", stored)

			s := openDSN(t, dsn)
			var got [3]int
			for i, err := range s.All(t.Context()) {
				if err != nil {
					t.Fatal(err)
				}
				var w int
				if _, err := fmt.Sscanf(i.ID, "w%d-", &w); err != nil {
					t.Fatal(err)
				}
				got[w]++
			}
			if got != stored || min(got[0], got[1], got[2]) == 0 {
				t.Errorf("%v identities are there, %v were stored", got, stored)
			}
		})
	}
}

// openDSN opens a store; nil after an error.
func openDSN(t *testing.T, dsn string) *store.SQL {
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		t.Error(err)
		return nil
	}
	t.Cleanup(func() { db.Close() })
	s, err := store.OpenSQL(t.Context(), db, store.SQLOptions{})
	if err != nil {
		t.Error(err)
	}
	return s
}

// writeUntil applies batches and returns how many.
func writeUntil(t *testing.T, dsn string, w int, deadline time.Time) (n int) {
	s := openDSN(t, dsn)
	for s != nil && (n < 5 || time.Now().Before(deadline)) {
		id := fmt.Sprintf("w%d-%d", w, n)
		p := storetest.Person(id, []identity.Account{storetest.Account("S", id, "a"+id, "1")}, "uid", id, "x"+id, "1")
		if err := s.Apply(t.Context(), identity.Batch{Put: []*identity.Identity{p}}); err != nil {
			t.Error(err)
			return n
		}
		n++
	}
	return n
}

// Whoever reads while others write gets identities as one batch left them: never the attributes of one batch with
// the accounts of another one.
func TestSQLReadsWhole(t *testing.T) {
	dsn := sqlstate.SQLiteDSN(filepath.Join(t.TempDir(), "s.db"))
	writer, reader := openDSN(t, dsn), openDSN(t, dsn)
	if t.Failed() {
		return
	}
	write := func(n int) error {
		var b identity.Batch
		for p := range 20 {
			id := fmt.Sprint("p", p)
			account := storetest.Account("HR", id, "n", fmt.Sprint(n))
			b.Put = append(b.Put, storetest.Person(id, []identity.Account{account}, "uid", id, "n", fmt.Sprint(n)))
		}
		return writer.Apply(t.Context(), b)
	}
	if err := write(0); err != nil {
		t.Fatal(err)
	}

	deadline := time.Now().Add(*campaign)
	var wait sync.WaitGroup
	wait.Go(func() {
		for n := 1; n < 20 || time.Now().Before(deadline); n++ {
			if err := write(n); err != nil {
				t.Error(err)
				return
			}
		}
	})
	reads := 0
	check := func(i *identity.Identity, err error) {
		reads++
		if err != nil {
			t.Error(err)
		} else if attribute, account := i.Attribute("n").Text(), i.Accounts[0].Property("n").Text(); attribute != account {
			t.Errorf("identity %s is of batch %s, its account of batch %s", i.ID, attribute, account)
		}
	}
	for !t.Failed() && (reads < 100 || time.Now().Before(deadline)) {
		for i, err := range reader.All(t.Context()) {
			check(i, err)
		}
		check(reader.Get(t.Context(), "p3"))
		check(reader.ByAccount(t.Context(), identity.AccountKey{Source: "HR", NativeIdentity: "p7"}))
		for i, err := range reader.Find(t.Context(), "uid", "p9", true) {
			check(i, err)
		}
	}
	wait.Wait()
	t.Logf("%d identities read", reads)
}

var together = flag.Int("together", 4, "how often three processes aggregate into one database at once")

// Three processes aggregate into one database at once, into an empty one and into one that
// is there: none of them fails, and the state is that of one that was alone.
func TestSQLSeveralProcesses(t *testing.T) {
	second := changedAcme(t)
	plain := store.NewMemory()
	var want [2][]string
	for n, folder := range []string{acme, second} {
		if _, err := sqlstate.Aggregate(t.Context(), plain, os.DirFS(folder), false); err != nil {
			t.Fatal(err)
		}
		want[n] = mustDump(t, plain)
	}

	for round := range *together {
		file := filepath.Join(t.TempDir(), "s.db")
		for n, folder := range []string{acme, second} {
			aggregateTogether(t, file, folder)
			if diff := cmp.Diff(want[n], stateOf(t, file)); diff != "" {
				t.Fatalf("round %d, state %d: mismatch (-alone +together):\n%s", round, n, diff)
			}
		}
	}
}

// aggregateTogether starts three processes, and lets them go when all have the database open.
func aggregateTogether(t *testing.T, file, folder string) {
	t.Helper()
	type process struct {
		cmd    *exec.Cmd
		start  io.Closer
		output strings.Builder
	}
	var all [3]process
	for n := range all {
		p := &all[n]
		p.cmd = exec.CommandContext(t.Context(), os.Args[0])
		p.cmd.Env = append(os.Environ(), childStore+"="+file, "IDPROFILE_CHILD_FOLDER="+folder, childStart+"=1")
		p.cmd.Stderr = &p.output
		in, err := p.cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		out, err := p.cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := p.cmd.Start(); err != nil {
			t.Fatal(err)
		}
		p.start = in
		if _, err := io.ReadFull(out, make([]byte, len("ready\n"))); err != nil {
			t.Fatalf("process %d: %v", n, err)
		}
	}

	for n := range all {
		if err := all[n].start.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for n := range all {
		if err := all[n].cmd.Wait(); err != nil {
			t.Errorf("process %d: %v: %s", n, err, all[n].output.String())
		}
	}
}
