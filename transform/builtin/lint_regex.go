package builtin

import (
	"fmt"
	"strings"

	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/transform"
	"github.com/idprofile/engine/transform/internal/limit"
)

// maxPairs is how many pairs of table entries are looked at.
const maxPairs = 20_000

// checkOrder reports replacements that a later step replaces again.
func checkOrder(c *transform.Compiler, n *replaceAllArgs) {
	pairs := 0
	for i := range n.steps {
		text, ok := n.Table.Entries[i].Value().Source()
		if !ok || text == "" || strings.ContainsAny(text, "$\\") {
			continue
		}

		for j := i + 1; j < len(n.steps); j++ {
			re := n.steps[j].pattern.fixed

			// All pairs of a long table are too many for a check that is only a hint; a pattern from a variable
			// is not known.
			if pairs++; re == nil || pairs > maxPairs {
				continue
			}
			if again, err := re.Find(&limit.Budget{Steps: 10_000, Output: 1 << 20}, text); err == nil && again {
				c.ReportEntry(&n.Table.Entries[i], diag.Info, codeReplaceallOrder, "table",
					fmt.Sprintf("the replacement %q is replaced again by %q", text, n.Table.Entries[j].Key),
					"patterns are applied one after another; change their order if that is not meant")
				break
			}
		}
	}
}

// checkSplit fills in the facts of split and reports pieces that may be missing.
func checkSplit(c *transform.Compiler, n *splitArgs) {
	f := c.Unary()
	f.Empty, f.Fails = false, true
	throws, fixed := n.Throws.Fixed(!n.silent)
	index, fixedIndex := n.Index.Fixed()

	// Without an error the missing piece is null, of which what stands around has to know.
	if fixed && !throws {
		f.Null, f.Fails = transform.MayBeNull, false
	}

	if _, constant := c.InputText(); constant || !fixedIndex || index == 0 {
		return
	}

	if fixed && throws {
		reportRaise(c, diag.Info, codeSplitThrows, "index", fmt.Sprintf("a text without piece %d is an error", index),
			"set throws to false to get null instead")
	}

	if text, ok := n.Delimiter.Source(); ok && index > 1 && literalDelimiter(text) {
		reportRaise(c, diag.Info, codeSplitTrailing, "index",
			"empty pieces at the end of the text are dropped, so the index can be outside",
			"set throws to false and give a default with firstValid")
	}
}

// literalDelimiter reports whether a delimiter is one sign between the values of
// a list.
func literalDelimiter(text string) bool {
	text = strings.TrimPrefix(text, "\\")
	if len(text) == 3 && text[0] == '[' && text[2] == ']' {
		text = text[1:2]
	}
	return len(text) == 1 && strings.Contains(",;|:/-_\t", text)
}
