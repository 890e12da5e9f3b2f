package survey

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/idprofile/engine/identity"
)

// The bounds of what a column keeps.
const (
	maxHashes   = 4096 // smallest hashes, from which the number of distinct values is estimated
	maxValues   = 1000 // different values that are counted
	maxPatterns = 200
	maxNear     = 4000 // different values that are compared
	maxLength   = 200  // bytes of a value that is kept
)

// Column gathers what values a column has. The zero Column is ready. It keeps the first
// 1,000 different values with their counts, the first 200 patterns, and hashes from which
// the number of different values follows: exactly up to 8,192, within a few percent beyond.
// It is not safe for concurrent use.
type Column struct {
	filled, padded, lists int
	shortest, longest     int
	length                int64

	hashes   []uint64 // those that are sorted, then others, which may be there twice
	sorted   int
	greatest uint64 // hash that is kept, once some were dropped
	dropped  bool

	values        map[string]*counted
	kept          filter // of the hashes of values
	otherValues   int
	patterns      map[string]*int
	otherPatterns int
	near          map[uint64]*nearly // by the hash of what is left of them
	folds         filter             // of these hashes
	dates         map[string]*int
	dated         int
	scratch       []byte
	other         counted // the value that was looked at last and is not kept
}

// counted is a value that is kept, with all that was found out about it when it came first:
// most columns have few values, and to look at each of them again is what costs.
type counted struct {
	count, length int
	padded        bool
	pattern       *int // how often its pattern occurs; nil: it is among the others
	date          *int // how often its format occurs; nil: it is no date
}

// nearly are values that are the same but for case, blanks and punctuation.
type nearly struct{ first, second string }

// Add takes the value of one account; null is nothing. Each item of a list is a value.
func (c *Column) Add(v identity.Value) {
	switch v.Kind() {
	case identity.Null:
		return
	case identity.List:
		// An empty list fills nothing, although it is not null.
		items := v.List()
		if len(items) == 0 {
			return
		}
		c.filled++
		c.lists++
		for _, item := range items {
			c.text(item.Text())
		}

	default:
		c.filled++
		c.text(v.Text())
	}
}

func (c *Column) text(s string) {
	// Columns are many and mostly short: nothing is made for one that has no texts.
	if c.hashes == nil {
		c.hashes, c.values, c.patterns = []uint64{}, map[string]*counted{}, map[string]*int{}
		c.near, c.dates = map[uint64]*nearly{}, map[string]*int{}
		c.shortest = math.MaxInt
	}

	// A value that was cut is not the key that it is kept by, so it is never found here.
	var v *counted
	if len(c.values) < maxValues || c.kept.has(hashOf(s)) {
		v = c.values[s]
	}
	if v == nil || len(s) > maxLength {
		v = c.look(s, hashOf(s))
	} else {
		v.count++
	}

	c.shortest, c.longest, c.length = min(c.shortest, v.length), max(c.longest, v.length), c.length+int64(v.length)
	if v.padded {
		c.padded++
	}
	if v.pattern != nil {
		*v.pattern++
	} else {
		c.otherPatterns++
	}
	if v.date != nil {
		*v.date++
		c.dated++
	}
}

// look looks at a value that is not known yet, and keeps it where there is room.
func (c *Column) look(s string, h uint64) *counted {
	// Distinct values are counted by hashes, so that a column of a million costs eight bytes each.
	c.hash(h)

	v := &c.other
	kept := s
	if len(kept) > maxLength {
		kept = strings.ToValidUTF8(kept[:maxLength], "") + "…"
	}

	// Only so many values and patterns are kept apart, and the others are counted together.
	known := (*counted)(nil)
	if len(s) > maxLength { // what is cut may be like another one in front
		known = c.values[kept]
	}
	switch {
	case known != nil:
		known.count++
	case len(c.values) < maxValues:
		n := &counted{count: 1}
		c.values[strings.Clone(kept)] = n // s is a piece of all that was read
		c.kept.add(h)
		if kept == s {
			v = n
		}
		c.nearTo(kept)
	default:
		c.otherValues++
		c.nearTo(kept)
	}

	v.length, v.padded = utf8.RuneCountInString(s), strings.TrimSpace(s) != s
	v.date = nil
	if f := dateFormat(s); f != "" {
		if v.date = c.dates[f]; v.date == nil {
			v.date = new(int)
			c.dates[f] = v.date
		}
	}
	c.scratch = appendPattern(c.scratch[:0], s)
	v.pattern = c.patterns[string(c.scratch)]
	if v.pattern == nil && len(c.patterns) < maxPatterns {
		v.pattern = new(int)
		c.patterns[string(c.scratch)] = v.pattern
	}
	return v
}

