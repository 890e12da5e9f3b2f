package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"sync"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/internal/sqlrow"
)

// SQL is a store in a SQLite (3.24 or later) or PostgreSQL (9.5 or later)
// database, whose driver the caller chooses. Its tables begin with idprofile_.
// Iterations read page by page: they see changes that others make meanwhile.
//
// Several processes may share the database as far as it allows that; a batch is
// one transaction, which is tried again when another one was in the way. What remains is
// an error of the driver, which leaves everything as it was. For SQLite, let connections
// wait (the pragma busy_timeout) and keep the journal as WAL.
//
// Identities are sealed packets, which SQL cannot look into. For people and programs that
// query, [SQLOptions.Rows] keeps the table idprofile_attribute (identity, attribute,
// position, value): a row for each value, position 0 and on for those of a list, and rows for
// (name), (profile), (manager) and (lifecycle). The store writes it and never reads it.
//
// Every row has a checksum of its content and its key. Rows that were written before there
// were checksums are read, and get one when they are written again.
type SQL struct {
	db      *sql.DB
	sqlite  bool
	indexed []string // attributes that have rows in idprofile_value

	writing sync.Mutex // one batch at a time from this process
	mu      sync.Mutex // guards lists
	lists   *lists
}

var _ identity.Store = (*SQL)(nil)

// SQLOptions say how a database is used.
type SQLOptions struct {
	// Indexed are the attributes by which [SQL.Find] finds identities without
	// reading all. Nil: uid and email. What was indexed once stays so.
	Indexed []string
	// Rows keeps the table idprofile_attribute, in which SQL finds each value of each
	// attribute in a row of its own, see [SQL]. Once kept, it stays so.
	Rows bool
	// Unchecked leaves out the check of the structure of a SQLite file, which reads
	// all of it when the store is opened.
	Unchecked bool
}

// pageSize is how many identities are read at a time.
const pageSize = 500

// ErrRow is returned when a row is not what was written, or belongs to another key.
var ErrRow = sqlrow.ErrDamaged

// OpenSQL uses a database, and makes or migrates the tables. The caller closes
// the database.
//
// Error: [ErrDamaged] when a SQLite file is damaged, what the driver says.
func OpenSQL(ctx context.Context, db *sql.DB, o SQLOptions) (*SQL, error) {
	if o.Indexed == nil {
		o.Indexed = []string{"uid", "email"}
	}
	s := &SQL{db: db, lists: newLists(), sqlite: isSQLite(ctx, db)}

	// A damaged file may answer any query wrongly, so it is looked at before the first one.
	if s.sqlite && !o.Unchecked {
		if err := s.checkStructure(ctx); err != nil {
			return nil, fmt.Errorf("store: %w", err)
		}
	}

	if err := s.migrate(ctx); err != nil {
		return nil, fmt.Errorf("store: cannot prepare the tables: %w", err)
	}
	if err := s.index(ctx, o.Indexed); err != nil {
		return nil, fmt.Errorf("store: cannot index attributes: %w", err)
	}
	if o.Rows {
		if err := s.keepRows(ctx); err != nil {
			return nil, fmt.Errorf("store: cannot write the attributes as rows: %w", err)
		}
	}

	// Last: the tables may only just have been made.
	if err := s.loadLists(ctx, db); err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	return s, nil
}

// checkStructure lets SQLite look whether the pages of its file and the indexes fit
// together: rows that a damaged page has lost have no checksum to tell of it.
func (s *SQL) checkStructure(ctx context.Context) error {
	var first string
	if err := s.db.QueryRowContext(ctx, `PRAGMA integrity_check(1)`).Scan(&first); err != nil {
		return err
	}
	if first != "ok" {
		return fmt.Errorf("%w: %s", ErrDamaged, first)
	}
	return nil
}

// querier is a database or a transaction.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// query calls do for every row of a query.
func query(ctx context.Context, db querier, do func(*sql.Rows) error, text string, args ...any) (err error) {
	rows, err := db.QueryContext(ctx, text, args...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := do(rows); err != nil {
			return err
		}
	}

	return rows.Err()
}

// loadLists reads the lists of texts that others have added.
func (s *SQL) loadLists(ctx context.Context, db querier) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return readLists(ctx, db, s.lists)
}

