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

	hashes   map[uint64]struct{}
	greatest uint64 // hash that is kept, once some were dropped
	dropped  bool

	values, patterns           map[string]int
	otherValues, otherPatterns int
	near                       map[string]*nearly
	dates                      map[string]int
	dated                      int
	scratch                    []byte
}

// nearly are values that are the same but for case, blanks and punctuation.
type nearly struct{ first, second string }

// Add takes the value of one account; null is nothing. Each item of a list is a value.
func (c *Column) Add(v identity.Value) {
	switch v.Kind() {
	case identity.Null:
		return
	case identity.List:
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
		c.hashes, c.values, c.patterns = map[uint64]struct{}{}, map[string]int{}, map[string]int{}
		c.near, c.dates = map[string]*nearly{}, map[string]int{}
		c.shortest = math.MaxInt
	}

	n := utf8.RuneCountInString(s)
	c.shortest, c.longest, c.length = min(c.shortest, n), max(c.longest, n), c.length+int64(n)
	if strings.TrimSpace(s) != s {
		c.padded++
	}

	// Distinct values are counted by hashes, so that a column of a million costs eight bytes each.
	c.hash(hashOf(s))

	kept := s
	if len(kept) > maxLength {
		kept = strings.ToValidUTF8(kept[:maxLength], "") + "…"
	}

	// Only so many values and patterns are kept apart, and the others are counted together.
	known := count(c.values, kept, maxValues, &c.otherValues)
	c.scratch = appendPattern(c.scratch[:0], s)
	if k, ok := c.patterns[string(c.scratch)]; ok {
		c.patterns[string(c.scratch)] = k + 1
	} else {
		count(c.patterns, string(c.scratch), maxPatterns, &c.otherPatterns)
	}
	if !known {
		c.nearTo(kept)
	}
	if f := dateFormat(s); f != "" {
		c.dates[f]++
		c.dated++
	}
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
	c.hashes[h] = struct{}{}
	if len(c.hashes) <= 2*maxHashes {
		return
	}
	all := make([]uint64, 0, len(c.hashes))
	for h := range c.hashes {
		all = append(all, h)
	}
	slices.Sort(all)
	for _, h := range all[maxHashes:] {
		delete(c.hashes, h)
	}
	c.greatest, c.dropped = all[maxHashes-1], true
}

// hashOf is FNV-1a, mixed so that all bits depend on all.
func hashOf(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	return h ^ h>>31
}

func (c *Column) distinct() (n int, exact bool) {
	if !c.dropped {
		return len(c.hashes), true
	}
	all := make([]uint64, 0, len(c.hashes))
	for h := range c.hashes {
		all = append(all, h)
	}
	slices.Sort(all)
	last := all[min(len(all), maxHashes)-1]
	return int(float64(maxHashes-1) / (float64(last) / math.Exp2(64))), false
}

// nearTo remembers a value by what is left without case, blanks and punctuation.
func (c *Column) nearTo(s string) {
	c.scratch = appendFolded(c.scratch[:0], s)
	if len(c.scratch) == 0 {
		return
	}
	switch n := c.near[string(c.scratch)]; {
	case n == nil && len(c.near) < maxNear:
		c.near[string(c.scratch)] = &nearly{first: strings.Clone(s)} // s is a piece of all that was read
	case n != nil && n.second == "" && n.first != s:
		n.second = strings.Clone(s)
	}
}

func folded(s string) string { return string(appendFolded(nil, s)) }

func appendFolded(dst []byte, s string) []byte {
	for _, r := range s {
		switch {
		case 'a' <= r && r <= 'z' || '0' <= r && r <= '9':
			dst = append(dst, byte(r))
		case 'A' <= r && r <= 'Z':
			dst = append(dst, byte(r)+'a'-'A')
		case r >= utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsDigit(r)):
			dst = utf8.AppendRune(dst, unicode.ToLower(r))
		}
	}

	return dst
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
	Patterns []Count `json:"patterns"` // the most frequent: A upper case, a lower case, 9 digit; + more than one, {n} n of them
	Values   []Count `json:"values"`   // the most frequent of those that occur twice and more
	Dates    []Count `json:"dates,omitempty"`
	Near     []Near  `json:"near,omitempty"`
}

// Stats returns what was found in a column of that many rows; the lists have at most n items.
func (c *Column) Stats(rows, n int) Stats {
	s := Stats{Rows: rows, Filled: c.filled, Exact: true, Padded: c.padded, Lists: c.lists, Patterns: []Count{},
		Values: []Count{}}
	if c.filled == 0 || c.hashes == nil {
		return s
	}
	s.Distinct, s.Exact = c.distinct()
	if !s.Exact {
		s.Distinct = min(s.Distinct, max(c.filled, len(c.values)))
	}
	items := 0
	for _, k := range c.patterns {
		items += k
	}
	items += c.otherPatterns
	s.Shortest, s.Longest = c.shortest, c.longest
	s.Mean = math.Round(float64(c.length)/float64(items)*10) / 10
	s.Patterns = most(c.patterns, 1, n)
	s.Values = most(c.values, 2, n)

	// Single texts look like dates by chance: only a column full of them is one of dates.
	if c.dated*10 >= items*8 {
		s.Dates = most(c.dates, 1, n)
	}
	s.Near = c.pairs(n)
	return s
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
	add := func(a, b string) {
		k := Near{Value: a, Count: c.values[a], Like: b, LikeCount: c.values[b]}
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
			if m >= often*k && folded(rare) != folded(frequent) && oneApart(rare, frequent) {
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
