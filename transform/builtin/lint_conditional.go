package builtin

import (
	"fmt"
	"slices"
	"strings"

	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/transform"
)

// useStatic is the advice for every condition that is no single equality.
const useStatic = "eq is the only operator; use static with #if for others"

// checkConditional reports what is doubtful in the expression of conditional.
func checkConditional(c *transform.Compiler, n *conditionalArgs) {
	text, ok := n.Expression.Source()
	if !ok {
		return
	}

	// A directive may make the text into an equality that cannot be seen here.
	left, right, ok := splitEq(text)
	directives := strings.Contains(text, "#")
	if !ok && !directives {
		c.Report(diag.Error, codeConditionalOperator, "expression", fmt.Sprintf("found %q, expected A eq B", text),
			useStatic)
		return
	}

	if ok && !directives && checkOperators(c, left, right) {
		return
	}

	if ok && !directives && (left == "" || right == "") {
		c.Report(diag.Warning, codeConditionalOperator, "expression",
			fmt.Sprintf("found nothing beside eq in %q: the other side is compared with the empty text",
				text), "expected A eq B")
	}

	checkOperands(c, n, left, right)
	checkOperandNulls(c, n, left, right)
}

// checkOperands reports quotes, and variables without their dollar sign.
func checkOperands(c *transform.Compiler, n *conditionalArgs, left, right string) {
	for _, side := range []string{left, right} {
		if quoted(side) {
			c.Report(diag.Warning, codeConditionalQuotes, "expression", fmt.Sprintf("the quotes of %s are compared too",
				side),
				"leave them out")
		}

		if c.UsesName(side) {
			c.Report(diag.Warning, codeConditionalVariable, "expression",
				fmt.Sprintf("%q is compared as that text, not as the value of the variable", side),
				fmt.Sprintf("write $%s", side))
		}
	}

	if !strings.ContainsAny(left+right, "$#") {
		c.Report(diag.Warning, codeConditionalConstant, "expression",
			"neither side has a variable, so the outcome is the same for everybody",
			"write $ in front of the name of a variable")
	}
}

// equality reports whether an expression certainly renders to A eq B.
func equality(expression *transform.Child) bool {
	text, ok := expression.Source()
	if !ok || strings.Contains(text, "#") {
		return false
	}

	for _, use := range expression.Uses() {
		if use.Null == transform.MayBeNull {
			return false
		}
	}

	_, _, ok = splitEq(text)
	return ok
}

// checkOperandNulls reports operands that can be null, which raises.
func checkOperandNulls(c *transform.Compiler, n *conditionalArgs, left, right string) {
	defaulted := false
	for _, use := range n.Expression.Uses() {
		if use.Null == transform.MayBeNull && !c.Caught() {
			c.Report(diag.Warning, codeConditionalNull, "expression",
				fmt.Sprintf("$%s can be null, which is an error", use.Name), "give it a default with firstValid")
		}

		defaulted = defaulted || use.Type == "firstValid"
	}

	if (left == "null" || right == "null") && !defaulted {
		c.Report(diag.Warning, codeConditionalNull, "expression", "null is compared as the text \"null\"",
			"let a firstValid give the text \"null\" as its default")
	}
}

func quoted(side string) bool {
	return len(side) > 1 && (side[0] == '"' || side[0] == '\'') && side[len(side)-1] == side[0]
}

