package velocity

import (
	"strconv"
	"strings"
)

// operand is an expression with the tokens that Velocity counts to it.
type operand struct {
	expr        expr
	first, last *token
}

func itoa(n int) string { return strconv.Itoa(n) }

// expression parses what stands in #if( ) or on the right of #set.
func (p *parser) expression(place Place) expr {
	defer func(old Place) { p.place = old }(p.place)
	p.place = place
	return p.binary(0).expr
}

// levels are the binary operators by rising precedence.
var levels = [...]map[tokenKind]operator{
	{tOr: opOr},
	{tAnd: opAnd},
	{tEqual: opEqual, tNotEqual: opNotEqual},
	{tLess: opLess, tLessEqual: opLessEqual, tGreater: opGreater, tGreaterEqual: opGreaterEqual},
	{tPlus: opAdd, tMinus: opSub},
	{tMultiply: opMul, tDivide: opDiv, tModulus: opMod},
}

func (p *parser) binary(level int) operand {
	// Below the last level stand values, with a sign or a not before them.
	if level == len(levels) {
		return p.unary()
	}

	left := p.binary(level + 1)

	// Operators of one level go from left to right.
	for n := 0; p.err == nil; n++ {
		op, ok := levels[level][p.peek()]
		if !ok {
			break
		}

		if n == maxChain {
			p.fail(p.last.pos, CodeLimit, "more than %d operators in a row", maxChain)
		}

		// The texts of both sides are kept for plus, which joins them where a side is null.
		t := p.take()
		first := p.after(p.last)
		right := p.binary(level + 1)
		e := &binaryExpr{op: op, left: left.expr, right: right.expr, pos: p.offset(t.pos)}
		if op == opAdd && p.err == nil {
			e.leftText, e.rightText = left.literal(), right.literal()
		}

		p.noteCompare(e, t)

		// Velocity counts only the right side to the node.
		left = operand{expr: e, first: first, last: p.last}
	}

	return left
}

// literal is the text for an operand that is null, which only results of
// arithmetic can be.
func (o operand) literal() string {
	switch o.expr.(type) {
	case *binaryExpr, *rangeExpr:
		return literal(o.first, o.last)
	}

	return ""
}

func (p *parser) unary() operand {
	defer func() { p.depth-- }()
	if !p.deeper() {
		return operand{}
	}

	t := p.after(p.last)
	if p.peek() == tSpace {
		t = p.after(t)
	}

	if p.err != nil || t.kind != tNot {
		return p.primary()
	}

	p.skip(tSpace)
	first := p.take()
	o := p.unary()
	return operand{expr: &notExpr{o.expr}, first: first, last: p.last}
}

func (p *parser) primary() operand {
	// Blanks around a value mean nothing.
	p.skip(tSpace)
	o := operand{first: p.after(p.last)}
	switch {
	case p.peek() == tParenOpen:
		p.take()
		o.first = p.after(p.last)
		o.expr = p.binary(0).expr
		o.last = p.last
		p.expect(tParenClose, `")"`)

	default:
		o.expr = p.value(p.place)
		o.last = p.last
	}

	p.skip(tSpace)
	return o
}

func startsValue(kind tokenKind) bool {
	switch kind {
	case tString, tInteger, tFloat, tListOpen, tMapOpen, tTrue, tFalse, tName, tCurlyOpen:
		return true
	}

	return false
}

// value parses a literal, list, map, range or reference.
func (p *parser) value(place Place) expr {
	// Values nest without bound in the source, and each level takes stack.
	defer func() { p.depth-- }()
	if !p.deeper() {
		return nil
	}

	switch p.peek() {
	case tString:
		return p.stringValue(place)
	case tInteger, tFloat:
		return p.numberValue()
	case tTrue, tFalse:
		return &literalExpr{BoolOf(p.take().kind == tTrue)}
	case tName, tCurlyOpen:
		return p.reference(place)
	case tMapOpen:
		return p.mapValue(place)
	case tListOpen:
		if p.rangeFollows() {
			return p.rangeValue(place)
		}
		return p.listValue(place)
	}

	p.unexpected("a value")
	return nil
}

