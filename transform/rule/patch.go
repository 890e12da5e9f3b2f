package rule

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"

	"github.com/idprofile/engine/identity/diag"
)

// runName is the hidden variable with the budget of the evaluation.
const runName = "$run"

// predicates are the functions of the language that take a predicate. Their
// rounds are counted by a call that is put before the predicate.
var predicates = []string{"all", "any", "none", "one", "filter", "map", "count", "find"}

// operators are replaced by functions that count what they do and know nil.
var operators = map[string]string{
	"+": "$add", "-": "$sub", "*": "$mul", "/": "$div", "%": "$mod", "**": "$pow", "^": "$pow",
	"<": "$lt", "<=": "$le", ">": "$gt", ">=": "$ge", "contains": "$contains", "startsWith": "$startsWith",
	"endsWith": "$endsWith", "in": "$in", "..": "$range",
}

// patcher rewrites an expression: attribute reads become calls, every function
// gets the budget, and what is not allowed is an error.
type patcher struct {
	names   Names
	account bool
	reads   []Read
	lists   int                   // names given to lists
	open    []*ast.IdentifierNode // names of functions and objects that nothing has used yet
	err     error
}

// Visit rewrites one node, after its children.
func (p *patcher) Visit(node *ast.Node) {
	// The first mistake is reported; what comes after it may be its consequence.
	if p.err != nil {
		return
	}

	switch n := (*node).(type) {
	case *ast.IdentifierNode:
		// Names with $ are ours, and an expression must not reach the functions behind operators.
		if strings.HasPrefix(n.Value, "$") {
			p.fail(n, "unknown name %s", n.Value)
		} else if _, ok := functions[n.Value]; ok || slices.Contains(p.names.Objects, n.Value) {
			p.open = append(p.open, n)
		}

	case *ast.MemberNode:
		p.member(node, n)
	case *ast.SliceNode:
		*node = call(n, "$slice", n.Node, orNil(n.From), orNil(n.To))
	case *ast.UnaryNode:
		p.unary(node, n)
	case *ast.ConditionalNode:
		n.Cond = condition(n.Cond)
	case *ast.BinaryNode:
		p.binary(node, n)
	case *ast.CallNode:
		p.call(n)
	case *ast.BuiltinNode:
		if !slices.Contains(predicates, n.Name) {
			p.unknown(n, n.Name)
			return
		}

		p.predicate(node, n)

	case *ast.PredicateNode:
		// Each turn of a loop over items is paid for.
		if n.Node != nil {
			n.Node = &ast.SequenceNode{Nodes: []ast.Node{call(n, "$tick"), n.Node}}
		}
	}
}

// orNil is the end of a slice that may be left out.
func orNil(n ast.Node) ast.Node {
	if n == nil {
		return &ast.NilNode{}
	}
	return n
}

// condition makes sure that a node gives true or false.
func condition(n ast.Node) ast.Node {
	// What is known to be true or false needs no check when it runs.
	switch n := n.(type) {
	case *ast.BoolNode:
		return n
	case *ast.UnaryNode: // of not
		return n
	case *ast.BinaryNode:
		switch n.Operator {
		case "==", "!=", "and", "or", "&&", "||":
			return n
		}
	case *ast.BuiltinNode:
		switch n.Name {
		case "all", "any", "none", "one":
			return n
		}
	}

	return call(n, "$truth", n)
}

func (p *patcher) unary(node *ast.Node, n *ast.UnaryNode) {
	switch n.Operator {
	case "-":
		*node = call(n, "$neg", n.Node)
	case "+":
		*node = call(n, "$pos", n.Node)
	default:
		n.Node = condition(n.Node)
	}
}

// predicate makes a function with a predicate take nil for an empty list. What
// gives a list gives nil then.
func (p *patcher) predicate(node *ast.Node, n *ast.BuiltinNode) {
	if len(n.Arguments) == 0 {
		return
	}
	if len(n.Arguments) > 1 && n.Name != "map" {
		if body, ok := n.Arguments[1].(*ast.PredicateNode); ok {
			if rounds, ok := body.Node.(*ast.SequenceNode); ok {
				rounds.Nodes[len(rounds.Nodes)-1] = condition(rounds.Nodes[len(rounds.Nodes)-1])
			}
		}
	}

	if len(n.Arguments) == 1 { // count of a list of true and false
		n.Arguments = append(n.Arguments, &ast.PredicateNode{Node: condition(&ast.PointerNode{})})
	}

	// A predicate over null gives null or its value for nothing, where the language would raise.
	list := n.Arguments[0]
	if n.Name != "map" && n.Name != "filter" {
		n.Arguments[0] = call(list, "$items", list)
		return
	}

	// The list is evaluated once, since evaluating it may be what costs.
	p.lists++
	name := fmt.Sprintf("$list%d", p.lists)
	n.Arguments[0] = call(list, "$items", &ast.IdentifierNode{Value: name})
	*node = &ast.VariableDeclaratorNode{
		Name: name, Value: list,
		Expr: &ast.ConditionalNode{
			Ternary: true,
			Cond:    &ast.BinaryNode{Operator: "==", Left: &ast.IdentifierNode{Value: name}, Right: &ast.NilNode{}},
			Exp1:    &ast.NilNode{}, Exp2: n,
		},
	}

	(*node).SetLocation(n.Location())
}

