package javaregex

import (
	"errors"
	"fmt"
	"strconv"
	"unicode/utf8"
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
	return fmt.Sprintf("invalid regular expression %s: %s at byte %d", quote(e.Pattern), e.Msg, e.Offset)
}

// ReplacementError says why Java would refuse a replacement text.
type ReplacementError struct {
	Text   string // the whole replacement
	Offset int    // where the fault was noticed, in bytes of Text
	Msg    string // what is wrong
	cause  error
}

func (e *ReplacementError) Error() string {
	return fmt.Sprintf("invalid replacement %s: %s at byte %d", quote(e.Text), e.Msg, e.Offset)
}

// Unwrap gives [ErrNoGroup] where the fault is a missing numbered group.
func (e *ReplacementError) Unwrap() error { return e.cause }

// maxQuote is how many letters of a text a message holds.
const maxQuote = 200

// quote quotes the beginning of a text: a message is repeated for every identity.
func quote(s string) string {
	if utf8.RuneCountInString(s) > maxQuote {
		return strconv.Quote(string([]rune(s)[:maxQuote])) + "..."
	}
	return strconv.Quote(s)
}
