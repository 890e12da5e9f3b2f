package javatext

import (
	"strings"
	"unicode"
)

// IsWhitespace reports whether a character is white space: the separators of
// Unicode without the three that do not break a line, and the control
// characters from tab to carriage return and from U+001C to U+001F.
//
// Source: java.lang.Character, isWhitespace.
func IsWhitespace(r rune) bool {
	switch {
	case r >= '\t' && r <= '\r', r >= 0x1C && r <= 0x1F, r == ' ':
		return true
	case r < 0x80 || r == 0xA0 || r == 0x2007 || r == 0x202F:
		return false
	}

	return unicode.In(r, unicode.Zs, unicode.Zl, unicode.Zp)
}

// Strip removes white space at both ends, see [IsWhitespace].
//
// Source: java.lang.String, strip (Java 11).
func Strip(s string) string { return strings.TrimFunc(s, IsWhitespace) }

// StripLeading is [Strip] at the front alone.
func StripLeading(s string) string { return strings.TrimLeftFunc(s, IsWhitespace) }

// StripTrailing is [Strip] at the end alone.
func StripTrailing(s string) string { return strings.TrimRightFunc(s, IsWhitespace) }
