package report

import (
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	zeroWidthJoiner = 0x200D
	emojiSelector   = 0xFE0F
)

// DisplayWidth is the number of terminal columns s takes: 2 for East Asian wide characters and
// emoji, 0 for combining and format characters, 1 for everything else. Emoji joined to one
// picture count once; line ends count nothing. Source: Unicode Standard Annex 11.
func DisplayWidth(s string) int {
	n := 0
	for s != "" {
		size, width := cluster(s)
		n += width
		s = s[size:]
	}

	return n
}

// cluster measures the first character of s together with what belongs on top of it, in bytes
// and terminal columns. It is a display unit, close to but simpler than a grapheme cluster.
func cluster(s string) (size, width int) {
	r, size := utf8.DecodeRuneInString(s)
	width = runeWidth(r)
	joined := r == zeroWidthJoiner
	for size < len(s) && r != '\n' {
		next, n := utf8.DecodeRuneInString(s[size:])
		switch {
		case joined && unicode.Is(unicode.So, next): // the next part of an emoji sequence
		case next == emojiSelector:
			width = max(width, 2)
		case width == 2 && next >= 0x1F3FB && next <= 0x1F3FF: // skin tone
		case next != '\n' && next != '\r' && runeWidth(next) == 0:
		default:
			return size, width
		}

		joined = next == zeroWidthJoiner
		size += n
	}

	return size, width
}

// runeWidth gives the columns of a code point that stands alone.
func runeWidth(r rune) int {
	// ASCII first: nearly all text is.
	switch {
	case r >= 0x20 && r < 0x7F:
		return 1
	case r == '\n', r == '\r', unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		return 0
	case r >= 0x1160 && r <= 0x11FF: // vowels and finals, drawn into the syllable before them
		return 0
	}

	_, wide := slices.BinarySearchFunc(wideRanges[:], r, func(w [2]rune, r rune) int {
		switch {
		case w[1] < r:
			return -1
		case w[0] > r:
			return 1
		}

		return 0
	})

	if wide {
		return 2
	}
	return 1
}

// terminalWidth is the measure of Wrap for terminals.
func terminalWidth(s string) int { return DisplayWidth(s) }

// Wrap breaks s into lines that measure at most width in the unit of measure; nil measures
// terminal columns. Lines break at line ends, else at the last space that fits (which is
// dropped), else after punctuation, else anywhere between characters; a single character wider
// than width stands on a line of its own. An empty text is one empty line.
func Wrap(s string, width int, measure func(string) int) []string {
	if measure == nil {
		measure = terminalWidth
	}
	s = strings.ReplaceAll(s, "\r\n", "\n")
	s = strings.ReplaceAll(s, "\r", "\n")
	var lines []string
	for part := range strings.SplitSeq(s, "\n") {
		lines = wrapLine(lines, part, width, measure)
	}
	return lines
}

// wrapLine appends the lines of a text without line ends.
func wrapLine(lines []string, s string, width int, measure func(string) int) []string {
	for {
		end, next := lineEnd(s, width, measure)
		lines = append(lines, s[:end])
		if next == len(s) {
			return lines
		}
		s = s[next:]
	}
}

// lineEnd finds how much of s fits on a line and where the next line starts.
func lineEnd(s string, width int, measure func(string) int) (end, next int) {
	used, space, mark := 0, -1, -1
	for at := 0; at < len(s); {
		size, _ := cluster(s[at:])
		w := measure(s[at : at+size])

		// The line is full. It ends at the last space, else behind the last mark such as a dash, else
		// within the word.
		if used+w > width && at > 0 {
			switch {
			case s[at] == ' ':
				return lastLetter(s, at), skipSpaces(s, at)
			case space >= 0:
				return lastLetter(s, space), skipSpaces(s, space)
			case mark > 0:
				return mark, mark
			}

			return at, at
		}

		switch {
		case s[at] == ' ' && strings.TrimLeft(s[:at], " ") != "":
			space = at
		case strings.IndexByte("-_/.,;:@", s[at]) >= 0:
			mark = at + size
		}

		used += w
		at += size
	}

	return len(s), len(s)
}

// skipSpaces gives the place of the first byte from at on that is no space.
func skipSpaces(s string, at int) int {
	return len(s) - len(strings.TrimLeft(s[at:], " "))
}

// lastLetter gives the place after the last byte before at that is no space.
func lastLetter(s string, at int) int { return len(strings.TrimRight(s[:at], " ")) }

// FitWidths divides total among columns: each gets its natural width when all fit. Otherwise a
// column keeps at least its floor (at most its natural width) and what is left goes to the
// narrowest that lack something, so that short columns stay whole. When even the floors are too
// wide they are shared out in the same way, no column getting less than 1. The unit is the
// caller's.
func FitWidths(natural, floor []int, total int) []int {
	widths := slices.Clone(natural)
	if sum(natural) <= total {
		return widths
	}
	for i := range widths {
		widths[i] = min(natural[i], floor[i])
	}

	// Not even the floors fit: they become what columns wish for, and one unit is the floor.
	if sum(widths) > total {
		floor = slices.Clone(widths)
		for i := range widths {
			widths[i] = min(widths[i], 1)
		}
		return fill(widths, floor, total-sum(widths))
	}

	return fill(widths, natural, total-sum(widths))
}

// fill raises the smallest unfinished columns to one common level, as water would.
func fill(widths, natural []int, spare int) []int {
	// The narrowest of the columns that still lack room grow together, up to the next one; so wide
	// columns never take what narrow ones need.
	for spare > 0 {
		level, next, count := math.MaxInt, math.MaxInt, 0
		for i, w := range widths {
			if w < natural[i] {
				level = min(level, w)
			}
		}

		for i, w := range widths {
			if w < natural[i] && w == level {
				next = min(next, natural[i])
				count++
			} else if w > level {
				next = min(next, w)
			}
		}

		if count == 0 {
			break
		}
		step := min(next-level, max(1, spare/count))
		for i, w := range widths {
			if w == level && w < natural[i] && spare >= step {
				widths[i] += step
				spare -= step
			}
		}
	}

	return widths
}

func sum(ns []int) int {
	total := 0
	for _, n := range ns {
		total += n
	}
	return total
}
