package nonemployee

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"maps"
	"strings"
	"sync"
)

// OpenFakeSQL opens a SQL store on a driver that knows just the statements of the
// store and keeps rows in memory. It checks the logic around them, not their syntax;
// a database does that in the nested module examples/nonemployee.
func OpenFakeSQL(ctx context.Context) (*SQL, func() error, error) {
	db := sql.OpenDB(&fakeDB{rows: map[[2]string]fakeRow{}})
	db.SetMaxOpenConns(1)
	s, err := NewSQL(ctx, db)
	return s, db.Close, err
}

type fakeRow struct {
	id, parent string
	key        any // string or nil
	version    int64
	data       string
}

type fakeDB struct {
	mu    sync.Mutex
	rows  map[[2]string]fakeRow // by kind and id
	saved map[[2]string]fakeRow // when a transaction began
}

func (d *fakeDB) Connect(context.Context) (driver.Conn, error) { return d, nil }
func (d *fakeDB) Driver() driver.Driver                        { return nil }
func (d *fakeDB) Close() error                                 { return nil }
func (d *fakeDB) Prepare(q string) (driver.Stmt, error)        { return fakeStmt{d, q}, nil }

func (d *fakeDB) Begin() (driver.Tx, error) {
	d.saved = maps.Clone(d.rows)
	return d, nil
}

func (d *fakeDB) Commit() error { return nil }

func (d *fakeDB) Rollback() error {
	d.rows = d.saved
	return nil
}

type fakeStmt struct {
	d     *fakeDB
	query string
}

func (s fakeStmt) Close() error  { return nil }
func (s fakeStmt) NumInput() int { return strings.Count(s.query, "$") }

func text(v driver.Value) string {
	s, _ := v.(string)
	return s
}

// taken tells whether a row other than the named one has a unique key.
func (d *fakeDB) taken(kind, parent, id string, key any) bool {
	for at, r := range d.rows {
		if key != nil && at[0] == kind && r.parent == parent && r.key == key && r.id != id {
			return true
		}
	}
	return false
}

func (s fakeStmt) Exec(args []driver.Value) (driver.Result, error) {
	d := s.d
	d.mu.Lock()
	defer d.mu.Unlock()
	if strings.HasPrefix(s.query, "CREATE") {
		return driver.RowsAffected(0), nil
	}
	if s.query == insertObject {
		at := [2]string{text(args[0]), text(args[1])}
		if _, ok := d.rows[at]; ok || d.taken(at[0], text(args[2]), at[1], args[3]) {
			return driver.RowsAffected(0), nil
		}
		d.rows[at] = fakeRow{at[1], text(args[2]), args[3], args[4].(int64), text(args[5])}
		return driver.RowsAffected(1), nil
	}
	n := len(args)
	at := [2]string{text(args[n-3]), text(args[n-2])}
	r, ok := d.rows[at]
	if !ok || r.version != args[n-1] {
		return driver.RowsAffected(0), nil
	}
	switch s.query {
	case deleteObject:
		delete(d.rows, at)
	case clearObject:
		r.key = nil
		d.rows[at] = r
	case updateObject:
		if d.taken(at[0], text(args[0]), at[1], args[1]) {
			return nil, errors.New("unique index violated")
		}
		d.rows[at] = fakeRow{at[1], text(args[0]), args[1], args[2].(int64), text(args[3])}
	default:
		return nil, fmt.Errorf("unknown statement %s", s.query)
	}
	return driver.RowsAffected(1), nil
}

func (s fakeStmt) Query(args []driver.Value) (driver.Rows, error) {
	d := s.d
	d.mu.Lock()
	defer d.mu.Unlock()
	if s.query == holdsKey {
		n := int64(0)
		if d.taken(text(args[0]), text(args[1]), "", args[2]) {
			n = 1
		}
		return &fakeRows{rows: [][]driver.Value{{n}}, columns: 1}, nil
	}
	rest, ok := strings.CutPrefix(s.query, selectObject)
	if !ok {
		return nil, fmt.Errorf("unknown query %s", s.query)
	}
	out := &fakeRows{columns: 6}
	for at, r := range d.rows {
		fits := at[0] == args[0]
		switch rest {
		case "":
		case " AND id = $2":
			fits = fits && r.id == args[1]
		case " AND parent = $2":
			fits = fits && r.parent == args[1]
		case " AND parent = $2 AND ukey = $3":
			fits = fits && r.parent == args[1] && r.key == args[2]
		default:
			return nil, fmt.Errorf("unknown condition %s", rest)
		}
		if fits {
			out.rows = append(out.rows, []driver.Value{at[0], r.id, r.parent, r.key, r.version, r.data})
		}
	}
	return out, nil
}

type fakeRows struct {
	rows    [][]driver.Value
	columns int
}

func (r *fakeRows) Columns() []string { return make([]string, r.columns) }
func (r *fakeRows) Close() error      { return nil }

func (r *fakeRows) Next(to []driver.Value) error {
	if len(r.rows) == 0 {
		return io.EOF
	}
	copy(to, r.rows[0])
	r.rows = r.rows[1:]
	return nil
}
