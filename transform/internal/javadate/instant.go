package javadate

import (
	"errors"
	"fmt"
	"strconv"
	"time"
)

// ErrRange tells that a date left the years -999999999 to 999999999.
var ErrRange = errors.New("date out of range")

// Instant is a moment in UTC with nanoseconds, within the range of java.time. The zero
// value is 1970-01-01T00:00Z. Instants can be compared with ==.
type Instant struct {
	second int64 // since 1970
	nano   int32
}

// The ends of java.time's range, in seconds since 1970.
const (
	secondsPerDay = 24 * 60 * 60
	minSecond     = -365243219162 * secondsPerDay
	maxSecond     = 365241780472*secondsPerDay - 1
)

// InstantOf converts a time. Times out of range are cut to the nearest end of it.
func InstantOf(t time.Time) Instant {
	switch s := t.Unix(); {
	case s < minSecond:
		return Instant{second: minSecond}
	case s > maxSecond:
		return Instant{second: maxSecond, nano: 999_999_999}
	default:
		return Instant{s, int32(t.Nanosecond())}
	}
}

// InstantOfMillis converts milliseconds since 1970-01-01 UTC.
func InstantOfMillis(ms int64) Instant {
	second := floorDiv(ms, 1000)
	return Instant{second, int32(ms-second*1000) * 1_000_000}
}

// Compare returns -1, 0 or 1, as i is before, at or after o.
func (i Instant) Compare(o Instant) int {
	switch {
	case i.second < o.second || i.second == o.second && i.nano < o.nano:
		return -1
	case i == o:
		return 0
	}

	return 1
}

// String returns the form of [Instant.AppendText].
func (i Instant) String() string { return string(i.AppendText(nil)) }

// AppendText prints yyyy-MM-ddTHH:mm, then seconds unless they and the fraction are zero,
// then a fraction of 3, 6 or 9 digits unless it is zero, then Z. It returns the extended
// buffer. Years beyond 9999 have a plus sign.
//
// Source: java.time.OffsetDateTime, toString.
func (i Instant) AppendText(dst []byte) []byte {
	day := floorDiv(i.second, secondsPerDay)
	second := i.second - day*secondsPerDay
	year, month, dayOfMonth := gregorianDate(day + unixEpochDay)

	// ISO 8601 marks years with more than four digits by a sign, so that they can be read back.
	if year > 9999 {
		dst = append(dst, '+')
	}

	dst = appendPadded(dst, year, 4)
	dst = appendPadded(append(dst, '-'), int64(month)+1, 2)
	dst = appendPadded(append(dst, '-'), dayOfMonth, 2)
	dst = appendPadded(append(dst, 'T'), second/3600, 2)
	dst = appendPadded(append(dst, ':'), second/60%60, 2)

	// Java leaves out what is zero, from the end.
	if second%60 != 0 || i.nano != 0 {
		dst = appendPadded(append(dst, ':'), second%60, 2)
	}

	if n := int64(i.nano); n != 0 {
		dst = append(dst, '.')
		switch {
		case n%1_000_000 == 0:
			dst = appendPadded(dst, n/1_000_000, 3)
		case n%1000 == 0:
			dst = appendPadded(dst, n/1000, 6)
		default:
			dst = appendPadded(dst, n, 9)
		}
	}

	return append(dst, 'Z')
}

// ISOError tells why a text is no ISO 8601 date-time with offset.
type ISOError struct {
	Offset int // in the text, in bytes
	Text   string
	Msg    string // what was expected or out of range
}

// Error names the text, the place and the reason.
func (e *ISOError) Error() string {
	return fmt.Sprintf("cannot parse %q as ISO 8601 date-time with offset: %s at offset %d", e.Text, e.Msg, e.Offset)
}

// ParseISO reads a date-time with an offset, as java.time.OffsetDateTime does:
// yyyy-MM-ddTHH:mm[:ss[.fraction]] and Z, +hh, +hh:mm or +hh:mm:ss. The fraction has up
// to 9 digits, t and z may be small. Years of more than four digits have a sign, years
// before 0000 a minus. Dates that do not exist, hour 24, second 60, offsets beyond 18 hours
// or without colons (+0100) are errors, as is anything before or behind. The error is an
// [*ISOError].
//
// Source: java.time.OffsetDateTime, parse, of Java 17; DECISION 15.
func ParseISO(text string) (Instant, error) {
	if i, ok := plainISO(text); ok {
		return i, nil
	}
	return scanISO(text)
}

