package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strconv"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/codec"
	"github.com/idprofile/engine/identity/internal/sqlrow"
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

	// The lists are read in the transaction, and each attempt has its own: what it adds
	// is nothing to readers unless it counts.
	var l *lists
	err = sqlrow.Transact(ctx, s.db, func(tx *sql.Tx) error {
		s.mu.Lock()
		l = s.lists.clone()
		s.mu.Unlock()
		if err := readLists(ctx, tx, l); err != nil {
			return err
		}
		a := &sqlApply{SQL: s, ctx: ctx, tx: tx, change: c, lists: l}
		return a.run(len(l.schemas))
	})

	if err != nil {
		return fmt.Errorf("store: %w", err)
	}

	// Lists that the transaction has added are there for all readers now, and not before.
	clear(l.recent)
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(l.schemas) > len(s.lists.schemas) {
		s.lists = l
	}
	return nil
}

// sqlApply writes one change in one attempt.
type sqlApply struct {
	*SQL
	*change
	ctx   context.Context
	tx    *sql.Tx
	lists *lists
	buf   []byte
	plain bool // attributes are kept as rows, too
}

func (a *sqlApply) run(known int) error {
	var err error
	if a.plain, err = rowsKept(a.ctx, a.tx); err != nil {
		return err
	}
	for _, step := range []func() error{a.clear, a.identities, a.accounts, a.forgotten, a.uncorrelated, a.values,
		a.attributes, a.decisions} {
		if err := a.ctx.Err(); err != nil {
			return err
		}
		if err := step(); err != nil {
			return err
		}
	}

	// New lists last: only now it is known which were needed.
	w := newRows(a.ctx, a.tx, insertList, 2, ``)
	for n := known; n < len(a.lists.schemas); n++ {
		names, err := json.Marshal(a.lists.schemas[n].Names())
		if err != nil {
			return err
		}
		if err := w.add(n+1, sqlrow.SealText(string(names), "list", strconv.Itoa(n+1))); err != nil {
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
	attributes := newRows(a.ctx, a.tx, `DELETE FROM idprofile_attribute WHERE identity IN `, 0, ``)
	if a.plain {
		for _, list := range []iter.Seq[string]{maps.Keys(a.put), maps.Keys(a.gone)} {
			for id := range list {
				if err := attributes.add(id); err != nil {
					return err
				}
			}
		}
	}

	// What is put keeps its row in the table of identities, which is written over; what is gone loses
	// it too.
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

	return errors.Join(accounts.flush(), values.flush(), people.flush(), attributes.flush())
}

func (a *sqlApply) identities() error {
	w := newRows(a.ctx, a.tx, insertIdentity, 2, replaceIdentity)
	for _, id := range slices.Sorted(maps.Keys(a.put)) {
		a.buf = a.lists.appendIdentity(a.buf[:0], a.put[id])
		row := identityRow{id: id, data: a.buf}
		if err := w.add(id, row.seal()); err != nil {
			return err
		}
	}

	return w.flush()
}

// account adds the row of an account; of an uncorrelated one the owner is not valid.
func (a *sqlApply) account(w *rows, acct *identity.Account, owner sql.NullString, position int) error {
	a.buf = codec.AppendAccount(a.buf[:0], a.lists, acct)
	row := accountRow{source: acct.Source, native: acct.NativeIdentity, owner: owner, position: position, data: a.buf}
	return w.add(row.source, row.native, row.owner, row.position, row.seal())
}

func (a *sqlApply) accounts() error {
	w := newRows(a.ctx, a.tx, insertAccount, 5, replaceLoose)
	for _, id := range slices.Sorted(maps.Keys(a.put)) {
		owner := sql.NullString{String: id, Valid: true}
		for n := range a.put[id].Accounts {
			if err := a.account(w, &a.put[id].Accounts[n], owner, n); err != nil {
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
	stmt, err := a.tx.PrepareContext(a.ctx,
		`DELETE FROM idprofile_account WHERE source = $1 AND native_identity = $2 AND identity IS NULL`)
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
		if err := a.account(w, a.loose[key], sql.NullString{}, 0); err != nil {
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

// attributes writes a row for each value.
func (a *sqlApply) attributes() error {
	if !a.plain {
		return nil
	}
	w := newRows(a.ctx, a.tx, insertAttribute, 4, ``)
	for _, id := range slices.Sorted(maps.Keys(a.put)) {
		if err := addAttributes(w, a.put[id]); err != nil {
			return err
		}
	}

	return w.flush()
}

// decisions appends to the log. When another process does so at once, the number is taken
// and the database refuses the row or, the transaction being tried again, follow does.
func (a *sqlApply) decisions() error {
	if len(a.change.decisions) == 0 {
		return nil
	}
	length := 0
	if err := a.tx.QueryRowContext(a.ctx, `SELECT COALESCE(MAX(number), 0) FROM idprofile_decision`).Scan(&length); err != nil {
		return err
	}
	if err := a.follow(length); err != nil {
		return err
	}

	w := newRows(a.ctx, a.tx, `INSERT INTO idprofile_decision (number, event) VALUES `, 2, `ON CONFLICT DO NOTHING`)
	for _, d := range a.change.decisions {
		if err := w.add(d.Number, sqlrow.SealText(d.Event, "decision", strconv.Itoa(d.Number))); err != nil {
			return err
		}
	}

	if err := w.flush(); err != nil {
		return err
	}
	if w.affected != int64(len(a.change.decisions)) {
		return fmt.Errorf("%w: somebody else has added a decision", identity.ErrConflict)
	}
	return nil
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
