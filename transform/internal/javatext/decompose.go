package javatext

import (
	"slices"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

const (
	firstDiacritic = 0x300
	lastDiacritic  = 0x36f
)

// Decompose returns the compatibility decomposition (NFKD, Unicode 13) of s
// without the combining diacritical marks U+0300 to U+036F: é becomes e, ﬁ fi,
// ² 2; ø, ł and ß stay. Text that does not change is returned as it is, without
// allocation.
//
// Source: java.text.Normalizer with the regular expression
// \p{InCombiningDiacriticalMarks}.
func Decompose(s string) string {
	i := 0
	for i < len(s) && s[i] < utf8.RuneSelf {
		i++
	}

	if i == len(s) {
		return s
	}

	var buf [128]byte
	if out := AppendDecompose(buf[:0], s); string(out) != s {
		return string(out)
	}
	return s
}

// AppendDecompose appends what [Decompose] makes of s to dst. It allocates only
// to grow dst.
func AppendDecompose(dst []byte, s string) []byte {
	start := len(dst)
	for i := 0; i < len(s); {
		if s[i] < utf8.RuneSelf {
			first := i
			for i++; i < len(s) && s[i] < utf8.RuneSelf; i++ {
			}
			dst = append(dst, s[first:i]...)
			continue
		}

		// Common letters are known from a table. At the first other one the text is done again
		// in full, since marks may change places.
		r, size := decode(s[i:])
		plain, known := plainText(r)
		switch {
		case !known:
			return appendDecomposed(dst[:start], s)
		case plain == "":
			dst = AppendText(dst, s[i:i+size])
		case r < firstDiacritic || r > lastDiacritic:
			dst = append(dst, plain...)
		}

		i += size
	}

	return dst
}

// plainText returns the decomposition of common characters, "" for one that is
// its own. Marks other than the diacritical ones are not known: their order can
// change, so that they need a look at the text around them.
func plainText(r rune) (text string, known bool) {
	switch {
	case r < plainFirst:
		return "", true
	case r < plainFirst+rune(len(plainLow)): // Latin, Greek, Cyrillic
		return plainLow[r-plainFirst], true
	case r >= plainExtendedFirst && r < plainExtendedFirst+rune(len(plainExtended)):
		return plainExtended[r-plainExtendedFirst], true
	case r >= 0x4e00 && r < 0x9ffd, r >= highFirst && r <= lowLast:
		return "", true
	}

	return "", false
}

const (
	plainFirst         = 0xa0
	plainExtendedFirst = 0x1e00
)

// mark is a combining character on its way to its place in the text.
type mark struct {
	code  rune
	class uint8
}

// appendDecomposed is [AppendDecompose] for any text: every character is
// decomposed, then each run of marks is put into canonical order. The order of
// marks does not depend on the diacritical ones among them, so those are left
// out before.
func appendDecomposed(dst []byte, s string) []byte {
	var (
		buf   [16]mark
		marks = buf[:0]
		jamo  [9]byte
	)

	for s != "" {
		r, size := decode(s)

		// Halves of pairs and letters newer than Unicode 13 stay as they are, and no mark
		// moves across them.
		if class(r)&^classCased == classUnassigned || size == 1 || size == 3 && r >= highFirst && r <= lowLast {
			dst, marks = appendMarks(dst, marks), marks[:0]
			dst = AppendText(dst, s[:size])
			s = s[size:]
			continue
		}

		for parts := decomposition(s, r, size, &jamo); len(parts) > 0; {
			p, n := utf8.DecodeRune(parts)

			// A base ends a run of marks, which can be written then.
			diacritic := p >= firstDiacritic && p <= lastDiacritic
			switch ccc := norm.NFKD.Properties(parts).CCC(); {
			case ccc == 0:
				dst, marks = appendMarks(dst, marks), marks[:0]
				if !diacritic {
					dst = append(dst, parts[:n]...)
				}
			case !diacritic:
				marks = append(marks, mark{p, ccc})
			}

			parts = parts[n:]
		}

		s = s[size:]
	}

	return appendMarks(dst, marks)
}

// appendMarks appends marks in canonical order: by class, otherwise as they came.
func appendMarks(dst []byte, marks []mark) []byte {
	if len(marks) > 1 {
		slices.SortStableFunc(marks, func(a, b mark) int { return int(a.class) - int(b.class) })
	}
	for _, m := range marks {
		dst = utf8.AppendRune(dst, m.code)
	}
	return dst
}

// decomposition returns the full decomposition of r, which is the first size
// bytes of s. Hangul syllables are spelled into buf.
func decomposition(s string, r rune, size int, buf *[9]byte) []byte {
	const (
		syllables, syllableCount = 0xac00, 11172
		leads, vowels, trails    = 0x1100, 0x1161, 0x11a7
		vowelCount, trailCount   = 21, 28
	)

	// Hangul syllables follow from arithmetic.
	if i := r - syllables; i >= 0 && i < syllableCount {
		out := utf8.AppendRune(buf[:0], leads+i/(vowelCount*trailCount))
		out = utf8.AppendRune(out, vowels+i/trailCount%vowelCount)
		if t := i % trailCount; t > 0 {
			out = utf8.AppendRune(out, trails+t)
		}
		return out
	}

	if d := norm.NFKD.PropertiesString(s[:size]).Decomposition(); d != nil {
		return d
	}
	return append(buf[:0], s[:size]...)
}