// readLists reads the lists that are missing.
func readLists(ctx context.Context, db querier, l *lists) error {
	return query(ctx, db, func(rows *sql.Rows) error {
		var n int
		var row string
		if err := rows.Scan(&n, &row); err != nil {
			return err
		}
		text, err := sqlrow.OpenText(row, "list", strconv.Itoa(n))
		if err != nil {
			return fmt.Errorf("list %d of names: %w", n, err)
		}
		var names []string
		if err := json.Unmarshal([]byte(text), &names); err != nil {
			return fmt.Errorf("list %d of names: %w", n, err)
		}
		if n != len(l.schemas)+1 {
			return fmt.Errorf("list %d of names is missing", len(l.schemas)+1)
		}
		l.add(listKey(names), identity.NewSchema(names...))
		return nil
	}, `SELECT number, names FROM idprofile_list WHERE number > $1 ORDER BY number`, len(l.schemas))
}

// decode reads stored bytes; lists that are not known yet are loaded.
func (s *SQL) decode(ctx context.Context, db querier, data []byte, read func(*reader)) error {
	for attempt := 0; ; attempt++ {
		s.mu.Lock()
		known := *s.lists
		s.mu.Unlock()
		r := known.reader(string(data))
		if read(r); r.Err() == nil || attempt > 0 {
			return r.Err()
		}
		if err := s.loadLists(ctx, db); err != nil {
			return err
		}
	}
}

// Get returns an identity, or [identity.ErrNotFound].
func (s *SQL) Get(ctx context.Context, id string) (*identity.Identity, error) {
	i, err := one(s.people(ctx, `SELECT id, data FROM idprofile_identity WHERE id = $1`, id))
	if err == nil && i.ID != id {
		return nil, fmt.Errorf("identity %q was asked for, %q is there: %w", id, i.ID, ErrRow)
	}
	return i, err
}

// ByAccount returns the identity of an account, or [identity.ErrNotFound].
func (s *SQL) ByAccount(ctx context.Context, key identity.AccountKey) (*identity.Identity, error) {
	i, err := one(s.people(ctx, `SELECT id, data FROM idprofile_identity WHERE id =
		(SELECT identity FROM idprofile_account WHERE source = $1 AND native_identity = $2)`, key.Source, key.NativeIdentity))
	if err == nil && !slices.ContainsFunc(i.Accounts, func(a identity.Account) bool { return a.Key() == key }) {
		return nil, fmt.Errorf("account %s leads to identity %q, which has not got it: %w", key, i.ID, ErrRow)
	}
	return i, err
}

func one(list []*identity.Identity, err error) (*identity.Identity, error) {
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, identity.ErrNotFound
	}
	return list[0], nil
}

// people reads the identities that a query selects, with their accounts, by ascending id. Both are read in one
// statement: between two others could write, and accounts of theirs with attributes of before look as if nothing
// were to be done.
func (s *SQL) people(ctx context.Context, text string, args ...any) (list []*identity.Identity, err error) {
	found, accounts, err := peopleRows(ctx, s.db, text, args...)
	if err != nil {
		return nil, err
	}
	byID := make(map[string]*identity.Identity, len(found))
	list = make([]*identity.Identity, len(found))
	for n, f := range found {
		if list[n], err = s.identity(ctx, s.db, f); err != nil {
			return nil, err
		}
		byID[f.id] = list[n]
	}

	for _, f := range accounts {
		a, err := s.account(ctx, f)
		if err != nil {
			return nil, err
		}
		owner := byID[f.owner.String]

		// An index that does not fit its table gives rows of others; they must not end up with
		// somebody.
		if owner == nil {
			return nil, fmt.Errorf("account %s belongs to identity %q, which was not asked for: %w", a.Key(), f.owner.String, ErrRow)
		}
		owner.Accounts = append(owner.Accounts, a)
	}
	return list, nil
}

// All yields every identity by ascending id.
func (s *SQL) All(ctx context.Context) iter.Seq2[*identity.Identity, error] {
	return s.pages(ctx, func(after string, first bool) ([]*identity.Identity, error) {
		if first {
			return s.people(ctx, `SELECT id, data FROM idprofile_identity ORDER BY id LIMIT $1`, pageSize)
		}
		return s.people(ctx, `SELECT id, data FROM idprofile_identity WHERE id > $1 ORDER BY id LIMIT $2`, after, pageSize)
	})
}

// pages yields what next gives page by page; after is the last id of the page
// before.
func (s *SQL) pages(ctx context.Context,
	next func(after string, first bool) ([]*identity.Identity, error)) iter.Seq2[*identity.Identity, error] {
	return func(yield func(*identity.Identity, error) bool) {
		after := ""

		// Pages and not one long query: the caller may take its time, and a query would hold a
		// connection and a snapshot.
		for first := true; ; first = false {
			list, err := next(after, first)
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				yield(nil, err)
				return
			}

			for _, i := range list {
				if !yield(i, nil) {
					return
				}
			}

			if len(list) < pageSize {
				return
			}
			after = list[len(list)-1].ID
		}
	}
}

