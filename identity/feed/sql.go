package feed

import (
	"context"
	"database/sql"
	"fmt"
	"iter"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
)

// Query is a source that reads its accounts with a query, anew each time. It is
// safe for concurrent use.
type Query struct {
	options Options
	name    string
	query   func(context.Context) (*sql.Rows, error)
	refused atomic.Int64
}

var _ identity.Refuser = (*Query)(nil)

// SQL returns the rows of a query as a source: one account a row, columns by
// name as in a delimited file. Whole numbers, booleans and texts keep their type,
// NULL is null and the empty text stays empty; times become texts such as
// 2024-05-31T08:00:00.000Z, with as many more digits as they have, and those of
// columns of the type DATE are dates: 2024-05-31. Findings give the number of the
// row as line.
func SQL(name string, query func(ctx context.Context) (*sql.Rows, error), o Options) *Query {
	return &Query{options: o, name: name, query: query}
}

// Name returns the display name of the source.
func (q *Query) Name() string { return q.name }

// Refused returns how many rows were refused when the query ran last.
func (q *Query) Refused() int { return int(q.refused.Load()) }

// Accounts runs the query and yields its rows.
func (q *Query) Accounts(ctx context.Context) iter.Seq2[identity.Account, error] {
	return func(yield func(identity.Account, error) bool) {
		p := newReading(&q.options, q.name, q.name)
		defer func() { q.refused.Store(int64(p.refused)) }()
		if err := q.read(ctx, &table{Reading: p}, yield); err != nil {
			yield(identity.Account{}, fmt.Errorf("%s: %w", q.name, err))
		}
	}
}

func (q *Query) read(ctx context.Context, t *table, yield func(identity.Account, error) bool) error {
	rows, err := q.query(ctx)
	if err != nil {
		return err
	}
	defer rows.Close()

	names, err := rows.Columns()
	if err != nil {
		return err
	}
	if err := t.columnsOf(names, diag.Pos{}); err != nil {
		return err
	}

	// A column of days has no zone, and drivers hand it over as midnight in one; it has to stay the
	// day it is.
	if types, err := rows.ColumnTypes(); err == nil && len(types) == len(names) {
		for i, c := range types {
			t.columns[i].date = strings.EqualFold(c.DatabaseTypeName(), "DATE")
		}
	}

	// The cells are used again for each row: values copy what they keep.
	cells, into := make([]any, len(names)), make([]any, len(names))
	for i := range cells {
		into[i] = &cells[i]
	}

	for row := 1; rows.Next(); row++ {
		if err := rows.Scan(into...); err != nil {
			return fmt.Errorf("row %d: %w", row, err)
		}

		a, ok := t.account(cells, diag.Pos{Line: row, Column: 1})
		if ok && !yield(a, nil) {
			return nil
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}

	return rows.Err()
}

// account makes an account of the cells of a row. ok is false when it has no id.
func (t *table) account(cells []any, pos diag.Pos) (a identity.Account, ok bool) {
	values := make([]identity.Value, len(cells))
	for i, cell := range cells {
		values[i] = t.value(cell, pos)
		if at, ok := cell.(time.Time); ok && t.columns[i].date {
			values[i] = identity.StringValue(at.Format(time.DateOnly))
		}
	}

	a.Source, a.NativeIdentity = t.source, values[t.id].Text()
	if a.NativeIdentity == "" {
		t.Refuse(codeAccountIDMissing, pos, "the row has no account id (column %q); it is left out",
			t.columns[t.id].Name)
		return a, false
	}

	if t.name >= 0 {
		a.Name = values[t.name].Text()
	}

	// Fields are set before attributes are packed, since entitlements are in both.
	for i, v := range values {
		c := &t.columns[i]
		if c.field != "" {
			t.setCell(&a, c.field, cells[i], v, pos)
		}
		if c.Multi && i != t.id && i != t.name && !v.IsNull() {
			v = t.listValue(v.Text())
		}
		if c.Entitlement {
			t.addEntitlements(&a, v)
		}
		if c.keep {
			t.packer.Value(v)
		}
	}

	a.Attributes = t.packer.Pack(t.schema)

	for _, i := range t.stable {
		if a.UUID = values[i].Text(); a.UUID != "" {
			break
		}
	}

	t.checkDuplicate(a.NativeIdentity, pos)
	return a, true
}

// setCell sets a field of the account from a cell; times need no reading.
func (t *table) setCell(a *identity.Account, field string, cell any, v identity.Value, pos diag.Pos) {
	at, isTime := cell.(time.Time)
	n, isInt := v.Int()
	switch {
	case isTime && field == "created":
		a.Created = at
	case isTime && field == "modified":
		a.Modified = at
	case isInt && (n == 0 || n == 1) && (field == "disabled" || field == "locked"):
		t.set(a, field, strconv.FormatBool(n == 1), pos) // databases without booleans
	default:
		t.set(a, field, v.Text(), pos)
	}
}

func (t *table) listValue(text string) identity.Value {
	list := []identity.Value{}
	for item := range items(text, t.Separator) {
		if item != "" || t.KeepEmpty {
			list = append(list, identity.StringValue(item))
		}
	}

	return identity.ListValue(list...)
}

// value returns a cell as a value.
func (t *table) value(cell any, pos diag.Pos) identity.Value {
	switch c := cell.(type) {
	case nil:
		return identity.Value{}
	case string:
		return t.text(c, pos)
	case []byte:
		return t.text(string(c), pos)
	case int64:
		return identity.IntValue(c)
	case float64:
		return identity.NumberValue(strconv.FormatFloat(c, 'f', -1, 64))
	case bool:
		return identity.BoolValue(c)
	case time.Time:
		return identity.StringValue(timeText(c))
	}

	return t.text(fmt.Sprint(cell), pos)
}

// timeText writes a time with milliseconds, or with all digits that it has.
func timeText(t time.Time) string {
	t = t.UTC()
	if t.Nanosecond()%1_000_000 == 0 {
		return t.Format("2006-01-02T15:04:05.000Z")
	}
	return t.Format("2006-01-02T15:04:05.999999999Z")
}

func (t *table) text(s string, pos diag.Pos) identity.Value {
	if utf8.ValidString(s) {
		return identity.StringValue(s)
	}
	t.Report(diag.Warning, codeTextUTF8, pos, "the row has bytes that are not UTF-8; they are read as U+FFFD")
	return identity.StringValue(replaceInvalid(s))
}
