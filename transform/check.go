package transform

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/jsondoc"
)

// checkShape reports what is wrong with the object around the attributes.
func (c *Compiler) checkShape() {
	attrs := c.attributes()
	if !attrs.IsNull() && attrs.Kind() != jsondoc.Object {
		c.found.Add(diag.Diagnostic{Severity: diag.Error, Code: codeAttributeType, Pos: attrs.Pos(), Path: c.at.Path(),
			Message: fmt.Sprintf("attributes is a %s, expected an object", attrs.Kind())})
	}

	// What stands beside the type is a frequent slip: the attribute is there, and nothing
	// reads it.
	for _, m := range c.node.Members() {
		c.checkMember(m, attrs)
	}

	if n := attrs.Get("requiresPeriodicRefresh"); n != nil {
		c.found.Add(diag.Diagnostic{Severity: diag.Warning, Code: codeRefreshType, Pos: n.Pos(), Path: c.at.Path(),
			Message: "requiresPeriodicRefresh stands inside \"attributes\"",
			Hint:    "make it a boolean at the root of the transform"})
	}
}

// besideType are the members that stand beside the type and count, or come from
// an export; those of a root are in besideRoot.
var (
	besideType = []string{"type", "attributes"}
	besideRoot = []string{"id", "name", "internal", "requiresPeriodicRefresh", "created", "modified", "description",
		"$schema"}
)

// checkMember reports a member beside the type that has no effect there.
func (c *Compiler) checkMember(m jsondoc.Member, attrs *jsondoc.Node) {
	nested := c.depth > 1
	switch {
	case slices.Contains(besideType, m.Key) || !nested && slices.Contains(besideRoot, m.Key):
	case nested && m.Key == "name" && !c.op.field("name"):
		c.reportMember(m, diag.Info, codeNameNested, "a nested transform has no name; it has no effect", "")
	case c.misplaced(m) && attrs.Get(m.Key) == nil:
		c.reportMember(m, diag.Error, codeAttributeMisplaced,
			fmt.Sprintf("%q stands beside \"type\" and has no effect there", m.Key), `move it into "attributes"`)
	case nested && m.Key == "requiresPeriodicRefresh":
		c.reportMember(m, diag.Warning, codeRefreshType, "requiresPeriodicRefresh of a nested transform has no effect",
			"make it a boolean at the root of the transform")
	case nested && (m.Key == "id" || m.Key == "internal"):
	default:
		severity, hint := diag.Warning, diag.Suggest(m.Key, append(slices.Clone(besideType), besideRoot...))
		switch {
		case diag.Near(m.Key, []string{"attributes"}) != "":
			severity = diag.Error // all that it holds is lost
		case c.op.open || c.misplaced(m):
			hint = cmp.Or(hint, `move it into "attributes"`)
		}

		what := "has no effect there"
		if _, ok := m.Value.Get("type").Str(); ok {
			what = "holds a transform that is never evaluated"
		}
		c.reportMember(m, severity, codeMemberUnknown, fmt.Sprintf("%q stands beside \"type\" and %s", m.Key, what), hint)
	}
}

func (c *Compiler) reportMember(m jsondoc.Member, s diag.Severity, code diag.Code, message, hint string) {
	c.found.Add(diag.Diagnostic{Severity: s, Code: code, Pos: m.Pos(), Path: c.at.Path(), Message: message, Hint: hint})
}

// isField reports whether the object is a field of an account create profile: it
// has a transform of its own, or what only fields have.
func (c *Compiler) isField() bool {
	if _, ok := c.node.At("transform", "type").Str(); ok {
		return true
	}
	return c.node.Get("isRequired") != nil && c.node.Get("isMultiValued") != nil
}

// misplaced reports whether a member beside the type is an attribute of the
// operation. Roots have a name and an id of their own; a reference may keep its
// id there, as older mappings do.
func (c *Compiler) misplaced(m jsondoc.Member) bool {
	if m.Key == "id" || m.Key == "name" && c.depth <= 1 {
		return false
	}
	return c.op.field(m.Key)
}

