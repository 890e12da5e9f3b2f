package linkage

import (
	"math/bits"
	"unicode/utf8"
	"unsafe"
)

// boostFrom is the Jaro similarity from which a common beginning counts: below it
// two texts that only begin alike would be lifted over texts that are alike.
const boostFrom = 0.7

// maxMeasured is the length, in characters, from which texts are cut before they
// are compared: names, addresses and ids are shorter, and the flags of the
// measures fit into one word.
const maxMeasured = 64

// symbol is what measures compare: bytes of ASCII texts, else code points.
type symbol interface{ ~uint8 | ~int32 }

// JaroWinkler returns how alike two texts are, from 0 (nothing in common) to 1
// (equal), by code points. The bonus for a common beginning of up to four
// characters is given from a Jaro similarity of 0.7 on. Two empty texts have
// nothing in common: 0. Texts longer than 64 characters are cut.
func JaroWinkler(a, b string) float64 {
	if ascii(a) && ascii(b) {
		return jaroWinkler([]byte(a), []byte(b))
	}
	return jaroWinkler([]rune(a), []rune(b))
}

func jaroWinkler[T symbol](a, b []T) float64 {
	a, b = a[:min(len(a), maxMeasured)], b[:min(len(b), maxMeasured)]
	j := jaro(a, b)
	if j < boostFrom {
		return j
	}

	prefix := 0
	for prefix < min(4, len(a), len(b)) && a[prefix] == b[prefix] {
		prefix++
	}
	return j + float64(prefix)*0.1*(1-j)
}

// jaro compares two texts of at most 64 symbols.
func jaro[T symbol](a, b []T) float64 {
	if len(a) == 0 || len(b) == 0 {
		return 0
	}

	// Jaro: two symbols are in common when they stand no further apart than half the longer text.
	window := max(max(len(a), len(b))/2-1, 0)
	var inA, inB uint64
	for i, x := range a {
		for j := max(0, i-window); j < min(len(b), i+window+1); j++ {
			if x == b[j] && inB&(1<<j) == 0 {
				inA |= 1 << i
				inB |= 1 << j
				break
			}
		}
	}

	common := bits.OnesCount64(inA)
	if common == 0 {
		return 0
	}
	// Symbols in common, read in the order of each text: where they differ, one of a
	// swapped pair stands.
	swapped := 0
	for m, n := inA, inB; m != 0; m, n = m&(m-1), n&(n-1) {
		if a[bits.TrailingZeros64(m)] != b[bits.TrailingZeros64(n)] {
			swapped++
		}
	}

	c := float64(common)
	return (c/float64(len(a)) + c/float64(len(b)) + (c-float64(swapped/2))/c) / 3
}

// editDistance returns how many insertions, deletions, replacements and swaps of
// neighbours make one text of the other, where no part is edited twice (optimal string
// alignment), or limit+1 when that is above the limit. Texts longer than 64 symbols are cut.
func editDistance[T symbol](a, b []T, limit int) int {
	a, b = a[:min(len(a), maxMeasured)], b[:min(len(b), maxMeasured)]

	// What both begin or end with costs nothing and changes no distance.
	for len(a) > 0 && len(b) > 0 && a[0] == b[0] {
		a, b = a[1:], b[1:]
	}
	for len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	if len(a) > len(b) {
		a, b = b, a
	}

	// So many symbols more cannot be put in with fewer edits.
	if len(b)-len(a) > limit {
		return limit + 1
	}
	if len(a) == 0 {
		return len(b)
	}

	// Cells further from the diagonal than the limit cannot be on a path within it.
	var rows [3][maxMeasured + 2]uint8
	before, last, row := &rows[0], &rows[1], &rows[2]
	far := uint8(min(limit, maxMeasured) + 1)
	for j := range min(len(b), limit) + 1 {
		last[j] = uint8(j)
	}
	for i := range a {
		from, to := max(0, i-limit), min(len(b), i+limit+1)
		row[from] = far
		if from == 0 {
			row[0] = uint8(i + 1)
		}
		if to == i+limit+1 {
			last[to] = far
		}
		best := row[from]
		for j := from; j < to; j++ {
			// The usual recurrence, with a swap of neighbours as one edit.
			d := last[j]
			if a[i] != b[j] {
				d = min(d, last[j+1], row[j]) + 1
				if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
					d = min(d, before[j-1]+1)
				}
			}

			row[j+1] = d
			best = min(best, d)
		}

		// A later row is at least the best of the last two, and one edit more than the older.
		if best > far {
			return limit + 1
		}
		before, last, row = last, row, before
	}

	return min(int(last[len(b)]), limit+1)
}

// ascii reports whether a text has bytes below 128 only.
func ascii(s string) bool {
	for len(s) >= 8 {
		if (uint64(s[0])|uint64(s[1])|uint64(s[2])|uint64(s[3])|uint64(s[4])|uint64(s[5])|uint64(s[6])|uint64(s[7]))&0x80 != 0 {
			return false
		}
		s = s[8:]
	}

	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}

	return true
}

// within reports whether the edit distance of two texts is at most the limit, and
// returns it.
func within(a, b string, limit int) (int, bool) {
	if diff := len(a) - len(b); max(diff, -diff) > limit*utf8.UTFMax {
		return 0, false
	}
	d := 0
	if ascii(a) && ascii(b) {
		d = editDistance(bytesOf(a), bytesOf(b), limit)
	} else {
		d = editDistance([]rune(a), []rune(b), limit)
	}

	return d, d <= limit
}

// bytesOf returns the bytes of a text, which must not be written.
func bytesOf(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }

// alike is JaroWinkler without allocation for ASCII texts.
func alike(a, b string) float64 {
	if !ascii(a) || !ascii(b) {
		return JaroWinkler(a, b)
	}
	return jaroWinkler(bytesOf(a), bytesOf(b))
}
