package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/internal/sqlrow"
)

// migrations are the steps from one version of the tables to the next. A step
// that was released is never changed. {text} is a text that is compared by
// bytes, {bytes} a type for bytes.
var migrations = [][]string{
	{
		`CREATE TABLE idprofile_list (number INTEGER NOT NULL PRIMARY KEY, names TEXT NOT NULL)`,
		`CREATE TABLE idprofile_identity (id {text} NOT NULL PRIMARY KEY, data {bytes} NOT NULL)`,
		`CREATE TABLE idprofile_account (source {text} NOT NULL, native_identity {text} NOT NULL, identity {text}, position INTEGER NOT NULL,
			data {bytes} NOT NULL, PRIMARY KEY (source, native_identity))`,
		`CREATE INDEX idprofile_account_identity ON idprofile_account (identity, position)`,
		`CREATE TABLE idprofile_indexed (attribute {text} NOT NULL PRIMARY KEY)`,
		`CREATE TABLE idprofile_value (attribute {text} NOT NULL, folded {text} NOT NULL, identity {text} NOT NULL, PRIMARY KEY (attribute, folded, identity))`,
		`CREATE INDEX idprofile_value_identity ON idprofile_value (identity)`,
	},
	{}, // rows have checksums from here on, which programs of version 1 cannot read
	{`CREATE TABLE idprofile_decision (number INTEGER NOT NULL PRIMARY KEY, event TEXT NOT NULL)`},
	{
		`CREATE TABLE idprofile_setting (name {text} NOT NULL PRIMARY KEY)`,
		`CREATE TABLE idprofile_attribute (identity {text} NOT NULL, attribute {text} NOT NULL, position INTEGER NOT NULL, value TEXT NOT NULL,
			PRIMARY KEY (identity, attribute, position))`,
	},
}

