package javadate

import (
	"strconv"
	"strings"
)

// WholeMinutes reports whether every result has neither seconds nor a fraction,
// so that it prints as yyyy-MM-ddTHH:mmZ.
func (m *Math) WholeMinutes() bool {
	whole := false
	for _, step := range m.steps {
		switch {
		case step.round:
			whole = whole || step.unit != 's'
		case step.unit == 's' && step.amount%60 != 0:
			whole = false
		}
	}

	return whole
}

// Lost is an addition that the rounding behind it takes away again, unless it
// goes over the border of a unit.
type Lost struct {
	Steps string // such as +17h
	Round string // such as /d
	Unit  string // what is rounded to, such as day
	Write string // the expression with the addition behind the rounding
}

// nominal is the length of a unit in seconds, for comparing sizes.
func nominal(unit byte) int64 {
	switch unit {
	case 'y':
		return 365 * secondsPerDay
	case 'M':
		return 30 * secondsPerDay
	}

	return unitSeconds(unit)
}

var unitNames = map[byte]string{'y': "year", 'M': "month", 'w': "week", 'd': "day", 'h': "hour", 'm': "minute",
	's': "second"}

// RoundedAway returns the first additions that are smaller than the unit that a
// rounding directly behind them rounds to.
func (m *Math) RoundedAway() (Lost, bool) {
	first := 0
	for i, step := range m.steps {
		if !step.round {
			continue
		}

		// Only additions between this rounding and the one before can be lost in it.
		kept, lost, sum := "", "", int64(0)
		for _, add := range m.steps[first:i] {
			if length := nominal(add.unit); length >= nominal(step.unit) {
				kept += add.String()
			} else {
				lost += add.String()
				sum += min(max(add.amount, -1<<40), 1<<40) * length
			}
		}

		if lost != "" && sum != 0 && sum < nominal(step.unit) && -sum < nominal(step.unit) {
			return Lost{Steps: lost, Round: step.String(), Unit: unitNames[step.unit],
				Write: m.rewritten(first, i, kept, lost)}, true
		}

		first = i + 1
	}

	return Lost{}, false
}

// rewritten is the expression with other additions around the rounding at i.
func (m *Math) rewritten(first, i int, before, behind string) string {
	var out strings.Builder
	if m.now {
		out.WriteString("now")
	}

	for _, step := range m.steps[:first] {
		out.WriteString(step.String())
	}

	out.WriteString(before + m.steps[i].String() + behind)
	for _, step := range m.steps[i+1:] {
		out.WriteString(step.String())
	}
	return out.String()
}

// String is the step as it is written in expressions.
func (s mathStep) String() string {
	switch {
	case s.round:
		return "/" + string(rune(s.unit))
	case s.amount >= 0:
		return "+" + strconv.FormatInt(s.amount, 10) + string(rune(s.unit))
	}

	return strconv.FormatInt(s.amount, 10) + string(rune(s.unit))
}
