package join

import (
	"crypto/sha256"
	"encoding/binary"
	"math/bits"
)

const (
	prime1 = 0xa0761d6478bd642f
	prime2 = 0xe7037ed1a0b428db
	prime3 = 0x8ebc6af09c88c6e3
)

func mix(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo
}

// Hash returns a hash of the key, the same in every process.
func Hash(key []byte) uint64 {
	h := mix(uint64(len(key))^prime3, prime2)
	for len(key) > 16 {
		h = mix(binary.LittleEndian.Uint64(key)^prime1, binary.LittleEndian.Uint64(key[8:])^h)
		key = key[16:]
	}

	// The last bytes are read as two words that may overlap: that is quicker than a loop over what is
	// left, and says no less.
	var a, b uint64
	switch n := len(key); {
	case n >= 8:
		a, b = binary.LittleEndian.Uint64(key), binary.LittleEndian.Uint64(key[n-8:])
	case n >= 4:
		a, b = uint64(binary.LittleEndian.Uint32(key)), uint64(binary.LittleEndian.Uint32(key[n-4:]))
	case n > 0:
		a = uint64(key[0])<<16 | uint64(key[n>>1])<<8 | uint64(key[n-1])
	}

	return mix(prime2^h, mix(a^prime1, b^h))
}

// maxKey is the length of the longest key that is kept as it is.
const maxKey = 1024

// Short returns the key, or a digest in the place of a very long one, so that
// keys take little memory whatever the data are.
func Short(key []byte) []byte {
	if len(key) <= maxKey {
		return key
	}
	sum := sha256.Sum256(key)
	return append(append(make([]byte, 0, maxKey+1+len(sum)), key[:maxKey+1]...), sum[:]...)
}