// count counts a text among a number of them, and reports whether it was there.
func count(m map[string]int, s string, most int, others *int) bool {
	n, ok := m[s]
	switch {
	case ok:
		m[s] = n + 1
	case len(m) < most:
		m[strings.Clone(s)] = 1
	default:
		*others++
	}

	return ok
}

// hash keeps the smallest hashes: how close they stand tells how many there are.
func (c *Column) hash(h uint64) {
	if c.dropped && h > c.greatest {
		return
	}
	c.hashes = append(c.hashes, h)

	// Sorting now and then costs less than to look for each where it belongs.
	if len(c.hashes)-c.sorted > 2*maxHashes {
		c.sort()
	}
}

// sort sorts the hashes and keeps the smallest, each once.
func (c *Column) sort() {
	slices.Sort(c.hashes)
	c.hashes = slices.Compact(c.hashes)
	if len(c.hashes) > 2*maxHashes {
		c.hashes = c.hashes[:maxHashes]
		c.greatest, c.dropped = c.hashes[maxHashes-1], true
	}
	c.sorted = len(c.hashes)
}

const fnvOffset, fnvPrime = 14695981039346656037, 1099511628211

// hashOf is FNV-1a, mixed so that all bits depend on all.
func hashOf(s string) uint64 {
	h := uint64(fnvOffset)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * fnvPrime
	}
	return mix(h)
}

func mix(h uint64) uint64 {
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	return h ^ h>>31
}

func (c *Column) distinct() (n int, exact bool) {
	c.sort()
	if !c.dropped {
		return len(c.hashes), true
	}
	last := c.hashes[min(len(c.hashes), maxHashes)-1]
	return int(float64(maxHashes-1) / (float64(last) / math.Exp2(64))), false
}

// nearTo remembers a value by what is left without case, blanks and punctuation.
func (c *Column) nearTo(s string) {
	h, empty := foldedHash(s)
	if empty {
		return
	}
	full := len(c.near) >= maxNear
	if full && !c.folds.has(h) {
		return
	}
	switch n := c.near[h]; {
	case n == nil && !full:
		c.near[h] = &nearly{first: strings.Clone(s)} // s is a piece of all that was read
		c.folds.add(h)
	case n != nil && n.second == "" && n.first != s:
		n.second = strings.Clone(s)
	}
}

// filter tells of most hashes that were not added that they were not, without the cost of
// looking for them in a map that is full. The zero filter is empty.
type filter []uint64

const filterBits = 1 << 16

func (f *filter) add(h uint64) {
	if *f == nil {
		*f = make(filter, filterBits/64)
	}
	(*f)[h%filterBits/64] |= 1 << (h % 64)
}

func (f filter) has(h uint64) bool { return f != nil && f[h%filterBits/64]&(1<<(h%64)) != 0 }

func folded(s string) string { return string(appendFolded(nil, s)) }

func appendFolded(dst []byte, s string) []byte {
	for _, r := range s {
		if r = folds.of(r); r != 0 {
			dst = utf8.AppendRune(dst, r)
		}
	}

	return dst
}

// foldedHash is the hash of the runes of a folded text, without making it.
func foldedHash(s string) (h uint64, empty bool) {
	h, empty = fnvOffset, true
	for _, r := range s {
		if r = folds.of(r); r != 0 {
			h, empty = (h^uint64(r))*fnvPrime, false
		}
	}

	return mix(h), empty
}

// folds are what is left of characters; 0: nothing.
var folds = newRunes(anyFold)

func anyFold(r rune) rune {
	if unicode.IsLetter(r) || unicode.IsDigit(r) {
		return unicode.ToLower(r)
	}
	return 0
}

// Count is a text with how often it occurs.
type Count struct {
	Text  string `json:"text"`
	Count int    `json:"count"`
}

// Near are two values that may be meant to be one.
type Near struct {
	Value     string `json:"value"` // the rarer one
	Count     int    `json:"count"`
	Like      string `json:"like"`
	LikeCount int    `json:"likeCount"`
}

// Stats is what a column is found to hold. Lengths are in characters.
type Stats struct {
	Rows     int     `json:"rows"`
	Filled   int     `json:"filled"`
	Distinct int     `json:"distinct"`
	Exact    bool    `json:"exact"`            // Distinct was counted, not estimated
	Padded   int     `json:"padded,omitempty"` // values with blanks at an end
	Lists    int     `json:"lists,omitempty"`  // accounts with several values
	Shortest int     `json:"shortest"`
	Longest  int     `json:"longest"`
	Mean     float64 `json:"mean"`
	// the most frequent: A upper case, a lower case, 9 digit; + more than one, {n} n of them
	Patterns []Count `json:"patterns"`
	Values   []Count `json:"values"` // the most frequent of those that occur twice and more
	Dates    []Count `json:"dates,omitempty"`
	Near     []Near  `json:"near,omitempty"`
}

