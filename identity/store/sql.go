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
	"sync"

	"github.com/idprofile/engine/identity"
)

// SQL is a store in a SQLite (3.24 or later) or PostgreSQL (9.5 or later)
// database, whose driver the caller chooses. Its tables begin with idprofile_.
// Iterations read page by page: they see changes that others make meanwhile.
//
// Several processes may share the database as far as it allows that; a batch is
// one transaction. A database that is locked is an error of the driver, which
// leaves everything as it was. For SQLite, let connections wait (the pragma
// busy_timeout) and keep the journal as WAL.
type SQL struct {
	db      *sql.DB
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
}

// pageSize is how many identities are read at a time.
const pageSize = 500

// OpenSQL uses a database, and makes or migrates the tables. The caller closes
// the database.
func OpenSQL(ctx context.Context, db *sql.DB, o SQLOptions) (*SQL, error) {
	if o.Indexed == nil {
		o.Indexed = []string{"uid", "email"}
	}
	s := &SQL{db: db, lists: newLists()}
	if err := s.migrate(ctx); err != nil {
		return nil, fmt.Errorf("store: cannot prepare the tables: %w", err)
	}
	if err := s.index(ctx, o.Indexed); err != nil {
		return nil, fmt.Errorf("store: cannot index attributes: %w", err)
	}
	return s, s.loadLists(ctx, db)
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
	return query(ctx, db, func(rows *sql.Rows) error {
		var n int
		var data string
		var names []string
		if err := rows.Scan(&n, &data); err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(data), &names); err != nil {
			return fmt.Errorf("list %d of names: %w", n, err)
		}
		if n != len(s.lists.schemas)+1 {
			return fmt.Errorf("list %d of names is missing", len(s.lists.schemas)+1)
		}
		s.lists.add(listKey(names), identity.NewSchema(names...))
		return nil
	}, `SELECT number, names FROM idprofile_list WHERE number > $1 ORDER BY number`, len(s.lists.schemas))
}

// record is a row with stored bytes and the id of an identity, if any.
type record struct {
	id   string
	data []byte
}

// records reads the rows of a query as a whole, so that the connection is free
// when they are looked at.
func records(ctx context.Context, db querier, text string, args ...any) ([]record, error) {
	var list []record
	err := query(ctx, db, func(rows *sql.Rows) error {
		var r record
		err := rows.Scan(&r.id, &r.data)
		list = append(list, r)
		return err
	}, text, args...)
	return list, err
}

// decode reads stored bytes; lists that are not known yet are loaded.
func (s *SQL) decode(ctx context.Context, db querier, data []byte, read func(*reader)) error {
	for attempt := 0; ; attempt++ {
		s.mu.Lock()
		known := *s.lists
		s.mu.Unlock()
		r := &reader{lists: &known, data: string(data)}
		if read(r); r.err == nil || attempt > 0 {
			return r.err
		}
		if err := s.loadLists(ctx, db); err != nil {
			return err
		}
	}
}

// Get returns an identity, or [identity.ErrNotFound].
func (s *SQL) Get(ctx context.Context, id string) (*identity.Identity, error) {
	return one(s.people(ctx, `SELECT id, data FROM idprofile_identity WHERE id = $1`, id))
}

// ByAccount returns the identity of an account, or [identity.ErrNotFound].
func (s *SQL) ByAccount(ctx context.Context, key identity.AccountKey) (*identity.Identity, error) {
	return one(s.people(ctx, `SELECT i.id, i.data FROM idprofile_account a JOIN idprofile_identity i ON i.id = a.identity
		WHERE a.source = $1 AND a.native_identity = $2`, key.Source, key.NativeIdentity))
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

// people reads the identities that a query selects, with their accounts.
func (s *SQL) people(ctx context.Context, text string, args ...any) ([]*identity.Identity, error) {
	found, err := records(ctx, s.db, text, args...)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	list := make([]*identity.Identity, len(found))
	for n, f := range found {
		if err := s.decode(ctx, s.db, f.data, func(r *reader) { list[n] = r.identity() }); err != nil {
			return nil, fmt.Errorf("identity %s: %w", f.id, err)
		}
	}
	return list, s.addAccounts(ctx, list)
}

// addAccounts reads the accounts of identities, which come in the order of their
// ids when there are several.
func (s *SQL) addAccounts(ctx context.Context, list []*identity.Identity) error {
	byID := make(map[string]*identity.Identity, len(list))
	args := make([]any, 0, len(list))
	for _, i := range list {
		byID[i.ID] = i
		args = append(args, i.ID)
	}
	for part := range slices.Chunk(args, 200) {
		found, err := records(ctx, s.db, `SELECT identity, data FROM idprofile_account WHERE identity IN `+tuple(1, len(part))+` ORDER BY identity, position`, part...)
		if err != nil {
			return err
		}
		for _, f := range found {
			var a identity.Account
			if err := s.decode(ctx, s.db, f.data, func(r *reader) { a = r.account() }); err != nil {
				return fmt.Errorf("account of identity %s: %w", f.id, err)
			}
			byID[f.id].Accounts = append(byID[f.id].Accounts, a)
		}
	}
	return nil
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
func (s *SQL) pages(ctx context.Context, next func(after string, first bool) ([]*identity.Identity, error)) iter.Seq2[*identity.Identity, error] {
	return func(yield func(*identity.Identity, error) bool) {
		after := ""
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
	candidates := s.All(ctx)
	if slices.Contains(s.indexed, attribute) {
		key := valueKey(value)
		candidates = s.pages(ctx, func(after string, first bool) ([]*identity.Identity, error) {
			const text = `SELECT i.id, i.data FROM idprofile_value v JOIN idprofile_identity i ON i.id = v.identity WHERE v.attribute = $1 AND v.folded = $2`
			if first {
				return s.people(ctx, text+` ORDER BY v.identity LIMIT $3`, attribute, key, pageSize)
			}
			return s.people(ctx, text+` AND v.identity > $3 ORDER BY v.identity LIMIT $4`, attribute, key, after, pageSize)
		})
	}
	name := indexed{attribute, fold}
	if fold {
		value = identity.Fold(value)
	}
	return func(yield func(*identity.Identity, error) bool) {
		for i, err := range candidates {
			if err == nil && !slices.Contains(name.texts(i), value) {
				continue
			}
			if !yield(i, err) {
				return
			}
		}
	}
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
	text := `SELECT '', data FROM idprofile_account WHERE identity IS NULL AND (source > $1 OR source = $1 AND native_identity > $2)`
	args := []any{after.Source, after.NativeIdentity, pageSize}
	if source != "" {
		text += ` AND source = $4`
		args = append(args, source)
	}
	found, err := records(ctx, s.db, text+` ORDER BY source, native_identity LIMIT $3`, args...)
	if err != nil {
		return nil, err
	}
	list := make([]identity.Account, len(found))
	for n, f := range found {
		if err := s.decode(ctx, s.db, f.data, func(r *reader) { list[n] = r.account() }); err != nil {
			return nil, fmt.Errorf("uncorrelated account: %w", err)
		}
	}
	return list, nil
}
