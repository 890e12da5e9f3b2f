package velocity

// tokenKind names the tokens. The order is part of the language: of two
// matches of the same length the earlier kind wins.
type tokenKind uint8

const (
	tEOF tokenKind = iota
	tIndexOpen
	tIndexClose
	tListOpen
	tListClose
	tComma
	tRange
	tColon
	tMapOpen
	tMapClose
	tParenOpen
	tParenClose
	tCallClose
	tEscapedDirective
	tSet
	// Prefixes: they switch the state and become part of the next token.
	tDollar
	tDollarBang
	tTextblockStart
	tFormalCommentStart
	tBlockCommentStart
	tHash
	tLineCommentStart
	tDoubleEscape
	tEscape
	tText
	tLineCommentEnd
	tFormalCommentEnd
	tBlockCommentEnd
	tTextblock
	tSkip // one character of a comment
	tMore // one character of a text block
	tSpace
	tString
	tTrue
	tFalse
	tMinus
	tPlus
	tMultiply
	tDivide
	tModulus
	tAnd
	tOr
	tLess
	tLessEqual
	tGreater
	tGreaterEqual
	tEqual
	tNotEqual
	tNot
	tAssign
	tEnd
	tIf
	tElseif
	tElse
	tInteger
	tFloat
	tWord
	tBracedWord
	tName
	tDot
	tCurlyOpen
	tCurlyClose
	tReferenceEnd // whatever ends a reference; read again afterwards
	tDirectiveEnd // the same for a directive
	tEmptyIndex
	tNothing // no token fits
)

// lexState is what the lexer is in the middle of.
type lexState uint8

const (
	inText      lexState = iota
	inReference          // after $
	inModifier           // after the dot of a reference
	inArguments          // between the parentheses of a method
	inIndex              // between the brackets of a reference
	inHash               // after #
	inDirective          // after the name of a directive
	inTextblock          // in #[[ ]]#
	inBlock              // in #* *#
	inFormal             // in #** *#
	inLine               // after ##
)

// token is a piece of the source. Tokens form a list that grows as the parser
// asks for more.
type token struct {
	kind    tokenKind
	image   string
	pos     int
	special *token // the skipped pieces before it, last first
	after   *token // in that chain: the next skipped piece
	next    *token
}

func (t *token) describe() string {
	if t.kind == tEOF {
		return "the end of the template"
	}
	s := t.image
	if len(s) > 24 {
		s = s[:24] + "..."
	}
	return quote(s)
}
