package javatext

import (
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	highFirst = 0xd800
	lowFirst  = 0xdc00
	lowLast   = 0xdfff
)

// decode returns the first code point of s and its length in bytes. Halves of
// surrogate pairs are returned as their code; any other bytes that are not
// UTF-8 as [utf8.RuneError] and length 1.
func decode(s string) (rune, int) {
	if s[0] < utf8.RuneSelf {
		return rune(s[0]), 1
	}
	if s[0] >= 0xc2 && s[0] < 0xe0 && len(s) > 1 && s[1]&0xc0 == 0x80 {
		return rune(s[0]&0x1f)<<6 | rune(s[1]&0x3f), 2
	}

	// Three bytes can be half of a surrogate pair, which Go refuses and Java keeps.
	r, n := utf8.DecodeRuneInString(s)
	if r == utf8.RuneError && n == 1 && isHalf(s) {
		return rune(s[0]&0xf)<<12 | rune(s[1]&0x3f)<<6 | rune(s[2]&0x3f), 3
	}
	return r, n
}

// isHalf reports whether s starts with one half of a surrogate pair.
func isHalf(s string) bool {
	return len(s) >= 3 && s[0] == 0xed && s[1]&0xe0 == 0xa0 && s[2]&0xc0 == 0x80
}

// appendHalf appends one half of a surrogate pair, or completes the pair.
func appendHalf(dst []byte, half rune) []byte {
	if n := len(dst); half >= lowFirst && n >= 3 && dst[n-3] == 0xed && dst[n-2]&0xf0 == 0xa0 {
		high := rune(dst[n-2]&0xf)<<6 | rune(dst[n-1]&0x3f)
		return utf8.AppendRune(dst[:n-3], 0x10000+high<<10|(half-lowFirst))
	}

	return append(dst, 0xed, 0x80|byte(half>>6)&0x3f, 0x80|byte(half)&0x3f)
}

// AppendText appends s to dst, as StringBuilder.append does: when
// dst ends in the first half of a surrogate pair and s starts with the second,
// they become one character.
func AppendText(dst []byte, s string) []byte {
	if len(s) < 3 || s[0] != 0xed {
		return append(dst, s...)
	}
	return appendHard(dst, s)
}

// appendHard appends a text that may begin with half a pair.
func appendHard(dst []byte, s string) []byte {
	if s[1]&0xf0 == 0xb0 {
		half, _ := decode(s)
		dst, s = appendHalf(dst, half), s[3:]
	}

	return append(dst, s...)
}

// Concat returns a followed by b, as String.concat does; see [AppendText].
func Concat(a, b string) string {
	switch {
	case a == "":
		return b
	case b == "":
		return a
	case b[0] != 0xed:
		return a + b
	}

	// Two halves may meet where the texts do.
	dst := append(make([]byte, 0, len(a)+len(b)+1), a...)
	return string(AppendText(dst, b))
}

// Len returns the length of s in UTF-16 units, as String.length does.
func Len(s string) int {
	n := 0
	for i := 0; i < len(s); n++ {
		if s[i] < utf8.RuneSelf {
			i++
			continue
		}

		_, size := decode(s[i:])
		if i += size; size == 4 {
			n++
		}
	}

	return n
}

// offset returns the byte position of unit at in s, looking from byte start,
// which is unit from. When unit at is the second half of a pair, the position is
// that of the pair and cut is true. Past the end ok is false.
func offset(s string, start, from, at int) (pos int, cut, ok bool) {
	for start < len(s) {
		if from >= at {
			return start, from > at, true
		}

		if s[start] < utf8.RuneSelf {
			start, from = start+1, from+1
			continue
		}

		_, size := decode(s[start:])

		// A pair is two units; the position may lie between them.
		if size == 4 {
			if from++; from == at {
				return start, true, true
			}
		}

		start, from = start+size, from+1
	}

	return start, false, from == at
}

// Substring returns the units begin up to end of s. When the range is not
// 0 <= begin <= end <= [Len](s), where Java throws, ok is false. A pair that is
// cut leaves its half. Nothing is allocated unless a pair is cut.
func Substring(s string, begin, end int) (part string, ok bool) {
	if begin < 0 || begin > end {
		return "", false
	}

	from, cutFrom, ok := offset(s, 0, 0, begin)
	if !ok {
		return "", false
	}

	known := begin
	if cutFrom {
		known--
	}

	// Counting goes on from where the beginning was found.
	to, cutTo, ok := offset(s, from, known, end)
	if !ok {
		return "", false
	}
	if !cutFrom && !cutTo {
		return s[from:to], true
	}

	return cutSubstring(s, from, to, begin == end, cutFrom, cutTo), true
}

// cutSubstring is the part of [Substring] that cuts characters in two.
func cutSubstring(s string, from, to int, empty, cutFrom, cutTo bool) string {
	if empty {
		return ""
	}

	// Each end that is cut leaves half a character.
	dst := make([]byte, 0, to-from+3)
	if cutFrom {
		r, size := decode(s[from:])
		dst = appendHalf(dst, lowFirst|(r-0x10000)&0x3ff)
		from += size
	}

	dst = append(dst, s[from:to]...)
	if cutTo {
		r, _ := decode(s[to:])
		dst = appendHalf(dst, highFirst|(r-0x10000)>>10)
	}

	return string(dst)
}

