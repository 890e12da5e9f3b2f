package velocity

import "strings"

const (
	// maxDepth bounds blocks, expressions and texts inside each other.
	maxDepth = 256
	// maxChain bounds the operators in a row of one level.
	maxChain = 1000
)

// builder holds what a template and the texts inside it share while they are
// parsed.
type builder struct {
	src     string
	names   []string
	slots   map[string]int
	refs    []Reference
	notes   []Note
	depth   int
	scanned int // tokens looked at in lookaheads
	sets    bool
	changes bool
	glued   *Note // the last #end or #else with letters behind it
}

// slot returns the slot of a name, making one if need be.
func (b *builder) slot(name string) int {
	if i, ok := b.slots[name]; ok {
		return i
	}
	if b.slots == nil {
		b.slots = map[string]int{}
	}

	i := len(b.names)
	b.slots[name] = i
	b.names = append(b.names, name)
	return i
}

// parser turns tokens into the tree. After the first error, which is kept,
// every token reads as the end of the template.
type parser struct {
	*builder
	lex   *lexer
	last  *token // taken last
	err   *SyntaxError
	base  int // offset of the source in that of the template
	place Place
}

func newParser(b *builder, src string, base int, place Place) *parser {
	p := &parser{builder: b, last: &token{}, base: base, place: place}
	p.lex, p.err = newLexer(src)
	return p
}

// fail keeps the first error.
func (p *parser) fail(pos int, code Code, format string, args ...any) {
	if p.err == nil {
		p.err = syntaxErrorf(p.src, p.offset(pos), code, format, args...)
	}
}

// offset turns a place in the parser's source into one of the template.
// Doubled quotes inside texts shift it a little.
func (p *parser) offset(pos int) int { return min(p.base+pos, len(p.src)) }

// after returns the token behind t.
func (p *parser) after(t *token) *token {
	if t.next == nil {
		t.next = p.read()
	}
	return t.next
}

func (p *parser) read() *token {
	if p.err == nil {
		t, err := p.lex.scan()
		if err == nil {
			return t
		}
		p.err = syntaxErrorf(p.src, p.offset(err.Offset), err.Code, "%s", err.Msg)
	}

	return &token{kind: tEOF, pos: len(p.lex.src)}
}

// peek returns the kind of the next token.
func (p *parser) peek() tokenKind {
	if p.err != nil {
		return tEOF
	}
	return p.after(p.last).kind
}

func (p *parser) take() *token {
	t := p.after(p.last)
	if t.kind != tEOF {
		p.last = t
	}
	return t
}

// skip takes the next token if it is of that kind.
func (p *parser) skip(kind tokenKind) bool {
	if p.peek() != kind {
		return false
	}
	p.take()
	return true
}

// expect takes a token of that kind or fails.
func (p *parser) expect(kind tokenKind, what string) *token {
	if p.peek() == kind {
		return p.take()
	}
	p.unexpected(what)
	return p.after(p.last)
}

// unexpected reports the next token, which stands where what should.
func (p *parser) unexpected(what string) {
	// The first problem is reported; those after it are mostly consequences.
	if p.err != nil {
		return
	}

	t := p.after(p.last)
	code := CodeOther

	// People write null as in Java; the template language has no such word, and the plain message would not say
	// so.
	switch {
	case t.image == "null":
		p.fail(t.pos, CodeNull, "null is not a value of the template language, expected %s", what)
		return
	case t.kind == tEOF || t.kind == tEnd || t.kind == tElse || t.kind == tElseif:
		code = CodeUnbalanced
	}

	// #end with letters behind it is a word, so that the real end is missing further down.
	hint := ""
	if code == CodeUnbalanced && p.glued != nil {
		hint = "; " + quote(p.glued.Text) + " is read as a word, write #{end} or #{else}"
	}

	p.fail(t.pos, code, "found %s, expected %s%s", t.describe(), what, hint)
}

// deeper counts a level of nesting, which the caller takes back at its end.
func (p *parser) deeper() bool {
	p.depth++
	if p.depth <= maxDepth {
		return true
	}
	p.fail(p.last.pos, CodeLimit, "nested more than %d deep", maxDepth)
	return false
}

// template parses a whole source.
func (p *parser) template() []node {
	body := p.statements()
	if p.peek() != tEOF {
		p.unexpected("text or a directive")
	}
	return body
}

// statements parses until a token that starts none.
func (p *parser) statements() []node {
	defer func() { p.depth-- }()
	if !p.deeper() {
		return nil
	}

	var body nodeList
	for p.err == nil {
		n, more := p.statement()
		if !more {
			break
		}
		body.add(n)
	}

	return body.finish()
}

// nodeList collects statements and joins texts.
type nodeList struct {
	nodes []node
	text  []byte
}

func (l *nodeList) add(n node) {
	if t, ok := n.(*textNode); ok {
		l.text = joinText(l.text, t.text)
	} else if n != nil {
		l.nodes = append(l.finish(), n)
	}
}

func (l *nodeList) finish() []node {
	if len(l.text) > 0 {
		l.nodes = append(l.nodes, &textNode{string(l.text)})
		l.text = l.text[:0]
	}

	return l.nodes
}

