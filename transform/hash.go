package transform

import "math/bits"

const (
	hashFactor = 0x9E3779B97F4A7C15
	hashStart  = 0xD6E8FEB86659FD93
)

// hashText mixes the length and all bytes of a text. Distinguished names and
// addresses of one company begin and end alike.
func hashText(s string) uint32 {
	mixed := hashStart + uint64(len(s))
	for ; len(s) > 16; s = s[8:] {
		hi, lo := bits.Mul64(word(s)^hashFactor, mixed)
		mixed = hi ^ lo ^ hashStart
	}

	a, b := textEnds(s)
	return hashEnds(a, b, mixed)
}

// textEnds returns the bytes of a text of up to 16. Together with its length they tell it
// from all others.
func textEnds(s string) (a, b uint64) {
	switch n := len(s); {
	case n >= 8:
		a, b = word(s[:8]), word(s[n-8:])
	case n >= 4:
		a, b = half(s[:4]), half(s[n-4:])
	case n > 0:
		a, b = uint64(s[0]), uint64(s[n>>1])<<8|uint64(s[n-1])
	}

	return a, b
}

func hashEnds(a, b, mixed uint64) uint32 {
	hi, lo := bits.Mul64(a^hashFactor, b^mixed)
	return uint32((hi ^ lo) * hashStart >> 32)
}

func word(s string) uint64 { return half(s) | half(s[4:])<<32 }

func half(s string) uint64 {
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24
}
