package main

import (
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"github.com/jedib0t/go-pretty/v6/text"
	"golang.org/x/term"

	"github.com/idprofile/engine/identity/report"
)

// colored reports whether to print colours: on a terminal, unless NO_COLOR is set
// to anything.
func colored(terminal bool, getenv func(string) string) bool {
	return terminal && getenv("NO_COLOR") == ""
}

func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	if err != nil || info.Mode()&os.ModeCharDevice == 0 || os.Getenv("TERM") == "dumb" {
		return false
	}
	null, err := os.Stat(os.DevNull) // a device too, and no terminal
	return err != nil || !os.SameFile(info, null)
}

// widthOf is the number of columns of a terminal, 0 for what is none.
func widthOf(f *os.File) int {
	if !isTerminal(f) {
		return 0
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil || width < minWidth {
		return 0
	}
	return width
}

// minWidth is the narrowest terminal that lines are fitted to.
const minWidth = 40

// paint colours a text where colours are shown.
func (a *app) paint(c text.Color, s string) string {
	if !a.color {
		return s
	}
	return text.Escape(s, c.EscapeSeq())
}

// colours are those of the roles of a text.
var colours = map[report.Role]text.Color{
	report.Heading: text.Bold, report.Before: text.FgRed, report.After: text.FgGreen,
	report.Good: text.FgGreen, report.Bad: text.FgRed, report.Warn: text.FgYellow, report.Dim: text.Faint,
}

// style is how reports of the library look; nil where no colours are shown.
func (a *app) style() report.Paint {
	if !a.color {
		return nil
	}
	return func(role report.Role, s string) string { return a.paint(colours[role], s) }
}

// verdict ends the answer of a command: how it went, in one line.
func (a *app) verdict(w io.Writer, role report.Role, format string, args ...any) {
	line := new(strings.Builder)
	report.Fprintf(line, format, args...)
	report.Fprintf(w, "\n%s\n", report.Raw(a.paint(colours[role], line.String())))
}

// fitted breaks long lines at blanks, so that the next line begins further in than the
// line did. It is for people: what programs read is never fitted.
type fitted struct {
	w     io.Writer
	width int

	column  int // where the line is
	indent  int // blanks that it began with
	began   bool
	blanks  int             // that wait for the next word
	word    strings.Builder // that has no end yet
	letters int             // columns of the word
	escape  bool            // within a sequence that colours
	digit   bool            // the word ends with one
	unit    bool            // a blank after a digit waits for what comes: a % belongs to the number
	rest    []byte          // the beginning of a character whose end is not there yet
	err     error
}

// hang is how much further in a broken line goes on.
const hang = 4

// Write implements [io.Writer]. A word is written when its end is there, or by Flush.
func (f *fitted) Write(p []byte) (int, error) {
	f.rest = append(f.rest, p...)
	for utf8.FullRune(f.rest) {
		r, n := utf8.DecodeRune(f.rest)
		f.rune(r)
		f.rest = f.rest[n:]
	}

	return len(p), f.err
}

func (f *fitted) rune(r rune) {
	switch {
	case r == '\n':
		f.endUnit()
		f.flush()
		f.emit("\n")
		f.column, f.indent, f.began, f.blanks = 0, 0, false, 0
	case f.unit && r == '%': // a number and its unit are one word
		f.word.WriteString(" %")
		f.letters += 2
		f.unit = false
	case f.unit:
		f.endUnit()
		f.rune(r)
	case f.escape || r == '\x1b':
		f.escape = r != 'm'
		f.word.WriteRune(r)
	case r == ' ' && f.digit:
		f.unit, f.digit = true, false
	case r == ' ' && !f.began && f.letters == 0:
		f.indent++
		f.blanks++
	case r == ' ':
		f.flush()
		f.blanks++
	default:
		f.word.WriteRune(r)
		f.letters += report.DisplayWidth(string(r))
		f.digit = '0' <= r && r <= '9'
	}
}

// flush writes the word, in a new line where it does not fit.
func (f *fitted) flush() {
	if f.word.Len() == 0 {
		return
	}
	within := max(0, min(f.indent+hang, f.width/2))
	if f.began && f.letters > 0 && f.column+f.blanks+f.letters > f.width && within+f.letters <= max(f.width, f.column) {
		f.emit("\n" + strings.Repeat(" ", within))
		f.column, f.blanks = within, 0
	}

	f.emit(strings.Repeat(" ", f.blanks) + f.word.String())
	f.column += f.blanks + f.letters
	f.began = f.began || f.letters > 0
	f.blanks, f.letters = 0, 0
	f.word.Reset()
}

// endUnit ends the wait for a unit: none came.
func (f *fitted) endUnit() {
	if f.unit {
		f.unit = false
		f.flush()
		f.blanks++
	}
	f.digit = false
}

func (f *fitted) emit(s string) {
	if f.err == nil {
		_, f.err = io.WriteString(f.w, s)
	}
}

// Flush writes what waits, such as a question that has no end of line.
func (f *fitted) Flush() error {
	f.endUnit()
	f.flush()
	f.emit(strings.Repeat(" ", f.blanks))
	f.column += f.blanks
	f.blanks = 0
	return f.err
}

// unfitted is the same app with lines that stay as they are: what programs read, and patches,
// must not be broken because somebody looks at them first.
func (a *app) unfitted() *app {
	f, ok := a.out.(*fitted)
	if !ok {
		return a
	}
	a.flush()
	to := *a
	to.out, to.width = f.w, 0
	return &to
}

// flush writes what waits to be fitted to the terminal, before an answer is read.
func (a *app) flush() {
	if f, ok := a.out.(*fitted); ok {
		_ = f.Flush() // what cannot be written is seen at the end
	}
}
