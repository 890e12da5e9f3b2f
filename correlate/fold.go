package correlate

import (
	"strings"
	"unicode"
)

// Fold returns the form in which two texts are equal when Java's
// equalsIgnoreCase says so.
func Fold(s string) string {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c >= 0x80 || c >= 'A' && c <= 'Z' {
			return strings.Map(foldRune, s)
		}
	}
	return s
}

// foldRune maps a character as equalsIgnoreCase compares it: to upper case,
// then to lower case; characters beyond the basic plane are not folded, since
// Java compares UTF-16 units.
func foldRune(r rune) rune {
	if r > 0xFFFF {
		return r
	}
	u := unicode.ToUpper(r)
	if u > 0xFFFF {
		u = r
	}
	if l := unicode.ToLower(u); l <= 0xFFFF {
		return l
	}
	return u
}