func call(at ast.Node, fn string, args ...ast.Node) ast.Node {
	c := &ast.CallNode{Callee: &ast.IdentifierNode{Value: fn},
		Arguments: append([]ast.Node{&ast.IdentifierNode{Value: runName}}, args...)}
	c.SetLocation(at.Location())
	c.Callee.SetLocation(at.Location())
	c.Arguments[0].SetLocation(at.Location())
	return c
}

func (p *patcher) fail(n ast.Node, format string, args ...any) {
	p.err = &file.Error{Location: n.Location(), Message: fmt.Sprintf(format, args...)}
}

// use notes that a name is called or has a member read.
func (p *patcher) use(id *ast.IdentifierNode) {
	p.open = slices.DeleteFunc(p.open, func(n *ast.IdentifierNode) bool { return n == id })
}

// finish reports functions and objects that are used as values.
func (p *patcher) finish() {
	if p.err == nil && len(p.open) > 0 {
		p.fail(p.open[0], "%s is no value; call it, or read one of its attributes", p.open[0].Value)
	}
}

func (p *patcher) unknown(n ast.Node, name string) {
	hint := diag.Suggest(name, functionNames())
	if hint != "" {
		hint = "; " + hint
	}
	p.fail(n, "unknown function %s%s", name, hint)
}

func (p *patcher) member(node *ast.Node, n *ast.MemberNode) {
	id, ok := n.Node.(*ast.IdentifierNode)
	i := -1
	if ok {
		i = slices.Index(p.names.Objects, id.Value)
	}

	// Anything but our own objects is a value of the expression.
	if i < 0 {
		*node = call(n, "$member", n.Node, n.Property)
		return
	}

	// Reads are gathered for lint and for the facts about a rule; a computed name is one that is not known.
	p.use(id)
	read := Read{Object: id.Value}
	if s, ok := n.Property.(*ast.StringNode); ok {
		read.Name = s.Value
	}

	p.reads = append(p.reads, read)
	*node = call(n, "$attribute", &ast.IntegerNode{Value: i}, n.Property)
}

func (p *patcher) binary(node *ast.Node, n *ast.BinaryNode) {
	// A pattern is compiled once and must not come from data, where it could cost without bound.
	if n.Operator == "matches" {
		pattern, ok := n.Right.(*ast.StringNode)
		if !ok {
			p.fail(n, "the pattern of matches must be a constant text")
			return
		}

		re, err := regexp.Compile(pattern.Value)
		if err != nil {
			p.fail(n.Right, "pattern %q: %v", pattern.Value, err)
			return
		}

		*node = call(n, "$matches", n.Left, &ast.ConstantNode{Value: re})
		return
	}

	// Only true is true: a text or a number in a condition is a mistake.
	switch n.Operator {
	case "and", "or", "&&", "||":
		n.Left, n.Right = condition(n.Left), condition(n.Right)
	}

	if fn, ok := operators[n.Operator]; ok {
		*node = call(n, fn, n.Left, n.Right)
	}
}

func (p *patcher) call(n *ast.CallNode) {
	// The language knows functions as values, which would escape the budget.
	id, ok := n.Callee.(*ast.IdentifierNode)
	if !ok {
		p.fail(n, "only functions can be called")
		return
	}

	p.use(id)
	f, ok := functions[id.Value]
	if !ok || strings.HasPrefix(id.Value, "$") || id.Value == accountFunction && !p.account {
		p.unknown(n, id.Value)
		return
	}

	if len(n.Arguments) < f.min || f.max >= 0 && len(n.Arguments) > f.max {
		p.fail(n, "%s has %d arguments, expected %s", id.Value, len(n.Arguments), f.arity())
		return
	}

	// The budget goes in front as a hidden argument, at the place of the call, so that messages point there.
	at := &ast.IdentifierNode{Value: runName}
	at.SetLocation(n.Location())
	n.Arguments = append([]ast.Node{at}, n.Arguments...)
}

func (p *patcher) sortedReads() []Read {
	slices.SortFunc(p.reads, func(a, b Read) int {
		return cmp.Or(strings.Compare(a.Object, b.Object), strings.Compare(a.Name, b.Name))
	})
	return slices.Compact(p.reads)
}

var errArgument = errors.New("wrong kind of argument")
