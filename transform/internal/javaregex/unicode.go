package javaregex

import (
	"strconv"
	"strings"
	"sync"
	"unicode"
)

// category is a general category of one or two letters in Unicode 13, or nil.
func category(name string) *charSet {
	switch name {
	case "Cn":
		return assignedSet().negate()
	case "C":
		return categories("Cc", "Cf", "Co", "Cs", "Cn")
	}

	t, ok := unicode.Categories[name]
	if !ok || len(name) > 2 {
		return nil
	}

	s := tableSet(t).minus(newer())
	switch name { // U+1734 was a nonspacing mark up to Unicode 13
	case "Mn":
		return s.union(setOf(0x1734))
	case "Mc":
		return s.minus(setOf(0x1734))
	}

	return s
}

func categories(names ...string) *charSet {
	var spans []span
	for _, n := range names {
		spans = append(spans, category(n).spans...)
	}
	return newSet(spans...)
}

var assignedSet = sync.OnceValue(func() *charSet {
	return tableSet(unicode.L, unicode.M, unicode.N, unicode.P, unicode.S, unicode.Z,
		unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs).minus(newer())
})

func alphabeticSet() *charSet {
	later := setOf(0xC04, 0xF82, 0xF83, 0x11080, 0x11081)
	return tableSet(unicode.L, unicode.Nl, unicode.Other_Alphabetic).minus(newer()).minus(later)
}

func lowercaseSet() *charSet {
	later := setOf(0x10FC, 0xAB69)
	return tableSet(unicode.Ll, unicode.Other_Lowercase).minus(newer()).minus(later)
}

func uppercaseSet() *charSet {
	return tableSet(unicode.Lu, unicode.Other_Uppercase).minus(newer())
}

var whiteSpaceSet = sync.OnceValue(func() *charSet {
	return category("Z").union(newSet(span{'\t', '\r'}, span{0x85, 0x85}))
})

var wordSet = sync.OnceValue(func() *charSet {
	return alphabeticSet().union(categories("M", "Nd", "Pc")).union(rangeSet(0x200C, 0x200D))
})

var digitSet = sync.OnceValue(func() *charSet { return category("Nd") })

func hexDigitSet() *charSet {
	return category("Nd").union(newSet(span{'A', 'F'}, span{'a', 'f'}, span{0xFF21, 0xFF26}, span{0xFF41, 0xFF46}))
}

// scriptSet is a script by its name or its four-letter code, in any case.
func scriptSet(name string) *charSet {
	name = strings.ToUpper(name)
	full := ""
	for _, pair := range strings.Fields(scriptNames) {
		code, script, _ := strings.Cut(pair, "=")
		if code == name || script == name {
			full = script
			break
		}
	}

	switch full {
	case "":
		return nil
	case "UNKNOWN":
		var known []*unicode.RangeTable
		for _, t := range unicode.Scripts {
			known = append(known, t)
		}
		return tableSet(known...).minus(newer()).negate()
	}

	for key, t := range unicode.Scripts {
		if strings.ToUpper(key) != full {
			continue
		}

		s := tableSet(t).minus(newer())
		switch full { // two marks moved from Common to Han in Unicode 15
		case "HAN":
			return s.minus(rangeSet(0x16FE2, 0x16FE3))
		case "COMMON":
			return s.union(rangeSet(0x16FE2, 0x16FE3))
		}

		return s
	}

	return newSet()
}

// blockSet is a block by any of its names, in any case.
func blockSet(name string) *charSet {
	name = strings.ToUpper(name)
	for line := range strings.SplitSeq(blockLines, "\n") {
		fields := strings.Split(line, "|")
		for _, n := range fields[2:] {
			if n != name {
				continue
			}
			lo, _ := strconv.ParseInt(fields[0], 16, 32)
			hi, _ := strconv.ParseInt(fields[1], 16, 32)
			if hi < lo {
				return newSet()
			}
			return rangeSet(rune(lo), rune(hi))
		}
	}

	return nil
}

// javaMethod is the class of a test method of java.lang.Character.
func javaMethod(name string, fold bool) *charSet {
	idStart := categories("L", "Nl")
	ignorable := categories("Cf").union(newSet(span{0, 8}, span{0xE, 0x1B}, span{0x7F, 0x9F}))
	switch name {
	case "LowerCase":
		return letterCase(lowercaseSet(), fold)
	case "UpperCase":
		return letterCase(uppercaseSet(), fold)
	case "Alphabetic":
		return alphabeticSet()

	// Go knows a later version of Unicode than the Java that is followed: what is newer is taken out.
	case "Ideographic":
		return tableSet(unicode.Ideographic).minus(newer())
	case "TitleCase":
		return letterCase(category("Lt"), fold)
	case "Digit":
		return category("Nd")
	case "Defined":
		return assignedSet()
	case "Letter":
		return category("L")
	case "LetterOrDigit":
		return categories("L", "Nd")
	case "JavaIdentifierStart":
		return idStart.union(categories("Sc", "Pc"))
	case "JavaIdentifierPart":
		return idStart.union(categories("Sc", "Pc", "Nd", "Mc", "Mn")).union(ignorable)
	case "UnicodeIdentifierStart":
		return idStart.union(tableSet(unicode.Other_ID_Start))
	case "UnicodeIdentifierPart":
		return idStart.union(categories("Pc", "Nd", "Mc", "Mn")).union(ignorable).
			union(tableSet(unicode.Other_ID_Start, unicode.Other_ID_Continue))
	case "IdentifierIgnorable":
		return ignorable
	case "SpaceChar":
		return category("Z")

	// Blanks that a line must not break at are no white space for Character.isWhitespace.
	case "Whitespace":
		return category("Z").minus(setOf(0xA0, 0x2007, 0x202F)).union(newSet(span{'\t', '\r'}, span{0x1C, 0x1F}))
	case "ISOControl":
		return category("Cc")
	case "Mirrored":
		return newSet(mirroredSpans()...)
	}

	return nil
}
