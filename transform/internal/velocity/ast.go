package velocity

import "github.com/idprofile/engine/transform/internal/javaregex"

// node is a statement.
type node interface{ isNode() }

type (
	textNode struct{ text string }
	setNode  struct {
		left  *reference
		right expr
	}
	ifNode struct {
		branches []branch
		other    []node
		pos      int
	}
	branch struct {
		test expr
		body []node
	}
	foreachNode struct {
		slot int
		list expr // nil: there is none, which fails when it is reached
		none bool // something that is no list stands in its place
		body []node
		pos  int
	}
	breakNode struct {
		target expr // nil: the innermost loop
		pos    int
	}
	stopNode struct{}
)

func (*textNode) isNode()    {}
func (*reference) isNode()   {}
func (*setNode) isNode()     {}
func (*ifNode) isNode()      {}
func (*foreachNode) isNode() {}
func (*breakNode) isNode()   {}
func (*stopNode) isNode()    {}

// loopSlots are the slots of the names that a loop sets beside its own.
type loopSlots struct{ foreach, count, hasNext int }

// expr is an expression.
type expr interface{ isExpr() }

type (
	literalExpr struct{ value Value }
	// textExpr is a text in double quotes with references in it.
	textExpr struct {
		body []node
		trim bool // drop the blank that was added for the lexer
	}
	listExpr   struct{ items []expr }
	mapExpr    struct{ items []expr } // key, value, key, value ...
	rangeExpr  struct{ from, to expr }
	notExpr    struct{ operand expr }
	binaryExpr struct {
		op          operator
		left, right expr
		// what stands for null operands of + beside a text
		leftText, rightText string
		pos                 int
	}
)

func (*literalExpr) isExpr() {}
func (*textExpr) isExpr()    {}
func (*listExpr) isExpr()    {}
func (*mapExpr) isExpr()     {}
func (*rangeExpr) isExpr()   {}
func (*notExpr) isExpr()     {}
func (*binaryExpr) isExpr()  {}
func (*reference) isExpr()   {}

type operator uint8

const (
	opOr operator = iota
	opAnd
	opEqual
	opNotEqual
	opLess
	opLessEqual
	opGreater
	opGreaterEqual
	opAdd
	opSub
	opMul
	opDiv
	opMod
)

// reference is $name with members.
type reference struct {
	name    string
	slot    int // -1: a name that nothing can set
	quiet   bool
	escaped bool
	bare    bool   // no $ in front: prints its name, is null as a value
	broken  bool   // $\!x: raises when printed or tested, is null as a value
	prefix  string // goes in front of the value
	literal string // what an escaped reference prints
	members []member
	pos     int
	record  int // place in the list of references
}

type memberKind uint8

const (
	property memberKind = iota
	method
	index
)

type member struct {
	kind    memberKind
	name    string
	method  methodID
	args    []expr
	pos     int
	pattern *javaregex.Regexp      // compiled, when the pattern is a literal
	repl    *javaregex.Replacement // likewise
}
