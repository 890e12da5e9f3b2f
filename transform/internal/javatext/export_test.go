package javatext

import "unicode/utf8"

// What tests alone ask for.

// FromUnits returns the text of UTF-16 units, halves of pairs included.
func FromUnits(units []uint16) string {
	dst := make([]byte, 0, len(units))
	for _, u := range units {
		if r := rune(u); r >= highFirst && r <= lowLast {
			dst = appendHalf(dst, r)
		} else {
			dst = utf8.AppendRune(dst, r)
		}
	}

	return string(dst)
}

// PadLeft is [AppendPadLeft] as a text.
func PadLeft(s string, length int, pad string) string {
	return string(AppendPadLeft(nil, s, length, pad))
}

// PadRight is [AppendPadRight] as a text.
func PadRight(s string, length int, pad string) string {
	return string(AppendPadRight(nil, s, length, pad))
}
