package tenant

import (
	"strings"
	"unicode"
)

// letters are the accented letters of the names: the letter and the mark that each
// is made of.
var letters = map[rune][2]rune{
	'Á': {'A', '\u0301'},
	'Å': {'A', '\u030a'},
	'Ç': {'C', '\u0327'},
	'É': {'E', '\u0301'},
	'Ó': {'O', '\u0301'},
	'Ö': {'O', '\u0308'},
	'á': {'a', '\u0301'},
	'ã': {'a', '\u0303'},
	'ä': {'a', '\u0308'},
	'å': {'a', '\u030a'},
	'ç': {'c', '\u0327'},
	'è': {'e', '\u0300'},
	'é': {'e', '\u0301'},
	'í': {'i', '\u0301'},
	'ñ': {'n', '\u0303'},
	'ó': {'o', '\u0301'},
	'ô': {'o', '\u0302'},
	'õ': {'o', '\u0303'},
	'ö': {'o', '\u0308'},
	'ú': {'u', '\u0301'},
	'ü': {'u', '\u0308'},
	'ý': {'y', '\u0301'},
	'Č': {'C', '\u030c'},
	'č': {'c', '\u030c'},
	'ě': {'e', '\u030c'},
	'ğ': {'g', '\u0306'},
	'İ': {'I', '\u0307'},
	'ř': {'r', '\u030c'},
	'ś': {'s', '\u0301'},
	'Ş': {'S', '\u0327'},
	'ş': {'s', '\u0327'},
	'š': {'s', '\u030c'},
	'ź': {'z', '\u0301'},
	'ż': {'z', '\u0307'},
}

// decomposed spells a name with combining marks.
func decomposed(s string) string {
	var b strings.Builder
	for _, r := range s {
		if parts, ok := letters[r]; ok {
			b.WriteRune(parts[0])
			r = parts[1]
		}

		b.WriteRune(r)
	}

	return b.String()
}

// ascii spells a name in the letters a to z.
func ascii(s string) string {
	var b strings.Builder
	for _, r := range spelled.Replace(s) {
		if parts, ok := letters[r]; ok {
			r = parts[0]
		}
		if r < unicode.MaxASCII && unicode.IsLetter(r) {
			b.WriteRune(unicode.ToLower(r))
		}
	}

	return b.String()
}

// spelled are the letters that the transform ASCII Letters spells out.
var spelled = strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "Ä", "Ae", "Ö", "Oe", "Ü", "Ue", "ß", "ss",
	"ø", "oe", "Ø", "Oe",
	"ł", "l", "Ł", "L", "đ", "d", "Đ", "D", "ı", "i", "æ", "ae", "Æ", "Ae")
