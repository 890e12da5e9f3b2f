package report

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
)

// WriteJSON writes the table as one JSON object, UTF-8, ending in a line feed:
//
//	{"report": name, "title": ..., "subtitle": ..., "meta": {...},
//	 "columns": [{"key": ..., "header": ...}], "rows": [{key: value}], "notes": [...]}
//
// Keys stand in column order and always in the same place; meta keeps the order of
// [Table.Meta]. A [Column.Detail] column appears only in rows where it is not null. Rows are
// written one to a line as they come.
func WriteJSON(w io.Writer, t *Table) error {
	if err := t.check(); err != nil {
		return err
	}
	b := bufio.NewWriter(w)
	head, err := jsonHead(t)
	if err != nil {
		return err
	}
	b.Write(head)

	// Rows are written as they come: a report of a million rows is never in memory.
	rows, sep := newJSONRows(t), "\n    "
	err = t.Each(func(r Row) error {
		b.WriteString(sep)
		sep = ",\n    "
		return rows.write(b, r)
	})
	if err != nil {
		return err
	}
	if sep != "\n    " {
		b.WriteString("\n  ")
	}
	notes, err := List(t.Notes...).appendJSON(nil)
	if err != nil {
		return err
	}
	b.WriteString("],\n  \"notes\": ")
	b.Write(notes)
	b.WriteString("\n}\n")
	return b.Flush()
}

// WriteJSONLines writes each row as one JSON object and a line feed, and nothing else: no meta,
// no notes. The objects are those of [WriteJSON].
func WriteJSONLines(w io.Writer, t *Table) error {
	b := bufio.NewWriter(w)
	rows := newJSONRows(t)
	err := t.Each(func(r Row) error {
		if err := rows.write(b, r); err != nil {
			return err
		}
		return b.WriteByte('\n')
	})

	if err != nil {
		return err
	}
	return b.Flush()
}

// jsonHead gives everything before the first row.
func jsonHead(t *Table) ([]byte, error) {
	meta := make([]member, len(t.Meta))
	for i, m := range t.Meta {
		meta[i] = member{m.Key, Text(m.Value)}
	}
	metaObject, err := appendJSONObject(nil, meta)
	if err != nil {
		return nil, err
	}
	columns := []byte{'['}
	for i, c := range t.Columns {
		if i > 0 {
			columns = append(columns, ',')
		}
		if columns, err = appendJSONObject(columns, []member{{"key", Text(c.Key)},
			{"header", Text(c.Header)}}); err != nil {
			return nil, err
		}
	}

	columns = append(columns, ']')

	// The head is put together by hand, since its parts have an order and the rows that follow are a
	// stream.
	out := []byte("{\n")
	for _, m := range []member{
		{"report", Text(t.Name)}, {"title", Text(t.Heading())}, {"subtitle", Text(t.Subtitle)},
		{"meta", JSON(metaObject)}, {"columns", JSON(columns)},
	} {
		value, err := m.value.appendJSON(nil)
		if err != nil {
			return nil, err
		}
		out = fmt.Appendf(out, "  %q: %s,\n", m.key, value)
	}

	return append(out, "  \"rows\": ["...), nil
}

// member is one name and value of a JSON object.
type member struct {
	key   string
	value Cell
}

func appendJSONObject(dst []byte, members []member) ([]byte, error) {
	dst = append(dst, '{')
	for i, m := range members {
		if i > 0 {
			dst = append(dst, ',')
		}
		var err error
		if dst, err = appendJSONString(dst, m.key); err != nil {
			return nil, err
		}
		if dst, err = m.value.appendJSON(append(dst, ':')); err != nil {
			return nil, fmt.Errorf("%s: %w", m.key, err)
		}
	}

	return append(dst, '}'), nil
}

// jsonRows writes rows as objects; it reuses its memory.
type jsonRows struct {
	columns []Column
	members []member
	line    []byte
}

func newJSONRows(t *Table) *jsonRows { return &jsonRows{columns: t.Columns} }

// write writes one object without a line end.
func (j *jsonRows) write(w io.Writer, r Row) error {
	j.members = j.members[:0]
	for i, c := range j.columns {
		// Details without value are left out, as most rows have none; other members are there with null, so
		// that all rows have one shape.
		if !c.Detail || !r[i].IsNull() {
			j.members = append(j.members, member{c.Key, r[i]})
		}
	}

	line, err := appendJSONObject(j.line[:0], j.members)
	if err != nil {
		return err
	}
	j.line = line
	_, err = w.Write(line)
	return err
}

// appendJSONString appends a quoted text; only what JSON must escape is escaped.
func appendJSONString(dst []byte, s string) ([]byte, error) {
	if plainJSON(s) {
		dst = append(dst, '"')
		dst = append(dst, s...)
		return append(dst, '"'), nil
	}

	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		return nil, err
	}
	return append(dst, bytes.TrimSuffix(out.Bytes(), []byte("\n"))...), nil
}

// plainJSON reports whether s is ASCII that needs no escape.
func plainJSON(s string) bool {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] > 0x7E || s[i] == '"' || s[i] == '\\' {
			return false
		}
	}

	return true
}
