package javadate

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// zeros are the digits zero of the Basic Multilingual Plane besides '0'. Java looks at
// UTF-16 units one by one, so digits beyond that plane do not count.
var zeros = [...]rune{
	0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66,
	0xde6, 0xe50, 0xed0, 0xf20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80,
	0x1a90, 0x1b50, 0x1bb0, 0x1c40, 0x1c50, 0xa620, 0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50,
	0xabf0, 0xff10,
}

// digitAt returns the decimal digit at the start of a text and its width in bytes;
// the width is 0 when there is none.
func digitAt(s string) (digit byte, width int) {
	if s == "" {
		return 0, 0
	}
	if d := s[0] - '0'; d <= 9 {
		return d, 1
	}
	if s[0] < utf8.RuneSelf {
		return 0, 0
	}

	r, size := utf8.DecodeRuneInString(s)
	for _, zero := range zeros {
		if r >= zero && r <= zero+9 {
			return byte(r - zero), size
		}
	}

	return 0, 0
}

// parseNumber reads a number at the start of a text as Java's integer format does, and
// narrows it to an int: whole numbers within the range of long lose their upper half, all
// others stop at the ends of the range of int. A capital E with an exponent, "NaN" and the
// infinity sign are numbers, too. The width is 0 when there is no number.
//
// Source: java.text.DecimalFormat, parse.
func parseNumber(s string) (value int32, width int) {
	// The words of Java's format for what is no number are read by it as well.
	if strings.HasPrefix(s, "NaN") {
		return 0, len("NaN")
	}

	body := s
	negative := strings.HasPrefix(s, "-")
	if negative {
		body = s[1:]
	}

	if strings.HasPrefix(body, "∞") {
		return saturate(math.Inf(1), negative), len(s) - len(body) + len("∞")
	}

	var sum int64
	end, significant := 0, 0
	for {
		d, n := digitAt(body[end:])
		if n == 0 {
			break
		}

		// Zeros in front do not count against the digits that fit.
		if d != 0 || significant > 0 {
			significant++
		}

		if significant <= 18 {
			sum = sum*10 + int64(d)
		}

		end += n
	}

	if end == 0 {
		return 0, 0
	}

	width = len(s) - len(body) + end
	exponent, n := parseExponent(body[end:])

	// An exponent or very many digits need the exact way, since Java goes through a double there.
	if n > 0 || significant > 18 {
		return narrow(body[:end], exponent, negative), width + n
	}

	if negative {
		sum = -sum
	}

	return int32(sum), width
}

// parseExponent reads E, an optional minus and digits.
func parseExponent(s string) (exponent int32, width int) {
	if s == "" || s[0] != 'E' {
		return 0, 0
	}

	end := 1
	negative := strings.HasPrefix(s[end:], "-")
	if negative {
		end++
	}

	first := end
	var digits []byte
	for {
		d, n := digitAt(s[end:])
		if n == 0 {
			break
		}
		digits = append(digits, '0'+d)
		end += n
	}

	// An E without digits is text behind the number.
	if end == first {
		return 0, 0
	}

	u, err := strconv.ParseUint(string(digits), 10, 64)
	if err != nil || u > math.MaxInt64 && (u != 1<<63 || !negative) {
		return 0, 0
	}

	exponent = int32(u)
	if negative {
		exponent = -exponent
	}

	return exponent, end
}

// narrow turns digits and a power of ten into an int.
func narrow(text string, exponent int32, negative bool) int32 {
	var digits []byte
	for text != "" {
		d, n := digitAt(text)
		if d != 0 || len(digits) > 0 {
			digits = append(digits, '0'+d)
		}
		text = text[n:]
	}

	point := int32(len(digits)) + exponent
	whole := strings.TrimRight(string(digits), "0")
	if whole == "" {
		return 0
	}

	if int32(len(whole)) <= point && point <= 19 {
		u, err := strconv.ParseUint(whole+strings.Repeat("0", int(point)-len(whole)), 10, 64)
		if err == nil && (u <= math.MaxInt64 || negative && u == 1<<63) { // fits a long
			if negative {
				u = -u
			}
			return int32(u)
		}
	}

	// The error of a value out of range comes with the infinity that is wanted.
	f, _ := strconv.ParseFloat("0."+whole+"E"+strconv.Itoa(int(point)), 64)
	return saturate(f, negative)
}

// saturate cuts a number to the range of int.
func saturate(f float64, negative bool) int32 {
	if negative {
		f = -f
	}

	switch {
	case f >= math.MaxInt32:
		return math.MaxInt32
	case f <= math.MinInt32:
		return math.MinInt32
	}

	return int32(f)
}
