package velocity

import (
	"errors"
	"fmt"
	"strconv"
	"unicode/utf8"
)

// The kinds of errors that evaluation returns, for [errors.Is]. Used-up
// budgets return [limit.Err].
var (
	// ErrInvalidReference: a reference is null or has no such member.
	ErrInvalidReference = errors.New("invalid reference")
	// ErrMethod: a method raised, such as substring out of range.
	ErrMethod = errors.New("method failed")
	// ErrSyntax is what every [SyntaxError] is.
	ErrSyntax = errors.New("template syntax")
)

// Code sorts syntax errors for findings.
type Code uint8

// The codes of syntax errors.
const (
	CodeOther       Code = iota
	CodeUnbalanced       // #end, parenthesis or quote is missing, or one too many
	CodeNull             // null as a literal
	CodeUnsupported      // a directive of Velocity that transforms do not support
	CodeLimit            // too deeply nested, too involved
)

// SyntaxError says where a template cannot be understood. Line and Column
// count from 1, Column in characters; Offset is in bytes.
type SyntaxError struct {
	Line, Column, Offset int
	Code                 Code
	Msg                  string
}

// Error gives message and place.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("%s [line %d, column %d]", e.Msg, e.Line, e.Column)
}

// Is makes every syntax error an [ErrSyntax].
func (e *SyntaxError) Is(target error) bool { return target == ErrSyntax }

// RenderError says which reference failed in an evaluation, and where. Kind is
// [ErrInvalidReference] or [ErrMethod]; Err the cause if there is one.
type RenderError struct {
	Kind         error
	Reference    string // as in the template, with the part that failed last
	Msg          string // what happened; empty for a null reference
	Line, Column int
	Err          error
}

// Error gives kind, reference and place.
func (e *RenderError) Error() string {
	s := e.Kind.Error() + " " + e.Reference
	if e.Msg != "" {
		s += ": " + e.Msg
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return fmt.Sprintf("%s [line %d, column %d]", s, e.Line, e.Column)
}

// Unwrap gives kind and cause.
func (e *RenderError) Unwrap() []error {
	if e.Err == nil {
		return []error{e.Kind}
	}
	return []error{e.Kind, e.Err}
}

func syntaxErrorf(src string, offset int, code Code, format string, args ...any) *SyntaxError {
	line, column := place(src, offset)
	return &SyntaxError{Line: line, Column: column, Offset: offset, Code: code, Msg: fmt.Sprintf(format, args...)}
}

// place counts lines and characters up to offset.
func place(src string, offset int) (line, column int) {
	line = 1
	start := 0
	for i := 0; i < offset; i++ {
		if src[i] == '\n' || src[i] == '\r' && (i+1 == len(src) || src[i+1] != '\n') {
			line++
			start = i + 1
		}
	}

	return line, utf8.RuneCountInString(src[start:offset]) + 1
}

func quote(s string) string { return strconv.Quote(s) }
