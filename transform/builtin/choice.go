package builtin

import (
	"errors"
	"fmt"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/transform"
	"github.com/idprofile/engine/transform/internal/javatext"
)

type firstValidArgs struct {
	Values       []transform.Child `json:"values" role:"candidate" required:"true" doc:"tried from left to right" catches:"ignoreErrors"`
	IgnoreErrors transform.Bool    `json:"ignoreErrors" default:"false" doc:"whether an item that raises is skipped"`
	skips        bool              // what ignoreErrors is when it is absent
}

func (n *firstValidArgs) Eval(s *transform.Scope) (identity.Value, error) {
	for i := range n.Values {
		v, err := n.Values[i].Eval(s)
		if err == nil {
			if !v.IsNull() {
				return v, nil
			}
			continue
		}

		// An error ends the search unless it is to be ignored; a limit is never ignored.
		ignore, cerr := n.IgnoreErrors.Eval(s, n.skips)
		if cerr != nil {
			return v, cerr
		}
		if !ignore || errors.Is(err, transform.ErrLimit) {
			return v, err
		}
	}

	return identity.Value{}, nil
}

// firstValid gives the first value that is not null. The empty string is valid.
// Later items are not evaluated.
//
// Source: DECISION 31.
func firstValid() transform.Operation {
	return transform.Define("firstValid", "The first value that is not null; later ones are not evaluated.",
		func(c *transform.Compiler, n *firstValidArgs) transform.Node {
			n.skips = c.Dialect().FirstValidIgnoresErrors
			checkFirstValid(c, n)
			return n
		},
		transform.Phrase("first{ignoreErrors:true= without error} of {values}"),
		transform.Traits{
			Also: []string{"coalesce"}, Cheap: true, PassesInput: true,
			Changes: map[string]transform.Change{"ignoreErrors": unset},
		},
		example("A fallback", `{"type":"firstValid","attributes":{"values":[{"type":"identityAttribute","attributes":{"name":"preferredName"}},"none"]}}`, "", "none"))
}

type lookupArgs struct {
	Input transform.Input
	Table transform.Table `json:"table" role:"branch" required:"true" doc:"values by exact text of the input; default serves every other input"`

	duplicate bool // a key occurs twice
	other     *transform.Entry
}

func (n *lookupArgs) Apply(s *transform.Scope, in identity.Value) (identity.Value, error) {
	// A tenant refuses such a table, so no value would be the right one.
	if n.duplicate {
		key, _ := n.Table.Duplicate()
		return identity.Value{}, fmt.Errorf("%w: key %q occurs twice in the table", transform.ErrConfig, key)
	}

	if !in.IsNull() {
		if e := n.Table.Entry(in.Text()); e != nil {
			return e.Eval(s)
		}
	}

	if n.other != nil {
		return n.other.Eval(s)
	}
	return identity.Value{}, fmt.Errorf("%w: Lookup table has no entry for input: %s and no default is specified",
		transform.ErrNoMatch, textOrNull(in))
}

func textOrNull(v identity.Value) string {
	if v.IsNull() {
		return "null"
	}
	return v.Text()
}

// lookup replaces its input by the table entry of the same name, compared
// exactly. The entry "default" serves every other input, null included. Only the
// chosen entry is evaluated.
//
// Error: [transform.ErrNoMatch] when no entry applies.
// Source: DECISION 36.
func lookup() transform.Operation {
	return transform.Define("lookup", "The table entry with exactly the text of the input, else the entry default.",
		func(c *transform.Compiler, n *lookupArgs) transform.Node {
			checkLookup(c, n)
			_, n.duplicate = n.Table.Duplicate()
			n.other = n.Table.Entry("default")
			return transform.OnInput(n)
		},
		transform.Phrase("look up in {table}"),
		transform.Traits{Also: []string{"map"}, Why: whyDefault},
		example("Countries to regions", `{"type":"lookup","attributes":{"table":{"US":"AMER","default":"EMEA"}}}`, "FR",
			"EMEA"))
}

// branches is the two outcomes that conditional and dateCompare share.
type branches struct {
	yes, no *transform.Child
	one     bool // one of them may be missing, and gives null
}

