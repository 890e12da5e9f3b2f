package correlate

import (
	"cmp"
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
func Differ(a, b string) (d []Difference, near bool) {
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
			return oneEdit(a, b)
		}
	}

	// The order is that of how harmless a difference is, and the first that explains everything is
	// told.
	for _, one := range []Difference{InCase, InSpace, InLeadingZero, InAccent, InWidth, InPunctuation, Swapped} {
		if alike(a, b, one) {
			return []Difference{one}, true
		}
	}

	// What is not needed for them to be equal is no difference.
	all := []Difference{InWidth, InSpace, InAccent, InCase, Swapped, InPunctuation, InLeadingZero}
	if alike(a, b, all...) {
		needed := all
		for _, drop := range []Difference{Swapped, InPunctuation, InWidth, InLeadingZero, InAccent, InSpace, InCase} {
			rest := slices.DeleteFunc(slices.Clone(needed), func(x Difference) bool { return x == drop })
			if alike(a, b, rest...) {
				needed = rest
			}
		}

		return needed, true
	}

	return oneEdit(a, b)
}

// oneEdit reports whether two values are near by one character.
func oneEdit(a, b string) (d []Difference, near bool) {
	a, b = loose(a, false), loose(b, false)
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
func alike(a, b string, without ...Difference) bool {
	x, y := strip(a, without), strip(b, without)
	return x == y && x != ""
}

func strip(s string, without []Difference) string {
	t := &scratch{} // the result stands in it
	for _, d := range without {
		if st, err := parseStep(d.Fix()); err == nil {
			s = st.run(t, s)
		}
	}

	return s
}

// loose is the form in which values that nearly match are equal: without case,
// accents, blanks, punctuation, zeros in front and, if sorted, order of words.
func loose(s string, sorted bool) string {
	var t scratch
	s = foldStep(&t, diacritics(&t, nfkc(&t, s)))
	if sorted {
		s = words(&t, s)
	}
	return string([]byte(leadingZeros(lettersAndDigits(&t, s))))
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
	out := make([][]NearMiss, len(accounts))
	var last joinedNear
	e := nb.c.evaluator()
	defer nb.c.release(e)
	for _, i := range nb.rules {
		r := &nb.c.rules[i]
		s := &nearSearch{r: r, e: e}
		for n := range accounts {
			s.ask(int32(n), &accounts[n])
		}
		s.scan(nb.p)
		for n := range s.queries.n {
			s.queries.at(n).rank()
		}
		for _, w := range s.wanted {
			switch near, list := s.queries.at(w.query).found, &out[w.account]; {
			case len(near) == 0:
			case len(*list) == 0:
				*list = near
			default:
				*list = last.join(*list, near)
			}
		}
	}

	// Lists of one query are in order already, so that what accounts share is not written.
	lighter := func(a, b NearMiss) int { return cmp.Compare(a.weight(), b.weight()) }
	for _, list := range out {
		if !slices.IsSortedFunc(list, lighter) {
			slices.SortStableFunc(list, lighter)
		}
	}
	return out
}

// joinedNear is the last list that was made of two. Accounts with the same values have the
// same two, and often stand together.
type joinedNear struct{ first, second, both []NearMiss }

func (j *joinedNear) join(first, second []NearMiss) []NearMiss {
	same := func(a, b []NearMiss) bool { return len(a) > 0 && len(a) == len(b) && &a[0] == &b[0] }
	if !same(j.first, first) || !same(j.second, second) {
		*j = joinedNear{first: first, second: second, both: slices.Concat(first, second)}
	}
	return j.both
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
