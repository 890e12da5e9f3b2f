package sqlstate_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	sqlstate "github.com/idprofile/engine/examples/sql"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/store"
)

const acme = "../acme"

// dump is what a store holds, a line for each identity and account. What a run
// knows about evaluations depends on whether it is the first.
func dump(ctx context.Context, s identity.Store) ([]string, error) {
	var lines []string
	for i, err := range s.All(ctx) {
		if err != nil {
			return nil, err
		}
		i.Evaluated, i.RunState = time.Time{}, identity.Attributes{}
		b, err := json.Marshal(i)
		if err != nil {
			return nil, err
		}
		lines = append(lines, string(b))
	}
	for a, err := range s.Uncorrelated(ctx, "") {
		if err != nil {
			return nil, err
		}
		b, err := json.Marshal(a)
		if err != nil {
			return nil, err
		}
		lines = append(lines, string(b))
	}
	return lines, nil
}

func mustDump(t *testing.T, s identity.Store) []string {
	t.Helper()
	lines, err := dump(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

// Every store has the same state after the same runs, and a second run changes
// nothing.
func TestAggregateAcme(t *testing.T) {
	memory := store.NewMemory()
	want, err := sqlstate.Aggregate(t.Context(), memory, os.DirFS(acme), false)
	if err != nil {
		t.Fatal(err)
	}
	if want.Identities < 50 || want.Uncorrelated == 0 || want.Saved != want.Identities {
		t.Errorf("got %+v", want)
	}
	_, database := sqlite(t, filepath.Join(t.TempDir(), "s.db"))
	file, err := store.OpenFile(filepath.Join(t.TempDir(), "s.idp"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	stores := map[string]identity.Store{"sqlite": database, "file": file}
	if dsn := os.Getenv("IDPROFILE_POSTGRES"); dsn != "" {
		stores["postgres"] = postgres(t, dsn)
	}
	for name, s := range stores {
		t.Run(name, func(t *testing.T) {
			got, err := sqlstate.Aggregate(t.Context(), s, os.DirFS(acme), true)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("stats: mismatch (-memory +%s):\n%s", name, diff)
			}
			if diff := cmp.Diff(mustDump(t, memory), mustDump(t, s)); diff != "" {
				t.Errorf("state: mismatch (-memory +%s):\n%s", name, diff)
			}
			again, err := sqlstate.Aggregate(t.Context(), s, os.DirFS(acme), true)
			if err != nil || again.Added+again.Changed+again.Removed+again.Created+again.Moved > 0 {
				t.Errorf("a second run: %+v, error %v", again, err)
			}
			if diff := cmp.Diff(mustDump(t, memory), mustDump(t, s)); diff != "" {
				t.Errorf("state after a second run: mismatch (-memory +%s):\n%s", name, diff)
			}
		})
	}
}

const people = `[
 {"id": "s1", "name": "HR", "connector": "jdbc", "deleteThreshold": 0},
 {"id": "p1", "name": "People", "priority": 10, "authoritativeSource": {"type": "SOURCE", "name": "HR"}, "identityAttributeConfig": {"enabled": true, "attributeTransforms": [
  {"identityAttributeName": "uid", "transformDefinition": {"type": "accountAttribute", "attributes": {"sourceName": "HR", "attributeName": "no"}}},
  {"identityAttributeName": "email", "transformDefinition": {"type": "lower", "attributes": {"input": {"type": "accountAttribute", "attributes": {"sourceName": "HR", "attributeName": "mail"}}}}},
  {"identityAttributeName": "lastname", "transformDefinition": {"type": "accountAttribute", "attributes": {"sourceName": "HR", "attributeName": "sn"}}}]}}]`

// Accounts that are rows of a table become identities in the same database.
func TestAccountsOfTable(t *testing.T) {
	db, s := sqlite(t, filepath.Join(t.TempDir(), "s.db"))
	fromTable(t, db, s)
	if dsn := os.Getenv("IDPROFILE_POSTGRES"); dsn != "" {
		s := postgres(t, dsn)
		db, err := sql.Open("pgx", dsn)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		fromTable(t, db, s)
	}
}

func fromTable(t *testing.T, db *sql.DB, s identity.Store) {
	t.Helper()
	exec := func(text string, args ...any) {
		t.Helper()
		if _, err := db.ExecContext(t.Context(), text, args...); err != nil {
			t.Fatal(err)
		}
	}
	exec(`DROP TABLE IF EXISTS hr`)
	exec(`CREATE TABLE hr (no BIGINT, mail TEXT, sn TEXT)`)
	exec(`INSERT INTO hr (no, mail, sn) VALUES (7, 'Ann@Acme.example', 'Lee'), (8, NULL, 'Poe')`)
	folder := fstest.MapFS{"tenant.json": {Data: []byte(people)}}
	source := sqlstate.Table(db, "HR", "hr", "no", nil)
	for n, want := range []string{"added 2 changed 0 removed 0 exceptions 1", "added 0 changed 1 removed 1 exceptions 0"} {
		stats, err := sqlstate.Aggregate(t.Context(), s, folder, true, source)
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprintf("added %d changed %d removed %d exceptions %d", stats.Added, stats.Changed, stats.Removed, stats.Exceptions); got != want {
			t.Errorf("run %d: %s, want %s", n+1, got, want)
		}
		exec(`UPDATE hr SET sn = 'Leigh' WHERE no = 7`)
		exec(`DELETE FROM hr WHERE no = 8`)
	}
	if got := find(t, s, "email", "ANN@acme.example"); got == "" {
		t.Error("nobody has the address")
	}
}
