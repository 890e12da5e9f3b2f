package javatext

import (
	"bytes"
	"unicode"
	"unicode/utf8"
)

// NormalizeNames capitalises names as the operation normalizeNames does; ok is
// false for blank text, which gives null.
//
// Every part between blanks, hyphens and apostrophes gets a capital. After Mc
// and Mac at the start of a part, the next character is a capital and the rest
// up to the next blank is not (McEwan, Mac-donalds). Particles become lower case
// (de la Mare), II, III and IV upper case, and Mc joins the word after it.
//
// Source: ISC operation "Name Normalizer" and the published rule of that name,
// which uses WordUtils of Apache Commons Lang 2 and regular expressions.
func NormalizeNames(s string) (name string, ok bool) {
	s = Trim(s)
	if s == "" {
		return "", false
	}

	var low, out [96]byte
	b := appendCapitalized(out[:0], AppendLower(low[:0], s))

	// The order is that of the published rule: capitals, whole words, then Mc.
	replaceWords(b)
	b = joinMc(b)
	if string(b) == s {
		return s, true
	}
	return string(b), true
}

// appendCapitalized appends lower-case text with its capitals.
func appendCapitalized(dst, low []byte) []byte {
	capital, mac := true, false
	for len(low) > 0 {
		c := low[0]
		switch {
		case c == ' ':
			capital, mac = true, false
		case capital:
			// Behind Mc and Mac one more capital follows, and then none up to the next blank.
			n := macLength(low)
			if n > 0 && !mac {
				dst = append(dst, 'M')
				dst, low = append(dst, low[1:n]...), low[n:]
				mac = true
				continue
			}

			var isDelimiter bool
			if dst, low, isDelimiter = appendTitle(dst, low); !isDelimiter || mac {
				capital = false
			}
			continue

		case !mac && (c == '-' || c == '\''):
			capital = true
		}

		dst, low = append(dst, c), low[1:]
	}

	return dst
}

// macLength returns the length of the "mc" or "mac" that low starts with, else 0.
func macLength(low []byte) int {
	switch {
	case low[0] != 'm' || len(low) < 2:
		return 0
	case low[1] == 'c':
		return 2
	case low[1] == 'a' && len(low) > 2 && low[2] == 'c':
		return 3
	}

	return 0
}

// appendTitle appends the first character of low in title case and returns the
// rest. Like WordUtils, it knows no characters beyond U+FFFF.
func appendTitle(dst, low []byte) (out, rest []byte, isDelimiter bool) {
	c := low[0]
	if c < utf8.RuneSelf {
		if c-'a' < 26 {
			c ^= 0x20
		}
		return append(dst, c), low[1:], c == '-' || c == '\''
	}

	// Characters beyond U+FFFF are two units to WordUtils, neither of which has a capital.
	r, size := utf8.DecodeRune(low)
	if size == 2 || size == 3 {
		return utf8.AppendRune(dst, simpleTitle(r)), low[size:], false
	}
	return append(dst, low[:size]...), low[size:], false
}

// replaceWords changes the case of the words that are not capitalised like names.
func replaceWords(b []byte) {
	for i := 0; i < len(b); i++ {
		to := fixedWord(b[i:])
		if to != "" && !wordBefore(b, i) && !wordAt(b, i+len(to)) {
			copy(b[i:], to)
		}
	}
}

// fixedWord returns the spelling of such a word when b starts with it and goes on
// with something else than an ASCII letter.
func fixedWord(b []byte) string {
	if c := b[0] - 'D'; c > 'Y'-'D' {
		return ""
	}

	n := 1
	for n < len(b) && n < 4 && b[n]-'a' < 26 {
		n++
	}

	// These are all that the published rule has.
	switch string(b[:n]) {
	case "Von":
		return "von"
	case "Del":
		return "del"
	case "Of":
		return "of"
	case "De":
		return "de"
	case "La":
		return "la"
	case "Y":
		return "y"
	case "Iv":
		return "IV"
	case "Iii":
		return "III"
	case "Ii":
		return "II"
	}

	return ""
}

// joinMc removes the blank between the word Mc and another word.
func joinMc(b []byte) []byte {
	if !bytes.Contains(b, []byte("Mc ")) {
		return b
	}

	out := make([]byte, 0, len(b))
	for i := range b {
		// Only as a word, and only in front of one.
		blank := b[i] == ' ' && i >= 2 && b[i-1] == 'c' && b[i-2] == 'M'
		if !blank || wordBefore(b, i-2) || !wordAt(b, i+1) {
			out = append(out, b[i])
		}
	}

	return out
}

// wordAt reports whether a word character stands at byte i of b, as \b sees it.
func wordAt(b []byte, i int) bool {
	if i >= len(b) {
		return false
	}
	if c := b[i]; c < utf8.RuneSelf {
		return wordASCII(c)
	}

	// A mark counts as what it stands on.
	r, size := utf8.DecodeRune(b[i:])
	if unicode.Is(unicode.Mn, r) {
		return wordBefore(b, i+size)
	}
	return unicode.IsLetter(r) || unicode.Is(unicode.Nd, r)
}

// wordBefore reports whether a word character stands before byte i of b; a mark
// is one when it stands on one.
func wordBefore(b []byte, i int) bool {
	for end := i; i > 0; {
		if c := b[i-1]; c < utf8.RuneSelf {
			return wordASCII(c) && (c != '_' || i == end)
		}
		r, size := utf8.DecodeLastRune(b[:i])
		if !unicode.Is(unicode.Mn, r) {
			return unicode.IsLetter(r) || unicode.Is(unicode.Nd, r)
		}
		i -= size
	}

	return false
}

func wordASCII(c byte) bool {
	return c|0x20-'a' < 26 || c-'0' < 10 || c == '_'
}
