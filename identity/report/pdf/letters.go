package pdf

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// shaped are the scripts that come out wrong when glyphs are put one after the other from left
// to right: they run the other way, join, stack or reorder.
var shaped = []*unicode.RangeTable{
	unicode.Arabic, unicode.Hebrew, unicode.Syriac, unicode.Thaana, unicode.Nko, unicode.Samaritan, unicode.Mandaic,
	unicode.Adlam, unicode.Hanifi_Rohingya, unicode.Devanagari, unicode.Bengali, unicode.Gurmukhi, unicode.Gujarati,
	unicode.Oriya, unicode.Tamil, unicode.Telugu, unicode.Kannada, unicode.Malayalam, unicode.Sinhala, unicode.Tibetan,
	unicode.Myanmar, unicode.Khmer, unicode.Mongolian, unicode.Javanese, unicode.Balinese,
}

// unseen are the characters that a font draws as nothing, if it has them.
var unseen = []*unicode.RangeTable{unicode.Cc, unicode.Cf, unicode.Variation_Selector,
	unicode.Other_Default_Ignorable_Code_Point}

// letters turns texts into what a font can show, and remembers what it cannot.
type letters struct {
	*face
	missing map[rune]bool // shared by the fonts of a document
}

// showable gives s with line ends as \n, spaces of every kind as plain spaces, composed letters,
// and every run of letters the font cannot show as a bracketed list of code points.
func (l *letters) showable(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if ascii(s) {
		return s
	}

	// A letter and its accent as two code points would be drawn one beside the other: the font has no
	// rules for marks.
	s = strings.ReplaceAll(norm.NFC.String(s), "\r\n", "\n")
	var b strings.Builder
	open := false
	for _, r := range s {
		switch {
		case r == '\t', unicode.Is(unicode.Zs, r):
			r = ' '
		case r == '\n':
		case !l.can(r):
			// A run of missing letters is one pair of brackets, and not one for each letter: names in other
			// scripts stay readable as a list.
			if !open {
				b.WriteByte('[')
			} else {
				b.WriteByte(' ')
			}

			open = true
			l.missing[r] = true
			fmt.Fprintf(&b, "U+%04X", r)
			continue
		}

		if open {
			b.WriteByte(']')
			open = false
		}

		b.WriteRune(r)
	}

	if open {
		b.WriteByte(']')
	}
	return b.String()
}

// ascii reports whether s is printable ASCII only, which every usable font has.
func ascii(s string) bool {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] > 0x7E {
			return false
		}
	}

	return true
}

// can reports whether r comes out as itself.
func (l *letters) can(r rune) bool {
	return !unicode.In(r, shaped...) && !unicode.In(r, unseen...) && l.has(r)
}

// footnotes explains the code points in brackets, one line for each script.
func (l *letters) footnotes() []string {
	if len(l.missing) == 0 {
		return nil
	}
	groups := map[string][]rune{}
	for r := range l.missing {
		name := script(r)
		groups[name] = append(groups[name], r)
	}

	// The document must be the same for the same data, so scripts stand in the order of their names.
	names := make([]string, 0, len(groups))
	for name := range groups {
		names = append(names, name)
	}
	slices.Sort(names)
	count := "1 character"
	if n := len(l.missing); n != 1 {
		count = fmt.Sprintf("%d characters", n)
	}
	notes := []string{"The font of this document cannot show " + count +
		" of the data. Code points stand in their place, as in [U+0041]:"}
	for _, name := range names {
		notes = append(notes, name+": "+ranges(groups[name]))
	}
	return notes
}

// script names the script of r.
func script(r rune) string {
	if unicode.Is(unicode.Cc, r) {
		return "Control characters"
	}

	// No letter has two scripts, so that the order of the map does not matter.
	found := "Unknown"
	for name, table := range unicode.Scripts {
		if unicode.Is(table, r) {
			found = name
		}
	}

	switch found {
	case "Common", "Inherited", "Unknown":
		return "Other"
	}

	return strings.ReplaceAll(found, "_", " ")
}

// ranges lists code points in order, neighbours as first-last.
func ranges(rs []rune) string {
	slices.Sort(rs)
	var parts []string
	for i := 0; i < len(rs); {
		j := i
		for j+1 < len(rs) && rs[j+1] == rs[j]+1 {
			j++
		}
		part := fmt.Sprintf("U+%04X", rs[i])
		if j > i {
			part += fmt.Sprintf("-U+%04X", rs[j])
		}
		parts = append(parts, part)
		i = j + 1
	}

	return strings.Join(parts, ", ")
}