// numberValue parses a number; signs such as $# can be stuck to its front.
func (p *parser) numberValue() expr {
	t := p.take()
	if c := t.image[0]; c != '-' && c != '.' && !isDigit(c) {
		p.fail(t.pos, CodeOther, "%s is no number", t.describe())
		return nil
	}

	if t.kind == tInteger {
		return &literalExpr{intLiteral(t.image)}
	}
	return &literalExpr{floatLiteral(t.image)}
}

// parameter parses a value with white space around it.
func (p *parser) parameter(place Place) expr {
	p.skip(tSpace)
	e := p.value(place)
	p.skip(tSpace)
	return e
}

func (p *parser) listValue(place Place) expr {
	p.take()
	n := &listExpr{}
	if p.peek() != tListClose {
		n.items = append(n.items, p.parameter(place))
		for p.skip(tComma) {
			n.items = append(n.items, p.parameter(place))
		}
	}

	p.expect(tListClose, `"," or "]" of the list`)
	return n
}

func (p *parser) mapValue(place Place) expr {
	p.take()
	n := &mapExpr{}

	// An empty map may have a blank in it.
	t := p.after(p.last)
	if t.kind == tSpace {
		t = p.after(t)
	}

	if t.kind == tMapClose || t.kind == tCurlyClose {
		p.skip(tSpace)
		p.take()
		return n
	}

	for {
		key := p.parameter(place)
		p.expect(tColon, `":" of the map`)
		n.items = append(n.items, key, p.parameter(place))
		if !p.skip(tComma) {
			break
		}
	}

	if !p.skip(tCurlyClose) {
		p.expect(tMapClose, `"," or "}" of the map`)
	}

	return n
}

func (p *parser) rangeValue(place Place) expr {
	p.take()
	n := &rangeExpr{}
	n.from = p.rangeEnd(place)
	p.expect(tRange, `".."`)
	n.to = p.rangeEnd(place)
	p.expect(tListClose, `"]" of the range`)
	return n
}

func (p *parser) rangeEnd(place Place) expr {
	p.skip(tSpace)
	defer p.skip(tSpace)
	switch p.peek() {
	case tName, tCurlyOpen, tInteger:
		return p.value(place)
	}

	p.unexpected("a whole number or a variable")
	return nil
}

// stringValue parses the text of a quoted token. A text in double quotes is a
// template of its own.
func (p *parser) stringValue(place Place) expr {
	t := p.take()
	q := t.image[:1]
	s := t.image[1 : len(t.image)-1]

	// Without a dollar or a mark there is nothing to evaluate: a plain text.
	active := q == `"` && strings.ContainsAny(s, "$#")
	if q == `"` {
		var ok bool
		if s, ok = unescapeUnicode(s); !ok {
			p.fail(t.pos, CodeOther, `\u needs four hexadecimal digits`)
			return nil
		}
	}

	// A doubled quote stands for one.
	s = strings.ReplaceAll(s, q+q, q)
	if !active {
		return &literalExpr{TextOf(s)}
	}

	n := &textExpr{trim: !strings.Contains(s, "##")}
	if n.trim {
		// A mark at the very end would be an error without it.
		s += " "
	}

	// Inside of double quotes is a template of its own, with the names of this one.
	inner := newParser(p.builder, s, p.base+t.pos+1, place)
	n.body = inner.template()
	if p.err == nil {
		p.err = inner.err
	}

	return n
}

func unescapeUnicode(s string) (string, bool) {
	i := strings.Index(s, `\u`)
	if i < 0 {
		return s, true
	}

	var b []byte

	// Java escapes are UTF-16 units, so two of them may be halves of one character: joinText puts them together.
	for ; i >= 0; i = strings.Index(s, `\u`) {
		if len(s) < i+6 {
			return "", false
		}
		unit, err := strconv.ParseUint(s[i+2:i+6], 16, 16)
		if err != nil {
			return "", false
		}
		b = joinText(b, s[:i])
		b = joinText(b, string(appendUnit(nil, uint16(unit))))
		s = s[i+6:]
	}

	return string(joinText(b, s)), true
}
