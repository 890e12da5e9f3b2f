package linkage

import (
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/idprofile/engine/identity/diag"
)

// Table is a set of records, column by column. A cell of blanks is missing.
type Table struct {
	Name    string   // for messages
	ID      []string // by record; unique
	Columns []Column
}

// Column is one attribute of all records of a table.
type Column struct {
	Name   string
	Values []string // by record
}

// Len returns the number of records.
func (t *Table) Len() int { return len(t.ID) }

// Find returns the number of a record, -1 when there is none of that id.
func (t *Table) Find(id string) int32 {
	return int32(slices.Index(t.ID, id))
}

// column returns the column of a name, nil when there is none.
func (t *Table) column(name string) *Column {
	for i := range t.Columns {
		if t.Columns[i].Name == name {
			return &t.Columns[i]
		}
	}

	return nil
}

// ordered returns the table sorted by id, so that no result depends on the order
// in which records were given.
func (t *Table) ordered() *Table {
	if slices.IsSorted(t.ID) {
		return t
	}
	order := make([]int32, len(t.ID))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(x, y int32) int { return cmp.Compare(t.ID[x], t.ID[y]) })

	sorted := &Table{Name: t.Name, ID: permuted(t.ID, order)}
	for _, c := range t.Columns {
		sorted.Columns = append(sorted.Columns, Column{Name: c.Name, Values: permuted(c.Values, order)})
	}
	return sorted
}

func permuted(list []string, order []int32) []string {
	out := make([]string, len(list))
	for i, n := range order {
		out[i] = list[n]
	}
	return out
}

// ReadCSV reads a table from CSV with a header line. Key names the column that
// holds the id of a record; without it, it is a column called record_id, id or
// alike, else the first column whose values are all there and different, else the
// line of the record. The file name serves messages.
//
// Findings: table-header (error; no table), table-row (error) for a row that
// cannot be read and is left out, table-key (error; no table) for a missing key
// column and for ids that are blank or not unique.
func ReadCSV(file string, r io.Reader, key string) (*Table, diag.List) {
	var found diag.Collector
	in := csv.NewReader(r)

	// Rows may be shorter than the header: spreadsheets drop empty cells at the end.
	in.FieldsPerRecord = -1
	in.ReuseRecord = true
	header, err := in.Read()
	if err != nil {
		found.Addf(diag.Error, codeTableHeader, diag.Pos{File: file, Line: 1, Column: 1},
			"no header line, expected names of columns: %v", err)
		return nil, found.List()
	}

	t := &Table{Name: file}
	for i, name := range header {
		if i == 0 {
			name = strings.TrimPrefix(name, "\ufeff")
		}
		t.Columns = append(t.Columns, Column{Name: strings.Clone(strings.TrimSpace(name))})
	}

	lines := t.readRows(in, file, &found)
	if err := t.identify(file, key, lines, &found); err != nil {
		return nil, found.List()
	}
	return t, found.List()
}

// readRows appends the rows of a file and returns the line of each.
func (t *Table) readRows(in *csv.Reader, file string, found *diag.Collector) []int {
	// A bad row is left out with its line, so that one fault does not hide the others of a large file.
	var lines []int
	for {
		record, err := in.Read()
		if errors.Is(err, io.EOF) {
			return lines
		}
		var bad *csv.ParseError
		if errors.As(err, &bad) {
			found.Addf(diag.Error, codeTableRow, diag.Pos{File: file, Line: bad.StartLine, Column: bad.Column}, "%v",
				bad.Err)
			continue
		} else if err != nil {
			found.Addf(diag.Error, codeTableRow, diag.Pos{File: file}, "%v", err)
			return lines
		}

		line, _ := in.FieldPos(0)

		// More cells than columns is a separator too much; guessing which cell is wrong would move all
		// that follow.
		if len(record) > len(t.Columns) {
			found.Addf(diag.Error, codeTableRow, diag.Pos{File: file, Line: line, Column: 1},
				"%d cells, expected at most %d",
				len(record), len(t.Columns))
			continue
		}

		lines = append(lines, line)
		for i := range t.Columns {
			cell := ""
			if i < len(record) {
				cell = record[i]
			}
			t.Columns[i].Values = append(t.Columns[i].Values, cell)
		}
	}
}

var errKey = errors.New("no key")

// keyNames are columns that hold ids when nothing is said, in this order.
var keyNames = []string{"recordid", "id", "uniqueid", "recid", "accountid", "probeid", "nativeidentity"}

// identify takes the ids of records out of their column.
func (t *Table) identify(file, key string, lines []int, found *diag.Collector) error {
	at := diag.Pos{File: file, Line: 1, Column: 1}
	n := t.keyColumn(key)

	// A key that was asked for has to be there. Guessing another would link by the wrong column.
	if n < 0 && key != "" {
		var names []string
		for _, c := range t.Columns {
			names = append(names, c.Name)
		}
		found.Addf(diag.Error, codeTableKey, at, "no column %q, expected one of %s", key, strings.Join(names, ", "))
		return errKey
	}

	// Nothing identifies a record but its place. The number has zeros in front, so that the order of
	// texts is that of lines.
	if n < 0 {
		for _, line := range lines {
			t.ID = append(t.ID, fmt.Sprintf("%09d", line))
		}
		return nil
	}

	t.ID = t.Columns[n].Values
	t.Columns = slices.Delete(slices.Clone(t.Columns), n, n+1)
	first := make(map[string]int, len(t.ID))
	for i, id := range t.ID {
		before, twice := first[id]
		switch {
		case strings.TrimSpace(id) == "":
			found.Addf(diag.Error, codeTableKey, diag.Pos{File: file, Line: lines[i], Column: 1},
				"the id is blank, expected a unique one")
		case twice:
			found.Addf(diag.Error, codeTableKey, diag.Pos{File: file, Line: lines[i], Column: 1},
				"id %q is in line %d too, expected unique ids", id, before)
		}

		first[id] = lines[i]
	}

	// One blank or repeated id makes all that is said about records ambiguous, so the table is
	// refused.
	if found.HasErrors() && len(first) < len(t.ID) {
		return errKey
	}
	return nil
}

// keyColumn finds the column of ids, -1 for none.
func (t *Table) keyColumn(key string) int {
	if key != "" {
		return slices.IndexFunc(t.Columns, func(c Column) bool { return c.Name == key })
	}
	for _, name := range keyNames {
		i := slices.IndexFunc(t.Columns, func(c Column) bool { return squeeze(c.Name) == name })
		if i >= 0 && t.Columns[i].unique() {
			return i
		}
	}

	if len(t.Columns) > 1 && t.Columns[0].unique() && recognise(&t.Columns[0]).Kind == Identifier {
		return 0
	}
	return -1
}

// unique reports whether all cells are there and different.
func (c *Column) unique() bool {
	seen := make(map[string]bool, len(c.Values))
	for _, v := range c.Values {
		if strings.TrimSpace(v) == "" || seen[v] {
			return false
		}
		seen[v] = true
	}

	return true
}
