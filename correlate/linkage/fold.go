package linkage

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Fold returns the form in which texts are compared: lower case, without accents,
// every run of blanks and punctuation one space, nothing at the ends. Letters that
// have no accent to lose are spelled out (ß is ss, ø is o). Apostrophes vanish:
// O'Hara is ohara.
func Fold(s string) string {
	if folded(s) {
		return s
	}

	// Decomposed, an accent is a character of its own that can be left out. ASCII has none.
	if !ascii(s) {
		s = norm.NFKD.String(s)
	}
	b := make([]byte, 0, len(s))
	gap := false
	for _, r := range s {
		switch {
		case r == '\'' || r == '’' || r == '`' || r == 'ʼ' || unicode.Is(unicode.Mn, r):
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			if gap && len(b) > 0 {
				// The gap is only written before the next letter, so none is left at the end.
				b = append(b, ' ')
			}
			gap = false
			b = appendLetter(b, r)

		default:
			gap = true
		}
	}

	return string(b)
}

// folded reports whether a text is in the compared form already.
func folded(s string) bool {
	last := byte(' ')
	for i := range len(s) {
		c := s[i]
		if !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == ' ' && last != ' ') {
			return false
		}
		last = c
	}

	return s == "" || last != ' '
}

// spelled are letters that decomposition leaves alone.
var spelled = map[rune]string{'ß': "ss", 'ø': "o", 'đ': "d", 'ð': "d", 'ł': "l", 'æ': "ae", 'œ': "oe",
	'þ': "th", 'ı': "i", 'ħ': "h"}

func appendLetter(b []byte, r rune) []byte {
	if r < utf8.RuneSelf {
		if r >= 'A' && r <= 'Z' {
			r += 'a' - 'A'
		}
		return append(b, byte(r))
	}

	r = unicode.ToLower(r)
	if s, ok := spelled[r]; ok {
		return append(b, s...)
	}
	if latin, ok := romanised[r]; ok {
		return append(b, latin...)
	}
	return utf8.AppendRune(b, r)
}

// romanised writes Cyrillic letters in Latin ones, so that both spellings of a
// name can be compared.
var romanised = map[rune]string{
	'а': "a", 'б': "b", 'в': "v", 'г': "g", 'д': "d", 'е': "e", 'ё': "e", 'ж': "zh", 'з': "z",
	'и': "i", 'й': "i", 'к': "k",
	'л': "l", 'м': "m", 'н': "n", 'о': "o", 'п': "p", 'р': "r", 'с': "s", 'т': "t", 'у': "u", 'ф': "f",
	'х': "kh", 'ц': "ts",
	'ч': "ch", 'ш': "sh", 'щ': "shch", 'ъ': "", 'ы': "y", 'ь': "", 'э': "e", 'ю': "yu", 'я': "ya", 'і': "i", 'ї': "yi",
	'є': "ye", 'ґ': "g", 'ў': "u",
}

// compact returns a folded text without its spaces.
func compact(s string) string {
	if strings.IndexByte(s, ' ') < 0 {
		return s
	}
	return strings.ReplaceAll(s, " ", "")
}

// digits returns the digits of a text.
func digits(s string) string {
	all := true
	for i := range len(s) {
		all = all && s[i] >= '0' && s[i] <= '9'
	}
	if all {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := range len(s) {
		if s[i] >= '0' && s[i] <= '9' {
			b = append(b, s[i])
		}
	}

	return string(b)
}

// isBlank reports whether a cell says nothing: blanks, or a word that people
// write for "not known".
func isBlank(folded string) bool { return folded == "" || notKnown[folded] }

var notKnown = map[string]bool{
	"null": true, "none": true, "n a": true, "na": true, "nil": true, "unknown": true, "unk": true,
	"not known": true, "not available": true,
	"missing": true, "tbd": true, "undefined": true, "nan": true, "anonymous": true, "anon": true,
}
