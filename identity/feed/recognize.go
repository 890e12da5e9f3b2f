package feed

import (
	"bytes"
	"slices"
	"strings"

	"github.com/idprofile/engine/identity/diag"
)

// delimiters are those that are looked for in files, the more usual ones first.
var usualDelimiters = [...]string{",", ";", "\t", "|"}

// sampleRows is how many rows are looked at to find the delimiter.
const sampleRows = 20

// sight is a file as one delimiter and quote show it.
type sight struct {
	delimiter string
	quote     byte
	first     []string // cells of the first row
	id        bool     // one of them names the account id
	known     int      // how many are names that the source knows
	regular   bool     // the rows have equal numbers of cells
}

// better reports whether s is the more likely reading of the file.
func (s *sight) better(than *sight) bool {
	switch {
	case s.id != than.id:
		return s.id
	case s.known != than.known:
		return s.known > than.known
	case s.divides() != than.divides():
		return s.divides()
	}

	return s.divides() && len(s.first) > len(than.first)
}

// divides reports whether the delimiter cuts rows into equal numbers of cells.
func (s *sight) divides() bool { return s.regular && len(s.first) > 1 }

// format finds how the file is written, from its first block: what the settings
// say, then what the connector says if the first row fits it, then what is seen. The
// separator is what the file says of itself, or "".
func (d *delimited) format(said, connector layout, separator string) *sight {
	known := d.knownNames(said, connector)
	look := func(delimiter string, quote byte) *sight { return d.look(delimiter, quote, known) }

	// A file whose first character is a single quote may use it for quoting; otherwise it is an
	// apostrophe.
	quotes := []byte{'"'}
	if d.r.pos < d.r.end && d.r.buf[d.r.pos] == '\'' {
		quotes = append(quotes, '\'')
	}
	if said.quote != "" {
		quotes = []byte(said.quote)
	}
	usual := ","
	if strings.HasSuffix(strings.ToLower(d.file), ".tsv") {
		usual = "\t"
	}
	if separator != "" {
		usual = separator
	}

	// The usual file needs no second look.
	wanted := usual
	switch {
	case said.delimiter != "":
		wanted = said.delimiter
	case connector.delimiter != "":
		wanted = connector.delimiter
	}

	// When the wanted format shows the account id, it is right. Otherwise every usual one is tried and
	// the best first row counts.
	best := look(wanted, quotes[0])
	if !best.id {
		for _, quote := range quotes {
			for _, delimiter := range append([]string{wanted, usual}, usualDelimiters[:]...) {
				if s := look(delimiter, quote); s.better(best) {
					best = s
				}
			}
		}
	}

	d.checkDelimiter(said.delimiter, connector.delimiter, usual, best)

	// What somebody has set holds, also where another delimiter looks better: that is reported, not
	// corrected.
	if said.delimiter != "" && best.delimiter != said.delimiter {
		best = look(said.delimiter, quotes[0])
	}
	if best.quote != '"' && said.quote == "" {
		d.Assume(codeFileQuote, 0, string(best.quote), `"`, 0)
	}
	return best
}

// checkDelimiter tells what became of the question how cells are divided. What
// was said and does not fit is a warning; what was only seen is an assumption.
func (d *delimited) checkDelimiter(said, connector, usual string, best *sight) {
	switch {
	case said != "" && said != best.delimiter:
		d.Report(diag.Warning, codeCSVDelimiter, diag.Pos{},
			"the settings say that %q stands between the cells, but the file looks as if it were %q; the settings count",
			said, best.delimiter)
	case said != "" && connector != "" && said != connector:
		d.Assume(codeFileDelimiter, 0, said, connector, 0)
	case said != "":
	case connector != "" && connector != best.delimiter:
		d.Report(diag.Warning, codeCSVDelimiter, diag.Pos{},
			"the source says that %q stands between the cells, but the file's first row fits %q, which is used",
			connector, best.delimiter)
	case connector == "" && best.delimiter != usual:
		d.Assume(codeFileDelimiter, 0, best.delimiter, usual, 0)
	}
}

