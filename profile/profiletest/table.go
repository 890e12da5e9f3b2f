package profiletest

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/jsondoc"
)

// rows reads the rows of a table: each is a case that differs from the first one
// in its input or in some account attributes.
func (p *parser) rows(c *Case, n *jsondoc.Node) {
	keys := []key{text("name"), object("set"), object("expect").must()}
	if c.transform != nil {
		keys = []key{text("name"), object("set"), anything("input"), anything("expect"), text("error")}
	}
	for i, item := range n.Items() {
		if !p.object(item, "a row", keys...) {
			continue
		}

		// A row is the case with some values of its own.
		row := *c
		row.Name = rowName(c.Name, item.Get("name").Text(), i)
		row.Pos = item.Pos()
		if v := item.Get("input"); v != nil {
			row.input = v.Value()
		}
		var sets []setting
		for _, m := range item.Get("set").Members() {
			sets = append(sets, setting{name: m.Key, value: m.Value.Value(), pos: m.Pos()})
		}
		p.set(&row, sets)
		if c.transform != nil {
			p.rowValue(&row, item)
		} else {
			row.expect.attributes = slices.Clone(c.expect.attributes)
			for _, m := range item.Get("expect").Members() {
				row.expect.attributes = append(row.expect.attributes, wanted{m.Key, p.matcher(m.Value)})
			}
			row.expect.pos = item.Get("expect").Pos()
		}

		p.add(&row)
	}
}

func (p *parser) rowValue(row *Case, item *jsondoc.Node) {
	switch {
	case item.Get("error") != nil:
		row.expect.value = &matcher{form: raises, text: item.Get("error").Text(), pos: item.Get("error").Pos()}
	case item.Get("expect") != nil:
		row.expect.value = p.matcher(item.Get("expect"))
	default:
		p.fail(codeTestMissing, item.Pos(), "", "a row has no \"expect\" and no \"error\"")
	}
}

func rowName(table, name string, i int) string {
	if name == "" {
		name = fmt.Sprintf("row %d", i+1)
	}
	return table + "/" + name
}

// setting gives an account attribute another value for a row.
type setting struct {
	name  string // SOURCE.ATTRIBUTE
	value identity.Value
	pos   diag.Pos
}

// set gives the accounts of the row values of their own.
func (p *parser) set(row *Case, sets []setting) {
	if len(sets) == 0 {
		return
	}

	// Accounts are shared by the rows of a table, so those that a row changes are copied.
	specs := make([]*accountSpec, len(row.accounts))
	for i, s := range row.accounts {
		c := *s
		c.values = maps.Clone(s.values)
		specs[i] = &c
	}

	row.accounts = specs
	for _, s := range sets {
		spec, attribute := accountOf(specs, s.name)
		if spec == nil {
			p.fail(codeTestValue, s.pos, "it is spelled SOURCE.ATTRIBUTE, of a source that the case has an account of",
				"%q names no account attribute of this case", s.name)
			continue
		}

		switch attribute {
		case "nativeIdentity":
			spec.account.NativeIdentity = s.value.Text()
		case "created":
			spec.account.Created = p.instant(jsondoc.NewString(s.value.Text()))
		default:
			spec.values[attribute] = s.value
		}
	}
}

// accountOf finds the account that SOURCE.ATTRIBUTE names.
func accountOf(specs []*accountSpec, name string) (*accountSpec, string) {
	for _, s := range specs {
		if attribute, ok := strings.CutPrefix(name, s.account.Source+"."); ok {
			return s, attribute
		}
	}

	return nil, ""
}

// csv reads a table from a file with a header. Columns: name; input, expect and
// error of a transform; SOURCE.ATTRIBUTE of the case's accounts; all others are
// expected attributes. An empty cell is null, "(empty)" the empty text,
// "/REGEXP/" a pattern, "!TEXT" an error.
func (p *parser) csv(c *Case, n *jsondoc.Node) {
	file := path.Join(path.Dir(p.file.Path), n.Text())
	src, err := fs.ReadFile(p.fsys, file)
	if err != nil {
		p.fail(codeTestFixture, n.Pos(), "paths are relative to the test file", "%v", err)
		return
	}

	// Spreadsheets write a mark in front.
	r := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(src), "\ufeff")))
	header, err := r.Read()
	if err != nil {
		p.fail(codeTestTable, diag.Pos{File: file}, "", "%v", err)
		return
	}

	p.header(c, header, file)
	for i := 0; ; i++ {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			var place *csv.ParseError
			pos := diag.Pos{File: file}
			if errors.As(err, &place) {
				pos.Line, pos.Column, err = place.Line, place.Column, place.Err
			}
			p.fail(codeTestTable, pos, "", "%v", err)
			return
		}

		// Places are those of cells, so that a failure leads to the cell.
		at := func(column int) diag.Pos {
			line, col := r.FieldPos(column)
			return diag.Pos{File: file, Line: line, Column: col}
		}
		p.csvRow(c, header, cells, i, at)
	}
}

// header reports columns that occur twice.
func (p *parser) header(c *Case, header []string, file string) {
	for i, name := range header {
		if slices.Index(header, name) < i {
			p.fail(codeTestTable, diag.Pos{File: file, Line: 1}, "", "column %q occurs twice", name)
		}
	}

	if c.transform != nil && !slices.Contains(header, "expect") {
		p.fail(codeTestTable, diag.Pos{File: file, Line: 1}, "", "there is no column \"expect\"")
	}
}

func (p *parser) csvRow(c *Case, header, cells []string, i int, at func(int) diag.Pos) {
	row := *c
	row.Pos = at(0)
	row.expect.attributes = slices.Clone(c.expect.attributes)
	name := ""
	var sets []setting
	for k, column := range header {
		cell, pos := cells[k], at(k)
		switch {
		case column == "name":
			name = cell
		case column == "input" && c.transform != nil:
			row.input = cellValue(cell)
		case column == "expect" && c.transform != nil:
			row.expect.value = p.cellMatcher(cell, pos)
		default:
			// A column that names an account attribute sets it; any other is an expectation.
			if spec, _ := accountOf(c.accounts, column); spec != nil {
				sets = append(sets, setting{name: column, value: cellValue(cell), pos: pos})
			} else {
				row.expect.attributes = append(row.expect.attributes, wanted{column, p.cellMatcher(cell, pos)})
			}
		}
	}

	row.Name = rowName(c.Name, name, i)
	p.set(&row, sets)
	p.add(&row)
}

func cellValue(cell string) identity.Value {
	switch cell {
	case "":
		return identity.Value{}
	case "(empty)":
		return identity.StringValue("")
	}

	return identity.StringValue(cell)
}

func (p *parser) cellMatcher(cell string, pos diag.Pos) *matcher {
	if text, ok := strings.CutPrefix(cell, "!"); ok {
		return &matcher{form: raises, text: text, pos: pos}
	}
	if len(cell) > 2 && cell[0] == '/' && cell[len(cell)-1] == '/' {
		re, err := compileWhole(cell[1 : len(cell)-1])
		if err == nil {
			return &matcher{form: matches, pattern: re, text: cell[1 : len(cell)-1], pos: pos}
		}
		p.fail(codeTestValue, pos, "", "%q is no regular expression: %v", cell, err)
	}

	return &matcher{value: cellValue(cell), pos: pos}
}
