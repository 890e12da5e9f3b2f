package report

import (
	"archive/zip"
	"bufio"
	"fmt"
	"io"
	"strings"
	"time"
)

// CSVOptions are the choices of the CSV form; the zero value writes every cell as it is.
type CSVOptions struct {
	// NeutralizeFormulas puts a ' before cells that start with = + - @, a tab or a carriage
	// return, so that a spreadsheet shows them instead of running them. Numbers made with [Int]
	// are left alone: they cannot hold a formula. Programs that read the file back must know.
	// Source: profile/DECISIONS.md, DECISION 38.
	NeutralizeFormulas bool
	// ByteOrderMark starts the file with U+FEFF, by which spreadsheets know UTF-8.
	ByteOrderMark bool
}

// WriteCSV writes the visible columns by RFC 4180: header always, lines end in \r\n, cells with
// a comma, quote or line end are quoted; null and "" are both empty. The output is UTF-8: runs of
// invalid bytes become U+FFFD, line ends inside cells are kept as they are.
func WriteCSV(w io.Writer, t *Table, o CSVOptions) error {
	b := bufio.NewWriter(w)

	// Excel takes a file without this mark for one in the code page of the machine.
	if o.ByteOrderMark {
		b.WriteString("\uFEFF")
	}

	// A table that is wrong in itself writes nothing, not even its header.
	at := t.Visible()
	if err := t.check(); err != nil {
		return err
	}
	for i, c := range at {
		writeCSVCell(b, i, len(at), Text(t.Columns[c].Header), o)
	}
	b.WriteString("\r\n")
	err := t.Each(func(r Row) error {
		for i, c := range at {
			writeCSVCell(b, i, len(at), r[c], o)
		}
		_, err := b.WriteString("\r\n")
		return err
	})

	if err != nil {
		return err
	}
	return b.Flush()
}

// CSVWriter writes records one by one, for what is too large to be a [Table]. The form is that
// of [WriteCSV].
type CSVWriter struct {
	b *bufio.Writer
	o CSVOptions
	n int
}

// NewCSVWriter writes the header. Errors of writing show in [CSVWriter.Flush] at the latest.
func NewCSVWriter(w io.Writer, o CSVOptions, header ...string) *CSVWriter {
	c := &CSVWriter{b: bufio.NewWriterSize(w, 1<<18), o: o, n: len(header)}
	if o.ByteOrderMark {
		c.b.WriteString("\uFEFF")
	}
	cells := make([]Cell, len(header))
	for i, name := range header {
		cells[i] = Text(name)
	}
	_ = c.Write(cells...)
	return c
}

// Write writes a record. Error: [ErrTable] when it has another length than the header, what the
// writer says.
func (c *CSVWriter) Write(row ...Cell) error {
	if len(row) != c.n {
		return fmt.Errorf("%w: a record of %d cells, expected %d", ErrTable, len(row), c.n)
	}
	for i, cell := range row {
		writeCSVCell(c.b, i, c.n, cell, c.o)
	}
	_, err := c.b.WriteString("\r\n")
	return err
}

// Flush writes what is still held back.
func (c *CSVWriter) Flush() error { return c.b.Flush() }

// Neutralized is a text that a spreadsheet does not take for a formula, see [CSVOptions].
func Neutralized(s string) string {
	if s != "" && strings.IndexByte("=+-@\t\r", s[0]) >= 0 {
		return "'" + s
	}
	return s
}

// writeCSVCell writes cell i of n with the comma before it.
func writeCSVCell(b *bufio.Writer, i, n int, c Cell, o CSVOptions) {
	if i > 0 {
		b.WriteByte(',')
	}
	s := strings.ToValidUTF8(c.String(), "\uFFFD")
	if o.NeutralizeFormulas && c.kind != cellLiteral {
		s = Neutralized(s)
	}
	// A lone empty cell is quoted: an empty line is no record to many readers.
	if (s == "" && n > 1) || (s != "" && !strings.ContainsAny(s, ",\"\r\n") && s[0] != ' ' &&
		!strings.HasPrefix(s, "\uFEFF")) {
		b.WriteString(s)
		return
	}

	b.WriteByte('"')
	b.WriteString(strings.ReplaceAll(s, `"`, `""`))
	b.WriteByte('"')
}

// WriteCSVZip writes one zip file that holds each table as [CSVName], in the order given. All
// entries carry the time modified, in UTC, so that the same tables give the same bytes. Two tables
// of one file name are an error that matches [ErrTable].
func WriteCSVZip(w io.Writer, modified time.Time, o CSVOptions, tables ...*Table) error {
	z := zip.NewWriter(w)
	seen := map[string]bool{}
	for _, t := range tables {
		// A zip may hold one name twice, and readers show either of them.
		name := CSVName(t.Name)
		if seen[name] {
			return fmt.Errorf("%w: two tables are named %q", ErrTable, name)
		}
		seen[name] = true
		entry, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: modified.UTC()})
		if err != nil {
			return err
		}
		if err := WriteCSV(entry, t, o); err != nil {
			return err
		}
	}

	return z.Close()
}

// CSVName is the name of the file that holds the report's CSV: the report name with what a file
// name cannot hold percent-encoded, and ".csv". Source: profile/DECISIONS.md, DECISION 38.
func CSVName(reportName string) string { return FileName(reportName, ".csv") }

// ZipName is the name of the zip file around [CSVName]. Source: profile/DECISIONS.md, DECISION 38.
func ZipName(reportName string) string { return FileName(reportName, ".zip") }

// FileName makes a file name of a report name and an extension such as ".pdf". Control characters
// and / \ : * ? " < > | become %XX, and so do the bytes of what a terminal obeys, such as marks
// of the direction of writing; an empty name becomes "report".
func FileName(reportName, extension string) string {
	if reportName == "" {
		reportName = "report"
	}
	var b strings.Builder

	// These signs mean something to a file system or a shell, of Windows above all; any other letter
	// stays readable.
	for _, r := range strings.ToValidUTF8(reportName, "\uFFFD") {
		if r < 0x20 || r == 0x7F || strings.ContainsRune(`/\:*?"<>|`, r) {
			fmt.Fprintf(&b, "%%%02X", r)
			continue
		}

		// Listings of folders show names as they are, on terminals too.
		if obeyed(r) {
			for _, c := range []byte(string(r)) {
				fmt.Fprintf(&b, "%%%02X", c)
			}
			continue
		}

		b.WriteRune(r)
	}

	return b.String() + extension
}
