package identity

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Rows of texts are written as the general way writes them, and values that move belong to them.
func TestTextsAgreeWithCells(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	letters := strings.Repeat("0123456789abcdefghijklmnopqrstuvwxyzäöü", 20)
	for range 3000 {
		values := make([]Value, 1+r.IntN(30))
		for i := range values {
			switch at := r.IntN(40); r.IntN(8) {
			case 0:
			case 1:
				values[i] = StringValue(letters[at : at+r.IntN(400)])
			default:
				values[i] = StringValue(letters[at : at+r.IntN(20)])
			}
		}
		size, others := rowSize(values)
		if others || size == 0 {
			continue
		}

		width := offsetWidth(size)
		want, got := make([]byte, width*len(values)+size), make([]byte, width*len(values)+size)
		ends := width * len(values)
		putCells(want[:ends], want[ends:], width, values, false)
		moved := append([]Value(nil), values...)
		putTexts(got[:ends], got[ends:], width, moved, true)
		if !bytes.Equal(want, got) {
			t.Fatalf("%v: mismatch (-want +got)\n%s", values, cmp.Diff(want, got))
		}
		for i := range values {
			if !moved[i].Equal(values[i]) {
				t.Fatalf("value %d of %v moved to %v", i, values, moved[i])
			}
		}
		clear(got[ends:])
		for i := range values {
			if text := moved[i].Text(); strings.Trim(text, "\x00") != "" {
				t.Fatalf("value %d of %v is not that of the row: %q", i, values, text)
			}
		}
	}
}
