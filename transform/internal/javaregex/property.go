package javaregex

import (
	"strings"
	"unicode"
)

// A propertyKey is what the meaning of a property depends on.
type propertyKey struct {
	name  string
	flags flags
}

// property reads \p{...} or \pX, standing on the letter p.
func (p *parser) property(negate bool) class {
	name, ok := p.propertyName()
	if !ok {
		return class{}
	}

	// Sets of thousands of ranges are built once for an expression.
	key := propertyKey{name, p.flags & (flagInsensitive | flagUnicodeClass)}
	c, ok := p.props[key]
	if !ok {
		if c, ok = p.lookUp(name); ok {
			p.props[key] = c
		}
	}

	if !ok {
		p.fail("unknown character property " + name)
		return class{}
	}

	// A complement reaches beyond the basic plane.
	if negate {
		p.wide = true
		return class{set: c.set.negate()}
	}

	return c
}

func (p *parser) propertyName() (string, bool) {
	p.next()
	if p.at(p.cur) != '{' {
		r := p.at(p.cur)
		if !p.more() {
			p.cur++
			p.fail("\\p without a property")
			return "", false
		}

		p.read()
		return string(r), true
	}

	p.next()
	var name strings.Builder
	for {
		ch := p.read()
		if ch == '}' {
			break
		}

		// Behind the end read gives zeros without an end, so that the place says when to stop.
		if p.cur > len(p.in) {
			p.fail("unclosed \\p{")
			return "", false
		}

		name.WriteRune(ch)
	}

	if name.Len() == 0 {
		p.fail("\\p with an empty property")
		return "", false
	}

	return name.String(), true
}

// lookUp finds a property by the name that stands between the braces.
func (p *parser) lookUp(name string) (class, bool) {
	fold := p.has(flagInsensitive)
	if key, value, ok := strings.Cut(name, "="); ok {
		switch strings.ToLower(key) {
		case "sc", "script":
			return wideClass(scriptSet(value))
		case "blk", "block":
			return wideClass(blockSet(value))
		case "gc", "general_category":
			return namedSet(value, fold)
		}

		return class{}, false
	}

	// Prefixes come in Java's order: a block, then a property, a category, a script.
	if block, ok := strings.CutPrefix(name, "In"); ok {
		return wideClass(blockSet(block))
	}
	if rest, ok := strings.CutPrefix(name, "Is"); ok {
		if s := binaryProperty(rest, fold); s != nil {
			return wideClass(s)
		}
		if c, ok := namedSet(rest, fold); ok {
			return c, true
		}
		return wideClass(scriptSet(rest))
	}

	if p.has(flagUnicodeClass) {
		if s := unicodePOSIX(name, fold); s != nil {
			return wideClass(s)
		}
	}

	return namedSet(name, fold)
}

func wideClass(s *charSet) (class, bool) { return class{set: s}, s != nil }

// namedSet knows the names that need no prefix: general categories, the POSIX
// names in ASCII, the java... methods.
func namedSet(name string, fold bool) (class, bool) {
	if s := asciiPOSIX(name, fold); s != nil {
		return class{set: s, bmp: true}, true
	}
	if method, ok := strings.CutPrefix(name, "java"); ok {
		return wideClass(javaMethod(method, fold))
	}

	// Names of the POSIX kind have gone; these are Java's own, and the general categories.
	switch name {
	case "L1":
		return class{set: rangeSet(0, 0xFF), bmp: true}, true
	case "all":
		return class{set: rangeSet(0, maxRune)}, true
	case "LD":
		return wideClass(category("L").union(category("Nd")))
	case "LC":
		return wideClass(casedSet())
	case "Lu", "Ll", "Lt":
		if fold {
			return wideClass(casedSet())
		}
	}

	return wideClass(category(name))
}

func casedSet() *charSet { return categories("Lu", "Ll", "Lt") }

