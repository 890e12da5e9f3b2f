package transform

import (
	"encoding/binary"
	"math/bits"
	"unsafe"
)

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
		a, b = word(s), word(s[n-8:])
	case n >= 4:
		a, b = half(s), half(s[n-4:])
	case n > 0:
		a, b = uint64(s[0]), uint64(s[n>>1])<<8|uint64(s[n-1])
	}

	return a, b
}

func hashEnds(a, b, mixed uint64) uint32 {
	hi, lo := bits.Mul64(a^hashFactor, b^mixed)
	return uint32((hi ^ lo) * hashStart >> 32)
}

// word and half return the first eight and four bytes of a text that has them.
func word(s string) uint64 {
	return binary.LittleEndian.Uint64((*[8]byte)(unsafe.Pointer(unsafe.StringData(s)))[:])
}

func half(s string) uint64 {
	return uint64(binary.LittleEndian.Uint32((*[4]byte)(unsafe.Pointer(unsafe.StringData(s)))[:]))
}
