package velocity

// The functions here say which token fits best at a place: the longest one,
// and of equally long ones the first in the order of tokenKind. They look at
// bytes, which is right for UTF-8 because all syntax is ASCII.

// best keeps the better of two matches.
type best struct {
	kind tokenKind
	n    int
}

func (b *best) add(kind tokenKind, n int) {
	if n > b.n || n == b.n && n > 0 && kind < b.kind {
		b.kind, b.n = kind, n
	}
}

// match finds the token at the start of s, which is not empty.
func match(state lexState, s string) (tokenKind, int) {
	// Which of these comes first does not matter, as best compares what it gets.
	b := best{kind: tNothing}
	matchPrefix(&b, s)
	switch state {
	case inText:
		matchText(&b, s)
	case inReference, inModifier:
		matchReference(&b, state, s)
	case inArguments:
		matchArguments(&b, s)
	case inIndex:
		if s[0] == ']' {
			b.add(tIndexClose, 1)
		}
		matchLiteral(&b, s)
	case inDirective:
		matchDirective(&b, s)
	case inHash:
		matchHash(&b, s)
	default:
		matchVerbatim(&b, state, s)
	}

	return b.kind, b.n
}

// matchPrefix finds what every state knows: $, $! and the kinds of #.
func matchPrefix(b *best, s string) {
	switch s[0] {
	case '#':
		b.add(tHash, 1)
		if len(s) > 1 && s[1] == '*' {
			b.add(tBlockCommentStart, 2)
			if len(s) > 3 && s[2] == '*' && s[3] != '#' {
				b.add(tFormalCommentStart, 4)
			}
		}

		if len(s) > 2 && s[1] == '[' && s[2] == '[' {
			b.add(tTextblockStart, 3)
		}

	case '$', '\\':
		// Backslashes in front belong to the mark, an odd number of them escapes it.
		i := run(s, 0, '\\')
		if i == len(s) || s[i] != '$' {
			return
		}
		b.add(tDollar, i+1)
		if i = run(s, i+1, '\\'); i < len(s) && s[i] == '!' {
			b.add(tDollarBang, i+1)
		}
	}
}

func run(s string, i int, c byte) int {
	for i < len(s) && s[i] == c {
		i++
	}
	return i
}

func matchText(b *best, s string) {
	i := 0
	for i < len(s) && s[i] != '$' && s[i] != '#' && s[i] != '\\' {
		i++
	}

	b.add(tText, i)
	b.add(tSet, setLength(s))

	// A backslash is text unless what follows could have been a directive.
	switch s[0] {
	case '\\':
		b.add(tEscape, 1)
		n := run(s, 0, '\\')
		if n > 1 {
			b.add(tDoubleEscape, 2)
		}

		// An odd number of backslashes escapes the directive behind them.
		if n%2 == 1 && n < len(s) && s[n] == '#' {
			if w := max(wordLength(s[n+1:]), bracedLength(s[n+1:])); w > 0 {
				b.add(tEscapedDirective, n+1+w)
			}
		}

	case '#':
		matchLineComment(b, s)
	case '$':
		b.add(tEmptyIndex, emptyIndexLength(s))
	}
}

func matchLineComment(b *best, s string) {
	if len(s) > 1 && s[0] == '#' && s[1] == '#' {
		b.add(tLineCommentStart, 2)
	}
}

func emptyIndexLength(s string) int {
	for _, p := range [...]string{"$[", "$.", "$![", `$\![`} {
		if hasPrefix(s, p) {
			return len(p)
		}
	}

	return 0
}

func hasPrefix(s, p string) bool { return len(s) >= len(p) && s[:len(p)] == p }

// setLength measures "#set(" with the blanks that it swallows.
func setLength(s string) int {
	i := blanks(s, 0)
	switch {
	case hasPrefix(s[i:], "#set"):
		i += len("#set")
	case hasPrefix(s[i:], "#{set}"):
		i += len("#{set}")
	default:
		return 0
	}

	if i = run(s, i, ' '); i < len(s) && s[i] == '(' {
		return i + 1
	}
	return 0
}

func blanks(s string, i int) int {
	for i < len(s) && (s[i] == ' ' || s[i] == '\t') {
		i++
	}
	return i
}

// lineEnd measures blanks that end in a line break, at i, and the break.
func lineEnd(s string, i int) int {
	// Blanks and the end of line behind a directive are swallowed, but blanks alone are not.
	j := blanks(s, i)
	switch {
	case j == len(s):
		return i
	case s[j] == '\n':
		return j + 1
	case s[j] == '\r':
		if j+1 < len(s) && s[j+1] == '\n' {
			return j + 2
		}
		return j + 1
	}

	return i
}

