package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/idprofile/engine/identity"
)

const (
	insertList     = `INSERT INTO idprofile_list (number, names) VALUES `
	insertIdentity = `INSERT INTO idprofile_identity (id, data) VALUES `
	insertAccount  = `INSERT INTO idprofile_account (source, native_identity, identity, position, data) VALUES `
	insertValue    = `INSERT INTO idprofile_value (attribute, folded, identity) VALUES `

	replaceIdentity = `ON CONFLICT (id) DO UPDATE SET data = excluded.data`
	// An account of somebody else is left alone, which the number of rows shows.
	replaceLoose = `ON CONFLICT (source, native_identity) DO UPDATE
		SET identity = excluded.identity, position = excluded.position, data = excluded.data WHERE idprofile_account.identity IS NULL`
)

// Apply makes all changes of the batch in one transaction, or none.
//
// Error: [identity.ErrConflict], what the driver says.
func (s *SQL) Apply(ctx context.Context, b identity.Batch) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	c, err := plan(b)
	if err != nil {
		return err
	}
	s.writing.Lock()
	defer s.writing.Unlock()
	if err := s.loadLists(ctx, s.db); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	s.mu.Lock()
	known := len(s.lists.schemas)
	s.mu.Unlock()
	err = s.transact(ctx, func(tx *sql.Tx) error {
		a := &sqlApply{SQL: s, ctx: ctx, tx: tx, change: c}
		return a.run(known)
	})
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.lists.recent)
	if err != nil {
		s.lists.forget(known)
		return fmt.Errorf("store: %w", err)
	}
	return nil
}

// sqlApply writes one change.
type sqlApply struct {
	*SQL
	*change
	ctx context.Context
	tx  *sql.Tx
	buf []byte
}

func (a *sqlApply) run(known int) error {
	for _, step := range []func() error{a.clear, a.identities, a.accounts, a.forgotten, a.uncorrelated, a.values} {
		if err := a.ctx.Err(); err != nil {
			return err
		}
		if err := step(); err != nil {
			return err
		}
	}
	w := newRows(a.ctx, a.tx, insertList, 2, ``)
	a.SQL.mu.Lock()
	fresh := slices.Clone(a.lists.schemas[known:])
	a.SQL.mu.Unlock()
	for n, s := range fresh {
		names, err := json.Marshal(s.Names())
		if err != nil {
			return err
		}
		if err := w.add(known+n+1, string(names)); err != nil {
			return err
		}
	}
	return w.flush()
}

// clear deletes what the change replaces, so that accounts may move.
func (a *sqlApply) clear() error {
	accounts := newRows(a.ctx, a.tx, `DELETE FROM idprofile_account WHERE identity IN `, 0, ``)
	values := newRows(a.ctx, a.tx, `DELETE FROM idprofile_value WHERE identity IN `, 0, ``)
	people := newRows(a.ctx, a.tx, `DELETE FROM idprofile_identity WHERE id IN `, 0, ``)
	for id := range a.put {
		if err := errors.Join(accounts.add(id), values.add(id)); err != nil {
			return err
		}
	}
	for id := range a.gone {
		if err := errors.Join(accounts.add(id), values.add(id), people.add(id)); err != nil {
			return err
		}
	}
	return errors.Join(accounts.flush(), values.flush(), people.flush())
}

// bytes returns what write appends, in memory of its own.
func (a *sqlApply) bytes(write func(l *lists, b []byte) []byte) []byte {
	a.SQL.mu.Lock()
	defer a.SQL.mu.Unlock()
	a.buf = write(a.lists, a.buf[:0])
	return slices.Clone(a.buf)
}

func (a *sqlApply) identities() error {
	w := newRows(a.ctx, a.tx, insertIdentity, 2, replaceIdentity)
	for _, id := range slices.Sorted(maps.Keys(a.put)) {
		data := a.bytes(func(l *lists, b []byte) []byte { return l.appendIdentity(b, a.put[id]) })
		if err := w.add(id, data); err != nil {
			return err
		}
	}
	return w.flush()
}

func (a *sqlApply) accounts() error {
	w := newRows(a.ctx, a.tx, insertAccount, 5, replaceLoose)
	for _, id := range slices.Sorted(maps.Keys(a.put)) {
		for n := range a.put[id].Accounts {
			acct := &a.put[id].Accounts[n]
			data := a.bytes(func(l *lists, b []byte) []byte { return l.appendAccount(b, acct) })
			if err := w.add(acct.Source, acct.NativeIdentity, id, n, data); err != nil {
				return err
			}
		}
	}
	if err := w.flush(); err != nil {
		return err
	}
	if w.affected != int64(len(a.owners)) {
		return a.conflict(slices.SortedFunc(maps.Keys(a.owners), compareKeys))
	}
	return nil
}

// conflict finds the account that belongs to somebody else.
func (a *sqlApply) conflict(keys []identity.AccountKey) error {
	for _, key := range keys {
		var owner sql.NullString
		err := a.tx.QueryRowContext(a.ctx, `SELECT identity FROM idprofile_account WHERE source = $1 AND native_identity = $2`,
			key.Source, key.NativeIdentity).Scan(&owner)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		if wanted := a.change.owners[key]; owner.Valid && owner.String != wanted {
			return fmt.Errorf("%w: account %s belongs to identity %s", identity.ErrConflict, key, owner.String)
		}
	}
	return fmt.Errorf("%w: an account belongs to two identities", identity.ErrConflict)
}

func (a *sqlApply) forgotten() error {
	stmt, err := a.tx.PrepareContext(a.ctx, `DELETE FROM idprofile_account WHERE source = $1 AND native_identity = $2 AND identity IS NULL`)
	if err != nil {
		return err
	}
	defer stmt.Close()
	for key := range a.forget {
		if _, err := stmt.ExecContext(a.ctx, key.Source, key.NativeIdentity); err != nil {
			return err
		}
	}
	return nil
}

func (a *sqlApply) uncorrelated() error {
	w := newRows(a.ctx, a.tx, insertAccount, 5, replaceLoose)
	keys := slices.SortedFunc(maps.Keys(a.loose), compareKeys)
	for _, key := range keys {
		data := a.bytes(func(l *lists, b []byte) []byte { return l.appendAccount(b, a.loose[key]) })
		if err := w.add(key.Source, key.NativeIdentity, nil, 0, data); err != nil {
			return err
		}
	}
	if err := w.flush(); err != nil {
		return err
	}
	if w.affected != int64(len(keys)) {
		return a.conflict(keys)
	}
	return nil
}

func (a *sqlApply) values() error {
	w := newRows(a.ctx, a.tx, insertValue, 3, `ON CONFLICT DO NOTHING`)
	for _, id := range slices.Sorted(maps.Keys(a.put)) {
		if err := addValues(w, a.put[id], a.indexed); err != nil {
			return err
		}
	}
	return w.flush()
}

// addValues writes the rows by which an identity is found.
func addValues(w *rows, i *identity.Identity, attributes []string) error {
	for _, attribute := range attributes {
		for _, text := range (indexed{attribute, true}).texts(i) {
			if err := w.add(attribute, valueKey(text), i.ID); err != nil {
				return err
			}
		}
	}
	return nil
}
