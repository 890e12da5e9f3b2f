package feed

import (
	"bytes"
	"fmt"
	"io"
	"unicode/utf8"
)

// values cuts a stream of JSON into its values: the items of the array that it
// is, or the values that stand one after another, or its lines.
type values struct {
	buffer
	lines bool // every line is a value, so that a broken one costs only itself
	limit int  // bytes of the longest value
	line  int  // of the byte at pos

	started, array, comma bool
	column                int // of the byte at pos, in characters; in lines up to the start of a value

	bad     string // what is wrong with the text between the values, from the last call
	badLine int
}

func newValues(src io.Reader, lines bool) *values {
	return &values{buffer: newBuffer(src), lines: lines, limit: maxRecord, line: 1}
}

// next returns the next value, valid until the following call, and where it
// begins. The error is io.EOF at the end.
func (v *values) next() (text []byte, line, column int, err error) {
	v.bad = ""
	if !v.started {
		if err := v.start(); err != nil {
			return nil, 0, 0, err
		}
	}

	// In a file of lines a damaged value ends with its line; in an array, with its bracket.
	if v.lines {
		return v.nextLine()
	}
	c, err := v.separator()
	if err != nil {
		return nil, 0, 0, err
	}
	line, column = v.line, v.column
	n, err := v.measure(c)
	if err != nil {
		return nil, 0, 0, err
	}
	text = v.buf[v.pos : v.pos+n]
	v.pos += n

	// The column counts on from the value's last line, never from the start of
	// the file: an export may be one line.
	v.line += bytes.Count(text, []byte{'\n'})
	if i := bytes.LastIndexByte(text, '\n'); i >= 0 {
		v.column = 1 + utf8.RuneCount(text[i+1:])
	} else {
		v.column += utf8.RuneCount(text)
	}

	return text, line, column, nil
}

// start skips the byte order mark, decodes UTF-16 and looks whether the file is
// an array.
func (v *values) start() error {
	v.started, v.column = true, 1
	v.begin("")
	c, err := v.space()
	if err != nil {
		return err
	}
	if c == '[' {
		v.lines, v.array = false, true
		v.pos, v.column = v.pos+1, v.column+1
	}

	return nil
}

// space skips blanks and returns the byte after them, which stays unread.
func (v *values) space() (byte, error) {
	for {
		for ; v.pos < v.end; v.pos++ {
			switch c := v.buf[v.pos]; c {
			case '\n':
				v.line, v.column = v.line+1, 1
			case ' ', '\t', '\r':
				v.column++
			default:
				return c, nil
			}
		}

		if v.eof {
			return 0, io.EOF
		}
		if err := v.fill(); err != nil {
			return 0, err
		}
	}
}

// separator goes to the start of the next value and returns its first byte.
func (v *values) separator() (byte, error) {
	commas := 0

	// Commas are counted and not required: a list that was put together by hand is read all the same,
	// and told of.
	for {
		c, err := v.space()
		switch {
		case err == io.EOF && v.array:
			v.array = false
			v.problem("the array is not closed: the file is cut off")
			return 0, err
		case err != nil:
			return 0, err
		case v.array && c == ',':
			if commas++; commas > 1 || !v.comma {
				v.problem("a comma without a value before it")
			}
		case v.array && c == ']':
			if commas > 0 {
				v.problem("a comma before the end of the array")
			}
			v.array, v.comma = false, false
		default:
			if v.array && v.comma && commas == 0 {
				v.problem("no comma between two values of the array")
			}
			v.comma = true
			return c, nil
		}

		v.pos, v.column = v.pos+1, v.column+1
	}
}

func (v *values) problem(msg string) { v.bad, v.badLine = msg, v.line }

// measure returns the length of the value at pos: up to the bracket that closes
// the first one, or, for everything else, up to a comma, bracket or line end.
func (v *values) measure(first byte) (int, error) {
	nested, depth := first == '{' || first == '[', 0
	text, escaped := false, false

	// Brackets count outside of texts only. Whether the value is JSON at all is
	// for its parser to say.
	for n := 0; ; n++ {
		for v.pos+n == v.end {
			if v.eof {
				return n, nil
			}
			if n > v.limit {
				return 0, fmt.Errorf("a value is longer than %d bytes", v.limit)
			}
			if err := v.fill(); err != nil {
				return 0, err
			}
		}

		switch c := v.buf[v.pos+n]; {
		case escaped:
			escaped = false
		case text:
			escaped, text = c == '\\', c != '"'
		case c == '"':
			text = true
		case nested && (c == '{' || c == '['):
			depth++
		case nested && (c == '}' || c == ']'):
			if depth--; depth == 0 {
				return n + 1, nil
			}
		case !nested && n > 0 && (c == ',' || c == ']' || c == '\n' || c == '{' || c == '['):
			return n, nil
		}
	}
}

// nextLine returns the next line that is not blank. A line above the limit is
// passed over.
func (v *values) nextLine() (text []byte, line, column int, err error) {
	for {
		if _, err := v.space(); err != nil {
			return nil, 0, 0, err
		}
		n, err := v.lineLength()
		if err != nil {
			return nil, 0, 0, err
		}

		if n >= 0 {
			text, line, column = v.buf[v.pos:v.pos+n], v.line, v.column
			v.pos += n
			return text, line, column, nil
		}

		v.problem(fmt.Sprintf("the line is longer than %d bytes", v.limit))
		if err := v.drop(); err != nil {
			return nil, 0, 0, err
		}
	}
}

// lineLength returns the length of the line at pos without its end, or -1 when
// it is above the limit.
func (v *values) lineLength() (int, error) {
	for seen := 0; ; {
		if i := bytes.IndexByte(v.buf[v.pos+seen:v.end], '\n'); i >= 0 {
			return seen + i, nil
		}
		seen = v.end - v.pos
		if v.eof {
			return seen, nil
		}
		if seen > v.limit {
			return -1, nil
		}
		if err := v.fill(); err != nil {
			return 0, err
		}
	}
}

// drop passes over the rest of the line.
func (v *values) drop() error {
	for {
		if i := bytes.IndexByte(v.buf[v.pos:v.end], '\n'); i >= 0 {
			v.pos += i
			return nil
		}

		if v.pos = v.end; v.eof {
			return nil
		}
		if err := v.fill(); err != nil {
			return err
		}
	}
}
