package javatext

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// TestASCII: what is done by words is what is done by bytes, for texts of all lengths.
func TestASCII(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	const signs = "@AMZ[`amz{09 ~\x00\x7f\x80\xC3"
	for n := range 40 {
		for range 300 {
			b := make([]byte, n)
			for i := range b {
				b[i] = signs[r.IntN(len(signs)-2)]
			}
			if n > 0 && r.IntN(4) == 0 {
				b[r.IntN(n)] = signs[len(signs)-1-r.IntN(2)]
			}
			text := string(b)

			end := strings.IndexFunc(text, func(r rune) bool { return r >= 0x80 })
			ascii := end < 0
			if ascii {
				end = n
			}
			if got := IsASCII(text); got != ascii {
				t.Errorf("%q: IsASCII %t", text, got)
			}
			if got, want := IsLowerASCII(text), ascii && strings.ToLower(text) == text; got != want {
				t.Errorf("%q: IsLowerASCII %t", text, got)
			}
			if got, want := IsUpperASCII(text), ascii && strings.ToUpper(text) == text; got != want {
				t.Errorf("%q: IsUpperASCII %t", text, got)
			}

			flipped := []byte(text)
			if got := flipASCII(flipped, 'A'); got != end || string(flipped) != strings.ToLower(text[:end])+text[end:] {
				t.Errorf("%q: lower up to %d: %q", text, got, flipped)
			}
			flipped = []byte(text)
			if got := flipASCII(flipped, 'a'); got != end || string(flipped) != strings.ToUpper(text[:end])+text[end:] {
				t.Errorf("%q: upper up to %d: %q", text, got, flipped)
			}
		}
	}
}
