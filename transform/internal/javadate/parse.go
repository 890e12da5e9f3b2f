package javadate

import (
	"fmt"
	"unicode/utf8"
)

// ParseError tells where a text stopped matching a pattern.
type ParseError struct {
	Offset  int // in the text, in UTF-16 units; -1 when the pattern is empty
	Pattern string
	Text    string
}

// Error names text, pattern and place.
func (e *ParseError) Error() string {
	return fmt.Sprintf("cannot parse %q as %q: mismatch at offset %d", e.Text, e.Pattern, e.Offset)
}

// Parse reads the front of a text and returns milliseconds since 1970-01-01 UTC. Fields
// that are not in the pattern come from 1970-01-01 00:00:00.000; fields out of range move
// the date on; numbers too large wrap around. Years of two digits are placed in the hundred
// years from twoDigitStart on (milliseconds; Java starts 80 years before now). Text behind
// the end of the pattern is ignored. The error is a [*ParseError].
//
// Text without a zone is read in zone; a zone in the text wins. All zones have offset zero,
// so that the result does not depend on it.
//
// Source: java.text.SimpleDateFormat, lenient, Locale.US.
func (p *Pattern) Parse(text string, zone Zone, twoDigitStart int64) (ms int64, err error) {
	// Everyday patterns need no general parser; what it does not take may still be a date.
	if p.fixed {
		if ms, ok := p.layout.parse(text); ok {
			return ms, nil
		}
		if ms, ok := p.parseFixed(text, twoDigitStart); ok {
			return ms, nil
		}
	}

	return p.parseGeneral(text, twoDigitStart)
}

func (p *Pattern) parseGeneral(text string, twoDigitStart int64) (int64, error) {
	s := parser{text: text, twoDigitStart: twoDigitStart}
	for i := range p.ops {
		if !s.step(&p.ops[i]) {
			return 0, &ParseError{Offset: utf16Len(text[:s.pos]) + s.half, Pattern: p.source, Text: text}
		}
	}

	// A pattern that reads nothing is an error without a place, as in Java.
	if s.pos == 0 {
		return 0, &ParseError{Offset: -1, Pattern: p.source, Text: text}
	}

	// A two-digit year in which the hundred years begin may belong to either end of them.
	ms := s.millis()
	if s.ambiguous && ms < twoDigitStart {
		s.value[fieldYear] += 100
		s.value[fieldWeekYear] += 100
		ms = s.millis()
	}

	return ms, nil
}

// parser is the state of one Parse.
type parser struct {
	fields
	text          string
	pos           int // in bytes; after a failure the place of the error
	half          int // 1: the error is at the second half of a surrogate pair
	twoDigitStart int64
	ambiguous     bool // the two-digit year is the one in which the hundred years begin
}

func (s *parser) step(o *op) bool {
	if o.letter == 0 {
		return s.literal(o.literal)
	}

	start := s.pos
	for s.pos < len(s.text) && (s.text[s.pos] == ' ' || s.text[s.pos] == '\t') {
		s.pos++
	}

	// A field at the end of the text fails where its blanks began.
	if s.pos >= len(s.text) {
		s.pos = start
		return false
	}

	// Names and zones are read from where the blanks began, numbers behind them.
	switch o.letter {
	case 'z', 'Z':
		end, ok := s.parseZone(s.text, start, s.pos)
		s.pos = end
		return ok
	case 'X':
		end, ok := s.parseISOZone(s.text, s.pos, o.count)
		s.pos = end
		return ok
	case 'G':
		return s.name(start, fieldEra, eraNames[:], 0)
	case 'E':
		return s.name(start, fieldWeekday, weekdayNames[:], 1)
	case 'a':
		return s.name(start, fieldHalf, halfNames[:], 0)
	case 'M', 'L':
		if o.count > 2 {
			return s.name(start, fieldMonth, monthNames[:], 0)
		}
	}

	return s.number(start, o)
}

