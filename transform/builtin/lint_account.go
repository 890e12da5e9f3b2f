package builtin

import (
	"fmt"
	"slices"

	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/transform"
)

func checkSource(c *transform.Compiler, name string) {
	if c.Sources() == nil {
		return
	}
	if _, ok := c.SourceByName(name); ok {
		return
	}

	c.Report(diag.Error, codeSourceUnknown, "sourceName", fmt.Sprintf("there is no source %q", name),
		c.SuggestSource(name))
}

// reserved are names that work although no schema has them.
var reserved = []string{"created", "modified", "nativeIdentity", "displayName", "disabled", "locked", "name", "id",
	"uuid", "entitlements"}

func checkAccountAttribute(c *transform.Compiler, source, attribute string) {
	src, ok := c.SourceByName(source)
	if !ok || src.Attributes == nil || attribute == "" || slices.Contains(src.Attributes, attribute) ||
		slices.Contains(reserved, attribute) {
		return
	}

	c.Report(diag.Error, codeAccountAttributeUnknown, "attributeName",
		fmt.Sprintf("the account schema of source %q has no attribute %q", source, attribute),
		c.Suggest(attribute, src.Attributes))
}

// checkSeveral reports several ways of naming the source, unless they are known
// to mean the same one, as in exported mappings.
func checkSeveral(c *transform.Compiler, a *accountArgs) {
	named := map[string]bool{}
	add := func(arg *transform.Child, find func(string) (*transform.SourceInfo, bool), otherwise func(string) string) {
		if !arg.Present() {
			return
		}
		v, _ := arg.Const()
		if src, ok := find(v.Text()); ok {
			named[src.Name] = true
		} else if name := otherwise(v.Text()); name != "" {
			named[name] = true
		}
	}

	// The order is that in which they count when they are evaluated.
	add(&a.SourceName, c.SourceByName, func(name string) string { return name })
	add(&a.ApplicationName, c.SourceByApplication, transform.DisplayName)
	add(&a.ApplicationID, c.SourceByID, func(id string) string {
		if c.Sources() == nil && len(named) == 1 && a.ApplicationName.Present() {
			return "" // an export, which has all three
		}
		return id
	})

	if len(named) > 1 {
		c.Report(diag.Warning, codeAccountSource, "",
			"the source is named in several ways that may mean different ones; sourceName counts, then applicationId, then applicationName", "keep one")
	}
}
