package sqlstate_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	sqlstate "github.com/idprofile/engine/examples/sql"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/store"
	"github.com/idprofile/engine/identity/store/storetest"
)

var damages = flag.Int("damages", 100, "how many SQLite files are damaged, three of seven by a cut")

// fileOf makes a SQLite file with 200 people, without anything beside it.
func fileOf(t *testing.T) (content []byte, state []string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "s.db")
	db, s := sqlite(t, path)
	for n := range 4 {
		var b identity.Batch
		for m := range 50 {
			id := fmt.Sprint("p", 50*n+m)
			accounts := []identity.Account{storetest.Account("HR", id, "name", "Name of "+id), storetest.Account("AD", id, "cn", id)}
			b.Put = append(b.Put, storetest.Person(id, accounts, "uid", "u"+id, "email", id+"@x.example"))
			b.Uncorrelated = append(b.Uncorrelated, storetest.Account("Badge", id, "card", fmt.Sprint(n, m)))
		}
		if err := s.Apply(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
	state = mustDump(t, s)
	if _, err := db.ExecContext(t.Context(), `PRAGMA wal_checkpoint(TRUNCATE)`); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content, state
}

// askAll opens a file and asks it everything in every way.
func askAll(ctx context.Context, path string) ([]string, error) {
	db, s, err := sqlstate.OpenSQLite(ctx, path)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	lines, err := dump(ctx, s)
	if err != nil {
		return nil, err
	}
	for n := range 200 {
		id := fmt.Sprint("p", n)
		one, err := s.Get(ctx, id)
		if err != nil {
			return nil, err
		}
		if other, err := s.ByAccount(ctx, one.Accounts[1].Key()); err != nil || other.ID != id {
			return nil, fmt.Errorf("by account: %v", err)
		}
		found := 0
		for i, err := range s.Find(ctx, "uid", "U"+id, true) {
			if err != nil || i.ID != id {
				return nil, fmt.Errorf("find: %v", err)
			}
			found++
		}
		if found != 1 {
			return nil, errors.New("not found")
		}
	}
	return lines, nil
}

// A SQLite file that was cut, or has a wrong bit, is an error or makes no difference.
func TestSQLDamage(t *testing.T) {
	content, want := fileOf(t)
	r := rand.New(rand.NewPCG(4, 700))
	refused := 0
	for trial := range *damages {
		bad := append([]byte(nil), content...)
		what := ""
		if trial%7 < 3 {
			size := r.IntN(len(content))
			bad, what = bad[:size], fmt.Sprint("cut at ", size)
		} else {
			bit := r.IntN(8 * len(content))
			bad[bit/8] ^= 1 << (bit % 8)
			what = fmt.Sprint("bit ", bit)
		}
		path := filepath.Join(t.TempDir(), "s.db")
		if err := os.WriteFile(path, bad, 0o600); err != nil {
			t.Fatal(err)
		}

		got, err := askAll(t.Context(), path)
		switch {
		case err != nil:
			refused++
		case len(bad) == 0: // SQLite takes an empty file for a new one
		default:
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s: no error, mismatch (-want +got):\n%s", what, diff)
			}
		}
	}
	t.Logf("%d of %d were refused", refused, *damages)
}

// Rows that do not fit their keys are errors, with a checksum and without.
func TestSQLWrongKey(t *testing.T) {
	for _, tc := range []struct{ name, change string }{
		{"identity", `UPDATE idprofile_identity SET data = (SELECT data FROM idprofile_identity WHERE id = 'p') WHERE id = 'b'`},
		{"account", `UPDATE idprofile_account SET data = (SELECT data FROM idprofile_account WHERE native_identity = '7') WHERE source = 'AD'`},
		{"uncorrelated", `UPDATE idprofile_account SET source = 'Other' WHERE identity IS NULL`},
		{"index", `UPDATE idprofile_value SET identity = 'p' WHERE attribute = 'uid' AND identity = 'b'`},
	} {
		for _, sealed := range []bool{false, true} {
			t.Run(fmt.Sprint(tc.name, " sealed ", sealed), func(t *testing.T) {
				db, s := oldDatabase(t)
				if sealed {
					rewrite(t, s)
				}
				if _, err := db.ExecContext(t.Context(), tc.change); err != nil {
					t.Fatal(err)
				}
				_, err := dump(t.Context(), s)
				for _, found := range s.Find(t.Context(), "uid", "bea", true) {
					err = errors.Join(err, found)
				}
				if !errors.Is(err, store.ErrRow) {
					t.Errorf("error %v, want ErrRow", err)
				}
			})
		}
	}
}
