package correlate

import (
	"slices"
	"unicode"
	"unicode/utf8"

	"github.com/idprofile/engine/correlate/internal/strsim"
	"github.com/idprofile/engine/identity"
)

// Difference says in what respect two values differ.
type Difference uint8

// The differences, each with the normaliser that takes it away.
const (
	InCase        Difference = iota // fold
	InSpace                         // spaces
	InLeadingZero                   // leadingZeros
	InAccent                        // diacritics
	InWidth                         // nfkc
	InPunctuation                   // alnum
	Swapped                         // words
	OneEdit                         // one character inserted, left out, replaced, or swapped with the next; no normaliser
)

var differences = [...]struct{ name, fix string }{
	{"case", "fold"},
	{"space", "spaces"},
	{"leading zero", "leadingZeros"},
	{"accent", "diacritics"},
	{"width", "nfkc"},
	{"punctuation", "alnum"},
	{"swapped words", "words"},
	{"one character", ""},
}

// String returns the difference as reports write it.
func (d Difference) String() string {
	if int(d) < len(differences) {
		return differences[d].name
	}
	return "unknown"
}

// MarshalText writes the difference as reports do.
func (d Difference) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// Fix returns the normaliser that takes the difference away, "" for none.
func (d Difference) Fix() string {
	if int(d) < len(differences) {
		return differences[d].fix
	}
	return ""
}

// Differ tells in what two values differ, as few respects as possible; near is
// false when they differ in more than that, or not at all. Short values that are
// one edit apart are not near.
func Differ(a, b string) (d []Difference, near bool) { return new(comparer).differ(a, b) }

// comparer is memory for comparing values; it belongs to one goroutine. The zero comparer is
// ready to use.
type comparer struct{ mine, theirs scratch }

// differ is [Differ].
func (c *comparer) differ(a, b string) (d []Difference, near bool) {
	if a == b || blank(a) || blank(b) {
		return nil, false
	}

	// In ASCII a count settles nearly all pairs: letters and digits that only one text has are changed
	// by no normaliser, and one edit changes two of them at most.
	if ascii(a) && ascii(b) {
		switch n := apart(a, b); {
		case n > 2:
			return nil, false
		case n > 0: // no normaliser makes them equal
			return c.oneEdit(a, b)
		}
	}

	// The order is that of how harmless a difference is, and the first that explains everything is
	// told.
	for _, one := range []Difference{InCase, InSpace, InLeadingZero, InAccent, InWidth, InPunctuation, Swapped} {
		if c.alike(a, b, one) {
			return []Difference{one}, true
		}
	}

	// What is not needed for them to be equal is no difference.
	if all := together[:OneEdit]; c.alike(a, b, all...) {
		needed := slices.Clone(all)
		var buf [8]Difference
		for _, drop := range []Difference{Swapped, InPunctuation, InWidth, InLeadingZero, InAccent, InSpace, InCase} {
			rest := slices.DeleteFunc(append(buf[:0], needed...), func(x Difference) bool { return x == drop })
			if c.alike(a, b, rest...) {
				needed = append(needed[:0], rest...)
			}
		}

		return needed, true
	}

	return c.oneEdit(a, b)
}

// together are the differences in the order in which several of them are told. One edit stands
// alone.
var together = [...]Difference{InWidth, InSpace, InAccent, InCase, Swapped, InPunctuation, InLeadingZero, OneEdit}

// oneEdit reports whether two values are near by one character.
func (c *comparer) oneEdit(a, b string) (d []Difference, near bool) {
	a, b = c.mine.loose(a, false), c.theirs.loose(b, false)
	if utf8.RuneCountInString(a) >= shortest && utf8.RuneCountInString(b) >= shortest && strsim.OneEdit(a, b) {
		return []Difference{OneEdit}, true
	}
	return nil, false
}

// shortest is the length from which texts that are one edit apart are near.
const shortest = 4

// apart counts the letters and digits, but for zeros, that only one of two ASCII
// texts has. No normaliser changes those but in case, and one edit changes two at
// most.
func apart(a, b string) int {
	var count [128]int
	for i := 0; i < len(a); i++ {
		count[asciiLower(a[i])]++
	}
	for i := 0; i < len(b); i++ {
		count[asciiLower(b[i])]--
	}
	different := 0
	for c := byte('1'); c <= 'z'; c++ {
		if c <= '9' || c >= 'a' {
			different += max(count[c], -count[c])
		}
	}

	return different
}

