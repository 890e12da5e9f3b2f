package javadate

import "encoding/binary"

// The everyday way for printing patterns such as yyyy-MM-dd, and for reading the
// dates that transforms hand to each other.

// layout prints a pattern of four-digit year and two-digit fields by putting
// digits into a prepared text, and reads what it would print.
type layout struct {
	text  string // with zeros where digits go
	put   []place
	keep  []int    // where the text stands as it is
	clock bool     // some of the digits tell the time of day
	iso   bool     // it is that of ISO8601
	read  bool     // a text of this form means nothing else
	zone  int      // where an offset of the zone stands, at the end; 0: nowhere
	day   *dayForm // for days alone; nil otherwise
}

// place is where two digits stand.
type place struct {
	part digitPair
	at   int
}

// digitPair says which two digits of a moment they are.
type digitPair uint8

const (
	pairCentury digitPair = iota
	pairYear
	pairMonth
	pairDay
	pairHour
	pairMinute
	pairSecond
	pairTenMillis // the first two of three
	pairLastMilli // the last two of them
	pairs
)

// fieldDigits are the digits of a letter, one pair behind the other, and how many digits it has.
var fieldDigits = map[byte]struct {
	first, last digitPair
	width       int
}{
	'y': {pairCentury, pairYear, 4}, 'M': {pairMonth, pairMonth, 2}, 'd': {pairDay, pairDay, 2},
	'H': {pairHour, pairHour, 2}, 'm': {pairMinute, pairMinute, 2}, 's': {pairSecond, pairSecond, 2},
	'S': {pairTenMillis, pairLastMilli, 3},
}

// newLayout returns the layout of a pattern, empty when it has other fields.
func newLayout(ops []op) layout {
	l := layout{read: true}
	text := []byte{}
	for i, o := range ops {
		field, ok := fieldDigits[o.letter]
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
		case o.letter == 'Z' && i > 0 && i+1 == len(ops):
			l.zone = len(text)
			text = append(text, "+0000"...)
		case !ok || field.width != o.count:
			return layout{}
		default:
			l.put = append(l.put, place{field.first, len(text)})
			if field.last != field.first {
				l.put = append(l.put, place{field.last, len(text) + field.width - 2})
			}
			l.clock = l.clock || field.first >= pairHour
			text = append(text, "0000"[:field.width]...)
		}
	}

	// The form of ISO 8601 is by far the most frequent, and has a way of its own.
	l.text = string(text)
	l.iso = l.text == isoForm
	for i, p := range l.put {
		l.iso = l.iso && int(p.part) == i
	}
	if l.read && l.zone == 0 {
		l.day = l.dayForm()
	}
	return l
}

// isoForm is the layout of ISO8601, the format that transforms hand dates to each other in.
const isoForm = "0000-00-00T00:00:00.000Z"

// first and last moment of the years with four digits in which the Gregorian
// calendar is in force, in milliseconds, and the first day.
const (
	firstPlain    = -12212553600000 // 1583-01-01
	lastPlain     = 253402300799999 // 9999-12-31T23:59:59.999
	firstPlainDay = unixEpochDay + firstPlain/msPerDay
)

// append prints a moment between firstPlain and lastPlain.
func (l *layout) append(dst []byte, ms int64) []byte {
	// Counted from the first moment, nothing is negative, which divisions would have to look at.
	since := uint64(ms - firstPlain)
	y, m, d := nearDate(uint32(since/msPerDay) + firstPlainDay)
	start := len(dst)
	dst = append(dst, l.text...)
	if l.day != nil {
		l.day.put(dst[start:], uint32(y), uint32(m)+1, uint32(d))
		return dst
	}

	time := uint32(since % msPerDay)
	n := [pairs]uint32{pairCentury: uint32(y) / 100, pairYear: uint32(y) % 100, pairMonth: uint32(m) + 1, pairDay: uint32(d)}
	if l.clock {
		seconds := time / 1000
		minutes, millis := seconds/60, time-1000*seconds
		n[pairHour], n[pairMinute], n[pairSecond] = minutes/60, minutes%60, seconds%60
		n[pairTenMillis], n[pairLastMilli] = millis/10, millis%100
	}

	if l.iso {
		putISO((*[len(isoForm)]byte)(dst[start:]), &n)
		return dst
	}
	for _, p := range l.put {
		two(dst[start+p.at:], n[p.part])
	}
	return dst
}

