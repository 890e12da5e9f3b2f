package builtin

import (
	"fmt"
	"strings"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/transform"
)

// checkFirstValid fills in the facts of firstValid and reports doubtful lists.
func checkFirstValid(c *transform.Compiler, n *firstValidArgs) {
	if n.Values == nil {
		return
	}

	if len(n.Values) < 2 {
		c.Infof(codeFirstvalidSingle, "values", "firstValid has %d values, so there is no fallback", len(n.Values))
	}

	// What the whole gives is the first value that is not null, so it is null only where all are.
	ignore, _ := n.IgnoreErrors.Fixed(n.skips)
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

		// Only what has something behind it can be a reason for that not being reached.
		last := i == len(n.Values)-1
		if last {
			break
		}

		never := item.Present() && of.Null == transform.NeverNull
		switch {
		case of.Fails && !ignore && never:
			c.ReportAt(item, diag.Info, codeFirstvalidErrors,
				"this value is never null, and an error of it does not fall through to the next",
				"set ignoreErrors to true if it should")
		case of.Fails && !ignore:
			c.ReportAt(item, diag.Info, codeFirstvalidErrors,
				"an error of this value does not fall through to the next",
				"set ignoreErrors to true if it should")
		case never && !of.Fails && !of.FailsOnNull:
			reportUnreachable(c, item)
		}

		if never && !(ignore && (of.Fails || of.FailsOnNull)) {
			break
		}
	}

	// Errors that are passed over are those of the values; none comes out.
	if ignore {
		c.Catches()
		f.Fails, f.FailsOnNull = false, false
	}

	*c.Facts() = f
}

// reportUnreachable reports an item that is never null although others follow.
func reportUnreachable(c *transform.Compiler, item *transform.Child) {
	if v, ok := item.Const(); ok && v.Kind() == identity.Text && v.Text() == "" {
		c.ReportAt(item, diag.Info, codeFirstvalidEmpty,
			"the empty text is a valid value, so what follows is never reached",
			"")
		return
	}

	c.ReportAt(item, diag.Warning, codeFirstvalidUnreachable,
		"this value is never null, so what follows is never reached",
		"move it to the end")
}

// checkLookup fills in the facts of lookup and reports doubtful tables.
func checkLookup(c *transform.Compiler, n *lookupArgs) {
	if !n.Table.Present() {
		return
	}

	// Any entry may be the outcome, so the facts are what all entries have in common.
	f := transform.Facts{}
	for i := range n.Table.Entries {
		if of := n.Table.Entries[i].Facts(); i == 0 {
			f = of
		} else {
			f = f.Either(of)
		}
	}

	if _, ok := n.Table.Get("default"); !ok {
		f.Fails = true
		reportRaise(c, diag.Warning, codeLookupDefault, "table",
			"the table has no entry \"default\": an input outside the table is an error", "add an entry \"default\"")
	} else if len(n.Table.Entries) == 1 {
		c.Warnf(codeLookupDefaultOnly, "table", "the table has nothing but the entry \"default\", so every input gives that")
	}

	*c.Facts() = f
	checkKeys(c, n)
}

// reportRaise reports what raises for some data, unless another value takes its
// place then.
func reportRaise(c *transform.Compiler, s diag.Severity, code diag.Code, attribute, message, hint string) {
	if !c.Caught() {
		c.Report(s, code, attribute, message, hint)
	}
}

// checkKeys reports keys that look alike.
// Keys are compared exactly, and data rarely are.
func checkKeys(c *transform.Compiler, n *lookupArgs) {
	seen := map[string]string{}
	for i := range n.Table.Entries {
		e := &n.Table.Entries[i]
		plain := strings.ToLower(strings.TrimSpace(e.Key))
		switch other, ok := seen[plain]; {
		case ok && other != e.Key:
			c.ReportEntry(e, diag.Info, codeLookupCase, "table",
				fmt.Sprintf("the keys %q and %q differ only in case or blanks", other, e.Key),
				"keys are compared exactly; put a lower or trim before the lookup")
		case e.Key != strings.TrimSpace(e.Key):
			c.ReportEntry(e, diag.Info, codeLookupCase, "table", fmt.Sprintf("the key %q has blanks around it", e.Key),
				"keys are compared exactly")
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
	// A null branch raises.
	f.Fails, f.FailsOnNull = f.Null == transform.MayBeNull, f.Null == transform.InputNull
	f.Null = transform.NeverNull
	*c.Facts() = f
	if b.yes.Site().Def.Equal(b.no.Site().Def) {
		c.Warnf(codeBranchEqual, "positiveCondition", "both outcomes are the same")
	}
}
