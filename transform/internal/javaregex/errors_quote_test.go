package javaregex

import (
	"strings"
	"testing"
)

// A message holds the beginning of a long pattern, and all of a short one.
func TestErrorQuotes(t *testing.T) {
	for _, pattern := range []string{"(", strings.Repeat("a", 400_000)} {
		text := (&SyntaxError{Pattern: pattern, Msg: "unclosed group"}).Error()
		if len(text) > 300 || !strings.Contains(text, pattern[:1]) || !strings.HasSuffix(text, "unclosed group at byte 0") {
			t.Errorf("%d bytes: %.80s", len(text), text)
		}
	}
}
