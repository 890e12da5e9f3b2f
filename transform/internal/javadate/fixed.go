package javadate

// Most dates in practice are plain numbers of a year after 1582. For patterns of year,
// month, day, hour, minute, second, fraction and X, each at most once, parseFixed reads
// such dates directly; everything unusual it leaves to the general way.

// maxFixedDigits keeps the numbers below the range of int.
const maxFixedDigits = 9

// isFixed reports whether parseFixed can serve the pattern.
func (p *Pattern) isFixed() bool {
	var seen [128]bool
	for _, o := range p.ops {
		switch o.letter {
		case 0:
			continue
		case 'y':
			if o.count <= 2 {
				return false
			}
		case 'M':
			if o.count > 2 {
				return false
			}
		case 'd', 'H', 'm', 's', 'S', 'X':
		default:
			return false
		}

		if seen[o.letter] || o.abuts && o.count > maxFixedDigits {
			return false
		}

		seen[o.letter] = true
	}

	return len(p.ops) > 0
}

// fixedDate is what parseFixed has read so far.
type fixedDate struct {
	year, month, day             int64
	hour, minute, second, millis int64
}

// parseFixed parses a date of plain digits. When it reports false, nothing is known.
func (p *Pattern) parseFixed(text string) (ms int64, ok bool) {
	d := fixedDate{year: 1970, month: 1, day: 1}
	pos := 0
	for i := range p.ops {
		o := &p.ops[i]
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
		case 'X':
			if pos >= len(text) || text[pos] != 'Z' {
				return 0, false
			}
			pos++
		default:
			n, end := plainNumber(text, pos, o)
			if end == pos {
				return 0, false
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
	return day*msPerDay + time, day+unixEpochDay >= cutoverDay
}

func (d *fixedDate) put(letter byte, n int64) {
	switch letter {
	case 'y':
		d.year = n
	case 'M':
		d.month = n
	case 'd':
		d.day = n
	case 'H':
		d.hour = n
	case 'm':
		d.minute = n
	case 's':
		d.second = n
	case 'S':
		d.millis = n
	}
}

// plainNumber reads the digits of a field. The end is pos if there is anything in or
// behind them that parseNumber would treat in a way of its own.
func plainNumber(text string, pos int, o *op) (n int64, end int) {
	limit := min(len(text), pos+maxFixedDigits+1)
	if o.abuts {
		limit = pos + o.count
		if limit > len(text) {
			return 0, pos
		}
	}

	end = pos
	for end < limit && text[end]-'0' <= 9 {
		n = n*10 + int64(text[end]-'0')
		end++
	}

	switch {
	case o.abuts:
		if end < limit {
			return 0, pos
		}
	case end == pos || end > pos+maxFixedDigits:
		return 0, pos
	case end < len(text) && (text[end] == 'E' || text[end] >= 0x80):
		return 0, pos
	}

	return n, end
}
