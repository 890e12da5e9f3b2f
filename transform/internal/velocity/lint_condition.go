package velocity

import "github.com/idprofile/engine/transform/internal/limit"

// noteCondition notes a condition that has the same answer for everybody, and
// texts in single quotes that were meant to hold the value of a variable.
func (p *parser) noteCondition(test expr, start int) {
	if p.err != nil {
		return
	}
	if quoted := singleQuoted(test); quoted != "" {
		p.notes = append(p.notes, Note{Kind: NoteQuoted, Offset: p.offset(start), Text: quoted})
		return
	}

	// Only a condition without variables has one answer for everybody.
	if !testIsFixed(test) {
		return
	}

	// It is evaluated as it would be, within a small budget.
	e := &evaluator{b: &limit.Budget{Steps: 10_000, Output: 10_000}}
	truth, err := e.test(test)
	if err != nil {
		return
	}

	text := "false"
	if truth {
		text = "true"
	}

	p.notes = append(p.notes, Note{Kind: NoteCondition, Offset: p.offset(start), Text: text})
}

// testIsFixed reports whether a condition asks for no variable. As a condition
// all but references, comparisons and true is false.
func testIsFixed(x expr) bool {
	switch x := x.(type) {
	case *reference:
		return false
	case *notExpr:
		return testIsFixed(x.operand)
	case *binaryExpr:
		switch {
		case x.op <= opAnd:
			return testIsFixed(x.left) && testIsFixed(x.right)
		case x.op < opAdd:
			return valueIsFixed(x.left) && valueIsFixed(x.right)
		}
	}

	return true
}

// valueIsFixed reports whether the value of an expression is the same for
// everybody, as far as literals and their arithmetic go.
func valueIsFixed(x expr) bool {
	switch x := x.(type) {
	case *literalExpr:
		return true
	case *binaryExpr:
		return valueIsFixed(x.left) && valueIsFixed(x.right)
	}

	return false
}

// singleQuoted finds an operand such as '$x', which is the text $x.
func singleQuoted(x expr) string {
	switch x := x.(type) {
	case *literalExpr:
		if x.value.kind == Text && namesVariable(x.value.text) {
			return x.value.text
		}
	case *notExpr:
		return singleQuoted(x.operand)
	case *binaryExpr:
		if found := singleQuoted(x.left); found != "" {
			return found
		}
		return singleQuoted(x.right)
	}

	return ""
}

// namesVariable reports whether a text is a reference from end to end.
func namesVariable(s string) bool {
	if len(s) < 2 || s[0] != '$' {
		return false
	}

	s = s[1:]
	if s[0] == '!' {
		s = s[1:]
	}

	if n := len(s); n > 2 && s[0] == '{' && s[n-1] == '}' {
		s = s[1 : n-1]
	}

	for i := range len(s) {
		c := s[i]
		if !isLetter(c) && (i == 0 || !(c-'0' <= 9 || c == '_' || c == '-' || c == '.')) {
			return false
		}
	}

	return s != ""
}
