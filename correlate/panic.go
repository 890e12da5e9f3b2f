package correlate

import (
	"fmt"
	"runtime/debug"

	"github.com/idprofile/engine/correlate/internal/join"
)

// PanicError is the error of a call in which code of the host has panicked: a rule, an
// order of identities, or what reads their values. It runs on several goroutines, where
// the host could not recover.
type PanicError struct {
	Place string // what was being done
	Value any    // of the panic
	Stack []byte
}

// Error says where it was and what the panic said.
func (e *PanicError) Error() string { return fmt.Sprintf("%s: panic: %v", e.Place, e.Value) }

// Unwrap returns the value of the panic when it is an error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// recovered makes an error of a panic of the function that defers it, which then has
// no result.
func recovered[T any](place string, result **T, err *error) {
	switch v := recover().(type) {
	case nil:
		return
	case *join.Panic:
		*err = &PanicError{Place: place, Value: v.Value, Stack: v.Stack}
	default:
		*err = &PanicError{Place: place, Value: v, Stack: debug.Stack()}
	}

	*result = nil
}