// checkOperators reports operators that do not exist in what stands left and
// right of the first eq. Operands may have blanks in them, and words such as
// "and", so a word counts as an operator only where a condition goes on.
func checkOperators(c *transform.Compiler, left, right string) bool {
	var found []string
	note := func(what string) {
		if !slices.Contains(found, what) {
			found = append(found, what)
		}
	}

	for _, side := range []string{left, right} {
		words := strings.Fields(withoutReferences(side))
		for i, word := range words {
			if operatorAt(words, i) {
				note(strings.ToLower(word))
			}
		}

		if unbalanced(side) {
			note("parentheses")
		}
	}

	// A negation stands in front of the operand, where it is compared as text like the rest.
	if first := strings.TrimLeft(left, " ("); strings.HasPrefix(first, "!") ||
		strings.HasPrefix(strings.ToLower(first), "not $") {
		note("not")
	}

	// Quotes alone are text that may be meant; beside an operator they show that a language is
	// expected that is not there.
	if len(found) > 0 {
		for _, side := range []string{left, right} {
			if strings.ContainsAny(strings.Trim(side, "()! "), `'"`) {
				note("quotes")
			}
		}

		c.Report(diag.Error, codeConditionalOperator, "expression",
			fmt.Sprintf("found %s beside the first eq, expected A eq B: all of it is compared as text",
				strings.Join(found, ", ")), useStatic)
		return true
	}

	if word, ok := doubtfulOr(right); ok {
		c.Report(diag.Warning, codeConditionalOperator, "expression",
			fmt.Sprintf("%q is part of the text that is compared, not an operator", word), useStatic)
	}

	return false
}

// comparisons are operators of other filter languages.
var comparisons = []string{"eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le", "==", "!=", "<", ">", "<=", ">=",
	"&&", "||", "?", "equals", "contains"}

// operatorAt reports whether a word of an operand is an operator: one of a
// comparison, or and, or and not where a reference, a parenthesis or another
// comparison follows.
func operatorAt(words []string, i int) bool {
	word := strings.ToLower(words[i])
	rest := words[i+1:]
	switch word {
	case "and", "or", "&", "|":
		// At the end the word is part of the operand: there is nothing left to connect.
		if len(rest) == 0 {
			return false
		}
		return strings.IndexByte("$('\"!", rest[0][0]) >= 0 ||
			slices.ContainsFunc(rest, func(w string) bool { return strings.EqualFold(w, "eq") })

	case "eq", "&&", "||", "==", "!=":
		return true
	case "?":
		return slices.Contains(rest, ":")
	}

	if !slices.Contains(comparisons, word) {
		return false
	}
	return i > 0 && strings.HasPrefix(strings.TrimLeft(words[i-1], "(!"), "$") && len(rest) > 0
}

// doubtfulOr finds "or" between words, which few texts have.
func doubtfulOr(side string) (string, bool) {
	for _, word := range []string{" or ", " OR "} {
		if strings.Contains(side, word) {
			return strings.TrimSpace(word), true
		}
	}

	return "", false
}

// withoutReferences puts a bare $ in place of each reference, whose methods and
// arguments are no part of the condition.
func withoutReferences(side string) string {
	var out strings.Builder
	for i := 0; i < len(side); {
		if side[i] != '$' {
			out.WriteByte(side[i])
			i++
			continue
		}

		out.WriteByte('$')
		i = referenceEnd(side, i+1)
	}

	return out.String()
}

// referenceEnd returns where the reference ends whose name begins at i.
func referenceEnd(s string, i int) int {
	depth := 0
	for ; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '(' || c == '{' || c == '[':
			// A parenthesis belongs to a reference only where it calls a method, right behind a name.
			if c == '(' && depth == 0 && !nameByte(s[i-1]) {
				return i
			}
			depth++
		case c == ')' || c == '}' || c == ']':
			if depth--; depth < 0 {
				return i
			}
		case depth > 0 || nameByte(c) || c == '!':
		case c == '.' && i+1 < len(s) && nameByte(s[i+1]):
		default:
			return i
		}
	}

	return i
}

func nameByte(c byte) bool {
	return c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' || c == '_' || c == '-'
}

// unbalanced reports whether parentheses go over the end of an operand, or
// stand around a whole condition.
func unbalanced(side string) bool {
	side = withoutReferences(side)
	depth := 0
	for i := range len(side) {
		switch side[i] {
		case '(':
			depth++
		case ')':
			if depth--; depth < 0 {
				return true
			}
		}
	}

	return depth != 0
}