func matchReference(b *best, state lexState, s string) {
	b.add(tReferenceEnd, 1)
	b.add(tSet, setLength(s))
	matchName(b, s)
	switch s[0] {
	case '[':
		b.add(tIndexOpen, 1)
	case '(':
		if state == inModifier {
			b.add(tParenOpen, 1)
		}
	case '{':
		b.add(tCurlyOpen, 1)
	case '}':
		b.add(tCurlyClose, 1)
	case '#':
		if state == inReference {
			matchLineComment(b, s)
		}
	case '$':
		if state == inReference {
			b.add(tEmptyIndex, emptyIndexLength(s))
		}
	}
}

// matchName finds names, true and false, and the dot before a name.
func matchName(b *best, s string) {
	c := s[0]
	switch {
	case isLetter(c) || c == '_':
		i := 1
		for i < len(s) && (isLetter(s[i]) || isDigit(s[i]) || s[i] == '-' || s[i] == '_') {
			i++
		}
		b.add(tName, i)
		matchBool(b, s)

	case c == '.' && len(s) > 1 && isLetter(s[1]):
		b.add(tDot, 2)
	}
}

func matchBool(b *best, s string) {
	if hasPrefix(s, "true") {
		b.add(tTrue, 4)
	}
	if hasPrefix(s, "false") {
		b.add(tFalse, 5)
	}
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func matchArguments(b *best, s string) {
	matchPunctuation(b, s)
	matchName(b, s)
	matchLiteral(b, s)
	b.add(tSet, setLength(s))
	if s[0] == ')' {
		b.add(tCallClose, 1)
	}
}

// matchPunctuation finds what lists, maps and ranges are made of.
func matchPunctuation(b *best, s string) {
	switch s[0] {
	case '[':
		b.add(tListOpen, 1)
	case ']':
		b.add(tListClose, 1)
	case ',':
		b.add(tComma, 1)
	case ':':
		b.add(tColon, 1)
	case '{':
		b.add(tMapOpen, 1)
	case '}':
		b.add(tMapClose, 1)
	case '.':
		if len(s) > 1 && s[1] == '.' {
			b.add(tRange, 2)
		}
	}
}

func matchDirective(b *best, s string) {
	matchPunctuation(b, s)
	matchLiteral(b, s)
	matchLineComment(b, s)
	matchOperator(b, s)
	b.add(tWord, wordLength(s))
	b.add(tBracedWord, bracedLength(s))
	switch s[0] {
	case '(':
		b.add(tParenOpen, 1)
	case ')':
		b.add(tParenClose, lineEnd(s, 1))
	}
}

// operators in the order of the language; && and and are one kind.
var operators = [...]struct {
	text string
	kind tokenKind
}{
	{"-", tMinus}, {"+", tPlus}, {"*", tMultiply}, {"/", tDivide}, {"%", tModulus},
	{"&&", tAnd}, {"and", tAnd}, {"||", tOr}, {"or", tOr},
	{"<", tLess}, {"lt", tLess}, {"<=", tLessEqual}, {"le", tLessEqual},
	{">", tGreater}, {"gt", tGreater}, {">=", tGreaterEqual}, {"ge", tGreaterEqual},
	{"==", tEqual}, {"eq", tEqual}, {"!=", tNotEqual}, {"ne", tNotEqual},
	{"!", tNot}, {"not", tNot}, {"=", tAssign},
}

func matchOperator(b *best, s string) {
	for i := range operators {
		if o := &operators[i]; o.text[0] == s[0] && hasPrefix(s, o.text) {
			b.add(o.kind, len(o.text))
		}
	}
}

// matchHash finds what may follow #.
func matchHash(b *best, s string) {
	b.add(tDirectiveEnd, 1)

	// A number may stand behind a mark, and is text then.
	matchLineComment(b, s)
	if isDigit(s[0]) || s[0] == '-' || s[0] == '.' {
		matchNumber(b, s)
	}

	// Word and directive may both match; the longer one counts, of equal ones the directive.
	b.add(tWord, wordLength(s))
	n := bracedLength(s)
	b.add(tBracedWord, n)

	// A directive may stand in braces.
	word := s[:wordLength(s)]
	if n > 0 {
		word = s[1 : n-1]
	} else {
		n = len(word)
	}

	switch word {
	case "if":
		b.add(tIf, n)
	case "elseif":
		b.add(tElseif, n)
	case "else":
		b.add(tElse, lineEnd(s, n))
	case "end":
		b.add(tEnd, lineEnd(s, n))
	}
}

// matchVerbatim finds the end of a comment or a text block.
func matchVerbatim(b *best, state lexState, s string) {
	switch state {
	case inTextblock:
		b.add(tMore, 1)
		if hasPrefix(s, "]]#") {
			b.add(tTextblock, 3)
		}
	case inLine:
		b.add(tSkip, 1)
		switch {
		case hasPrefix(s, "\r\n"):
			b.add(tLineCommentEnd, 2)
		case s[0] == '\n' || s[0] == '\r':
			b.add(tLineCommentEnd, 1)
		}

	default:
		b.add(tSkip, 1)
		if hasPrefix(s, "*#") {
			if state == inFormal {
				b.add(tFormalCommentEnd, 2)
			} else {
				b.add(tBlockCommentEnd, 2)
			}
		}
	}
}
