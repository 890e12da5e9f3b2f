package rule

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/types"
	"github.com/expr-lang/expr/vm"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/transform"
)

// Object is something whose attributes an expression reads by name; null for
// what is not set.
type Object interface {
	Attribute(name string) identity.Value
}

// Names says what an expression may use: objects have attributes, values are
// plain. They are handed to [Program.Value] in the same order.
type Names struct {
	Objects []string
	Values  []string
}

// Read is an attribute that an expression reads. Name is empty when it is
// computed, so that any attribute may be read.
type Read struct{ Object, Name string }

// Program is a compiled expression. It is immutable and safe for concurrent use.
type Program struct {
	name    string
	code    *vm.Program
	names   Names
	limits  Limits
	reads   []Read
	pool    sync.Pool
	account bool
}

// Compile compiles an expression. The name serves messages. An error is an
// [*Error] with line and column.
func Compile(name, source string, names Names, l Limits) (*Program, error) {
	return compile(name, source, names, l, false)
}

func compile(name, source string, names Names, l Limits, account bool) (p *Program, err error) {
	if len(source) > MaxSource {
		return nil, &Error{Name: name, Line: 1, Column: 1,
			Err: fmt.Errorf("the expression has %d bytes, at most %d are allowed", len(source), MaxSource)}
	}

	defer func() { // the compiler of the language panics on some malformed input
		if r := recover(); r != nil {
			p, err = nil, &Error{Name: name, Line: 1, Column: 1,
				Err: fmt.Errorf("the expression cannot be compiled: %v", r)}
		}
	}()

	v := &patcher{names: names, account: account}
	env := types.Map{runName: types.TypeOf((*budget)(nil))}
	for _, value := range names.Values {
		env[value] = types.Any
	}

	// Nothing of the language's own functions is there, but for predicates over lists; ours have
	// budgets.
	options := []expr.Option{expr.Env(env), expr.DisableAllBuiltins(), expr.AsAny(), expr.Patch(v)}
	for _, predicate := range predicates {
		options = append(options, expr.EnableBuiltin(predicate))
	}

	for fn, f := range functions {
		options = append(options, expr.Function(fn, f.call))
	}

	code, err := expr.Compile(source, options...)

	// Names that were open until now are judged: our finding names what was meant.
	if v.finish(); v.err != nil {
		return nil, located(name, source, v.err)
	}
	if err != nil {
		return nil, located(name, source, err)
	}

	return &Program{name: name, code: code, names: names, limits: l.orDefaults(), reads: v.sortedReads(),
		account: account}, nil
}

// Reads returns the attributes that the expression reads, in alphabetical order.
func (p *Program) Reads() []Read { return slices.Clone(p.reads) }

// runner is the memory of one evaluation.
type runner struct {
	vm     vm.VM
	env    map[string]any
	budget budget
}

// Value evaluates the expression. The result is null, a text, a whole number, a
// truth value or a list of these; anything else is an error. Missing objects
// have no attributes, missing values are null. Errors are of type [*Error];
// errors.Is finds [transform.ErrLimit].
func (p *Program) Value(objects []Object, values ...identity.Value) (identity.Value, error) {
	out, err := p.run(objects, values)
	if err != nil {
		return identity.Value{}, located(p.name, "", err)
	}

	v, err := fromAny(out, 0)
	if err != nil {
		return identity.Value{}, &Error{Name: p.name, Err: err}
	}
	return v, nil
}

// Bool evaluates the expression as a condition: nil is false, anything but a
// truth value an error.
func (p *Program) Bool(objects []Object, values ...identity.Value) (bool, error) {
	out, err := p.run(objects, values)
	if err != nil {
		return false, located(p.name, "", err)
	}

	switch b := out.(type) {
	case nil:
		return false, nil
	case bool:
		return b, nil
	}

	return false, &Error{Name: p.name,
		Err: fmt.Errorf("%w: the condition gives %s, expected true or false", transform.ErrFormat, describe(out))}
}

func (p *Program) run(objects []Object, values []identity.Value) (any, error) {
	r, ok := p.pool.Get().(*runner)
	if !ok {
		r = &runner{env: make(map[string]any, len(p.names.Values)+1)}
		r.env[runName] = &r.budget
	}

	// Runners are used again, each by one goroutine at a time.
	r.budget.steps, r.budget.output, r.budget.items = p.limits.Steps, p.limits.Output, p.limits.Items
	r.budget.objects = objects
	var err error
	for i, name := range p.names.Values {
		var v any
		if i < len(values) {
			if v, err = toAny(values[i], &r.budget); err != nil {
				return nil, err
			}
		}

		r.env[name] = v
	}

	// Memory is bounded by items, at what the machine takes for each.
	r.vm.MemoryBudget = uint(p.limits.Items) * 16
	out, err := r.vm.Run(p.code, r.env)
	r.budget.objects = nil
	p.pool.Put(r)
	return out, err
}

// Error is what is wrong with an expression, or with its evaluation. Line and
// Column count from 1, columns in characters; 0 means that they are not known.
type Error struct {
	Name         string
	Line, Column int
	Err          error
}

// Error returns the name, the place and the cause in one line.
func (e *Error) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("rule %q: %v", e.Name, e.Err)
	}
	return fmt.Sprintf("rule %q, line %d, column %d: %v", e.Name, e.Line, e.Column, e.Err)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// located turns an error of the language into ours.
func located(name, source string, err error) error {
	var at *file.Error
	if !errors.As(err, &at) {
		return &Error{Name: name, Err: plainError(err)}
	}
	if at.Line == 0 && source != "" {
		at = at.Bind(file.NewSource(source))
	}
	e := &Error{Name: name, Line: at.Line, Column: at.Column + 1, Err: plainError(at.Prev)}
	if e.Err == nil {
		e.Err = errors.New(lowerFirst(plainMessage(at.Message)))
	}
	return e
}

// plainError takes the names of Go types out of an error.
func plainError(err error) error {
	if err == nil {
		return nil
	}
	if plain := plainMessage(err.Error()); plain != err.Error() {
		return errors.New(plain)
	}
	return err
}

func lowerFirst(s string) string {
	if s == "" || len(s) > 1 && s[1] >= 'A' && s[1] <= 'Z' {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}
