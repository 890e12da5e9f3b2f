package nonemployee

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"strconv"

	"github.com/idprofile/engine/identity/internal/sqlrow"
)

// SQL is a Store in a database that understands the common part of SQLite (3.24 and
// later) and PostgreSQL (9.5 and later): parameters $1, $2 ..., ON CONFLICT DO NOTHING.
// Several processes may share it: a commit that another one was in the way of is tried
// again. Every row has a checksum of all its columns. Rows that were written before there
// were checksums are read, and get one when they are written again.
type SQL struct{ db *sql.DB }

// ErrRow is returned when a row is not what was written, or belongs to another key.
var ErrRow = sqlrow.ErrDamaged

// NewSQL uses the database, whose driver the caller chose, and makes the table
// nonemployee_object and its indexes when they are missing. The caller closes db.
func NewSQL(ctx context.Context, db *sql.DB) (*SQL, error) {
	for _, q := range []string{
		`CREATE TABLE IF NOT EXISTS nonemployee_object (kind TEXT NOT NULL, id TEXT NOT NULL, parent TEXT NOT NULL, ukey TEXT, version BIGINT NOT NULL, data TEXT NOT NULL, PRIMARY KEY (kind, id))`,
		`CREATE UNIQUE INDEX IF NOT EXISTS nonemployee_object_ukey ON nonemployee_object (kind, parent, ukey)`,
	} {
		if _, err := db.ExecContext(ctx, q); err != nil {
			return nil, fmt.Errorf("cannot prepare the tables: %w", err)
		}
	}

	return &SQL{db: db}, nil
}

const selectObject = `SELECT kind, id, parent, ukey, version, data FROM nonemployee_object WHERE kind = $1`

// Get implements [Store].
func (s *SQL) Get(ctx context.Context, kind Kind, id string) (Object, error) {
	o, err := scanObject(kind, s.db.QueryRowContext(ctx, selectObject+` AND id = $2`, string(kind), id))
	if err == nil && o.ID != id {
		return Object{}, fmt.Errorf("%s %q was asked for, %q is there: %w", kind, id, o.ID, ErrRow)
	}
	return o, err
}

// Find implements [Store].
func (s *SQL) Find(ctx context.Context, kind Kind, parent, unique string) (Object, error) {
	o, err := scanObject(kind, s.db.QueryRowContext(ctx, selectObject+` AND parent = $2 AND ukey = $3`, string(kind),
		parent, unique))
	if err == nil && (o.Parent != parent || o.Unique != unique) {
		return Object{}, fmt.Errorf("%s %q is not what the key %q leads to: %w", kind, o.ID, unique, ErrRow)
	}
	return o, err
}

type scanner interface{ Scan(...any) error }

// scanObject reads a row that was asked for by its kind.
func scanObject(kind Kind, row scanner) (Object, error) {
	o := Object{}
	var unique sql.NullString
	var data string

	// Not found has its own error, which callers tell from a failing database.
	err := row.Scan(&o.Kind, &o.ID, &o.Parent, &unique, &o.Version, &data)
	if errors.Is(err, sql.ErrNoRows) {
		return Object{}, fmt.Errorf("%s: %w", kind, ErrNotFound)
	}

	if err != nil {
		return Object{}, err
	}
	o.Unique = unique.String

	// The database finds a row by an index that may lead astray.
	text, err := sqlrow.OpenText(data, rowKey(o)...)
	if err == nil && o.Kind != kind {
		err = sqlrow.ErrDamaged
	}
	if err != nil {
		return Object{}, fmt.Errorf("%s %q: %w", kind, o.ID, err)
	}
	o.Value, err = DecodeValue(kind, []byte(text))
	return o, err
}

// rowKey is what the checksum of a row covers besides its data: all other columns.
func rowKey(o Object) []string {
	return []string{string(o.Kind), o.ID, o.Parent, o.Unique, strconv.FormatInt(o.Version, 10)}
}

// List implements [Store]. It holds a connection until the loop ends.
func (s *SQL) List(ctx context.Context, kind Kind, parent string) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		query, args := selectObject, []any{string(kind)}
		if parent != "" {
			// The parent is optional, and its condition with it.
			query, args = query+` AND parent = $2`, append(args, parent)
		}
		rows, err := s.db.QueryContext(ctx, query, args...)
		if err != nil {
			yield(Object{}, err)
			return
		}

		defer rows.Close()
		for rows.Next() {
			o, err := scanObject(kind, rows)

			// Each row is checked against what was asked, since an index that is damaged gives other
			// rows.
			if err == nil && parent != "" && o.Parent != parent {
				err = fmt.Errorf("%s %q is listed under another parent: %w", kind, o.ID, ErrRow)
			}
			if !yield(o, err) || err != nil {
				return
			}
		}

		if err := rows.Err(); err != nil {
			yield(Object{}, err)
		}
	}
}

