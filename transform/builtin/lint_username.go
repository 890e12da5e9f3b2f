package builtin

import (
	"strings"

	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/transform"
)

// checkUsername reports doubtful patterns and limits.
func checkUsername(c *transform.Compiler, n *username) {
	if !c.Provisioning() {
		c.Report(diag.Warning, codeUsernameInMapping, "",
			"usernameGenerator stands outside of an account create profile",
			"it needs the field's limits and the uniqueness check of a create profile")
	}

	// A counter that is misspelt explains why none is there, so that is said once.
	counted, misspelled := -1, false
	for i := range n.Patterns {
		p := &n.Patterns[i]
		if text, ok := p.Source(); ok && strings.Contains(text, "{uniqueCounter}") &&
			!strings.Contains(text, "${uniqueCounter}") && !strings.Contains(text, "$!{uniqueCounter}") {
			c.ReportAt(p, diag.Error, codeUsernameCounterBraces, "{uniqueCounter} without $ is literal text",
				"write ${uniqueCounter}")
			misspelled = true
		}

		if counted >= 0 {
			c.ReportAt(p, diag.Error, codeUsernameCounterLast,
				"this pattern is never reached: the one with uniqueCounter before it goes on for ever",
				"move it before that")
		} else if p.CountsUp() {
			counted = i
		}
	}

	if counted < 0 && len(n.Patterns) > 0 && !misspelled {
		c.Report(diag.Warning, codeUsernameCounterMissing, "patterns",
			"no pattern has uniqueCounter, so a clash in all of them is an error",
			"end with a pattern that has $uniqueCounter")
	}

	// Tools show the limits beside the transform, and they are often put in it.
	for _, name := range []string{"cloudMaxSize", "cloudMaxUniqueChecks", "cloudRequired"} {
		if c.Attribute(name) != nil {
			c.Report(diag.Error, codeUsernameLimits, name, name+" stands inside the transform, where it has no effect",
				"move it to the attributes of the field around the transform")
		}
	}

	// The field that is filled has the limits, so they are looked for around the transform.
	checkLimit(c, c.Around().Get("cloudMaxSize"), "cloudMaxSize", 1<<31)
	checkLimit(c, c.Around().Get("cloudMaxUniqueChecks"), "cloudMaxUniqueChecks", maxUniqueChecks)
}

// checkLimit reports a limit of the field that is not between 1 and greatest.
func checkLimit(c *transform.Compiler, n *jsondoc.Node, name string, greatest int64) {
	if n.IsNull() {
		return
	}
	if v, ok := transform.WholeNumber(n.Value()); !ok || v < 1 || v > greatest {
		c.Errorf(codeUsernameLimits, "", "%s is %s, expected a whole number from 1 to %d", name, n.Value(), greatest)
	}
}
