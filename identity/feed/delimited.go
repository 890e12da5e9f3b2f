package feed

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/filter"
)

// delimited reads the accounts of one delimited file.
type delimited struct {
	*table
	r       *reader
	layout  layout
	pending []string // the first row, when it is no header
	filter  *filter.Filter

	fingerprints fingerprints
	text         []byte // of which one is made
	print        uint64 // of the row, when it was asked for before its letters were looked at; 0: it was not
	knew         bool   // and was recognised
	alone        bool   // each row is an account

	filtered int    // rows left out
	passed   bool   // the filter left one
	valid    bool   // the row has no bytes that the encoding does not have
	others   others // rows of other sources
}

// readDelimited yields the accounts of src until yield says no.
func readDelimited(ctx context.Context, p *Reading, src io.Reader, yield func(identity.Account, error) bool) {
	d := &delimited{table: &table{Reading: p}, r: newReader(src, ",")}
	if err := d.header(); err != nil {
		yield(identity.Account{}, err)
		return
	}

	// Merging rows needs a file that can be read twice; only a source that asks for it pays for that.
	accounts := d.each
	if d.layout.merge != nil && *d.layout.merge {
		m, err := newMerger(ctx, d)
		if err != nil {
			yield(identity.Account{}, err)
			return
		}

		accounts = m.each
	}

	// The filter of the source comes behind everything else, since it reads accounts.
	if d.filter != nil {
		yield = d.unfiltered(yield)
	}

	// What was assumed is told at the end of the file, and only there: who stops early has not seen it
	// all.
	if accounts(ctx, yield) {
		d.summarize()
	}
}

// unfiltered passes on the accounts that the filter does not take out.
func (d *delimited) unfiltered(yield func(identity.Account, error) bool) func(identity.Account, error) bool {
	return func(a identity.Account, err error) bool {
		if err == nil && d.filter.Match(a.Property) {
			d.filtered++
			return true
		}

		d.passed = true
		return yield(a, err)
	}
}

// each yields one account for each row. It returns false when yield did.
func (d *delimited) each(ctx context.Context, yield func(identity.Account, error) bool) bool {
	d.alone = true
	for row := 0; ; row++ {
		if row%256 == 0 && ctx.Err() != nil {
			return yield(identity.Account{}, ctx.Err())
		}

		cells, line, err := d.next()
		if err == io.EOF {
			return true
		}
		if err != nil {
			return yield(identity.Account{}, err)
		}
		if cells == nil {
			continue
		}

		pos := diag.Pos{Line: line, Column: 1}
		if d.knew {
			d.knew = false
			d.checkDuplicate(cells[d.id], pos)
			continue
		}
		print := d.fingerprint(cells)
		if print != d.print && d.recognized(cells[d.id], print, pos) {
			continue
		}
		var a identity.Account
		said := d.said
		d.pack(&a, cells, nil, pos)

		// Who is told something about a row is told it again when the row is read again.
		if d.said == said {
			a.Fingerprint = print
		}
		if !yield(a, nil) {
			return false
		}
	}
}

// fingerprint returns that of a row, 0 when it has none. It is one of the cells that make the
// account: how they are quoted does not matter, nor do columns that nobody keeps.
func (d *delimited) fingerprint(cells []string) uint64 {
	if d.known == nil || !d.valid {
		return 0
	}
	d.text = d.text[:0]
	for i, cell := range cells {
		if c := &d.columns[i]; c.keep || c.field != "" || i == d.id || i == d.name || slices.Contains(d.stable, i) {
			d.text = append(binary.AppendUvarint(d.text, uint64(len(cell))), cell...)
		}
	}

	return d.fingerprints.of(d.text, func(w io.Writer) {
		fmt.Fprintf(w, "delimited %q %q %v %+v", d.layout.filter, d.schema.Names(), d.list != nil, d.columns)
		d.settingsOfAccounts(w)
	})
}

