package javadate

// The everyday way for printing patterns such as yyyy-MM-dd, and for reading the
// dates that transforms hand to each other.

// layout prints a pattern of four-digit year and two-digit fields by putting
// digits into a prepared text, and reads what it would print.
type layout struct {
	text string // with zeros where digits go
	put  []place
	keep []int // where the text stands as it is
	read bool  // a text of this form means nothing else
}

type place struct {
	letter byte
	at     int
}

// widths of the fields that a layout prints.
var widths = map[byte]int{'y': 4, 'M': 2, 'd': 2, 'H': 2, 'm': 2, 's': 2, 'S': 3}

// newLayout returns the layout of a pattern, empty when it has other fields.
func newLayout(ops []op) layout {
	l := layout{read: true}
	text := []byte{}
	for _, o := range ops {
		width, ok := widths[o.letter]
		switch {
		case o.letter == 0:
			// Where a number meets more digits, or what could be its exponent, it does not end.
			if c := o.literal[0]; c-'0' <= 9 || c == 'E' || c >= 0x80 {
				l.read = false
			}
			for i := range len(o.literal) {
				l.keep = append(l.keep, len(text)+i)
			}
			text = append(text, o.literal...)
		case o.letter == 'X':
			l.keep = append(l.keep, len(text))
			text = append(text, 'Z')
		case !ok || width != o.count:
			return layout{}
		default:
			l.put = append(l.put, place{o.letter, len(text)})
			text = append(text, "0000"[:width]...)
		}
	}

	l.text = string(text)
	return l
}

// first and last moment of the years with four digits in which the Gregorian
// calendar is in force, in milliseconds.
const (
	firstPlain = -12212553600000 // 1583-01-01
	lastPlain  = 253402300799999 // 9999-12-31T23:59:59.999
)

// append prints a moment between firstPlain and lastPlain.
func (l *layout) append(dst []byte, ms int64) []byte {
	day := floorDiv(ms, msPerDay)
	time := int(ms - day*msPerDay)
	year, month, dayOfMonth := gregorianDate(day + unixEpochDay)
	start := len(dst)
	dst = append(dst, l.text...)
	for _, p := range l.put {
		b := dst[start+p.at:]
		switch p.letter {
		case 'y':
			two(b, int(year)/100)
			two(b[2:], int(year)%100)
		case 'M':
			two(b, month+1)
		case 'd':
			two(b, int(dayOfMonth))
		case 'H':
			two(b, time/3_600_000)
		case 'm':
			two(b, time/60_000%60)
		case 's':
			two(b, time/1000%60)
		case 'S':
			b[0] = byte('0' + time%1000/100)
			two(b[1:], time%100)
		}
	}

	return dst
}

// parse reads a date of the form that the layout prints. When it reports false,
// nothing is known.
func (l *layout) parse(text string) (ms int64, ok bool) {
	if !l.read || len(text) != len(l.text) {
		return 0, false
	}
	for _, at := range l.keep {
		if text[at] != l.text[at] {
			return 0, false
		}
	}

	year, month, day, time := int64(1970), int64(1), int64(1), int64(0)
	for _, p := range l.put {
		n, ok := pair(text, p.at)
		if !ok {
			return 0, false
		}

		switch p.letter {
		case 'y':
			low, ok := pair(text, p.at+2)
			if year = n*100 + low; !ok {
				return 0, false
			}

		case 'M':
			month = n
		case 'd':
			day = n
		case 'H':
			time += n * 3_600_000
		case 'm':
			time += n * 60_000
		case 's':
			time += n * 1000
		case 'S':
			low := text[p.at+2] - '0'
			if time += n*10 + int64(low); low > 9 {
				return 0, false
			}
		}
	}

	// Days and hours beyond their ends go on into the next month or day.
	if year <= cutoverYear || month < 1 || month > 12 {
		return 0, false
	}
	days := gregorianDay(year, int(month-1), 1) + day - 1 - unixEpochDay
	return days*msPerDay + time, len(l.put) > 0 && days+unixEpochDay >= cutoverDay
}

func two(b []byte, n int) { b[0], b[1] = byte('0'+n/10), byte('0'+n%10) }

// plainISO reads yyyy-MM-ddTHH:mm:ss.SSSZ, and the same without fraction or
// without seconds. When it reports false, nothing is known.
func plainISO(text string) (Instant, bool) {
	n := len(text)
	if n != 24 && n != 20 && n != 17 || text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' ||
		text[n-1] != 'Z' {
		return Instant{}, false
	}

	century, ok1 := pair(text, 0)
	year, ok2 := pair(text, 2)
	month, ok3 := pair(text, 5)
	day, ok4 := pair(text, 8)
	hour, ok5 := pair(text, 11)
	minute, ok6 := pair(text, 14)
	if !(ok1 && ok2 && ok3 && ok4 && ok5 && ok6) || month < 1 || month > 12 || day < 1 ||
		day > 28 && day > monthLength(century*100+year, int(month-1)) || hour > 23 || minute > 59 {
		return Instant{}, false
	}

	second, milli, ok := plainSeconds(text)
	if !ok {
		return Instant{}, false
	}

	days := gregorianDay(century*100+year, int(month-1), day) - unixEpochDay
	return Instant{days*secondsPerDay + (hour*60+minute)*60 + second, int32(milli * 1_000_000)}, true
}

// plainSeconds reads what follows the minute in [plainISO].
func plainSeconds(text string) (second, milli int64, ok bool) {
	if len(text) == 17 {
		return 0, 0, true
	}

	second, ok = pair(text, 17)
	if !ok || text[16] != ':' || second > 59 || len(text) == 20 {
		return second, 0, ok && text[16] == ':' && second <= 59
	}

	low, ok := pair(text, 21)
	high := text[20] - '0'
	return second, int64(high)*100 + low, ok && text[19] == '.' && high <= 9
}

// pair reads two digits.
func pair(text string, at int) (int64, bool) {
	a, b := text[at]-'0', text[at+1]-'0'
	return int64(a)*10 + int64(b), a <= 9 && b <= 9
}