func (p *parser) statement() (n node, ok bool) {
	switch p.peek() {
	case tIf:
		return p.ifStatement(), true
	case tName:
		return p.reference(p.place), true
	case tCurlyOpen:
		// A brace without a name behind it is text.
		if p.after(p.after(p.last)).kind == tName {
			return p.reference(p.place), true
		}
		return p.text(), true
	case tLineCommentStart, tBlockCommentEnd, tFormalCommentEnd:
		return p.comment(), true
	case tTextblock:
		s := p.take().image
		return &textNode{s[len("#[[") : len(s)-len("]]#")]}, true
	case tSet:
		return p.set(), true
	case tEscapedDirective:
		t := p.take()
		t.image = unescapeDirective(t.image)
		return &textNode{t.image}, true
	case tDoubleEscape:
		return p.escapes(), true
	case tWord, tBracedWord:
		return p.directive(), true
	case tText, tDot, tParenOpen, tParenClose, tInteger, tFloat, tString, tEscape, tCurlyClose, tEmptyIndex:
		return p.text(), true
	}

	return nil, false
}

func (p *parser) text() node { return &textNode{tokenText(p.take())} }

// comment prints what the lexer had put in front of it, such as $.
func (p *parser) comment() node {
	t := p.take()
	if t.kind == tLineCommentStart {
		p.note(NoteLineComment, t, "##")
		p.skip(tLineCommentEnd)
	}

	// A comment ends the text in front of it.
	for _, mark := range [...]string{"##", "#*"} {
		if i := strings.Index(t.image, mark); i >= 0 {
			return &textNode{t.image[:i]}
		}
	}

	return nil
}

// directives that Velocity knows beside #if and #set.
var directives = map[string]bool{
	"foreach": true, "include": true, "parse": true, "macro": true, "literal": true,
	"evaluate": true, "break": true, "define": true, "stop": true,
}

func isDirective(name string) bool {
	switch name {
	case "if", "end", "set", "else", "elseif":
		return true
	}

	return directives[name]
}

// unescapeDirective halves the backslashes in front of a directive's name.
func unescapeDirective(s string) string {
	i := strings.LastIndexByte(s, '\\')
	name := strings.TrimSuffix(strings.TrimPrefix(s[i+2:], "{"), "}")
	if isDirective(name) {
		return s[:i/2] + s[i+1:]
	}
	return s
}

// escapes parses pairs of backslashes; in front of a directive each pair is
// one backslash.
func (p *parser) escapes() node {
	n := 0
	for p.skip(tDoubleEscape) {
		n++
	}

	next := p.after(p.last)

	// In front of a directive two backslashes print one, elsewhere both.
	control := false
	switch next.kind {
	case tIf, tElse, tElseif, tEnd:
		control = true
	default:
		control = len(next.image) > 1 && directives[next.image[1:]]
	}

	if control {
		return &textNode{strings.Repeat(`\`, n)}
	}
	return &textNode{strings.Repeat(`\\`, n)}
}

func (p *parser) ifStatement() node {
	start := p.take()
	n := &ifNode{pos: p.offset(start.pos)}
	for {
		p.skip(tSpace)
		p.expect(tParenOpen, `"(" of the condition`)
		first := p.after(p.last)
		test := p.expression(PlaceCondition)

		// A condition may compare or only ask whether something is there; lint tells the two apart.
		p.markTests(test)
		p.noteCondition(test, first.pos)
		p.expect(tParenClose, `")" of the condition`)
		n.branches = append(n.branches, branch{test, p.statements()})
		if p.peek() != tElseif {
			break
		}

		p.take()
	}

	// There is one #else at most, and #end behind it.
	if p.skip(tElse) {
		n.other = p.statements()
	}

	p.expectEnd(start, "#if")
	return n
}

// expectEnd takes the #end of the directive at start.
func (p *parser) expectEnd(start *token, name string) {
	if p.peek() == tEnd {
		p.take()
		return
	}

	line, column := place(p.src, p.offset(start.pos))
	p.unexpected("#end of the " + name + " at line " + itoa(line) + ", column " + itoa(column))
}

func (p *parser) set() node {
	p.take()
	p.sets = true
	p.skip(tSpace)
	first := p.after(p.last)
	n := &setNode{}
	if k := first.kind; k != tName && k != tCurlyOpen {
		p.unexpected("the variable to set")
		return n
	}

	n.left = p.reference(PlaceTarget)
	if p.err != nil {
		return n
	}

	switch {
	case len(n.left.members) > 0:
		p.changes = true
	case n.left.quiet || first.kind == tCurlyOpen:
		// Velocity takes the first token behind $ for the name, so this sets "{"
		// or "!x", which no reference can ask for.
		n.left.slot = -1
	}

	p.skip(tSpace)
	p.expect(tAssign, `"="`)

	// The place is noted before the expression is read: a quoted reference is reported where it begins.
	value := p.after(p.last)
	n.right = p.expression(PlaceSet)
	if quoted := singleQuoted(n.right); quoted != "" && p.err == nil {
		p.notes = append(p.notes, Note{Kind: NoteQuoted, Offset: p.offset(value.pos), Text: quoted})
	}

	p.expect(tParenClose, `")" of the #set`)
	p.lex.insideSet = false
	return n
}
