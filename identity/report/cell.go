package report

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// A Cell is one value of a table. The zero Cell is null: empty in every text format, null in
// JSON. Cells are immutable.
type Cell struct {
	kind cellKind
	text string
	list []string

	target string   // of a link
	more   []string // what opens below the text
}

type cellKind uint8

const (
	cellNull cellKind = iota
	cellText
	cellLiteral // number or boolean: text is its JSON form
	cellList
	cellRaw // text is JSON
)

// Text is a text cell; the empty text is not null.
func Text(s string) Cell { return Cell{kind: cellText, text: s} }

// TextOrNull is a text cell, null when s is empty.
func TextOrNull(s string) Cell {
	if s == "" {
		return Cell{}
	}
	return Text(s)
}

// Int is a number cell.
func Int(n int64) Cell { return Cell{kind: cellLiteral, text: strconv.FormatInt(n, 10)} }

// Bool is a truth cell.
func Bool(b bool) Cell { return Cell{kind: cellLiteral, text: strconv.FormatBool(b)} }

// Time is an instant in UTC, written by RFC 3339 in whole seconds; the zero time is null.
func Time(t time.Time) Cell {
	if t.IsZero() {
		return Cell{}
	}
	return Text(t.UTC().Format(time.RFC3339))
}

// List is several texts: joined by ";" in CSV, by "; " for people, an array in JSON. An empty
// list is an empty array, not null. The items must not be changed afterwards.
func List(items ...string) Cell { return Cell{kind: cellList, list: items} }

// JSON is a value that is JSON already; empty input is null. Invalid JSON is reported by the
// writers of JSON; the other formats show it as it is.
func JSON(raw json.RawMessage) Cell {
	if len(raw) == 0 {
		return Cell{}
	}
	return Cell{kind: cellRaw, text: string(raw)}
}

// Link is a text cell that leads to another file on a page; elsewhere it is the text.
func Link(text, target string) Cell { return Cell{kind: cellText, text: text, target: target} }

// Opening is a text cell that opens to more lines on a page; elsewhere it is the text.
// Without lines it is [Text]. The lines must not be changed afterwards.
func Opening(text string, more ...string) Cell { return Cell{kind: cellText, text: text, more: more} }

// html gives the cell as a page shows it.
func (c Cell) html() string {
	text := htmlText(c.Display())
	switch {
	case c.target != "":
		return `<a href="` + htmlText(c.target) + `">` + text + `</a>`
	case len(c.more) > 0:
		var b strings.Builder
		b.WriteString("<details><summary>" + text + "</summary><ul>")
		for _, line := range c.more {
			b.WriteString(`<li dir="auto">` + htmlText(line) + "</li>")
		}
		b.WriteString("</ul></details>")
		return b.String()
	}

	return text
}

// IsNull reports whether the cell is null.
func (c Cell) IsNull() bool { return c.kind == cellNull }

// String gives the text as CSV writes it; null gives "".
func (c Cell) String() string {
	if c.kind == cellList {
		return strings.Join(c.list, ";")
	}
	return c.text
}

// Display gives the text as people see it: like String, with a space after each item of a list.
func (c Cell) Display() string {
	if c.kind == cellList {
		return strings.Join(c.list, "; ")
	}
	return c.text
}

// MarshalJSON writes the cell as null, string, number, boolean, array or the JSON it holds.
func (c Cell) MarshalJSON() ([]byte, error) { return c.appendJSON(nil) }

// appendJSON appends the JSON form on one line.
func (c Cell) appendJSON(dst []byte) ([]byte, error) {
	switch c.kind {
	case cellText:
		return appendJSONString(dst, c.text)
	case cellLiteral:
		return append(dst, c.text...), nil
	case cellList:
		dst = append(dst, '[')
		for i, item := range c.list {
			if i > 0 {
				dst = append(dst, ',')
			}

			// Lists are written item by item, without a copy of the whole.
			var err error
			if dst, err = appendJSONString(dst, item); err != nil {
				return nil, err
			}
		}

		return append(dst, ']'), nil

	case cellRaw:
		// A raw value may have lines of its own, and a row is one line.
		var line bytes.Buffer
		if err := json.Compact(&line, []byte(c.text)); err != nil {
			return nil, err
		}
		return append(dst, line.Bytes()...), nil
	}

	return append(dst, "null"...), nil
}
