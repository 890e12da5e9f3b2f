package ldif

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/feed"
)

const (
	blockSize = 256 << 10
	maxEntry  = 64 << 20 // larger entries are refused
)

// entry is one record of a file. Its texts are views that are valid until the
// following record is read.
type entry struct {
	line   int // of its first line
	dn     string
	values []value

	bad     *problem // why the record cannot be read
	foreign bool     // lines that belong to no entry: referrals, results of a search
}

// value is one attribute value, or one line of a change record.
type value struct {
	name   []byte // attribute description as it is written
	text   []byte
	line   int
	base64 bool // text was base64
	dash   bool // the line - between the parts of a change
}

type problem struct {
	code diag.Code
	line int
	msg  string
}

// reader cuts a file into records.
type reader struct {
	src   *bufio.Reader
	line  int    // lines read
	arena []byte // the logical lines of the record
	ends  []int  // where each ends in arena
	at    []int  // the line where each begins
	e     entry
	eof   bool
}

func newReader(src io.Reader) *reader {
	return &reader{src: bufio.NewReaderSize(feed.UTF8Reader(src), blockSize)}
}

// next reads the next record that has lines other than comments. The error is
// io.EOF at the end.
func (r *reader) next() (*entry, error) {
	for {
		if err := r.gather(); err != nil {
			return nil, err
		}
		if len(r.ends) > 0 {
			r.parse()
			return &r.e, nil
		}

		if r.eof {
			return nil, io.EOF
		}
	}
}

// gather reads the lines of a record, with folded ones joined and without
// comments.
func (r *reader) gather() error {
	r.arena, r.ends, r.at = r.arena[:0], r.ends[:0], r.at[:0]
	r.e = entry{values: r.e.values[:0]}
	comment := false

	// A folded line is joined before anything is looked at: a name, a value or a comment may be folded
	// in the middle.
	for {
		begin := len(r.arena)
		size, err := r.physical()
		if err != nil {
			return err
		}
		line := r.arena[begin:]
		switch {
		case size == 0: // the end of the file
			r.eof = true
			return nil
		case len(line) == 0:
			if comment = false; len(r.ends) > 0 {
				return nil
			}
		case line[0] == ' ' && (len(r.ends) > 0 || comment):
			r.fold(begin, comment)
		case line[0] == '#':
			comment = true
			r.arena = r.arena[:begin]
		default:
			comment = false
			r.ends, r.at = append(r.ends, len(r.arena)), append(r.at, r.line)
		}
	}
}

// fold joins the line at begin to the one before it, or drops it with a comment.
func (r *reader) fold(begin int, comment bool) {
	if comment {
		r.arena = r.arena[:begin]
		return
	}

	r.arena = append(r.arena[:begin], r.arena[begin+1:]...)
	r.ends[len(r.ends)-1] = len(r.arena)
}

// physical appends the next line to the arena, without its end, and returns how
// many bytes it took from the file.
func (r *reader) physical() (size int, err error) {
	begin := len(r.arena)
	for {
		part, err := r.src.ReadSlice('\n')
		size += len(part)
		if len(r.arena)+len(part) > maxEntry {
			// The record is refused; its lines still have to be passed over.
			if r.e.bad == nil {
				msg := fmt.Sprintf("the entry is longer than %d bytes", maxEntry)
				r.e.bad = &problem{code: codeLDIFSize, line: r.line + 1, msg: msg}
			}

			part = part[:min(len(part), 2)]
		}

		r.arena = append(r.arena, part...)
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if err != nil && err != io.EOF {
			return size, err
		}
		break
	}

	if size > 0 {
		r.line++
	}
	line := bytes.TrimSuffix(r.arena[begin:], []byte("\n"))
	line = bytes.TrimSuffix(line, []byte("\r"))
	r.arena = r.arena[:begin+len(line)]
	return size, nil
}

// parse takes the lines apart.
func (r *reader) parse() {
	e := &r.e
	e.line = r.at[0]
	if e.bad != nil {
		return
	}

	begin := 0
	for i, end := range r.ends {
		line := r.arena[begin:end:end]
		begin = end
		v, bad := parseLine(line, r.at[i])
		if bad != nil {
			e.bad = bad
			return
		}

		switch {
		case i == 0 && bytes.EqualFold(v.name, []byte("version")):
			// version and the first entry stand in one record when no line parts them
		case e.dn == "" && !v.dash && bytes.EqualFold(v.name, []byte("dn")):
			e.dn = string(v.text)
			e.line = v.line
			if e.dn == "" {
				e.values = append(e.values, v) // the root of the directory has no name
			}

		default:
			e.values = append(e.values, v)
		}
	}

	e.foreign = e.dn == "" && foreign(e.values)
}

// foreign reports whether lines without a name are those that tools put between
// the entries: referrals, the result of the search, a lone version.
func foreign(values []value) bool {
	for _, v := range values {
		switch string(bytes.ToLower(v.name)) {
		case "ref", "search", "result", "control", "matcheddn", "text", "pagedresults":
		default:
			return false
		}
	}

	return true
}

// parseLine reads name and value of a logical line.
func parseLine(line []byte, number int) (value, *problem) {
	v := value{line: number}
	if len(line) == 1 && line[0] == '-' {
		v.dash = true
		return v, nil
	}

	// One bad line spoils the record, since what it would have said is missing.
	colon := bytes.IndexByte(line, ':')
	if colon <= 0 || !description(line[:colon]) {
		return v, &problem{code: codeLDIFSyntax, line: number,
			msg: fmt.Sprintf("found %q, expected an attribute and a colon", short(line))}
	}

	// One colon is text, two are base64, a less-than sign is a place elsewhere, which is never opened.
	v.name = line[:colon]
	rest := line[colon+1:]
	switch {
	case len(rest) > 0 && rest[0] == '<':
		place := short(bytes.TrimLeft(rest[1:], " "))
		return v, &problem{code: codeLDIFUrl, line: number,
			msg: fmt.Sprintf("the value of %s is in another place, %q, which is not read", v.name, place)}
	case len(rest) > 0 && rest[0] == ':':
		v.base64 = true
		return v.decode(bytes.TrimSpace(rest[1:]), number)
	}

	v.text = bytes.TrimLeft(rest, " ")
	if !utf8.Valid(v.text) {
		return v, &problem{code: codeLDIFEncoding, line: number,
			msg: fmt.Sprintf("the value of %s is not UTF-8, expected UTF-8 or base64", v.name)}
	}

	return v, nil
}

// decode replaces base64 by what it stands for, in place.
func (v value) decode(text []byte, number int) (value, *problem) {
	n, err := base64.StdEncoding.Decode(text, text)
	if err != nil {
		return v, &problem{code: codeLDIFBase64, line: number,
			msg: fmt.Sprintf("the value of %s is no base64: it is cut off or damaged", v.name)}
	}

	v.text = text[:n]
	return v, nil
}

// description reports whether text may be an attribute with its options.
func description(text []byte) bool {
	for _, c := range text {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
		case c == '-', c == '.', c == ';', c == '_', c == '=', c == '*', c == '{', c == '}':
			// _ and the last ones are no standard: some servers have them in names
			// and in the option range
		default:
			return false
		}
	}

	return true
}

// short cuts what a message quotes.
func short(text []byte) []byte {
	if len(text) > 40 {
		return append(text[:40:40], "..."...)
	}
	return text
}
