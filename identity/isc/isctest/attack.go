package isctest

import (
	"regexp"
	"strings"
	"testing"
)

// forged is what a line would be taken for that a client has written.
const forged = "FORGED"

// Attack is a text that gives commands to a terminal, turns the direction of writing, and
// goes on in a line of its own.
const Attack = "x\x1b[31m\u009b2J\u202e\u2066\x7f\r\n" + forged + ": all is well\u2028" + forged + "`|<b>*"

// obeyed are characters that a terminal obeys: all controls but line end and tab, the
// marks of direction, and the other line ends of Unicode.
var obeyed = regexp.MustCompile("[\x00-\x08\x0b-\x1f\x7f\u0080-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]")

// CheckObeyed reports characters of a text that a terminal obeys; where names the text.
func CheckObeyed(t testing.TB, where, text string) {
	t.Helper()
	if at := obeyed.FindStringIndex(text); at != nil {
		t.Errorf("%s has %q in %q", where, text[at[0]:at[1]], text[max(0, at[0]-80):min(len(text), at[1]+40)])
	}
}

// CheckForged reports lines of a text, behind their indent, that an [Attack] has written.
func CheckForged(t testing.TB, where, text string) {
	t.Helper()
	for line := range strings.Lines(text) {
		if strings.HasPrefix(strings.TrimSpace(line), forged) {
			t.Errorf("%s has the line %q", where, line)
		}
	}
}

// Reached reports whether an [Attack] stands in a text.
func Reached(text string) bool { return strings.Contains(text, forged) }
