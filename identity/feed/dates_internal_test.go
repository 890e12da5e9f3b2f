package feed

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// TestPlainTime compares the short way with the general parser, on times and on what is
// nearly one.
func TestPlainTime(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	plain := 0
	for range 200_000 {
		text := fmt.Sprintf("%04d-%02d-%02dT%02d:%02d:%02d", r.IntN(3000), r.IntN(14), r.IntN(33), r.IntN(25), r.IntN(61), r.IntN(61))
		switch r.IntN(4) {
		case 0:
			text += "." + fmt.Sprintf("%09d", r.IntN(1e9))[:r.IntN(10)]
		case 1:
			text += []string{"+01:00", ",5", ".5 ", "z"}[r.IntN(4)]
		}
		text += "Z"
		if r.IntN(10) == 0 {
			at := r.IntN(len(text))
			text = text[:at] + string("0 Z-:.T9"[r.IntN(8)]) + text[at+1:]
		}

		got, ok := plainTime(text)
		want, err := time.Parse(time.RFC3339, text)
		if ok && (err != nil || got != want) {
			t.Fatalf("%q: %v, want %v, %v", text, got, want, err)
		}
		if ok {
			plain++
		}
	}
	if plain < 20_000 {
		t.Errorf("%d of the texts were plain times", plain)
	}
}
