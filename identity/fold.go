package identity

import (
	"unicode"
	"unicode/utf8"
)

// Fold returns a form of s that two texts share exactly when they are equal for
// Java's String.equalsIgnoreCase: each character in upper case, then in lower
// case, without regard to language or neighbours.
//
// Source: java.lang.String, JDK 17.
func Fold(s string) string {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c >= utf8.RuneSelf || c >= 'A' && c <= 'Z' {
			return string(AppendFold(make([]byte, 0, len(s)+8), s))
		}
	}

	return s
}

// AppendFold appends [Fold] of s. Bytes that are not UTF-8 stay as they are.
func AppendFold(dst []byte, s string) []byte {
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if c >= 'A' && c <= 'Z' {
				c += 'a' - 'A'
			}
			dst = append(dst, c)
			i++
			continue
		}

		r, size := utf8.DecodeRuneInString(s[i:])

		// What is no UTF-8 has no case and stays as it is, so that two damaged texts are equal only
		// when their bytes are.
		if r == utf8.RuneError {
			dst = append(dst, s[i:i+size]...)
		} else {
			dst = utf8.AppendRune(dst, foldRune(r))
		}

		i += size
	}

	return dst
}

func foldRune(r rune) rune {
	switch {
	case r == 0x2C2F, r == 0xA7C0, r == 0xA7D0, r == 0xA7D6, r == 0xA7D8, r >= 0x10570 && r <= 0x10595:
		return r // letters that got their case after JDK 17
	}

	return unicode.ToLower(unicode.ToUpper(r))
}
