package feed

import (
	"bytes"
	"fmt"
	"io"
	"math/bits"
	"strings"
	"unicode/utf8"
	"unsafe"

	"github.com/idprofile/engine/identity/diag"
)

// reader reads records as encoding/csv does, with these differences: a leading
// byte order mark is skipped, UTF-16 and Windows-1252 are decoded; a file without
// any line feed in its first block may end its lines with carriage returns;
// delimiters may be longer than one character, quotes another one; a quote that
// is never closed costs its own line instead of the rest of the file; records
// above a limit are refused.
type reader struct {
	buffer
	delim    string
	quote    byte
	encoding string // "": not known yet, all bytes so far are ASCII
	nl       byte   // ends a line: \n (also \r\n) or \r
	limit    int

	started  bool
	discard  bool // drop everything up to the next line end
	comment  byte // starts lines that are no records; 0: nothing does
	comments int  // how many there were

	line   int      // of the record at pos
	from   int      // where the last record begins in buf
	fields []string // views of buf or text
	text   []byte   // fields with doubled quotes or \r\n, decoded
	lines  int      // line breaks inside the quotes of the current record
	open   int      // offset of a quote that was not closed so far, or -1
	high   uint64   // has high bits when the blocks of the record are not plain ASCII

	block          int    // where the marked bytes begin in buf, see scan
	delims, others uint64 // their marks
	blockHigh      uint64 // has high bits when they are not plain ASCII

	delim8, lineEnd8, quote8 uint64 // eight times the first byte of the delimiter, nl and the quote

	bad *rowError
}

// rowError says why a record cannot be read.
type rowError struct {
	code diag.Code
	pos  diag.Pos // line and column
	msg  string
}

func newReader(src io.Reader, delim string) *reader {
	r := &reader{
		buffer: newBuffer(src), nl: '\n', lineEnd8: lowBits * '\n', limit: maxRecord, line: 1, open: -1, block: noBlock,
	}
	r.use(delim, '"')
	return r
}

// use sets delimiter and quote, before the first record is read.
func (r *reader) use(delim string, quote byte) {
	r.delim, r.delim8 = delim, lowBits*uint64(delim[0])
	r.quote, r.quote8 = quote, lowBits*uint64(quote)
}

// outcome is what became of an attempt to read a record from the bytes at hand.
type outcome uint8

const (
	more outcome = iota // the record may go on beyond them
	done
	refused // see reader.bad
)

// next returns the fields of the next record, views that are valid until the
// following call, and the line it begins on. A record that cannot be read gives
// a rowError, after which reading may go on. The error is io.EOF at the end.
func (r *reader) next() (fields []string, line int, bad *rowError, err error) {
	if !r.started {
		r.start()
	}

	// A record that does not end within the bytes at hand is read again with more of them, from its
	// start: that costs less than keeping the state of a cell cut in two.
	need := 0 // bytes to try the record again with
	for {
		if r.skip() {
			line, d := r.line, r.buf[r.pos:r.end]
			r.lines, r.text, r.open, r.bad = 0, r.text[:0], -1, nil
			n, out := r.record(d)

			// A record above the limit is refused as one row. A quote that is never closed would else
			// swallow the rest of the file.
			if out == more && len(d) >= r.limit {
				n, out = r.tooLong(d)
			}
			if out != more {
				r.from = r.pos
				r.advance(n)
				return r.fields, line, r.bad, nil
			}

			// A record is read from its start each time: sources that give a
			// little at a time must not make that the square of its length.
			need = max(need, len(d)+1, 2*need)
		}

		if r.eof && r.pos == r.end {
			return nil, 0, nil, io.EOF
		}

		// The bytes move, so the marks of their blocks are worth nothing.
		r.block = noBlock
		if err := r.fill(); err != nil {
			return nil, 0, nil, err
		}
		if err := r.fillTo(min(need, r.limit)); err != nil {
			return nil, 0, nil, err
		}
	}
}

// advance leaves a record of n bytes behind.
func (r *reader) advance(n int) {
	r.pos += n
	if r.bad == nil {
		r.line += r.lines + 1
		return
	}

	r.line += bytes.Count(r.buf[r.pos-n:r.pos], []byte{r.nl})
	if !r.discard && (n == 0 || r.buf[r.pos-1] != r.nl) {
		r.line++ // the last line has no end
	}
}

// start reads the first block and looks how text and lines are written.
func (r *reader) start() {
	r.started = true
	r.encoding = r.begin(r.encoding)
	block := r.buf[r.pos:r.end]
	if bytes.IndexByte(block, '\n') < 0 && bytes.IndexByte(block, '\r') >= 0 {
		r.nl, r.lineEnd8 = '\r', lowBits*'\r'
	}
}

