package velocity

import "github.com/idprofile/engine/transform/internal/limit"

// Template is a compiled template. It is immutable and safe for concurrent
// use.
type Template struct {
	src     string
	names   []string
	body    []node
	simple  []segment // body, when it is nothing but texts and variables
	refs    []Reference
	notes   []Note
	sets    bool // sets variables
	changes bool // changes lists or maps
	scope   loopSlots
}

// segment is a text or, with slot >= 0, a variable.
type segment struct {
	text string
	slot int
	ref  *reference
}

// NeedsRender reports whether a string of a configuration goes through the
// engine at all: when it has $, ${ or $! with a letter or _ behind it, or #
// with a letter, {, #, * or [[ behind it. All other strings are literal, such
// as regular expressions that end in $.
//
// Source: DECISION 10.
func NeedsRender(s string) bool {
	for i := 0; i+1 < len(s); i++ {
		switch s[i] {
		case '$':
			// Quiet and braced references are told by the character behind ! and {; anything else is a plain
			// dollar.
			j := i + 1
			if s[j] == '!' {
				j++
			}
			if j < len(s) && s[j] == '{' {
				j++
			}
			if j < len(s) && (isLetter(s[j]) || s[j] == '_') {
				return true
			}

		case '#':
			if c := s[i+1]; isLetter(c) || c == '{' || c == '#' || c == '*' || hasPrefix(s[i+1:], "[[") {
				return true
			}
		}
	}

	return false
}

// Parse compiles a template. The error is a [*SyntaxError]: the first problem,
// because after one the rest cannot be understood.
func Parse(src string) (*Template, error) {
	b := &builder{src: src}
	p := newParser(b, src, 0, PlaceText)
	body := p.template()
	if p.err != nil {
		return nil, p.err
	}

	// Slots of the loop variables are -1 unless the template names them, so that loops set only what is read.
	t := &Template{
		src: src, names: b.names, body: body, refs: b.refs, notes: b.notes,
		sets: b.sets, changes: b.changes,
		scope: loopSlots{foreach: -1, count: -1, hasNext: -1},
	}

	// The engine keeps these up to date in each round; a template that does not name them pays nothing.
	for name, slot := range map[string]*int{
		"foreach": &t.scope.foreach, "velocityCount": &t.scope.count, "velocityHasNext": &t.scope.hasNext,
	} {
		if i, ok := b.slots[name]; ok {
			*slot = i
		}
	}

	t.simple = segments(body)
	return t, nil
}

// segments returns the fast form of a template, or nil.
func segments(body []node) []segment {
	list := make([]segment, 0, len(body)+1)
	for _, n := range body {
		switch n := n.(type) {
		case *textNode:
			list = append(list, segment{text: n.text, slot: -1})
		case *reference:
			// Members, escapes and null handling need the evaluator: one such node makes all of the template slow.
			if len(n.members) > 0 || n.escaped || n.bare || n.slot < 0 {
				return nil
			}
			if n.prefix != "" {
				list = append(list, segment{text: n.prefix, slot: -1})
			}
			list = append(list, segment{slot: n.slot, ref: n})

		default:
			return nil
		}
	}

	return list
}

// Names lists the variables of the template by first use: the slots of
// [Template.Eval]. Names that only the template itself sets are among them;
// the caller leaves those null.
func (t *Template) Names() []string { return t.names }

// Part is a piece of a simple template: a text or, when Name is not negative,
// the variable Names()[Name].
type Part struct {
	Text string
	Name int
}

// Parts returns the pieces of a template that is only texts and plain
// variables, nil for others. Rendering it takes len(Parts()) + 1 steps.
func (t *Template) Parts() []Part {
	var parts []Part
	for _, s := range t.simple {
		parts = append(parts, Part{s.text, s.slot})
	}
	return parts
}

// Single returns the only reference of a template that is nothing else, such
// as $identity.getManager().
func (t *Template) Single() (r Reference, ok bool) {
	if len(t.body) != 1 {
		return Reference{}, false
	}

	n, ok := t.body[0].(*reference)
	if !ok {
		return Reference{}, false
	}

	r = t.refs[n.record]
	r.Line, r.Column = place(t.src, r.Offset)
	return r, true
}

// Eval appends the text of the template to dst. vars[i] is the value of
// Names()[i]; a missing or null one is an error where the template refers to
// it. vars and the lists and maps in it are not changed. Steps and output are
// taken from b, which may be nil.
//
// Errors are [*RenderError] or [limit.Err]; dst is then returned as it was.
func (t *Template) Eval(b *limit.Budget, vars []Value, dst []byte) ([]byte, error) {
	if t.simple != nil {
		return t.evalSimple(b, vars, dst)
	}

	e := evaluator{t: t, b: b, vars: vars, dst: dst}

	// The caller's variables are copied only when the template can write: most of them only read.
	if n := len(t.names); t.sets || t.changes || len(vars) < n {
		e.vars = make([]Value, n)
		copy(e.vars, vars)
	}

	if t.changes {
		if err := e.copyVars(); err != nil {
			return dst, err
		}
	}

	// #stop and #break outside of a loop end the template, and what it has written so far is its text.
	if err := e.run(t.body); err != nil && err != errStop && err != errBreak {
		return dst, err
	}
	return e.dst, nil
}

func (t *Template) evalSimple(b *limit.Budget, vars []Value, dst []byte) ([]byte, error) {
	if err := b.Spend(int64(len(t.simple)) + 1); err != nil {
		return dst, err
	}

	// A template of texts and plain references, which most are, needs no tree: its parts are joined.
	out := dst
	for i := range t.simple {
		s := &t.simple[i]
		start := len(out)
		switch {
		case s.slot < 0:
			out = append(out, s.text...)
		case s.slot >= len(vars) || vars[s.slot].kind == Unset:
			return dst, t.invalid(s.ref, 0)
		case vars[s.slot].kind == Text:
			out = joinText(out, vars[s.slot].text)
		default:
			var err error
			if out, err = appendValue(out, vars[s.slot], b, 0); err != nil {
				return dst, err
			}
		}

		// Counted by what was written, so that a long value costs what it is long.
		if err := b.Produce(len(out) - start); err != nil {
			return dst, err
		}
	}

	return out, nil
}

// copyVars copies the lists and maps of the caller.
func (e *evaluator) copyVars() error {
	var c copier
	for i, v := range e.vars {
		if v.kind != List && v.kind != Map {
			continue
		}
		e.vars[i] = c.copy(v)
	}

	return e.b.Spend(c.items)
}

// Names of references in messages.
func (r *reference) text(upTo int) string {
	s := "$"
	if r.quiet {
		s = "$!"
	}

	s += r.name
	for i := 0; i < upTo; i++ {
		switch m := &r.members[i]; m.kind {
		case index:
			s += "[]"
		case method:
			s += "." + m.name + "()"
		default:
			s += "." + m.name
		}
	}

	return s
}

// invalid is the error for a reference that is null after n members.
func (t *Template) invalid(r *reference, n int) error {
	line, column := place(t.src, r.pos)
	return &RenderError{Kind: ErrInvalidReference, Reference: r.text(n), Line: line, Column: column}
}
