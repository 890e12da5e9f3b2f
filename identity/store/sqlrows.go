package store

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/internal/sqlrow"
)

// identityRow is a row of idprofile_identity.
type identityRow struct {
	id   string
	data []byte
}

// identityRows reads the rows of a query as a whole, so that the connection is free
// when they are looked at.
func identityRows(ctx context.Context, db querier, text string, args ...any) ([]identityRow, error) {
	var list []identityRow
	err := query(ctx, db, func(rows *sql.Rows) error {
		var r identityRow
		err := rows.Scan(&r.id, &r.data)
		list = append(list, r)
		return err
	}, text, args...)

	return list, err
}

// seal returns the data of a row with its checksum.
func (r *identityRow) seal() []byte { return sqlrow.Seal(r.data, "identity", r.id) }

// identity decodes a row, without accounts.
func (s *SQL) identity(ctx context.Context, db querier, r identityRow) (i *identity.Identity, err error) {
	data, _, err := sqlrow.Open(r.data, "identity", r.id)
	if err == nil {
		err = s.decode(ctx, db, data, func(r *reader) { i = r.identity() })
	}
	// A row from before there were checksums has its key at least.
	if err == nil && i.ID != r.id {
		err = fmt.Errorf("it holds identity %q: %w", i.ID, ErrRow)
	}
	if err != nil {
		return nil, fmt.Errorf("identity %q: %w", r.id, err)
	}
	return i, nil
}

// accountRow is a row of idprofile_account.
type accountRow struct {
	source, native string
	owner          sql.NullString // an identity; null when the account is uncorrelated
	position       int            // among the accounts of the identity
	data           []byte
}

// accountRows reads the rows that a condition selects.
func accountRows(ctx context.Context, db querier, condition string, args ...any) ([]accountRow, error) {
	var list []accountRow
	err := query(ctx, db, func(rows *sql.Rows) error {
		var r accountRow
		err := rows.Scan(&r.source, &r.native, &r.owner, &r.position, &r.data)
		list = append(list, r)
		return err
	}, `SELECT source, native_identity, identity, position, data FROM idprofile_account `+condition, args...)

	return list, err
}

// peopleRows reads the rows of identities that a query selects, by ascending id, and those of their accounts, by
// owner and position, in one statement.
func peopleRows(ctx context.Context, db querier, text string, args ...any) (people []identityRow, accounts []accountRow, err error) {
	err = query(ctx, db, func(rows *sql.Rows) error {
		kind, a := 0, accountRow{}
		if err := rows.Scan(&kind, &a.owner, &a.position, &a.source, &a.native, &a.data); err != nil {
			return err
		}
		if kind == 0 {
			people = append(people, identityRow{id: a.owner.String, data: a.data})
		} else {
			accounts = append(accounts, a)
		}
		return nil
	}, `WITH found (id, data) AS (`+text+`)
		SELECT 0, id, 0, '', '', data FROM found UNION ALL
		SELECT 1, identity, position, source, native_identity, data FROM idprofile_account
		WHERE identity IN (SELECT id FROM found)`, args...)

	// The statement does not sort: in what order texts are is for their tables to say, and not for a union.
	slices.SortFunc(people, func(a, b identityRow) int { return strings.Compare(a.id, b.id) })
	slices.SortFunc(accounts, func(a, b accountRow) int {
		return cmp.Or(strings.Compare(a.owner.String, b.owner.String), cmp.Compare(a.position, b.position))
	})
	return people, accounts, err
}

// key is what the checksum of a row covers besides its data: all other columns.
func (r *accountRow) key() []string {
	if !r.owner.Valid {
		return []string{"uncorrelated", r.source, r.native}
	}
	return []string{"account", r.source, r.native, r.owner.String, strconv.Itoa(r.position)}
}

// seal returns the data of a row with its checksum.
func (r *accountRow) seal() []byte { return sqlrow.Seal(r.data, r.key()...) }

// account decodes a row.
func (s *SQL) account(ctx context.Context, r accountRow) (a identity.Account, err error) {
	data, _, err := sqlrow.Open(r.data, r.key()...)
	if err == nil {
		err = s.decode(ctx, s.db, data, func(r *reader) { a = r.Account() })
	}
	if err == nil && (a.Source != r.source || a.NativeIdentity != r.native) {
		err = fmt.Errorf("it holds account %s: %w", a.Key(), ErrRow)
	}
	if err != nil {
		key := identity.AccountKey{Source: r.source, NativeIdentity: r.native}
		return identity.Account{}, fmt.Errorf("account %s: %w", key, err)
	}

	return a, nil
}
