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

	f.form, f.words = f.form[:0], f.words[:0]
	start := 0
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case c >= 'A' && c <= 'Z':
			f.form = append(f.form, c+'a'-'A')
			continue
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9':
			f.form = append(f.form, c)
			continue
		}

		if len(f.form) > start {
			f.words = append(f.words, f.form[start:len(f.form)])
		}
		start = len(f.form)
	}

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

	// The words are views of the form, which may have grown meanwhile: earlier
	// ones then stand in memory that is not written again.
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
