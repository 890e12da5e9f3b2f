package javaregex

import (
	"sync"
	"unicode"
)

// upper and lower are Character.toUpperCase(int) and toLowerCase(int) of JDK 17:
// the simple mappings, without letters newer than Unicode 13.
func upper(r rune) rune { return mapCase(r, unicode.ToUpper(r)) }
func lower(r rune) rune { return mapCase(r, unicode.ToLower(r)) }

func mapCase(r, mapped rune) rune {
	if r == mapped || r < 128 {
		return mapped
	}

	// The table of Go is newer than that of JDK 17.
	if n := newer(); n.has(r) || n.has(mapped) {
		return r
	}
	return mapped
}

// newer holds what Unicode 13 does not assign although later versions do.
var newer = sync.OnceValue(func() *charSet { return newSet(newerSpans()...) })

// A casedRune is a code point that has another case.
type casedRune struct{ r, upper, fold rune }

// folded lists every code point that has another case.
var folded = sync.OnceValue(func() []casedRune {
	var out []casedRune
	last := rune(-1)
	for _, c := range unicode.CaseRanges {
		for r := max(rune(c.Lo), last+1); r <= rune(c.Hi); r++ {
			last = r
			if upper(r) != r || lower(r) != r {
				out = append(out, casedRune{r: r, upper: upper(r), fold: fold(r)})
			}
		}
	}

	return out
})

func fold(r rune) rune { return lower(upper(r)) }

func isASCIILetter(r rune) bool { return 'a' <= r|0x20 && r|0x20 <= 'z' }

func swapASCII(r rune) rune { return r ^ 0x20 }

// insensitiveRange is a range of a class under (?i): ASCII letters match in
// both cases, and with (?u) every letter whose upper case, or the lower case
// of that, lies in the range.
func insensitiveRange(lo, hi rune, uni bool) *charSet {
	in := func(r rune) bool { return lo <= r && r <= hi }
	spans := []span{{lo, hi}}

	// Without (?u) only ASCII has cases.
	if !uni {
		for r := rune('A'); r <= 'z'; r++ {
			if isASCIILetter(r) && in(swapASCII(r)) {
				spans = append(spans, span{r, r})
			}
		}

		return newSet(spans...)
	}

	// Java compares the upper case and the lower case of that with both ends.
	for _, c := range folded() {
		if in(c.upper) || in(c.fold) {
			spans = append(spans, span{c.r, c.r})
		}
	}

	return newSet(spans...)
}

// insensitiveChar is one character alone under (?i).
func insensitiveChar(r rune, uni bool) *charSet {
	if !uni {
		if isASCIILetter(r) {
			return setOf(r, swapASCII(r))
		}
		return setOf(r)
	}

	// Without another case it is alone.
	if up := upper(r); up == lower(up) {
		return setOf(r)
	}
	return foldClass(fold(r))
}

// insensitiveInText is one character of a longer literal under (?i). It
// differs from insensitiveChar for letters that fold to themselves but are the
// fold of another: there only the literal matches the other one.
func insensitiveInText(r rune, uni bool) *charSet {
	if !uni {
		return insensitiveChar(r, false)
	}
	return foldClass(fold(r))
}

// foldMembers lists, by fold, the letters that have another case.
var foldMembers = sync.OnceValue(func() map[rune][]rune {
	m := map[rune][]rune{}
	for _, c := range folded() {
		m[c.fold] = append(m[c.fold], c.r)
	}
	return m
})

func foldClass(f rune) *charSet { return setOf(append([]rune{f}, foldMembers()[f]...)...) }

// insensitiveMember is a single character of a class under (?i). Below U+0100
// Java keeps a bit table there, filled with the two simple mappings, except
// for the few letters that have relatives above.
func insensitiveMember(r rune, uni bool) *charSet {
	if !uni || r >= 256 || hasRelatives(r) {
		return insensitiveChar(r, uni)
	}

	// The table of bits has room for the small ones only.
	rs := []rune{r}
	for _, c := range []rune{upper(r), lower(r)} {
		if c < 256 {
			rs = append(rs, c)
		}
	}

	return setOf(rs...)
}

// hasRelatives tells whether a letter below U+0100 has another case above.
func hasRelatives(r rune) bool {
	switch r {
	case 0xFF, 0xB5, 'I', 'i', 'S', 's', 'K', 'k', 0xC5, 0xE5:
		return true
	}

	return false
}
