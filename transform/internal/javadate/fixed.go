package javadate

// Most dates in practice are plain numbers of a year after 1582, with the names of months
// and days and with offsets as they are printed. For patterns of such fields, each at most
// once, parseFixed reads them directly; everything unusual it leaves to the general way.

// maxFixedDigits keeps the numbers below the range of int.
const maxFixedDigits = 9

// isFixed reports whether parseFixed can serve the pattern.
func (p *Pattern) isFixed() bool {
	var seen [128]bool
	for _, o := range p.ops {
		if o.letter == 0 {
			continue
		}

		// The letters of zones and those of hours exclude each other.
		letter := o.letter
		switch letter {
		case 'Z':
			letter = 'X'
		case 'k', 'K', 'h':
			letter = 'H'
		case 'y', 'M', 'd', 'H', 'm', 's', 'S', 'X', 'E', 'a':
		default:
			return false
		}

		if seen[letter] || o.abuts && o.count > maxFixedDigits {
			return false
		}
		seen[letter], seen[o.letter] = true, true
	}

	// A weekday says nothing beside a day, and a half day nothing without its hour.
	if seen['E'] && !seen['d'] || seen['a'] && !seen['h'] && !seen['K'] {
		return false
	}
	return len(p.ops) > 0
}

// fixedDate is what parseFixed has read so far.
type fixedDate struct {
	year, month, day             int64
	hour, minute, second, millis int64
	offset                       int64 // of the zone, in milliseconds
}

// parseFixed parses a date of plain digits, with names and zones as they are
// printed. When it reports false, nothing is known.
func (p *Pattern) parseFixed(text string, twoDigitStart int64) (ms int64, ok bool) {
	d := fixedDate{year: 1970, month: 1, day: 1}
	pos := 0
	for i := range p.ops {
		o := &p.ops[i]

		// Every field must be plain. One that is not leaves the text to the general way, which also knows the
		// errors.
		switch o.letter {
		case 0:
			if len(o.literal) == 1 {
				if pos >= len(text) || text[pos] != o.literal[0] {
					return 0, false
				}
				pos++
				continue
			}

			end := pos + len(o.literal)
			if end > len(text) || text[pos:end] != o.literal {
				return 0, false
			}
			pos = end

		case 'X', 'Z', 'E', 'a':
			if pos = d.word(text, pos, o); pos < 0 {
				return 0, false
			}
		default:
			if o.letter == 'M' && o.count > 2 {
				if pos = d.word(text, pos, o); pos < 0 {
					return 0, false
				}
				continue
			}

			n, end := plainNumber(text, pos, o)
			if end == pos {
				return 0, false
			}
			if o.letter == 'y' && o.count <= 2 && end == pos+2 {
				if n = inCentury(n, twoDigitStart); n < 0 {
					return 0, false
				}
			}

			d.put(o.letter, n)
			pos = end
		}
	}

	if d.year <= cutoverYear || d.month < 1 || d.month > 12 || pos == 0 {
		return 0, false
	}

	day := gregorianDay(d.year, int(d.month-1), 1) + d.day - 1 - unixEpochDay
	time := ((d.hour*60+d.minute)*60+d.second)*1000 + d.millis
	return day*msPerDay + time - d.offset, day+unixEpochDay >= cutoverDay
}

// inCentury places a year of two digits, or is -1 when that needs the whole date.
func inCentury(n, twoDigitStart int64) int64 {
	year, _, _ := dateOf(floorDiv(twoDigitStart, msPerDay) + unixEpochDay)
	pivot := floorMod(year, 100)
	switch {
	case year <= 0 || n == pivot:
		return -1
	case n < pivot:
		n += 100
	}

	return n + year - pivot
}

func (d *fixedDate) put(letter byte, n int64) {
	// Hours may be put together from two fields, in any order.
	switch letter {
	case 'y':
		d.year = n
	case 'M':
		d.month = n
	case 'd':
		d.day = n
	case 'H', 'K':
		d.hour += n // the half day may be there already
	case 'k':
		d.hour = n
		if n == 24 {
			d.hour = 0
		}
	case 'h':
		if n != 12 {
			d.hour += n
		}
	case 'm':
		d.minute = n
	case 's':
		d.second = n
	case 'S':
		d.millis = n
	}
}

// word reads a name or a zone, and returns its end or -1.
func (d *fixedDate) word(text string, pos int, o *op) int {
	switch o.letter {
	case 'M':
		n, end := plainName(text, pos, monthNames[:])
		d.month = int64(n) + 1
		return end
	case 'E':
		_, end := plainName(text, pos, weekdayNames[:])
		return end
	case 'a':
		n, end := plainName(text, pos, halfNames[:])
		d.hour += 12 * int64(n)
		return end
	}

	// Z is a zone of its own in ISO patterns only.
	if pos < len(text) && text[pos] == 'Z' && o.letter == 'X' {
		return pos + 1
	}
	return d.zone(text, pos, o)
}

// zone reads an offset from Greenwich.
func (d *fixedDate) zone(text string, pos int, o *op) int {
	if pos >= len(text) || text[pos] != '+' && text[pos] != '-' {
		return -1
	}

	form := zoneDigits
	if o.letter == 'X' {
		form = offsetForm(o.count)
	}
	var f fields
	end, ok := f.parseOffset(text, pos+1, text[pos], form)
	if !ok {
		return -1
	}
	d.offset = int64(f.value[fieldOffset])
	return end
}

// plainName reads one of the names, long or short, in ASCII and any case; the end is
// -1 when it is something else.
func plainName(text string, pos int, names []name) (number, end int) {
	rest := text[pos:]
	for i := range names {
		short := names[i].short
		if len(rest) < len(short) || !sameLetters(rest, short) {
			continue
		}

		// Letters beyond ASCII can be equal to those of a name, which is for the general way.
		end := len(short)
		if long := names[i].long; len(rest) >= len(long) && sameLetters(rest, long) {
			end = len(long)
		}
		for k := len(short); k < len(rest) && k < len(names[i].long)+1; k++ {
			if rest[k] >= 0x80 {
				return 0, -1
			}
		}

		return i, pos + end
	}

	return 0, -1
}

// sameLetters reports whether text begins with a name of ASCII letters, in any case.
func sameLetters(text, name string) bool {
	for i := 0; i < len(name); i++ {
		if text[i]|0x20 != name[i]|0x20 || text[i] < 'A' {
			return false
		}
	}

	return true
}

// plainNumber reads the digits of a field. The end is pos if there is anything in or
// behind them that parseNumber would treat in a way of its own.
func plainNumber(text string, pos int, o *op) (n int64, end int) {
	// Where the next field abuts, the number of digits is fixed by the pattern.
	rest := text[pos:]
	if o.abuts {
		if o.count > len(rest) {
			return 0, pos
		}
		rest = rest[:o.count]
	}

	digits := 0
	for digits < len(rest) && rest[digits]-'0' <= 9 {
		n = n*10 + int64(rest[digits]-'0')
		digits++
	}

	// What would need a decision of the general reader is left to it.
	switch {
	case digits == 0 || digits > maxFixedDigits:
		return 0, pos
	case digits == len(rest):
	case o.abuts, rest[digits] == 'E', rest[digits] >= 0x80:
		return 0, pos
	}

	return n, pos + digits
}