func (b *branches) Eval(s *transform.Scope, chosen bool) (identity.Value, error) {
	branch, name := b.no, "negativeCondition"
	if chosen {
		branch, name = b.yes, "positiveCondition"
	}

	// Only the chosen branch is evaluated, and it has to give a value.
	v, err := branch.Eval(s)
	if err == nil && v.IsNull() && !(b.one && !branch.Present()) {
		err = fmt.Errorf("%w: %s is null", transform.ErrNull, name)
	}
	return v, err
}

func (b *branches) complete() error {
	if b.yes.Present() && b.no.Present() || b.one && (b.yes.Present() || b.no.Present()) {
		return nil
	}
	return fmt.Errorf("%w: both positiveCondition and negativeCondition are needed", transform.ErrConfig)
}

type conditionalArgs struct {
	Variables  transform.Variables
	Expression transform.Child `json:"expression" required:"true" doc:"A eq B; both sides are text and compared exactly"`
	Yes        transform.Child `json:"positiveCondition" role:"branch" required:"true" doc:"the value when both sides are equal"`
	No         transform.Child `json:"negativeCondition" role:"branch" required:"true" doc:"the value when they are not"`
	branches   branches
	equality   *transform.Equality // of a variable with right; nil: any expression
	right      string
}

func (n *conditionalArgs) Eval(s *transform.Scope) (identity.Value, error) {
	if err := n.Variables.Bind(s); err != nil {
		return identity.Value{}, err
	}
	if err := n.branches.complete(); err != nil {
		return identity.Value{}, err
	}

	// An equality of a variable and a constant is compared without rendering the expression.
	if n.equality != nil {
		if text, ok := n.equality.Variable(s, "eq"); ok {
			return n.branches.Eval(s, javatext.Trim(text) == n.right)
		}
	}

	expr, err := n.Expression.Text(s)
	if err != nil {
		return identity.Value{}, err
	}

	// The expression is split after it was rendered, so values may bring blanks and quotes
	// with them.
	left, right, ok := splitEq(expr)
	if !ok {
		return identity.Value{}, fmt.Errorf("%w: expression %q, expected A eq B", transform.ErrConfig, expr)
	}
	return n.branches.Eval(s, left == right)
}

// findEquality recognises a variable, the word eq and a text.
func (n *conditionalArgs) findEquality() {
	e := n.Expression.Equality()
	if e == nil || !space(e.Text()[0]) {
		return
	}
	if left, right, ok := splitEq(e.Text()); ok && left == "" {
		n.equality, n.right = e, right
	}
}

// splitEq splits at the first word eq that white space, or an end, sets off.
func splitEq(expr string) (left, right string, ok bool) {
	for i := 0; i+2 <= len(expr); i++ {
		if expr[i:i+2] == "eq" && (i == 0 || space(expr[i-1])) && (i+2 == len(expr) || space(expr[i+2])) {
			return javatext.Trim(expr[:i]), javatext.Trim(expr[i+2:]), true
		}
	}

	return "", "", false
}

func space(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }

// conditional chooses between two values by one equality. Only the chosen
// branch is evaluated; a null branch is an error.
//
// Source: DECISION 25.
func conditional() transform.Operation {
	return transform.Define("conditional",
		"Chooses between two values by one equality, A eq B; other attributes are variables.",
		func(c *transform.Compiler, n *conditionalArgs) transform.Node {
			n.branches = branches{yes: &n.Yes, no: &n.No}
			n.branches.compile(c)
			n.findEquality()
			c.Facts().Fails = c.Facts().Fails || !equality(&n.Expression)
			checkConditional(c, n)
			return n
		},
		transform.Phrase("if {expression!}\nthen {positiveCondition}\nelse {negativeCondition}[\nwith {*}]"),
		transform.Traits{
			Also: []string{"if"}, PassesInput: true, Tell: tell("%q", "expression"),
			Changes: map[string]transform.Change{"expression": unequal, "positiveCondition": longer,
				"negativeCondition": longer},
		},
		example("A comparison", `{"type":"conditional","attributes":{"expression":"$dept eq HR","dept":"HR","positiveCondition":"yes","negativeCondition":"no"}}`, "", "yes"))
}
