package main

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	_ "modernc.org/sqlite" // the driver named sqlite

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/nonemployee"
	"github.com/idprofile/engine/identity/store"
)

// shelf keeps documents by their names; each change of one is on the disk when the call
// returns, as a whole or not at all. Names are letters, digits, dots and slashes.
type shelf interface {
	// read gives nil for a document that is not there.
	read(ctx context.Context, name string) ([]byte, error)
	write(ctx context.Context, name string, content []byte) error
	remove(ctx context.Context, name string) error
	// list gives the contents of all documents whose names begin so.
	list(ctx context.Context, prefix string) ([][]byte, error)
}

// kept is where a tenant is kept across starts.
type kept struct {
	identities identity.Store
	objects    nonemployee.Store // non-employees
	shelf      shelf
	close      func() error
}

// openKept opens sqlite:FILE or folder:FOLDER.
func openKept(ctx context.Context, at string) (*kept, error) {
	kind, path, _ := strings.Cut(at, ":")
	switch {
	case path == "":
	case kind == "sqlite":
		return openSQLite(ctx, path)
	case kind == "folder":
		return openFolder(path)
	}

	return nil, errors.New("-store: expected memory, sqlite:FILE or folder:FOLDER")
}

// folder is a shelf of files.
type folder string

func openFolder(path string) (_ *kept, err error) {
	if err := os.MkdirAll(filepath.Join(path, "tasks"), 0o700); err != nil {
		return nil, err
	}
	identities, err := store.OpenFile(filepath.Join(path, "identities.log"))
	if err != nil {
		return nil, err
	}
	objects, err := nonemployee.OpenFile(filepath.Join(path, "nonemployees.log"))
	if err != nil {
		return nil, errors.Join(err, identities.Close())
	}
	return &kept{
		identities: identities, objects: objects, shelf: folder(path),
		close: func() error { return errors.Join(identities.Close(), objects.Close()) },
	}, nil
}

func (f folder) path(name string) string { return filepath.Join(string(f), filepath.FromSlash(name)) }

func (f folder) read(_ context.Context, name string) ([]byte, error) {
	src, err := os.ReadFile(f.path(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return src, err
}

func (f folder) write(_ context.Context, name string, content []byte) error {
	at := f.path(name)
	to, err := os.CreateTemp(filepath.Dir(at), filepath.Base(at)+"-*.part")
	if err != nil {
		return err
	}
	_, err = to.Write(content)
	err = errors.Join(err, to.Sync(), to.Close())
	if err == nil {
		err = os.Rename(to.Name(), at)
	}
	if err != nil {
		return errors.Join(err, os.Remove(to.Name()))
	}
	return syncFolder(filepath.Dir(at))
}

func (f folder) remove(_ context.Context, name string) error {
	err := os.Remove(f.path(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return syncFolder(filepath.Dir(f.path(name)))
}

// syncFolder makes names of files last.
func syncFolder(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

func (f folder) list(_ context.Context, prefix string) ([][]byte, error) {
	paths, err := filepath.Glob(f.path(prefix + "*.json"))
	if err != nil {
		return nil, err
	}
	var out [][]byte
	for _, path := range paths {
		src, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		out = append(out, src)
	}

	return out, nil
}

// database is a shelf of rows.
type database struct{ *sql.DB }

func openSQLite(ctx context.Context, path string) (_ *kept, err error) {
	// Write-ahead logging: readers do not wait for the writer. Transactions lock at once,
	// which makes waiting for each other safe, and reach the disk before they count.
	o := url.Values{"_txlock": {"immediate"}, "_pragma": {"busy_timeout(10000)", "journal_mode(WAL)",
		"synchronous(FULL)"}}
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?"+o.Encode())
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, db.Close())
		}
	}()

	// One writer and some readers; more connections would only wait for each other.
	db.SetMaxOpenConns(8)
	identities, err := store.OpenSQL(ctx, db, store.SQLOptions{})
	if err != nil {
		return nil, err
	}
	objects, err := nonemployee.NewSQL(ctx, db)
	if err != nil {
		return nil, err
	}
	_, err = db.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS tenant_document (name TEXT PRIMARY KEY, content BLOB NOT NULL)`)
	return &kept{identities: identities, objects: objects, shelf: database{db}, close: db.Close}, err
}

func (d database) read(ctx context.Context, name string) ([]byte, error) {
	var out []byte
	err := d.QueryRowContext(ctx, `SELECT content FROM tenant_document WHERE name = $1`, name).Scan(&out)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return out, err
}

func (d database) write(ctx context.Context, name string, content []byte) error {
	_, err := d.ExecContext(ctx, `INSERT INTO tenant_document (name, content) VALUES ($1, $2)
		ON CONFLICT (name) DO UPDATE SET content = excluded.content`, name, content)
	return err
}

func (d database) remove(ctx context.Context, name string) error {
	_, err := d.ExecContext(ctx, `DELETE FROM tenant_document WHERE name = $1`, name)
	return err
}

func (d database) list(ctx context.Context, prefix string) (out [][]byte, err error) {
	rows, err := d.QueryContext(ctx, `SELECT content FROM tenant_document WHERE substr(name, 1, $1) = $2 ORDER BY name`,
		len(prefix), prefix)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var content []byte
		if err := rows.Scan(&content); err != nil {
			return nil, err
		}
		out = append(out, content)
	}

	return out, rows.Err()
}
