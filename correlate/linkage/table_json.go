package linkage

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/jsondoc"
)

// ReadJSON reads records from JSON: an array of objects, or one object a line (JSON Lines). A
// member is a column, in the order in which they appear first; a member of an object inside is
// named with a dot, such as name.familyName, and the texts of a list stand behind each other
// with "; " between them. Null is an empty cell. key is as for [ReadCSV]. The table is nil when
// nothing can be read; records that cannot be read are findings and left out.
func ReadJSON(file string, r io.Reader, key string) (*Table, diag.List) {
	src, err := io.ReadAll(r)
	if err != nil {
		return nil, diag.List{{Severity: diag.Error, Code: codeTableRow, Pos: diag.Pos{File: file},
			Message: err.Error()}}
	}

	// Editors on Windows put a mark in front of UTF-8, which is no JSON.
	src = bytes.TrimPrefix(src, []byte("\ufeff"))

	j := jsonTable{table: &Table{Name: file}, slots: map[string]int{}}

	// An array is one document and one fault spoils it; lines are read one by one.
	if bytes.HasPrefix(bytes.TrimLeft(src, " \t\r\n"), []byte("[")) {
		n, found := jsondoc.Parse(file, src)
		if found.HasErrors() {
			return nil, found
		}
		for _, record := range n.Items() {
			j.add(record)
		}
	} else {
		j.lines(file, src)
	}

	// Records end with different columns: the rest of each column is empty.
	t := j.table
	for i := range t.Columns {
		t.Columns[i].Values = padTo(t.Columns[i].Values, len(j.at))
	}
	if len(t.Columns) == 0 {
		j.found.Addf(diag.Error, codeTableHeader, diag.Pos{File: file, Line: 1, Column: 1},
			"no record, expected JSON objects with members")
		return nil, j.found.List()
	}

	if err := t.identify(file, key, j.at, &j.found); err != nil {
		return nil, j.found.List()
	}
	return t, j.found.List()
}

// jsonTable grows by one record after another.
type jsonTable struct {
	table *Table
	slots map[string]int // by name of the column
	at    []int          // line of each record
	found diag.Collector
}

// lines reads JSON Lines. A bad line costs that line only.
func (j *jsonTable) lines(file string, src []byte) {
	for line := 1; len(src) > 0; line++ {
		text, rest, _ := bytes.Cut(src, []byte("\n"))
		src = rest
		if len(bytes.TrimSpace(text)) == 0 {
			continue
		}

		n, found := jsondoc.ParseAt(diag.Pos{File: file, Line: line, Column: 1}, text)
		if found.HasErrors() {
			j.found.AddAll(found)
			continue
		}

		j.add(n)
	}
}

// add appends a record.
func (j *jsonTable) add(n *jsondoc.Node) {
	if n.Kind() != jsondoc.Object {
		j.found.Addf(diag.Error, codeTableRow, n.Pos(), "%s, expected an object", n.Kind())
		return
	}

	j.members("", n)
	j.at = append(j.at, n.Pos().Line)
}

func (j *jsonTable) members(prefix string, n *jsondoc.Node) {
	for _, m := range n.Members() {
		name := prefix + m.Key
		if m.Value.Kind() == jsondoc.Object {
			j.members(name+".", m.Value)
			continue
		}

		j.set(name, cellOf(m.Value))
	}
}

// set gives the record that is being read a cell.
func (j *jsonTable) set(name, cell string) {
	slot, ok := j.slots[name]
	if !ok {
		slot = len(j.table.Columns)
		j.slots[name] = slot
		j.table.Columns = append(j.table.Columns, Column{Name: name})
	}

	c := &j.table.Columns[slot]
	c.Values = append(padTo(c.Values, len(j.at))[:len(j.at)], cell)
}

// padTo appends empty cells up to a number of rows.
func padTo(values []string, n int) []string {
	if missing := n - len(values); missing > 0 {
		values = append(values, make([]string, missing)...)
	}
	return values
}

// cellOf is the text of a value.
func cellOf(n *jsondoc.Node) string {
	switch n.Kind() {
	case jsondoc.Null:
		return ""
	case jsondoc.Array:
		var items []string
		for _, item := range n.Items() {
			if text := cellOf(item); text != "" {
				items = append(items, text)
			}
		}

		return strings.Join(items, "; ")

	case jsondoc.Object:
		return string(n.Append(nil))
	case jsondoc.Bool:
		return fmt.Sprint(n.IsTrue())
	}

	return n.Text()
}
