package javaregex

import (
	"fmt"
	"strings"
)

// A Replacement is a parsed replacement text in the syntax of
// java.util.regex.Matcher: $n and ${name} stand for groups, \c for the
// character c. It is immutable and safe for concurrent use.
type Replacement struct {
	text  string
	parts []replacePart
	plain bool  // one literal part, or none
	err   error // the fault that ends the text; the parts before it count

	of     *Regexp // the expression that it was bound to
	bound  []boundPart
	halves bool // a literal may have half a surrogate pair, which can meet the other half
}

// boundPart is a literal, or else the group of that number.
type boundPart struct {
	literal string
	group   int
}

// A replacePart is a literal, or a group when name or digits is set.
type replacePart struct {
	literal string
	name    string
	digits  string // the number and whatever digits follow it
	pos     int
}

// ParseReplacement parses text. Java notices a fault only when a match is
// replaced: so with an error the Replacement is usable all the same, and gives
// the error as soon as there is a match. Errors are [*ReplacementError].
func ParseReplacement(text string) (*Replacement, error) {
	r := &Replacement{text: text}
	var lit strings.Builder
	flush := func() {
		if lit.Len() > 0 {
			r.parts = append(r.parts, replacePart{literal: lit.String()})
			lit.Reset()
		}
	}

	for i := 0; i < len(text) && r.err == nil; {
		switch text[i] {
		case '\\':
			i++
			if i == len(text) {
				r.err = r.fail(i, "backslash without a character to escape", nil)
				break
			}

			lit.WriteByte(text[i])
			i++

		case '$':
			flush()
			i = r.reference(i)
		default:
			lit.WriteByte(text[i])
			i++
		}
	}

	flush()

	// One piece of text needs no assembling.
	r.plain = r.err == nil && (len(r.parts) == 0 || len(r.parts) == 1 && r.parts[0].literal != "")
	return r, r.err
}

func (r *Replacement) fail(pos int, msg string, cause error) error {
	return &ReplacementError{Text: r.text, Offset: pos, Msg: msg, cause: cause}
}

// reference reads a group reference from the dollar at i on, and gives the
// position behind it.
func (r *Replacement) reference(i int) int {
	start := i
	i++
	switch {
	case i == len(r.text):
		r.err = r.fail(i, "'$' without a group", nil)
	case r.text[i] == '{':
		return r.nameReference(start, i+1)
	case !isDigit(rune(r.text[i])):
		r.err = r.fail(i, "'$' followed by neither a digit nor '{'", nil)
	default:
		end := i
		for end < len(r.text) && isDigit(rune(r.text[end])) {
			end++
		}
		r.parts = append(r.parts, replacePart{digits: r.text[i:end], pos: start})
		return end
	}

	return i
}

func (r *Replacement) nameReference(start, i int) int {
	end := i
	for end < len(r.text) && (isASCIILetter(rune(r.text[end])) || isDigit(rune(r.text[end]))) {
		end++
	}

	// The checks come in Java's order, which decides the message.
	switch name := r.text[i:end]; {
	case name == "":
		r.err = r.fail(end, "group name is empty", nil)
	case end == len(r.text) || r.text[end] != '}':
		r.err = r.fail(end, "group name without closing '}'", nil)
	case isDigit(rune(name[0])):
		r.err = r.fail(i, "group name starts with a digit", nil)
	default:
		r.parts = append(r.parts, replacePart{name: name, pos: start})
	}

	return end + 1
}

// group resolves the number of a part: as many digits as make a group that
// exists, the first one in any case. rest is what is literal again.
func (p replacePart) group(re *Regexp) (n int, rest string, ok bool) {
	if p.name != "" {
		n, ok = re.names[p.name]
		return n, "", ok
	}

	// The first digit counts in any case, further ones only while there are so many groups.
	n = int(p.digits[0] - '0')
	i := 1
	for ; i < len(p.digits); i++ {
		m := n*10 + int(p.digits[i]-'0')
		if m > re.groups {
			break
		}
		n = m
	}

	return n, p.digits[i:], n <= re.groups
}

// Check tells whether r can be used with re: whether its syntax is right and
// its groups exist. Replacing without a match does not need that.
func (re *Regexp) Check(r *Replacement) error {
	for _, p := range r.parts {
		if p.literal == "" {
			if _, _, ok := p.group(re); !ok {
				return r.missing(p, re)
			}
		}
	}

	return r.err
}

func (r *Replacement) missing(p replacePart, re *Regexp) error {
	if p.name != "" {
		return r.fail(p.pos, "no group with the name "+p.name, nil)
	}
	return r.fail(p.pos, fmt.Sprintf("no group %s, the expression has %d", p.digits[:1], re.groups), ErrNoGroup)
}

// Bind returns r with its groups looked up for re, so that replacing need not do it for each
// match. With other expressions it is what r is.
func (re *Regexp) Bind(r *Replacement) *Replacement {
	if re.Check(r) != nil {
		return r // what is wrong shows when something matches
	}

	c := *r
	c.of, c.bound, c.halves = re, nil, strings.Contains(r.text, "\xED")
	for _, p := range r.parts {
		if p.literal != "" {
			c.bound = append(c.bound, boundPart{literal: p.literal})
			continue
		}
		n, rest, _ := p.group(re)
		c.bound = append(c.bound, boundPart{group: n})
		if rest != "" {
			c.bound = append(c.bound, boundPart{literal: rest})
		}
	}
	return &c
}

// appendMatch appends the replacement of the match in s.
func (r *Replacement) appendMatch(dst []byte, s *scan) ([]byte, error) {
	// The usual case: the replacement was made for this expression, whose groups are known, and no name
	// is looked up.
	if r.of == s.re {
		for i := range r.bound {
			if p := &r.bound[i]; p.literal != "" {
				mark := len(dst)
				dst = join(append(dst, p.literal...), mark)
			} else {
				dst = s.appendGroup(dst, p.group)
			}
		}
		return dst, nil
	}

	for _, p := range r.parts {
		if p.literal != "" {
			mark := len(dst)
			dst = join(append(dst, p.literal...), mark)
			continue
		}

		n, rest, ok := p.group(s.re)
		if !ok {
			return dst, r.missing(p, s.re)
		}
		dst = append(s.appendGroup(dst, n), rest...)
	}

	return dst, r.err
}

// appendGroup appends what a group matched; one that took no part leaves nothing.
func (s *scan) appendGroup(dst []byte, n int) []byte {
	if from, to := s.m.groups[2*n], s.m.groups[2*n+1]; from >= 0 && to >= 0 {
		return s.m.appendTo(dst, from, to)
	}
	return dst
}
