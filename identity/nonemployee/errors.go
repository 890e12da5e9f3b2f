package nonemployee

import (
	"errors"
	"fmt"
	"strings"

	"github.com/idprofile/engine/identity/isc"
)

// Errors that a store returns and callers may test with errors.Is.
var (
	// ErrNotFound: no object has that id or unique key. An [*isc.Error] that says so
	// matches it as well.
	ErrNotFound = errors.New("object not found")
	// ErrConflict: an object changed since it was read, exists already, or another
	// object holds its unique key. Nothing of the commit was stored.
	ErrConflict = errors.New("object changed meanwhile")
	// ErrForbidden: the actor has no right to the call. An [*isc.Error] that says so
	// matches it as well.
	ErrForbidden = errors.New("not allowed for this actor")
)

func forbidden(what string) *isc.Error {
	err := isc.Refuse(isc.CodeForbidden, "the actor may not %s", what)
	err.Err = ErrForbidden
	return err
}

func notFound(what, id string) *isc.Error {
	err := isc.Refuse(isc.CodeNotFound, "no %s has the id %q", what, id)
	err.Err = ErrNotFound
	return err
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

// maxProblems bounds what an answer says about one file; the rest is counted.
const maxProblems = 1_000

// Problems is what is wrong in an imported file. It is the error behind the
// [*isc.Error] of an import: errors.As finds it.
type Problems struct {
	List []Problem // in file order, at most 1,000
	More int       // how many there are besides
}

// Error gives one line for each problem.
func (p *Problems) Error() string {
	lines := make([]string, len(p.List), len(p.List)+1)
	for i, problem := range p.List {
		lines[i] = problem.String()
	}
	if p.More > 0 {
		lines = append(lines, fmt.Sprintf("and %d more problems", p.More))
	}
	return strings.Join(lines, "\n")
}

// add notes a problem, or counts it when there are enough. A file may hold one for
// each of its cells, and an answer that is larger than the file helps nobody.
func (p *Problems) add(problem Problem) {
	if len(p.List) < maxProblems {
		p.List = append(p.List, problem)
		return
	}

	p.More++
}

func (p *Problems) empty() bool { return len(p.List) == 0 }

func importError(code isc.Code, problems *Problems) *isc.Error {
	err := isc.Refuse(code, "%s", problems.Error())
	err.Err = problems
	return err
}

// oneProblem is the refusal of a file for one reason.
func oneProblem(code isc.Code, line int, format string, args ...any) *isc.Error {
	return importError(code, &Problems{List: []Problem{{Line: line, Text: fmt.Sprintf(format, args...)}}})
}

// Warning is something that does not stop a call but deserves a look.
type Warning struct {
	Code string `json:"code"` // stable, kebab-case
	Path string `json:"path"` // attribute or object it is about
	Text string `json:"text"`
}
