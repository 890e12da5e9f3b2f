package sqlstate

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	_ "modernc.org/sqlite"             // the driver "sqlite"

	"github.com/idprofile/engine/identity/store"
)

// OpenSQLite opens a store in a SQLite file, with what makes it safe and quick:
// a write-ahead log, and connections that wait five seconds for each other.
func OpenSQLite(ctx context.Context, file string) (*sql.DB, *store.SQL, error) {
	return open(ctx, "sqlite", SQLiteDSN(file))
}

// SQLiteDSN names a SQLite file for the driver.
func SQLiteDSN(file string) string {
	q := url.Values{"_pragma": {"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(FULL)"},
		"_txlock": {"immediate"}}
	return "file:" + (&url.URL{Path: file}).EscapedPath() + "?" + q.Encode()
}

// OpenPostgres opens a store in a PostgreSQL database, given as a connection
// string such as postgres://user@host/database.
func OpenPostgres(ctx context.Context, dsn string) (*sql.DB, *store.SQL, error) {
	return open(ctx, "pgx", dsn)
}

func open(ctx context.Context, driver, dsn string) (*sql.DB, *store.SQL, error) {
	db, err := sql.Open(driver, dsn)
	if err != nil {
		return nil, nil, err
	}
	s, err := store.OpenSQL(ctx, db, store.SQLOptions{})
	if err != nil {
		if closing := db.Close(); closing != nil {
			err = fmt.Errorf("%w; %w", err, closing)
		}
		return nil, nil, err
	}

	return db, s, nil
}
