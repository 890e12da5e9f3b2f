package sqlstate_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/store"
)

// oldDatabase opens a copy of a database from before rows had checksums.
func oldDatabase(t *testing.T) (*sql.DB, *store.SQL) {
	t.Helper()
	content, err := os.ReadFile("testdata/version1.db")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "s.db")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return sqlite(t, path)
}

// rewrite writes everything again.
func rewrite(t *testing.T, s *store.SQL) {
	t.Helper()
	var b identity.Batch
	for i, err := range s.All(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		b.Put = append(b.Put, i)
	}
	for a, err := range s.Uncorrelated(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		b.Uncorrelated = append(b.Uncorrelated, a)
	}
	if err := s.Apply(t.Context(), b); err != nil {
		t.Fatal(err)
	}
}

// sealed counts the rows of a table that have a checksum.
func sealed(t *testing.T, db *sql.DB, table string) (n int) {
	t.Helper()
	if err := db.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM `+table+` WHERE substr(data, 1, 2) = x'8000'`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// A database from before rows had checksums is read as it is; rows get one when
// they are written again.
func TestSQLVersion1(t *testing.T) {
	want, err := os.ReadFile("testdata/version1.txt")
	if err != nil {
		t.Fatal(err)
	}
	db, s := oldDatabase(t)
	check := func(when string, people, accounts int) {
		t.Helper()
		if diff := cmp.Diff(string(want), strings.Join(mustDump(t, s), "\n")+"\n"); diff != "" {
			t.Errorf("%s: mismatch (-want +got):\n%s", when, diff)
		}
		if a, b := sealed(t, db, "idprofile_identity"), sealed(t, db, "idprofile_account"); a != people || b != accounts {
			t.Errorf("%s: checksums of %d identities and %d accounts, want %d and %d", when, a, b, people, accounts)
		}
	}
	check("at first", 0, 0)
	rewrite(t, s)
	check("written again", 2, 4)
}
