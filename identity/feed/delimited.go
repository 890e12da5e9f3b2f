package feed

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
)

// delimited reads the accounts of one delimited file.
type delimited struct {
	*table
	r *reader
}

// readDelimited yields the accounts of src until yield says no.
func readDelimited(ctx context.Context, p *pass, src io.Reader, yield func(identity.Account, error) bool) {
	delim := p.Delimiter
	if delim == "" {
		delim = ","
		if strings.HasSuffix(strings.ToLower(p.file), ".tsv") {
			delim = "\t"
		}
	}
	d := &delimited{table: &table{pass: p}, r: newReader(src, delim)}
	if err := d.header(); err != nil {
		yield(identity.Account{}, err)
		return
	}
	for row := 0; ; row++ {
		if row%256 == 0 && ctx.Err() != nil {
			yield(identity.Account{}, ctx.Err())
			return
		}
		a, ok, err := d.row()
		if err == io.EOF || ok && !yield(a, nil) {
			return
		}
		if err != nil {
			yield(a, fmt.Errorf("%s, line %d: %w", p.file, d.r.line, err))
			return
		}
	}
}

// header reads the first row and lays out the schema.
func (d *delimited) header() error {
	names, line, bad, err := d.r.next()
	switch {
	case err == io.EOF:
		return fmt.Errorf("%s: the file is empty, expected a row with the names of the columns", d.file)
	case err != nil:
		return fmt.Errorf("%s: %w", d.file, err)
	case bad != nil:
		bad.pos.File = d.file
		return fmt.Errorf("%s: the names of the columns cannot be read: %s", bad.pos, bad.msg)
	}
	d.r.validUTF8()
	pos := diag.Pos{Line: line, Column: 1}
	if err := d.layout(names, pos); err != nil {
		return fmt.Errorf("%s: %w", d.file, err)
	}
	return nil
}

// row reads one record. ok is false when it is no account.
func (d *delimited) row() (a identity.Account, ok bool, err error) {
	cells, line, bad, err := d.r.next()
	if err != nil {
		return a, false, err
	}
	pos := diag.Pos{Line: line, Column: 1}
	switch {
	case bad != nil:
		d.refuse(bad.code, bad.pos, "%s; the row is left out", bad.msg)
		return a, false, nil
	case blank(cells):
		return a, false, nil
	case len(cells) != len(d.columns):
		d.refuse("csv-cell-count", pos, "the row has %d cells, expected %d; it is left out", len(cells), len(d.columns))
		return a, false, nil
	case cells[d.id] == "":
		d.refuse("account-id-missing", pos, "the row has no account id (column %q); it is left out", d.columns[d.id].Name)
		return a, false, nil
	}
	if !d.r.validUTF8() {
		d.report(diag.Warning, "text-utf8", pos, "the row has bytes that are not UTF-8; they are read as U+FFFD")
	}
	a.Source = d.source
	d.pack(&a, cells, pos)
	return a, true, nil
}

// blank reports whether all cells are empty: such rows are no accounts.
func blank(cells []string) bool {
	for _, c := range cells {
		if c != "" {
			return false
		}
	}
	return true
}

// pack fills an account from the cells of its row, which it copies.
func (d *delimited) pack(a *identity.Account, cells []string, pos diag.Pos) {
	for i, cell := range cells {
		c := &d.columns[i]
		if c.field != "" {
			d.set(a, c.field, cell, pos)
		}
		switch {
		case !c.keep:
		case cell == "" && !d.KeepEmpty:
			d.packer.Null()
		case c.Multi && i != d.id && i != d.name:
			d.list(cell)
		default:
			d.packer.Text(cell)
		}
	}
	a.Attributes = d.packer.Pack(d.schema)
	a.NativeIdentity = a.Attributes.At(d.idSlot).Text()
	if d.nmSlot >= 0 {
		a.Name = a.Attributes.At(d.nmSlot).Text()
	}
	for i, c := range d.columns {
		if c.Entitlement && c.keep && cells[i] != "" {
			d.entitle(a, a.Attributes.Get(c.Name))
		}
	}
	d.once(a.NativeIdentity, pos)
}

// list packs a multi-valued cell. Empty items are no values.
func (d *delimited) list(cell string) {
	d.packer.List()
	for item := range items(cell, d.Separator) {
		if item != "" || d.KeepEmpty {
			d.packer.Item(item)
		}
	}
}

// items yields the parts of a multi-valued text.
func items(text, separator string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		if separator != "" {
			for {
				item, rest, found := strings.Cut(text, separator)
				if !found {
					break
				}
				if !yield(item) {
					return
				}
				text = rest
			}
		}
		yield(text)
	}
}
