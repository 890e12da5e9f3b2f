package sqlstate

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/feed"
)

// Query is a query of a folder: accounts/NAME.sql, whose rows are the accounts of
// the source NAME. A first line such as
//
//	-- watermark: changed_at
//
// names a column that grows with each change of a row; then [Query.Changes] can
// read the rows that changed.
type Query struct {
	Source    string
	Text      string
	Watermark string // column; empty: none
}

// Queries reads the queries below accounts in a folder, by name. A folder without
// any gives none.
func Queries(folder fs.FS) ([]Query, error) {
	files, err := fs.Glob(folder, "accounts/*.sql")
	if err != nil {
		return nil, err
	}
	var queries []Query
	for _, file := range files {
		text, err := fs.ReadFile(folder, file)
		if err != nil {
			return nil, fmt.Errorf("query: %w", err)
		}
		q := Query{Source: feed.SourceName(file), Text: strings.TrimRight(strings.TrimSpace(string(text)), "; \t\r\n")}
		if q.Text == "" {
			return nil, fmt.Errorf("%s: the query is empty", path.Base(file))
		}
		q.Watermark = watermark(text)
		queries = append(queries, q)
	}

	return queries, nil
}

// watermark returns the column that the first lines name.
func watermark(text []byte) string {
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		comment, ok := strings.CutPrefix(strings.TrimSpace(lines.Text()), "--")
		if !ok {
			return ""
		}
		if column, ok := strings.CutPrefix(strings.TrimSpace(comment), "watermark:"); ok {
			return strings.TrimSpace(column)
		}
	}

	return ""
}

// Accounts returns all rows as a source.
func (q Query) Accounts(db *sql.DB, o feed.Options) identity.Source {
	return feed.SQL(q.Source, func(ctx context.Context) (*sql.Rows, error) { return db.QueryContext(ctx, q.Text) }, o)
}

// errNoWatermark is the error of an increment of a query without one.
var errNoWatermark = errors.New("the query names no watermark")

// Highest returns the highest value of the watermark now, as text; "" when there
// is no row. It has to be asked for before the rows are read: what changes in the
// meantime is then read again.
func (q Query) Highest(ctx context.Context, db *sql.DB) (string, error) {
	if q.Watermark == "" {
		return "", fmt.Errorf("%s: %w", q.Source, errNoWatermark)
	}
	var highest sql.NullString
	text := "SELECT CAST(max(q." + quote(q.Watermark) + ") AS text) FROM (\n" + q.Text + "\n) AS q"
	if err := db.QueryRowContext(ctx, text).Scan(&highest); err != nil {
		return "", fmt.Errorf("%s: %w", q.Source, err)
	}
	return highest.String, nil
}

// Changes returns the rows whose watermark is not below since, which [Query.Highest]
// gave: several rows may have the same one. Rows that are gone have none, so a
// source of changes removes nobody; a full read does.
func (q Query) Changes(db *sql.DB, since string, o feed.Options) (identity.Changes, error) {
	if q.Watermark == "" {
		return nil, fmt.Errorf("%s: %w", q.Source, errNoWatermark)
	}
	text, args := "SELECT * FROM (\n"+q.Text+"\n) AS q", []any(nil)
	if since != "" {
		text, args = text+" WHERE q."+quote(q.Watermark)+" >= $1", []any{since}
	}
	return increment{feed.SQL(q.Source, func(ctx context.Context) (*sql.Rows, error) {
		return db.QueryContext(ctx, text, args...)
	}, o)}, nil
}

// increment is a source of changes without removals.
type increment struct{ *feed.Query }

// Removed returns nothing.
func (increment) Removed() []string { return nil }
