package profile

import (
	"cmp"
	"fmt"
	"runtime/debug"
)

// PanicError is the error of a run in which a rule, an operation or a hook of the host has
// panicked on a goroutine of the run. There the host could not recover, so it would end.
type PanicError struct {
	Place string // what was being done, such as: evaluate identity "ann"
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

// guard calls do, and makes a panic an error.
func guard(place func() string, do func()) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &PanicError{Place: place(), Value: v, Stack: debug.Stack()}
		}
	}()
	do()
	return nil
}

// fail keeps the first error of several goroutines.
func (t *tables) fail(err error) {
	if err != nil {
		t.failed.CompareAndSwap(nil, &err)
	}
}

// failure returns the error of a goroutine, or that of the context.
func (t *tables) failure() error {
	if err := t.failed.Load(); err != nil {
		return *err
	}
	if t.accounts != nil {
		if err := cmp.Or(t.accounts.Err(), t.outline.failure()); err != nil {
			return fmt.Errorf("stored state: %w", err)
		}
	}
	return t.ctx.Err()
}
