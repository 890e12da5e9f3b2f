package correlate

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
	"unsafe"

	"golang.org/x/text/unicode/norm"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/dn"
)

// step is one normaliser: it returns the text without what does not count. The
// result may be a view of the text or of the scratch memory.
type step struct {
	name string
	run  func(t *scratch, s string) string
}

// scratch is memory for normalisers; it belongs to one goroutine. The result of
// a step holds until the step after the next.
type scratch struct {
	buf   [2][]byte
	turn  int
	words []string
}

// next returns an empty buffer that does not hold the last result.
func (t *scratch) next() []byte {
	t.turn ^= 1
	return t.buf[t.turn][:0]
}

// keep remembers a buffer that may have grown and returns a view of it.
func (t *scratch) keep(b []byte) string {
	t.buf[t.turn] = b
	return unsafe.String(unsafe.SliceData(b), len(b))
}

// Normalisers lists the names of all normalisers, as configurations write them.
// Those that end in ":" take an argument. They are the same for both sides of a
// condition unless it has lists for each side.
//
//	exact          nothing; compare with case
//	fold           without case, as Java's equalsIgnoreCase
//	trim           without blanks around, of any kind, invisible ones included
//	spaces         one blank for any number of them, none around
//	nfkc           Unicode normal form KC: full-width and other variants
//	diacritics     without accents; ø, ł, đ, ß, æ and the like spelled out
//	digits         ASCII digits only
//	alnum          letters and digits only
//	leadingZeros   without zeros in front
//	email          mail address: without display name, scheme, +tag and case
//	words          words in alphabetical order, so that swapped names are equal
//	dn             distinguished name: types and blanks in one form, without case
//	dn:TYPE        value of the first part of that type, "dn:CN"
//	prefix:TEXT    without that text in front, in any case
//	suffix:TEXT    without that text at the end, in any case
//	before:TEXT    what stands before the first occurrence of the text
//	after:TEXT     what stands after the first occurrence of the text
//	e164:REGION    phone number by E.164, through the library's e164phone
func Normalisers() []string {
	var names []string
	for _, s := range plainSteps {
		names = append(names, s.name)
	}
	return append(names, "dn:", "prefix:", "suffix:", "before:", "after:", "e164", "e164:")
}

// plainSteps are the normalisers without argument.
var plainSteps = []step{
	{"exact", func(_ *scratch, s string) string { return s }},
	{"fold", foldStep},
	{"trim", func(_ *scratch, s string) string { return trim(s) }},
	{"spaces", spaces},
	{"nfkc", nfkc},
	{"diacritics", diacritics},
	{"digits", only(func(r rune) bool { return r >= '0' && r <= '9' })},
	{"alnum", alnum},
	{"leadingZeros", func(_ *scratch, s string) string { return leadingZeros(s) }},
	{"email", email},
	{"words", words},
	{"dn", func(_ *scratch, s string) string { return dn.Fold(s) }},
}

// parseStep returns the normaliser of a name; e164 is not among them.
func parseStep(name string) (step, error) {
	for _, s := range plainSteps {
		if s.name == name {
			return s, nil
		}
	}

	// What is left has an argument. An empty one would silently do nothing.
	kind, arg, ok := strings.Cut(name, ":")
	if !ok || arg == "" {
		return step{}, fmt.Errorf("unknown normaliser %q", name)
	}
	var f func(s string) string
	switch kind {
	case "dn":
		f = func(s string) string { return dn.Value(s, arg) }
	case "prefix":
		f = func(s string) string { return cutPrefixFold(s, arg) }
	case "suffix":
		f = func(s string) string { return cutSuffixFold(s, arg) }
	case "before":
		f = func(s string) string { before, _, _ := strings.Cut(s, arg); return before }
	case "after":
		f = func(s string) string {
			if _, after, found := strings.Cut(s, arg); found {
				return after
			}
			return s
		}

	default:
		return step{}, fmt.Errorf("unknown normaliser %q", name)
	}

	return step{name, func(_ *scratch, s string) string { return f(s) }}, nil
}

func foldStep(t *scratch, s string) string {
	// Most keys are folded as they come.
	for i := small(s); i < len(s); i++ {
		if c := s[i]; c >= 0x80 {
			return identity.Fold(s)
		} else if c >= 'A' && c <= 'Z' {
			return foldASCII(t, s, i)
		}
	}

	return s
}

// foldASCII folds a text whose first capital stands at i.
func foldASCII(t *scratch, s string, i int) string {
	b := append(t.next(), s...)
	for ; i < len(b); i++ {
		if c := b[i]; c >= 0x80 {
			t.keep(b)
			return identity.Fold(s)
		} else if c >= 'A' && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}

	return t.keep(b)
}

// invisible reports blanks and characters without width.
func invisible(r rune) bool {
	switch r {
	case 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, 0x00AD:
		return true
	}

	return unicode.IsSpace(r)
}

func trim(s string) string {
	if s == "" || s[0] > ' ' && s[0] < 0x80 && s[len(s)-1] > ' ' && s[len(s)-1] < 0x80 {
		return s
	}
	return strings.TrimFunc(s, invisible)
}

func blank(s string) bool {
	return s == "" || (s[0] <= ' ' || s[0] >= 0x80) && strings.TrimFunc(s, invisible) == ""
}

func spaces(t *scratch, s string) string {
	b := t.next()
	gap := false
	for _, r := range trim(s) {
		if invisible(r) {
			gap = true
			continue
		}

		if gap {
			b = append(b, ' ')
		}
		b, gap = utf8.AppendRune(b, r), false
	}

	return t.keep(b)
}

