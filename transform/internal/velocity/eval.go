package velocity

import (
	"errors"

	"github.com/idprofile/engine/transform/internal/limit"
)

// What #stop and #break return on their way up.
var (
	errStop  = errors.New("#stop")
	errBreak = errors.New("#break")
)

// evaluator is the state of one evaluation. It stays on the stack.
type evaluator struct {
	t      *Template
	b      *limit.Budget
	vars   []Value
	dst    []byte
	inner  int        // texts in double quotes around; what they print is no output yet
	target *loopScope // the loop that a #break($foreach.parent) ends
	memory *Memory    // of texts that are not printed yet
}

// write prints s.
func (e *evaluator) write(s string) error {
	if err := e.charge(len(s)); err != nil {
		return err
	}
	e.dst = joinText(e.dst, s)
	return nil
}

func (e *evaluator) charge(n int) error {
	// What stands in quotes may never be printed, so it costs work and no output.
	if e.inner > 0 {
		return e.b.Spend(textCost(n))
	}
	return e.b.Produce(n)
}

// print prints the text form of v.
func (e *evaluator) print(v Value) error {
	if v.kind == Text {
		return e.write(v.text)
	}

	n := len(e.dst)
	dst, err := appendValue(e.dst, v, e.b, 0)
	if err != nil {
		return err
	}

	e.dst = dst
	return e.charge(len(dst) - n)
}

// text returns the text form of v.
func (e *evaluator) text(v Value) (string, error) {
	if v.kind == Text {
		return v.text, nil
	}

	start := e.aside()
	dst, err := appendValue(e.dst, v, e.b, 0)
	if err != nil {
		return "", err
	}

	e.dst = dst
	return e.memory.take(e.takeBack(start)), nil
}

// aside starts a text behind the output, kept apart from it so that halves of
// surrogate pairs do not meet across the border.
func (e *evaluator) aside() (start int) {
	e.dst = append(e.dst, 0)
	return len(e.dst)
}

// takeBack removes what was written since aside and returns it, good until the
// next output.
func (e *evaluator) takeBack(start int) []byte {
	s := e.dst[start:]
	e.dst = e.dst[:start-1]
	return s
}

func (e *evaluator) run(body []node) error {
	for _, n := range body {
		if err := e.b.Spend(1); err != nil {
			return err
		}
		if err := e.statement(n); err != nil {
			return err
		}
	}

	return nil
}

func (e *evaluator) statement(n node) error {
	switch n := n.(type) {
	case *textNode:
		return e.write(n.text)
	case *reference:
		return e.printReference(n)
	case *setNode:
		return e.set(n)
	case *ifNode:
		return e.ifStatement(n)
	case *foreachNode:
		return e.foreach(n)
	case *breakNode:
		return e.breakLoop(n)
	}

	return errStop
}

// ifStatement runs the first branch whose condition is true.
func (e *evaluator) ifStatement(n *ifNode) error {
	for i := range n.branches {
		ok, err := e.test(n.branches[i].test)
		if err != nil {
			return err
		}
		if ok {
			e.b.Branch(n.pos, i)
			return e.run(n.branches[i].body)
		}
	}

	// The #else counts as taken even where nobody has written one.
	e.b.Branch(n.pos, len(n.branches))
	return e.run(n.other)
}

func (e *evaluator) printReference(r *reference) error {
	if r.bare {
		return e.write(r.name)
	}

	// An escaped reference is looked up all the same: it raises when it is not set.
	v, err := e.reference(r)
	if err != nil {
		return err
	}

	if r.prefix != "" {
		if err := e.write(r.prefix); err != nil {
			return err
		}
	}

	if r.escaped {
		return e.write(r.literal)
	}
	return e.print(v)
}