// summarize tells what was left out of the file.
func (d *delimited) summarize() {
	if d.r.encoding == Windows1252 && d.layout.encoding == "" || d.r.wide != nil && d.layout.encoding == "" {
		d.Assume(codeFileEncoding, 0, d.r.encoding, UTF8, 0)
	}
	if d.r.wide != nil && d.r.wide.broken > 0 {
		d.Report(diag.Warning, codeTextUTF8, diag.Pos{},
			"%d places of the file are not UTF-16; they are read as U+FFFD", d.r.wide.broken)
	}

	if d.r.comments > 0 {
		d.Assume(codeRowsComment, 0, string(d.r.comment), "", d.r.comments)
	}
	if d.filtered > 0 && !d.passed {
		d.Report(diag.Warning, codeFilterAll, diag.Pos{}, "the filter %s takes out all accounts of the file", d.filter)
	}
	if d.filtered > 0 {
		d.Assume(codeRowsFiltered, 0, d.filter.String(), "", d.filtered)
	}
	d.reportOthers(d.others)
}

// header finds out how the file is written, reads the first row and lays out
// the schema.
func (d *delimited) header() error {
	// What somebody has set in this configuration counts before what the connector says.
	said, connector := d.settings(), d.connector()
	d.layout = said.or(connector)
	d.r.encoding = d.layout.encoding
	if d.layout.comment != "" {
		d.r.comment = d.layout.comment[0]
	}
	d.r.start()
	shown := d.format(said, connector, d.r.separator())

	// The first row is read with the format that was found, and may then turn out to be an account.
	d.r.use(shown.delimiter, shown.quote)

	cells, line, bad, err := d.r.next()
	switch {
	case err == io.EOF:
		return fmt.Errorf("%s: the file is empty, expected a row with the names of the columns", d.file)
	case err != nil:
		return fmt.Errorf("%s: %w", d.file, err)
	case bad != nil:
		bad.pos.File = d.file
		return fmt.Errorf("%s: the names of the columns cannot be read: %s", bad.pos, bad.msg)
	}

	// Names are columns of everything that follows, so they are decoded like cells.
	d.r.decodeFields()

	names, header := d.columnNames(cells, said, connector)
	if !header {
		if names == nil {
			return fmt.Errorf("%s: the file has no header and %d columns, expected as many names of columns",
				d.file, len(cells))
		}
		d.pending = cloneAll(cells)
	}

	pos := diag.Pos{Line: line, Column: 1}
	if err := d.columnsOf(names, pos); err != nil {
		return fmt.Errorf("%s: %w", d.file, err)
	}
	d.parseFilter()
	return nil
}

// parseFilter prepares the filter that takes accounts out of the file. One that
// cannot be read takes none out.
func (d *delimited) parseFilter() {
	if d.layout.filter == "" {
		return
	}

	f, err := filter.Parse(d.layout.filter)
	if err != nil {
		d.Report(diag.Warning, codeFilterSyntax, diag.Pos{},
			"the filter of the source cannot be read, so nothing is taken out: %v", err)
		return
	}

	var a identity.Account
	for _, name := range f.Properties() {
		if _, ok := d.schema.Slot(name); !ok && a.Field(name).IsNull() && !isField(name) {
			d.Report(diag.Warning, codeFilterProperty, diag.Pos{},
				"the filter of the source asks for %q, which the accounts do not have", name)
		}
	}

	d.filter = f
}

// isField reports whether accounts have a field of that name that may be null.
func isField(name string) bool {
	return name == "created" || name == "modified" || name == "id" || name == "uuid"
}

// next returns the cells of the next row that is an account of this source, and
// nil cells for one that is none. The cells are valid until the following call.
func (d *delimited) next() (cells []string, line int, err error) {
	// The first row of a file without header was read to look at it.
	if d.pending != nil {
		cells, d.pending, d.valid = d.pending, nil, true
		return d.check(cells, 1), 1, nil
	}

	cells, line, bad, err := d.r.next()
	switch {
	case err == io.EOF:
		return nil, 0, err
	case err != nil:
		return nil, 0, fmt.Errorf("%s, line %d: %w", d.file, d.r.line, err)
	case bad != nil:
		d.Refuse(bad.code, bad.pos, "%s; the row is left out", bad.msg)
		return nil, 0, nil
	}

	// A row that stands there as it was read last time needs no look at its letters: were it not
	// UTF-8, it would have been read as something else. The encoding of the file is known by then.
	if d.print = 0; d.alone && d.known != nil && d.list == nil && d.r.isUTF8() && len(cells) == len(d.columns) && cells[d.id] != "" {
		d.valid = true
		if d.print = d.fingerprint(cells); d.known(cells[d.id], d.print) {
			d.knew = true
			return cells, line, nil
		}
	}

	// Decoding comes before the check, which compares texts with the names of sources.
	d.valid = d.r.decodeFields()
	cells = d.check(cells, line)
	if cells != nil && !d.valid {
		d.Report(diag.Warning, codeTextUTF8, diag.Pos{Line: line, Column: 1},
			"the row has bytes that are not UTF-8; they are read as U+FFFD")
	}

	return cells, line, nil
}

