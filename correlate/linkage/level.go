package linkage

import (
	"math/bits"
	"strings"
)

// tooFar reports whether two signatures show more edits than a limit: an edit takes
// away at most one bit and adds at most one.
func tooFar(a, b uint64, limit int) bool {
	a, b = a&^spaceBit, b&^spaceBit
	return bits.OnesCount64(a&^b) > limit || bits.OnesCount64(b&^a) > limit
}

// The levels of e-mail addresses. The last three are for addresses that are made
// of the name, where the names agree: they say only what the name does not.
const (
	mailExact = iota + 1
	mailLocal // the same before the @
	mailEdit
	mailDifferent
	mailAlsoExact
	mailAlsoEdit
	mailAlsoDifferent
)

// compareMail returns the level of two addresses.
func (d *dict) compareMail(x, y int32) uint8 {
	if x == y {
		return mailExact
	}
	if d.local[x] == d.local[y] && d.split[x] >= 3 {
		return mailLocal
	}
	if tooFar(d.sig[x], d.sig[y], 3) {
		return mailDifferent
	}
	a, b := d.texts[x], d.texts[y]
	la, lb := a[:d.split[x]], b[:d.split[y]]
	// One edit in eight characters: short addresses at one domain are neighbours.
	if _, ok := within(a, b, min(3, min(len(a), len(b))/8)); ok && distinctEdit(la, lb) {
		return mailEdit
	}
	return mailDifferent
}

// distinctEdit reports whether two texts differ otherwise than in the number at
// their end: smith and smith2 are two people.
func distinctEdit(a, b string) bool {
	return a == b || strings.TrimRight(a, "0123456789") != strings.TrimRight(b, "0123456789")
}

// The levels of user ids; the last three as for addresses.
const (
	userExact = iota + 1
	userPart
	userSimilar
	userDifferent
	userAlsoExact
	userAlsoPart
	userAlsoDifferent
)

// extra is how many characters may stand around a user id in a longer one.
const extra = 4

// compareUser returns the level of two user ids.
func (d *dict) compareUser(x, y int32) uint8 {
	if x == y {
		return userExact
	}
	a, b := d.texts[x], d.texts[y]
	if len(a) > len(b) {
		a, b = b, a
	}
	switch {
	case len(a) >= 4 && sameNumber(a, b) && (len(b)-len(a) <= extra && strings.Contains(b, a) || hasWord(b, a)):
		return userPart
	case tooFar(d.sig[x], d.sig[y], 2):
		return userDifferent
	case len(a) >= 5 && sameNumber(a, b) && alike(a, b) >= 0.9:
		return userSimilar
	}

	return userDifferent
}

// sameNumber reports whether the digits of two user ids are the same: they tell
// people apart that would have the same one.
func sameNumber(a, b string) bool {
	return digitsOf(a) == digitsOf(b)
}

func digitsOf(s string) int {
	n := 0
	for i := range len(s) {
		if s[i] >= '0' && s[i] <= '9' {
			n = n*10 + int(s[i]-'0') + 1
		}
	}

	return n
}

// The levels of ids and phone numbers.
const (
	idExact = iota + 1
	idEdit
	idPart // one ends the other, as the last four digits do
	idTwoEdits
	idDifferent
)

// compareID returns the level of two ids.
func (d *dict) compareID(x, y int32) uint8 {
	if x == y {
		return idExact
	}
	a, b := d.texts[x], d.texts[y]
	if len(a) > len(b) {
		a, b = b, a
	}

	// A number with a prefix, such as a country or a system, holds the other at its end.
	if len(a) >= 4 && len(b) > len(a)+1 && strings.HasSuffix(b, a) {
		return idPart
	}
	if len(a) < 5 || tooFar(d.sig[x], d.sig[y], 2) {
		return idDifferent
	}
	switch n, ok := within(a, b, 2); {
	case ok && n == 1:
		return idEdit
	case ok:
		return idTwoEdits
	}

	return idDifferent
}

// The levels of addresses and other lines of words.
const (
	lineExact = iota + 1
	lineEdit
	lineSimilar
	lineDifferent
)

// compareLine returns the level of two lines.
func (d *dict) compareLine(x, y int32) uint8 {
	if x == y {
		return lineExact
	}
	a, b := d.texts[x], d.texts[y]
	if d.spaced(x, y) && sameButSpaces(a, b) {
		return lineEdit
	}
	if !tooFar(d.sig[x], d.sig[y], 2) && min(len(a), len(b)) >= 4 {
		if _, ok := within(a, b, 2); ok {
			return lineEdit
		}
	}

	if commonWords(a, b) {
		return lineSimilar
	}
	return lineDifferent
}

// commonWords reports whether at least half of the words of two lines, and two of
// the longer ones, are the same.
func commonWords(a, b string) bool {
	common, all := 0, 0
	for word := range strings.FieldsSeq(a) {
		all++
		if len(word) > 2 && hasWord(b, word) {
			common++
		}
	}

	return common >= 2 && common*2 >= all
}

// The levels of places, house numbers, other names.
const (
	wordExact = iota + 1
	wordEdit
	wordDifferent
)

// compareWord returns the level of two words.
func (d *dict) compareWord(x, y int32) uint8 {
	if x == y {
		return wordExact
	}
	a, b := d.texts[x], d.texts[y]
	switch {
	// One letter is an initial, and a digit is not.
	case min(len(a), len(b)) < 2:
		if a[0] == b[0] && (a[0] < '0' || a[0] > '9') {
			return wordEdit
		}
		return wordDifferent
	case d.spaced(x, y) && sameButSpaces(a, b):
		return wordEdit
	// The signatures say cheaply that more letters differ than any rule below would allow.
	case tooFar(d.sig[x], d.sig[y], 2):
		return wordDifferent
	}

	// Long words may have two errors; in a short one two errors make another word.
	limit := 1
	if min(len(a), len(b)) >= 6 {
		limit = 2
	}
	if _, ok := within(a, b, limit); ok {
		return wordEdit
	}
	return wordDifferent
}

// The levels of categories.
const (
	categorySame = iota + 1
	categoryDifferent
)

// compareCategory returns the level of two categories: the first letter alone
// stands for the word.
func (d *dict) compareCategory(x, y int32) uint8 {
	if x == y {
		return categorySame
	}
	a, b := d.texts[x], d.texts[y]
	if min(len(a), len(b)) == 1 && a[0] == b[0] {
		return categorySame
	}
	return categoryDifferent
}

// compareDay returns the level of two days.
func (d *dict) compareDay(x, y int32) uint8 { return compareDates(d.dates[x], d.dates[y]) }