func (e *evaluator) set(n *setNode) error {
	v, err := e.value(n.right)
	if err != nil {
		return err
	}

	// Velocity only logs this; the platform raises.
	if v.kind == Unset {
		line, column := place(e.t.src, n.left.pos)
		return &RenderError{
			Kind: ErrInvalidReference, Reference: n.left.text(len(n.left.members)),
			Msg: "is set to null", Line: line, Column: column,
		}
	}

	if len(n.left.members) > 0 {
		return e.setMember(n.left, v)
	}

	// A target without slot has a name that no reference can ask for, so nobody would see its value.
	if n.left.slot >= 0 {
		e.vars[n.left.slot] = v
	}
	return nil
}

// value evaluates an expression; null is the zero Value.
func (e *evaluator) value(x expr) (Value, error) {
	if err := e.b.Spend(1); err != nil {
		return Value{}, err
	}

	switch x := x.(type) {
	case *literalExpr:
		return x.value, nil
	case *reference:
		if x.bare || x.broken {
			return Value{}, nil
		}
		return e.reference(x)
	case *textExpr:
		return e.quoted(x)
	case *binaryExpr:
		if x.op >= opAdd {
			return e.arithmetic(x)
		}
	case *listExpr:
		items, err := e.values(x.items)
		return ListOf(items), err
	case *mapExpr:
		return e.mapValue(x)
	case *rangeExpr:
		return e.rangeValue(x)
	}

	// What is left is a condition.
	ok, err := e.test(x)
	return BoolOf(ok), err
}

func (e *evaluator) values(list []expr) ([]Value, error) {
	items := make([]Value, len(list))
	for i, x := range list {
		var err error
		if items[i], err = e.value(x); err != nil {
			return nil, err
		}
	}

	return items, nil
}

func (e *evaluator) mapValue(x *mapExpr) (Value, error) {
	// Pairs are evaluated left to right, and a key that comes twice has the last value, as in Java's map.
	d := &dict{}
	for i := 0; i+1 < len(x.items); i += 2 {
		key, err := e.value(x.items[i])
		if err != nil {
			return Value{}, err
		}

		value, err := e.value(x.items[i+1])
		if err != nil {
			return Value{}, err
		}

		// Keys are looked for one by one, which large maps have to pay for.
		if err := e.b.Spend(lookupCost(d)); err != nil {
			return Value{}, err
		}

		d.put(key, value)
	}

	return Value{kind: Map, ref: d}, nil
}

// lookupCost is what looking into d costs in steps.
func lookupCost(d *dict) int64 { return 1 + int64(len(d.pairs))/16 }

func (e *evaluator) rangeValue(x *rangeExpr) (Value, error) {
	from, err := e.value(x.from)
	if err != nil {
		return Value{}, err
	}

	to, err := e.value(x.to)
	if err != nil {
		return Value{}, err
	}
	if !from.isNumber() || !to.isNumber() {
		return Value{}, nil
	}

	// A range is not written out until somebody changes it.
	l := &list{isRange: true, from: int64(int32(from.longValue())), to: int64(int32(to.longValue()))}
	return Value{kind: List, ref: l}, nil
}

// quoted renders a text in double quotes.
func (e *evaluator) quoted(x *textExpr) (Value, error) {
	start := e.aside()
	e.inner++
	err := e.run(x.body)
	e.inner--
	s := e.takeBack(start)
	if err != nil {
		return Value{}, err
	}
	if n := len(s); x.trim && n > 0 {
		s = s[:n-lastUnit(s)]
	}
	return TextOf(e.memory.take(s)), nil
}

// lastUnit is the number of bytes of the last character.
func lastUnit(s []byte) int {
	n := 1
	for n < len(s) && n < 4 && s[len(s)-n]&0xC0 == 0x80 {
		n++
	}
	return n
}

// test evaluates an expression as a condition. Only references, booleans and
// comparisons can be true; other expressions are false and not evaluated.
func (e *evaluator) test(x expr) (bool, error) {
	if err := e.b.Spend(1); err != nil {
		return false, err
	}

	switch x := x.(type) {
	case *literalExpr:
		return x.value.isTrue(), nil
	case *notExpr:
		ok, err := e.test(x.operand)
		return !ok, err
	case *reference:
		if x.bare {
			return false, nil
		}

		// Everything that is set is true, the empty text included, but for false itself.
		v, err := e.reference(x)
		return v.kind != Bool || v.num != 0, err

	case *binaryExpr:
		return e.testBinary(x)
	}

	return false, nil
}