// IndexOf returns the position of the first sub in s at or after unit from, or
// -1. Positions are UTF-16 units; from may lie outside s, as in String.indexOf.
func IndexOf(s, sub string, from int) int {
	from = max(from, 0)
	if sub == "" {
		return min(from, Len(s))
	}

	// Half a character can be found inside a whole one, where bytes do not show it.
	if halfAtEdge(sub) {
		return indexUnits(Units(s), Units(sub), from)
	}

	start, cut, ok := offset(s, 0, 0, from)
	if !ok {
		return -1
	}

	if cut { // sub cannot start in the middle of a character
		_, size := decode(s[start:])
		start, from = start+size, from+1
	}

	i := strings.Index(s[start:], sub)
	if i < 0 {
		return -1
	}

	return from + Len(s[start:start+i])
}

// LastIndexOf returns the position of the last sub in s that starts at or before
// unit from, or -1, as String.lastIndexOf does. Without a limit, pass
// [math.MaxInt] for from.
func LastIndexOf(s, sub string, from int) int {
	if from < 0 {
		return -1
	}
	if sub == "" {
		return min(from, Len(s))
	}
	if halfAtEdge(sub) {
		return lastIndexUnits(Units(s), Units(sub), from)
	}

	// What begins behind the limit is cut off before the search.
	if from < len(s) {
		if start, _, ok := offset(s, 0, 0, from); ok {
			s = s[:min(len(s), start+len(sub))]
		}
	}

	i := strings.LastIndex(s, sub)
	if i < 0 {
		return -1
	}

	return Len(s[:i])
}

// halfAtEdge reports whether s starts or ends with half a character, so that it
// can be found inside one.
func halfAtEdge(s string) bool {
	return isHalf(s) || len(s) >= 3 && isHalf(s[len(s)-3:])
}

// Units returns the UTF-16 units of s.
func Units(s string) []uint16 {
	out := make([]uint16, 0, len(s))
	for s != "" {
		r, size := decode(s)
		if s = s[size:]; size == 4 {
			out = append(out, uint16(highFirst|(r-0x10000)>>10), uint16(lowFirst|(r-0x10000)&0x3ff))
			continue
		}

		out = append(out, uint16(r))
	}

	return out
}

func indexUnits(s, sub []uint16, from int) int {
	for i := from; i+len(sub) <= len(s); i++ {
		if equalUnits(s[i:i+len(sub)], sub) {
			return i
		}
	}

	return -1
}

func lastIndexUnits(s, sub []uint16, from int) int {
	for i := min(from, len(s)-len(sub)); i >= 0; i-- {
		if equalUnits(s[i:i+len(sub)], sub) {
			return i
		}
	}

	return -1
}

func equalUnits(a, b []uint16) bool {
	for i, u := range a {
		if u != b[i] {
			return false
		}
	}

	return true
}

// Trim removes characters up to and including U+0020 from both ends, as
// String.trim does. Other Unicode blanks stay.
func Trim(s string) string {
	begin, end := 0, len(s)
	for begin < end && s[begin] <= ' ' {
		begin++
	}
	for end > begin && s[end-1] <= ' ' {
		end--
	}
	return s[begin:end]
}

// AppendPadLeft appends to dst, which is empty or ends in a whole character, pad,
// repeated and cut, and then s, so that both have length units, as
// StringUtils.leftPad of Apache Commons Lang does. An empty pad is a blank; a text
// that is long enough is appended as it is.
func AppendPadLeft(dst []byte, s string, length int, pad string) []byte {
	missing := length - Len(s)
	if missing > longPadding {
		dst = slices.Grow(dst, missing+len(pad)+len(s)) // what both need, unless characters are wide
	}
	return AppendText(appendPadding(dst, missing, pad), s)
}

// AppendPadRight appends to dst, which is empty or ends in a whole character, s and
// pad behind it, as StringUtils.rightPad of Apache Commons Lang does; see
// [AppendPadLeft].
func AppendPadRight(dst []byte, s string, length int, pad string) []byte {
	return appendPadding(append(dst, s...), length-Len(s), pad)
}

// appendLong appends whole rounds of a pad that no half of a pair begins, and returns how many
// units are left. Memory is taken once, and each copy is twice as long as the one before.
func appendLong(dst []byte, n, width int, pad string) (longer []byte, left int) {
	total := n / width * len(pad)
	begin := len(dst)
	dst = append(slices.Grow(dst, total+len(pad)), pad...)

	for len(dst)-begin < total {
		have := dst[begin:]
		dst = append(dst, have[:min(len(have), total-len(have))]...)
	}

	return dst, n % width
}

// longPadding is how many units of padding are worth looking ahead.
const longPadding = 1 << 10

// appendPadding appends exactly n units of pad.
func appendPadding(dst []byte, n int, pad string) []byte {
	if n <= 0 {
		return dst
	}
	if pad == "" {
		pad = " "
	}

	width := Len(pad)
	if n > longPadding && n > width && pad[0] != 0xed {
		dst, n = appendLong(dst, n, width, pad)
	}
	for ; n >= width; n -= width {
		dst = AppendText(dst, pad)
	}

	// The last round may be cut, inside of a character even.
	part, _ := Substring(pad, 0, n)
	return AppendText(dst, part)
}