// separator takes the line sep=; off the beginning of the file, with which
// spreadsheets tell each other what stands between the cells, and returns that; ""
// when there is none.
func (r *reader) separator() string {
	line, _, found := bytes.Cut(r.buf[r.pos:r.end], []byte{r.nl})
	if !found || len(line) > len("sep=;\r") {
		return ""
	}
	sign, ok := strings.CutPrefix(strings.ToLower(strings.TrimSuffix(string(line), "\r")), "sep=")
	if !ok || len(sign) != 1 || !validDelimiter(sign) {
		return ""
	}
	r.pos += len(line) + 1
	r.line++
	return sign
}

// skip skips blank lines and what is to be discarded; it reports whether a
// record begins at pos.
func (r *reader) skip() bool {
	for r.pos < r.end {
		d := r.buf[r.pos:r.end]
		switch {
		case r.discard:
			i := bytes.IndexByte(d, r.nl)
			if i < 0 {
				r.pos = r.end
				return false
			}

			r.pos, r.discard = r.pos+i+1, false

		case d[0] == r.nl:
			r.pos++
		case d[0] == '\r' && len(d) > 1 && d[1] == '\n':
			r.pos += 2
		case d[0] == '\r' && len(d) == 1 && r.eof:
			r.pos++
			return false
		case d[0] == r.comment && d[0] != 0:
			// A lone carriage return at the very end is what is left of a line end.
			r.discard = true
			r.comments++
			continue
		default:
			return true
		}

		r.line++
	}

	return false
}

// record reads the record at the start of d and returns its length with the
// line end. It goes by the marks of blocks of 64 bytes: all delimiters up to the
// next line end or quote, then that.
func (r *reader) record(d []byte) (int, outcome) {
	width := len(r.delim)
	fields, start := r.fields[:0], 0

	// The marks of the last block still hold for what is left of it: short rows share a block.
	base, delims, others := r.resume(d)
	for {
		// All delimiters of the block before that end a cell each; one of several
		// characters may overlap the cell before it, or not be one.
		first := others & -others // the next line end or quote; 0 when there is none
		for m := delims & (first - 1); m != 0; m &= m - 1 {
			p := base + bits.TrailingZeros64(m)
			if width > 1 && (p < start || !bytes.HasPrefix(d[p:], []byte(r.delim))) {
				continue
			}
			fields = append(fields, view(d[start:p]))
			start = p + width
		}

		delims &^= first - 1
		others &^= first

		if first == 0 {
			if base += 64; base >= len(d) {
				return r.last(d, fields, start)
			}
			delims, others = r.scan(d[base:])
			continue
		}

		// The mark is a line end, a quote, or a byte that only looks like one.
		switch p := base + bits.TrailingZeros64(first); {
		case d[p] == r.nl:
			r.fields = append(fields, view(r.chomp(d[start:p])))
			r.block, r.delims, r.others = base+r.pos, delims, others
			return p + 1, done
		case d[p] != r.quote:
		case p > start:
			return r.refuse(d, p, codeCSVQuote, "a quote inside a cell that does not begin with one")
		default:
			field, n, out := r.quoted(d, p)
			if out != done {
				return n, out
			}
			if fields = append(fields, field); !bytes.HasPrefix(d[n:], []byte(r.delim)) {
				r.fields = fields

				// What stood inside the quotes is no delimiter, so marks up to here are dropped.
				return r.lineEnd(d, n), done
			}

			start = n + width
			base, delims, others = past(start, base, delims, others)
		}
	}
}

// last ends a record at the end of the bytes at hand.
func (r *reader) last(d []byte, fields []string, start int) (int, outcome) {
	if !r.eof {
		return 0, more
	}
	r.fields, r.block = append(fields, view(r.chomp(d[start:]))), noBlock
	return len(d), done
}

// chomp removes the carriage return of a \r\n line end.
func (r *reader) chomp(cell []byte) []byte {
	if n := len(cell) - 1; n >= 0 && cell[n] == '\r' && r.nl == '\n' {
		return cell[:n]
	}
	return cell
}

// lineEnd returns the offset after the line end at n, or n at the end of d.
func (r *reader) lineEnd(d []byte, n int) int {
	if n < len(d) && d[n] == '\r' && r.nl == '\n' {
		n++
	}
	return min(n+1, len(d))
}

