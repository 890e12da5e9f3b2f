package velocity

import "strings"

// reference parses $name and its members.
func (p *parser) reference(place Place) *reference {
	first := p.after(p.last)
	r := &reference{pos: p.offset(first.pos)}
	braced := p.skip(tCurlyOpen)
	p.expect(tName, "a name")
	if p.err != nil {
		return r
	}

	p.root(r, first)
	p.indexes(r)

	// A point only leads on when a name follows; at the end of a sentence it is text.
	for p.peek() == tDot && p.after(p.after(p.last)).kind == tName {
		p.take()
		name := p.take()
		m := member{name: name.image, pos: p.offset(name.pos)}
		if p.callFollows() {
			p.call(&m)
		}
		r.members = append(r.members, m)
		p.indexes(r)
	}

	if braced {
		p.expect(tCurlyClose, `"}" of the reference`)
	}

	// The text as it is written is kept for messages, and for quiet references that print themselves.
	if p.err == nil {
		r.literal = literal(first, p.last)
		p.record(r, braced, place)
	}

	return r
}

// indexes parses [index] any number of times.
func (p *parser) indexes(r *reference) {
	for p.peek() == tIndexOpen {
		m := member{kind: index, name: "[]", pos: p.offset(p.take().pos)}
		p.skip(tSpace)
		switch p.peek() {
		case tString, tInteger, tTrue, tFalse, tName, tCurlyOpen:
			m.args = []expr{p.value(PlaceArgument)}
		default:
			p.unexpected("an index")
		}

		p.skip(tSpace)
		p.expect(tIndexClose, `"]" of the index`)
		r.members = append(r.members, m)
	}
}

// callFollows tells a method from a property with a parenthesis behind it.
func (p *parser) callFollows() bool {
	if p.peek() != tParenOpen {
		return false
	}
	third := p.after(p.after(p.last)).kind
	return third == tSpace || third == tCallClose || startsValue(third)
}

func (p *parser) call(m *member) {
	p.take()
	m.kind = method
	if p.peek() != tCallClose {
		m.args = append(m.args, p.parameter(PlaceArgument))
		for p.skip(tComma) {
			m.args = append(m.args, p.parameter(PlaceArgument))
		}
	}

	p.expect(tCallClose, `"," or ")" of the method`)
	if p.err == nil {
		if pattern, ok := m.resolve(); ok {
			p.notes = append(p.notes, Note{Kind: NotePattern, Offset: m.pos, Text: pattern})
		}
		p.changes = p.changes || m.method.changes()
	}
}

// root finds name and kind of the reference in the front of its first token,
// which can be led by backslashes and by marks that did not become anything.
// The token is left without them, as the texts of directives around show it.
func (p *parser) root(r *reference, first *token) {
	if strings.Contains(first.image, `\!`) {
		// $\!x is a reference to a name that cannot be.
		r.name, r.slot, r.broken = first.image, -1, true
		return
	}

	// Half of the backslashes are text, and an odd one escapes the reference.
	full := len(first.image)
	if n := run(first.image, 0, '\\'); n > 0 {
		r.escaped = n%2 != 0
		r.prefix = first.image[:n/2]
		first.image = first.image[n:]
	}

	// Dollars in front of the last one are text.
	if i := strings.LastIndexByte(first.image, '$'); i > 0 {
		if !r.escaped {
			r.prefix += first.image[:i]
		}
		first.image = first.image[i:]
	}

	s := first.image
	r.pos += full - len(s)
	switch {
	case hasPrefix(s, "$!{"):
		r.quiet, r.name = true, first.next.image
	case hasPrefix(s, "$!"):
		r.quiet, r.name = true, s[len("$!"):]
	case s == "${":
		r.name = first.next.image
	case s[0] == '$':
		r.name = s[len("$"):]
	default:
		r.bare, r.name = true, s
	}

	if !r.bare {
		r.slot = p.slot(r.name)
	}
}

