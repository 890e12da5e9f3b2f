package report

import (
	"errors"
	"fmt"
	"iter"
	"slices"
)

// ErrTable marks a table that cannot be written: no columns, two columns of one key, or a row
// whose number of cells is not the number of columns. Test with errors.Is.
var ErrTable = errors.New("malformed table")

// A Row is the cells of one line, one for each column of its table.
type Row []Cell

// A Meta is one line under the title: what was reported on, when, with which settings.
type Meta struct {
	Key   string // name in JSON; should be unique in a table
	Label string // name for people; when empty, Key
	Value string
}

// Display is the name for people.
func (m Meta) Display() string {
	if m.Label == "" {
		return m.Key
	}
	return m.Label
}

// Align is where the text of a column stands.
type Align uint8

// The zero value leaves it to the column's [Kind]: numbers right, everything else left.
const (
	AlignAuto Align = iota
	AlignLeft
	AlignRight
	AlignCenter
)

// Kind says what a column holds. It decides looks and sorting, never the value written.
type Kind uint8

const (
	KindText   Kind = iota
	KindNumber      // right-aligned, sorted by value
	KindBool        // true or false
	KindTime        // RFC 3339 texts
	KindCode        // ids and codes: fixed-width letters where the format has them
)

// A Column names and describes the cells at one place of every row.
type Column struct {
	Key    string // name in JSON, stable; unique in a table
	Header string // name for people and in CSV
	Align  Align
	Kind   Kind
	// Width is the width in characters the column should keep when the page or terminal is too
	// narrow for everything; 0 leaves it to the header and the cells.
	Width int
	// Detail columns appear in JSON and JSON Lines only, and there only in rows that have a
	// value: an evaluation trace, for example.
	Detail bool
	// Minor columns stand last on a page: ids, for example, which nobody reads first.
	Minor bool
}

// Alignment gives the alignment with [AlignAuto] resolved by the kind.
func (c Column) Alignment() Align {
	switch {
	case c.Align != AlignAuto:
		return c.Align
	case c.Kind == KindNumber:
		return AlignRight
	}

	return AlignLeft
}

// A Table is one report. It is read-only to every writer of this package; a table whose Rows
// may be ranged over again can be written several times and from several goroutines.
type Table struct {
	Name     string // report name: the stem of file names, the name in JSON
	Title    string // when empty, Name
	Subtitle string
	Meta     []Meta
	Columns  []Column
	// Rows yields the rows; nil is a table without rows. A non-nil error ends the output and
	// is returned by the writer, whose output is then incomplete.
	Rows  iter.Seq2[Row, error]
	Notes []string // sentences under the table
	// Before and After are the keys of two columns; pages mark what differs in their cells.
	Before, After string
}

// RowsOf is the [Table.Rows] of rows that are held in memory.
func RowsOf(rows ...Row) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		for _, r := range rows {
			if !yield(r, nil) {
				return
			}
		}
	}
}

// Heading is the title, or the name of a table without one.
func (t *Table) Heading() string {
	if t.Title == "" {
		return t.Name
	}
	return t.Title
}

// Visible gives the indexes of the columns that are not [Column.Detail], in order.
func (t *Table) Visible() []int {
	var at []int
	for i, c := range t.Columns {
		if !c.Detail {
			at = append(at, i)
		}
	}

	return at
}

// Each calls f for every row, in order, after checking the columns and that the row has one
// cell for each. It stops at the first error, of f or of the rows; errors about the table itself
// match [ErrTable].
func (t *Table) Each(f func(Row) error) error {
	if err := t.check(); err != nil {
		return err
	}
	if t.Rows == nil {
		return nil
	}

	// Rows come from outside: one with a cell too many would put all cells behind it under wrong
	// headers.
	n := 0
	for row, err := range t.Rows {
		if err != nil {
			return err
		}
		n++
		if len(row) != len(t.Columns) {
			return fmt.Errorf("%w: row %d has %d cells, expected %d", ErrTable, n, len(row), len(t.Columns))
		}
		if err := f(row); err != nil {
			return err
		}
	}

	return nil
}

// Collect gives the displayed texts of the visible columns of all rows ([Cell.Display]).
// The errors are those of [Table.Each].
func (t *Table) Collect() ([][]string, error) {
	var rows [][]string
	at := t.Visible()
	err := t.Each(func(r Row) error {
		line := make([]string, len(at))
		for i, c := range at {
			line[i] = r[c].Display()
		}
		rows = append(rows, line)
		return nil
	})

	return rows, err
}

// check refuses columns that no format could write.
func (t *Table) check() error {
	if len(t.Visible()) == 0 {
		return fmt.Errorf("%w: no visible columns", ErrTable)
	}
	for i, c := range t.Columns {
		same := func(o Column) bool { return o.Key == c.Key }
		if slices.ContainsFunc(t.Columns[:i], same) {
			return fmt.Errorf("%w: column key %q occurs twice", ErrTable, c.Key)
		}
	}

	return nil
}
