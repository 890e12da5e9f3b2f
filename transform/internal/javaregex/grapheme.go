package javaregex

import (
	"sort"
	"sync"
)

// A breakClass is a grapheme cluster break property of UAX 29.
type breakClass uint8

const (
	gOther breakClass = iota
	gCR
	gLF
	gControl
	gExtend
	gZWJ
	gRegional
	gPrepend
	gSpacing
	gL
	gV
	gT
	gLV
	gLVT
	gPict
)

type graphemeSpan struct {
	lo, hi rune
	class  breakClass
}

var graphemeTable = sync.OnceValue(graphemeSpans)

func breakClassOf(r rune) breakClass {
	if 0xAC00 <= r && r <= 0xD7A3 {
		if (r-0xAC00)%28 == 0 {
			return gLV
		}
		return gLVT
	}

	// Hangul syllables follow from arithmetic; the rest is looked up.
	t := graphemeTable()
	i := sort.Search(len(t), func(i int) bool { return t[i].hi >= r })
	if i < len(t) && t[i].lo <= r {
		return t[i].class
	}
	return gOther
}

// clusterEnd gives the end of the grapheme cluster that starts at i.
func (m *matcher) clusterEnd(i int) int {
	r, w := m.at(i)
	left := breakClassOf(r)
	i += w
	regional, pict := 0, left == gPict
	if left == gRegional {
		regional = 1
	}

	for i < m.units && m.step() {
		r, w = m.at(i)
		right := breakClassOf(r)

		// Flags pair up, and pictographs join across a joiner: both need to know what came
		// before.
		if breaks(left, right, regional, pict) {
			break
		}

		if right == gRegional {
			regional++
		} else {
			regional = 0
		}

		pict = right == gPict || pict && (right == gExtend || right == gZWJ)
		left = right
		i += w
	}

	return i
}

// breaks tells whether a cluster ends between two characters. regional counts
// the regional indicators up to the left one; pict says that the left one ends
// a pictograph with its modifiers.
func breaks(left, right breakClass, regional int, pict bool) bool {
	// The rules of Unicode's annex 29 in their order: the first that fits decides.
	switch {
	case left == gCR && right == gLF:
		return false
	case left == gCR || left == gLF || left == gControl:
		return true
	case right == gCR || right == gLF || right == gControl:
		return true
	case right == gExtend || right == gZWJ || right == gSpacing || left == gPrepend:
		return false
	case left == gL:
		return right != gL && right != gV && right != gLV && right != gLVT
	case left == gLV || left == gV:
		return right != gV && right != gT
	case left == gLVT || left == gT:
		return right != gT
	case left == gZWJ && right == gPict:
		return !pict
	case left == gRegional && right == gRegional:
		return regional%2 == 0
	}

	return true
}
