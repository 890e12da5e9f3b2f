package javaregex

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// linear runs an expression on package regexp. That is possible for
// expressions made of classes, texts, groups, alternatives and greedy or lazy
// repetitions of what is never empty: there "leftmost, first alternative" says
// what both do. Only texts of the basic plane in valid UTF-8 go this way, since
// Java's positions inside of surrogate pairs have no equal.
type linear struct {
	start *regexp.Regexp // for a search from the start of the text
	later *regexp.Regexp // for any other, where \A cannot match; may be nil
	// lines says that $ occurs. It is translated to \z, which is right as long
	// as the text has no line terminator.
	lines bool
	// cost is how many steps a byte of text costs, by the size of the program.
	cost int64
}

// maxProgram is the largest program, in instructions, that is worth a try.
const maxProgram = 5000

// instructions is about how many instructions t takes in package regexp.
func (t *tree) instructions() int {
	n := 1 + len(t.sets)
	for _, s := range t.subs {
		n = min(n+s.instructions(), maxProgram+1)
	}

	// Package regexp writes a counted repetition out.
	if t.kind == kindRepeat {
		rounds := max(t.min, 1)
		if t.max != unlimited {
			rounds = max(t.max, 1)
		}
		n *= min(rounds, maxProgram+1)
	}

	return min(n, maxProgram+1)
}

// maxLinear is the largest repetition that package regexp takes.
const maxLinear = 1000

// newLinear gives nil where the translation would not be exact.
func newLinear(t *tree) *linear {
	size := t.instructions()
	if size > maxProgram {
		return nil
	}

	var w linearWriter
	w.never = "[^\\x{0}-\\x{10FFFF}]"
	if !w.write(t) {
		return nil
	}

	// A byte costs more the more threads can be alive.
	l := &linear{lines: w.lines, cost: 1 + int64(size)/16}
	var err error
	if l.start, err = regexp.Compile(w.out.String()); err != nil {
		return nil // larger than package regexp allows
	}

	// Behind the start \A never matches, but a search there would see its text begin.
	if l.later = l.start; w.begins {
		rest := linearWriter{noBegin: true, never: w.never}
		rest.write(t)
		if l.later, err = regexp.Compile(rest.out.String()); err != nil {
			return nil
		}
	}

	return l
}

// fits tells whether src is a text for which l is exact.
func (l *linear) fits(src string) bool {
	if l == nil {
		return false
	}

	ascii := true
	for i := 0; i < len(src); i++ {
		// Four bytes are a surrogate pair in Java; at a line terminator $ has more to say than
		// \z.
		switch c := src[i]; {
		case c == '\n' || c == '\r':
			if l.lines {
				return false
			}
		case c >= 0xF0:
			return false
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}

	// ASCII has no other line ends, and no bytes that could be wrong.
	if ascii {
		return true
	}

	return utf8.ValidString(src) && (!l.lines || !strings.ContainsAny(src, "\u0085\u2028\u2029"))
}

// find searches from the byte i on and gives the groups relative to i.
func (l *linear) find(src string, i int) []int {
	re := l.start
	if i > 0 {
		re = l.later
	}
	return re.FindStringSubmatchIndex(src[i:])
}

// linearWriter writes a tree in the syntax of package regexp.
type linearWriter struct {
	out     strings.Builder
	lines   bool
	begins  bool
	noBegin bool   // write never for \A
	never   string // matches nothing
	dry     bool   // only find out whether writing is possible
}

// linear tells whether t can be written for package regexp.
func (t *tree) linear() bool {
	w := linearWriter{dry: true}
	return w.write(t)
}

// write reports whether t can be written.
func (w *linearWriter) write(t *tree) bool {
	// What has no counterpart in the other language ends the attempt, and the expression stays with the matcher.
	switch t.kind {
	case kindEmpty:
		w.out.WriteString("(?:)")
	case kindSet:
		w.class(t.set)
	case kindText:
		for _, s := range t.sets {
			w.class(s)
		}
	case kindConcat:
		for _, s := range t.subs {
			if !w.write(s) {
				return false
			}
		}

	case kindAlternate:
		return w.alternatives(t)
	case kindGroup:
		w.out.WriteString("(")
		if t.group == 0 {
			w.out.WriteString("?:")
		}
		ok := w.write(t.subs[0])
		w.out.WriteString(")")
		return ok

	case kindRepeat:
		return w.repeat(t)
	case kindBegin:
		w.begins = true
		if w.noBegin {
			w.out.WriteString(w.never)
		} else {
			w.out.WriteString(`\A`)
		}

	case kindEnd:
		w.out.WriteString(`\z`)
	case kindDollar:
		w.lines = true
		w.out.WriteString(`\z`)
		return !t.lines
	default:
		return false
	}

	return true
}

func (w *linearWriter) alternatives(t *tree) bool {
	w.out.WriteString("(?:")
	for i, s := range t.subs {
		if i > 0 {
			w.out.WriteByte('|')
		}
		if !w.write(s) {
			return false
		}
	}

	w.out.WriteByte(')')
	return true
}

// repeat refuses what may be empty, where Java leaves a loop in its own way,
// and what never gives back.
func (w *linearWriter) repeat(t *tree) bool {
	body := t.subs[0]
	if t.manner == possessive || body.kind != kindSet && body.kind != kindGroup || body.canBeEmpty() {
		return false
	}
	if body.kind == kindGroup && !t.loops && !t.optional() && body.subs[0].captures() {
		return false // Java keeps what such a group captured even where the match fails
	}

	// What is left matches the same in both.
	if !w.write(body) {
		return false
	}

	switch {
	case t.min > maxLinear || t.max > maxLinear && t.max != unlimited:
		return false
	case t.max == unlimited:
		fmt.Fprintf(&w.out, "{%d,}", t.min)
	default:
		fmt.Fprintf(&w.out, "{%d,%d}", t.min, t.max)
	}

	if t.manner == lazy {
		w.out.WriteByte('?')
	}

	return true
}

// captures tells whether a capturing group is in t.
func (t *tree) captures() bool {
	if t.kind == kindGroup && t.group > 0 {
		return true
	}

	for _, s := range t.subs {
		if s.captures() {
			return true
		}
	}

	return false
}

// canBeEmpty tells whether t can match without width.
func (t *tree) canBeEmpty() bool {
	// Assertions have no width and are in what is left below.
	switch t.kind {
	case kindSet, kindText, kindNewline, kindCluster:
		return false
	case kindConcat:
		for _, s := range t.subs {
			if !s.canBeEmpty() {
				return false
			}
		}

		return true

	case kindAlternate:
		for _, s := range t.subs {
			if s.canBeEmpty() {
				return true
			}
		}

		return false

	case kindGroup, kindAtomic:
		return t.subs[0].canBeEmpty()
	case kindRepeat:
		return t.min == 0 || t.subs[0].canBeEmpty()
	}

	return true
}

// class writes a set without its surrogates, which no valid text has.
func (w *linearWriter) class(s *charSet) {
	if w.dry {
		return
	}

	// Package regexp refuses surrogates.
	s = s.minus(rangeSet(0xD800, 0xDFFF))
	if len(s.spans) == 0 {
		w.out.WriteString(w.never)
		return
	}

	w.out.WriteByte('[')
	for _, sp := range s.spans {
		fmt.Fprintf(&w.out, `\x{%x}-\x{%x}`, sp.lo, sp.hi)
	}

	w.out.WriteByte(']')
}
