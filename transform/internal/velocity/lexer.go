package velocity

import "strings"

// lexer cuts a template into tokens. What a character means depends on the
// state, and the parser changes the state of what has not been read yet, so
// tokens are made one at a time.
type lexer struct {
	src       string
	pos       int
	state     lexState
	stack     []savedState
	open      int // parentheses opened in this state
	closed    int // parentheses closed
	verbatim  bool
	insideSet bool
}

type savedState struct {
	state        lexState
	open, closed int
}

// maxBackslashes bounds a run of backslashes, which is looked through again
// for each of its tokens.
const maxBackslashes = 1000

var tooManyBackslashes = strings.Repeat(`\`, maxBackslashes)

func newLexer(src string) (*lexer, *SyntaxError) {
	if i := strings.Index(src, tooManyBackslashes); i >= 0 {
		return nil, syntaxErrorf(src, i, CodeLimit, "more than %d backslashes in a row", maxBackslashes-1)
	}
	return &lexer{src: src}, nil
}

func (l *lexer) push(state lexState) {
	l.stack = append(l.stack, savedState{state: l.state, open: l.open, closed: l.closed})
	l.open = 0
	l.state = state
}

// pop goes back to the state before; without one, to text.
func (l *lexer) pop() bool {
	n := len(l.stack) - 1
	if n < 0 {
		l.open = 0
		l.state = inText
		return false
	}

	s := l.stack[n]
	l.stack = l.stack[:n]
	l.state, l.open, l.closed = s.state, s.open, s.closed
	return true
}

// scan reads the next token.
func (l *lexer) scan() (*token, *SyntaxError) {
	var special *token
	start := l.pos
	for {
		if l.pos == len(l.src) {
			// What was read as the front of a token is no token by itself.
			if start == l.pos {
				return &token{kind: tEOF, pos: l.pos, special: special}, nil
			}
			return nil, l.unfinished(start)
		}

		// The longest match counts, of equal ones the first in Velocity's grammar.
		kind, n := match(l.state, l.src[l.pos:])
		switch {
		case kind == tNothing:
			return nil, l.unexpected()
		case kind >= tDollar && kind <= tHash:
			l.pos += n
			l.prefix(kind)
		case kind == tMore:
			l.pos += n
		case kind == tSkip:
			l.pos += n
			start = l.pos
		case kind == tReferenceEnd || kind == tDirectiveEnd:
			t := &token{kind: kind, image: l.src[start : l.pos+n], pos: start, special: special}
			if special != nil {
				special.after = t
			}
			special, start = t, l.pos
			l.pop()

		default:
			l.pos += n
			t := &token{kind: kind, image: l.src[start:l.pos], pos: start, special: special}
			l.finish(t)
			return t, nil
		}
	}
}

// unfinished reports a template that ends in the middle of a token.
func (l *lexer) unfinished(start int) *SyntaxError {
	// The usual reasons have words of their own.
	switch {
	case l.state == inTextblock:
		return syntaxErrorf(l.src, start, CodeUnbalanced, "#[[ without ]]#")
	case l.src[len(l.src)-1] == '$':
		return syntaxErrorf(l.src, len(l.src)-1, CodeOther, "$ at the end of the template")
	}

	return syntaxErrorf(l.src, start, CodeOther, "unexpected end of the template after %s", quote(l.src[start:]))
}

func (l *lexer) unexpected() *SyntaxError {
	rest := l.src[l.pos:]
	if rest[0] == '"' || rest[0] == '\'' {
		return syntaxErrorf(l.src, l.pos, CodeUnbalanced, "quote %c is not closed", rest[0])
	}
	for _, r := range rest {
		return syntaxErrorf(l.src, l.pos, CodeOther, "unexpected character %q", r)
	}
	return nil
}

// prefix switches the state for what becomes the front of the next token.
func (l *lexer) prefix(kind tokenKind) {
	// Inside of a comment or a text block marks are characters.
	if l.verbatim {
		return
	}

	// A mark ends the reference in front of it.
	switch kind {
	case tDollar, tDollarBang:
		if l.state == inReference {
			l.pop()
		}
		l.push(inReference)
	case tHash:
		if l.state == inReference || l.state == inModifier {
			l.pop()
		}
		l.push(inHash)
	case tTextblockStart:
		l.verbatim = true
		l.push(inTextblock)
	case tFormalCommentStart:
		l.pos--
		l.verbatim = true
		l.push(inFormal)
	case tBlockCommentStart:
		l.verbatim = true
		l.push(inBlock)
	}
}

// finish changes the state as the token asks, and trims tokens that looked
// ahead.
func (l *lexer) finish(t *token) {
	switch t.kind {
	case tIndexOpen:
		l.push(inIndex)
	case tIndexClose, tCurlyClose, tEnd, tElse:
		l.pop()
	case tIf, tElseif:
		l.state = inDirective
	case tParenOpen:
		l.open++
		if l.state == inModifier {
			l.state = inArguments
		}
	case tParenClose:
		l.closeParen()
	case tCallClose:
		l.state = inReference
	case tSet:
		if !l.verbatim {
			l.push(inDirective)
			l.insideSet = true
			l.open++
		}

	case tLineCommentStart:
		l.startLineComment()
	case tLineCommentEnd, tFormalCommentEnd, tBlockCommentEnd, tTextblock:
		l.verbatim = false
		l.pop()

	// The dot was read together with the letter behind it, as a dot before anything else ends the
	// reference.
	case tDot:
		l.pos--
		t.image = "."
		l.state = inModifier
	default:
		l.finishLiteral(t)
	}
}

// finishLiteral handles texts and numbers, which end a directive that has no
// parentheses.
func (l *lexer) finishLiteral(t *token) {
	// A literal that no parenthesis surrounds is the last thing of its directive.
	bare := l.open == 0 && !l.insideSet
	switch t.kind {
	case tString:
		if bare && l.state == inDirective {
			l.pop()
		}
	case tInteger:
		if strings.HasSuffix(t.image, "..") {
			l.pos -= 2
			t.image = t.image[:len(t.image)-2]
		}

		if bare && l.state != inArguments && l.state != inIndex {
			l.pop()
		}

	case tFloat:
		if bare && l.state != inArguments {
			l.pop()
		}
	}
}

func (l *lexer) startLineComment() {
	if l.verbatim {
		return
	}
	if l.state == inReference {
		l.pop()
	}
	l.verbatim = true
	l.push(inLine)
}

// closeParen ends the state that opened the parenthesis.
func (l *lexer) closeParen() {
	if l.verbatim {
		return
	}

	for l.open == 0 {
		if !l.pop() {
			return
		}
	}

	// The last parenthesis closes the state, the others only count.
	if l.open == l.closed+1 {
		l.pop()
	} else {
		l.closed++
	}
}

// parenFollows looks for an opening parenthesis behind white space.
func (l *lexer) parenFollows() bool {
	for i := l.pos; i < len(l.src); i++ {
		switch l.src[i] {
		case '(':
			return true
		case ' ', '\n', '\r', '\t':
		default:
			return false
		}
	}

	return false
}

// literal is the text of tokens first to last, with what was skipped between
// them as far as Velocity keeps it.
func literal(first, last *token) string {
	if first == last {
		return tokenText(first)
	}

	var b strings.Builder
	for t := first; t != nil; t = t.next {
		b.WriteString(tokenText(t))
		if t == last {
			break
		}
	}

	return b.String()
}

// images is the text of tokens first to last without anything that was
// skipped, as directives of unknown names show themselves.
func images(first, last *token) string {
	var b strings.Builder
	for t := first; ; t = t.next {
		b.WriteString(t.image)
		if t == last {
			return b.String()
		}
	}
}

// tokenText is the image of a token and what is kept of skipped pieces in
// front of it.
func tokenText(t *token) string {
	if t.kind == tBlockCommentEnd {
		return ""
	}
	if t.special == nil || strings.HasPrefix(t.special.image, "##") {
		return t.image
	}

	// Tokens that were passed over still show in the text of a directive that is none.
	s := t.special
	for s.special != nil {
		s = s.special
	}

	var b strings.Builder
	for ; s != nil; s = s.after {
		keepMarks(&b, s.image)
	}

	b.WriteString(t.image)
	return b.String()
}

// keepMarks writes what Velocity keeps of a skipped piece: # and $, and
// backslashes only in front of $. What follows such a $ is passed over.
func keepMarks(b *strings.Builder, s string) {
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '#', '$':
			b.WriteByte(s[i])
		case '\\':
			if j := run(s, i, '\\'); j < len(s) && s[j] == '$' {
				b.WriteString(s[i : j+1])
				i = j + 1
			}
		}
	}
}
