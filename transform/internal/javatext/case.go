package javatext

import (
	"encoding/binary"
	"sort"
	"unicode/utf8"
)

// lowCase is the size of the tables that answer without a search: all that
// UTF-8 writes in two bytes.
const lowCase = 0x800

// caseRange maps the code points first, first+step ... last by adding delta.
type caseRange struct {
	first, last rune
	delta, step int32
}

// fullMapping is a code point whose upper case has more than one; simple is the
// one-to-one mapping.
type fullMapping struct {
	code, simple rune
	full         string
}

type pair struct{ code, to rune }

const (
	capitalSigma = 'Σ'
	finalSigma   = 'ς'
	capitalIDot  = 'İ'
)

// Upper returns s in upper case, as String.toUpperCase(Locale.ROOT): with the
// mappings to several characters, ß to SS. Text that does not change is returned
// as it is, without allocation.
func Upper(s string) string {
	if sameASCII(s, 'a') {
		return s
	}

	// Only text that changes is worth memory.
	var buf [128]byte
	if out := AppendUpper(buf[:0], s); string(out) != s {
		return string(out)
	}
	return s
}

// Lower returns s in lower case, as String.toLowerCase(Locale.ROOT): with the
// final sigma at the end of words and i with a dot above for İ. Text that does
// not change is returned as it is, without allocation.
func Lower(s string) string {
	if sameASCII(s, 'A') {
		return s
	}

	// Only text that changes is worth memory.
	var buf [128]byte
	if out := AppendLower(buf[:0], s); string(out) != s {
		return string(out)
	}
	return s
}

const (
	ones = 0x0101010101010101
	tops = 0x8080808080808080
)

// alphabet marks letters from first to first+25 among eight bytes.
type alphabet struct{ first, after uint64 }

func alphabetFrom(first byte) alphabet {
	return alphabet{ones * uint64(0x80-first), ones * uint64(0x80-first-26)}
}

// letters marks the bytes of w that are letters, in their top bit, given that all of w is ASCII.
func (a alphabet) letters(w uint64) uint64 {
	from := w + a.first  // top bit: >= first
	after := w + a.after // top bit: > last
	return from &^ after & tops
}

// sameASCII reports whether s is ASCII without letters from first to first+25.
func sameASCII(s string, first byte) bool {
	i, a := 0, alphabetFrom(first)

	// Eight bytes at a time.
	for ; i+8 <= len(s); i += 8 {
		if w := word(s, i); w&tops != 0 || a.letters(w) != 0 {
			return false
		}
	}

	// What is left is in the last eight, of which the others are as they should be.
	if i > 0 {
		w := word(s, len(s)-8)
		return w&tops == 0 && a.letters(w) == 0
	}

	for ; i < len(s); i++ {
		if c := s[i]; c >= utf8.RuneSelf || c-first < 26 {
			return false
		}
	}

	return true
}

// word returns eight bytes of s.
func word(s string, i int) uint64 {
	b := s[i : i+8]
	return uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24 |
		uint64(b[4])<<32 | uint64(b[5])<<40 | uint64(b[6])<<48 | uint64(b[7])<<56
}

// IsLowerASCII reports whether s is ASCII without capitals, so that [Lower]
// leaves it as it is.
func IsLowerASCII(s string) bool { return sameASCII(s, 'A') }

// IsUpperASCII reports whether s is ASCII without small letters, so that [Upper]
// leaves it as it is.
func IsUpperASCII(s string) bool { return sameASCII(s, 'a') }

// IsASCII reports whether s is ASCII, so that [Decompose] leaves it as it is.
func IsASCII(s string) bool {
	i := 0
	for ; i+8 <= len(s); i += 8 {
		if word(s, i)&tops != 0 {
			return false
		}
	}

	if i > 0 { // as above
		return word(s, len(s)-8)&tops == 0
	}

	for ; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}

	return true
}

// flipASCII changes the case of the letters from first to first+25 in b up to
// the first byte that is not ASCII, and returns its position.
func flipASCII(b []byte, first byte) int {
	i, a := 0, alphabetFrom(first)
	for ; i+8 <= len(b); i += 8 {
		w := binary.LittleEndian.Uint64(b[i:])
		if w&tops != 0 {
			break
		}

		// The mark of a letter, moved down, is the bit that the cases differ in.
		binary.LittleEndian.PutUint64(b[i:], w^a.letters(w)>>2)
	}

	// What is left is in the last eight, and short texts are in two halves. Letters that were changed there are
	// none to be changed any more.
	if rest := len(b) - 8; rest >= 0 && i > rest {
		if w := binary.LittleEndian.Uint64(b[rest:]); w&tops == 0 {
			binary.LittleEndian.PutUint64(b[rest:], w^a.letters(w)>>2)
			return len(b)
		}
	} else if rest := len(b) - 4; rest >= 0 && rest < 4 {
		w := uint64(binary.LittleEndian.Uint32(b)) | uint64(binary.LittleEndian.Uint32(b[rest:]))<<32
		if w&tops == 0 {
			w ^= a.letters(w) >> 2
			binary.LittleEndian.PutUint32(b, uint32(w))
			binary.LittleEndian.PutUint32(b[rest:], uint32(w>>32))
			return len(b)
		}
	}

	for ; i < len(b) && b[i] < utf8.RuneSelf; i++ {
		if b[i]-first < 26 {
			b[i] ^= 0x20
		}
	}

	return i
}

