package linkage

import (
	"math/bits"
	"strings"
)

// titles stand before or behind names and are no part of them.
var titles = map[string]bool{
	"mr": true, "mrs": true, "ms": true, "miss": true, "dr": true, "prof": true, "sir": true,
	"dame": true, "adm": true, "admin": true,
	"priv": true, "ext": true, "jr": true, "sr": true, "ii": true, "iii": true, "iv": true,
	"phd": true, "md": true, "herr": true, "frau": true,
	"monsieur": true, "madame": true, "contractor": true, "external": true,
}

// placeholders are names that stand for no name.
var placeholders = map[string]bool{
	"unknown": true, "unk": true, "anonymous": true, "anon": true, "baby": true, "boy": true,
	"girl": true, "infant": true, "newborn": true,
	"test": true, "none": true, "doe": true, "na": true, "twin": true, "male": true, "female": true,
	"nn": true, "n n": true, "baby boy": true,
	"baby girl": true, "no name": true,
}

// impersonal are words of names of accounts that belong to no person.
var impersonal = map[string]bool{
	"service": true, "account": true, "mailbox": true, "team": true, "shared": true, "system": true,
	"room": true, "printer": true, "svc": true,
	"conference": true, "helpdesk": true, "noreply": true, "backup": true, "scanner": true,
	"kiosk": true, "group": true, "list": true,
	"bot": true, "daemon": true, "batch": true, "functional": true, "generic": true, "resource": true,
}

// personName is a name in two parts, in the form in which they are compared; ""
// for a missing part.
type personName struct{ given, surname string }

// isImpersonal reports whether a folded name is no person's.
func isImpersonal(folded string) bool {
	for word := range strings.FieldsSeq(folded) {
		if impersonal[word] {
			return true
		}
	}

	return false
}

// namePart returns one part of a name in the form in which it is compared.
func namePart(s string) string {
	s = Fold(s)
	if isBlank(s) || placeholders[s] {
		return ""
	}
	if strings.IndexByte(s, ' ') < 0 {
		return s
	}
	words := dropTitles(strings.Fields(s))
	return strings.Join(words, " ")
}

// dropTitles leaves out titles, unless nothing would be left.
func dropTitles(words []string) []string {
	kept := words[:0:0]
	for _, w := range words {
		if !titles[w] {
			kept = append(kept, w)
		}
	}

	if len(kept) == 0 {
		return words
	}
	return kept
}

// splitName finds the parts of a whole name: what stands before a comma, or is
// written in capitals alone, is the surname, else all but the first word.
func splitName(s string) personName {
	if before, after, ok := strings.Cut(s, ","); ok {
		return personName{given: namePart(after), surname: namePart(before)}
	}

	// Directories write the surname in capitals to tell it apart: "Ann VAN DIJK". Titles are in
	// capitals too, and no names.
	words := strings.Fields(s)
	var capital, other []string
	for _, w := range words {
		if len(w) > 2 && strings.ToUpper(w) == w && strings.ToLower(w) != w && !titles[Fold(w)] {
			capital = append(capital, w)
		} else {
			other = append(other, w)
		}
	}

	if len(capital) > 0 && len(dropTitles(strings.Fields(Fold(strings.Join(other, " "))))) > 0 && len(other) > 0 {
		if rest := namePart(strings.Join(other, " ")); rest != "" && !titles[rest] {
			return personName{given: rest, surname: namePart(strings.Join(capital, " "))}
		}
	}

	// Nothing tells the parts apart, so the first word is the given name.
	f := dropTitles(strings.Fields(Fold(s)))
	if len(f) == 0 || isBlank(strings.Join(f, " ")) {
		return personName{}
	}
	return personName{given: namePart(f[0]), surname: namePart(strings.Join(f[1:], " "))}
}

// The levels of given names.
const (
	givenExact = iota + 1
	givenNickname
	givenEdit
	givenPart // an initial, a beginning, one of several names
	givenSimilar
	givenDifferent
)

// variant is the length from which forms of a name that differ by an edit are two
// spellings, which two people may have, and no nickname.
const variant = 6

