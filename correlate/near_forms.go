package correlate

import (
	"bytes"
	"slices"
	"unicode/utf8"
)

// withoutOne appends the hash of a text, and those of the text without each of its
// characters. Equal texts have equal hashes; others may.
func withoutOne(hashes []uint64, text []byte) []uint64 {
	// The hash of what is left without a character follows from the hashes before and after it, so all
	// of them take one pass.
	const base = 0x9E3779B97F4A7C15
	var whole uint64
	for _, b := range text {
		whole = whole*base + uint64(b) + 1
	}
	hashes = append(hashes, whole)

	// hash(before + after) = hash(before) * base^len(after) + hash(after), and
	// hash(after) = whole - hash(before + character) * base^len(after).
	var before [64]uint64
	pre := append(before[:0], 0)
	for i, b := range text {
		pre = append(pre, pre[i]*base+uint64(b)+1)
	}
	power := uint64(1)
	for end := len(text); end > 0; {
		_, size := utf8.DecodeLastRune(text[:end])
		start := end - size
		hashes = append(hashes, whole-pre[end]*power+pre[start]*power)
		for range size {
			power *= base
		}
		end = start
	}

	return hashes
}

// looseForms computes loose forms; its results hold until the next one.
type looseForms struct {
	form, sorted []byte
	words        [][]byte
}

// of returns the loose form of a text, and the one with its words in order; both
// are empty for a text without letters and digits.
func (f *looseForms) of(text string) (form, sorted []byte) {
	// Other scripts need tables for case and accents; for ASCII, which nearly all keys are, a loop
	// does.
	if !ascii(text) {
		f.form, f.sorted = append(f.form[:0], loose(text, false)...), append(f.sorted[:0], loose(text, true)...)
		if blank(string(f.form)) {
			return nil, nil
		}
		return f.form, f.sorted
	}

	f.form, f.words = slices.Grow(f.form[:0], len(text))[:len(text)], f.words[:0]
	start, end := 0, 0
	for i := range len(text) {
		if c := smallOf[text[i]]; c != 0 {
			f.form[end] = c
			end++
			continue
		}
		if end > start {
			f.words = append(f.words, f.form[start:end])
		}
		start = end
	}
	f.form = f.form[:end]

	// Zeros in front are dropped last, since they stand at the beginning of the whole form.
	form = plainZeros(f.form)
	if len(f.words) == 0 {
		return form, form
	}
	if len(f.form) > start {
		f.words = append(f.words, f.form[start:])
	}
	if slices.IsSortedFunc(f.words, bytes.Compare) {
		return form, form
	}

	slices.SortFunc(f.words, bytes.Compare)
	f.sorted = f.sorted[:0]
	for _, w := range f.words {
		f.sorted = append(f.sorted, w...)
	}
	return form, plainZeros(f.sorted)
}

// plainZeros cuts zeros in front, but the last one of zeros only.
func plainZeros(b []byte) []byte {
	rest := bytes.TrimLeft(b, "0")
	if len(rest) == 0 && len(b) > 0 {
		return b[:1]
	}
	return rest
}