// look reads the first rows of the sample with a delimiter and a quote. The last
// row of the sample may be cut off and does not count, unless it is alone.
func (d *delimited) look(delimiter string, quote byte, known map[string]bool) *sight {
	s := &sight{delimiter: delimiter, quote: quote, regular: true}
	sample := d.r.buf[d.r.pos:d.r.end]
	r := newReader(bytes.NewReader(sample), delimiter)
	r.use(delimiter, quote)

	// The sample is read by the reader itself, so what is seen here is what will be read.
	r.nl, r.lineEnd8, r.comment, r.started = d.r.nl, d.r.lineEnd8, d.r.comment, true

	for row := 0; row < sampleRows; row++ {
		cells, _, bad, err := r.next()
		if err != nil || row > 0 && r.eof && r.pos == r.end && !d.r.eof {
			break
		}
		if bad != nil {
			s.regular = false
			if row == 0 {
				break // whatever follows is no first row
			}
			continue
		}

		// Rows of one width speak for a delimiter, and blank lines do not speak against it.
		if s.first == nil {
			s.first = cloneAll(cells)
			continue
		}

		s.regular = s.regular && (len(cells) == len(s.first) || blank(cells))
	}

	// Names that are known from schema and mappings say more than any regularity.
	for _, cell := range s.first {
		if known[cell] {
			s.known++
		}
	}

	s.id = slices.ContainsFunc(d.idNames(), func(name string) bool { return slices.Contains(s.first, name) })
	return s
}

// cloneAll copies views of a buffer.
func cloneAll(cells []string) []string {
	copied := make([]string, len(cells))
	for i, cell := range cells {
		copied[i] = strings.Clone(cell)
	}
	return copied
}

// idNames are the columns that may hold the account id.
func (r *Reading) idNames() []string {
	if r.NativeIdentity != "" {
		return []string{r.NativeIdentity}
	}
	return []string{"nativeIdentity", "id"}
}

// knownNames are the names of columns that the source expects.
func (d *delimited) knownNames(said, connector layout) map[string]bool {
	known := map[string]bool{}
	for _, list := range [][]string{d.idNames(), {d.DisplayName}, reserved[:], said.columns, connector.columns} {
		for _, name := range list {
			known[name] = true
		}
	}

	for _, a := range d.Attributes {
		known[a.Name] = true
	}
	delete(known, "")
	return known
}

// columnNames decides whether the first row is a header, and returns the names
// of the columns. header is false when the first row is an account.
func (d *delimited) columnNames(first []string, said, connector layout) (names []string, header bool) {
	given := d.givenNames(len(first), said, connector)
	known, all := 0, d.knownNames(said, connector)
	for _, cell := range first {
		if all[cell] {
			known++
		}
	}

	// The file's owner is believed first, then the connector where the row does not contradict it.
	// Otherwise a row with a known name, or without any value that looks like data, is a header.
	switch {
	case said.header != nil:
		header = *said.header
	case connector.header != nil && *connector.header:
		header = known > 0 || given == nil || !data(first)
		if !header {
			d.Report(diag.Warning, codeCSVHeader, diag.Pos{Line: 1, Column: 1},
				"the source says that the first row names the columns, but it has none of their names; it is read as an account")
		}

	case connector.header != nil:
		header = known == len(first)
		if header {
			d.Report(diag.Warning, codeCSVHeader, diag.Pos{Line: 1, Column: 1},
				"the source says that the file has no header, but the first row has the names of the columns and is read as one")
		}

	default:
		header = known > 0 || given == nil || !data(first)
	}

	if header {
		return first, true
	}

	// Names that come from elsewhere are assumed to be in the order of the columns.
	if given != nil && said.columns == nil {
		d.Assume(codeFileHeader, 0, strings.Join(given, ", "), "a row with the names of the columns", 0)
	}
	return given, false
}

// givenNames are the names that settings, connector or schema give to n columns
// without a header, nil when there are none.
func (d *delimited) givenNames(n int, said, connector layout) []string {
	var schema []string
	for _, a := range d.Attributes {
		schema = append(schema, a.Name)
	}
	for _, names := range [][]string{said.columns, connector.columns, schema} {
		if len(names) == n && n > 0 {
			return names
		}
	}

	return nil
}

// data reports whether a row is more likely an account than a header: a cell is
// empty, occurs twice, or has a digit first or an @.
func data(cells []string) bool {
	for i, cell := range cells {
		if cell == "" || cell[0] >= '0' && cell[0] <= '9' || strings.Contains(cell, "@") ||
			slices.Contains(cells[:i], cell) {
			return true
		}
	}

	return false
}
