package javadate

import "math"

// field names a value that a pattern letter sets.
type field int

const (
	fieldEra field = iota
	fieldYear
	fieldMonth
	fieldWeekOfYear
	fieldWeekOfMonth
	fieldDayOfMonth
	fieldDayOfYear
	fieldWeekday
	fieldWeekdayOfMonth
	fieldHalf // AM or PM
	fieldHour // of the half day
	fieldHourOfDay
	fieldMinute
	fieldSecond
	fieldMilli
	fieldOffset
	fieldSaving
	fieldWeekYear
	fieldCount
)

const eraBC, eraAD = 0, 1

// fields collects what was parsed. A later stamp wins where fields contradict each other;
// stamp 0 is unset. All values are Java ints and wrap around like them.
type fields struct {
	value [fieldCount]int32
	stamp [fieldCount]int32
	last  int32
	zone  *zoneName // the last one matched; nil is the zone of the formatter, without offset
}

func (f *fields) set(x field, v int32) {
	f.last++
	f.stamp[x] = f.last
	f.value[x] = v
}

func (f *fields) clear(x field) { f.stamp[x], f.value[x] = 0, 0 }

func (f *fields) has(x field) bool { return f.stamp[x] > 0 }

// together is the stamp of two fields that count only when both are set.
func (f *fields) together(a, b field) int32 {
	if f.stamp[a] == 0 || f.stamp[b] == 0 {
		return 0
	}
	return max(f.stamp[a], f.stamp[b])
}

// millis returns the moment that the fields mean.
//
// Source: java.util.GregorianCalendar, computeTime, and Calendar's rules for
// inconsistent and missing fields.
func (f *fields) millis() int64 {
	g := *f

	// Of two kinds of years the one that was set last counts.
	if g.has(fieldWeekYear) && g.stamp[fieldWeekYear] > g.stamp[fieldYear] {
		g.applyWeekYear()
	}
	wall := g.wallMillis()
	return wall - g.offset(wall)
}

// applyWeekYear replaces week year, week and weekday by a date.
func (f *fields) applyWeekYear() {
	week, weekday := int32(1), int32(1)
	if f.has(fieldWeekOfYear) {
		week = f.value[fieldWeekOfYear]
	}

	if f.has(fieldWeekday) {
		weekday = f.value[fieldWeekday]
	}

	week, weekday = normalWeekday(week, weekday)

	// The era is the one that the other fields give.
	year := f.value[fieldWeekYear]
	wall := f.wallMillis()
	if y, _, _ := dateOf(floorDiv(wall, msPerDay) + unixEpochDay); y <= 0 {
		year = 1 - year
	}

	first := fields{}
	first.set(fieldEra, eraAD)
	first.set(fieldYear, year)
	first.set(fieldWeekOfYear, 1)
	first.set(fieldWeekday, 1)

	// The sum may wrap around, which moves the time of day, too.
	sum := first.wallMillis() + int64(weekday-1+7*(week-1))*msPerDay
	d := makeDate(floorDiv(sum, msPerDay) + unixEpochDay)
	era := int32(eraAD)
	if d.year <= 0 {
		era = eraBC
	}

	f.set(fieldEra, era)
	f.set(fieldYear, int32(d.yearOfEra()))
	f.set(fieldMonth, int32(d.month))
	f.set(fieldDayOfMonth, int32(d.dayOfMonth))
}

// normalWeekday brings a weekday into 1 to 7. Others are ISO numbers, Monday 1, that move
// the week.
func normalWeekday(week, weekday int32) (int32, int32) {
	switch {
	case weekday > 7:
		weekday--
		return week + weekday/7, isoWeekday(weekday%7 + 1)
	case weekday < 1:
		weeks := int32(-floorDiv(int64(weekday)-1, 7))
		return week - weeks, isoWeekday(weekday + 7*weeks)
	}

	return week, weekday
}

// isoWeekday turns 1 for Monday into 2, and so on; other numbers stay.
func isoWeekday(n int32) int32 {
	if n < 1 || n > 7 {
		return n
	}
	return n%7 + 1
}

// wallMillis is the local time, as milliseconds since 1970-01-01 00:00 of the same clock.
func (f *fields) wallMillis() int64 {
	year := int32(1970)
	if f.has(fieldYear) {
		year = f.value[fieldYear]
	}

	if f.has(fieldEra) && f.value[fieldEra] == eraBC {
		year = 1 - year
	}

	time := f.timeOfDay()
	day := floorDiv(time, msPerDay)
	return (f.dayNumber(year, day)-unixEpochDay)*msPerDay + time - day*msPerDay
}

func (f *fields) timeOfDay() int64 {
	half := f.together(fieldHour, fieldHalf)

	// With neither of both, what is there of the half day decides.
	if max(half, f.stamp[fieldHourOfDay]) == 0 {
		half = max(f.stamp[fieldHour], f.stamp[fieldHalf])
	}

	hours := int64(f.value[fieldHourOfDay])
	if half > f.stamp[fieldHourOfDay] {
		hours = int64(f.value[fieldHour]) + 12*int64(f.value[fieldHalf])
	}

	minutes := hours*60 + int64(f.value[fieldMinute])
	return (minutes*60+int64(f.value[fieldSecond]))*1000 + int64(f.value[fieldMilli])
}

// dayNumber chooses the calendar; shift are the days that the time of day adds.
func (f *fields) dayNumber(year int32, shift int64) int64 {
	// A day before the change of calendars is counted in the old one, whatever its year.
	rule := f.dayRule()
	if year > cutoverYear || year == cutoverYear && rule < fromYear {
		if day := shift + f.dayBy(rule, year, gregorianDay); day >= cutoverDay {
			return day
		}
	}

	return shift + f.dayBy(rule, year, julianDay)
}

