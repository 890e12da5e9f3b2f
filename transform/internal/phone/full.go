package phone

import (
	"errors"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/nyaruka/phonenumbers"
)

// maxUnits is the longest text that is looked at, in UTF-16 units.
const maxUnits = 250

// Full returns the E.164 form of text, as a number dialled in region (two
// capital letters; anything else is no region, and only numbers with a plus sign
// are understood). ok is false for what is no valid number.
//
// Source: libphonenumber, parse, isValidNumber and format.
func Full(text, region string) (e164 string, ok bool) {
	text, ok = possibleNumber(text)
	if !ok {
		return "", false
	}

	number, err := phonenumbers.Parse(text, region)
	if err != nil || !phonenumbers.IsValidNumber(number) {
		return "", false
	}
	return phonenumbers.Format(number, phonenumbers.E164), true
}

// Why says why a text is no valid number of a region, in a few words.
//
// Source: libphonenumber, isPossibleNumberWithReason.
func Why(text, region string) string {
	cleaned, ok := possibleNumber(text)
	if !ok {
		return "it has no number in it"
	}
	number, err := phonenumbers.Parse(cleaned, region)
	switch {
	case errors.Is(err, phonenumbers.ErrInvalidCountryCode) && !strings.HasPrefix(cleaned, "+"):
		return "without a country code it needs a region, and " + strconv.Quote(region) + " is none"
	case errors.Is(err, phonenumbers.ErrInvalidCountryCode):
		return "no country has its country code"
	case err != nil:
		return "it is no number"
	}

	// Whether a text is too long depends on how it was read, so that is said with it.
	as := "a number with country code +" + strconv.Itoa(int(number.GetCountryCode()))
	if !strings.HasPrefix(cleaned, "+") {
		as = "a number dialled in " + region
	}
	switch phonenumbers.IsPossibleNumberWithReason(number) {
	case phonenumbers.TOO_SHORT:
		return "it is too short for " + as
	case phonenumbers.TOO_LONG:
		return "it is too long for " + as
	case phonenumbers.INVALID_COUNTRY_CODE:
		return "no country has its country code"
	case phonenumbers.IS_POSSIBLE_LOCAL_ONLY:
		return "the area code is missing in it, as " + as
	}

	return "no such number is given out, as " + as
}

// possibleNumber takes from text what the port of the library does not: it
// leaves signs after the number in place, counts bytes instead of UTF-16 units,
// knows the digits of few scripts and not all letters that Java has for an i.
func possibleNumber(text string) (string, bool) {
	if plain(text) {
		return strings.TrimRightFunc(text, unwanted), text != ""
	}
	if utf16Len(text) > maxUnits {
		return "", false
	}

	// Parameters of a telephone URI say more than the number does.
	const context = ";phone-context="
	at := strings.Index(text, context)
	if at < 0 {
		var ok bool
		if text, ok = fromStart(strings.TrimRightFunc(text, unwanted)); !ok {
			return "", false
		}
	}

	text = knownText(text)
	switch {
	case at == 0: // nothing but the context is left
		text, _, _ = strings.Cut(text[len(context):], ";")
		return text, strings.HasPrefix(text, "+")
	case at < 0:
		if text = firstNumber(text); strings.Contains(text, "&&") {
			return "", false // the port would cut that off
		}
	}

	if len(text) > maxUnits { // the port counts bytes
		text = strings.Map(shortSign, text)
	}

	return text, true
}

// fromStart cuts off what is before the number: all up to a plus sign or digit. A
// plus sign after digits that count for nothing is a mistake.
func fromStart(text string) (string, bool) {
	start := strings.IndexFunc(text, func(r rune) bool { return isPlus(r) || unicode.IsDigit(r) })
	if start < 0 {
		return "", false
	}
	text = text[start:]

	// The port takes such digits for part of the number.
	r, size := utf8.DecodeRuneInString(text)
	return text, r <= 0xffff || strings.IndexFunc(text[size:], isPlus) < 0
}

func isPlus(r rune) bool { return r == '+' || r == '＋' }

// utf16Len returns the length of text in UTF-16 units.
func utf16Len(text string) int {
	n := 0
	for _, r := range text {
		if n++; r > 0xffff {
			n++
		}
	}

	return n
}

// knownText replaces what the port does not know. Digits of all scripts become
// full-width ones: those the port knows, and like the library it drops them from
// numbers spelled in letters.
func knownText(text string) string {
	letters := 0
	for i := range len(text) {
		if c := text[i] | 0x20; c >= 'a' && c <= 'z' {
			letters++
		}
	}

	// The port knows no digits but these.
	var b strings.Builder
	afterDigit := false
	for _, r := range text {
		switch {
		case r == 'ı' || r == 'İ': // a letter in Java; three letters spell a number
			r = '\u212a'
			if letters >= 3 {
				r = 'i'
			}
		case r < utf8.RuneSelf || !unicode.IsDigit(r):
		case r > 0xffff: // part of the number, but dropped
			if afterDigit {
				continue
			}
			r = '('
		default:
			r = '０' + digitValue(r)
		}

		afterDigit = unicode.IsDigit(r)
		b.WriteRune(r)
	}

	return b.String()
}

// digitValue returns the value of a decimal digit up to U+FFFF.
func digitValue(r rune) rune {
	for _, digits := range unicode.Nd.R16 {
		if r <= rune(digits.Hi) {
			return (r - rune(digits.Lo)) % 10
		}
	}

	return 0
}

// firstNumber cuts off a second extension, the start of another number, and the
// subaddress.
func firstNumber(text string) string {
	for i := range len(text) {
		if c := text[i]; (c == '/' || c == '\\') && strings.HasPrefix(strings.TrimLeft(text[i+1:], " "), "x") {
			text = text[:i]
			break
		}
	}

	// A subaddress is for the exchange behind the number.
	if i := strings.Index(text, ";isub="); i > 0 {
		text = text[:i]
	}
	return text
}

// plain reports whether text is short ASCII without parameters.
func plain(text string) bool {
	if len(text) > maxUnits {
		return false
	}

	for i := range len(text) {
		if c := text[i]; c >= utf8.RuneSelf || c == ';' {
			return false
		}
	}

	return true
}

// unwanted reports whether r is cut off at the end: neither letter nor number,
// nor the sign that can close an extension.
func unwanted(r rune) bool {
	return r != '#' && !unicode.IsLetter(r) && !unicode.IsNumber(r)
}

// shortSign replaces digits, and the signs between them that are no part of an
// extension, by ones of a single byte.
func shortSign(r rune) rune {
	switch {
	case r == '\uff0e':
		return '.'
	case r == '\u00a0':
		return ' '
	case r >= '０' && r <= '９':
		return '0' + r - '０'
	case r >= '\u2010' && r <= '\u2015', r == '\uff0d', r == '\uff0f':
		return '('
	}

	switch r {
	case '\u2212', '\u30fc', '\u00ad', '\u200b', '\u2060', '\u3000', '\uff08', '\uff09', '\uff3b', '\uff3d', '\u2053',
		'\u223c':
		return '('
	}

	return r
}
