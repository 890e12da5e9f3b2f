package jsondoc

import (
	"fmt"
	"math/bits"
	"unicode/utf8"
)

// Append appends n as compact JSON.
func (n *Node) Append(dst []byte) []byte { return n.write(dst, "", "") }

// Indent returns n as JSON with one member or item a line, indented by two
// blanks, with a final newline.
func (n *Node) Indent() []byte { return append(n.write(nil, "\n", "  "), '\n') }

// MarshalJSON returns n as compact JSON.
func (n *Node) MarshalJSON() ([]byte, error) { return n.Append(nil), nil }

// write appends n; newline is the line break with the current indentation, ""
// for compact output.
func (n *Node) write(dst []byte, newline, step string) []byte {
	inner, colon := newline, ":"
	if newline != "" {
		inner, colon = newline+step, ": "
	}
	switch n.Kind() {
	case Null:
		return append(dst, "null"...)
	case String:
		return AppendString(dst, n.Text())
	case Array:
		items := n.Items()
		dst = append(dst, '[')
		for i, item := range items {
			// An empty list or object stays on one line, as every formatter writes it.
			dst = item.write(separate(dst, i, inner), inner, step)
		}
		if len(items) > 0 {
			dst = append(dst, newline...)
		}
		return append(dst, ']')

	case Object:
		members := n.Members()
		dst = append(dst, '{')
		for i, m := range members {
			dst = AppendString(separate(dst, i, inner), m.Key)
			dst = m.Value.write(append(dst, colon...), inner, step)
		}

		if len(members) > 0 {
			dst = append(dst, newline...)
		}
		return append(dst, '}')
	}

	return append(dst, n.Text()...)
}

func separate(dst []byte, i int, newline string) []byte {
	if i > 0 {
		dst = append(dst, ',')
	}
	return append(dst, newline...)
}

// AppendString appends s as a JSON string. Only what JSON demands is escaped;
// halves of surrogate pairs are written as \ud83d, other bytes that are not
// UTF-8 as \ufffd.
func AppendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for {
		n := plain(s)
		dst = append(dst, s[:n]...)
		if n == len(s) {
			return append(dst, '"')
		}

		// Two kinds of bytes cannot stand for themselves: ASCII that JSON escapes, and what may be no UTF-8.
		if s[n] < utf8.RuneSelf {
			dst = appendEscape(dst, s[n])
			s = s[n+1:]
			continue
		}

		size := 0
		dst, size = appendRune(dst, s[n:])
		s = s[n+size:]
	}
}

const (
	ones = 0x0101010101010101
	tops = 0x8080808080808080
)

// plain returns how many bytes of s from its start are ASCII and stand for
// themselves, looking at eight at a time. Of the marks of several bytes the lowest
// is right.
func plain(s string) int {
	i := 0
	for ; i+8 <= len(s); i += 8 {
		// Eight bytes in a word: a borrow in a subtraction marks each byte that is below a blank, a quote or a
		// backslash. False marks come only above a right one.
		b := s[i : i+8]
		x := uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24 | uint64(b[4])<<32 | uint64(b[5])<<40 | uint64(b[6])<<48 | uint64(b[7])<<56
		quote, slash := x^ones*'"', x^ones*'\\'
		marks := (x - ones*' ') &^ x
		marks |= (quote - ones) &^ quote
		marks |= (slash - ones) &^ slash
		if marks = (marks | x) & tops; marks != 0 {
			return i + bits.TrailingZeros64(marks)/8
		}
	}

	for ; i < len(s); i++ {
		if c := s[i]; c < ' ' || c >= utf8.RuneSelf || c == '"' || c == '\\' {
			break
		}
	}

	return i
}

// appendEscape appends an ASCII character that does not stand for itself.
func appendEscape(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	}

	return fmt.Appendf(dst, `\u%04x`, c)
}

// appendRune appends the first character of s, which is not ASCII, and returns
// how many bytes it has.
func appendRune(dst []byte, s string) ([]byte, int) {
	r, size := utf8.DecodeRuneInString(s)
	switch {
	case r != utf8.RuneError || size > 1:
		return append(dst, s[:size]...), size
	case len(s) > 2 && s[0] == 0xED && s[1] >= 0xA0 && s[1] <= 0xBF && s[2]&0xC0 == 0x80:
		return fmt.Appendf(dst, `\u%04x`, 0xD000|int(s[1]&0x3F)<<6|int(s[2]&0x3F)), 3
	}

	return append(dst, `\ufffd`...), size
}
