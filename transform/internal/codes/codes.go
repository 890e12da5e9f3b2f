package codes

import (
	"github.com/idprofile/engine/transform/internal/javatext"
)

// Formats of [Country].
const (
	Alpha2  = "alpha2"
	Alpha3  = "alpha3"
	Numeric = "numeric"
)

// Country returns the code of the country that text names, in format ([Alpha2],
// [Alpha3] or [Numeric], three digits). Text is a code of any format, where the
// numeric one needs no leading zeros, or a name. ok is false for an unknown
// country and for an unknown format.
//
// Source: ISC operation "ISO3166"; the names are those of CLDR and former ones.
func Country(text, format string) (code string, ok bool) {
	i, ok := find(javatext.Trim(text))
	if !ok {
		return "", false
	}

	switch format {
	case Alpha2:
		return alpha2s[2*i : 2*i+2], true
	case Alpha3:
		return alpha3s[3*i : 3*i+3], true
	case Numeric:
		return numerics[3*i : 3*i+3], true
	}

	return "", false
}

// CountryNames returns the names and three-letter codes that [Country] knows.
func CountryNames() []string { return names.all() }

// LanguageNames returns the names and codes that [LanguageTag] knows.
func LanguageNames() []string { return languages.all() }

func (t *table) all() []string {
	list := make([]string, len(t.ends))
	for i := range list {
		list[i] = t.at(i)
	}
	return list
}

// IsFormat reports whether format is one that [Country] has.
func IsFormat(format string) bool {
	return format == Alpha2 || format == Alpha3 || format == Numeric
}

// IsRegion reports whether code is a country code of two capital letters.
func IsRegion(code string) bool {
	return len(code) == 2 && code[0]-'A' < 26 && code[1]-'A' < 26 &&
		byAlpha2[int(code[0]-'A')*26+int(code[1]-'A')] != 0
}

// LanguageTag returns the tag of the language that text names: a name such as
// French (Canada) or a three-letter code. ok is false for anything else, also for
// codes of two letters.
//
// Source: ISC operation "RFC5646".
func LanguageTag(text string) (tag string, ok bool) {
	i, ok := languages.find(javatext.Trim(text))
	if !ok {
		return "", false
	}
	return tags.at(int(languageTags[i])), true
}

// find returns the place of the country that text names.
func find(text string) (place int, ok bool) {
	switch {
	case text == "":
		return 0, false
	case text[0]-'0' < 10:
		return findNumber(text)
	case len(text) == 2 && text[0]|0x20-'a' < 26 && text[1]|0x20-'a' < 26:
		place = int(byAlpha2[int(text[0]|0x20-'a')*26+int(text[1]|0x20-'a')])
		return place - 1, place != 0
	}

	i, ok := names.find(text)
	switch {
	case !ok:
		return 0, false
	case i >= len(nameCountries): // an alpha-3 code
		return i - len(nameCountries), true
	}

	return int(nameCountries[i]), true
}

// findNumber looks for a numeric code, with or without its leading zeros.
func findNumber(text string) (place int, ok bool) {
	n := 0
	for i := range len(text) {
		digit := text[i] - '0'
		if digit > 9 || i == 3 {
			return 0, false
		}
		n = n*10 + int(digit)
	}

	place = int(byNumeric[n])
	return place - 1, place != 0
}

// table is a list of texts in one string, with slots by their hash.
type table struct {
	text  string
	ends  []uint16
	slots []uint16
}

// at returns the text at place i.
func (t *table) at(i int) string {
	if i == 0 {
		return t.text[:t.ends[0]]
	}
	return t.text[t.ends[i-1]:t.ends[i]]
}

// find returns the place of text, compared without case.
func (t *table) find(text string) (place int, ok bool) {
	mask := uint32(len(t.slots) - 1)
	for slot := javatext.FoldHash(text) & mask; t.slots[slot] != 0; slot = (slot + 1) & mask {
		place = int(t.slots[slot]) - 1
		if javatext.EqualFold(t.at(place), text) {
			return place, true
		}
	}

	return 0, false
}
