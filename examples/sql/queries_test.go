package sqlstate_test

import (
	"database/sql"
	"fmt"
	"iter"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	sqlstate "github.com/idprofile/engine/examples/sql"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/feed"
	"github.com/idprofile/engine/identity/feed/feedtest"
	"github.com/idprofile/engine/identity/store"
)

const hrQuery = `-- People as the tenant's source reads them.
-- watermark: changed
SELECT no, mail, sn, hired, changed FROM people
ORDER BY no;
`

// The database of a test: its driver and how its tables are made.
func databases(t *testing.T) map[string]*sql.DB {
	lite, err := sql.Open("sqlite", sqlstate.SQLiteDSN(filepath.Join(t.TempDir(), "hr.db")))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { lite.Close() })
	all := map[string]*sql.DB{"sqlite": lite}
	if dsn, ok := startPostgres(t); ok {
		db, err := sql.Open("pgx", dsn)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { db.Close() })
		all["postgres"] = db
	}
	return all
}

func mustExec(t testing.TB, db *sql.DB, text string, args ...any) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), text, args...); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
}

// A folder's query against real servers: 20,000 rows, changes, increments.
func TestQueries(t *testing.T) {
	folder := fstest.MapFS{"tenant.json": {Data: []byte(people)}, "accounts/HR.sql": {Data: []byte(hrQuery)}}
	queries, err := sqlstate.Queries(folder)
	if err != nil || len(queries) != 1 {
		t.Fatal(queries, err)
	}
	q := queries[0]
	if diff := cmp.Diff("HR changed false", fmt.Sprint(q.Source, " ", q.Watermark, " ", strings.HasSuffix(q.Text, ";"))); diff != "" {
		t.Error(diff)
	}
	for name, db := range databases(t) {
		t.Run(name, func(t *testing.T) {
			mustExec(t, db, `CREATE TABLE people (no BIGINT PRIMARY KEY, mail TEXT, sn TEXT, hired DATE, changed TIMESTAMP)`)
			if name == "sqlite" {
				mustExec(t, db, `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
					INSERT INTO people SELECT i, 'p' || i || '@acme.example', 'N' || i, '2024-02-29', '2026-01-01 00:00:00.123456' FROM n`)
			} else {
				mustExec(t, db, `INSERT INTO people SELECT i, 'p' || i || '@acme.example', 'N' || i, '2024-02-29', '2026-01-01 00:00:00.123456' FROM generate_series(1, 20000) AS i`)
			}
			o := feed.Options{NativeIdentity: "no"}
			for a, err := range q.Accounts(db, o).Accounts(t.Context()) {
				if err != nil {
					t.Fatal(err)
				}
				want := `{"no":1,"mail":"p1@acme.example","sn":"N1","hired":"2024-02-29","changed":"2026-01-01T00:00:00.123456Z"}`
				if got, _ := a.Attributes.MarshalJSON(); string(got) != want {
					t.Errorf("got %s, want %s", got, want)
				}
				break
			}

			st := store.NewMemory()
			run := func(want string, src identity.Source) {
				t.Helper()
				s, err := sqlstate.Aggregate(t.Context(), st, folder, true, src)
				if err != nil {
					t.Fatal(err)
				}
				if got := fmt.Sprintf("added %d changed %d removed %d created %d", s.Added, s.Changed, s.Removed, s.Created); got != want {
					t.Errorf("got %s, want %s", got, want)
				}
			}
			since, err := q.Highest(t.Context(), db)
			if err != nil {
				t.Fatal(err)
			}
			run("added 20000 changed 0 removed 0 created 20000", q.Accounts(db, o))

			mustExec(t, db, `UPDATE people SET sn = 'Leigh', changed = '2026-01-02 00:00:00' WHERE no IN (7, 9)`)
			mustExec(t, db, `INSERT INTO people VALUES (30000, 'new@acme.example', 'New', NULL, '2026-01-02 00:00:00')`)
			mustExec(t, db, `DELETE FROM people WHERE no = 8`)
			if name == "postgres" {
				// The rows of the first day have the highest watermark themselves.
				since = "2026-01-01 00:00:00.123457"
			}
			if name == "sqlite" {
				since = "2026-01-01 00:00:01"
			}
			changes, err := q.Changes(db, since, o)
			if err != nil {
				t.Fatal(err)
			}
			run("added 1 changed 2 removed 0 created 1", changes)
			run("added 0 changed 0 removed 1 created 0", q.Accounts(db, o))
			if next, err := q.Highest(t.Context(), db); err != nil || !strings.HasPrefix(next, "2026-01-02 00:00:00") {
				t.Errorf("highest %q, error %v", next, err)
			}
		})
	}
}

