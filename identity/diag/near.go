package diag

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Near returns the candidate most like name, for "did you mean" hints, or "" when
// none is close: equal without case, or at most a third of the letters different,
// in names of two letters one, or beginning with the same letters, signs and
// blanks aside, for at least three quarters of the shorter name and six letters.
func Near(name string, candidates []string) string {
	// Another case is the most frequent mistake, and needs no counting.
	if i := slices.IndexFunc(candidates, func(c string) bool { return strings.EqualFold(c, name) }); i >= 0 {
		return candidates[i]
	}

	// How many letters may differ grows with the name: in a short one every letter counts.
	letters, lower := utf8.RuneCountInString(name), strings.ToLower(name)
	best, bestDist := "", max(min(1, letters-1), letters/3)+1
	for _, c := range candidates {
		if d := distance(lower, strings.ToLower(c), bestDist); d < bestDist {
			best, bestDist = c, d
		}
	}

	if best != "" {
		return best
	}

	// At last a common beginning counts, which finds names with something appended.
	longest, a := 5, lettersOf(name)
	for _, c := range candidates {
		b := lettersOf(c)
		if n := common(a, b); n > longest && n*4 >= min(len(a), len(b))*3 {
			best, longest = c, n
		}
	}

	return best
}

// lettersOf returns the letters and digits of a name, in lower case.
func lettersOf(name string) []rune {
	letters := []rune(strings.ToLower(name))
	return slices.DeleteFunc(letters, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// common is the length of the common beginning.
func common(a, b []rune) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

// Suggest returns the hint `did you mean "x"?` for the candidate most like name,
// see [Near], or "" when none is close.
func Suggest(name string, candidates []string) string { return DidYouMean(Near(name, candidates)) }

// DidYouMean returns the hint `did you mean "x"?`, or "" for no name.
func DidYouMean(right string) string {
	if right == "" {
		return ""
	}
	return "did you mean " + strconv.Quote(right) + "?"
}

// distance is the number of insertions, deletions, replacements and swaps of
// neighbours between a and b, or any number >= limit when it is that large.
func distance(a, b string, limit int) int {
	// A letter has at least one byte and at most four.
	if len(a)-4*len(b) >= 4*limit || len(b)-4*len(a) >= 4*limit {
		return limit
	}
	x, y := []rune(a), []rune(b)
	if len(x)-len(y) >= limit || len(y)-len(x) >= limit {
		return limit
	}

	// Three rows are enough: a swap of neighbours looks two rows back.
	prev2, prev, cur := make([]int, len(y)+1), make([]int, len(y)+1), make([]int, len(y)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(x); i++ {
		cur[0] = i
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			cur[j] = min(prev[j]+1, cur[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				cur[j] = min(cur[j], prev2[j-2]+1)
			}
		}

		prev2, prev, cur = prev, cur, prev2
	}

	return prev[len(y)]
}
