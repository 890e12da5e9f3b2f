package rest

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/isc"
)

// A search query is a small part of the vendor's: terms field:value joined by AND,
// OR, NOT and parentheses. A value is a word, a text in double quotes, or a word
// with the wildcards * and ?; field:[a TO b] is a range with both ends, in which *
// leaves an end open; _exists_:field asks for any value. A term without a field looks
// at the names, the alias and the mail address. Case does not matter. Everything
// else is refused with the place in the text.

// match decides on the documents of a view, by their places there.
type match func(v *view) func(row int) bool

const maxQueryDepth = 100

type queryParser struct {
	text string
	at   int
}

func parseSearch(text string) (match, error) {
	p := &queryParser{text: text}
	if p.space(); p.at == len(text) {
		return nil, isc.Refuse(isc.CodeRequired, "query.query is required")
	}
	m, err := p.or(0)
	if err != nil {
		return nil, err
	}
	if p.at < len(text) {
		return nil, p.fail("found %s, expected AND, OR or the end", p.rest())
	}
	return m, nil
}

func (p *queryParser) fail(format string, args ...any) error {
	n := utf8.RuneCountInString(p.text[:min(p.at, len(p.text))]) + 1
	return isc.Refuse(isc.CodeIllegalValue, "the query cannot be read at character "+strconv.Itoa(n)+": "+format,
		args...)
}

func (p *queryParser) rest() string {
	rest := p.text[p.at:]
	if rest == "" {
		return "the end"
	}
	if len(rest) > 20 {
		rest = strings.ToValidUTF8(rest[:20], "") + "..."
	}
	return strconv.Quote(rest)
}

func (p *queryParser) space() {
	p.at += len(p.text[p.at:]) - len(strings.TrimLeft(p.text[p.at:], " \t\r\n"))
}

func (p *queryParser) take(token string) bool {
	if !strings.HasPrefix(p.text[p.at:], token) {
		return false
	}
	end := p.at + len(token)
	if token >= "A" && end < len(p.text) && !strings.ContainsRune(" \t\r\n(", rune(p.text[end])) {
		return false // a longer word
	}
	p.at = end
	p.space()
	return true
}

func (p *queryParser) or(depth int) (match, error) {
	left, err := p.and(depth)
	for err == nil && p.take("OR") {
		var right match
		if right, err = p.and(depth); err == nil {
			left = both(left, right, func(a, b func(int) bool) func(int) bool {
				return func(row int) bool { return a(row) || b(row) }
			})
		}
	}

	return left, err
}

func (p *queryParser) and(depth int) (match, error) {
	left, err := p.not(depth)
	for err == nil && p.take("AND") {
		var right match
		if right, err = p.not(depth); err == nil {
			left = both(left, right, func(a, b func(int) bool) func(int) bool {
				return func(row int) bool { return a(row) && b(row) }
			})
		}
	}

	return left, err
}

func both(a, b match, join func(a, b func(int) bool) func(int) bool) match {
	return func(v *view) func(int) bool { return join(a(v), b(v)) }
}

func (p *queryParser) not(depth int) (match, error) {
	if depth > maxQueryDepth {
		return nil, p.fail("nested more than %d deep", maxQueryDepth)
	}
	switch {
	case p.take("NOT"):
		// A query is made before it is known over whom it runs; what it needs of the people is looked up
		// once, for all rows.
		m, err := p.not(depth + 1)
		return func(v *view) func(int) bool {
			accepts := m(v)
			return func(row int) bool { return !accepts(row) }
		}, err

	case p.take("("):
		m, err := p.or(depth + 1)
		if err == nil && !p.take(")") {
			err = p.fail("found %s, expected )", p.rest())
		}
		return m, err
	}

	return p.term()
}

// word reads up to a blank or a sign of the language.
func (p *queryParser) word(stops string) string {
	start := p.at
	for p.at < len(p.text) && !strings.ContainsRune(stops, rune(p.text[p.at])) {
		p.at++
	}
	return p.text[start:p.at]
}

const (
	fieldEnd = " \t\r\n():\"[]{}"
	valueEnd = " \t\r\n()\"[]{}^~"
)

func (p *queryParser) term() (match, error) {
	start := p.at

	// A word without a colon is looked for in the names.
	field := p.word(fieldEnd)
	if field == "" || p.at == len(p.text) || p.text[p.at] != ':' {
		p.at = start
		return p.value(anyName)
	}

	// A field that is not known would match nobody, which looks like an answer.
	p.at++
	if field != "_exists_" {
		if _, ok := searchFields.get(field); !ok {
			p.at = start
			return nil, p.fail("there is no field %q", field)
		}

		return p.value([]string{field})
	}

	field = p.word(valueEnd)
	p.space()
	get, ok := searchFields.get(field)
	if !ok {
		p.at = start
		return nil, p.fail("there is no such field")
	}

	return func(v *view) func(int) bool {
		values := v.folded(field, get)
		return func(row int) bool { return exists(values[row]) }
	}, nil
}