// rangeFollows looks ahead for the two dots that tell [1..3] from a list.
func (p *parser) rangeFollows() bool {
	s := &scanner{p: p, at: p.last}
	if !s.is(tListOpen) {
		return false
	}

	s.is(tSpace)
	if !s.reference() && !s.is(tInteger) {
		return false
	}

	s.is(tSpace)
	return s.is(tRange)
}

// maxScan bounds the tokens that lookaheads of one template may look at, beside
// 16 for each of its bytes: ranges inside lists inside ranges make them many.
const maxScan = 1 << 14

// scanner looks ahead: each function says whether that much stands next, and
// moves behind it if so.
type scanner struct {
	p  *parser
	at *token
}

func (s *scanner) is(kind tokenKind) bool {
	if s.p.scanned++; s.p.scanned > maxScan+16*len(s.p.src) {
		s.p.fail(s.at.pos, CodeLimit, "lists are nested too deeply")
		return false
	}

	t := s.p.after(s.at)
	if s.p.err != nil || t.kind != kind {
		return false
	}

	s.at = t
	return true
}

// try runs f and moves back if it fails.
func (s *scanner) try(f func() bool) bool {
	defer func() { s.p.depth-- }()
	at := s.at
	if s.p.deeper() && f() {
		return true
	}
	s.at = at
	return false
}

func (s *scanner) reference() bool {
	return s.try(func() bool { return s.is(tName) && s.members() }) ||
		s.try(func() bool { return s.is(tCurlyOpen) && s.is(tName) && s.members() && s.is(tCurlyClose) })
}

func (s *scanner) members() bool {
	s.indexes()
	for s.try(func() bool { return s.is(tDot) && (s.try(s.call) || s.is(tName)) }) {
		s.indexes()
	}
	return true
}

func (s *scanner) indexes() {
	for s.try(func() bool {
		if !s.is(tIndexOpen) {
			return false
		}
		s.is(tSpace)
		if !s.is(tString) && !s.is(tInteger) && !s.is(tTrue) && !s.is(tFalse) && !s.reference() {
			return false
		}
		s.is(tSpace)
		return s.is(tIndexClose)
	}) {
	}
}

func (s *scanner) call() bool {
	if !s.is(tName) || !s.is(tParenOpen) {
		return false
	}
	s.try(func() bool { return s.parameters(s.value) })
	return s.is(tCallClose)
}

// parameters looks for items between commas.
func (s *scanner) parameters(item func() bool) bool {
	one := func() bool {
		s.is(tSpace)
		if !item() {
			return false
		}
		s.is(tSpace)
		return true
	}

	if !one() {
		return false
	}

	for s.try(func() bool { return s.is(tComma) && one() }) {
	}
	return true
}

func (s *scanner) value() bool {
	return s.is(tString) || s.is(tInteger) ||
		s.try(s.rangeValue) || s.try(s.mapValue) || s.try(s.list) ||
		s.is(tTrue) || s.is(tFalse) || s.reference() || s.is(tFloat)
}

func (s *scanner) list() bool {
	if !s.is(tListOpen) {
		return false
	}
	s.try(func() bool { return s.parameters(s.value) })
	return s.is(tListClose)
}

func (s *scanner) mapValue() bool {
	if !s.is(tMapOpen) {
		return false
	}

	entry := func() bool {
		if !s.value() {
			return false
		}
		s.is(tSpace)
		if !s.is(tColon) {
			return false
		}
		s.is(tSpace)
		return s.value()
	}

	// An empty map may have a blank in it, and nothing else.
	if !s.try(func() bool { return s.parameters(entry) }) {
		s.is(tSpace)
	}
	return s.is(tMapClose) || s.is(tCurlyClose)
}

func (s *scanner) rangeValue() bool {
	end := func() bool {
		s.is(tSpace)
		if !s.reference() && !s.is(tInteger) {
			return false
		}
		s.is(tSpace)
		return true
	}

	return s.is(tListOpen) && end() && s.is(tRange) && end() && s.is(tListClose)
}
