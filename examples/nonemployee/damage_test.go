package main

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/idprofile/engine/identity/nonemployee"
)

// oldStore opens a copy of a database from before rows had checksums.
func oldStore(t *testing.T) (*sql.DB, nonemployee.Store) {
	t.Helper()
	content, err := os.ReadFile("testdata/version1.db")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "s.db")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", sqliteDSN(path))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	s, err := nonemployee.NewSQL(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	return db, s
}

// Rows from before there were checksums are read and get one when they are written again;
// from then on every column of a row is guarded.
func TestSQLRows(t *testing.T) {
	for _, change := range []string{
		`id = 'r9'`, `parent = 't'`, `ukey = 'x'`, `version = 7`, `data = replace(data, 'r1', 'r3')`, `kind = 'guard'`,
	} {
		db, s := oldStore(t)
		o, err := s.Get(t.Context(), nonemployee.KindRecord, "r1")
		if err != nil || o.Unique != "ann" || o.Version != 1 {
			t.Fatalf("%+v, error %v", o, err)
		}
		if err := s.Commit(t.Context(), []nonemployee.Change{{Object: o}}); err != nil {
			t.Fatal(err)
		}
		if o, err = s.Get(t.Context(), nonemployee.KindRecord, "r1"); err != nil || o.Version != 2 {
			t.Fatalf("%+v, error %v", o, err)
		}

		if _, err := db.ExecContext(t.Context(), `UPDATE nonemployee_object SET `+change+` WHERE id = 'r1'`); err != nil {
			t.Fatal(err)
		}
		var listed []error
		for _, kind := range []nonemployee.Kind{nonemployee.KindRecord, nonemployee.KindGuard} {
			for _, err := range s.List(t.Context(), kind, "") {
				listed = append(listed, err)
			}
		}
		if err := errors.Join(listed...); !errors.Is(err, nonemployee.ErrRow) {
			t.Errorf("%s: error %v, want ErrRow", change, fmt.Sprint(err))
		}
	}
}
