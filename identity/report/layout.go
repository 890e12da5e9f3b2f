package report

import "iter"

// A Layout is the columns of one kind of report, each with the way to read its cell from a row
// struct R. It is immutable and safe for concurrent use.
type Layout[R any] struct {
	title   string
	columns []Column
	cells   func(R) Row
}

// Columns gives a copy of the columns in order.
func (l Layout[R]) Columns() []Column { return append([]Column(nil), l.columns...) }

// Table makes the report of rows held in memory. The rows are read when the table is written and
// must not change until then. An empty name becomes the title.
func (l Layout[R]) Table(name string, rows []R) *Table {
	return l.Stream(name, func(yield func(R, error) bool) {
		for _, r := range rows {
			if !yield(r, nil) {
				return
			}
		}
	})
}

// Stream makes the report of rows that come one by one; see [Table.Rows] for errors and for
// ranging twice. An empty name becomes the title.
func (l Layout[R]) Stream(name string, rows iter.Seq2[R, error]) *Table {
	if name == "" {
		name = l.title
	}
	t := &Table{Name: name, Title: name, Columns: l.Columns()}
	t.Rows = func(yield func(Row, error) bool) {
		for r, err := range rows {
			if err != nil {
				yield(nil, err)
				return
			}

			if !yield(l.cells(r), nil) {
				return
			}
		}
	}

	return t
}