func TestQueryConformance(t *testing.T) {
	for name, db := range databases(t) {
		t.Run(name, func(t *testing.T) {
			mustExec(t, db, `CREATE TABLE accounts (id BIGINT PRIMARY KEY, name TEXT)`)
			if name == "sqlite" {
				mustExec(t, db, `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 19999) INSERT INTO accounts SELECT i, 'n' || i FROM n`)
			} else {
				mustExec(t, db, `INSERT INTO accounts SELECT i, 'n' || i FROM generate_series(0, 19999) AS i`)
			}
			source := func(text string) identity.Source {
				return sqlstate.Query{Source: "S", Text: text}.Accounts(db, feed.Options{})
			}
			moving := sqlstate.Query{Source: "S", Text: "SELECT * FROM moving", Watermark: "at"}
			mustExec(t, db, `CREATE TABLE moving (id BIGINT PRIMARY KEY, name TEXT, at TIMESTAMP)`)
			for i := range 50 {
				mustExec(t, db, `INSERT INTO moving VALUES ($1, 'n', '2026-01-01 00:00:00')`, i)
			}
			feedtest.Run(t, feedtest.Feed{
				Before: func(t testing.TB) identity.Source { return moving.Accounts(db, feed.Options{}) },
				Changes: func(t testing.TB, _ func() iter.Seq[identity.Account]) identity.Changes {
					mustExec(t, db, `UPDATE moving SET name = 'other', at = '2026-01-02 00:00:00' WHERE id IN (3, 4)`)
					mustExec(t, db, `INSERT INTO moving VALUES (50, 'new', '2026-01-02 00:00:00')`)
					changes, err := moving.Changes(db, "2026-01-01 00:00:01", feed.Options{})
					if err != nil {
						t.Fatal(err)
					}
					return changes
				},
				After: func(t testing.TB) identity.Source { return moving.Accounts(db, feed.Options{}) },
				Source: func(t testing.TB, n int) identity.Source {
					return source(fmt.Sprintf("SELECT * FROM accounts WHERE id < %d ORDER BY id", n))
				},
				Broken: func(t testing.TB) identity.Source { return source("SELECT nothing FROM nowhere") },
				Refusing: func(t testing.TB) (identity.Source, int) {
					return source("SELECT CASE WHEN id = 3 THEN NULL ELSE id END AS id FROM accounts WHERE id < 9"), 1
				},
			})
		})
	}
}

func TestQueryFiles(t *testing.T) {
	for text, want := range map[string]string{"  ;\n": "S.sql: the query is empty", "-- watermark: at\nSELECT 1": "", "SELECT 1 -- watermark: x": ""} {
		queries, err := sqlstate.Queries(fstest.MapFS{"accounts/S.sql": {Data: []byte(text)}})
		got := ""
		if err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%q: error %s, want %s", text, got, want)
		}
		if len(queries) == 1 && queries[0].Watermark == "" {
			if _, err := queries[0].Changes(nil, "", feed.Options{}); err == nil {
				t.Error("changes without a watermark")
			}
		}
	}
}