// dayRule is the group of fields that gives the day.
type dayRule int

const (
	byDayOfMonth dayRule = iota
	byWeekOfMonth
	byWeekdayOfMonth
	byDayOfYear
	byWeekOfYear
	fromYear = byDayOfYear // rules from here on do not use the month
)

// dayRule finds the group with the latest field. Groups with a week need a weekday, unless
// no group is complete.
func (f *fields) dayRule() dayRule {
	dayOfMonth, dayOfYear := f.stamp[fieldDayOfMonth], f.stamp[fieldDayOfYear]
	weekOfMonth := f.together(fieldWeekOfMonth, fieldWeekday)
	weekdayOfMonth := f.together(fieldWeekdayOfMonth, fieldWeekday)
	weekOfYear := f.together(fieldWeekOfYear, fieldWeekday)

	// The rule whose fields were set last wins.
	best := max(dayOfMonth, weekOfMonth, weekdayOfMonth, dayOfYear, weekOfYear)

	// Nothing is set together, so single fields decide.
	if best == 0 {
		weekOfMonth = f.stamp[fieldWeekOfMonth]
		weekdayOfMonth = max(f.stamp[fieldWeekdayOfMonth], f.stamp[fieldWeekday])
		weekOfYear = f.stamp[fieldWeekOfYear]
		best = max(weekOfMonth, weekdayOfMonth, weekOfYear)
	}

	week := f.stamp[fieldWeekOfYear]
	switch {
	case best == dayOfMonth:
		return byDayOfMonth
	case best == weekOfMonth && weekOfMonth == weekdayOfMonth:
		// The weekday came last in both groups.
		w, n := f.stamp[fieldWeekOfMonth], f.stamp[fieldWeekdayOfMonth]
		if max(w, n) >= week {
			if w >= n {
				return byWeekOfMonth
			}
			return byWeekdayOfMonth
		}

	case best == weekOfMonth && f.stamp[fieldWeekOfMonth] >= week:
		return byWeekOfMonth
	case best == weekdayOfMonth && f.stamp[fieldWeekdayOfMonth] >= week:
		return byWeekdayOfMonth
	}

	if best == dayOfYear {
		return byDayOfYear
	}

	return byWeekOfYear
}

// dayBy applies a rule in one calendar.
func (f *fields) dayBy(rule dayRule, year int32, dayOf func(int64, int, int64) int64) int64 {
	if rule >= fromYear {
		first := dayOf(int64(year), 0, 1)
		if rule == byDayOfYear {
			return first + int64(f.value[fieldDayOfYear]) - 1
		}
		return f.inWeek(first) + 7*(int64(f.value[fieldWeekOfYear])-1)
	}

	month := f.value[fieldMonth]

	// Lenient: month 13 is January of the next year.
	year += int32(floorDiv(int64(month), 12))
	month = int32(floorMod(int64(month), 12))
	first := dayOf(int64(year), int(month), 1)
	switch rule {
	case byWeekOfMonth:
		return f.inWeek(first) + int64(7*(f.value[fieldWeekOfMonth]-1))
	case byWeekdayOfMonth:
		return f.nthWeekday(first, int64(year), int(month))
	}

	if f.has(fieldDayOfMonth) {
		return first + int64(f.value[fieldDayOfMonth]) - 1
	}

	return first
}

// inWeek is the day of the week that contains first: Sunday, or the weekday if one is set.
func (f *fields) inWeek(first int64) int64 {
	sunday := onOrBefore(first, 1)
	if !f.has(fieldWeekday) {
		return sunday
	}
	return onOrBefore(sunday+6, f.value[fieldWeekday])
}

// nthWeekday counts weekdays in a month, from the end for negative numbers.
func (f *fields) nthWeekday(first, year int64, month int) int64 {
	weekday, n := int32(1), int32(1)
	if f.has(fieldWeekday) {
		weekday = f.value[fieldWeekday]
	}

	if f.has(fieldWeekdayOfMonth) {
		n = f.value[fieldWeekdayOfMonth]
	}

	if n >= 0 {
		return onOrBefore(first+int64(7*n)-1, weekday)
	}

	// A negative number counts from the end of the month.
	length := int32(daysBefore[month+1] - daysBefore[month])
	if month == 1 && leapYear(year) {
		length++
	}
	return onOrBefore(first+int64(length+7*(n+1))-1, weekday)
}

// offset is the difference to UTC in milliseconds at a local time.
func (f *fields) offset(wall int64) int64 {
	if f.has(fieldOffset) && f.has(fieldSaving) {
		return int64(f.value[fieldOffset]) + int64(f.value[fieldSaving])
	}

	// An offset that was read counts before the rules of a zone.
	if f.zone == nil {
		return int64(f.value[fieldOffset]) + int64(f.value[fieldSaving])
	}
	if f.has(fieldSaving) {
		return stepAt(f.zone.raw, wall) + int64(f.value[fieldSaving])
	}
	return stepAt(f.zone.full, wall)
}

// stepAt looks up an offset history and returns milliseconds.
func stepAt(rule uint8, wall int64) int64 {
	steps := zoneRules[rule]
	second := floorDiv(wall, 1000)

	// The steps are in order of time.
	lo, hi := 0, len(steps)
	for hi-lo > 1 {
		mid := (lo + hi) / 2
		if second >= steps[mid].from {
			lo = mid
		} else {
			hi = mid
		}
	}

	return int64(steps[lo].offset) * 1000
}

// minWall begins every offset history.
const minWall = math.MinInt64
