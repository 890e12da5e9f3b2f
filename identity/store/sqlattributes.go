package store

import (
	"context"
	"database/sql"
	"strings"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/internal/sqlrow"
)

const (
	insertAttribute = `INSERT INTO idprofile_attribute (identity, attribute, position, value) VALUES `
	settingRows     = "rows"
)

// rowsKept reports whether attributes are kept as rows. It is asked for in each transaction:
// another process may have begun with it.
func rowsKept(ctx context.Context, db querier) (kept bool, err error) {
	err = query(ctx, db, func(rows *sql.Rows) error {
		kept = true
		return nil
	}, `SELECT name FROM idprofile_setting WHERE name = $1`, settingRows)
	return kept, err
}

// keepRows begins to keep attributes as rows: those that are there, and from now on.
func (s *SQL) keepRows(ctx context.Context) error {
	return sqlrow.Transact(ctx, s.db, func(tx *sql.Tx) error {
		if kept, err := rowsKept(ctx, tx); kept || err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO idprofile_setting (name) VALUES ($1)`, settingRows); err != nil {
			return err
		}

		w := newRows(ctx, tx, insertAttribute, 4, ``)
		if err := s.eachStored(ctx, tx, func(i *identity.Identity) error { return addAttributes(w, i) }); err != nil {
			return err
		}
		return w.flush()
	})
}

// addAttributes writes the rows of an identity.
func addAttributes(w *rows, i *identity.Identity) error {
	// Fields of the record are rows too, in brackets, which no attribute name begins with.
	for _, field := range []struct{ name, value string }{
		{"(name)", i.Alias}, {"(profile)", i.Profile}, {"(manager)", i.ManagerID}, {"(lifecycle)", i.Lifecycle.State},
	} {
		if field.value == "" {
			continue
		}
		if err := w.add(i.ID, field.name, 0, stored(field.value)); err != nil {
			return err
		}
	}

	for name, v := range i.Attributes.All() {
		// Each item of a list is a row with its place, so that a query can ask for one of them.
		items := v.List()
		if v.Kind() != identity.List {
			items = []identity.Value{v}
		}
		for position, item := range items {
			if item.IsNull() {
				continue
			}
			if err := w.add(i.ID, name, position, stored(item.Text())); err != nil {
				return err
			}
		}
	}

	return nil
}

// stored is a text as every database takes it: UTF-8 without the zero character.
func stored(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\ufffd"), "\x00", "\ufffd")
}
