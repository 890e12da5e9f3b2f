package javadate

// Days are counted from 0001-01-01 of the proleptic Gregorian calendar, which is day 1.
const (
	unixEpochDay = 719163 // 1970-01-01
	cutoverDay   = 577736 // 1582-10-15, the first Gregorian day
	cutoverYear  = 1582
	msPerDay     = 24 * 60 * 60 * 1000
)

// days before each month in a common year, and in all.
var daysBefore = [13]int64{0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

func floorMod(a, b int64) int64 {
	m := a % b
	if m < 0 {
		m += b
	}
	return m
}

func leapGregorian(year int64) bool {
	return year&3 == 0 && (year%100 != 0 || year%400 == 0)
}

// leapYear applies the calendar in force; 1582 itself was common.
func leapYear(year int64) bool {
	if year > cutoverYear {
		return leapGregorian(year)
	}
	return year&3 == 0
}

// gregorianDay returns the day of a date; month is 0 to 11, year 0 is 1 BC.
func gregorianDay(year int64, month int, day int64) int64 {
	y := year - 1
	n := 365*y + daysBefore[month] + day

	// Divisions of what is not negative, as all years in practice are, need no corrections.
	if u := uint64(y); u < 1<<32 {
		n += int64(u/4 - u/100 + u/400)
	} else {
		n += floorDiv(y, 4) - floorDiv(y, 100) + floorDiv(y, 400)
	}
	if month > 1 && leapGregorian(year) {
		n++
	}
	return n
}

// julianDay is gregorianDay for a date of the Julian calendar.
func julianDay(year int64, month int, day int64) int64 {
	y := year - 1
	n := 365*y + floorDiv(y, 4) + daysBefore[month] + day - 2
	if month > 1 && year&3 == 0 {
		n++
	}
	return n
}

// firstOfYear returns the day on which a year began, in the calendar in force.
func firstOfYear(year int64) int64 {
	if year > cutoverYear {
		return gregorianDay(year, 0, 1)
	}
	return julianDay(year, 0, 1)
}

// dateOf splits a day into year (0 is 1 BC), month (0 to 11) and day of month.
func dateOf(day int64) (year int64, month int, dayOfMonth int64) {
	if day >= cutoverDay {
		return gregorianDate(day)
	}

	// Count from 1 March of year 0, so that the leap day comes last.
	n := day + 307
	cycle := floorDiv(n, 1461)
	n -= cycle * 1461
	years := (n - n/1460) / 365
	return fromMarch(cycle*4+years, n-365*years)
}

// gregorianDate is dateOf without the Julian calendar.
func gregorianDate(day int64) (year int64, month int, dayOfMonth int64) {
	if uint64(day) < 1<<28 {
		return nearDate(uint32(day))
	}
	return farDate(day)
}

// nearDate is gregorianDate for about 700,000 years after Christ: the algorithm
// of Neri and Schneider, which multiplies and shifts instead of dividing.
func nearDate(day uint32) (year int64, month int, dayOfMonth int64) {
	n := 4*(day+305) + 3
	century := n / 146097
	p := 2939745 * uint64(n%146097|3)
	inYear := uint32(p) / 2939745 / 4
	m := 2141*inYear + 197913
	year, month, dayOfMonth = int64(100*century)+int64(p>>32), int(m>>16)-1, int64((m&0xFFFF)/2141)+1
	if month > 11 {
		return year + 1, month - 12, dayOfMonth
	}
	return year, month, dayOfMonth
}

// farDate is gregorianDate for every day.
func farDate(day int64) (year int64, month int, dayOfMonth int64) {
	n := day + 305

	// The calendar repeats after 400 years.
	cycle := floorDiv(n, 146097)
	n -= cycle * 146097
	years := (n - n/1460 + n/36524 - n/146096) / 365
	return fromMarch(cycle*400+years, n-365*years-years/4+years/100)
}

// fromMarch splits a day of a year that begins on 1 March.
func fromMarch(year, day int64) (int64, int, int64) {
	shifted := (5*day + 2) / 153
	dayOfMonth := day - (153*shifted+2)/5 + 1
	month := int(shifted) + 2
	if month > 11 {
		return year + 1, month - 12, dayOfMonth
	}
	return year, month, dayOfMonth
}

// onOrBefore returns the last day not after day that has the weekday, 1 for Sunday.
// Weekdays outside 1 to 7 count on.
func onOrBefore(day int64, weekday int32) int64 {
	return day - floorMod(day-int64(weekday-1), 7)
}

// weekOf numbers the week of a day in a period that began on first. Weeks begin on
// Sunday; the one with the first day is week 1.
func weekOf(first, day int64) int64 {
	return (day-onOrBefore(first, 1))/7 + 1
}

// date holds what the fields of a printed day are derived from.
type date struct {
	day        int64
	year       int64 // 0 is 1 BC
	month      int
	dayOfMonth int64
}

func makeDate(day int64) date {
	y, m, d := dateOf(day)
	return date{day: day, year: y, month: m, dayOfMonth: d}
}

// yearOfEra is the year as it is written.
func (d *date) yearOfEra() int64 {
	if d.year <= 0 {
		return 1 - d.year
	}
	return d.year
}

// weekday is 1 for Sunday to 7 for Saturday.
func (d *date) weekday() int64 { return floorMod(d.day, 7) + 1 }

func (d *date) dayOfYear() int64 { return d.day - firstOfYear(d.year) + 1 }

// firstOfMonth is the day on which the month began. October 1582 began Julian.
func (d *date) firstOfMonth() int64 {
	if d.year == cutoverYear && d.month == 9 {
		return julianDay(cutoverYear, 9, 1)
	}
	return d.day - d.dayOfMonth + 1
}

func (d *date) weekOfMonth() int64 { return weekOf(d.firstOfMonth(), d.day) }

// weekdayOfMonth tells which one of its weekday in the month a day is, from 1.
func (d *date) weekdayOfMonth() int64 { return (d.day-d.firstOfMonth())/7 + 1 }

// weekOfYear is 1 also for the last days of a year that lie in the first week of the next.
func (d *date) weekOfYear() int64 {
	// The last days of a year may belong to the first week of the next one.
	next := firstOfYear(d.year + 1)
	if sunday := onOrBefore(next, 1); sunday != next && d.day >= sunday {
		return 1
	}
	return weekOf(firstOfYear(d.year), d.day)
}

// weekYear is the year that the week belongs to.
func (d *date) weekYear() int64 {
	if d.year > cutoverYear+1 {
		if d.month == 11 && d.weekOfYear() == 1 {
			return d.year + 1
		}
		return d.year
	}

	next := d.year + 1
	if d.year <= 0 {
		// Java steps the year of the era, so that before year 1 it looks at the weekday
		// of another year.
		next = -d.year
	}

	// The years around the change of calendars are shorter than others.
	length := firstOfYear(d.year+1) - firstOfYear(d.year)
	left := length - d.dayOfYear() + 1
	first := firstOfYear(next)
	if sunday := onOrBefore(first, 1); left <= first-sunday {
		return d.year + 1
	}

	return d.year
}