// compareGiven returns the level of two given names.
func (d *dict) compareGiven(x, y int32) uint8 {
	if x == y {
		return givenExact
	}
	a, b := d.texts[x], d.texts[y]
	edit := d.oneEdit(x, y)

	// Long names one edit apart are two spellings, though a list may have them as nicknames.
	if !(edit && min(len(a), len(b)) >= variant) && shareGroup(d.groups[x], d.groups[y]) {
		return givenNickname
	}
	if edit {
		return givenEdit
	}
	if len(a) > len(b) {
		a, b = b, a
	}
	if strings.HasPrefix(b, a) || partOf(a, b) {
		return givenPart
	}
	if d.similar(x, y) {
		return givenSimilar
	}
	return givenDifferent
}

// The levels of surnames.
const (
	surnameExact = iota + 1
	surnameEdit
	surnamePart
	surnameSimilar
	surnameDifferent
)

// compareSurname returns the level of two surnames.
func (d *dict) compareSurname(x, y int32) uint8 {
	if x == y {
		return surnameExact
	}
	if d.oneEdit(x, y) || d.spaced(x, y) && sameButSpaces(d.texts[x], d.texts[y]) {
		return surnameEdit
	}
	a, b := d.texts[x], d.texts[y]
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(a) > 2 && partOf(a, b) || len(a) == 1 && b[0] == a[0] {
		return surnamePart
	}
	if d.similar(x, y) {
		return surnameSimilar
	}
	return surnameDifferent
}

// spaced reports whether one of two values has spaces.
func (d *dict) spaced(x, y int32) bool { return (d.sig[x]|d.sig[y])&spaceBit != 0 }

// sameButSpaces reports whether two texts are equal without spaces.
func sameButSpaces(a, b string) bool {
	i, j := 0, 0
	for {
		for i < len(a) && a[i] == ' ' {
			i++
		}
		for j < len(b) && b[j] == ' ' {
			j++
		}
		if i == len(a) || j == len(b) {
			return i == len(a) && j == len(b)
		}
		if a[i] != b[j] {
			return false
		}
		i, j = i+1, j+1
	}
}

// partOf reports whether the words of a shorter text are words of the longer one.
func partOf(short, long string) bool {
	if strings.IndexByte(long, ' ') < 0 {
		return false
	}
	for word := range strings.FieldsSeq(short) {
		if !hasWord(long, word) {
			return false
		}
	}

	return true
}

// hasWord reports whether a text has a word.
func hasWord(text, word string) bool {
	for i := 0; i+len(word) <= len(text); {
		k := strings.Index(text[i:], word)
		if k < 0 {
			return false
		}
		i += k
		end := i + len(word)
		if (i == 0 || text[i-1] == ' ') && (end == len(text) || text[end] == ' ') {
			return true
		}
		i++
	}

	return false
}

// oneEdit reports whether one edit, or two of a long text, makes one value of the
// other. Texts of less than four characters are too short for it.
func (d *dict) oneEdit(x, y int32) bool {
	a, b := d.texts[x], d.texts[y]
	short := min(len(a), len(b))
	if short < 3 {
		return false
	}
	limit := 1
	if short >= 8 {
		limit = 2
	}
	if tooFar(d.sig[x], d.sig[y], limit) {
		return false
	}
	_, ok := within(a, b, limit)
	return ok
}

// similarFrom is the Jaro-Winkler similarity from which names sound or look alike.
const similarFrom = 0.88

// similar reports whether two names look or sound alike.
func (d *dict) similar(x, y int32) bool {
	if d.code[x] == d.code[y] && d.code[x] > 1<<16 {
		return true
	}
	a, b := d.texts[x], d.texts[y]
	if min(len(a), len(b)) < 4 {
		return false
	}
	// The same letters in any order are a word typed in a hurry.
	if d.sig[x] == d.sig[y] && max(len(a)-len(b), len(b)-len(a)) <= 1 {
		return true
	}
	return couldBeSimilar(a, b, d.sig[x], d.sig[y]) && alike(a, b) >= similarFrom
}

// couldBeSimilar reports whether enough letters are common for a Jaro-Winkler
// similarity of similarFrom, by the beginning that two ASCII texts share.
func couldBeSimilar(a, b string, sigA, sigB uint64) bool {
	prefix := 0
	for prefix < min(4, len(a), len(b)) && a[prefix] == b[prefix] {
		prefix++
	}
	boost := 0.1 * float64(prefix)
	need := (similarFrom - boost) / (1 - boost)
	common := float64(min(len(a)-bits.OnesCount64(sigA&^sigB&^spaceBit), len(b)-bits.OnesCount64(sigB&^sigA&^spaceBit)))
	return (common/float64(len(a))+common/float64(len(b))+1)/3 >= need
}
