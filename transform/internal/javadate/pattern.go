package javadate

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Pattern is a compiled date pattern. It is immutable and safe for concurrent use.
type Pattern struct {
	source    string
	ops       []op
	needsDate bool // printing needs year, month and day
	fixed     bool // parseFixed can serve it
	layout    layout
}

// op is one element of a pattern: a run of equal letters, or literal text.
type op struct {
	letter  byte // 0: literal
	count   int
	literal string
	offset  int  // of the element in the pattern, in bytes
	abuts   bool // a number that must not take digits of the number after it
}

// Field is a run of equal pattern letters, as a reader of the pattern sees it.
type Field struct {
	Letter byte
	Count  int
	Offset int // in the pattern, in bytes
}

// PatternError tells why a text is no pattern.
type PatternError struct {
	Offset int // of the offending character, in bytes
	Msg    string
}

// Error returns the message with its place.
func (e *PatternError) Error() string {
	return fmt.Sprintf("%s at offset %d", e.Msg, e.Offset)
}

// patternLetters are the letters that mean something; every other ASCII letter is an error.
const patternLetters = "GyMdkHmsSEDFwWahKzZYuXL"

// Compile checks and compiles a pattern. The error is a [*PatternError]: an unknown
// letter, an unterminated quote, or more than three letters X.
//
// Source: java.text.SimpleDateFormat.
func Compile(pattern string) (*Pattern, error) {
	c := compiler{source: pattern}
	if err := c.run(); err != nil {
		return nil, err
	}

	p := &Pattern{source: pattern, ops: c.ops}
	for i := range p.ops {
		o := &p.ops[i]
		o.abuts = i+1 < len(p.ops) && isNumber(p.ops[i+1].letter, p.ops[i+1].count)
		p.needsDate = p.needsDate || strings.IndexByte("GyYMLdDEuFwW", o.letter) >= 0
	}

	p.fixed = p.isFixed()
	p.layout = newLayout(p.ops)
	return p, nil
}

// isNumber reports whether a field is always parsed as a number.
func isNumber(letter byte, count int) bool {
	switch letter {
	case 0, 'G', 'E', 'a', 'z', 'Z', 'X':
		return false
	case 'M', 'L':
		return count <= 2
	}

	return true
}

type compiler struct {
	source string
	ops    []op

	// Literal text that is not yet in ops, and where it began.
	text      []byte
	textStart int
}

func (c *compiler) run() error {
	s := c.source
	for i := 0; i < len(s); {
		// Letters are fields even when they have no meaning yet: those are refused, not printed.
		switch b := s[i]; {
		case b == '\'':
			n, err := c.quoted(i)
			if err != nil {
				return err
			}
			i = n

		case isLetter(b):
			n, err := c.letters(i)
			if err != nil {
				return err
			}
			i = n

		default:
			j := i + 1
			for j < len(s) && s[j] != '\'' && !isLetter(s[j]) {
				j++
			}
			c.literal(s[i:j], i)
			i = j
		}
	}

	c.flush()
	return nil
}

// quoted reads a quoted section, or two quotes that stand for one.
func (c *compiler) quoted(start int) (int, error) {
	s := c.source
	if strings.HasPrefix(s[start:], "''") {
		c.literal("'", start)
		return start + 2, nil
	}

	// Two quotes inside of a section are one quote.
	for i := start + 1; i < len(s); i++ {
		if s[i] == '\'' {
			if i+1 == len(s) || s[i+1] != '\'' {
				return i + 1, nil
			}
			i++
		}

		c.literal(s[i:i+1], start)
	}

	return 0, &PatternError{start, "unterminated quote in date pattern"}
}

func (c *compiler) letters(start int) (int, error) {
	s := c.source
	letter := s[start]
	if strings.IndexByte(patternLetters, letter) < 0 {
		return 0, &PatternError{start, fmt.Sprintf("illegal letter %q in date pattern", letter)}
	}

	end := start + 1
	for end < len(s) && s[end] == letter {
		end++
	}

	// Java knows X, XX and XXX; four would look like a name of a zone.
	if letter == 'X' && end-start > 3 {
		return 0, &PatternError{start, fmt.Sprintf("zone with %d letters X in date pattern, expected at most 3",
			end-start)}
	}

	c.flush()
	c.ops = append(c.ops, op{letter: letter, count: end - start, offset: start})
	return end, nil
}

// literal adds text to the literal that is being gathered.
func (c *compiler) literal(text string, start int) {
	if len(c.text) == 0 {
		c.textStart = start
	}
	c.text = append(c.text, text...)
}

// flush ends the literal.
func (c *compiler) flush() {
	if len(c.text) > 0 {
		c.ops = append(c.ops, op{literal: string(c.text), offset: c.textStart})
		c.text = c.text[:0]
	}
}

func isLetter(b byte) bool {
	return 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z'
}

// String returns the pattern as it was written.
func (p *Pattern) String() string { return p.source }

// Fields returns the letter runs of the pattern in order. The slice is the caller's.
func (p *Pattern) Fields() []Field {
	var fields []Field
	for _, o := range p.ops {
		if o.letter != 0 {
			fields = append(fields, Field{Letter: o.letter, Count: o.count, Offset: o.offset})
		}
	}

	return fields
}

// utf16Len returns the number of UTF-16 units of a text.
func utf16Len(s string) int {
	n := 0
	for i := 0; i < len(s); {
		if s[i] < utf8.RuneSelf {
			i++
			n++
			continue
		}

		r, size := utf8.DecodeRuneInString(s[i:])
		i += size
		n++
		if r > 0xFFFF {
			n++
		}
	}

	return n
}
