package directory

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// Time reads a GeneralizedTime such as 20240531080000.0Z: minutes, seconds and
// the fraction, of the last unit that is there, may be missing. The zone is Z or
// an offset; a time without one is refused, since nobody knows what it means.
//
// Source: RFC 4517 3.3.13.
func Time(text string) (t time.Time, ok bool) {
	digits := 0
	for digits < len(text) && text[digits] >= '0' && text[digits] <= '9' {
		digits++
	}
	layout, unit := "", time.Duration(0)
	switch digits {
	case len("2006010215"):
		layout, unit = "2006010215", time.Hour
	case len("200601021504"):
		layout, unit = "200601021504", time.Minute
	case len("20060102150405"):
		layout, unit = "20060102150405", time.Second
	default:
		return t, false
	}

	fraction, rest, ok := cutFraction(text[digits:], unit)
	if !ok {
		return t, false
	}
	offset, ok := zone(rest)
	if !ok {
		return t, false
	}

	// A leap second is one of the following minute, as the standard library has
	// no other.
	clock, leap := text[:digits], time.Duration(0)
	if unit == time.Second && strings.HasSuffix(clock, "60") {
		clock, leap = clock[:digits-2]+"59", time.Second
	}
	t, err := time.Parse(layout, clock)
	if err != nil {
		return time.Time{}, false
	}
	return t.Add(fraction + leap - offset), true
}

// cutFraction reads a fraction of a unit, which a point or a comma begins.
func cutFraction(text string, unit time.Duration) (fraction time.Duration, rest string, ok bool) {
	if text == "" || text[0] != '.' && text[0] != ',' {
		return 0, text, true
	}
	end := 1
	for end < len(text) && text[end] >= '0' && text[end] <= '9' {
		end++
	}
	if end == 1 {
		return 0, "", false
	}

	// Digits beyond the nanosecond do not count; they are cut, never rounded up
	// into the next day.
	scale := unit
	for _, c := range text[1:end] {
		scale /= 10
		fraction += time.Duration(c-'0') * scale
	}

	return fraction, text[end:], true
}

// zone reads Z, +hh or +hhmm.
func zone(text string) (offset time.Duration, ok bool) {
	if text == "Z" {
		return 0, true
	}
	if len(text) != 3 && len(text) != 5 || text[0] != '+' && text[0] != '-' {
		return 0, false
	}
	hours, err := strconv.ParseUint(text[1:3], 10, 8)
	if err != nil || hours > 23 {
		return 0, false
	}
	minutes := uint64(0)
	if len(text) == 5 {
		if minutes, err = strconv.ParseUint(text[3:], 10, 8); err != nil || minutes > 59 {
			return 0, false
		}
	}

	offset = time.Duration(hours)*time.Hour + time.Duration(minutes)*time.Minute
	if text[0] == '-' {
		offset = -offset
	}
	return offset, true
}

// FormatTime writes a time as directories do: 20240531080000.0Z, in UTC and
// without a fraction of a second.
func FormatTime(t time.Time) string { return t.UTC().Format("20060102150405") + ".0Z" }

// fileTimeEpoch is 1601-01-01 in seconds of Unix.
const fileTimeEpoch = -11644473600

// FileTime reads the number of 100 nanoseconds since 1601 that Active Directory
// has in accountExpires, pwdLastSet, lastLogonTimestamp and others. never is true
// for both values that mean that nothing will happen, or nothing has happened
// yet: 0 and 9223372036854775807.
//
// Source: the vendor's pages of accountExpires and FILETIME.
func FileTime(text string) (t time.Time, never, ok bool) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return t, false, false
	}
	if n == 0 || n == math.MaxInt64 {
		return t, true, true
	}
	return time.Unix(fileTimeEpoch+n/10_000_000, n%10_000_000*100).UTC(), false, true
}
