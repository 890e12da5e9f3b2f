package builtin

import (
	"fmt"
	"strings"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/transform"
)

// checkFirstValid fills in the facts of firstValid and reports doubtful lists.
func checkFirstValid(c *transform.Compiler, n *firstValid) {
	if n.Values == nil {
		return
	}
	if len(n.Values) < 2 {
		c.Infof("firstvalid-single", "values", "firstValid has %d values, so there is no fallback", len(n.Values))
	}
	ignore, _ := n.IgnoreErrors.Fixed(false)
	f := transform.Facts{Null: transform.MayBeNull}
	for i := range n.Values {
		item := &n.Values[i]
		of := item.Facts()
		if i == 0 {
			f = of
		} else if item.Present() {
			null := min(f.Null, of.Null)
			f = f.Either(of)
			f.Null = null
		}
		last := i == len(n.Values)-1
		if of.Fails && !ignore && !last {
			c.ReportAt(item, diag.Info, "firstvalid-errors", "an error of this value does not fall through to the next", "set ignoreErrors to true if it should")
		}
		if item.Present() && of.Null == transform.NeverNull && !last && !(ignore && of.Fails) {
			reportUnreachable(c, item)
			break
		}
	}
	if ignore {
		c.Catches()
		f.Fails = false
	}
	*c.Facts() = f
}

// reportUnreachable reports an item that is never null although others follow.
func reportUnreachable(c *transform.Compiler, item *transform.Child) {
	if v, ok := item.Const(); ok && v.Kind() == identity.Text && v.Text() == "" {
		c.ReportAt(item, diag.Info, "firstvalid-empty", "the empty text is a valid value, so what follows is never reached", "")
		return
	}
	c.ReportAt(item, diag.Warning, "firstvalid-unreachable", "this value is never null, so what follows is never reached", "move it to the end")
}

// checkLookup fills in the facts of lookup and reports doubtful tables.
func checkLookup(c *transform.Compiler, n *lookup) {
	if !n.Table.Present() {
		return
	}
	f := transform.Facts{}
	for i := range n.Table.Entries {
		if of := n.Table.Entries[i].Value.Facts(); i == 0 {
			f = of
		} else {
			f = f.Either(of)
		}
	}
	if _, ok := n.Table.Get("default"); !ok {
		f.Fails = true
		c.Report(diag.Warning, "lookup-default", "table", "the table has no entry \"default\": an input outside the table is an error", "add an entry \"default\"")
	} else if len(n.Table.Entries) == 1 {
		c.Warnf("lookup-default-only", "table", "the table has nothing but the entry \"default\", so every input gives that")
	}
	*c.Facts() = f
	checkKeys(c, n)
}

// checkKeys reports keys that look alike.
func checkKeys(c *transform.Compiler, n *lookup) {
	seen := map[string]string{}
	for i := range n.Table.Entries {
		e := &n.Table.Entries[i]
		plain := strings.ToLower(strings.TrimSpace(e.Key))
		switch other, ok := seen[plain]; {
		case ok && other != e.Key:
			c.ReportEntry(e, diag.Info, "lookup-case", "table", fmt.Sprintf("the keys %q and %q differ only in case or blanks", other, e.Key), "keys are compared exactly; put a lower or trim before the lookup")
		case e.Key != strings.TrimSpace(e.Key):
			c.ReportEntry(e, diag.Info, "lookup-case", "table", fmt.Sprintf("the key %q has blanks around it", e.Key), "keys are compared exactly")
		}
		seen[plain] = e.Key
	}
}

// compile fills in the facts of an operation with two outcomes and reports equal
// ones.
func (b *branches) compile(c *transform.Compiler) {
	if !b.yes.Present() || !b.no.Present() {
		return
	}
	f := b.yes.Facts().Either(b.no.Facts())
	f.Null, f.Fails = transform.NeverNull, true
	*c.Facts() = f
	if b.yes.Site().Def.Equal(b.no.Site().Def) {
		c.Warnf("branch-equal", "positiveCondition", "both outcomes are the same")
	}
}

// checkConditional reports what is doubtful in the expression of conditional.
func checkConditional(c *transform.Compiler, n *conditional) {
	text, ok := n.Expression.Source()
	if !ok {
		return
	}
	left, right, ok := splitEq(text)
	if !ok && !strings.Contains(text, "#") {
		c.Report(diag.Error, "conditional-operator", "expression", fmt.Sprintf("found %q, expected A eq B", text), "eq is the only operator; use static with #if for others")
		return
	}
	for _, side := range []string{left, right} {
		if len(side) > 1 && (side[0] == '"' || side[0] == '\'') && side[len(side)-1] == side[0] {
			c.Report(diag.Warning, "conditional-quotes", "expression", fmt.Sprintf("the quotes of %s are compared too", side), "leave them out")
		}
	}
	defaulted := false
	for _, use := range n.Expression.Uses() {
		if use.Null == transform.MayBeNull {
			c.Report(diag.Warning, "conditional-null", "expression", fmt.Sprintf("$%s can be null, which is an error", use.Name), "give it a default with firstValid")
		}
		defaulted = defaulted || use.Type == "firstValid"
	}
	if (left == "null" || right == "null") && !defaulted {
		c.Report(diag.Warning, "conditional-null", "expression", "null is compared as the text \"null\"", "let a firstValid give the text \"null\" as its default")
	}
}