// AppendUpper appends s in upper case to dst; see [Upper]. It allocates only
// to grow dst.
func AppendUpper(dst []byte, s string) []byte {
	start := len(dst)
	dst = append(dst, s...)

	// Nearly all text is ASCII, which is done in place.
	i := flipASCII(dst[start:], 'a')
	if i == len(s) {
		return dst
	}
	return appendUpperRunes(dst[:start+i], s[i:])
}

func appendUpperRunes(dst []byte, s string) []byte {
	for i := 0; i < len(s); {
		if c := s[i]; c < utf8.RuneSelf {
			if c-'a' < 26 {
				c ^= 0x20
			}
			dst = append(dst, c)
			i++
			continue
		}

		// What the small table does not have is a letter with several capitals, or far up.
		r, size := decode(s[i:])
		switch {
		case r < lowCase:
			if to := upperLow[r]; to != 0 {
				dst = utf8.AppendRune(dst, rune(to))
			} else {
				dst = append(dst, upperFull(r)...)
			}

		case size != 1 && r < highFirst || r > lowLast && size != 1:
			if full := upperFull(r); full != "" {
				dst = append(dst, full...)
			} else {
				dst = utf8.AppendRune(dst, moved(r, upperRanges[:]))
			}

		default: // half of a pair, or no UTF-8
			dst = append(dst, s[i:i+size]...)
		}

		i += size
	}

	return dst
}

// AppendLower appends s in lower case to dst; see [Lower]. It allocates only
// to grow dst.
func AppendLower(dst []byte, s string) []byte {
	start := len(dst)
	dst = append(dst, s...)
	i := flipASCII(dst[start:], 'A')
	if i == len(s) {
		return dst
	}
	return appendLowerRunes(dst[:start+i], s, i)
}

// appendLowerRunes goes on at byte i; what is before matters to the final sigma.
func appendLowerRunes(dst []byte, s string, i int) []byte {
	var word wordSpan
	for i < len(s) {
		if c := s[i]; c < utf8.RuneSelf {
			if c-'A' < 26 {
				c ^= 0x20
			}
			dst = append(dst, c)
			i++
			continue
		}

		// A sigma at the end of a word has a form of its own, which only the text around it
		// tells.
		r, size := decode(s[i:])
		switch {
		case r == capitalSigma && word.ends(s, i):
			dst = utf8.AppendRune(dst, finalSigma)
		case r == capitalIDot:
			dst = append(dst, "i̇"...)
		case size == 1, r >= highFirst && r <= lowLast:
			dst = append(dst, s[i:i+size]...)
		default:
			dst = utf8.AppendRune(dst, simpleLower(r))
		}

		i += size
	}

	return dst
}

// upperFull returns the upper case of r when it has several code points.
func upperFull(r rune) string {
	i := sort.Search(len(fullUpper), func(i int) bool { return fullUpper[i].code >= r })
	if i < len(fullUpper) && fullUpper[i].code == r {
		return fullUpper[i].full
	}
	return ""
}

// moved returns what ranges make of r.
func moved(r rune, ranges []caseRange) rune {
	lo, hi := 0, len(ranges)
	for lo < hi {
		if mid := (lo + hi) / 2; ranges[mid].last < r {
			lo = mid + 1
		} else {
			hi = mid
		}
	}

	// Some ranges hold capitals and small letters in turn.
	if lo < len(ranges) {
		if c := &ranges[lo]; c.first <= r && (r-c.first)%c.step == 0 {
			return r + c.delta
		}
	}

	return r
}

// simpleUpper is Character.toUpperCase, the mapping of one to one.
func simpleUpper(r rune) rune {
	if r >= lowCase {
		return moved(r, upperRanges[:])
	}
	if to := upperLow[r]; to != 0 || r == 0 {
		return rune(to)
	}

	// Letters with several capitals mostly have a single one, too.
	for i := range fullUpper {
		if fullUpper[i].code == r {
			return fullUpper[i].simple
		}
	}

	return r
}

// simpleLower is Character.toLowerCase, the mapping of one to one.
func simpleLower(r rune) rune {
	switch {
	case r >= lowCase:
		return moved(r, lowerRanges[:])
	case r == capitalSigma:
		return 'σ'
	case r == capitalIDot:
		return 'i'
	}

	return rune(lowerLow[r])
}

// simpleTitle is Character.toTitleCase.
func simpleTitle(r rune) rune {
	if r >= titles[0].code && r <= titles[len(titles)-1].code {
		for _, t := range titles {
			if t.code == r {
				return t.to
			}
		}
	}

	return simpleUpper(r)
}

// foldCase is what comparisons without case compare: the lower case of the upper case.
func foldCase(r rune) rune { return simpleLower(simpleUpper(r)) }
