package correlate

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// TestTextNumbers numbers texts as a map does, before and after the memory is used again.
func TestTextNumbers(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 9))
	var numbers textNumbers
	for round := range 5 {
		numbers.reset()
		naive := map[string]int32{}
		for i := range 3_000 {
			text := strings.Repeat(fmt.Sprint(r.IntN(1+round*400)), r.IntN(12))
			if i%500 == 499 { // longer than a piece, and nearly as long
				text = strings.Repeat("x", textPiece-2+r.IntN(4))
			}
			want, known := naive[text]
			if at := numbers.find([]byte(text)); known && at != want || !known && at != -1 {
				t.Fatalf("%q is found as %d, want %d", text, at, want)
			}
			if !known {
				want = int32(len(naive))
				naive[text] = want
			}
			if n, fresh := numbers.number([]byte(text)); n != want || fresh == known || string(numbers.at(n)) != text {
				t.Fatalf("%q: %d, %v, want %d", text, n, fresh, want)
			}
		}
	}
}
