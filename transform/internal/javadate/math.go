package javadate

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Math is a compiled dateMath expression. It is immutable and safe for concurrent use.
type Math struct {
	source string
	now    bool
	steps  []mathStep
}

// mathStep adds an amount of a unit, or rounds to it.
type mathStep struct {
	unit   byte
	round  bool
	amount int64
}

// MathError tells why a text is no dateMath expression.
type MathError struct {
	Offset int // in the expression, in bytes
	Expr   string
	Msg    string
}

// Error names the expression, the place and the reason.
func (e *MathError) Error() string {
	return fmt.Sprintf("bad date expression %q: %s at offset %d", e.Expr, e.Msg, e.Offset)
}

const (
	mathUnits  = "yMwdhms"
	roundUnits = "yMdhms"
)

// CompileMath compiles an expression: "now" or nothing, then any number of additions such
// as +3d and -1M (years y, months M, weeks w, days d, hours h, minutes m, seconds s) and
// roundings such as /d (not to weeks). Blanks and an empty expression are errors. The error
// is a [*MathError].
//
// Source: ISC operation "Date Math"; DECISION 18.
func CompileMath(expr string) (*Math, error) {
	m := &Math{source: expr, now: strings.HasPrefix(expr, "now")}

	// An empty expression could mean now or nothing; the platform refuses it.
	if expr == "" {
		return nil, &MathError{Offset: 0, Expr: expr, Msg: `empty, expected "now" or an operation`}
	}

	pos := 0
	if m.now {
		pos = len("now")
	}

	for pos < len(expr) {
		step, end, msg := scanStep(expr, pos)
		if msg != "" {
			return nil, &MathError{Offset: end, Expr: expr, Msg: msg}
		}
		m.steps = append(m.steps, step)
		pos = end
	}

	return m, nil
}

// scanStep reads one operation. With a message, end is the place of the error.
func scanStep(expr string, pos int) (step mathStep, end int, msg string) {
	sign := expr[pos]
	end = pos + 1
	units := mathUnits
	switch sign {
	case '/':
		step.round, units = true, roundUnits
	case '+', '-':
		for end < len(expr) && expr[end]-'0' <= 9 {
			end++
		}
		if end == pos+1 {
			return step, end, "expected a number"
		}

		// The number must be there: +d is no day.
		n, err := strconv.ParseInt(expr[pos+1:end], 10, 64)
		if err != nil {
			return step, pos + 1, "number out of range"
		}
		step.amount = n
		if sign == '-' {
			step.amount = -n
		}

	default:
		return step, pos, "expected +, - or /"
	}

	// A rounding knows fewer units: nobody rounds to weeks.
	if end >= len(expr) || strings.IndexByte(units, expr[end]) < 0 {
		return step, end, "expected a unit, one of " + strings.Join(strings.Split(units, ""), " ")
	}

	step.unit = expr[end]
	return step, end + 1, ""
}

// String returns the expression as it was written.
func (m *Math) String() string { return m.source }

// UsesNow reports whether the expression begins with "now"; then the input is ignored.
func (m *Math) UsesNow() bool { return m.now }

// Apply computes the expression in UTC, from left to right. Adding months or years keeps
// the day of the month, or takes the last one. Rounding goes down; with roundUp it goes down
// and adds one unit, also to a moment that needs no rounding. The error wraps [ErrRange].
//
// Source: ISC operation "Date Math"; java.time.OffsetDateTime.
func (m *Math) Apply(in, now Instant, roundUp bool) (Instant, error) {
	at := in
	if m.now {
		at = now
	}

	// From left to right, as written.
	for _, step := range m.steps {
		var ok bool
		if !step.round {
			at, ok = at.add(step.amount, step.unit)
		} else if at = at.truncate(step.unit); roundUp {
			at, ok = at.add(1, step.unit)
		} else {
			ok = true
		}

		if !ok {
			return Instant{}, fmt.Errorf("%w: date expression %q", ErrRange, m.source)
		}
	}

	return at, nil
}

// unitSeconds is the length of a unit that has always the same, else 0.
func unitSeconds(unit byte) int64 {
	switch unit {
	case 'w':
		return 7 * secondsPerDay
	case 'd':
		return secondsPerDay
	case 'h':
		return 3600
	case 'm':
		return 60
	case 's':
		return 1
	}

	return 0
}

// add moves on by units; it reports whether the result is in range.
func (i Instant) add(amount int64, unit byte) (Instant, bool) {
	length := unitSeconds(unit)
	if length == 0 {
		return i.addMonths(amount, unit == 'y')
	}

	// The whole range is shorter than a quarter of an int64.
	if limit := int64(math.MaxInt64/2) / length; amount > limit || amount < -limit {
		return i, false
	}

	i.second += amount * length
	return i, minSecond <= i.second && i.second <= maxSecond
}

// addMonths adds months or years.
func (i Instant) addMonths(amount int64, years bool) (Instant, bool) {
	const limit = 1 << 40 // far beyond the range in both units
	if amount > limit || amount < -limit {
		return i, false
	}

	if years {
		amount *= 12
	}

	day := floorDiv(i.second, secondsPerDay)
	time := i.second - day*secondsPerDay
	year, month, dayOfMonth := gregorianDate(day + unixEpochDay)
	months := year*12 + int64(month) + amount
	year, month = floorDiv(months, 12), int(floorMod(months, 12))
	if year < -999_999_999 || year > 999_999_999 {
		return i, false
	}

	// 31 January and a month is the last of February.
	dayOfMonth = min(dayOfMonth, monthLength(year, month))
	i.second = (gregorianDay(year, month, dayOfMonth)-unixEpochDay)*secondsPerDay + time
	return i, true
}

// truncate goes back to the start of a unit.
func (i Instant) truncate(unit byte) Instant {
	if length := unitSeconds(unit); length > 0 {
		return Instant{second: floorDiv(i.second, length) * length}
	}

	// Months and years have no fixed length.
	year, month, _ := gregorianDate(floorDiv(i.second, secondsPerDay) + unixEpochDay)
	if unit == 'y' {
		month = 0
	}
	return Instant{second: (gregorianDay(year, month, 1) - unixEpochDay) * secondsPerDay}
}