// check returns the cells of a row, or nil when they are no account.
func (d *delimited) check(cells []string, line int) []string {
	pos := diag.Pos{Line: line, Column: 1}
	switch {
	case blank(cells):
		return nil
	case len(cells) != len(d.columns):
		d.Refuse(codeCSVCellCount, pos, "the row has %d cells, expected %d; it is left out", len(cells), len(d.columns))
		return nil
	case d.list != nil && !d.list.ofSource(d.Reading, cells):
		if id, name := d.list.source(cells); d.passes(id, name) {
			d.others.add(id, name)
		}
		return nil
	case cells[d.id] == "":
		d.Refuse(codeAccountIDMissing, pos, "the row has no account id (column %q); it is left out",
			d.columns[d.id].Name)
		return nil
	}

	return cells
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

// pack fills an account from the cells of its row, which it copies, and from the
// values that were collected for some of its columns.
func (d *delimited) pack(a *identity.Account, cells []string, collected map[int][]string, pos diag.Pos) {
	a.Source = d.source
	for i, cell := range cells {
		c := &d.columns[i]
		if c.field != "" {
			d.setField(a, c.field, cell, pos)
		}
		if !c.keep {
			continue
		}

		// Values of several rows come merged; a single one is a text, unless the schema says that
		// there may be several.
		values, merged := collected[i]
		switch {
		case merged && (len(values) > 1 || c.Multi && len(values) > 0):
			d.packer.List()
			for _, v := range values {
				d.packer.Item(v)
			}
		case merged && len(values) == 1:
			d.packer.Text(values[0])
		case cell == "" && !d.KeepEmpty:
			d.packer.Null()
		case c.Multi && i != d.id && i != d.name:
			d.multi(cell)
		default:
			d.packer.Text(cell)
		}
	}

	a.Attributes = d.packer.Pack(d.schema)
	d.uncorrelated(a, cells)
	d.complete(a, cells, collected, pos)
}

// complete sets what follows from the packed attributes: texts of the account
// are parts of its row, not of the buffer.
func (d *delimited) complete(a *identity.Account, cells []string, collected map[int][]string, pos diag.Pos) {
	// Texts of the packed row live as long as the account; those of the buffer are written over.
	if d.idSlot >= 0 {
		a.NativeIdentity = a.Attributes.At(d.idSlot).Text()
	} else {
		a.NativeIdentity = strings.Clone(cells[d.id])
	}

	if d.nmSlot >= 0 && a.Name == "" {
		a.Name = a.Attributes.At(d.nmSlot).Text()
	}

	// The first stable column with a value counts; one that is no attribute has to be copied.
	for _, i := range d.stable {
		if cells[i] == "" {
			continue
		}
		if a.UUID = a.Attributes.Get(d.columns[i].Name).Text(); a.UUID == "" {
			a.UUID = strings.Clone(cells[i])
		}
		break
	}

	for i := range d.columns {
		c := &d.columns[i]
		if !c.Entitlement || !c.keep {
			continue
		}

		// A column without value has no entitlements, and is not looked up in the row.
		if cells[i] != "" || len(collected[i]) > 0 {
			d.addEntitlements(a, a.Attributes.Get(c.Name))
		}
	}

	d.checkDuplicate(a.NativeIdentity, pos)
}

// multi packs a multi-valued cell. Empty items are no values.
func (d *delimited) multi(cell string) {
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