// Find yields the identities whose attribute has the value, by ascending id.
// Without an index on the attribute it reads all identities.
func (s *SQL) Find(ctx context.Context, attribute, value string, fold bool) iter.Seq2[*identity.Identity, error] {
	// Whatever finds the candidates, each is compared once more: the index holds a shortened, folded
	// key.
	candidates := s.All(ctx)
	if slices.Contains(s.indexed, attribute) {
		key := valueKey(value)
		candidates = s.pages(ctx, func(after string, first bool) ([]*identity.Identity, error) {
			const text = `SELECT i.id, i.data FROM idprofile_value v JOIN idprofile_identity i ON i.id = v.identity WHERE v.attribute = $1 AND v.folded = $2`
			query, args := text+` ORDER BY v.identity LIMIT $3`, []any{attribute, key, pageSize}
			if !first {
				query, args = text+` AND v.identity > $4 ORDER BY v.identity LIMIT $3`, append(args, after)
			}
			list, err := s.people(ctx, query, args...)
			if err != nil {
				return nil, err
			}
			return list, indexHolds(list, attribute, key)
		})
	}

	name := indexed{attribute, fold}
	if fold {
		value = identity.Fold(value)
	}
	return func(yield func(*identity.Identity, error) bool) {
		for i, err := range candidates {
			if err == nil && !slices.Contains(name.texts(i), value) {
				// The same text in another case passes the index and not the comparison.
				continue
			}
			if !yield(i, err) {
				return
			}
		}
	}
}

// indexHolds reports whether identities, which an index has led to, have the value that it
// has them under.
func indexHolds(list []*identity.Identity, attribute, key string) error {
	for _, i := range list {
		texts := (indexed{attribute: attribute, fold: true}).texts(i)
		if !slices.ContainsFunc(texts, func(text string) bool { return valueKey(text) == key }) {
			return fmt.Errorf("the index of %s leads to identity %q, which has another value: %w", attribute, i.ID, ErrRow)
		}
	}

	return nil
}

// maxKey is how long a value can be without being shortened for the index.
const maxKey = 200

// valueKey is what the index has for a value: its folded form, of a long one the
// beginning and a hash.
func valueKey(text string) string {
	key := identity.Fold(text)
	if len(key) <= maxKey && !hasNUL(key) {
		return key
	}
	sum := sha256.Sum256([]byte(key))
	return "#" + hex.EncodeToString(sum[:])
}

// hasNUL reports whether a text has a character that PostgreSQL cannot store.
func hasNUL(s string) bool { return slices.Contains([]byte(s), 0) }

// Uncorrelated yields the accounts without identity, see [identity.Store].
func (s *SQL) Uncorrelated(ctx context.Context, source string) iter.Seq2[identity.Account, error] {
	return func(yield func(identity.Account, error) bool) {
		// Pages are read whole before they are yielded: a connection that stays open would block a caller
		// who writes.
		var after identity.AccountKey
		for {
			list, err := s.loosePage(ctx, source, after)
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				yield(identity.Account{}, err)
				return
			}

			for _, a := range list {
				if !yield(a, nil) {
					return
				}
			}

			if len(list) < pageSize {
				return
			}
			after = list[len(list)-1].Key()
		}
	}
}

func (s *SQL) loosePage(ctx context.Context, source string, after identity.AccountKey) ([]identity.Account, error) {
	// The page begins behind the last account of the one before; skipping by number would miss rows
	// when others are deleted.
	text := `WHERE identity IS NULL AND (source > $1 OR source = $1 AND native_identity > $2)`
	args := []any{after.Source, after.NativeIdentity, pageSize}
	if source != "" {
		text += ` AND source = $4`
		args = append(args, source)
	}

	found, err := accountRows(ctx, s.db, text+` ORDER BY source, native_identity LIMIT $3`, args...)
	if err != nil {
		return nil, err
	}
	list := make([]identity.Account, len(found))
	for n, f := range found {
		if list[n], err = s.account(ctx, f); err != nil {
			return nil, err
		}
		if f.owner.Valid || source != "" && f.source != source {
			return nil, fmt.Errorf("uncorrelated account %s: %w", list[n].Key(), ErrRow)
		}
	}

	return list, nil
}