// tested is a match of everything with a value in one of the fields that passes a
// test, which gets texts as they are compared.
func tested(fields []string, test func(have string) bool) match {
	return func(v *view) func(int) bool {
		columns := make([][]identity.Value, len(fields))
		for i, field := range fields {
			get, _ := searchFields.get(field) // known
			columns[i] = v.folded(field, get)
		}

		return func(row int) bool {
			for _, values := range columns {
				if some(values[row], test) {
					return true
				}
			}

			return false
		}
	}
}

// value reads what fields are compared with.
func (p *queryParser) value(fields []string) (match, error) {
	if p.at < len(p.text) && p.text[p.at] == '"' {
		text, err := p.quoted()
		want := identity.Fold(text)
		return tested(fields, func(have string) bool { return have == want }), err
	}

	if p.at < len(p.text) && p.text[p.at] == '[' {
		return p.span(fields)
	}

	// Operators are words in capitals and no values; a word that is none ends at a blank or a bracket.
	word := p.word(valueEnd)
	p.space()
	switch {
	case word == "" || word == "AND" || word == "OR" || word == "NOT" || word == "TO":
		return nil, p.fail("found %s, expected a value", strconv.Quote(word))
	// Escapes and regular expressions of the search are not served; to take them literally would find
	// something else.
	case strings.ContainsAny(word, `\/`):
		return nil, p.fail("the value %q has a sign that is not served: put it in quotes", word)
	case word == "*":
		return tested(fields, func(string) bool { return true }), nil
	}

	want := identity.Fold(word)
	if strings.ContainsAny(want, "*?") {
		return tested(fields, wildcard(want)), nil
	}
	return tested(fields, func(have string) bool { return have == want }), nil
}

// wildcard tests for a pattern in which * stands for any text and ? for one character.
func wildcard(pattern string) func(have string) bool {
	parts := strings.Split(pattern, "*")
	first, last := parts[0], parts[len(parts)-1]
	if len(parts) == 1 {
		return func(have string) bool { n, ok := startsLike(have, first); return ok && n == len(have) }
	}
	middle := parts[1 : len(parts)-1]
	return func(have string) bool {
		n, ok := startsLike(have, first)
		if !ok {
			return false
		}
		have = have[n:]
		for _, part := range middle { // the first place that fits leaves most for the others
			if have, ok = cutLike(have, part); !ok {
				return false
			}
		}

		return endsLike(have, last)
	}
}

// startsLike reports whether a text starts with a part of a pattern, and how many
// bytes that takes.
func startsLike(have, part string) (int, bool) {
	if !strings.Contains(part, "?") {
		return len(part), strings.HasPrefix(have, part)
	}
	at := 0
	for _, r := range part {
		c, size := utf8.DecodeRuneInString(have[at:])
		if size == 0 || r != '?' && r != c {
			return 0, false
		}
		at += size
	}

	return at, true
}

// cutLike gives what follows the first place that a part of a pattern fits.
func cutLike(have, part string) (string, bool) {
	for at := 0; at <= len(have); at++ {
		if n, ok := startsLike(have[at:], part); ok && (at == len(have) || utf8.RuneStart(have[at])) {
			return have[at+n:], true
		}
	}

	return "", false
}

func endsLike(have, part string) bool {
	if !strings.Contains(part, "?") {
		return strings.HasSuffix(have, part)
	}
	at := len(have)
	for range part {
		_, size := utf8.DecodeLastRuneInString(have[:at])
		if size == 0 {
			return false
		}
		at -= size
	}

	n, ok := startsLike(have[at:], part)
	return ok && at+n == len(have)
}

func (p *queryParser) quoted() (string, error) {
	start := p.at
	var b strings.Builder
	for p.at++; p.at < len(p.text); p.at++ {
		switch c := p.text[p.at]; {
		case c == '"':
			p.at++
			p.space()
			return b.String(), nil
		case c == '\\' && p.at+1 < len(p.text):
			p.at++
			b.WriteByte(p.text[p.at])
		default:
			b.WriteByte(c)
		}
	}

	p.at = start
	return "", p.fail("the text is not closed")
}

// span reads [a TO b].
func (p *queryParser) span(fields []string) (match, error) {
	p.at++
	p.space()
	from := p.word(valueEnd)
	p.space()
	if !p.take("TO") {
		return nil, p.fail("found %s, expected TO", p.rest())
	}
	to := p.word(valueEnd)
	if p.space(); !p.take("]") {
		return nil, p.fail("found %s, expected ]", p.rest())
	}
	low, high := identity.Fold(from), identity.Fold(to)
	return tested(fields, func(have string) bool {
		return (low == "*" || have >= low) && (high == "*" || have <= high)
	}), nil
}
