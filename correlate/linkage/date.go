package linkage

import "strings"

// date is a day as the number yyyymmdd. Negative numbers are days whose century
// is not known: -(yymmdd)-1.
type date int32

// noDate is what cannot be read as a day.
const noDate date = -1 << 31

// dateOrder tells which part of a date with separators comes first.
type dateOrder uint8

const (
	yearFirst dateOrder = iota
	monthFirst
	dayFirst
)

// dateOrderOf finds the order of a column: where a first part is above 12, days
// are first; where only second parts are, months. It is monthFirst when the data
// do not tell.
func dateOrderOf(values []string) dateOrder {
	first, second, years := 0, 0, 0
	for _, v := range values {
		p, n := dateParts(v)

		// A value above 31 can only be a year; one above 12 no month. Values that fit both say
		// nothing.
		switch {
		case n != 3:
		case p[0] > 31:
			years++
		case p[0] > 12:
			first++
		case p[1] > 12:
			second++
		}
	}

	switch {
	case years > first+second:
		return yearFirst
	case first > second:
		return dayFirst
	}

	return monthFirst
}

// monthNames are the beginnings of the English names.
var monthNames = []string{"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}

// dateParts splits a text into up to three numbers; a month's name is its number.
// A time behind the date is left out.
func dateParts(s string) (p [3]int, n int) {
	s = strings.TrimSpace(s)

	// A "T" this far in divides date and time of ISO 8601; before that it belongs to a month's name.
	if i := strings.IndexAny(s, "T"); i >= 8 {
		s = s[:i]
	}
	for i := 0; i < len(s) && n < 3; {
		j := i
		switch {
		case s[i] >= '0' && s[i] <= '9':
			v := 0

			// Eight digits are a date without separators; longer runs would overflow and are none.
			for ; j < len(s) && s[j] >= '0' && s[j] <= '9' && j-i < 8; j++ {
				v = v*10 + int(s[j]-'0')
			}
			p[n], n = v, n+1

		case s[i]|0x20 >= 'a' && s[i]|0x20 <= 'z':
			for ; j < len(s) && s[j]|0x20 >= 'a' && s[j]|0x20 <= 'z'; j++ {
			}
			word := strings.ToLower(s[i:j])
			for m, name := range monthNames {
				if strings.HasPrefix(word, name) {
					p[n], n = m+1, n+1
					break
				}
			}

		default:
			j++
		}

		i = j
	}

	return p, n
}

// parseDate reads a day: yyyymmdd, or three parts in the order of the column.
// Impossible months and days are kept, for a typing error in a date is a small
// difference to the right one.
func parseDate(s string, order dateOrder) date {
	s = strings.TrimSpace(s)
	if len(s) == 8 && len(digits(s)) == 8 {
		return joinDate(number(s[:4]), number(s[4:6]), number(s[6:]), true)
	}
	p, n := dateParts(s)
	if n < 3 {
		return noDate
	}
	year, month, day := p[0], p[1], p[2]
	switch {
	case p[0] > 31 || order == yearFirst && p[2] <= 31:
	case order == dayFirst:
		year, month, day = p[2], p[1], p[0]
	default:
		year, month, day = p[2], p[0], p[1]
	}

	// One value may be written the other way round than its column: only one order is possible then.
	if month > 12 && day <= 12 && order != yearFirst && p[0] <= 31 {
		month, day = day, month
	}
	return joinDate(year, month, day, year > 99)
}

func joinDate(year, month, day int, century bool) date {
	if year > 9999 || month > 99 || day > 99 {
		return noDate
	}
	if !century {
		return date(-(year%100*10000 + month*100 + day) - 1)
	}
	return date(year*10000 + month*100 + day)
}

func number(s string) int {
	n := 0
	for i := range len(s) {
		n = n*10 + int(s[i]-'0')
	}
	return n
}

// parts returns the year within its century, and the whole one if it is known.
func (d date) parts() (year, month, day int, century bool) {
	if d < 0 {
		n := int(-d - 1)
		return n / 10000, n / 100 % 100, n % 100, false
	}

	n := int(d)
	return n / 10000, n / 100 % 100, n % 100, true
}

// The levels of dates.
const (
	dateExact = iota + 1
	dateNear  // day and month swapped, one digit, two neighbouring digits swapped
	dateParts2
	dateYear
	dateDifferent
)

// compareDates returns the level of two days.
func compareDates(a, b date) uint8 {
	if a == b {
		return dateExact
	}

	// A year of two digits is compared as one: 62 agrees with 1962 and with 2062.
	ya, ma, da, ca := a.parts()
	yb, mb, db, cb := b.parts()
	if ca != cb {
		ya, yb = shortYear(ya), shortYear(yb)
	}
	sameYear, sameMonth, sameDay := ya == yb, ma == mb, da == db

	// The rules stand from sure to vague. Day and month in the other order is the commonest fault of
	// an import, so it is near.
	switch {
	case sameYear && sameMonth && sameDay:
		return dateExact
	case sameYear && ma == db && da == mb:
		return dateNear
	}

	// A typing error changes one digit; parts that agree weigh more than digits that happen to.
	edits := digitEdits(ya, yb, 4) + digitEdits(ma, mb, 2) + digitEdits(da, db, 2)
	switch {
	case edits == 1:
		return dateNear
	case sameYear && (sameMonth || sameDay), sameMonth && sameDay:
		return dateParts2
	case edits == 2:
		return dateParts2
	case sameYear:
		return dateYear
	case max(ya-yb, yb-ya) <= 1:
		return dateYear
	}

	return dateDifferent
}

// shortYear returns the year as two digits say it, which is one from 1900 on.
func shortYear(y int) int {
	if y >= 1900 {
		return y % 100
	}
	return y
}

// digitEdits counts the digits in which two numbers differ; two neighbours that
// are swapped count once.
func digitEdits(a, b, width int) int {
	n, swap := 0, false
	for range width {
		x, y := a%10, b%10
		x2, y2 := a/10%10, b/10%10
		switch {
		case swap:
			swap = false
		case x != y && x == y2 && y == x2:
			n, swap = n+1, true
		case x != y:
			n++
		}

		a, b = a/10, b/10
	}

	return n
}