// Stats returns what was found in a column of that many rows; the lists have at most n items.
func (c *Column) Stats(rows, n int) Stats {
	s := Stats{Rows: rows, Filled: c.filled, Exact: true, Padded: c.padded, Lists: c.lists, Patterns: []Count{},
		Values: []Count{}}

	// Without any value there are no figures that would mean something.
	if c.filled == 0 || c.hashes == nil {
		return s
	}
	s.Distinct, s.Exact = c.distinct()

	// An estimate cannot be more than there are values, and not less than have been kept.
	if !s.Exact {
		s.Distinct = min(s.Distinct, max(c.filled, len(c.values)))
	}
	items := c.otherPatterns
	for _, k := range c.patterns {
		items += *k
	}
	s.Shortest, s.Longest = c.shortest, c.longest
	s.Mean = math.Round(float64(c.length)/float64(items)*10) / 10
	s.Patterns = most(plain(c.patterns), 1, n)
	values := make(map[string]int, len(c.values))
	for text, v := range c.values {
		values[text] = v.count
	}
	s.Values = most(values, 2, n)

	// Single texts look like dates by chance: only a column full of them is one of dates.
	if c.dated*10 >= items*8 {
		s.Dates = most(plain(c.dates), 1, n)
	}
	s.Near = c.pairs(n)
	return s
}

// plain are counts that are not shared.
func plain(shared map[string]*int) map[string]int {
	m := make(map[string]int, len(shared))
	for text, n := range shared {
		m[text] = *n
	}
	return m
}

// most returns the greatest counts, from at least on.
func most(m map[string]int, least, n int) []Count {
	list := []Count{}
	for text, k := range m {
		if k >= least {
			list = append(list, Count{text, k})
		}
	}

	slices.SortFunc(list, func(a, b Count) int { return cmp.Or(b.Count-a.Count, strings.Compare(a.Text, b.Text)) })
	return list[:min(n, len(list))]
}

// pairs returns values that are nearly the same.
func (c *Column) pairs(n int) []Near {
	var list []Near

	// The rarer of two is taken for the misspelled one.
	add := func(a, b string) {
		k := Near{Value: a, Count: c.countOf(a), Like: b, LikeCount: c.countOf(b)}
		if k.Count > k.LikeCount || k.Count == k.LikeCount && a > b {
			k = Near{Value: b, Count: k.LikeCount, Like: a, LikeCount: k.Count}
		}
		list = append(list, k)
	}

	for _, k := range c.near {
		if k.second != "" {
			add(k.first, k.second)
		}
	}

	c.typos(add)
	slices.SortFunc(list, func(a, b Near) int {
		return cmp.Or(b.LikeCount-a.LikeCount, strings.Compare(a.Like, b.Like), strings.Compare(a.Value, b.Value))
	})
	return list[:min(n, len(list))]
}

// countOf is how often a value occurs; 0: it is not kept.
func (c *Column) countOf(s string) int {
	if v := c.values[s]; v != nil {
		return v.count
	}
	return 0
}

// typos calls add for rare values that are one letter from a frequent one, in a column of
// few values, where such a thing is no chance.
func (c *Column) typos(add func(a, b string)) {
	const few, often = 200, 10
	if len(c.values) > few || c.otherValues > 0 {
		return
	}
	for rare, k := range c.values {
		if len(rare) < 5 || strings.ContainsAny(rare, "0123456789@") {
			continue
		}
		for frequent, m := range c.values {
			if m.count >= often*k.count && folded(rare) != folded(frequent) && oneApart(rare, frequent) {
				add(rare, frequent)
			}
		}
	}
}

// oneApart reports whether one letter more, less or other, or two in another order, makes
// one text of the other.
func oneApart(a, b string) bool {
	x, y := []rune(a), []rune(b)
	for len(x) > 0 && len(y) > 0 && x[0] == y[0] {
		x, y = x[1:], y[1:]
	}
	for len(x) > 0 && len(y) > 0 && x[len(x)-1] == y[len(y)-1] {
		x, y = x[:len(x)-1], y[:len(y)-1]
	}
	swapped := len(x) == 2 && len(y) == 2 && x[0] == y[1] && x[1] == y[0]
	return len(x) <= 1 && len(y) <= 1 || swapped
}