// textEqual answers the everyday comparison of a text variable with a literal,
// $x == 'a'; ok is false for every other one.
func (e *evaluator) textEqual(x *binaryExpr) (equal, ok bool) {
	if x.op != opEqual && x.op != opNotEqual {
		return false, false
	}

	// The comparison of a variable with a text, which most conditions are, needs neither
	// copies nor conversions.
	r, isRef := x.left.(*reference)
	l, isLiteral := x.right.(*literalExpr)
	if !isRef || !isLiteral || r.bare || r.broken || len(r.members) > 0 || r.slot < 0 || r.slot >= len(e.vars) ||
		l.value.kind != Text {
		return false, false
	}

	v := &e.vars[r.slot]
	return v.text == l.value.text, v.kind == Text
}

func (e *evaluator) testBinary(x *binaryExpr) (bool, error) {
	switch {
	case x.op >= opAdd:
		return false, nil
	case x.op == opOr || x.op == opAnd:
		ok, err := e.test(x.left)
		if err != nil || ok == (x.op == opOr) {
			return ok, err
		}
		return e.test(x.right)
	}

	// Texts are nearly all that is compared, and need no values made of them.
	if equal, ok := e.textEqual(x); ok {
		return equal == (x.op == opEqual), nil
	}

	// Both sides are evaluated before they are compared, as either may raise.
	left, err := e.value(x.left)
	if err != nil {
		return false, err
	}

	right, err := e.value(x.right)
	if err != nil {
		return false, err
	}

	switch x.op {
	case opEqual, opNotEqual:
		ok, err := e.looseEqual(left, right)
		return ok == (x.op == opEqual), err
	}

	// Order is for numbers; between texts the answer is no, whatever they are.
	if !left.isNumber() || !right.isNumber() {
		return false, nil
	}

	c := compareNumbers(left, right)
	switch x.op {
	case opLess:
		return c < 0, nil
	case opLessEqual:
		return c <= 0, nil
	case opGreater:
		return c > 0, nil
	}

	return c >= 0, nil
}

// arithmetic computes + - * / %. Without two numbers the result is null,
// except that + joins texts.
func (e *evaluator) arithmetic(x *binaryExpr) (Value, error) {
	left, err := e.value(x.left)
	if err != nil {
		return Value{}, err
	}

	right, err := e.value(x.right)
	if err != nil {
		return Value{}, err
	}

	// With a text on either side plus joins, and null there is what stands in the template.
	if x.op == opAdd && (left.kind == Text || right.kind == Text) {
		if left.kind == Unset {
			left = TextOf(x.leftText)
		}
		if right.kind == Unset {
			right = TextOf(x.rightText)
		}
		return e.concat(left, right)
	}

	// A number and null, or a flag, make null: Velocity writes a warning and goes on.
	if !left.isNumber() || !right.isNumber() {
		return Value{}, nil
	}

	// Numbers without bound must cost what they are long.
	if left.kind == BigInt || right.kind == BigInt {
		if err := e.b.Spend(bigCost(left) + bigCost(right)); err != nil {
			return Value{}, err
		}
	}

	return arithmetic(x.op, left, right), nil
}

// bigCost is what computing with a number of any size costs in steps.
func bigCost(v Value) int64 {
	if v.kind != BigInt {
		return 1
	}
	words := int64(v.bigInt().BitLen()/64 + 1)
	return words * words
}

func (e *evaluator) concat(left, right Value) (Value, error) {
	a, err := e.text(left)
	if err != nil {
		return Value{}, err
	}

	b, err := e.text(right)
	if err != nil {
		return Value{}, err
	}
	if err := e.b.Spend(textCost(len(a) + len(b))); err != nil {
		return Value{}, err
	}
	return TextOf(e.memory.concat(a, b)), nil
}
