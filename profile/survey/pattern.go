package survey

import (
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// longestPattern is how many runs of a text its pattern shows.
const longestPattern = 16

// appendPattern writes how a text is built: A stands for an upper case letter, a for a lower case
// one, x for one of neither, 9 for a digit; + behind it for several, {n} for n digits.
// Other characters stand for themselves.
func appendPattern(dst []byte, s string) []byte {
	for runs := 0; len(s) > 0; runs++ {
		// A long text has a pattern as long as itself, which nobody reads.
		if runs == longestPattern {
			return append(dst, "…"...)
		}

		// Runs of one class are one letter, of digits their number too: the length of a number says
		// what it is.
		class, n, end := ' ', 0, len(s)
		for i, r := range s {
			k := classes.of(r)
			if n > 0 && (k != class || k != 'A' && k != 'a' && k != 'x' && k != '9') {
				end = i
				break
			}

			class, n = k, n+1
		}

		dst = utf8.AppendRune(dst, class)
		switch {
		case n == 1:
		case class == '9':
			dst = append(strconv.AppendInt(append(dst, '{'), int64(n), 10), '}')
		default:
			dst = append(dst, '+')
		}

		s = s[end:]
	}

	return dst
}

// classes are what a pattern shows of characters.
var classes = newRunes(anyClass)

// runes is a function of characters that has at hand what it gives for the first ones, which
// nearly all texts are made of.
type runes struct {
	first [utf8.RuneSelf]rune
	any   func(r rune) rune
}

func newRunes(any func(r rune) rune) *runes {
	t := &runes{any: any}
	for r := range t.first {
		t.first[r] = any(rune(r))
	}
	return t
}

func (t *runes) of(r rune) rune {
	if 0 <= r && r < utf8.RuneSelf {
		return t.first[r]
	}
	return t.any(r)
}

func anyClass(r rune) rune {
	switch {
	case unicode.IsUpper(r):
		return 'A'
	case unicode.IsLower(r):
		return 'a'
	case unicode.IsDigit(r):
		return '9'
	case unicode.IsLetter(r):
		return 'x'
	case unicode.IsControl(r):
		return '?'
	}

	return r
}

// layouts are ways to write a date, in the names that the dateFormat operation takes, with
// the first character that is no digit and where it stands, 0: anywhere.
var layouts = []struct {
	name, layout string
	mark         byte
	at           int
}{
	{name: "yyyy-MM-dd", layout: "2006-01-02", mark: '-', at: 4},
	{name: "ISO8601", layout: time.RFC3339Nano, mark: '-', at: 4},
	{name: "yyyy-MM-dd'T'HH:mm:ss", layout: "2006-01-02T15:04:05", mark: '-', at: 4},
	{name: "yyyy-MM-dd HH:mm:ss", layout: "2006-01-02 15:04:05", mark: '-', at: 4},
	{name: "dd.MM.yyyy", layout: "02.01.2006", mark: '.', at: 2},
	{name: "d.M.yyyy", layout: "2.1.2006", mark: '.', at: 0},
	{name: "yyyy/MM/dd", layout: "2006/01/02", mark: '/', at: 4},
	{name: "dd-MMM-yyyy", layout: "02-Jan-2006", mark: '-', at: 2},
	{name: "yyyyMMddHHmmss'Z'", layout: "20060102150405Z", mark: 'Z', at: 14},
	{name: "yyyyMMddHHmmss.S'Z'", layout: "20060102150405.0Z", mark: '.', at: 14},
	{name: "yyyyMMdd", layout: "20060102", mark: 0, at: 8},
}

// dateFormat returns the name of the format that a text has as a date; "" when it is none.
// Days and months with a slash that may be either are "dd/MM or MM/dd".
func dateFormat(s string) string {
	if len(s) < 8 || len(s) > 35 || s[0] < '0' || s[0] > '9' {
		return ""
	}

	// The first mark and its place leave few layouts to try.
	mark, at := byte(0), 0
	if at = strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' }); at < 0 {
		at = len(s)
	} else {
		mark = s[at]
	}

	for _, l := range layouts {
		if l.mark != mark || l.at != 0 && l.at != at {
			continue
		}
		t, err := time.Parse(l.layout, s)
		if err == nil && t.Year() >= 1900 && t.Year() < 2200 {
			return l.name
		}
	}

	// Both readings fit most days, so the column decides which one is meant.
	if strings.Count(s, "/") == 2 {
		_, day := time.Parse("2/1/2006", s)
		_, month := time.Parse("1/2/2006", s)
		switch {
		case day == nil && month == nil:
			return "dd/MM or MM/dd"
		case day == nil:
			return "dd/MM/yyyy"
		case month == nil:
			return "MM/dd/yyyy"
		}

		return ""
	}

	// Digits alone are a time of a system, told by their number.
	if strings.Trim(s, "0123456789") == "" {
		switch {
		case len(s) == 13 && s[0] == '1':
			return "EPOCH_TIME_JAVA"
		case len(s) == 18 && s[:2] == "13":
			return "EPOCH_TIME_WIN32"
		}
	}

	return ""
}
