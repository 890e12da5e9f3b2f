package feed

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/identity/diag"
)

// fake is a database that answers every query with the same rows. A row that is
// an error ends the rows.
type fake struct {
	columns []string
	rows    [][]driver.Value
	failure error
	closed  int
}

func (f *fake) Connect(context.Context) (driver.Conn, error) { return f, nil }
func (f *fake) Driver() driver.Driver                        { return nil }
func (f *fake) Prepare(string) (driver.Stmt, error)          { return f, nil }
func (f *fake) Close() error                                 { return nil }
func (f *fake) Begin() (driver.Tx, error)                    { return nil, driver.ErrSkip }
func (f *fake) NumInput() int                                { return 0 }
func (f *fake) Exec([]driver.Value) (driver.Result, error)   { return nil, driver.ErrSkip }
func (f *fake) Query([]driver.Value) (driver.Rows, error)    { return &cursor{f, 0}, nil }

type cursor struct {
	*fake
	at int
}

func (c *cursor) Columns() []string { return c.columns }
func (c *cursor) Close() error      { c.closed++; return nil }

func (c *cursor) Next(dest []driver.Value) error {
	if c.at == len(c.rows) {
		if c.failure != nil {
			return c.failure
		}
		return io.EOF
	}
	copy(dest, c.rows[c.at])
	c.at++
	return nil
}

func (f *fake) query(t *testing.T) func(context.Context) (*sql.Rows, error) {
	db := sql.OpenDB(f)
	t.Cleanup(func() { db.Close() })
	return func(ctx context.Context) (*sql.Rows, error) { return db.QueryContext(ctx, "select") }
}

func TestSQL(t *testing.T) {
	at := time.Date(2024, 5, 31, 10, 0, 0, 0, time.FixedZone("", 7200))
	f := &fake{
		columns: []string{"id", "login", "n", "f", "ok", "groups", "created", "modified", "disabled", "locked", "at"},
		rows: [][]driver.Value{
			{"1", "ann", int64(7), 2.5, true, "a;b", at, "2024-06-01", int64(1), "false", at},
			{nil, "nobody", nil, nil, nil, nil, nil, nil, nil, nil, nil},
			{int64(2), []byte("b\xffb"), nil, 3.0, false, nil, "soon", nil, false, nil, nil},
			{"1", "", nil, nil, nil, []byte("c"), nil, nil, nil, nil, nil},
		},
	}
	var findings []string
	q := SQL("DB", f.query(t), Options{
		DisplayName: "login", Separator: ";",
		Attributes: []Attribute{{Name: "id"}, {Name: "login"}, {Name: "n"}, {Name: "f"}, {Name: "ok"}, {Name: "groups", Multi: true, Entitlement: true}, {Name: "at"}},
		OnFinding:  func(d diag.Diagnostic) { findings = append(findings, d.String()) },
	})
	var got []account
	for a, err := range q.Accounts(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, plain(t, a))
	}
	want := []account{
		{Key: "DB/1", Name: "ann", Created: "2024-05-31T08:00:00Z", Modified: "2024-06-01T00:00:00Z", Disabled: true, Entitlements: []string{"a", "b"},
			Attributes: `{"id":"1","login":"ann","n":7,"f":"2.5","ok":true,"groups":["a","b"],"at":"2024-05-31T08:00:00.000Z"}`},
		{Key: "DB/2", Name: "b\ufffdb", Attributes: `{"id":2,"login":"b` + "\ufffd" + `b","f":3,"ok":false}`},
		{Key: "DB/1", Entitlements: []string{"c"}, Attributes: `{"id":"1","login":"","groups":["c"]}`},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("accounts: mismatch (-want +got):\n%s", diff)
	}
	wantFindings := []string{
		`DB:2:1: error account-id-missing: the row has no account id (column "id"); it is left out`,
		"DB:3:1: warning text-utf8: the row has bytes that are not UTF-8; they are read as U+FFFD",
		`DB:3:1: warning account-created: created "soon" is not a date, expected such as 2024-05-31T08:00:00Z; it counts as absent`,
		`DB:4:1: warning account-duplicate: account "1" is also on line 1; the last one counts`,
	}
	if diff := cmp.Diff(wantFindings, findings); diff != "" {
		t.Errorf("findings: mismatch (-want +got):\n%s", diff)
	}
	if q.Refused() != 1 || q.Name() != "DB" || f.closed != 1 {
		t.Errorf("refused %d, name %q, closed %d times", q.Refused(), q.Name(), f.closed)
	}
}

func TestSQLErrors(t *testing.T) {
	lost := errors.New("connection lost")
	for _, tc := range []struct {
		name  string
		query func(*testing.T) func(context.Context) (*sql.Rows, error)
		want  string
		is    error
	}{
		{"query", func(*testing.T) func(context.Context) (*sql.Rows, error) {
			return func(context.Context) (*sql.Rows, error) { return nil, lost }
		}, "DB: connection lost", lost},
		{"rows", (&fake{columns: []string{"id"}, rows: [][]driver.Value{{"1"}}, failure: lost}).query, "DB: connection lost", lost},
		{"no id", (&fake{columns: []string{"a", "b"}}).query, "DB: no column nativeIdentity or id for the account id; there are a, b", nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var failure error
			for _, err := range SQL("DB", tc.query(t), Options{}).Accounts(t.Context()) {
				failure = err
			}
			if failure == nil || failure.Error() != tc.want || tc.is != nil && !errors.Is(failure, tc.is) {
				t.Errorf("error %v, want %s", failure, tc.want)
			}
		})
	}
}

func TestSQLBreak(t *testing.T) {
	f := &fake{columns: []string{"id"}, rows: [][]driver.Value{{"1"}, {"2"}}}
	for range SQL("DB", f.query(t), Options{}).Accounts(t.Context()) {
		break
	}
	if f.closed != 1 {
		t.Errorf("rows closed %d times, want once", f.closed)
	}
}
