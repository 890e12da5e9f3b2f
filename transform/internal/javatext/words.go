package javatext

import "unicode/utf8"

// The word rules decide which capital sigma ends a word: String.toLowerCase asks
// BreakIterator.getWordInstance, whose rules are older than those of Unicode.
//
// Source: java.text.BreakIterator of JDK 17, observed.

const (
	classOther = iota
	classUnassigned
	classLetter
	classEnclosing
	classDigit
	classIgnore
	classDash
	classCurrency
	classSpace
	classControl
	classCased = 0x80
)

// class returns the class of r, with classCased added for cased ones.
func class(r rune) uint8 {
	key := uint32(r)<<8 | 0xff
	lo, hi := 0, len(classes)
	for lo < hi {
		if mid := (lo + hi) / 2; classes[mid] <= key {
			lo = mid + 1
		} else {
			hi = mid
		}
	}

	return uint8(classes[lo-1])
}

// wordSpan is the word around the last sigma that was asked for. Words are found
// from the start of the text on, each once.
type wordSpan struct {
	begin, end int
}

// ends reports whether the sigma at byte i of s is final: a cased character
// before it in its word, none after.
func (w *wordSpan) ends(s string, i int) bool {
	if final, plain := endsPlainly(s, i); plain {
		return final
	}
	for w.end <= i {
		w.begin, w.end = w.end, w.end+wordLength(s[w.end:])
	}
	return casedBefore(s, w.begin, i) && !casedAfter(s[i+len("Σ"):w.end])
}

// endsPlainly answers from the neighbours of the sigma alone, where they are
// letters, blanks or the ends of the text: letters that touch are one word.
func endsPlainly(s string, i int) (final, plain bool) {
	if i == 0 || s[i-1] == ' ' {
		return false, true
	}
	if r, size := utf8.DecodeLastRuneInString(s[:i]); size > 3 || class(r) != classLetter|classCased {
		return false, false
	}

	after := i + len("Σ")
	if after == len(s) || s[after] == ' ' {
		return true, true
	}

	r, _ := decode(s[after:])
	return false, class(r) == classLetter|classCased
}

// casedBefore looks for a cased character from byte begin to end. A character
// beyond U+FFFF ends the search, unless it starts the text: BreakIterator sees a
// boundary after it that its own iteration does not have.
func casedBefore(s string, begin, end int) bool {
	for i := end; i > begin; {
		r, size := utf8.DecodeLastRuneInString(s[:i])
		if size == 1 && r == utf8.RuneError && i >= 3 && isHalf(s[i-3:]) {
			r, size = decode(s[i-3:])
		}
		if i -= size; size == 4 && i > 0 {
			return false
		}
		if class(r)&classCased != 0 {
			return true
		}
	}

	return false
}

// casedAfter looks for a cased character up to the end of s or, as in
// casedBefore, of the first character beyond U+FFFF.
func casedAfter(s string) bool {
	for s != "" {
		r, size := decode(s)
		if class(r)&classCased != 0 {
			return true
		}
		if size == 4 {
			break
		}
		s = s[size:]
	}

	return false
}

// role is what a character does in the word rules.
type role uint16

const (
	roleLetter role = 1 << iota
	roleDigit
	roleEnclosing
	roleDanda
	roleMidWord
	roleMidNumber
	rolePreNumber
	rolePostNumber
	roleSpace
	roleReturn
	roleLine
	roleKatakana
	roleHiragana
	roleKanji
	roleBase
	roleIgnore
)

func roles(r rune) role {
	c := class(r) &^ classCased
	x := kanaRoles(r)
	if x == 0 {
		x = signRoles(r)
	}

	if x == 0 || c == classEnclosing || c == classDash {
		x |= classRoles[c]
	}

	if c == classControl || c == classIgnore || c == classEnclosing {
		return x
	}
	return x | roleBase
}

var classRoles = [...]role{
	classLetter:    roleLetter,
	classEnclosing: roleEnclosing,
	classDigit:     roleDigit,
	classIgnore:    roleIgnore,
	classDash:      roleMidWord,
	classCurrency:  rolePreNumber,
	classSpace:     roleSpace,
	classControl:   0,
}

// kanaRoles are the roles of Japanese characters, which are no letters here.
func kanaRoles(r rune) role {
	switch {
	case r < 0x3005 || r > 0xfa2d:
		return 0
	case r >= 0x3099 && r <= 0x309c || r == 0x30fb || r == 0x30fc:
		return roleKatakana | roleHiragana
	case r == 0x3005 || r >= 0x4e00 && r <= 0x9fa5 || r >= 0xf900:
		return roleKanji
	case r >= 0x30a1 && r <= 0x30fe:
		return roleKatakana
	case r >= 0x3041 && r <= 0x3094 || r == 0x309d || r == 0x309e:
		return roleHiragana
	}

	return 0
}

