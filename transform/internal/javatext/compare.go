package javatext

import "unicode/utf8"

// EqualFold reports whether a and b are equal without case, as
// String.equalsIgnoreCase: character by character, so that ß is not SS, but the
// dotless ı is i and the Kelvin sign is k.
func EqualFold(a, b string) bool {
	n := min(len(a), len(b))
	i := 0
	for ; i < n; i++ {
		c1, c2 := a[i], b[i]
		if c1|c2 >= utf8.RuneSelf {
			break
		}
		if c1 != c2 && (c1^c2 != 0x20 || c1|0x20-'a' >= 26) {
			return false
		}
	}

	// From the first character beyond ASCII on.
	return CompareFold(a[i:], b[i:]) == 0
}

// Compare compares UTF-16 units, as String.compareTo: the result is the
// difference of the first units that differ, else of the lengths.
func Compare(a, b string) int {
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}

	// The difference may lie inside a character; its units are compared, not its bytes.
	for i > 0 && (i < len(a) && !utf8.RuneStart(a[i]) || i < len(b) && !utf8.RuneStart(b[i])) {
		i--
	}

	a, b = a[i:], b[i:]
	if a == "" || b == "" {
		return Len(a) - Len(b)
	}

	// Java orders by UTF-16 units, in which pairs stand before U+E000.
	high1, low1 := firstUnits(a)
	high2, low2 := firstUnits(b)
	if high1 != high2 {
		return high1 - high2
	}
	if low1 < 0 || low2 < 0 {
		return Len(a) - Len(b)
	}

	return low1 - low2
}

// firstUnits returns the first two UTF-16 units of s, -1 for a missing one.
func firstUnits(s string) (first, second int) {
	r, size := decode(s)
	if size == 4 {
		return highFirst | int(r-0x10000)>>10, lowFirst | int(r-0x10000)&0x3ff
	}
	if s = s[size:]; s == "" {
		return int(r), -1
	}

	// The second one may be the first half of a pair.
	second, _ = firstUnits(s[:min(len(s), utf8.UTFMax)])
	return int(r), second
}

// CompareFold compares without case, as String.compareToIgnoreCase: the result
// is the difference of the lower cases of the first characters that differ in
// upper and lower case, else of the lengths in UTF-16 units.
func CompareFold(a, b string) int {
	for a != "" && b != "" {
		if c1, c2 := a[0], b[0]; c1|c2 < utf8.RuneSelf {
			if d := int(lowerASCII(c1)) - int(lowerASCII(c2)); d != 0 {
				return d
			}
			a, b = a[1:], b[1:]
			continue
		}

		// A half can stand against a whole character, whose first unit it equals.
		r1, size1 := decode(a)
		r2, size2 := decode(b)
		switch {
		case size1 == 4 && size2 < 4 && r2 == highFirst|(r1-0x10000)>>10:
			// The first half is equal; Java goes on with the whole character.
			if len(b) == size2 {
				return Len(a) - 1
			}
			b = b[size2:]
			continue

		case size2 == 4 && size1 < 4 && r1 == highFirst|(r2-0x10000)>>10:
			if len(a) == size1 {
				return 1 - Len(b)
			}
			a = a[size1:]
			continue
		}

		// Both cases are compared, as some letters differ in one of them only.
		if r1 != r2 {
			if d := int(foldCase(r1)) - int(foldCase(r2)); d != 0 {
				return d
			}
		}

		a, b = a[size1:], b[size2:]
	}

	return Len(a) - Len(b)
}

func lowerASCII(c byte) byte {
	if c-'A' < 26 {
		return c | 0x20
	}
	return c
}

// FoldHash returns a hash that is equal for texts that [EqualFold] finds equal. It
// is the same in every run, for tables that are made beforehand.
func FoldHash(s string) uint32 {
	const start, prime = 2166136261, 16777619 // FNV-1a, by code points
	h := uint32(start)
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			h = (h ^ uint32(lowerASCII(c))) * prime
			i++
			continue
		}

		r, size := decode(s[i:])
		h = (h ^ uint32(foldCase(r))) * prime
		i += size
	}

	return h
}
