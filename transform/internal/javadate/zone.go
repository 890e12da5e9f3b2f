package javadate

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Zone is the zone of a formatter: the one whose name letters z print, and in which text
// without a zone is read. Both have offset zero and differ in their names only. The zero
// value is GMT, the zone of transforms.
type Zone uint8

// The zones.
const (
	GMT Zone = iota
	UTC
)

func (z Zone) name(long bool) string {
	switch {
	case z == UTC && long:
		return "Coordinated Universal Time"
	case z == UTC:
		return "UTC"
	case long:
		return "Greenwich Mean Time"
	}

	return "GMT"
}

// String returns the short name.
func (z Zone) String() string { return z.name(false) }

// zoneName is a name that Java's parser knows, with indexes of zoneRules.
type zoneName struct {
	name   string
	raw    uint8 // standard offsets
	full   uint8 // offsets with daylight saving
	saving int32 // seconds that the name adds to the standard offset
	asIs   bool  // the name does not tell daylight from standard time: the full offset counts
}

// zoneStep is an offset in seconds from a local time on, in seconds since 1970.
type zoneStep struct {
	from   int64
	offset int32
}

// findZone returns the zone name at the start of a text and its width in the text. Names
// are tried in Java's order; the first one that fits wins, also when a longer one would fit.
//
// Source: java.text.SimpleDateFormat, java.text.DateFormatSymbols.getZoneStrings.
func findZone(s string) (*zoneName, int) {
	letter := foldedLetter(s)
	if letter < 0 {
		return nil, 0
	}

	for i := zoneLetters[letter][0]; i < zoneLetters[letter][1]; i++ {
		if n := foldPrefix(s, zoneNames[i].name); n > 0 {
			return &zoneNames[i], n
		}
	}

	return nil, 0
}

// foldedLetter is the number of the first letter in the alphabet, or -1.
func foldedLetter(s string) int {
	r, _ := utf8.DecodeRuneInString(s)
	if r = unicode.ToUpper(r); r > unicode.MaxASCII {
		r = unicode.ToUpper(unicode.ToLower(r))
	}
	if r < 'A' || r > 'Z' {
		return -1
	}
	return int(r - 'A')
}

// foldPrefix returns the width in s of a prefix that equals name regardless of case, or 0.
//
// Source: java.lang.String.regionMatches with ignoreCase.
func foldPrefix(s, name string) int {
	end := 0
	for _, want := range name {
		if end >= len(s) {
			return 0
		}

		got, size := rune(s[end]), 1
		if got >= utf8.RuneSelf {
			got, size = utf8.DecodeRuneInString(s[end:])
		}

		if got != want && !equalFold(got, want) {
			return 0
		}

		end += size
	}

	return end
}

func equalFold(a, b rune) bool {
	if a < utf8.RuneSelf && b < utf8.RuneSelf {
		return a|0x20 == b|0x20 && 'a' <= a|0x20 && a|0x20 <= 'z'
	}
	a, b = unicode.ToUpper(a), unicode.ToUpper(b)
	return a == b || unicode.ToLower(a) == unicode.ToLower(b)
}

// parseZone reads what letters z and Z accept at text[pos:]: a sign and hhmm, GMT with an
// optional sign and h:mm, or a name. start is where blanks before pos began.
// It returns the end, or where it failed.
func (f *fields) parseZone(text string, start, pos int) (end int, ok bool) {
	switch c := text[pos]; {
	case c == '+' || c == '-':
		return f.parseOffset(text, pos+1, c, zoneDigits)
	case (c == 'G' || c == 'g') && foldPrefix(text[start:], "GMT") > 0:
		// Java looks for GMT where the blanks begin: it is found only without any.
		pos = start + len("GMT")
		if pos < len(text) && (text[pos] == '+' || text[pos] == '-') {
			return f.parseOffset(text, pos+1, text[pos], zoneGMT)
		}
		f.set(fieldOffset, 0)
		f.set(fieldSaving, 0)
		return pos, true
	}

	name, n := findZone(text[pos:])
	if name == nil {
		return pos, false
	}

	f.zone = name
	if !name.asIs {
		f.clear(fieldOffset)
		f.set(fieldSaving, name.saving*1000)
	}

	return pos + n, true
}

// parseISOZone reads what the letter X accepts.
func (f *fields) parseISOZone(text string, pos, count int) (end int, ok bool) {
	switch c := text[pos]; c {
	case 'Z':
		f.set(fieldOffset, 0)
		f.set(fieldSaving, 0)
		return pos + 1, true
	case '+', '-':
		return f.parseOffset(text, pos+1, c, offsetForm(count))
	}

	return pos + 1, false
}

// offsetForm tells how an offset is written.
type offsetForm int

const (
	zoneDigits offsetForm = iota // hhmm
	isoHours                     // hh
	isoDigits                    // hhmm
	isoColon                     // hh:mm
	zoneGMT                      // h:mm or hh:mm
)

// parseOffset reads the digits after a sign. It returns the end, or where it failed.
func (f *fields) parseOffset(text string, pos int, sign byte, form offsetForm) (end int, ok bool) {
	hours, n := asciiDigits(text[pos:])
	pos += n
	if n == 0 || n == 1 && form != zoneGMT {
		return pos, false
	}
	if n == 1 && pos >= len(text) {
		return pos, false
	}

	// The place of the error is the last digit that was read, as Java says it.
	if hours > 23 {
		return pos - 1, false
	}

	minutes := int32(0)
	if form != isoHours {
		if form == isoColon || form == zoneGMT {
			if !strings.HasPrefix(text[pos:], ":") {
				return pos, false
			}
			pos++
		}

		minutes, n = asciiDigits(text[pos:])
		pos += n
		if n < 2 {
			return pos, false
		}
		if minutes > 59 {
			return pos - 1, false
		}
	}

	offset := (hours*60 + minutes) * 60_000
	if sign == '-' {
		offset = -offset
	}

	f.set(fieldOffset, offset)
	f.set(fieldSaving, 0)
	return pos, true
}

// asciiDigits reads up to two digits.
func asciiDigits(s string) (value int32, n int) {
	for n < 2 && n < len(s) && s[n]-'0' <= 9 {
		value = value*10 + int32(s[n]-'0')
		n++
	}

	return value, n
}
