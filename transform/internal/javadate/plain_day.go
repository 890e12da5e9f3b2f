package javadate

import "encoding/binary"

// Dates without a time are eight characters or a few more, and read at once: that all digits are
// some and the text between them is right shows in one comparison, and the numbers of two digits
// come from one multiplication.

// dayForm is a layout of a day as two words of eight characters: the first and the last ones.
type dayForm struct {
	words                     [2]formWord
	century, year, month, day wordPair
}

// formWord is eight characters as a little-endian number.
type formWord struct {
	form uint64 // with zeros where digits go
	room uint64 // what reaches the top bit of its byte with the first wrong difference from form
}

// wordPair is where a number of two digits stands.
type wordPair struct {
	at    uint8 // in the text
	shift uint8 // and in a word, in bits
	last  bool  // which is the last one
}

const tops = 0x8080808080808080

// dayForm returns the form of a layout that has all of a day and no more, and fits; nil otherwise.
func (l *layout) dayForm() *dayForm {
	n := len(l.text)
	if n < 8 || n > 15 || l.clock || len(l.put) != 4 {
		return nil
	}

	digit := make([]bool, n)
	var at [pairs]int
	for _, p := range l.put {
		digit[p.at], digit[p.at+1] = true, true
		at[p.part] = 1 + p.at
	}
	if at[pairCentury] == 0 || at[pairMonth] == 0 || at[pairDay] == 0 {
		return nil
	}

	word := func(at int) formWord {
		w := formWord{form: binary.LittleEndian.Uint64([]byte(l.text[at:]))}
		for i := range 8 {
			room := uint64(0x80 - 1)
			if digit[at+i] {
				room = 0x80 - 10
			}
			w.room |= room << (8 * i)
		}
		return w
	}
	place := func(part digitPair) wordPair {
		p := wordPair{at: uint8(at[part] - 1)}
		if p.shift = 8 * p.at; p.at > 6 {
			p.last, p.shift = true, p.shift-uint8(8*(n-8))
		}
		return p
	}
	return &dayForm{words: [2]formWord{word(0), word(n - 8)},
		century: place(pairCentury), year: place(pairYear), month: place(pairMonth), day: place(pairDay)}
}

// parse reads a day that has as many characters as the layout. When it reports false, nothing is
// known.
func (f *dayForm) parse(text string) (ms int64, ok bool) {
	first, last := f.words[0].form^wordAt(text, 0), f.words[1].form^wordAt(text, len(text)-8)
	if f.words[0].wrong(first)|f.words[1].wrong(last) != 0 {
		return 0, false
	}

	// Each byte becomes that digit, ten times, and the next one.
	first, last = 10*first+(first>>8), 10*last+(last>>8)
	y, m := 100*f.century.of(first, last)+f.year.of(first, last), f.month.of(first, last)
	if y <= cutoverYear || m < 1 || m > 12 {
		return 0, false
	}

	// Days beyond the end go on into the next month.
	days := gregorianDay(y, int(m-1), f.day.of(first, last))
	return (days - unixEpochDay) * msPerDay, days >= cutoverDay
}

// wrong marks the bytes with a wrong difference.
func (w *formWord) wrong(difference uint64) uint64 {
	return (((difference &^ tops) + w.room) | difference) & tops
}

// put prints a day over the text of its layout.
func (f *dayForm) put(b []byte, year, month, day uint32) {
	century := year / 100
	two(b[f.century.at:], century)
	two(b[f.year.at:], year-100*century)
	two(b[f.month.at:], month)
	two(b[f.day.at:], day)
}

// of returns the number out of two words.
func (p wordPair) of(first, last uint64) int64 {
	if p.last {
		first = last
	}
	return int64(first >> (p.shift & 63) & 0xFF)
}

// wordAt returns eight characters.
func wordAt(text string, at int) uint64 {
	b := text[at : at+8]
	return uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24 |
		uint64(b[4])<<32 | uint64(b[5])<<40 | uint64(b[6])<<48 | uint64(b[7])<<56
}