func asciiPOSIX(name string, fold bool) *charSet {
	letters := newSet(span{'A', 'Z'}, span{'a', 'z'})
	switch name {
	case "ASCII":
		return rangeSet(0, 0x7F)
	case "Alnum":
		return newSet(span{'0', '9'}, span{'A', 'Z'}, span{'a', 'z'})
	case "Alpha":
		return letters
	case "Blank":
		return setOf(' ', '\t')
	case "Cntrl":
		return newSet(span{0, 0x1F}, span{0x7F, 0x7F})
	case "Digit":
		return rangeSet('0', '9')
	case "Graph":
		return rangeSet('!', '~')

	// Without regard to case, Java lets both cases match, whichever is asked for.
	case "Lower":
		if fold {
			return letters
		}
		return rangeSet('a', 'z')
	case "Print":
		return rangeSet(' ', '~')
	case "Punct":
		return newSet(span{'!', '/'}, span{':', '@'}, span{'[', '`'}, span{'{', '~'})
	case "Space":
		return newSet(span{'\t', '\r'}, span{' ', ' '})
	case "Upper":
		if fold {
			return letters
		}
		return rangeSet('A', 'Z')
	case "XDigit":
		return newSet(span{'0', '9'}, span{'A', 'F'}, span{'a', 'f'})
	}

	return nil
}

// unicodePOSIX are the POSIX names under (?U), in any case.
func unicodePOSIX(name string, fold bool) *charSet {
	switch strings.ToUpper(name) {
	case "ALPHA":
		return alphabeticSet()
	case "LOWER":
		return letterCase(lowercaseSet(), fold)
	case "UPPER":
		return letterCase(uppercaseSet(), fold)
	case "SPACE":
		return whiteSpaceSet()
	case "PUNCT":
		return category("P")
	case "XDIGIT":
		return hexDigitSet()
	case "ALNUM":
		return alphabeticSet().union(category("Nd"))
	case "CNTRL":
		return category("Cc")
	case "DIGIT":
		return category("Nd")
	case "BLANK":
		return category("Zs").union(setOf('\t'))
	case "GRAPH":
		return graphSet()
	case "PRINT":
		return graphSet().union(category("Zs").union(setOf('\t'))).minus(category("Cc"))
	}

	return nil
}

func graphSet() *charSet { return categories("Z", "Cc", "Cs", "Cn").negate() }

// letterCase widens lower or upper case to letters of any case under (?i).
func letterCase(s *charSet, fold bool) *charSet {
	if !fold {
		return s
	}
	return lowercaseSet().union(uppercaseSet()).union(category("Lt"))
}

// binaryProperty knows what may follow "Is", in any case; the POSIX names mean
// their Unicode kind here.
func binaryProperty(name string, fold bool) *charSet {
	switch strings.ToUpper(name) {
	case "ALPHABETIC":
		return alphabeticSet()
	case "ASSIGNED":
		return category("Cn").negate()
	case "CONTROL":
		return category("Cc")
	case "HEXDIGIT", "HEX_DIGIT":
		return hexDigitSet()
	case "IDEOGRAPHIC":
		return tableSet(unicode.Ideographic).minus(newer())
	case "JOINCONTROL", "JOIN_CONTROL":
		return rangeSet(0x200C, 0x200D)
	case "LETTER":
		return category("L")
	case "LOWERCASE":
		return letterCase(lowercaseSet(), fold)
	case "NONCHARACTERCODEPOINT", "NONCHARACTER_CODE_POINT":
		return tableSet(unicode.Noncharacter_Code_Point)
	case "TITLECASE":
		return letterCase(category("Lt"), fold)
	case "PUNCTUATION":
		return category("P")
	case "UPPERCASE":
		return letterCase(uppercaseSet(), fold)
	case "WHITESPACE", "WHITE_SPACE":
		return whiteSpaceSet()
	case "WORD":
		return wordSet()
	}

	return unicodePOSIX(name, fold)
}
