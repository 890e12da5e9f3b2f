package javadate

import "strconv"

// maxPadding is the longest number that Java pads to.
const maxPadding = 309

// Append prints a moment, milliseconds since 1970-01-01 UTC, and returns the extended
// buffer. It allocates only when the buffer has to grow.
//
// Source: java.text.SimpleDateFormat, Locale.US.
func (p *Pattern) Append(dst []byte, ms int64, zone Zone) []byte {
	if p.layout.text != "" && ms >= firstPlain && ms <= lastPlain {
		return p.layout.append(dst, ms)
	}
	return p.appendGeneral(dst, ms, zone)
}

func (p *Pattern) appendGeneral(dst []byte, ms int64, zone Zone) []byte {
	day := floorDiv(ms, msPerDay)
	time := int32(ms - day*msPerDay)

	// The calendar is worked out only for patterns that show a day.
	var d date
	if p.needsDate {
		d = makeDate(day + unixEpochDay)
	}

	for i := range p.ops {
		switch o := &p.ops[i]; o.letter {
		case 0:
			dst = append(dst, o.literal...)
		case 'H', 'k', 'K', 'h', 'm', 's', 'S', 'a':
			dst = appendTime(dst, o, time)
		case 'z':
			dst = append(dst, zone.name(o.count >= 4)...)
		case 'Z':
			dst = append(dst, "+0000"...)
		case 'X':
			dst = append(dst, 'Z')
		default:
			dst = appendDate(dst, o, &d)
		}
	}

	return dst
}

func appendTime(dst []byte, o *op, time int32) []byte {
	hour := int64(time / 3_600_000)

	// The four fields of hours differ in where they begin and how they end: 0-23, 1-24, 0-11, 1-12.
	var n int64
	switch o.letter {
	case 'H':
		n = hour
	case 'k':
		n = (hour+23)%24 + 1
	case 'K':
		n = hour % 12
	case 'h':
		n = (hour+11)%12 + 1
	case 'm':
		n = int64(time / 60_000 % 60)
	case 's':
		n = int64(time / 1000 % 60)
	case 'S':
		n = int64(time % 1000)
	case 'a':
		return append(dst, halfNames[hour/12].short...)
	}

	return appendPadded(dst, n, o.count)
}

func appendDate(dst []byte, o *op, d *date) []byte {
	var n int64
	switch o.letter {
	case 'y':
		return appendYear(dst, d.yearOfEra(), o.count)
	case 'Y':
		return appendYear(dst, d.weekYear(), o.count)
	case 'G':
		era := eraAD
		if d.year <= 0 {
			era = eraBC
		}
		return append(dst, eraNames[era].short...)

	case 'E':
		return appendName(dst, weekdayNames[d.weekday()-1], o.count >= 4)
	case 'M', 'L':
		if o.count >= 3 {
			return appendName(dst, monthNames[d.month], o.count >= 4)
		}
		n = int64(d.month) + 1
	case 'd':
		n = d.dayOfMonth
	case 'D':
		n = d.dayOfYear()
	case 'F':
		n = d.weekdayOfMonth()
	case 'w':
		n = d.weekOfYear()
	case 'W':
		n = d.weekOfMonth()
	case 'u':
		n = (d.weekday()+5)%7 + 1
	}

	return appendPadded(dst, n, o.count)
}

func appendName(dst []byte, n name, long bool) []byte {
	if long {
		return append(dst, n.long...)
	}
	return append(dst, n.short...)
}

// appendYear prints two letters as the last two digits.
func appendYear(dst []byte, year int64, count int) []byte {
	if count != 2 {
		return appendPadded(dst, year, count)
	}
	if year < 0 {
		dst = append(dst, '-')
		year = -year
	}

	return appendPadded(dst, year%100, 2)
}

// appendPadded prints a number with at least width digits.
func appendPadded(dst []byte, n int64, width int) []byte {
	// The usual widths are written without a loop.
	switch {
	case width == 2 && 0 <= n && n < 100:
		return append(dst, byte('0'+n/10), byte('0'+n%10))
	case width == 3 && 0 <= n && n < 1000:
		return append(dst, byte('0'+n/100), byte('0'+n/10%10), byte('0'+n%10))
	case width == 4 && 0 <= n && n < 10000:
		return append(dst, byte('0'+n/1000), byte('0'+n/100%10), byte('0'+n/10%10), byte('0'+n%10))
	}

	if n < 0 {
		dst = append(dst, '-')
		n = -n
	}

	// Java pads digits and not the sign.
	digits := 1
	for rest := n / 10; rest > 0; rest /= 10 {
		digits++
	}

	for width = min(width, maxPadding); width > digits; width-- {
		dst = append(dst, '0')
	}

	return strconv.AppendInt(dst, n, 10)
}
