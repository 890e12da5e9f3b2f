package nonemployee

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
)

// Code is the detail code of an error, with its text, as the API sends it.
type Code string

// The detail codes of the API.
const (
	CodeContent   Code = "400.1 Bad Request Content"
	CodeRequired  Code = "400.1.0 Required Data Missing Or Empty"
	CodeUpdate    Code = "400.1.1 Illegal update attempt"
	CodeLength    Code = "400.1.2 Value length out of range"
	CodeIllegal   Code = "400.1.3 Illegal value"
	CodeLimit     Code = "400.1.4 Limit violation"
	CodeReference Code = "400.1.404 Referenced object not found"
	CodeConflict  Code = "400.1.409 Reference conflict"
	CodeForbidden Code = "403 Forbidden"
	CodeNotFound  Code = "404 Not found"
)

// Errors that a store returns and callers may test with errors.Is.
var (
	// ErrNotFound: no object has that id or unique key. An [*Error] with
	// [CodeNotFound] matches it as well.
	ErrNotFound = errors.New("object not found")
	// ErrConflict: an object changed since it was read, exists already, or another
	// object holds its unique key. Nothing of the commit was stored.
	ErrConflict = errors.New("object changed meanwhile")
	// ErrForbidden: the actor has no right to the call.
	ErrForbidden = errors.New("not allowed for this actor")
)

// Error is a refused call. Text is meant for the person who made the call: it may hold
// personal values and belongs in the answer, not in a log.
type Error struct {
	Code     Code
	Text     string
	Problems []Problem // of an import, in file order
}

// Error gives the detail code and the text.
func (e *Error) Error() string { return string(e.Code) + ": " + e.Text }

// Status is the HTTP status of the error.
func (e *Error) Status() int {
	switch e.Code {
	case CodeForbidden:
		return http.StatusForbidden
	case CodeNotFound:
		return http.StatusNotFound
	}
	return http.StatusBadRequest
}

// Is matches [ErrNotFound] and [ErrForbidden], and any *Error of the same code whose
// text is empty.
func (e *Error) Is(target error) bool {
	switch target {
	case ErrNotFound:
		return e.Code == CodeNotFound
	case ErrForbidden:
		return e.Code == CodeForbidden
	}
	t, ok := target.(*Error)
	return ok && t.Code == e.Code && t.Text == ""
}

// LogValue gives the code alone: the text may hold personal values.
func (e *Error) LogValue() slog.Value { return slog.StringValue(string(e.Code)) }

func refuse(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Text: fmt.Sprintf(format, args...)}
}

func forbidden(what string) *Error {
	return refuse(CodeForbidden, "the actor may not %s", what)
}

func notFound(what, id string) *Error {
	return refuse(CodeNotFound, "no %s has the id %q", what, id)
}

// Problem is one thing wrong in an imported file.
type Problem struct {
	Line   int    // physical line where the row begins, from 1
	Column int    // number of the field, from 1; 0 for the whole row
	Name   string // technical name of the column, if it is known
	Text   string
}

// String gives "line 7: column 8 (endDate): text".
func (p Problem) String() string {
	switch {
	case p.Column == 0:
		return fmt.Sprintf("line %d: %s", p.Line, p.Text)
	case p.Name == "":
		return fmt.Sprintf("line %d: column %d: %s", p.Line, p.Column, p.Text)
	}
	return fmt.Sprintf("line %d: column %d (%s): %s", p.Line, p.Column, p.Name, p.Text)
}

func importError(code Code, problems []Problem) *Error {
	lines := make([]string, len(problems))
	for i, p := range problems {
		lines[i] = p.String()
	}
	return &Error{Code: code, Text: strings.Join(lines, "\n"), Problems: problems}
}

// Warning is something that does not stop a call but deserves a look.
type Warning struct {
	Code string `json:"code"` // stable, kebab-case
	Path string `json:"path"` // attribute or object it is about
	Text string `json:"text"`
}
