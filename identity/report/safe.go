package report

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// OneLine is a text as a terminal, a log or a page may show it, in one line: control characters
// become their pictures (a line end ␊), marks that turn the direction of writing and bytes that
// are no UTF-8 become U+FFFD. Account data come from elsewhere and must neither give commands to a
// terminal nor look like lines of the program.
func OneLine(s string) string {
	clean := true
	for _, r := range s {
		if r < 0x20 || r >= 0x7F {
			clean = false
			break
		}
	}

	if clean {
		return s
	}
	return strings.ReplaceAll(visible(s), "\n", "\u240A")
}

// Quote is the beginning of a text of at most 200 letters, as one line, for messages that say what
// was found.
func Quote(s string) string {
	const most = 200
	if utf8.RuneCountInString(s) <= most {
		return OneLine(s)
	}
	return OneLine(string([]rune(s)[:most-1])) + "…"
}

// Raw is a text that [Fprintf] writes as it is: one with colours, or one that is safe already.
type Raw string

// shown formats a value and makes the outcome safe.
type shown struct{ value any }

// Format implements [fmt.Formatter].
func (s shown) Format(f fmt.State, verb rune) {
	_, _ = io.WriteString(f, OneLine(fmt.Sprintf(fmt.FormatString(f, verb), s.value)))
}

// safely makes arguments of fmt safe, apart from those that cannot hold a text.
func safely(args []any) []any {
	list := make([]any, len(args))
	for i, a := range args {
		switch a := a.(type) {
		case Raw:
			list[i] = string(a)
		case int, int64, int32, uint64, float64, bool, byte:
			list[i] = a
		default:
			list[i] = shown{a}
		}
	}

	return list
}

// Fprintf is [fmt.Fprintf] for people: what the arguments hold is written by [OneLine].
func Fprintf(w io.Writer, format string, args ...any) (int, error) {
	return fmt.Fprintf(w, format, safely(args)...)
}

// Fprintln is [fmt.Fprintln] for people: what the arguments hold is written by [OneLine].
func Fprintln(w io.Writer, args ...any) (int, error) { return fmt.Fprintln(w, safely(args)...) }