func asciiLower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// alike reports whether two values are equal without some differences.
func (c *comparer) alike(a, b string, without ...Difference) bool {
	x, y := c.mine.strip(a, without), c.theirs.strip(b, without)
	return x == y && x != ""
}

// fixOf is the normaliser that takes a difference away, by difference.
var fixOf = func() (steps [len(differences)]step) {
	for i := range differences {
		steps[i] = step{run: func(_ *scratch, s string) string { return s }}
		if st, err := parseStep(differences[i].fix); err == nil {
			steps[i] = st
		}
	}

	return steps
}()

// strip returns a value without some differences. The result may stand in the scratch memory.
func (t *scratch) strip(s string, without []Difference) string {
	for _, d := range without {
		s = fixOf[d].run(t, s)
	}

	return s
}

// loose is the form in which values that nearly match are equal: without case,
// accents, blanks, punctuation, zeros in front and, if sorted, order of words.
func loose(s string, sorted bool) string {
	var t scratch
	return string([]byte(t.loose(s, sorted)))
}

// loose is [loose] whose result may stand in the scratch memory.
func (t *scratch) loose(s string, sorted bool) string {
	s = foldStep(t, diacritics(t, nfkc(t, s)))
	if sorted {
		s = words(t, s)
	}
	return leadingZeros(lettersAndDigits(t, s))
}

func lettersAndDigits(t *scratch, s string) string {
	b := t.next()
	for _, r := range s {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			b = utf8.AppendRune(b, r)
		}
	}

	return t.keep(b)
}

// NearMiss is an identity that a rule nearly finds for an account.
type NearMiss struct {
	Rule          string
	Criterion     string
	AccountValue  string
	IdentityValue string
	Identity      int32
	Differences   []Difference
}

// Fixes returns the normalisers that would make the rule match; nil when none
// would.
func (m *NearMiss) Fixes() []string {
	var names []string
	for _, d := range m.Differences {
		if d.Fix() == "" {
			return nil
		}
		names = append(names, d.Fix())
	}

	return names
}

// Nearby finds near misses. It is immutable and safe for concurrent use.
type Nearby struct {
	c     *Correlator
	p     Population
	rules []int
}

// NewNearby returns the search for near misses of the rules with one condition on
// plain attributes; others have none.
func NewNearby(c *Correlator, p Population) *Nearby {
	nb := &Nearby{c: c, p: p}
	for i := range c.rules {
		r := &c.rules[i]
		plain := len(r.terms) == 1 && r.hostRule == nil && r.terms[0].expression == nil && r.key.terms[0].expression == nil
		if plain && r.id != "default id" {
			nb.rules = append(nb.rules, i)
		}
	}

	return nb
}

// Find returns the near misses of an account, the nearest first: values that would be
// equal but for case, blanks, zeros in front, accents, punctuation, order of
// words, or one character. Each rule lists five for a value. It looks at every
// identity; for many accounts use [Nearby.FindAll].
func (nb *Nearby) Find(a *identity.Account) []NearMiss {
	return nb.FindAll([]identity.Account{*a})[0]
}

// FindAll is [Nearby.Find] for many accounts, in their order. Its time is linear in
// the accounts and identities: it looks at each identity once for each rule. Accounts
// with one value may have one list, which is only to be read.
func (nb *Nearby) FindAll(accounts []identity.Account) [][]NearMiss {
	return nb.findAll(accounts, nil, nil).all()
}

// weight orders near misses: fewer differences first, edits last.
func (m *NearMiss) weight() int {
	if slices.Contains(m.Differences, OneEdit) {
		return editWeight
	}
	return len(m.Differences)
}

// editWeight is more than that of any number of differences.
const editWeight = 100

// ignores reports whether a rule already takes a difference away.
func (r *compiled) ignores(d Difference) bool {
	return slices.ContainsFunc(r.terms[0].steps, func(s step) bool { return s.name == d.Fix() })
}

// normalised returns what a rule compares, until the evaluator is used again; "" for nothing.
func (r *compiled) normalised(e *evaluator, s string, account bool) string {
	t := &r.key.terms[0]
	if account {
		t = &r.terms[0]
	}
	if t.unit != nil {
		return ""
	}
	text, out, _ := t.text(e, identity.StringValue(s), r.key.placeholders)
	if out != compared {
		return ""
	}
	return text
}
