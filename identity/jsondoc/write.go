package jsondoc

import (
	"fmt"
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
		return AppendString(dst, n.text)
	case Array:
		dst = append(dst, '[')
		for i, item := range n.items {
			dst = item.write(separate(dst, i, inner), inner, step)
		}
		if len(n.items) > 0 {
			dst = append(dst, newline...)
		}
		return append(dst, ']')
	case Object:
		dst = append(dst, '{')
		for i, m := range n.members {
			dst = AppendString(separate(dst, i, inner), m.Key)
			dst = m.Value.write(append(dst, colon...), inner, step)
		}
		if len(n.members) > 0 {
			dst = append(dst, newline...)
		}
		return append(dst, '}')
	}
	return append(dst, n.text...)
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
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(s[i:])
			switch {
			case r != utf8.RuneError || size > 1:
				dst = append(dst, s[i:i+size]...)
			case i+2 < len(s) && c == 0xED && s[i+1] >= 0xA0 && s[i+1] <= 0xBF && s[i+2]&0xC0 == 0x80:
				dst = fmt.Appendf(dst, `\u%04x`, 0xD000|int(s[i+1]&0x3F)<<6|int(s[i+2]&0x3F))
				size = 3
			default:
				dst = append(dst, `\ufffd`...)
			}
			i += size
			continue
		}
		i++
		switch {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c == '\n':
			dst = append(dst, '\\', 'n')
		case c == '\r':
			dst = append(dst, '\\', 'r')
		case c == '\t':
			dst = append(dst, '\\', 't')
		case c < ' ':
			dst = fmt.Appendf(dst, `\u%04x`, c)
		default:
			dst = append(dst, c)
		}
	}
	return append(dst, '"')
}
