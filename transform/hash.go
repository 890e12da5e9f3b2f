package transform

import "math/bits"

// hashText mixes the length and all bytes of a text. Distinguished names and
// addresses of one company begin and end alike.
func hashText(s string) uint32 {
	const k1, k2 = 0x9E3779B97F4A7C15, 0xD6E8FEB86659FD93
	mixed := k2 + uint64(len(s))
	for ; len(s) > 16; s = s[8:] {
		hi, lo := bits.Mul64(word(s)^k1, mixed)
		mixed = hi ^ lo ^ k2
	}

	var a, b uint64
	switch n := len(s); {
	case n >= 8:
		a, b = word(s[:8]), word(s[n-8:])
	case n >= 4:
		a, b = half(s[:4]), half(s[n-4:])
	case n > 0:
		a, b = uint64(s[0]), uint64(s[n>>1])<<8|uint64(s[n-1])
	}

	hi, lo := bits.Mul64(a^k1, b^mixed)
	return uint32((hi ^ lo) * k2 >> 32)
}

func word(s string) uint64 { return half(s) | half(s[4:])<<32 }

func half(s string) uint64 {
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24
}
