package linkage

import "strings"

// Phonetic returns a code that names which sound alike share: accents are folded
// first, then spellings of one sound become one letter, doubled letters one, and
// vowels after the first letter go. It is empty for a text without Latin letters.
// The code is at most six letters long.
func Phonetic(s string) string {
	var buf [phoneticLength]byte
	return string(phonetic(buf[:0], Fold(s)))
}

const phoneticLength = 6

// spellings are rewritten from left to right, the first that fits at a place.
var spellings = []struct{ from, to string }{
	{"tsch", "C"}, {"sch", "S"}, {"tch", "C"}, {"cz", "C"}, {"sz", "S"}, {"sh", "S"}, {"ch", "C"}, {"ck", "K"},
	{"ph", "F"}, {"gh", ""}, {"kn", "N"}, {"wr", "R"}, {"dg", "J"}, {"th", "T"}, {"qu", "K"}, {"ce", "S"},
	{"ci", "S"}, {"cy", "S"}, {"x", "KS"}, {"c", "K"}, {"q", "K"}, {"z", "S"}, {"v", "F"}, {"w", "F"}, {"j", "Y"},
	{"y", "Y"}, {"d", "T"}, {"b", "P"}, {"g", "K"}, {"m", "N"},
}

// phonetic appends the code of a folded text.
func phonetic(out []byte, s string) []byte {
	last := byte(0)
	for i := 0; i < len(s) && len(out) < phoneticLength; {
		code, n := sound(s[i:], i == 0)
		i += n
		for k := range len(code) {
			c := code[k]
			if c != last && len(out) < phoneticLength {
				out = append(out, c)
			}
			last = c
		}

		// A vowel between two equal sounds keeps them apart.
		if code == "" {
			last = 0
		}
	}

	return out
}

// sound returns the code of what a text begins with, and its length.
func sound(s string, first bool) (code string, n int) {
	c := s[0]
	switch {
	case strings.IndexByte("aeiouyh", c) >= 0:
		if first && c != 'h' {
			return "A", 1
		}
		return "", 1
	case c < 'a' || c > 'z':
		return "", 1
	}

	for _, sp := range spellings {
		if strings.HasPrefix(s, sp.from) {
			return sp.to, len(sp.from)
		}
	}

	return strings.ToUpper(s[:1]), 1
}