// migrate brings the tables to the newest version.
func (s *SQL) migrate(ctx context.Context) error {
	// Ids are compared by bytes: pages would else be in another order than the program's.
	words := strings.NewReplacer("{text}", `TEXT COLLATE "C"`, "{bytes}", "BYTEA")
	if s.sqlite {
		words = strings.NewReplacer("{text}", "TEXT", "{bytes}", "BLOB")
	}
	if _, err := s.db.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS idprofile_version (version INTEGER NOT NULL PRIMARY KEY)`); err != nil {
		return err
	}
	return sqlrow.Transact(ctx, s.db, func(tx *sql.Tx) error {
		version := 0
		if err := tx.QueryRowContext(ctx, `SELECT COALESCE(MAX(version), 0) FROM idprofile_version`).Scan(&version); err != nil {
			return err
		}
		if version > len(migrations) {
			return fmt.Errorf("the tables have version %d, this program knows %d", version, len(migrations))
		}

		// One version after the other, in one transaction: tables are of a version that somebody
		// knows, or as they were.
		for ; version < len(migrations); version++ {
			for _, text := range migrations[version] {
				if _, err := tx.ExecContext(ctx, words.Replace(text)); err != nil {
					return fmt.Errorf("version %d: %w", version+1, err)
				}
			}

			if _, err := tx.ExecContext(ctx, `INSERT INTO idprofile_version (version) VALUES ($1)`, version+1); err != nil {
				return err
			}
		}

		return nil
	})
}

// isSQLite asks the database what it is.
func isSQLite(ctx context.Context, db *sql.DB) bool {
	var version string
	return db.QueryRowContext(ctx, `SELECT sqlite_version()`).Scan(&version) == nil
}

// index sees to it that attributes are indexed: those that were before, and the
// wanted ones.
func (s *SQL) index(ctx context.Context, wanted []string) error {
	err := query(ctx, s.db, func(rows *sql.Rows) error {
		var name string
		err := rows.Scan(&name)
		s.indexed = append(s.indexed, name)
		return err
	}, `SELECT attribute FROM idprofile_indexed ORDER BY attribute`)

	if err != nil {
		return err
	}
	known := len(s.indexed)
	for _, name := range wanted {
		// An index that was made once stays: other processes may rest on it.
		if !slices.Contains(s.indexed, name) {
			s.indexed = append(s.indexed, name)
		}
	}

	if len(s.indexed) == known {
		return nil
	}
	return sqlrow.Transact(ctx, s.db, func(tx *sql.Tx) error { return s.indexMore(ctx, tx, s.indexed[known:]) })
}

// indexMore indexes the identities by more attributes.
func (s *SQL) indexMore(ctx context.Context, tx *sql.Tx, names []string) error {
	w := newRows(ctx, tx, `INSERT INTO idprofile_indexed (attribute) VALUES `, 1, `ON CONFLICT DO NOTHING`)
	for _, name := range names {
		if err := w.add(name); err != nil {
			return err
		}
	}

	if err := w.flush(); err != nil {
		return err
	}

	v := newRows(ctx, tx, insertValue, 3, `ON CONFLICT DO NOTHING`)
	if err := s.eachStored(ctx, tx, func(i *identity.Identity) error { return addValues(v, i, names) }); err != nil {
		return err
	}
	return v.flush()
}

// eachStored calls do for every identity, page by page in the order of their ids.
func (s *SQL) eachStored(ctx context.Context, tx *sql.Tx, do func(*identity.Identity) error) error {
	if err := s.loadLists(ctx, tx); err != nil {
		return err
	}

	// Pages go on behind the last id, so that rows which come and go in between shift nothing.
	for after := ""; ; {
		found, err := identityRows(ctx, tx, `SELECT id, data FROM idprofile_identity WHERE id > $1 ORDER BY id LIMIT $2`,
			after, pageSize)
		if err != nil {
			return err
		}
		for _, f := range found {
			i, err := s.identity(ctx, tx, f)
			if err != nil {
				return err
			}
			if err := do(i); err != nil {
				return err
			}
		}

		if len(found) < pageSize {
			return nil
		}
		after = found[len(found)-1].id
	}
}

// tuple is a list of n parameters in brackets, the first one with that number.
func tuple(first, n int) string {
	b := []byte{'('}
	for i := range n {
		if i > 0 {
			b = append(b, ", "...)
		}
		b = strconv.AppendInt(append(b, '$'), int64(first+i), 10)
	}

	return string(append(b, ')'))
}

// rows writes many rows, or deletes by many keys, with few statements.
type rows struct {
	ctx      context.Context
	tx       *sql.Tx
	head     string
	width    int
	tail     string
	args     []any
	affected int64
	stmt     *sql.Stmt // of a full statement
}

// batchRows is how many rows one statement has.
const batchRows = 100

// newRows returns a writer of statements: head, then a tuple for each row or,
// for keys of width 0, one tuple of all, then tail.
func newRows(ctx context.Context, tx *sql.Tx, head string, width int, tail string) *rows {
	return &rows{ctx: ctx, tx: tx, head: head, width: width, tail: tail}
}

func (r *rows) add(args ...any) error {
	r.args = append(r.args, args...)
	if len(r.args) < batchRows*max(r.width, 1) {
		return nil
	}
	return r.flush()
}

func (r *rows) flush() (err error) {
	if len(r.args) == 0 {
		return nil
	}
	var done sql.Result

	// A full batch always has the same statement, which is prepared once; the last one is shorter.
	if len(r.args) == batchRows*max(r.width, 1) {
		if r.stmt == nil {
			if r.stmt, err = r.tx.PrepareContext(r.ctx, r.text()); err != nil {
				return err
			}
		}

		done, err = r.stmt.ExecContext(r.ctx, r.args...)
	} else {
		done, err = r.tx.ExecContext(r.ctx, r.text(), r.args...)
	}

	r.args = r.args[:0]
	if err != nil {
		return err
	}
	n, err := done.RowsAffected()
	r.affected += n
	return err
}

func (r *rows) text() string {
	if r.width == 0 {
		return r.head + tuple(1, len(r.args)) + " " + r.tail
	}
	var b strings.Builder
	b.WriteString(r.head)
	for at := 0; at < len(r.args); at += r.width {
		if at > 0 {
			b.WriteString(", ")
		}
		b.WriteString(tuple(at+1, r.width))
	}

	return b.String() + " " + r.tail
}