func (s *parser) literal(want string) bool {
	rest := s.text[s.pos:]
	n := 0
	for n < len(want) && n < len(rest) && want[n] == rest[n] {
		n++
	}

	if n == len(want) {
		s.pos += n
		return true
	}

	// Go back to the start of the character that differs.
	for n > 0 && (n < len(rest) && !utf8.RuneStart(rest[n]) || n == len(rest) && !utf8.RuneStart(want[n])) {
		n--
	}

	// Java counts in UTF-16 units, so two characters that share their first half differ only in the second.
	got, _ := utf8.DecodeRuneInString(rest[n:])
	expected, _ := utf8.DecodeRuneInString(want[n:])
	if got > 0xFFFF && expected > 0xFFFF && (got-0x10000)>>10 == (expected-0x10000)>>10 {
		s.half = 1
	}

	s.pos += n
	return false
}

// name matches one of the names, long or short, where the blanks began.
func (s *parser) name(start int, f field, names []name, first int32) bool {
	for i := range names {
		// The long form first: the short one is the beginning of it.
		n := foldPrefix(s.text[start:], names[i].long)
		if n == 0 {
			n = foldPrefix(s.text[start:], names[i].short)
		}
		if n > 0 {
			s.set(f, int32(i)+first)
			s.pos = start + n
			return true
		}
	}

	return false
}

// number parses a numeric field and sets it.
func (s *parser) number(start int, o *op) bool {
	limit := len(s.text)
	if o.abuts {
		var ok bool
		if limit, ok = skipUnits(s.text, start, o.count); !ok {
			return false
		}
		if limit < s.pos {
			limit = s.pos
		}
	}

	// Without a neighbour a number takes all digits there are.
	value, n := parseNumber(s.text[s.pos:limit])
	if n == 0 {
		return false
	}

	// Only exactly two digits mean a year of this hundred.
	if (o.letter == 'y' || o.letter == 'Y') && o.count <= 2 && twoDigits(s.text[s.pos:s.pos+n]) {
		value = s.century(value)
	}

	s.pos += n
	s.store(o.letter, value)
	return true
}

// store sets the field of a letter.
func (s *parser) store(letter byte, value int32) {
	// What is written and what the field holds differ for some: months count from 1, clocks show 24 and 12 for 0.
	switch letter {
	case 'M', 'L':
		value--
	case 'k':
		if value == 24 {
			value = 0
		}
	case 'h':
		if value == 12 {
			value = 0
		}
	case 'u':
		value = isoWeekday(value)
	}

	s.set(letterField(letter), value)
}

func letterField(letter byte) field {
	switch letter {
	case 'y':
		return fieldYear
	case 'Y':
		return fieldWeekYear
	case 'M', 'L':
		return fieldMonth
	case 'd':
		return fieldDayOfMonth
	case 'D':
		return fieldDayOfYear
	case 'u':
		return fieldWeekday
	case 'F':
		return fieldWeekdayOfMonth
	case 'w':
		return fieldWeekOfYear
	case 'W':
		return fieldWeekOfMonth
	case 'H', 'k':
		return fieldHourOfDay
	case 'K', 'h':
		return fieldHour
	case 'm':
		return fieldMinute
	case 's':
		return fieldSecond
	}

	return fieldMilli
}

// century places a two-digit year.
func (s *parser) century(value int32) int32 {
	d := makeDate(floorDiv(s.twoDigitStart, msPerDay) + unixEpochDay)

	// The year is the one in the hundred years that ends so.
	first := int32(d.yearOfEra())
	pivot := first % 100
	s.ambiguous = value == pivot
	if value < pivot {
		value += 100
	}
	return value + first - pivot
}

// twoDigits reports whether a number was written with exactly two digits.
func twoDigits(s string) bool {
	_, n := digitAt(s)
	if n == 0 {
		return false
	}
	_, m := digitAt(s[n:])
	return m > 0 && n+m == len(s)
}

// skipUnits moves on by UTF-16 units; a pair that it would cut is left out. It reports
// whether the text is long enough.
func skipUnits(s string, pos, units int) (int, bool) {
	for ; units > 0; units-- {
		if pos >= len(s) {
			return pos, false
		}

		if s[pos] < utf8.RuneSelf {
			pos++
			continue
		}

		// The width is counted in UTF-16 units.
		r, size := utf8.DecodeRuneInString(s[pos:])
		if r > 0xFFFF {
			if units == 1 {
				return pos, true
			}
			units--
		}

		pos += size
	}

	return pos, true
}
