package sqlstate_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	sqlstate "github.com/idprofile/engine/examples/sql"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/store"
	"github.com/idprofile/engine/identity/store/storetest"
)

func sqlite(t *testing.T, file string) (*sql.DB, *store.SQL) {
	t.Helper()
	db, s, err := sqlstate.OpenSQLite(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db, s
}

func TestSQLite(t *testing.T) {
	storetest.Run(t, func(t *testing.T) identity.Store {
		_, s := sqlite(t, filepath.Join(t.TempDir(), "a b%?.db"))
		return s
	})
}

// TestPostgres needs an empty database: IDPROFILE_POSTGRES=postgres://user@host/db.
func TestPostgres(t *testing.T) {
	dsn := os.Getenv("IDPROFILE_POSTGRES")
	if dsn == "" {
		t.Skip("IDPROFILE_POSTGRES is not set")
	}
	storetest.Run(t, func(t *testing.T) identity.Store { return postgres(t, dsn) })
}

func postgres(t *testing.T, dsn string) *store.SQL {
	t.Helper()
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	for _, table := range []string{"version", "list", "identity", "account", "indexed", "value", "decision", "setting", "attribute"} {
		if _, err := db.ExecContext(t.Context(), "DROP TABLE IF EXISTS idprofile_"+table); err != nil {
			t.Fatal(err)
		}
	}
	s, err := store.OpenSQL(t.Context(), db, store.SQLOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func find(t *testing.T, s identity.Store, attribute, value string) string {
	t.Helper()
	var ids []string
	for i, err := range s.Find(t.Context(), attribute, value, true) {
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, i.ID)
	}
	return strings.Join(ids, " ")
}

// An attribute that is indexed later finds the identities that were there.
func TestSQLIndexedLater(t *testing.T) {
	db, s := sqlite(t, filepath.Join(t.TempDir(), "s.db"))
	long := strings.Repeat("Ä", 500)
	var b identity.Batch
	for n := range 1200 {
		b.Put = append(b.Put, storetest.Person(fmt.Sprintf("p%04d", n), nil, "dept", fmt.Sprint("D", n%3), "note", long+fmt.Sprint(n)))
	}
	if err := s.Apply(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	more, err := store.OpenSQL(t.Context(), db, store.SQLOptions{Indexed: []string{"dept", "note"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []identity.Store{s, more} {
		if got := len(strings.Fields(find(t, s, "dept", "d1"))); got != 400 {
			t.Errorf("%d identities, want 400", got)
		}
		if got := find(t, s, "note", strings.Repeat("ä", 500)+"77"); got != "p0077" {
			t.Errorf("a long value found %q", got)
		}
	}
	if got := find(t, more, "uid", "x"); got != "" {
		t.Errorf("found %q", got)
	}
}

// Two programs with one database see each other's schemas.
func TestSQLShared(t *testing.T) {
	file := filepath.Join(t.TempDir(), "s.db")
	_, a := sqlite(t, file)
	_, b := sqlite(t, file)
	for n := range 10 {
		s := []*store.SQL{a, b}[n%2]
		p := storetest.Person(fmt.Sprint(n), []identity.Account{storetest.Account("HR", fmt.Sprint(n), fmt.Sprint("x", n), "v")}, fmt.Sprint("a", n), "v")
		if err := s.Apply(t.Context(), identity.Batch{Put: []*identity.Identity{p}}); err != nil {
			t.Fatal(err)
		}
	}
	for n := range 10 {
		for _, s := range []*store.SQL{a, b} {
			i, err := s.Get(t.Context(), fmt.Sprint(n))
			if err != nil || i.Attribute(fmt.Sprint("a", n)).Text() != "v" || i.Accounts[0].Attributes.Get(fmt.Sprint("x", n)).Text() != "v" {
				t.Fatalf("identity %d: %v %v", n, i, err)
			}
		}
	}
}

// A database that somebody else has locked gives an error and keeps its state.
func TestSQLiteLocked(t *testing.T) {
	file := filepath.Join(t.TempDir(), "s.db")
	_, s := sqlite(t, file)
	if err := s.Apply(t.Context(), identity.Batch{Put: []*identity.Identity{storetest.Person("a", nil)}}); err != nil {
		t.Fatal(err)
	}
	impatient, err := sql.Open("sqlite", strings.Replace(sqlstate.SQLiteDSN(file), "5000", "1", 1))
	if err != nil {
		t.Fatal(err)
	}
	defer impatient.Close()
	other, err := store.OpenSQL(t.Context(), impatient, store.SQLOptions{})
	if err != nil {
		t.Fatal(err)
	}
	unlock := lock(t, file)
	err = other.Apply(t.Context(), identity.Batch{Put: []*identity.Identity{storetest.Person("b", nil, "new", "x")}})
	if err == nil || !strings.Contains(err.Error(), "locked") {
		t.Errorf("error %v, want one that says locked", err)
	}
	unlock()
	if _, err := other.Get(t.Context(), "b"); err == nil {
		t.Error("the batch was applied")
	}
	if err := other.Apply(t.Context(), identity.Batch{Put: []*identity.Identity{storetest.Person("b", nil, "new", "x")}}); err != nil {
		t.Errorf("after the lock: %v", err)
	}
}

// lock begins a transaction that writes.
func lock(t *testing.T, file string) (unlock func()) {
	t.Helper()
	db, err := sql.Open("sqlite", sqlstate.SQLiteDSN(file))
	if err != nil {
		t.Fatal(err)
	}
	tx, err := db.BeginTx(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := tx.Rollback(); err != nil {
			t.Error(err)
		}
		db.Close()
	}
}
