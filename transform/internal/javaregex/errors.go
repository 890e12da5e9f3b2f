package javaregex

import (
	"errors"
	"fmt"
)

// ErrNoGroup is in the chain of a [ReplacementError] for a numbered group that
// the expression does not have. Java throws IndexOutOfBoundsException for it
// and IllegalArgumentException for every other fault of a replacement.
var ErrNoGroup = errors.New("no such group")

// SyntaxError says why Java would refuse an expression.
type SyntaxError struct {
	Pattern string // the whole expression
	Offset  int    // where the fault was noticed, in bytes of Pattern
	Msg     string // what is wrong
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("invalid regular expression %q: %s at byte %d", e.Pattern, e.Msg, e.Offset)
}

// ReplacementError says why Java would refuse a replacement text.
type ReplacementError struct {
	Text   string // the whole replacement
	Offset int    // where the fault was noticed, in bytes of Text
	Msg    string // what is wrong
	cause  error
}

func (e *ReplacementError) Error() string {
	return fmt.Sprintf("invalid replacement %q: %s at byte %d", e.Text, e.Msg, e.Offset)
}

// Unwrap gives [ErrNoGroup] where the fault is a missing numbered group.
func (e *ReplacementError) Unwrap() error { return e.cause }