func (op *Operation) field(name string) bool { return name == "input" || isField(op.Fields, name) }

// confused holds names that people write for another one.
var confused = map[string][]string{
	"start": {"begin"}, "throw": {"throws"}, "delimiter": {"separator"}, "separator": {"delimiter"},
	"value":  {"input", "values"},
	"length": {"numChars"}, "pattern": {"patterns", "regex"}, "values": {"value"}, "stop": {"end"},
	"attribute": {"attributeName", "name"},
	"format":    {"outputFormat"}, "default": {"table"}, "from": {"inputFormat"}, "to": {"outputFormat"},
	"source": {"sourceName"},
}

// checkNames reports attributes that the operation does not know.
func (c *Compiler) checkNames(fields []Field) {
	known := []string{"input"}
	for _, f := range fields {
		known = append(known, f.Name)
	}

	for _, m := range c.extra(fields) {
		c.found.Add(diag.Diagnostic{Severity: diag.Warning, Code: codeAttributeUnknown, Pos: m.Pos(), Path: c.at.Path(),
			Message: fmt.Sprintf("%s has no attribute %q; it has no effect", c.op.Type, m.Key),
			Hint:    diag.DidYouMean(c.meant(m.Key, known))})
	}
}

// meant guesses which attribute an unknown name stands for.
func (c *Compiler) meant(name string, known []string) string {
	// Habit explains more of these names than spelling does.
	for _, right := range confused[name] {
		if c.op.field(right) {
			return right
		}
	}

	return diag.Near(name, known)
}

// checkUnused reports variables of the operation that no template uses.
func (c *Compiler) checkUnused() {
	for _, v := range c.vars {
		if v.own == c.site && !v.used && !c.early[v.name] {
			c.found.Add(diag.Diagnostic{Severity: diag.Warning, Code: codeVariableUnused, Pos: v.member.Pos(), Path: c.at.Path(),
				Message: fmt.Sprintf("nothing uses the variable %q; it is evaluated all the same", v.name),
				Hint:    "remove it, or correct the name"})
		}
	}
}

// checkRoot reports what concerns the root of a transform.
func (c *Compiler) checkRoot(def *Definition) {
	if n := def.Node.Get("requiresPeriodicRefresh"); !n.IsNull() && n.Kind() != jsondoc.Bool {
		c.found.Add(diag.Diagnostic{Severity: diag.Warning, Code: codeRefreshType, Pos: n.Pos(), Path: c.at.Path(),
			Message: fmt.Sprintf("requiresPeriodicRefresh is a %s", n.Kind()),
			Hint:    "make it a boolean at the root of the transform"})
	}

	// Nothing else recalculates the value when time passes.
	if c.clock && !def.PeriodicRefresh() && !c.unit.opts.Provisioning {
		c.found.Add(diag.Diagnostic{Severity: diag.Warning, Code: codeRefreshMissing, Pos: def.Node.Pos(), Path: c.at.Path(),
			Message: "the value depends on now and goes stale until something else recalculates it",
			Hint:    "set requiresPeriodicRefresh to true"})
	}
}

func (c *Compiler) checkInt(i *Int, f Field) {
	if v, ok := i.Const(); ok && !v.IsNull() {
		if _, ok := WholeNumber(v); !ok {
			c.Errorf(codeAttributeType, f.Name, "found %s, expected a whole number", v)
		}
	}
}

func (c *Compiler) checkBool(b *Bool, f Field) {
	v, ok := b.Const()
	if !ok || v.IsNull() {
		return
	}
	if _, isBool := v.Bool(); isBool {
		return
	}

	// Text counts as false when it is not true, so other text is hardly what was meant.
	if v.Kind() != identity.Text || !strings.EqualFold(v.Text(), "true") && !strings.EqualFold(v.Text(), "false") {
		c.Errorf(codeAttributeType, f.Name, "found %s, expected true or false", v)
	}
}
