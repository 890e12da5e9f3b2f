package velocity

import (
	"slices"
	"unicode/utf8"
)

// Place says what a reference is used for.
type Place uint8

// The places of references.
const (
	PlaceText      Place = iota // printed
	PlaceCondition              // in #if or #elseif
	PlaceSet                    // on the right of #set
	PlaceTarget                 // on the left of #set
	PlaceArgument               // of a method, an index or a directive
	PlaceLoop                   // the variable of a #foreach
)

// Reference is one use of a variable, for findings about templates. Line and
// Column count from 1, Column in characters; Offset is in bytes. Inside quoted
// texts with doubled quotes or \u escapes positions are a little early.
type Reference struct {
	Name                 string
	Line, Column, Offset int
	Quiet                bool // $!x
	Braced               bool // ${x}
	Escaped              bool // \$x: printed as it stands, but raises all the same
	Bare                 bool // no $ in front: null as an argument, "null" mostly
	Place                Place
	Tested               bool // stands alone as a condition: #if($x), #if(!$x)
	Members              []Member
}

// Member is one step behind the name of a reference.
type Member struct {
	Name  string // "[]" for an index
	Call  bool   // a method
	Index bool
	Args  int
}

// NoteKind sorts notes.
type NoteKind uint8

// The kinds of notes.
const (
	NoteLineComment NoteKind = iota // ##: the rest of the line is dropped
	NoteWord                        // # and a word that is no directive, printed as it stands
	NoteOrder                       // <, <=, > or >=, which compare numbers only
	NoteCondition                   // a condition with one answer, which is Text
	NoteQuoted                      // a variable in single quotes, which is its name
	NotePattern                     // a regular expression that stands as a literal
)

// Note is something in a template that is worth a look although it is valid.
type Note struct {
	Kind                 NoteKind
	Line, Column, Offset int
	Text                 string   // the comment sign, the word with #, the operator
	Names                []string // NoteOrder: variables that are compared as they are
	HasText              bool     // NoteOrder: an operand is certainly text
}

// IsGlued reports whether the word of a [NoteWord] starts like #else or #end
// and was probably meant so.
func (n Note) IsGlued() bool {
	return n.Kind == NoteWord && (hasPrefix(n.Text, "#else") || hasPrefix(n.Text, "#end"))
}

// References lists the uses of variables by place in the template.
func (t *Template) References() []Reference {
	refs := slices.Clone(t.refs)
	slices.SortStableFunc(refs, func(a, b Reference) int { return a.Offset - b.Offset })
	w := walker{src: t.src, line: 1}
	for i := range refs {
		refs[i].Line, refs[i].Column = w.place(refs[i].Offset)
	}
	return refs
}

// Notes lists valid but doubtful things by place in the template.
func (t *Template) Notes() []Note {
	notes := slices.Clone(t.notes)
	slices.SortStableFunc(notes, func(a, b Note) int { return a.Offset - b.Offset })
	w := walker{src: t.src, line: 1}
	for i := range notes {
		notes[i].Line, notes[i].Column = w.place(notes[i].Offset)
	}
	return notes
}

// PatternBytes is how long the regular expressions are together that stand as literals.
func (t *Template) PatternBytes() int {
	n := 0
	for i := range t.notes {
		if t.notes[i].Kind == NotePattern {
			n += len(t.notes[i].Text)
		}
	}
	return n
}

// walker counts lines and characters for rising offsets.
type walker struct {
	src          string
	at           int
	line, column int // of at; column counts from 0
}

func (w *walker) place(offset int) (line, column int) {
	for w.at < offset {
		c := w.src[w.at]
		w.at++
		switch {
		case c == '\n' || c == '\r' && (w.at == len(w.src) || w.src[w.at] != '\n'):
			w.line, w.column = w.line+1, 0
		case utf8.RuneStart(c):
			w.column++
		}
	}

	return w.line, w.column + 1
}

// record notes a reference for findings.
func (p *parser) record(r *reference, braced bool, place Place) {
	ref := Reference{
		Name: r.name, Offset: r.pos, Quiet: r.quiet, Braced: braced,
		Escaped: r.escaped, Bare: r.bare, Place: place,
	}

	for _, m := range r.members {
		ref.Members = append(ref.Members, Member{
			Name: m.name, Call: m.kind == method, Index: m.kind == index, Args: len(m.args),
		})
	}

	r.record = len(p.refs)
	p.refs = append(p.refs, ref)
}

func (p *parser) note(kind NoteKind, t *token, text string) {
	p.notes = append(p.notes, Note{Kind: kind, Offset: p.offset(t.pos), Text: text})
}

// noteWord notes # with a word behind it that is printed as it stands.
func (p *parser) noteWord(t *token, name string) {
	p.note(NoteWord, t, "#"+name)
	if n := &p.notes[len(p.notes)-1]; n.IsGlued() {
		glued := *n
		p.glued = &glued
	}
}

// noteCompare notes an order comparison and what is known of its operands.
func (p *parser) noteCompare(e *binaryExpr, t *token) {
	if e.op < opLess || e.op > opGreaterEqual || p.err != nil {
		return
	}

	n := Note{Kind: NoteOrder, Offset: e.pos, Text: t.image}
	for _, side := range [...]expr{e.left, e.right} {
		switch side := side.(type) {
		case *literalExpr:
			n.HasText = n.HasText || side.value.kind == Text
		case *textExpr:
			n.HasText = true
		case *reference:
			if len(side.members) == 0 {
				n.Names = append(n.Names, side.name)
			} else if last := side.members[len(side.members)-1]; last.kind == method {
				n.HasText = n.HasText || last.method.givesText()
			}
		}
	}

	p.notes = append(p.notes, n)
}

// markTests marks the references that a condition tests as they are.
func (p *parser) markTests(e expr) {
	for p.err == nil {
		switch n := e.(type) {
		case *reference:
			p.refs[n.record].Tested = true
			return
		case *notExpr:
			e = n.operand
		case *binaryExpr:
			if n.op > opAnd {
				return
			}
			p.markTests(n.right)
			e = n.left

		default:
			return
		}
	}
}
