package nonemployee

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// ExportOptions shape an exported file.
type ExportOptions struct {
	// VendorLayout writes a space after each comma, dates with the offset of the tenant
	// zone and the display name of the manager, as the vendor's example has it. Such a
	// file cannot be imported again when display names are not account names.
	VendorLayout bool
	// GuardFormulas puts an apostrophe before cells that a spreadsheet would run: those
	// that begin with = + - @, tab or carriage return. It changes phone numbers, so an
	// export that is kept as a backup is better made without.
	GuardFormulas bool
}

// columns gives the technical names of a source in CSV order (DECISION N21).
func (c *core) columns(ctx context.Context, sourceID string) ([]string, error) {
	all, err := c.attributes(ctx, sourceID)
	out := make([]string, len(all))
	for i, at := range all {
		out[i] = at.T.TechnicalName
	}
	return out, err
}

// Template writes the header line of a file to import.
func (g Sources) Template(ctx context.Context, a Actor, id string, w io.Writer) error {
	s, _, err := g.sourceFor(ctx, a, id, sourceRights{right: Read, settings: false, managers: false,
		what: "read the template of this source"})
	if err != nil {
		return err
	}
	names, err := g.columns(ctx, s.SourceID)
	if err != nil {
		return err
	}

	_, err = io.WriteString(w, strings.Join(names, ",")+"\n")
	return err
}

// Export writes the records of a source as CSV: RFC 4180 quoting, UTF-8 without byte
// order mark, line feeds, dates as RFC 3339 in UTC (DECISION N22), in order of creation.
// Importing the file again changes nothing, except that a carriage return before a line
// feed inside a value is lost. Owners are expected to keep regular exports
// as a backup.
func (g Sources) Export(ctx context.Context, a Actor, id string, w io.Writer, o ExportOptions) error {
	s, _, err := g.sourceFor(ctx, a, id, sourceRights{right: Read, settings: false, managers: false,
		what: "export this source"})
	if err != nil {
		return err
	}
	g.note(ctx, a, ActionExportStarted, s)
	if err := g.export(ctx, s, w, o); err != nil {
		g.note(ctx, a, ActionExportFailed, s)
		return err
	}

	g.note(ctx, a, ActionExportPassed, s)
	return nil
}

// note emits an event of a call that stores nothing.
func (c *core) note(ctx context.Context, a Actor, action string, s *Source) {
	t := tx{core: c, actor: a, now: c.now()}
	t.event(action, s.Name, s.SourceID)
	c.emit(ctx, t.events[0])
}

func (c *core) now() Date {
	c.mu.Lock()
	defer c.mu.Unlock()
	return At(c.clock())
}

func (c *core) export(ctx context.Context, s *Source, w io.Writer, o ExportOptions) error {
	names, err := c.columns(ctx, s.SourceID)
	if err != nil {
		return err
	}
	records, err := c.recordsOf(ctx, s.SourceID)
	if err != nil {
		return err
	}

	// Rows go out as they are made, so that an export of a full source needs no memory of its size.
	out := bufio.NewWriter(w)
	writeRow(out, names, o.VendorLayout)
	cells := make([]string, len(names))
	for i, r := range records {
		if i%256 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		for k, name := range names {
			if cells[k], err = c.cell(ctx, r.T, name, o); err != nil {
				return err
			}
		}

		writeRow(out, cells, o.VendorLayout)
	}

	return out.Flush()
}

func (c *core) cell(ctx context.Context, r *Record, name string, o ExportOptions) (string, error) {
	v := r.Value(name)

	// The vendor's export has local days and names of managers, where ours has what can be imported
	// again.
	if o.VendorLayout {
		switch name {
		case "startDate":
			v = localDate(r.StartDate, c.zone)
		case "endDate":
			v = localDate(r.EndDate, c.zone)
		case "manager":
			p, ok, err := c.directory.Alias(ctx, v)
			if err != nil {
				return "", err
			}
			if ok && p.Name != "" {
				v = p.Name
			}
		}
	}

	// A spreadsheet takes a cell that begins like this for a formula. Only whoever asks gets the
	// apostrophe, since it is part of the text when the file is read again.
	if o.GuardFormulas && v != "" && strings.ContainsRune("=+-@\t\r", rune(v[0])) {
		v = "'" + v
	}
	return v, nil
}

func localDate(d Date, zone *time.Location) string {
	if d.IsZero() {
		return ""
	}
	return d.In(zone).Format("2006-01-02T15:04:05-07:00")
}

// writeRow writes a row; errors stay in the buffered writer until it is flushed.
func writeRow(w *bufio.Writer, cells []string, padded bool) {
	for i, cell := range cells {
		if i > 0 {
			w.WriteByte(',')
			if padded {
				w.WriteByte(' ')
			}
		}

		if strings.ContainsAny(cell, "\",\r\n") || strings.TrimSpace(cell) != cell {
			cell = `"` + strings.ReplaceAll(cell, `"`, `""`) + `"`
		}
		w.WriteString(cell)
	}

	w.WriteByte('\n')
}

// Backup exports every source, each to the writer that open gives for it. Only admins
// may make one.
func (g Sources) Backup(ctx context.Context, a Actor, open func(Source) (io.WriteCloser, error)) error {
	if !a.may(Read) {
		return forbidden("make a backup")
	}
	sources, err := list[Source](ctx, g.store, KindSource, "")
	if err != nil {
		return err
	}

	for _, s := range sources {
		w, err := open(s.T.clone())
		if err != nil {
			return err
		}

		// A file that cannot be closed is not written: that is an error of the backup, too.
		if err := errors.Join(g.Export(ctx, a, s.T.SourceID, w, ExportOptions{}), w.Close()); err != nil {
			return err
		}
	}

	return nil
}

