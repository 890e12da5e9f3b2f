package sqlstate_test

import (
	"database/sql"
	"flag"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

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
