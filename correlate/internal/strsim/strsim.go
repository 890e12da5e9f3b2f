// Package strsim tells how little two texts differ.
package strsim

import "unicode/utf8"

// OneEdit reports whether one insertion, deletion, substitution or swap of
// neighbours makes a of b. Equal texts are not one edit apart. Characters are
// code points; bytes that are not UTF-8 count as one each.
func OneEdit(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(b)-len(a) > utf8.UTFMax { // a character has at most so many bytes
		return false
	}
	a, b = trimPrefix(a, b)
	a, b = trimSuffix(a, b)
	na, nb := utf8.RuneCountInString(a), utf8.RuneCountInString(b)
	switch {
	case na > 2 || nb > 2:
		return false
	case na+nb == 1, na == 1 && nb == 1:
		return true
	case na == 2 && nb == 2:
		r1, n1 := utf8.DecodeRuneInString(a)
		s1, m1 := utf8.DecodeRuneInString(b)
		r2, _ := utf8.DecodeRuneInString(a[n1:])
		s2, _ := utf8.DecodeRuneInString(b[m1:])
		return r1 == s2 && r2 == s1
	}

	return false
}

// trimPrefix cuts the characters that both begin with.
func trimPrefix(a, b string) (string, string) {
	for a != "" && b != "" {
		r, n := utf8.DecodeRuneInString(a)
		s, m := utf8.DecodeRuneInString(b)
		if r != s || n != m || a[:n] != b[:m] {
			break
		}
		a, b = a[n:], b[m:]
	}

	return a, b
}

func trimSuffix(a, b string) (string, string) {
	for a != "" && b != "" {
		r, n := utf8.DecodeLastRuneInString(a)
		s, m := utf8.DecodeLastRuneInString(b)
		if r != s || n != m || a[len(a)-n:] != b[len(b)-m:] {
			break
		}
		a, b = a[:len(a)-n], b[:len(b)-m]
	}

	return a, b
}