// quoted reads the cell whose opening quote stands at p; n is the offset behind
// its closing quote, where a delimiter, a line end or the end of the data
// follows.
func (r *reader) quoted(d []byte, p int) (field string, n int, out outcome) {
	doubled := false
	q := p + 1

	// The closing quote is the first one that is not doubled. At the end of the
	// bytes at hand nobody knows whether it is.
	for {
		k := bytes.IndexByte(d[q:], r.quote)
		if q += k; k < 0 || q+1 == len(d) && !r.eof {
			return r.unclosed(d, p, k < 0)
		}
		if q+1 == len(d) || d[q+1] != r.quote {
			break
		}
		doubled = true
		q += 2
	}

	// The blocks of the cell were not scanned, so whether it is ASCII is open.
	r.high = highBits

	// After a closing quote only a delimiter or a line end may stand. Whether a carriage return is
	// part of one is open at the end of the bytes.
	raw, rest := d[p+1:q], d[q+1:]
	switch {
	case len(rest) == 0 || rest[0] == r.nl || bytes.HasPrefix(rest, []byte(r.delim)):
	case r.nl == '\n' && rest[0] == '\r' && (len(rest) == 1 || rest[1] == '\n'):
		if len(rest) == 1 && !r.eof {
			return "", 0, more
		}
	case !r.eof && len(rest) < len(r.delim):
		return "", 0, more
	default:
		n, out = r.refuse(d, q, codeCSVQuote, "a quote inside a quoted cell that is not doubled")
		return "", n, out
	}

	// Cells over several lines move the line numbers of all that follow, and their line ends are
	// written as one character.
	if k := bytes.Count(raw, []byte{r.nl}); k > 0 {
		r.lines += k
		doubled = doubled || r.nl == '\n' && bytes.Contains(raw, []byte("\r\n"))
	}

	if doubled {
		return r.decode(raw), q + 1, done
	}
	return view(raw), q + 1, done
}

// unclosed is the outcome for a quote at p that the bytes at hand do not close.
func (r *reader) unclosed(d []byte, p int, certain bool) (string, int, outcome) {
	if !r.eof || !certain {
		r.open = p
		return "", 0, more
	}

	n, out := r.refuse(d, p, codeCSVQuote, "the quote is not closed")
	return "", n, out
}

// decode returns the text between the quotes, with doubled quotes made single
// and \r\n made \n.
func (r *reader) decode(raw []byte) string {
	start := len(r.text)
	for i := 0; i < len(raw); i++ {
		c := raw[i]
		if c == '\r' && r.nl == '\n' && i+1 < len(raw) && raw[i+1] == '\n' {
			continue
		}
		r.text = append(r.text, c)
		if c == r.quote {
			i++
		}
	}

	return view(r.text[start:])
}

// refuse gives up the record because of what stands at p. Reading goes on with
// the line after it.
func (r *reader) refuse(d []byte, p int, code diag.Code, msg string) (int, outcome) {
	end := bytes.IndexByte(d[p:], r.nl)
	if end < 0 && !r.eof && len(d) < r.limit {
		return 0, more
	}
	r.bad = &rowError{code: code, pos: r.place(d, p), msg: msg}

	// The line may be longer than what is looked at: the rest of it goes too.
	if end < 0 {
		r.discard = !r.eof
		return len(d), refused
	}

	return p + end + 1, refused
}

// tooLong refuses a record that fills the limit without an end.
func (r *reader) tooLong(d []byte) (int, outcome) {
	msg := fmt.Sprintf("the row is longer than %d bytes", r.limit)
	if r.open >= 0 {
		return r.refuse(d, r.open, codeCSVQuote, msg+"; is this quote never closed?")
	}
	n, out := r.refuse(d, 0, codeCSVRowSize, msg)
	return n, out
}

// place returns the line and the column, in characters, of offset p of d.
func (r *reader) place(d []byte, p int) diag.Pos {
	start := bytes.LastIndexByte(d[:p], r.nl) + 1
	return diag.Pos{
		Line:   r.line + bytes.Count(d[:start], []byte{r.nl}),
		Column: utf8.RuneCount(d[start:p]) + 1,
	}
}

// decodeFields turns the fields into UTF-8. It returns false when they had bytes
// that the encoding of the file does not have, which are U+FFFD then.
func (r *reader) decodeFields() (valid bool) {
	if r.high&highBits == 0 || r.wide != nil {
		return true
	}

	// Up to the first byte above ASCII nothing depends on the encoding.
	// The encoding is found out at the first byte that needs it, from all bytes at hand, and then
	// holds for the file.
	if r.encoding == "" {
		r.encoding = textEncoding(r.buf[r.from:r.end], r.eof)
	}

	valid = true
	for i, f := range r.fields {
		switch {
		case utf8.ValidString(f) && (r.encoding != Windows1252 || ascii(f)):
		case r.encoding == Windows1252:
			r.fields[i] = fromWindows1252(f)
		default:
			valid = false
			r.fields[i] = replaceInvalid(f)
		}
	}

	return valid
}

// isUTF8 reports whether the file is known to be in UTF-8, by letters that the row or one before it
// has.
func (r *reader) isUTF8() bool { return r.encoding == UTF8 && r.wide == nil }

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}

	return true
}

// replaceInvalid puts U+FFFD in the place of each byte that is no UTF-8.
func replaceInvalid(s string) string {
	var b strings.Builder
	for _, c := range s {
		b.WriteRune(c)
	}
	return b.String()
}

func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