// scanISO is ParseISO for every text.
func scanISO(text string) (Instant, error) {
	// Fields are read one after the other and keep the first error, as Java reports the first place.
	s := isoScanner{text: text}
	year := s.year()
	s.byte('-')
	month := s.number(2, 1, 12, "month")
	s.byte('-')
	start := s.pos
	day := s.number(2, 1, 31, "day")
	s.either('T', 't')
	hour := s.number(2, 0, 23, "hour")
	s.byte(':')
	minute := s.number(2, 0, 59, "minute")
	second, nano := int64(0), int32(0)
	if s.skip(':') {
		second = s.number(2, 0, 59, "second")
		if s.skip('.') {
			nano = s.fraction()
		}
	}

	offset := s.offset()
	if s.err == nil && s.pos < len(text) {
		s.fail(s.pos, "expected the end")
	}

	// The length of the month is asked when the year is known to be one.
	if s.err == nil && day > monthLength(year, int(month-1)) {
		s.fail(start, "day "+strconv.FormatInt(day, 10)+" does not exist in this month")
	}

	if s.err != nil {
		return Instant{}, s.err
	}

	// All fields are good by themselves; now they are put together.
	days := gregorianDay(year, int(month-1), day) - unixEpochDay
	at := Instant{days*secondsPerDay + (hour*60+minute)*60 + second - offset, nano}
	if at.second < minSecond || at.second > maxSecond {
		s.fail(0, "year out of range in UTC")
	}

	return at, s.err
}

// monthLength is the length of a month, 0 to 11, of the Gregorian calendar.
func monthLength(year int64, month int) int64 {
	if month == 1 && leapGregorian(year) {
		return 29
	}
	return daysBefore[month+1] - daysBefore[month]
}

// isoScanner reads from the front and keeps the first error.
type isoScanner struct {
	text string
	pos  int
	err  error
}

func (s *isoScanner) fail(pos int, msg string) {
	if s.err == nil {
		s.err = &ISOError{Offset: pos, Text: s.text, Msg: msg}
	}
}

// skip moves over a character if it is there.
func (s *isoScanner) skip(c byte) bool {
	if s.err != nil || s.pos >= len(s.text) || s.text[s.pos] != c {
		return false
	}
	s.pos++
	return true
}

func (s *isoScanner) byte(c byte) {
	if !s.skip(c) && s.err == nil {
		s.fail(s.pos, "expected "+strconv.QuoteRune(rune(c)))
	}
}

// either moves over a letter in one of its cases.
func (s *isoScanner) either(upper, lower byte) {
	if !s.skip(lower) {
		s.byte(upper)
	}
}

// year reads four digits, or a sign and up to ten.
func (s *isoScanner) year() int64 {
	start := s.pos
	positive := s.skip('+')
	negative := !positive && s.skip('-')
	if !positive && !negative {
		return s.number(4, 0, 9999, "year")
	}

	// With a sign there may be more digits; how many tells where the year ends.
	digits := 0
	for s.pos+digits < len(s.text) && s.text[s.pos+digits]-'0' <= 9 {
		digits++
	}

	year := s.number(max(min(digits, 10), 4), 0, 999_999_999, "year")
	switch {
	case positive && digits == 4:
		s.fail(start, "a plus sign needs more than four digits of the year")
	case negative && year == 0:
		s.fail(start, "year out of range")
	case negative:
		return -year
	}

	return year
}

// number reads exactly width digits.
func (s *isoScanner) number(width int, low, high int64, what string) int64 {
	n := int64(0)
	start := s.pos
	for s.err == nil && s.pos < start+width {
		if s.pos >= len(s.text) || s.text[s.pos]-'0' > 9 {
			s.fail(s.pos, "expected a digit of the "+what)
			return 0
		}

		n = n*10 + int64(s.text[s.pos]-'0')
		s.pos++
	}

	if n < low || n > high {
		s.fail(start, what+" out of range")
	}
	return n
}

func (s *isoScanner) fraction() int32 {
	n, digits := int32(0), 0
	for ; digits < 9 && s.pos < len(s.text) && s.text[s.pos]-'0' <= 9; digits++ {
		n = n*10 + int32(s.text[s.pos]-'0')
		s.pos++
	}

	for ; digits < 9; digits++ {
		n *= 10
	}
	return n
}

// offset reads the offset from UTC and returns seconds.
func (s *isoScanner) offset() int64 {
	if s.skip('Z') || s.skip('z') {
		return 0
	}

	start := s.pos
	sign := int64(1)
	if s.skip('-') {
		sign = -1
	} else if !s.skip('+') {
		s.fail(s.pos, "expected Z or an offset")
		return 0
	}

	// Minutes and seconds of an offset may be missing, from the end.
	seconds := s.number(2, 0, 18, "offset") * 3600
	if s.pos < len(s.text) {
		s.byte(':')
		seconds += s.number(2, 0, 59, "offset") * 60
	}

	if s.pos < len(s.text) {
		s.byte(':')
		seconds += s.number(2, 0, 59, "offset")
	}

	// Java has no offsets beyond 18 hours.
	if seconds > 18*3600 {
		s.fail(start, "offset out of range")
	}

	return sign * seconds
}
