package sqlstate_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/idprofile/engine/identity/store"
)

// Tables of a later version are left alone.
func TestSQLLaterVersion(t *testing.T) {
	db, _ := sqlite(t, filepath.Join(t.TempDir(), "s.db"))
	if _, err := store.OpenSQL(t.Context(), db, store.SQLOptions{}); err != nil {
		t.Fatalf("opened twice: %v", err)
	}
	if _, err := db.ExecContext(t.Context(), `INSERT INTO idprofile_version (version) VALUES (99)`); err != nil {
		t.Fatal(err)
	}
	if _, err := store.OpenSQL(t.Context(), db, store.SQLOptions{}); err == nil || !strings.Contains(err.Error(), "version 99") {
		t.Errorf("error %v, want one about version 99", err)
	}
}
