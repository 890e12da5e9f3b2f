package javadate

import (
	"strconv"
	"strings"
)

// Beyond is a number of a text that is not in the range of its field. Java takes it all the
// same and moves the date on.
type Beyond struct {
	Letter byte   // of the pattern
	Field  string // such as "month"
	Text   string // as it is written
}

// Beyond returns the numbers of a text that the pattern reads and that are outside of the
// ranges of their fields, in the order of the pattern; of milliseconds, also those that are not
// written with three digits, as they look like a fraction and are none. It is nil for a count
// and for a text that does not parse.
func (f Format) Beyond(text string) []Beyond {
	if f.pattern == nil {
		return nil
	}

	var found []Beyond
	s := parser{text: text}
	for i := range f.pattern.ops {
		o := &f.pattern.ops[i]
		start, last := s.pos, s.last
		if !s.step(o) {
			return nil
		}

		// A field that stands where nothing was read, or text between fields, has no number.
		if o.letter == 0 || s.last == last {
			continue
		}
		if name := s.beyond(o.letter, strings.TrimLeft(text[start:s.pos], " \t")); name != "" {
			found = append(found, Beyond{Letter: o.letter, Field: name,
				Text: strings.TrimLeft(text[start:s.pos], " \t")})
		}
	}

	// How long a month is depends on the year, which may be written behind the day.
	if day := s.value[fieldDayOfMonth]; s.has(fieldDayOfMonth) && day >= 1 && day <= 31 &&
		int64(day) > s.monthLength() {
		for i := range f.pattern.ops {
			if o := &f.pattern.ops[i]; o.letter == 'd' {
				found = append(found, Beyond{Letter: 'd', Field: "day", Text: strconv.Itoa(int(day))})
				break
			}
		}
	}

	return found
}

// beyond names the field of a letter when its value, written so, is out of range.
func (s *parser) beyond(letter byte, written string) string {
	// Ranges are those of the fields as Java counts them: months from 0.
	within := func(x field, name string, low, high int32) string {
		if v := s.value[x]; v < low || v > high {
			return name
		}
		return ""
	}

	switch letter {
	case 'M', 'L':
		return within(fieldMonth, "month", 0, 11)
	case 'd':
		return within(fieldDayOfMonth, "day", 1, 31)
	case 'D':
		return within(fieldDayOfYear, "day of the year", 1, 366)
	case 'H', 'k':
		return within(fieldHourOfDay, "hour", 0, 23)
	case 'K', 'h':
		return within(fieldHour, "hour of the half day", 0, 11)
	case 'm':
		return within(fieldMinute, "minute", 0, 59)
	case 's':
		return within(fieldSecond, "second", 0, 59)
	case 'S':
		if len(written) != 3 && s.value[fieldMilli] != 0 {
			return "millisecond"
		}
	}

	return ""
}

// monthLength is how many days the month has; of a month that is none, the most there are.
func (s *parser) monthLength() int64 {
	month := s.value[fieldMonth]
	if !s.has(fieldMonth) || !s.has(fieldYear) || month < 0 || month > 11 {
		return 31
	}
	length := daysBefore[month+1] - daysBefore[month]
	if month == 1 && leapYear(int64(s.value[fieldYear])) {
		length++
	}
	return length
}