func ascii(s string) bool {
	i := 0
	for ; i+8 <= len(s); i += 8 {
		if word(s, i)&eight(0x80) != 0 {
			return false
		}
	}
	for ; i < len(s); i++ {
		if s[i] >= 0x80 {
			return false
		}
	}

	return true
}

// eight is a byte eight times.
func eight(b uint64) uint64 { return b * 0x0101010101010101 }

// word returns eight bytes of a text.
func word(s string, at int) uint64 { return binary.LittleEndian.Uint64(view(s[at : at+8])) }

// small returns how many bytes from the beginning on, eight at a time, are ASCII without capitals.
func small(s string) (n int) {
	for ; n+8 <= len(s); n += 8 {
		// A byte below 0x80 gets its upper bit by adding 0x80-'A' if it is 'A' or more, and by adding
		// 0x80-'Z'-1 if it is more than 'Z'.
		w := word(s, n)
		if capital := (w + eight(0x80-'A')) &^ (w + eight(0x80-'Z'-1)); (w|capital)&eight(0x80) != 0 {
			break
		}
	}
	return n
}

func nfkc(t *scratch, s string) string {
	if ascii(s) || norm.NFKC.IsNormalString(s) {
		return s
	}
	return t.keep(norm.NFKC.AppendString(t.next(), s))
}

// spelled holds letters that have no decomposition.
var spelled = map[rune]string{
	'ø': "o", 'Ø': "O", 'ł': "l", 'Ł': "L", 'đ': "d", 'Đ': "D", 'ß': "ss", 'ẞ': "SS", 'æ': "ae", 'Æ': "AE", 'œ': "oe", 'Œ': "OE",
	'þ': "th", 'Þ': "TH", 'ð': "d", 'Ð': "D", 'ı': "i", 'ħ': "h", 'Ħ': "H", 'ŧ': "t", 'Ŧ': "T",
}

func diacritics(t *scratch, s string) string {
	if ascii(s) {
		return s
	}
	b := t.next()
	for _, r := range norm.NFD.String(s) {
		if unicode.Is(unicode.Mn, r) {
			continue
		}
		if plain, ok := spelled[r]; ok {
			b = append(b, plain...)
		} else {
			b = utf8.AppendRune(b, r)
		}
	}

	return t.keep(norm.NFC.Append(nil, b...))
}

func only(keep func(rune) bool) func(*scratch, string) string {
	return func(t *scratch, s string) string {
		b := t.next()
		for _, r := range s {
			if keep(r) {
				b = utf8.AppendRune(b, r)
			}
		}

		return t.keep(b)
	}
}

// smallOf tells of an ASCII letter or digit which it is without case; of other characters 0.
var smallOf = func() (small [utf8.RuneSelf]byte) {
	for c := range byte(utf8.RuneSelf) {
		if r := rune(c); unicode.IsLetter(r) || unicode.IsDigit(r) {
			small[c] = asciiLower(c)
		}
	}
	return small
}()

// inWord reports letters, digits and marks.
func inWord(r rune) bool {
	if r < utf8.RuneSelf {
		return smallOf[r] != 0
	}
	return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.Mn, r)
}

func alnum(t *scratch, s string) string {
	if !ascii(s) {
		return only(inWord)(t, s)
	}
	b := append(t.next(), s...)
	n := 0
	for _, c := range b {
		b[n] = c
		if smallOf[c] != 0 {
			n++
		}
	}

	return t.keep(b[:n])
}

func leadingZeros(s string) string {
	rest := strings.TrimLeft(s, "0")
	if rest == "" && s != "" {
		return "0"
	}
	return rest
}

// email returns the canonical form of an address: what identifies the mailbox.
func email(t *scratch, s string) string {
	// The form is that of a header: a name before, the address in angle brackets.
	s = trim(s)
	if i := strings.LastIndexByte(s, '<'); i >= 0 {
		if end := strings.IndexByte(s[i:], '>'); end > 0 {
			s = trim(s[i+1 : i+end])
		}
	}

	// Directories write addresses as URIs, the mailbox being the same.
	for _, scheme := range []string{"mailto:", "smtp:", "sip:"} {
		s = cutPrefixFold(s, scheme)
	}
	s = strings.TrimSuffix(s, ".")
	at := strings.LastIndexByte(s, '@')
	if at < 0 {
		return foldStep(t, s)
	}

	// What follows a plus is a tag of its owner; the mailbox is what stands before it.
	local := s[:at]
	if plus := strings.IndexByte(local, '+'); plus > 0 {
		local = local[:plus]
	}
	b := append(append(t.next(), local...), s[at:]...)
	return foldStep(t, t.keep(b))
}

func words(t *scratch, s string) string {
	list := t.words[:0]
	start := -1
	for i, r := range s {
		if in := inWord(r); in && start < 0 {
			start = i
		} else if !in && start >= 0 {
			list, start = append(list, s[start:i]), -1
		}
	}
	if start >= 0 {
		list = append(list, s[start:])
	}
	slices.Sort(list)

	b := t.next()
	for i, word := range list {
		if i > 0 {
			b = append(b, ' ')
		}
		b = append(b, word...)
	}
	t.words = list
	return t.keep(b)
}

func cutPrefixFold(s, prefix string) string {
	if len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix) {
		return s[len(prefix):]
	}
	return s
}

func cutSuffixFold(s, suffix string) string {
	if len(s) >= len(suffix) && strings.EqualFold(s[len(s)-len(suffix):], suffix) {
		return s[:len(s)-len(suffix)]
	}
	return s
}
