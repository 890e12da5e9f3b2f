package transform

import (
	"errors"
	"log/slog"
	"slices"

	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/transform/internal/limit"
)

// What went wrong in an evaluation; use [errors.Is]. The texts are part of the
// messages and may change.
var (
	ErrConfig   = errors.New("the transform cannot be evaluated as it is configured")
	ErrNoMatch  = errors.New("no match")
	ErrRange    = errors.New("out of range")
	ErrFormat   = errors.New("wrong format")
	ErrNull     = errors.New("null value")
	ErrTemplate = errors.New("Error rendering template") // the platform's own text
	ErrCycle    = errors.New("cycle of references")
	ErrUnknown  = errors.New("unknown name")
	ErrRule     = errors.New("rule failed")
	// ErrNoScope: [Program.Eval] was called without the memory that it works in.
	ErrNoScope = errors.New("there is no scope (Unit.NewScope makes one)")
	// ErrLimit: the evaluation took more steps, produced more text or is nested
	// deeper than [Limits] allow.
	ErrLimit = limit.Err
)

// Error is an evaluation error with the path to the node that raised it.
type Error struct {
	Path diag.Path // from the outermost named thing to the failing node
	Op   string    // type of the failing operation; empty for templates and literals
	Err  error
}

// Error returns the path, the operation and the cause.
func (e *Error) Error() string {
	text := e.Err.Error()
	if e.Op != "" {
		text = e.Op + ": " + text
	}
	if len(e.Path) > 0 {
		text = e.Path.String() + ": " + text
	}
	return text
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// LogValue leaves out the cause's text, which can hold personal values.
func (e *Error) LogValue() slog.Value {
	// The kind of the error is known without its text.
	kind := "other"
	for _, known := range []error{ErrConfig, ErrNoMatch, ErrRange, ErrFormat, ErrNull, ErrTemplate, ErrCycle, ErrUnknown,
		ErrRule, ErrLimit} {
		if errors.Is(e.Err, known) {
			kind = known.Error()
			break
		}
	}

	return slog.GroupValue(slog.String("path", e.Path.String()), slog.String("op", e.Op), slog.String("cause", kind))
}

// pathError gathers its steps while the stack unwinds, innermost first, so that
// success pays nothing for paths.
type pathError struct {
	steps []diag.Step
	op    string
	err   error
}

func (e *pathError) Error() string { return e.err.Error() }
func (e *pathError) Unwrap() error { return e.err }

// under adds the step that led to the failing node. It stays out of line, so that evaluating
// without errors needs little code and stack.
//
//go:noinline
func under(site *Site, err error) error {
	p, ok := err.(*pathError)
	if !ok {
		p = &pathError{op: site.Type, err: err}
	}
	if site.Step != (diag.Step{}) {
		p.steps = append(p.steps, site.Step)
	}
	return p
}

// located turns a gathered error into the exported form.
func located(base diag.Path, err error) error {
	if err == nil {
		return nil
	}

	p, ok := err.(*pathError)
	if !ok {
		return &Error{Path: base, Err: err}
	}

	// The steps came from the inside to the outside.
	path := slices.Concat(base, p.steps)
	slices.Reverse(path[len(base):])
	return &Error{Path: path, Op: p.op, Err: p.err}
}
