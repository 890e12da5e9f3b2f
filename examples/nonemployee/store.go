package main

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"strings"

	_ "github.com/lib/pq"  // the driver named postgres
	_ "modernc.org/sqlite" // the driver named sqlite

	"github.com/idprofile/engine/identity/nonemployee"
)

// openStore opens sqlite:FILE, sqlite::memory:, file:FILE or postgres://USER@HOST/NAME.
// The function it gives closes the store.
func openStore(ctx context.Context, at string) (nonemployee.Store, func() error, error) {
	kind, path, ok := strings.Cut(at, ":")
	switch {
	case !ok || path == "":
	case kind == "file":
		f, err := nonemployee.OpenFile(path)
		if err != nil {
			return nil, nil, err
		}
		return f, f.Close, nil

	case kind == "sqlite" && path == ":memory:":
		// Every further connection would be a database of its own.
		return openSQL(ctx, "sqlite", sqliteDSN(path), 1)
	case kind == "sqlite":
		return openSQL(ctx, "sqlite", sqliteDSN(path), 8)
	case kind == "postgres":
		return openSQL(ctx, "postgres", at, 8)
	}

	// The text may hold a password.
	return nil, nil, fmt.Errorf("store of kind %q, expected sqlite:FILE, sqlite::memory:, file:FILE or postgres://USER@HOST/NAME", kind)
}

func openSQL(ctx context.Context, driver, dsn string, connections int) (nonemployee.Store, func() error, error) {
	db, err := sql.Open(driver, dsn)
	if err != nil {
		return nil, nil, err
	}
	db.SetMaxOpenConns(connections)
	s, err := nonemployee.NewSQL(ctx, db)
	if err != nil {
		db.Close()
		return nil, nil, err
	}

	return s, db.Close, nil
}

// sqliteDSN asks for write-ahead logging, so that readers do not wait for the writer;
// for transactions that lock at once, which makes waiting for each other safe; and for
// every commit to reach the disk before it counts.
func sqliteDSN(path string) string {
	o := url.Values{"_txlock": {"immediate"}, "_pragma": {"busy_timeout(10000)", "journal_mode(WAL)",
		"synchronous(FULL)"}}
	if path == ":memory:" {
		return "file::memory:?" + o.Encode()
	}
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + o.Encode()
}

// withoutPassword is the name of a store as it may be shown.
func withoutPassword(at string) string {
	if u, err := url.Parse(at); err == nil && u.User != nil {
		return u.Redacted()
	}
	return at
}
