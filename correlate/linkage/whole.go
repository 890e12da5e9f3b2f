package linkage

import (
	"slices"
	"strings"
)

// The levels of whole names.
const (
	fullExact = iota + 1
	fullAlike
	fullPart
	fullMost
	fullDifferent
)

// wholeNames adds the field of whole names, for tables that have no parts of names:
// their parts can stand in any order.
func (s *space) wholeNames() {
	d := newDict()
	c := &comparison{name: "name", kind: FullName, dict: d, levels: slices.Clone(shippedFull)}

	// The place of names in one column is not known, so there is one dictionary of whole names.
	for side := range 2 {
		if side == 1 && s.self {
			c.values[1], d.counts[1] = c.values[0], d.counts[0]
			break
		}

		column := s.tables[side].Columns[slices.IndexFunc(s.recognised[side],
			func(r Recognised) bool { return r.Kind == FullName })]
		c.values[side] = make([]int32, s.len(side))
		for i, v := range column.Values {
			name := namePart(v)
			if s.impersonal[side][i] {
				name = ""
			}
			c.values[side][i] = d.name(name, side)
		}
	}

	d.close()
	s.full = len(s.fields)
	s.fields = append(s.fields, c)
}

// compareWhole returns the level of two whole names.
func (s *space) compareWhole(a, b int32) (p pattern, agree agreement) {
	c := s.fields[s.full]
	x, y := c.values[0][a], c.values[1][b]
	if x < 0 || y < 0 {
		return 0, namesDiffer
	}
	l := uint8(fullExact)
	if x != y {
		l = compareFull(c.dict.texts[x], c.dict.texts[y])
	}
	switch {
	case l == fullExact:
		agree = namesSame
	case l <= fullPart:
		agree = namesAlike
	}

	return p.with(s.full, l), agree
}

// maxWords is how many words of a name count.
const maxWords = 12

// compareFull returns the level of two folded names: their words are matched, the
// most alike first, whatever their order.
func compareFull(a, b string) uint8 {
	if sameButSpaces(a, b) {
		return fullExact
	}

	// Names are short: words on the stack cost no memory for each of many million pairs.
	var x, y [maxWords]string
	n, m := splitWords(&x, a), splitWords(&y, b)
	if n > m {
		x, y, n, m = y, x, m, n
	}
	common, strong := matchWords(x[:n], y[:m])

	// Words that were written together or apart (Jean Luc, Jeanluc) match as a whole.
	if common < n && alike(compact(a), compact(b)) >= 0.95 {
		return fullAlike
	}

	// Two words that agree are a name; one is not, unless there is no other.
	switch {
	case common == n && n == m && strong > 0:
		return fullAlike
	case common == n && n >= 2 && m <= n+2 && strong >= 2:
		return fullPart
	case common >= 2 && common == n-1, common == 1 && n == 1:
		return fullMost
	}

	return fullDifferent
}

func splitWords(out *[maxWords]string, s string) int {
	n := 0
	for word := range strings.FieldsSeq(s) {
		if n < maxWords {
			out[n] = word
			n++
		}
	}

	return n
}

// matchWords counts the words of a shorter name that one of the longer name is
// like, and those of them that are more than an initial.
func matchWords(x, y []string) (common, strong int) {
	// Greedy and not the best assignment: names have few words, and the difference is never seen in
	// them.
	var used [maxWords]bool
	for _, word := range x {
		best, at, initial := 0.0, -1, false
		for j, other := range y {
			if used[j] {
				continue
			}
			if v, short := wordsAlike(word, other); v > best {
				best, at, initial = v, j, short
			}
		}

		if at < 0 {
			continue
		}
		used[at] = true
		common++
		if !initial {
			strong++
		}
	}

	return common, strong
}

// wordsAlike returns how alike two words of names are, 0 when they are not the
// same name, and whether one is an initial only.
func wordsAlike(a, b string) (v float64, initial bool) {
	switch {
	case a == b:
		return 1, false
	case min(len(a), len(b)) == 1:
		if a[0] == b[0] {
			return 0.5, true
		}
		return 0, true
	}

	// What is alike is graded by how sure it is: the same name in another form, a typing error, the
	// same sound.
	groups := nicknameIndex()
	if shareGroup(groups[a], groups[b]) {
		return 0.95, false
	}
	limit := max(1, min(len(a), len(b))/4)
	if d, ok := within(a, b, limit); ok && min(len(a), len(b)) >= 3 {
		return 0.9 - 0.1*float64(d), false
	}
	if min(len(a), len(b)) >= 4 && Phonetic(a) == Phonetic(b) {
		return 0.6, false
	}
	return 0, false
}