// centSign follows numbers; other currency signs precede them.
const centSign = '¢'

// signRoles are the roles of single signs.
func signRoles(r rune) role {
	switch r {
	case '.':
		return roleMidWord | roleMidNumber | rolePreNumber
	case '"', '\'':
		return roleMidWord | roleMidNumber
	case ',', '\u066b':
		return roleMidNumber
	case '\u2027', '\u00ad':
		return roleMidWord
	case '#':
		return rolePreNumber
	case '%', '&', centSign, '\u066a', '\u2030', '\u2031':
		return rolePostNumber
	case '\u0964', '\u0965':
		return roleDanda
	case '\t':
		return roleSpace
	case '\r':
		return roleReturn
	case '\n', '\f', '\u2028', '\u2029':
		return roleLine
	}

	return 0
}

// wordLength returns the length in bytes of the word that s starts with: the
// longest match of all rules, at least one character.
func wordLength(s string) int {
	i := run(s, 0, 0) // ignored characters at the start of the text
	if i == len(s) {
		return i
	}

	r, size := decode(s[i:])
	x := roles(r)
	i += size
	switch {
	case x&(roleLetter|roleDigit|rolePreNumber) != 0:
		return wordRun(s, x, i)
	case x&(roleSpace|roleReturn|roleLine) != 0:
		return blankRun(s, x, i)
	}

	end := run(s, i, 0)
	for _, want := range [...]role{roleKatakana, roleHiragana, roleKanji} {
		if x&want != 0 {
			end = max(end, run(s, i, want))
		}
	}

	if x&roleBase != 0 {
		end = max(end, run(s, i, roleEnclosing))
	}

	return end
}

// run returns the end of the run of characters with a role in want that starts
// at byte i, ignored ones included.
func run(s string, i int, want role) int {
	for i < len(s) {
		r, size := decode(s[i:])
		if roles(r)&(want|roleIgnore) == 0 {
			break
		}
		i += size
	}

	return i
}

// wordState is where the matching of a word stands.
type wordState uint8

const (
	inNothing  wordState = iota // no way on
	inWord                      // after a letter
	inNumber                    // after a digit
	afterDanda                  // after the sign that ends a Hindi phrase
	afterPre                    // after the sign before a number
	afterPost                   // after the sign that ends a number
	needLetter                  // after a sign inside a word
	needDigit                   // after a sign inside a number
)

// next is the step of the rules for words and numbers that touch.
func (w wordState) next(x role) wordState {
	letter, digit := x&roleLetter != 0, x&roleDigit != 0
	switch {
	case letter && (w == inWord || w == inNumber || w == needLetter):
		return inWord
	case digit && w != afterPost && w != needLetter:
		return inNumber
	case w == inWord && x&roleMidWord != 0:
		return needLetter
	case w == inWord && x&roleDanda != 0:
		return afterDanda
	case w == inNumber && x&roleMidNumber != 0:
		return needDigit
	case w == inNumber && x&rolePostNumber != 0:
		return afterPost
	case x&roleEnclosing != 0 && (w == inWord || w == inNumber):
		return w
	}

	return inNothing
}

// wordRun goes on after the letter, digit or number sign before byte i.
func wordRun(s string, first role, i int) int {
	state, end := afterPre, run(s, i, roleEnclosing)
	switch {
	case first&roleLetter != 0:
		state = inWord
	case first&roleDigit != 0:
		state = inNumber
	}

	for {
		i = run(s, i, 0)

		// A sign in the middle counts only when a letter or digit follows, so the end stays before it until
		// one does.
		if state < needLetter {
			end = max(end, i)
		}

		if i == len(s) {
			return end
		}

		r, size := decode(s[i:])
		if state = state.next(roles(r)); state == inNothing {
			return end
		}

		i += size
	}
}

// blankRun goes on after the blank or line end before byte i: blanks, then one
// line end.
func blankRun(s string, last role, i int) int {
	for {
		i = run(s, i, 0)
		if i == len(s) || last&roleLine != 0 {
			return i
		}

		r, size := decode(s[i:])
		x := roles(r)
		afterSpace := last&roleSpace != 0
		switch {
		case x&roleLine != 0:
			last = x
		case afterSpace && x&(roleSpace|roleReturn) != 0:
			last = x
		case afterSpace && x&roleEnclosing != 0:
		default:
			return i
		}

		i += size
	}
}
