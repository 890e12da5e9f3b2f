package correlate

import (
	"cmp"
	"encoding/binary"
	"slices"
	"unicode"
	"unicode/utf8"
	"unsafe"

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

var differences = [...]struct{ name, fix string }{{"case", "fold"}, {"space", "spaces"}, {"leading zero", "leadingZeros"}, {"accent", "diacritics"},
	{"width", "nfkc"}, {"punctuation", "alnum"}, {"swapped words", "words"}, {"one character", ""}}

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
	all := []Difference{InWidth, InSpace, InAccent, InCase, Swapped, InPunctuation, InLeadingZero}
	for _, one := range []Difference{InCase, InSpace, InLeadingZero, InAccent, InWidth, InPunctuation, Swapped} {
		if alike(a, b, []Difference{one}) {
			return []Difference{one}, true
		}
	}
	if alike(a, b, all) {
		needed := all
		for _, drop := range []Difference{Swapped, InPunctuation, InWidth, InLeadingZero, InAccent, InSpace, InCase} {
			rest := slices.DeleteFunc(slices.Clone(needed), func(x Difference) bool { return x == drop })
			if alike(a, b, rest) {
				needed = rest
			}
		}
		return needed, true
	}
	a, b = loose(a, false), loose(b, false)
	if utf8.RuneCountInString(a) >= shortest && utf8.RuneCountInString(b) >= shortest && strsim.OneEdit(a, b) {
		return []Difference{OneEdit}, true
	}
	return nil, false
}

// shortest is the length from which texts that are one edit apart are near.
const shortest = 4

// alike reports whether two values are equal without some differences.
func alike(a, b string, without []Difference) bool {
	x, y := strip(a, without), strip(b, without)
	return x == y && x != ""
}

func strip(s string, without []Difference) string {
	var t scratch
	for _, d := range without {
		st, err := parseStep(d.Fix())
		if err == nil {
			s = string([]byte(st.run(&t, s)))
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
	c      *Correlator
	p      Population
	loose  []column // by rule: loose forms of the identity value, numbers as in halves
	halves []column // by rule: its halves, for edits; 2n and 2n+1 are identity n
	rules  []int
}

// NewNearby prepares the search for near misses of the rules with one condition
// on plain attributes; others have none.
func NewNearby(c *Correlator, p Population) *Nearby {
	nb := &Nearby{c: c, p: p}
	for i := range c.rules {
		r := &c.rules[i]
		if len(r.terms) != 1 || r.own != nil || r.terms[0].expression != nil || r.key.terms[0].expression != nil || r.id == "default id" {
			continue
		}
		nb.rules = append(nb.rules, i)
		nb.loose, nb.halves = append(nb.loose, column{}), append(nb.halves, column{})
		nb.fill(len(nb.rules)-1, r.key.terms[0].attribute)
	}
	return nb
}

func (nb *Nearby) fill(k int, attribute string) {
	read := nb.p.Column(attribute)
	n := int32(nb.p.Len())
	for i := range n {
		value := read(i).Text()
		s := loose(value, false)
		if blank(s) {
			continue
		}
		nb.loose[k].put(2*i, []byte(s))
		if sorted := loose(value, true); sorted != s {
			nb.loose[k].put(2*i+1, []byte(sorted))
		}
		runes := []rune(s)
		if len(runes) >= shortest {
			m := len(runes) / 2
			nb.halves[k].put(2*i, half('p', len(runes), string(runes[:m])))
			nb.halves[k].put(2*i+1, half('s', len(runes), string(runes[m:])))
		}
	}
}

// half is the key of one half of a text of a length: an edit leaves one of them.
func half(which byte, length int, text string) []byte {
	return append(binary.AppendUvarint([]byte{which}, uint64(length)), text...)
}

// maxNear is how many near misses a rule lists.
const maxNear = 5

// Find returns the near misses of an account, the nearest first: values that would be
// equal but for case, blanks, zeros in front, accents, punctuation, order of
// words, or one character.
func (nb *Nearby) Find(a *identity.Account) []NearMiss {
	var out []NearMiss
	e := nb.c.evaluator()
	defer nb.c.release(e)
	for k, i := range nb.rules {
		r := &nb.c.rules[i]
		v, err := r.terms[0].ofAccount(e, a)
		if err != nil {
			continue
		}
		items := []identity.Value{v}
		if v.Kind() == identity.List {
			items = v.List()
		}
		for _, item := range items {
			if text := item.Text(); !blank(text) && !r.key.placeholders.has(text) {
				out = append(out, nb.near(k, r, text)...)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b NearMiss) int { return cmp.Compare(a.weight(), b.weight()) })
	return out
}

func (nb *Nearby) near(k int, r *compiled, text string) []NearMiss {
	var out []NearMiss
	read := nb.p.Column(r.key.terms[0].attribute)
	equal := r.normalised(text, true)
	for _, n := range nb.candidates(k, text) {
		have := read(n).Text()
		if equal != "" && equal == r.normalised(have, false) {
			continue // the rule does find it
		}
		if d, near := Differ(text, have); near {
			d = slices.DeleteFunc(d, func(x Difference) bool { return r.ignores(x) })
			if len(d) > 0 {
				out = append(out, NearMiss{r.id, r.label, text, have, n, d})
			}
		}
	}
	slices.SortStableFunc(out, func(a, b NearMiss) int {
		return cmp.Or(cmp.Compare(a.weight(), b.weight()), cmp.Compare(a.Identity, b.Identity))
	})
	return out[:min(maxNear, len(out))]
}

// weight orders near misses: fewer differences first, edits last.
func (m *NearMiss) weight() int {
	if slices.Contains(m.Differences, OneEdit) {
		return 100
	}
	return len(m.Differences)
}

// ignores reports whether a rule already takes a difference away.
func (r *compiled) ignores(d Difference) bool {
	return slices.ContainsFunc(r.terms[0].steps, func(s step) bool { return s.name == d.Fix() })
}

// normalised returns what a rule compares; "" for nothing.
func (r *compiled) normalised(s string, account bool) string {
	t := &r.key.terms[0]
	if account {
		t = &r.terms[0]
	}
	e := &evaluator{}
	if t.unit != nil {
		return ""
	}
	text, out, _ := t.text(e, identity.StringValue(s), r.key.placeholders)
	if out != compared {
		return ""
	}
	return string([]byte(text))
}

// candidates returns the identities whose loose form is at most one edit away.
func (nb *Nearby) candidates(k int, text string) []int32 {
	s := loose(text, false)
	found := appendHalves(nil, nb.loose[k].find([]byte(s)))
	if sorted := loose(text, true); sorted != s {
		found = appendHalves(found, nb.loose[k].find([]byte(sorted)))
	}
	runes := []rune(s)
	var halves []int32
	for length := max(shortest, len(runes)-1); length <= len(runes)+1 && len(runes) >= shortest; length++ {
		m := length / 2
		if m <= len(runes) {
			halves = append(halves, nb.halves[k].find(half('p', length, string(runes[:m])))...)
		}
		if tail := length - m; tail <= len(runes) {
			halves = append(halves, nb.halves[k].find(half('s', length, string(runes[len(runes)-tail:])))...)
		}
	}
	l := &nb.loose[k]
	for _, h := range halves { // many have a half in common: the domain of their mail address
		n := h / 2
		if have := l.key(l.at[2*n] - 1); strsim.OneEdit(unsafe.String(unsafe.SliceData(have), len(have)), s) {
			found = append(found, n)
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

func appendHalves(found, halves []int32) []int32 {
	for _, h := range halves {
		found = append(found, h/2)
	}
	return found
}