// Commit implements [Store] in one transaction, which is tried again when the database says
// that another one was in the way. Other errors of the driver are returned as they came.
func (s *SQL) Commit(ctx context.Context, changes []Change) error {
	return sqlrow.Transact(ctx, s.db, func(tx *sql.Tx) error { return commitTo(ctx, tx, changes) })
}

const (
	deleteObject = `DELETE FROM nonemployee_object WHERE kind = $1 AND id = $2 AND version = $3`
	clearObject  = `UPDATE nonemployee_object SET ukey = NULL WHERE kind = $1 AND id = $2 AND version = $3`
	updateObject = `UPDATE nonemployee_object SET parent = $1, ukey = $2, version = $3, data = $4 WHERE kind = $5 AND id = $6 AND version = $7`
	insertObject = `INSERT INTO nonemployee_object (kind, id, parent, ukey, version, data) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`
	holdsKey     = `SELECT COUNT(*) FROM nonemployee_object WHERE kind = $1 AND parent = $2 AND ukey = $3`
)

// commitTo writes in an order in which unique keys may move between objects: first
// everything gives its key up, then everything takes its new one.
func commitTo(ctx context.Context, tx *sql.Tx, changes []Change) error {
	w := writer{ctx: ctx, tx: tx, stmts: map[string]*sql.Stmt{}}
	defer w.close()

	// First everything gives its key up.
	for _, c := range changes {
		switch {
		case c.Delete:
			w.exec(c, deleteObject, string(c.Kind), c.ID, c.Version)
		case c.Version > 0:
			w.exec(c, clearObject, string(c.Kind), c.ID, c.Version)
		}
	}

	for _, c := range changes {
		if c.Delete || w.err != nil {
			continue
		}
		data, err := EncodeValue(c.Value)
		if err != nil {
			return err
		}
		unique := sql.NullString{String: c.Unique, Valid: c.Unique != ""}
		if c.Version == 0 {
			w.exec(c, insertObject, string(c.Kind), c.ID, c.Parent, unique, int64(1), sealed(c, data))
			continue
		}

		// Then everything takes its new one. A key that another object still has fails here, and with
		// it the commit.
		w.free(c)
		w.exec(c, updateObject, c.Parent, unique, c.Version+1, sealed(c, data), string(c.Kind), c.ID, c.Version)
	}

	return w.err
}

// sealed is the data of the row as it is when the change is made.
func sealed(c Change, data []byte) string {
	o := c.Object
	o.Version++
	return sqlrow.SealText(string(data), rowKey(o)...)
}

// writer runs prepared statements until one fails.
type writer struct {
	ctx   context.Context
	tx    *sql.Tx
	stmts map[string]*sql.Stmt
	err   error
}

func (w *writer) prepare(query string) *sql.Stmt {
	if w.err == nil && w.stmts[query] == nil {
		w.stmts[query], w.err = w.tx.PrepareContext(w.ctx, query)
	}
	return w.stmts[query]
}

// exec runs a statement that must change exactly one row.
func (w *writer) exec(c Change, query string, args ...any) {
	stmt := w.prepare(query)
	if w.err != nil {
		return
	}
	res, err := stmt.ExecContext(w.ctx, args...)
	if err != nil {
		w.err = err
		return
	}

	if n, err := res.RowsAffected(); err != nil {
		w.err = err
	} else if n != 1 {
		w.err = fmt.Errorf("%s %q: %w", c.Kind, c.ID, ErrConflict)
	}
}

// free fails when another object holds the unique key that an update is to take: a
// violated index would abort the transaction with an error only the driver knows.
func (w *writer) free(c Change) {
	if c.Unique == "" {
		return
	}
	stmt := w.prepare(holdsKey)
	if w.err != nil {
		return
	}

	n := 0
	w.err = stmt.QueryRowContext(w.ctx, string(c.Kind), c.Parent, c.Unique).Scan(&n)
	if w.err == nil && n > 0 {
		w.err = fmt.Errorf("%s %q: another object holds its key: %w", c.Kind, c.ID, ErrConflict)
	}
}

func (w *writer) close() {
	for _, s := range w.stmts {
		if s != nil {
			s.Close()
		}
	}
}
