package rest

import (
	"path"
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

// match decides on one document.
type match func(p *searched) bool

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
	return isc.Refuse(isc.CodeIllegalValue, "the query cannot be read at character "+strconv.Itoa(n)+": "+format, args...)
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
			a := left
			left = func(s *searched) bool { return a(s) || right(s) }
		}
	}
	return left, err
}

func (p *queryParser) and(depth int) (match, error) {
	left, err := p.not(depth)
	for err == nil && p.take("AND") {
		var right match
		if right, err = p.not(depth); err == nil {
			a := left
			left = func(s *searched) bool { return a(s) && right(s) }
		}
	}
	return left, err
}

func (p *queryParser) not(depth int) (match, error) {
	if depth > maxQueryDepth {
		return nil, p.fail("nested more than %d deep", maxQueryDepth)
	}
	switch {
	case p.take("NOT"):
		m, err := p.not(depth + 1)
		return func(s *searched) bool { return !m(s) }, err
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
	field := p.word(fieldEnd)
	if field == "" || p.at == len(p.text) || p.text[p.at] != ':' {
		p.at = start
		return p.value(anyName)
	}
	p.at++
	if field == "_exists_" {
		get, ok := searchFields.get(p.word(valueEnd))
		p.space()
		if !ok {
			p.at = start
			return nil, p.fail("there is no such field")
		}
		return func(s *searched) bool { return exists(get(s)) }, nil
	}
	get, ok := searchFields.get(field)
	if !ok {
		p.at = start
		return nil, p.fail("there is no field %q", field)
	}
	return p.value(func(s *searched, test func(string) bool) bool { return some(get(s), test) })
}

// value reads what a field is compared with.
func (p *queryParser) value(over func(*searched, func(string) bool) bool) (match, error) {
	if p.at < len(p.text) && p.text[p.at] == '"' {
		text, err := p.quoted()
		want := identity.Fold(text)
		return func(s *searched) bool { return over(s, func(have string) bool { return identity.Fold(have) == want }) }, err
	}
	if p.at < len(p.text) && p.text[p.at] == '[' {
		return p.span(over)
	}
	word := p.word(valueEnd)
	p.space()
	switch {
	case word == "" || word == "AND" || word == "OR" || word == "NOT" || word == "TO":
		return nil, p.fail("found %s, expected a value", strconv.Quote(word))
	case strings.ContainsAny(word, `\/`):
		return nil, p.fail("the value %q has a sign that is not served: put it in quotes", word)
	case word == "*":
		return func(s *searched) bool { return over(s, func(string) bool { return true }) }, nil
	}

	want := identity.Fold(word)
	if strings.ContainsAny(word, "*?") {
		pattern := strings.NewReplacer("[", `\[`, "]", `\]`).Replace(want)
		return func(s *searched) bool {
			return over(s, func(have string) bool {
				ok, err := path.Match(pattern, strings.ReplaceAll(identity.Fold(have), "/", "\x00"))
				return ok && err == nil
			})
		}, nil
	}
	return func(s *searched) bool { return over(s, func(have string) bool { return identity.Fold(have) == want }) }, nil
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
func (p *queryParser) span(over func(*searched, func(string) bool) bool) (match, error) {
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
	return func(s *searched) bool {
		return over(s, func(have string) bool {
			have = identity.Fold(have)
			return (low == "*" || have >= low) && (high == "*" || have <= high)
		})
	}, nil
}