// putISO writes the digits of isoForm.
func putISO(b *[len(isoForm)]byte, n *[pairs]uint32) {
	two(b[0:], n[pairCentury])
	two(b[2:], n[pairYear])
	two(b[5:], n[pairMonth])
	two(b[8:], n[pairDay])
	two(b[11:], n[pairHour])
	two(b[14:], n[pairMinute])
	two(b[17:], n[pairSecond])
	two(b[20:], n[pairTenMillis])
	two(b[21:], n[pairLastMilli])
}

// parse reads a date of the form that the layout prints. When it reports false,
// nothing is known.
func (l *layout) parse(text string) (ms int64, ok bool) {
	// All forms that this can read have one length.
	if !l.read || len(text) != len(l.text) {
		return 0, false
	}
	if l.day != nil {
		return l.day.parse(text)
	}
	for _, at := range l.keep {
		if text[at] != l.text[at] {
			return 0, false
		}
	}

	n := [pairs]int64{pairCentury: 19, pairYear: 70, pairMonth: 1, pairDay: 1}
	for _, p := range l.put {
		if n[p.part], ok = pair(text, p.at); !ok {
			return 0, false
		}
	}

	// Days and hours beyond their ends go on into the next month or day.
	y := n[pairCentury]*100 + n[pairYear]
	if y <= cutoverYear || n[pairMonth] < 1 || n[pairMonth] > 12 {
		return 0, false
	}
	days := gregorianDay(y, int(n[pairMonth]-1), 1) + n[pairDay] - 1 - unixEpochDay
	if l.clock {
		ms = ((n[pairHour]*60+n[pairMinute])*60+n[pairSecond])*1000 + n[pairTenMillis]*10 + n[pairLastMilli]%10
	}
	if l.zone > 0 {
		offset, ok := plainOffset(text, l.zone)
		if !ok {
			return 0, false
		}
		ms -= offset
	}
	return days*msPerDay + ms, len(l.put) > 0 && days+unixEpochDay >= cutoverDay
}

// two writes two digits of a number below 100.
func two(b []byte, n uint32) { binary.LittleEndian.PutUint16(b, pairText[n]) }

// pairText are the digits of each number below 100, the first one in the low byte.
var pairText = func() (list [100]uint16) {
	for n := range list {
		list[n] = uint16('0'+n/10) | uint16('0'+n%10)<<8
	}
	return list
}()

// plainISO reads yyyy-MM-ddTHH:mm:ss.SSSZ, and the same without fraction or
// without seconds. When it reports false, nothing is known.
func plainISO(text string) (Instant, bool) {
	// The three forms differ in length, so that one comparison finds them and all signs stand at known
	// places.
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

// plainOffset reads +hhmm or -hhmm, in milliseconds.
func plainOffset(text string, at int) (ms int64, ok bool) {
	hours, ok1 := pair(text, at+1)
	minutes, ok2 := pair(text, at+3)
	ms = (hours*60 + minutes) * 60_000
	if text[at] == '-' {
		ms = -ms
	} else if text[at] != '+' {
		return 0, false
	}
	return ms, ok1 && ok2 && hours <= 23 && minutes <= 59
}

// pair reads two digits.
func pair(text string, at int) (int64, bool) {
	a, b := text[at]-'0', text[at+1]-'0'
	return int64(a)*10 + int64(b), a <= 9 && b <= 9
}
