package profiletest

import (
	"hash/fnv"
	"regexp"
	"strings"
	"sync"
	"unicode"

	"github.com/idprofile/engine/identity"
)

// personal are names of attributes that tell who somebody is.
var personal = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)name|mail|phone|mobile|login|manager|sponsor|street|address|birth|note|number|cardholder|user|native|badge|guid|(^|[a-z])id$|^sn$`)
})

// masker replaces letters and digits by others. The same word becomes the same
// word everywhere, so references between people still fit; the shape stays: case,
// accents, blanks, punctuation, leading zeros, the domain of a mail address.
type masker struct{ key string }

func (m *masker) value(v identity.Value) identity.Value {
	switch v.Kind() {
	case identity.Text:
		return identity.StringValue(m.text(v.Text()))
	case identity.Integer:
		return identity.StringValue(m.text(v.Text()))
	case identity.List:
		items := make([]identity.Value, len(v.List()))
		for i, item := range v.List() {
			items[i] = m.value(item)
		}
		return identity.ListValue(items...)
	}

	return v
}

// text masks every word of a text.
func (m *masker) text(s string) string {
	if s, domain, ok := strings.Cut(s, "@"); ok {
		return m.text(s) + "@" + domain
	}

	// Words keep their length and their kind of characters, so that substrings, patterns and padding go the
	// same ways as before.
	var b strings.Builder
	runes := []rune(s)
	for i := 0; i < len(runes); {
		end := i
		digits := unicode.IsDigit(runes[i])
		for end < len(runes) && (unicode.IsLetter(runes[end]) && !digits || unicode.IsDigit(runes[end]) && digits) {
			end++
		}
		if end == i {
			b.WriteRune(runes[i])
			i++
			continue
		}

		m.word(&b, runes[i:end])
		i = end
	}

	return b.String()
}

const (
	vowels     = "aeiou"
	consonants = "bcdfghjklmnprstvwz"
	accented   = "áéíóúäöüñçłøåè"
)

// word writes another word of the same shape.
func (m *masker) word(b *strings.Builder, word []rune) {
	// The same word becomes the same other word, whatever its case: what was equal stays equal, and
	// joins still find it.
	h := fnv.New64a()
	h.Write([]byte(m.key + "\x00" + strings.ToLower(string(word))))
	state := h.Sum64()
	leading := true
	for _, r := range word {
		state = state*6364136223846793005 + 1442695040888963407
		n := int(state >> 33)

		// Zeros in front stay, since mappings pad and cut them.
		leading = leading && r == '0'
		switch {
		case leading:
			b.WriteRune('0')
		case unicode.IsDigit(r):
			b.WriteByte(byte('1' + n%9))
		case unicode.IsUpper(r):
			b.WriteRune(unicode.ToUpper(letter(unicode.ToLower(r), n)))
		default:
			b.WriteRune(letter(r, n))
		}
	}
}

// letter returns another letter of the same kind.
func letter(r rune, n int) rune {
	switch {
	case strings.ContainsRune(vowels, r):
		return rune(vowels[n%len(vowels)])
	case r < unicode.MaxASCII:
		return rune(consonants[n%len(consonants)])
	case unicode.Is(unicode.Latin, r):
		letters := []rune(accented)
		return letters[n%len(letters)]
	}

	// Letters of other scripts move a little within their script: rules on scripts and cases see what
	// they saw before.
	for _, table := range []*unicode.RangeTable{unicode.Greek, unicode.Cyrillic, unicode.Han, unicode.Hiragana,
		unicode.Katakana, unicode.Arabic, unicode.Hangul} {
		other := r + rune(n%7) - 3
		if unicode.Is(table, r) && unicode.Is(table, other) && unicode.IsLetter(other) &&
			unicode.IsLower(other) == unicode.IsLower(r) {
			return other
		}
	}

	return r
}