// sheet is a file to import: cells under the columns it has, by technical name.
type sheet struct {
	Columns []string   `json:"columns"`
	Rows    []sheetRow `json:"rows"`
}

type sheetRow struct {
	Line  int      `json:"line"`
	Cells []string `json:"cells"`
}

// readSheet reads a CSV file. It accepts a byte order mark, CRLF, quoted fields, spaces
// after commas and empty lines. It stops at more rows than a source may have.
func readSheet(ctx context.Context, r io.Reader, attributes []versioned[Attribute],
	maxRows int) (*sheet, *Problems, error) {
	c, problems := newCSVReader(r), &Problems{}
	header, err := c.Read()
	if errors.Is(err, io.EOF) {
		problems.add(Problem{Line: 1, Text: "the file is empty, expected a header"})
		return nil, problems, nil
	}

	// A fault of the file is a problem with its line, told to whoever sent it; any other error is one
	// of ours.
	if p, ok := csvProblem(err); ok {
		problems.add(p)
		return nil, problems, nil
	}

	if err != nil {
		return nil, nil, err
	}

	line, _ := c.FieldPos(0)
	s := &sheet{}

	// Without a header that is understood every row would be wrong, and say the same.
	s.readHeader(header, line, attributes, problems)
	if !problems.empty() {
		return nil, problems, nil
	}

	// One row more than allowed is enough to know.
	for len(s.Rows) <= maxRows {
		if len(s.Rows)%256 == 0 && ctx.Err() != nil {
			return nil, nil, ctx.Err()
		}
		cells, err := c.Read()
		if errors.Is(err, io.EOF) {
			break
		}

		// Reading goes on behind a bad row, so that one upload shows all faults.
		if p, ok := csvProblem(err); ok {
			problems.add(p)
			continue
		}

		if err != nil {
			return nil, nil, err
		}
		line, _ := c.FieldPos(0)
		if p := s.readRow(cells, line); p != nil {
			problems.add(*p)
		}
	}

	return s, problems, nil
}

func newCSVReader(r io.Reader) *csv.Reader {
	in := bufio.NewReader(r)
	if mark, _ := in.Peek(3); string(mark) == "\ufeff" {
		in.Discard(3)
	}
	c := csv.NewReader(in)
	c.FieldsPerRecord = -1
	c.TrimLeadingSpace = true
	return c
}

// csvProblem turns an error of the csv reader about the text into a problem.
func csvProblem(err error) (Problem, bool) {
	var parse *csv.ParseError
	if !errors.As(err, &parse) {
		return Problem{}, false
	}
	text := "a quote stands in a field that does not begin with one"
	if errors.Is(err, csv.ErrQuote) {
		text = "a quoted field does not end, or goes on after its closing quote"
	}
	return Problem{Line: parse.StartLine, Text: text}, true
}

// readHeader matches column names after trimming, without regard to case (DECISION N23).
func (s *sheet) readHeader(header []string, line int, attributes []versioned[Attribute], problems *Problems) {
	names := map[string]string{accountNameAlias: "accountName"}
	for _, at := range attributes {
		names[fold(at.T.TechnicalName)] = at.T.TechnicalName
	}
	seen := map[string]bool{}
	for i, cell := range header {
		// The display name of the column counts, not its place: people reorder columns.
		name, ok := names[fold(strings.TrimSpace(cell))]
		switch {
		case !ok:
			problems.add(Problem{Line: line, Column: i + 1,
				Text: "the source has no attribute " + quoted(strings.TrimSpace(cell))})
		case seen[name]:
			problems.add(Problem{Line: line, Column: i + 1, Name: name, Text: "the column occurs twice"})
		}

		seen[name] = true
		s.Columns = append(s.Columns, name)
	}

	// A required column that is missing is told once, and not for every row.
	for _, at := range attributes {
		if !seen[at.T.TechnicalName] && (at.T.System || at.T.Required) {
			problems.add(Problem{Line: line, Text: fmt.Sprintf("the column %s is missing", at.T.TechnicalName)})
		}
	}
}

// maxCommas bounds a line of a file: the reader makes a cell for each, and a line
// of commas alone would take many times its size in memory.
const maxCommas = 10_000

// checkWidth looks for a line with more commas than any real file has, before the
// file is read as CSV.
func checkWidth(file []byte) *Problems {
	line := 0
	for text := range bytes.Lines(file) {
		line++
		if n := bytes.Count(text, []byte(",")); n > maxCommas {
			return &Problems{List: []Problem{{
				Line: line,
				Text: fmt.Sprintf("the line has %d commas, at most %d are read", n, maxCommas),
			}}}
		}
	}

	return nil
}

// quoted gives a text from a file in quotes, cut to what a reader wants to see.
func quoted(text string) string {
	if r := []rune(text[:min(len(text), 4*maxQuoted)]); len(r) > maxQuoted {
		return strconv.Quote(string(r[:maxQuoted])) + " and more"
	}
	return strconv.Quote(text)
}

const maxQuoted = 200 // letters

func (s *sheet) readRow(cells []string, line int) *Problem {
	blank := true
	for _, cell := range cells {
		blank = blank && strings.TrimSpace(cell) == ""
	}

	// Spreadsheets leave rows of nothing but commas at the end.
	if blank {
		return nil
	}

	if len(cells) != len(s.Columns) {
		return &Problem{Line: line, Text: fmt.Sprintf("the row has %d fields, expected %d", len(cells), len(s.Columns))}
	}
	for i, cell := range cells {
		if strings.ToValidUTF8(cell, "") != cell {
			return &Problem{Line: line, Column: i + 1, Name: s.Columns[i], Text: "the text is not UTF-8"}
		}
	}

	s.Rows = append(s.Rows, sheetRow{line, cells})
	return nil
}
